"""`--history`: what became of versions in any commit."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import Git

from promptgit import Registry

FOLDER = "prompts/support/refunds"


def said(registry: Registry) -> list[str]:
    return [problem.message for problem in registry.check(history=True) if problem.code == "version-rewritten"]


def short(git: Git, rev: str = "HEAD") -> str:
    return git("rev-parse", rev)[:10]


def test_a_merge_that_hides_a_change_is_found(refunds: Registry, git: Git) -> None:
    git("checkout", "-qb", "change")
    git.commit_file("README.md", "x\n")
    git("checkout", "-q", "main")
    git.commit_file("LICENSE", "x\n")
    git("merge", "-q", "--no-commit", "change")
    (git.path / FOLDER / "1.yaml").write_text("template: Answer rudely.\n")
    git("add", ".")
    git("commit", "-qm", "Merge change")
    assert said(refunds) == [f"commit {short(git)} changed the version"]


def test_a_merge_that_takes_the_other_text_of_a_number_is_found(refunds: Registry, git: Git) -> None:
    git("checkout", "-qb", "change")
    git.commit_file(f"{FOLDER}/4.yaml", "template: Answer rudely.\n")
    git("checkout", "-q", "main")
    git.commit_file(f"{FOLDER}/4.yaml", "template: Answer kindly.\n")
    git("merge", "-q", "change", check=False)
    git("checkout", "--theirs", "--", f"{FOLDER}/4.yaml")
    git("add", ".")
    git("commit", "-qm", "Merge change")
    assert said(refunds) == [f"commit {short(git)} gave the number to another text"]


def test_a_merge_that_renumbers_what_was_not_pushed_is_a_warning(refunds: Registry, git: Git) -> None:
    git("branch", "pulled")
    git.commit_file(f"{FOLDER}/4.yaml", "template: Answer kindly.\n")
    git("checkout", "-q", "pulled")
    git.commit_file(f"{FOLDER}/4.yaml", "template: Answer briefly.\n")
    git("checkout", "-q", "main")
    git("merge", "-q", "pulled", check=False)
    refunds.renumber(onto="pulled")
    git("commit", "-qm", "Merge what was pulled")
    (problem,) = refunds.check(history=True)
    took = f"merge {short(git)} took the other branch's text; what had the number here is version 5"
    assert (problem.severity, problem.message, problem.path) == ("warning", took, f"{FOLDER}/4.yaml")


def test_a_number_that_went_and_came_back_with_another_text_is_found(refunds: Registry, git: Git) -> None:
    git("rm", "-q", f"{FOLDER}/3.yaml")
    git("commit", "-qm", "Remove")
    removed = short(git)
    assert said(refunds) == [f"commit {removed} removed the version without a tombstone"]
    git.commit_file(f"{FOLDER}/3.yaml", "template: Answer rudely.\n")
    assert said(refunds) == [f"commit {short(git)} gave the number to another text"]


def test_deleting_renaming_renumbering_and_merging_are_fine(refunds: Registry, git: Git) -> None:
    refunds.delete_version("support.refunds", 2)
    git("checkout", "-qb", "change")
    git.commit_file(f"{FOLDER}/4.yaml", "template: Answer rudely.\n")
    git("checkout", "-q", "main")
    git.commit_file(f"{FOLDER}/4.yaml", "template: Answer kindly.\n")
    git("checkout", "-q", "change")
    refunds.renumber(onto="main")
    git("checkout", "-q", "main")
    git("merge", "-q", "--no-edit", "change")
    refunds.rename("support.refunds", "billing.refunds")
    refunds.rename("billing.refunds", "billing.money-back")
    refunds.delete_alias("billing.money-back", "production")
    refunds.delete("billing.money-back")
    assert said(refunds) == []


def test_a_shallow_clone_says_that_it_saw_a_part(refunds: Registry, git: Git, tmp_path: Path) -> None:
    git("clone", "-q", "--depth", "1", f"file://{git.path}", str(tmp_path / "clone"))
    with Registry(tmp_path / "clone") as clone:
        (message,) = said(clone)
        assert "shallow clone" in message


@pytest.mark.parametrize("folder", ["", "sub/"])
def test_it_works_in_a_subfolder(refunds: Registry, git: Git, folder: str) -> None:
    if folder:
        (git.path / "sub").mkdir()
        git("mv", "promptgit.yaml", "prompts", "sub/")
        git("commit", "-qm", "Move")
    with Registry(git.path / folder) as registry:
        assert said(registry) == []
        git.commit_file(f"{folder}{FOLDER}/1.yaml", "template: Answer rudely.\n")
        assert said(registry) == [f"commit {short(git)} changed the version"]
