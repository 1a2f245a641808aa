"""When and by whom prompts were made: the same, whether history is walked at once or as it grows."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from typing import Any

import pytest
from support import Git

from promptgit import Registry

pytest_plugins = ["mlflow_stores"]
pytestmark = [pytest.mark.mlflow, pytest.mark.filterwarnings("ignore")]


@pytest.fixture
def origins(git: Git) -> Callable[[], Any]:
    """Makes a reader of the past."""
    pytest.importorskip("mlflow.genai")
    module = importlib.import_module("promptgit.integrations.mlflow.origins")
    registry = Registry(git.path)
    return lambda: module.Origins(registry.repository(), registry.prefix)


def test_what_grows_is_what_is_walked_at_once(origins: Callable[[], Any], registry: Registry, git: Git) -> None:
    growing = origins()
    for step in (
        lambda: registry.create("faq"),
        lambda: registry.register("faq", "Answer {{question}}", "First"),
        lambda: registry.register("support.refunds", "Refund {{order}}"),
        lambda: [registry.register("faq", f"Answer {number}") for number in range(3)],
        lambda: registry.set_alias("faq", "production", 2),
        lambda: registry.delete_version("faq", 1),
        lambda: registry.rename("support.refunds", "refunds"),
        lambda: registry.delete("refunds"),
        lambda: registry.register("refunds", "Refund {{order}} again"),
    ):
        step()
        head = git("rev-parse", "HEAD")
        assert dict(growing.at(head)) == dict(origins().at(head))
    assert growing.at(head)["faq"].versions[1][1].message == "First"


def test_a_prompt_that_was_renamed_twice_is_by_whom_it_was_first(
    origins: Callable[[], Any], registry: Registry, git: Git
) -> None:
    registry.register("faq", "Answer {{question}}", "First of all")
    registry.rename("faq", "help.faq")
    registry.rename("help.faq", "support.faq")
    module = importlib.import_module("promptgit.integrations.mlflow.origins")
    past = module.past_of(origins().at(git("rev-parse", "HEAD")), "support.faq", ("faq", "help.faq"))
    assert past.versions[1][1].message == "First of all"


def test_a_branch_that_was_set_back_is_walked_anew(origins: Callable[[], Any], registry: Registry, git: Git) -> None:
    reader = origins()
    registry.register("faq", "Answer {{question}}", "First")
    before = git("rev-parse", "HEAD")
    registry.register("faq", "Answer briefly")
    assert set(reader.at(git("rev-parse", "HEAD"))["faq"].versions) == {1, 2}
    git("reset", "-q", "--hard", before)
    git("commit", "-q", "--amend", "-m", "Told otherwise")
    (origin,) = reader.at(git("rev-parse", "HEAD"))["faq"].versions.values()
    assert origin[1].message == "Told otherwise"
    assert reader.at(None) == {}


def test_a_merge_brings_what_its_branches_added(origins: Callable[[], Any], registry: Registry, git: Git) -> None:
    reader = origins()
    registry.register("faq", "Answer {{question}}", "First")
    assert set(reader.at(git("rev-parse", "HEAD"))) == {"faq"}
    git("switch", "-qc", "topic")
    registry.register("refunds", "Refund {{order}}", "On a branch")
    git("switch", "-q", "main")
    registry.register("parcels", "Find {{parcel}}", "Meanwhile")
    git("merge", "-q", "--no-ff", "-m", "Merge", "topic")
    found = reader.at(git("rev-parse", "HEAD"))
    assert {name: past.versions[1][1].message for name, past in found.items()} == {
        "faq": "First",
        "refunds": "On a branch",
        "parcels": "Meanwhile",
    }


def test_a_request_at_the_commit_before_walks_nothing_again(
    origins: Callable[[], Any], registry: Registry, git: Git
) -> None:
    reader, commits, started = origins(), [], []
    for number in range(3):
        registry.register("faq", f"Answer {number}")
        commits.append(git("rev-parse", "HEAD"))
        reader.at(commits[-1])
    sys.addaudithook(lambda event, args: started.append(args) if event == "subprocess.Popen" else None)
    assert [set(reader.at(commit)["faq"].versions) for commit in commits] == [{1}, {1, 2}, {1, 2, 3}]
    assert started == []
