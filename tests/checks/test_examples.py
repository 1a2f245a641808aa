"""Every check finds what its bad examples hold, at the place that they name, and nothing in its good ones.

An example is one YAML file:

    commits     what was committed before, oldest first: path -> text; null removes
    onto        what the base branch committed after this one forked off
    files       what is in the working tree on top of that
    links       path -> where a symbolic link leads
    modes       path -> permissions, octal
    problems    what the check says, as `PATH:LINE:COLUMN: SEVERITY: MESSAGE`, commits as COMMIT
    fixed       path -> text after --fix; null is a file that is gone
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from commandline import call
from support import Git, git_init

from promptgit import Registry
from promptgit.checks import CHECKS, check_of, manual, module_of, summary
from promptgit.problems import Problem
from promptgit.registry.checking import Scope, prepare

EXAMPLES = Path(__file__).parent / "examples"
BAD = sorted(EXAMPLES.glob("*/bad/*.yaml"))
GOOD = sorted(EXAMPLES.glob("*/good/*.yaml"))


def name_of(path: Path) -> str:
    return f"{path.parts[-3]}-{path.stem}"


def write(git: Git, files: dict[str, str | None]) -> None:
    for path, text in files.items():
        target = git.path / path
        if text is None:
            target.unlink()
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(text.encode("utf-8", "surrogatepass"))


def commit(git: Git, files: dict[str, str | None]) -> None:
    write(git, files)
    git("add", "-A")
    git("commit", "-qm", "Change prompts")


def make(folder: Path, example: dict[str, Any]) -> tuple[Registry, Scope]:
    """The registry of an example, and how to check it."""
    git = git_init(folder)
    for files in example.get("commits", []):
        commit(git, files)
    if "onto" in example:
        git("checkout", "-qb", "change")
        git("checkout", "-q", "main")
        commit(git, example["onto"])
        git("checkout", "-q", "change")
    write(git, example.get("files", {}))
    for path, target in example.get("links", {}).items():
        (git.path / path).parent.mkdir(parents=True, exist_ok=True)
        (git.path / path).symlink_to(target)
    for path, mode in example.get("modes", {}).items():
        (git.path / path).chmod(int(str(mode), 8))
    base = "main" if "onto" in example else None
    return Registry(git.path), Scope(history=True, base=base)


def found(folder: Path, path: Path) -> list[Problem]:
    registry, scope = make(folder, read(path))
    with registry:
        problems = prepare(registry, scope).problems()
    return [problem for problem in problems if check_of(problem.code) == path.parts[-3]]


def read(path: Path) -> dict[str, Any]:
    example: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return example


@pytest.mark.parametrize("path", BAD, ids=name_of)
def test_a_bad_example_has_the_problems_that_it_says(path: Path, tmp_path: Path) -> None:
    problems = found(tmp_path / "registry", path)
    said = [str(problem).split("\n")[0].rpartition(" [")[0] for problem in problems]
    assert [re.sub(r"commit [0-9a-f]{7,}", "commit COMMIT", line) for line in said] == read(path)["problems"]


@pytest.mark.parametrize("path", GOOD, ids=name_of)
def test_a_good_example_has_none(path: Path, tmp_path: Path) -> None:
    assert found(tmp_path / "registry", path) == []


@pytest.mark.parametrize("path", [path for path in BAD if "fixed" in read(path)], ids=name_of)
def test_fix_mends_an_example(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    registry, _ = make(tmp_path / "registry", read(path))
    registry.close()
    monkeypatch.chdir(registry.path)
    result = call("check", "--fix", "--only", path.parts[-3])
    assert result.code == 0, result
    assert "fixed: " in result.err
    for name, text in read(path)["fixed"].items():
        file = tmp_path / "registry" / name
        assert (file.read_text() if file.exists() else None) == text, name


@pytest.mark.parametrize("check", CHECKS)
def test_every_check_has_a_manual_and_examples_of_both_kinds(check: str) -> None:
    assert list((EXAMPLES / check / "bad").glob("*.yaml"))
    assert list((EXAMPLES / check / "good").glob("*.yaml"))
    assert "To mend it" in manual(check) or "cannot be mended" in manual(check)
    assert summary(check).endswith(".")
    functions = {"check_folder", "check_file", "check_prompt", "check_change", "check_history"}
    assert functions & set(vars(module_of(check)))


def test_every_check_that_can_fix_has_an_example_of_it() -> None:
    fixing = {check for check in CHECKS if hasattr(module_of(check), "fix")}
    assert {path.parts[-3] for path in BAD if "fixed" in read(path)} == fixing


def test_every_module_of_a_check_is_listed() -> None:
    import promptgit.checks as package

    helpers = {"__init__", "subject", "change", "runner", "mend", "policies"}
    modules = {path.stem for path in Path(str(package.__file__)).parent.glob("*.py")} - helpers
    assert {name.replace("-", "_") for name in CHECKS} == modules
