"""promptgit beside MLflow in one run: both sides in turn, the median of the rounds, and the ratio.

python benchmarks/run.py [--mlflow-python PATH] [--rounds N] [--quick] [--full] [--work DIR] [--json FILE] [--write]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
BEGIN, END = "<!-- benchmark: begin -->", "<!-- benchmark: end -->"
MB = 1024 * 1024

# name -> the aim, in the unit of the row
ROWS: dict[str, tuple[str, float | None]] = {
    "cold process: load by alias and format": ("ms", 60),
    "resident memory after the first load": ("MB", 30),
    "installed size, with all that it needs": ("MB", 30),
    "import, above bare Python": ("ms", 20),
    "load by alias, uncached": ("ms", 0.4),
    "load by version, uncached": ("ms", 0.3),
    "load by alias, hot": ("µs", 5),
    "load by alias at HEAD, uncached": ("ms", None),
    "load by alias at HEAD, hot": ("µs", None),
    "format 1 KB, 5 variables": ("µs", 2),
    "format 20 KB, 50 variables": ("µs", 15),
    "format Jinja2, 1 KB": ("µs", 30),
    "register a version": ("ms", 20),
    "register a new prompt": ("ms", 20),
    "move an alias": ("ms", 20),
    "register a version, 20,000 files": ("ms", 40),
    "register a new prompt, 20,000 files": ("ms", 40),
    "move an alias, 20,000 files": ("ms", 40),
    "register a version, 200,000 files": ("ms", 150),
    "move an alias, 200,000 files": ("ms", 150),
    "history of one prompt, 20,000 files": ("ms", None),
    "history of one prompt, 200,000 files": ("ms", None),
    "cold process: check all of 20,000 files": ("s", 10),
    "cold process: check a commit's own files in 20,000": ("ms", 200),
    "cold process: review of a promotion in 20,000": ("ms", None),
    "search all of 1,000 prompts, cold": ("ms", 300),
    "search all of 1,000 prompts": ("ms", 15),
    "search by tag in 1,000": ("ms", 15),
    "4 processes create one prompt at once: failures of 24": ("", 0),
}
SCALE = {"s": 1.0, "ms": 1e3, "µs": 1e6, "MB": 1 / MB, "": 1.0, "×": 1.0}
# MLflow has no cold search of its own: its database is read each time
BESIDE = {"search all of 1,000 prompts, cold": "search all of 1,000 prompts"}


class Side:
    """One of the two: an interpreter, a script, and a folder to work in."""

    def __init__(self, python: str, script: str, work: Path) -> None:
        self.python = python
        self.script = str(HERE / script)
        self.work = work / script.removesuffix("_side.py")
        self.figures: dict[str, list[float]] = {}

    def run(self, *args: str) -> dict[str, float]:
        """One run of the script."""
        line = [self.python, self.script, str(self.work), *args]
        done = subprocess.run(line, capture_output=True, text=True, env=environment(), check=False)
        if done.returncode:
            sys.exit(f"{self.script} failed:\n{done.stderr[-3000:]}")
        found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        return found

    def add(self, found: dict[str, float]) -> None:
        """Keep the figures of a round."""
        for name, value in found.items():
            self.figures.setdefault(name, []).append(value)

    def cold(self, code: str) -> None:
        """A fresh process that loads by alias and formats: its time as a whole, and its memory."""
        start = time.perf_counter()
        process = subprocess.Popen([self.python, "-c", code, str(self.work)], env=environment())
        _, status, usage = os.wait4(process.pid, 0)
        spent = time.perf_counter() - start
        process.returncode = status
        if status:
            sys.exit("the cold process failed")
        name = "cold process: load by alias and format"
        self.add({name: spent, "resident memory after the first load": usage.ru_maxrss * 1024})

    def imported(self, module: str) -> None:
        """What an import adds to a bare process, timed inside a fresh one."""
        code = f"import time; start = time.perf_counter(); import {module}; print(time.perf_counter() - start)"
        done = subprocess.run([self.python, "-c", code], env=environment(), check=True, capture_output=True, text=True)
        self.add({"import, above bare Python": float(done.stdout)})

    def race(self, create: str) -> None:
        """Four processes, each creating the same six prompts at the same moments."""
        line = [self.python, "-c", RACE + create, str(self.work), str(time.time() + 6)]
        running = [
            subprocess.Popen(line, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            for _ in range(4)
        ]
        failures = sum(int((process.communicate()[0] or b"6").split()[-1]) for process in running)
        self.add({"4 processes create one prompt at once: failures of 24": failures})

    def median(self, name: str) -> float | None:
        """The median of the rounds."""
        return statistics.median(self.figures[name]) if name in self.figures else None


FORMAT = 'prompt.format(v0="x", v1="x", v2="x", v3="x", v4="x")'
PROMPTGIT_COLD = f"""
import sys
from promptgit import Registry
prompt = Registry(sys.argv[1] + "/small").load("prompts:/bench@production")
{FORMAT}
"""
MLFLOW_COLD = f"""
import os, sys, warnings
warnings.filterwarnings("ignore")
os.environ["MLFLOW_TRACKING_URI"] = "sqlite:///" + sys.argv[1] + "/mlflow.db"
import mlflow
prompt = mlflow.genai.load_prompt("prompts:/bench@production")
{FORMAT}
"""
RACE = """
import logging, os, sys, time, warnings
warnings.filterwarnings("ignore"); logging.disable(logging.CRITICAL)
folder, start = sys.argv[1], float(sys.argv[2])
def race(register):
    failures = 0
    for number in range(6):
        time.sleep(max(0.0, start + number - time.time()))
        try: register(f"race{int(start)}-{number}")
        except Exception: failures += 1
    print(failures)
"""
MLFLOW_RACE = """
os.environ["MLFLOW_TRACKING_URI"] = f"sqlite:///{folder}/mlflow.db"
import mlflow
mlflow.genai.load_prompt("prompts:/bench@production")
race(lambda name: mlflow.genai.register_prompt(name, "x"))
"""
PROMPTGIT_RACE = """
from promptgit import Registry
registry = Registry(folder + "/small")
race(lambda name: registry.register(name, "x"))
"""


def environment() -> dict[str, str]:
    """The caller's without what is MLflow's, with an identity for git and this folder to import from."""
    who = {
        f"GIT_{role}_{what}": value
        for role in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "Ada"), ("EMAIL", "a@b.c"))
    }
    own = {
        key: value
        for key, value in os.environ.items()
        if key != "PYTHONDONTWRITEBYTECODE" and not key.startswith("MLFLOW_")
    }  # as an application runs
    return {**own, **who, "PYTHONPATH": str(HERE), "GIT_CONFIG_GLOBAL": os.devnull}


def installed(python: str, package: str) -> float:
    """Bytes of a package and all that it needs, from the records of what was installed."""
    code = """
import importlib.metadata as m, re, sys
todo, done, size = [sys.argv[1]], set(), 0
while todo:
    name = re.split(r"[^A-Za-z0-9_.-]", todo.pop(), maxsplit=1)[0].lower().replace("_", "-")
    if name in done: continue
    done.add(name)
    try: d = m.distribution(name)
    except m.PackageNotFoundError: continue
    size += sum(f.size or 0 for f in d.files or ())
    todo += [r for r in d.requires or () if "extra ==" not in r]
print(size)
"""
    return float(subprocess.run([python, "-c", code, package], capture_output=True, text=True, check=True).stdout)


def own_size() -> float:
    """Bytes of this package as it stands in the tree: an editable installation records none of them."""
    return sum(path.stat().st_size for path in (HERE.parent / "promptgit").rglob("*.py"))


def measure(options: argparse.Namespace, work: Path) -> tuple[Side, Side | None]:
    """All rounds of both sides, in turn."""
    flags = [flag for flag, on in (("--quick", options.quick), ("--full", options.full)) if on]
    ours = Side(sys.executable, "promptgit_side.py", work)
    theirs = Side(options.mlflow_python, "mlflow_side.py", work) if options.mlflow_python else None
    sides = [side for side in (ours, theirs) if side is not None]
    for _ in range(options.rounds):
        for side in sides:
            side.add(side.run(*flags))
    for _ in range(3 if options.quick else 9):
        for side in sides:
            side.cold(PROMPTGIT_COLD if side is ours else MLFLOW_COLD)
            side.imported("promptgit" if side is ours else "mlflow")
    if not options.quick:
        for side in sides:
            side.race(PROMPTGIT_RACE if side is ours else MLFLOW_RACE)
    size = "installed size, with all that it needs"
    ours.add({size: installed(ours.python, "promptgit") + own_size()})
    if theirs:
        theirs.add({size: installed(theirs.python, "mlflow")})
    return ours, theirs


def table(ours: Side, theirs: Side | None) -> str:
    """The figures as Markdown."""
    lines = ["| | MLflow | promptgit | ratio | aim |", "|---|--:|--:|--:|:--|"]
    for name, (unit, aim) in ROWS.items():
        mine = ours.median(name)
        other = theirs.median(BESIDE.get(name, name)) if theirs else None
        if mine is None:
            continue
        ratio = f"{other / mine:,.1f} ×" if other and mine else "–"
        met = "" if aim is None else f"≤ {aim:g} {unit}: {'met' if mine * SCALE[unit] <= aim else 'missed'}"
        lines.append(f"| {name} | {shown(other, unit)} | {shown(mine, unit)} | {ratio} | {met} |")
    return "\n".join(lines)


def shown(value: float | None, unit: str) -> str:
    """A figure with its unit."""
    if value is None:
        return "–"
    scaled = value * SCALE[unit]
    return f"{scaled:,.0f} {unit}".strip() if scaled >= 100 or not unit else f"{scaled:.3g} {unit}"


def machine() -> str:
    """What it was measured on."""
    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        "?",
    )
    git = subprocess.run(["git", "version"], capture_output=True, text=True, check=True).stdout.split()[2]
    return (
        f"{os.cpu_count()} cores ({model}), Python {platform.python_version()}, git {git}, {time.strftime('%Y-%m-%d')}"
    )


def write(text: str, begin: str = BEGIN, end: str = END) -> None:
    """Put the table between the markers of the README files; our aims are for those who work on it, in this folder's."""
    for path, found in ((HERE / "README.md", text), (HERE.parent / "README.md", without_aims(text))):
        old = path.read_text()
        new = f"{begin}\n{found}\n{end}"
        path.write_text(re.sub(f"{begin}.*?{end}", lambda _, new=new: new, old, flags=re.DOTALL))


def without_aims(text: str) -> str:
    """The same tables without their last column, where that is the aims."""
    lines, aims = [], False
    for line in text.splitlines():
        cells = line.split("|")
        aims = line.startswith("|") and (aims or cells[-2].strip() == "aim")
        lines.append("|".join([*cells[:-2], ""]) if aims else line)
    return "\n".join(lines)


def main() -> None:
    """See the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mlflow-python", help="an interpreter that has MLflow; without it only promptgit is measured")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each side, in turn")
    parser.add_argument("--quick", action="store_true", help="fewer repetitions and 100 prompts instead of 1,000")
    parser.add_argument("--full", action="store_true", help="also a registry of 200,000 files; takes minutes to make")
    parser.add_argument("--work", type=Path, help="keep the registries here for the next run")
    parser.add_argument("--json", type=Path, help="write all figures here")
    parser.add_argument("--write", action="store_true", help="put the table into the README files")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        ours, theirs = measure(options, options.work or Path(temporary))
    text = f"Medians of {options.rounds} rounds, both sides in turn; {machine()}.\n\n{table(ours, theirs)}"
    print(text)
    if options.json:
        figures = {side.script.rpartition("/")[2]: side.figures for side in (ours, theirs) if side}
        options.json.write_text(json.dumps(figures, indent=1))
    if options.write:
        write(text)


if __name__ == "__main__":
    main()
