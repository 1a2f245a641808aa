"""A registry at a remote: promptgit behind `git daemon` beside MLflow behind its HTTP server, and beside plain git, in one run.

python benchmarks/remote.py [--mlflow-python PATH] [--rounds N] [--quick] [--json FILE] [--write]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from registries import registry_of
from run import FORMAT, HERE, SCALE, environment, machine, shown, write
from samples import text as sample

from promptgit import Registry

BEGIN, END = "<!-- remote benchmark: begin -->", "<!-- remote benchmark: end -->"
# name -> unit, aim, whether more is better
ROWS: dict[str, tuple[str, float | None, bool]] = {
    "cold process, warm cache: load by alias and format": ("ms", 100, False),
    "load by alias, hot": ("µs", 2, False),
    "load by alias, after a refresh": ("ms", 5, False),
    "hot loads of 8 threads against 1 thread, beside the same for a dictionary": ("×", 1, True),
    "memory for 1,000 loaded prompts of 1 KB": ("MB", None, False),
    "a promotion reaches 50 processes, notified": ("s", 1, False),
    "a promotion reaches 50 processes, refresh=5": ("s", 6, False),
}
GIT_ROWS = {
    "20,000 files, cold: open the registry; git clone --bare": ("s", 1.3),
    "20,000 files, one new commit: refresh; git fetch": ("ms", 1.3),
}
OURS = f"""
import sys
from promptgit import Registry
with Registry(sys.argv[1], refresh=3600) as registry:
    prompt = registry.load("prompts:/bench@production")
    {FORMAT}
"""
THEIRS = f"""
import os, sys, warnings
warnings.filterwarnings("ignore")
os.environ["MLFLOW_TRACKING_URI"] = sys.argv[1]
import mlflow
prompt = mlflow.genai.load_prompt("prompts:/bench@production")
{FORMAT}
"""
THEIR_SIDE = """
import json, os, sys, warnings, logging
warnings.filterwarnings("ignore"); logging.disable(logging.CRITICAL)
os.environ["MLFLOW_TRACKING_URI"] = sys.argv[1]
import mlflow
from samples import text
from timing import each
genai, found, URI = mlflow.genai, {}, "prompts:/bench@production"
if mlflow.MlflowClient().get_prompt("bench") is None:
    genai.register_prompt("bench", text(1000, 5)); genai.set_prompt_alias("bench", "production", 1)
genai.load_prompt(URI)
found["load by alias, hot"] = each(lambda: genai.load_prompt(URI))
found["load by alias, after a refresh"] = each(lambda: genai.load_prompt(URI, cache_ttl_seconds=0))
print(json.dumps(found))
"""


def run(*line: object, env: dict[str, str] | None = None) -> str:
    """A process to its end; what it printed."""
    done = subprocess.run(
        [str(word) for word in line], capture_output=True, text=True, env=env or environment(), check=False
    )
    if done.returncode:
        sys.exit(f"{line[:3]} failed:\n{done.stderr[-3000:]}")
    return done.stdout


def timed(action: Callable[[], object]) -> float:
    """Seconds."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextlib.contextmanager
def serving(line: list[str], port: int, cwd: Path) -> Iterator[None]:
    """A server, once it accepts connections, until the block ends."""
    process = subprocess.Popen(
        line, cwd=cwd, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        end = time.monotonic() + 90
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            if time.monotonic() > end or process.poll() is not None:
                sys.exit(f"{line[0]} does not serve")
            time.sleep(0.05)
        yield
    finally:
        os.killpg(process.pid, 15)
        process.wait()


class Hub:
    """A repository at a remote, and a clone that pushes to it."""

    def __init__(self, work: Path, made: Registry, url: str) -> None:
        name = Path(made.path).name
        self.bare = work / "hub" / f"{name}.git"
        self.url = f"{url}/{name}.git"
        run("git", "clone", "-q", "--bare", made.path, self.bare)
        run("git", "clone", "-q", self.bare, work / f"{name}-writer")
        self.writer = Registry(work / f"{name}-writer")

    def promote(self) -> int:
        """A new version in production, pushed; its number."""
        version = self.writer.register("bench", sample(1000, 5, time.time_ns() % 1000)).version
        self.writer.set_alias("bench", "production", version, push=True)
        return int(version)


def fan_out(hub: Hub, work: Path, refresh: float, notified: bool) -> float:
    """Seconds from a promotion's push until the last of 50 processes (5 caches, ten processes each) serves it."""
    wanted = hub.writer.load("bench").version + 1
    clients = []
    for number in range(50):
        env = {**environment(), "PROMPTGIT_CACHE": str(work / f"machine-{number % 5}")}
        line = [sys.executable, str(HERE / "remote_client.py"), hub.url, str(refresh), str(wanted)]
        clients.append(subprocess.Popen(line, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
    for client in clients:
        assert client.stdout is not None
        assert client.stdout.readline() == "ready\n"
    assert hub.promote() == wanted
    start = time.time()
    for client in clients:
        assert client.stdin is not None
        if notified:
            client.stdin.write("\n")
            client.stdin.flush()
    last = max(float(client.communicate()[0]) for client in clients)
    return last - start


def beside_git(hub: Hub, work: Path, rounds: int, found: dict[str, list[float]], other: dict[str, list[float]]) -> None:
    """Cold opening and a refresh of a large registry, beside what plain git takes."""
    cold, fresh = GIT_ROWS
    for number in range(rounds):
        cache, plain = work / f"cold-{number}", work / f"plain-{number}.git"
        os.environ["PROMPTGIT_CACHE"] = str(cache)
        other.setdefault(cold, []).append(timed(lambda p=plain: run("git", "clone", "-q", "--bare", hub.url, p)))
        start = time.perf_counter()
        registry = Registry(hub.url, refresh=0)
        found.setdefault(cold, []).append(time.perf_counter() - start)
        for _ in range(5):
            hub.promote()
            refspec = "+refs/heads/*:refs/heads/*"
            other.setdefault(fresh, []).append(
                timed(lambda p=plain, r=refspec: run("git", "-C", p, "fetch", "-q", hub.url, r))
            )
            found.setdefault(fresh, []).append(timed(registry.refresh))
        registry.close()
        shutil.rmtree(cache)
        shutil.rmtree(plain)


def measure(options: argparse.Namespace, work: Path) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """All figures of both sides."""
    found: dict[str, list[float]] = {}
    other: dict[str, list[float]] = {}
    rows = list(ROWS)
    flags = ["--quick"] if options.quick else []
    (work / "hub").mkdir(parents=True)
    port = free_port()
    daemon = [
        "git",
        "daemon",
        "--export-all",
        "--reuseaddr",
        f"--base-path={work / 'hub'}",
        f"--port={port}",
        "--listen=127.0.0.1",
    ]
    with serving(daemon, port, work):
        url = f"git://127.0.0.1:{port}"
        hub = Hub(work, registry_of(work, "thousand", 100 if options.quick else 1000, 1), url)
        hub.writer.register("bench", sample(1000, 5))
        hub.writer.set_alias("bench", "production", 1, push=True)
        env = {**environment(), "PROMPTGIT_CACHE": str(work / "cache")}
        for _ in range(options.rounds):
            side = json.loads(
                run(sys.executable, HERE / "remote_side.py", work, hub.url, *flags, env=env).splitlines()[-1]
            )
            for name, value in side.items():
                found.setdefault(name, []).append(value)
            for _ in range(3):
                spent = timed(lambda: run(sys.executable, "-c", OURS, hub.url, env=env))
                found.setdefault(rows[0], []).append(spent)
        if not options.quick:
            for _ in range(options.rounds):
                found.setdefault(rows[5], []).append(fan_out(hub, work, 3600, notified=True))
                found.setdefault(rows[6], []).append(fan_out(hub, work, 5, notified=False))
            large = Hub(work, registry_of(work, "20000-files", 2000, 10), url)
            large.writer.register("bench", sample(1000, 5))
            large.writer.set_alias("bench", "production", 1, push=True)
            beside_git(large, work, options.rounds, found, other)
            large.writer.close()
        hub.writer.close()
    if options.mlflow_python:
        mlflow(options, work, other)
    return found, other


def mlflow(options: argparse.Namespace, work: Path, other: dict[str, list[float]]) -> None:
    """MLflow's side: its own server with one worker (four stall 40 ms a request), on SQLite."""
    port = free_port()
    line = [
        options.mlflow_python,
        "-m",
        "mlflow",
        "server",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--workers",
        "1",
    ]
    line += ["--backend-store-uri", f"sqlite:///{work}/mlflow.db", "--default-artifact-root", str(work / "artifacts")]
    url = f"http://127.0.0.1:{port}"
    with serving(line, port, work):
        for _ in range(options.rounds):
            side = json.loads(run(options.mlflow_python, "-c", THEIR_SIDE, url).splitlines()[-1])
            for name, value in side.items():
                other.setdefault(name, []).append(value)
            spent = timed(lambda: run(options.mlflow_python, "-c", THEIRS, url))
            other.setdefault(next(iter(ROWS)), []).append(spent)


def table(found: dict[str, list[float]], other: dict[str, list[float]]) -> str:
    """The figures as Markdown: beside MLflow, then beside plain git."""
    lines = ["| | MLflow | promptgit | ratio | aim |", "|---|--:|--:|--:|:--|"]
    for name, (unit, aim, more) in ROWS.items():
        if name not in found:
            continue
        mine = statistics.median(found[name])
        theirs = statistics.median(other[name]) if name in other else None
        ratio = f"{theirs / mine:,.1f} ×" if theirs and not more else "–"
        met = ""
        if aim is not None:
            reached = mine >= aim * 0.95 if more else mine * SCALE[unit] <= aim
            met = f"{'≥' if more else '≤'} {aim:g} {unit}".rstrip() + f": {'met' if reached else 'missed'}"
        lines.append(f"| {name} | {shown(theirs, unit)} | {shown(mine, unit)} | {ratio} | {met} |")
    if any(name in found for name in GIT_ROWS):
        lines += ["", "| | plain git | promptgit | ratio | aim |", "|---|--:|--:|--:|:--|"]
        for name, (unit, limit) in GIT_ROWS.items():
            mine, theirs = statistics.median(found[name]), statistics.median(other[name])
            met = f"≤ {limit:g} ×: {'met' if mine <= theirs * limit else 'missed'}"
            lines.append(f"| {name} | {shown(theirs, unit)} | {shown(mine, unit)} | {mine / theirs:.2f} × | {met} |")
    return "\n".join(lines)


def main() -> None:
    """See the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mlflow-python", help="an interpreter that has MLflow; without it only promptgit is measured")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each side, in turn")
    parser.add_argument("--quick", action="store_true", help="100 prompts instead of 1,000, and one machine")
    parser.add_argument("--json", type=Path, help="write all figures here")
    parser.add_argument("--write", action="store_true", help="put the tables into the README files")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        found, other = measure(options, Path(temporary))
    text = f"Medians of {options.rounds} rounds, both sides in turn; {machine()}.\n\n{table(found, other)}"
    print(text)
    if options.json:
        options.json.write_text(json.dumps({"promptgit": found, "beside": other}, indent=1))
    if options.write:
        write(text, BEGIN, END)


if __name__ == "__main__":
    main()
