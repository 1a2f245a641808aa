"""promptgit's figures. Prints one JSON object, seconds by name."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from registries import git, registry_of
from samples import JINJA, JINJA_VALUES, text, values
from timing import each, once_each

from promptgit import Registry

folder = Path(sys.argv[1])
quick = "--quick" in sys.argv
found: dict[str, float] = {}
FIVE, FIFTY = values(5), values(50)


small = registry_of(folder, "small", 50, 10)
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
many = registry_of(folder, f"search{count}", count, 2)
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
        large = registry_of(folder, label.replace(",", "").replace(" ", "-"), prompts, versions)
        writes(large, f", {label}")
        large.history("g7.p7")
        found[f"history of one prompt, {label}"] = each(lambda large=large: large.history("g7.p7"), rounds=3, least=0.0)
    found |= processes(folder / "20000-files")
print(json.dumps(found))
