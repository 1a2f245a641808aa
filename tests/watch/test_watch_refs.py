"""Branches that are checked out, commits, and aliases in tags: what moves without a file under prompts/."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import Git, git_init
from watched import QUIET_S, Heard, write

from promptgit import Registry
from promptgit.watch import watch

TAGS = "format: 1\naliases: tags\n"
PROMPTS = 300


def refunds_at(git: Git, version: int) -> None:
    """Commit a version by hand, as a colleague's pull brings it."""
    git.commit_file(f"prompts/support/refunds/{version}.yaml", f"template: Answer {{{{question}}}}, take {version}.\n")


def test_a_checkout_of_300_files_is_one_change_of_one_state(git: Git, registry: Registry) -> None:
    for number in range(PROMPTS):
        write(git.path / f"prompts/team{number % 7}/p{number}/1.yaml", "template: Answer {{question}}.\n")
    git("add", ".")
    git("commit", "-qm", "Start")
    git("switch", "-qc", "kinder")
    for number in range(PROMPTS):
        write(git.path / f"prompts/team{number % 7}/p{number}/1.yaml", "template: Answer {{question}} kindly.\n")
    git("commit", "-qam", "Kinder")
    heard = Heard()
    with watch(registry, heard):
        for branch in ("main", "kinder"):
            git("switch", "-q", branch)
            change = heard.next()
            assert len(change.prompts) == PROMPTS
            assert {told.edited for told in change.prompts.values()} == {(1,)}
            assert heard.is_empty


def test_a_registry_at_head_hears_of_commits_branches_and_resets_but_not_of_edits(git: Git) -> None:
    refunds_at(git, 1)
    heard = Heard()
    with Registry(git.path, rev="HEAD") as registry, watch(registry, heard, debounce=QUIET_S):
        first = git("rev-parse", "HEAD")
        write(git.path / "prompts/support/refunds/1.yaml", "template: not committed\n")
        git("checkout", "-q", ".")
        refunds_at(git, 2)
        change = heard.next()
        assert (change.old, change.new) == (first, git("rev-parse", "HEAD"))
        assert str(change) == "support.refunds: version 2 added"
        git("switch", "-qc", "older", first)
        assert heard.next().prompts["support.refunds"].removed == (2,)
        git("switch", "-q", "--detach", "main")
        assert heard.next().prompts["support.refunds"].added == (2,)
        git("reset", "-q", "--hard", first)
        assert heard.next().prompts["support.refunds"].removed == (2,)
        git("commit", "-q", "--allow-empty", "-m", "Nothing")
        git.commit_file("prompts/support/refunds/aliases.yaml", "production: 9\n")
        change = heard.next()
        assert str(change.prompts["support.refunds"]) == "support.refunds: production none -> 9"
        assert [problem.code for problem in change.problems] == ["alias-target"]


@pytest.mark.parametrize("poll", [None, QUIET_S], ids=["events", "polling"])
def test_a_bare_repository_hears_of_what_is_pushed_to_its_branch(tmp_path: Path, git: Git, poll: float | None) -> None:
    refunds_at(git, 1)
    bare = git_init(tmp_path / "bare.git", bare=True)
    git("push", "-q", "--force", str(bare.path), "main", "main:refs/heads/release/2026")
    heard = Heard()
    with (
        Registry(bare.path, rev="release/2026") as registry,
        watch(registry, heard, debounce=QUIET_S, poll=poll),
    ):
        refunds_at(git, 2)
        git("push", "-q", str(bare.path), "main")
        refunds_at(git, 3)
        git("push", "-q", str(bare.path), "main:refs/heads/release/2026")
        assert heard.next().prompts["support.refunds"].added == (2, 3)
        bare("pack-refs", "--all")
        refunds_at(git, 4)
        git("push", "-q", str(bare.path), "main:refs/heads/release/2026")
        assert heard.next().prompts["support.refunds"].added == (4,)


def test_a_linked_worktree_hears_of_its_own_head(tmp_path: Path, git: Git) -> None:
    refunds_at(git, 1)
    git("worktree", "add", "-q", "-b", "draft", str(tmp_path / "draft"))
    draft, heard = Git(tmp_path / "draft"), Heard()
    with Registry(draft.path, rev="HEAD") as registry, watch(registry, heard, debounce=QUIET_S):
        refunds_at(git, 2)
        refunds_at(draft, 2)
        refunds_at(draft, 3)
        versions: set[int] = set()
        while len(versions) < 2:
            versions |= set(heard.next().prompts["support.refunds"].added)
        assert versions == {2, 3}
        draft("switch", "-q", "--detach", "main")
        assert heard.next().prompts["support.refunds"].removed == (3,)


@pytest.mark.parametrize(("rev", "poll"), [(None, None), ("HEAD", None), ("HEAD", QUIET_S)])
def test_aliases_in_tags_are_heard_of_though_no_file_changes(
    tmp_path: Path, rev: str | None, poll: float | None
) -> None:
    git = git_init(tmp_path / "tagged", config=TAGS)
    refunds_at(git, 1)
    refunds_at(git, 2)
    heard = Heard()
    with Registry(git.path, rev=rev) as registry, watch(registry, heard, debounce=QUIET_S, poll=poll):
        with Registry(git.path) as colleague:
            colleague.set_alias("support.refunds", "production", 1, message="Go live")
            assert str(heard.next()) == "support.refunds: production none -> 1"
            colleague.set_alias("support.refunds", "production", 2, message="Kinder")
            assert str(heard.next()) == "support.refunds: production 1 -> 2"
            git("pack-refs", "--all")
            colleague.set_alias("support.refunds", "staging", 2, message="Try it")
            assert str(heard.next()) == "support.refunds: staging none -> 2"
            colleague.delete_alias("support.refunds", "production")
            assert str(heard.next()) == "support.refunds: production 2 -> none"
        refunds_at(git, 3)
        assert str(heard.next()) == "support.refunds: version 3 added"


def test_a_registry_that_vanishes_is_reported_once_and_heard_of_again(git: Git) -> None:
    refunds_at(git, 1)
    heard, errors = Heard(), Heard()
    with (
        Registry(git.path, rev="HEAD") as registry,
        watch(registry, heard, debounce=QUIET_S, poll=QUIET_S, on_error=errors),  # type: ignore[arg-type]
    ):
        tip = git("rev-parse", "HEAD")
        git("rm", "-q", "promptgit.yaml")
        git("commit", "-qm", "No registry any more")
        assert "has no promptgit.yaml" in str(errors.next())
        git("reset", "-q", "--hard", tip)
        refunds_at(git, 2)
        assert heard.next().prompts["support.refunds"].added == (2,)
        assert errors.is_empty
