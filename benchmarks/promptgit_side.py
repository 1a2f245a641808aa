"""promptgit's figures. Prints one JSON object, seconds by name."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from samples import JINJA, JINJA_VALUES, text, values
from timing import each, once_each

from promptgit import Registry, document
from promptgit.gitrepo.maintenance import update_graph

folder = Path(sys.argv[1])
quick = "--quick" in sys.argv
found: dict[str, float] = {}
FIVE, FIFTY = values(5), values(50)


def git(path: Path, *args: str, stdin: bytes | None = None) -> None:
    """Run git."""
    subprocess.run(["git", *args], cwd=path, input=stdin, check=True, stdout=subprocess.DEVNULL)


def registry_of(name: str, prompts: int, versions: int) -> Registry:
    """A registry with that many prompts and versions, made once by git fast-import and then kept."""
    path = folder / name
    if not (path / ".git/promptgit/made").exists():
        path.mkdir(parents=True)
        git(path, "init", "-q", "-b", "main")
        git(path, "fast-import", "--quiet", stdin=b"".join(_stream(prompts, versions)))
        git(path, "reset", "-q", "--hard")
        registry = Registry(path)
        update_graph(registry.repository(), force=True)
        (path / ".git/promptgit/made").touch()
    return Registry(path)


def _stream(prompts: int, versions: int) -> list[bytes]:
    rows = [b"M 100644 inline promptgit.yaml\ndata 10\nformat: 1\n\n"]
    commits = []
    for version in range(1, versions + 1):
        for number in range(prompts):
            place = f"prompts/g{number % 50}/p{number}"
            data = document.dump({"template": text(1000, 2, number + version), "tags": {"team": "abc"[number % 3]}})
            rows.append(f"M 100644 inline {place}/{version}.yaml\ndata {len(data)}\n".encode() + data + b"\n")
        who = f"Ada <ada@example.com> {1_700_000_000 + version} +0000"
        head = f"commit refs/heads/main\nauthor {who}\ncommitter {who}\ndata 3\nadd\n"
        commits.append(head.encode() + b"".join(rows))
        rows = []
    return commits


small = registry_of("small", 50, 10)
if small.load("bench", allow_missing=True) is None:
    small.register("bench", text(1000, 5))
    small.register("bench", text(1000, 5, 1))
    small.set_alias("bench", "production", 1)
    time.sleep(0.1)
prompt = small.load("prompts:/bench@production")
long = small.register("long", text(20_000, 50))
jinja = small.register("jinja", JINJA)
found["format 1 KB, 5 variables"] = each(lambda: prompt.format(**FIVE))
found["format 20 KB, 50 variables"] = each(lambda: long.format(**FIFTY))
found["format Jinja2, 1 KB"] = each(lambda: jinja.format(**JINJA_VALUES))
time.sleep(0.1)
small.load("prompts:/bench@production")
found["load by alias, hot"] = each(lambda: small.load("prompts:/bench@production"))
committed = Registry(small.path, rev="HEAD")
committed.load("prompts:/bench@production")
found["load by alias at HEAD, hot"] = each(lambda: committed.load("prompts:/bench@production"))


def uncached(uri: str, rev: str | None = None) -> float:
    """A registry that has read nothing yet, opened outside the clock."""
    made = [Registry(small.path, rev=rev) for _ in range(40)]
    for registry in made if rev else ():
        registry.repository().reader.resolve("HEAD", "commit")  # the git process is there, as in a running application
    spent = once_each([lambda registry=registry: registry.load(uri) for registry in made])
    for registry in made:
        registry.close()
    return spent


found["load by alias, uncached"] = uncached("prompts:/bench@production")
found["load by version, uncached"] = uncached("prompts:/bench/1")
found["load by alias at HEAD, uncached"] = uncached("prompts:/bench@production", "HEAD")

times = 5 if quick else 15
stamp = f"{os.getpid()}-{time.time_ns()}"


def writes(registry: Registry, label: str) -> None:
    """Register and move, in a registry of some size."""
    registry.register("bench", "x")
    registry.register("bench", "y")
    versions = [lambda n=n: registry.register("bench", text(2000, 5, n)) for n in range(times)]
    found[f"register a version{label}"] = once_each(versions)
    new = [lambda n=n: registry.register(f"new.p{stamp}-{n}", "x") for n in range(times)]
    found[f"register a new prompt{label}"] = once_each(new)
    moves = [lambda n=n: registry.set_alias("bench", "moving", n % 2 + 1) for n in range(times)]
    found[f"move an alias{label}"] = once_each(moves)


writes(small, "")
count = 100 if quick else 1000
many = registry_of(f"search{count}", count, 2)
ask = "tags.team = 'a'"
colds = [Registry(many.path) for _ in range(3)]
found["search all of 1,000 prompts, cold"] = once_each(
    [lambda registry=registry: [prompt.to_dict() for prompt in registry.search()] for registry in colds]
)
many.search(ask)
time.sleep(0.1)
many.search(ask)
found["search all of 1,000 prompts"] = each(lambda: [prompt.to_dict() for prompt in many.search()], rounds=3, least=0.0)
found["search by tag in 1,000"] = each(lambda: [prompt.to_dict() for prompt in many.search(ask)], rounds=3, least=0.0)


def processes(path: Path) -> dict[str, float]:
    """Whole command lines in a large registry, as a hook or a job runs them."""
    command = [sys.executable, "-m", "promptgit", "-C", str(path)]
    new = path / "prompts" / "g7" / "p7" / "11.yaml"  # the number that comes next

    def timed(*args: str) -> float:
        start = time.perf_counter()
        subprocess.run([*command, *args], check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - start

    for version in "19":
        timed("alias", "set", "g7.p7", "checked", version, "-m", "Move")
    reviewed = statistics.median(timed("review", "HEAD~1..HEAD") for _ in range(5))
    new.write_text("template: Answer {{question}}.\n")
    git(path, "add", str(new))
    staged = statistics.median(timed("check", "--staged") for _ in range(5))
    git(path, "rm", "-qf", "--cached", str(new))
    new.unlink()
    return {
        "cold process: check all of 20,000 files": timed("check"),
        "cold process: check a commit's own files in 20,000": staged,
        "cold process: review of a promotion in 20,000": reviewed,
    }


if not quick:
    sizes = {"20,000 files": (2000, 10)} | ({"200,000 files": (20_000, 10)} if "--full" in sys.argv else {})
    for label, (prompts, versions) in sizes.items():
        large = registry_of(label.replace(",", "").replace(" ", "-"), prompts, versions)
        writes(large, f", {label}")
        large.history("g7.p7")
        found[f"history of one prompt, {label}"] = each(lambda large=large: large.history("g7.p7"), rounds=3, least=0.0)
    found |= processes(folder / "20000-files")
print(json.dumps(found))
