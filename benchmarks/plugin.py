"""MLflow's SDK on SQLite, MLflow's SDK on promptgit, and promptgit's own API, in one run.

python benchmarks/plugin.py --mlflow-python PATH [--rounds N] [--quick] [--write]        PATH has MLflow and promptgit
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from run import HERE, environment, machine, shown, write

BEGIN, END = "<!-- plugin benchmark: begin -->", "<!-- plugin benchmark: end -->"
UNITS = {
    "load by alias, hot": "µs",
    "load by alias, uncached": "ms",
    "register a version": "ms",
    "register a new prompt": "ms",
    "move an alias": "ms",
    "search all of 1,000 prompts": "ms",
}
COLUMNS = ("MLflow's SDK on SQLite", "MLflow's SDK on promptgit", "promptgit's own API")


def run(*line: object) -> dict[str, float]:
    """A script's figures."""
    done = subprocess.run([str(word) for word in line], capture_output=True, text=True, env=environment(), check=False)
    if done.returncode:
        sys.exit(f"{line[1]} failed:\n{done.stderr[-3000:]}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def measure(options: argparse.Namespace, work: Path) -> dict[str, list[dict[str, float]]]:
    """The rounds of all three, in turn."""
    flags = ["--quick"] if options.quick else []
    database, registry = f"sqlite:///{work}/mlflow.db", work / "registry"
    subprocess.run(
        [sys.executable, "-m", "promptgit", "init", registry], check=True, capture_output=True, env=environment()
    )
    found: dict[str, list[dict[str, float]]] = {column: [] for column in COLUMNS}
    side = HERE / "plugin_side.py"
    for _ in range(options.rounds):
        found[COLUMNS[0]].append(run(options.mlflow_python, side, database, database, *flags))
        found[COLUMNS[1]].append(run(options.mlflow_python, side, f"promptgit://{registry}", database, *flags))
        found[COLUMNS[2]].append(run(sys.executable, HERE / "promptgit_side.py", work / "own", *flags))
    return found


def table(found: dict[str, list[dict[str, float]]]) -> str:
    """The medians as Markdown."""
    lines = [f"| | {' | '.join(COLUMNS)} |", "|---|--:|--:|--:|"]
    for name, unit in UNITS.items():
        medians = [statistics.median(figures[name] for figures in found[column]) for column in COLUMNS]
        lines.append(f"| {name} | {' | '.join(shown(value, unit) for value in medians)} |")
    return "\n".join(lines)


def main() -> None:
    """See the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mlflow-python", required=True, help="an interpreter that has MLflow and promptgit[mlflow]")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each side, in turn")
    parser.add_argument("--quick", action="store_true", help="fewer repetitions and 100 prompts instead of 1,000")
    parser.add_argument("--write", action="store_true", help="put the table into the README files")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        found = measure(options, Path(temporary))
    text = f"Medians of {options.rounds} rounds, all three in turn; {machine()}.\n\n{table(found)}"
    print(text)
    if options.write:
        write(text, BEGIN, END)


if __name__ == "__main__":
    main()
