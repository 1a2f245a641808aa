"""Tricks with refs, and with what git is told besides."""

from __future__ import annotations

from receiver import Clone
from tricks import REFUNDS, RULED, trick


@trick("refs/heads/main", "its history may not be overwritten", push="--force HEAD:main")
def the_default_branch_is_overwritten(clone: Clone) -> None:
    clone("reset", "-q", "--hard", "HEAD~1")
    clone.version(4)


@trick("refs/heads/main", "it may not be deleted", push="--delete main")
def the_default_branch_is_deleted(clone: Clone) -> None:
    pass


@trick("refs/heads/release/1", "its history may not be overwritten", server=RULED, push="--force HEAD:release/1")
def a_protected_branch_is_overwritten(clone: Clone) -> None:
    clone("reset", "-q", "--hard", "HEAD~1")


@trick("refs/tags/v1", "a tag that is there may not be deleted", push="--delete v1")
def a_tag_is_deleted(clone: Clone) -> None:
    pass


@trick("refs/tags/v1", "a tag that is there may not be moved", push="--force v1")
def a_tag_is_moved(clone: Clone) -> None:
    clone.version(4)
    clone("tag", "-fam", "Again", "v1")


@trick("refs/tags/v2", "the tag calls itself v1", push="refs/tags/v1:refs/tags/v2")
def a_tag_is_pushed_under_another_name(clone: Clone) -> None:
    pass


@trick("refs/tags/nested", "it is on a tag", push="nested")
def a_tag_is_on_atag_alias(clone: Clone) -> None:
    clone("tag", "-am", "Nested", "nested", "v1")


@trick("refs/tags/text", "it is on a blob", push="text")
def a_tag_is_on_a_blob(clone: Clone) -> None:
    clone("tag", "text", clone.blob("Hello\n"))


@trick("refs/replace/", "this ref may not be pushed", push="refs/replace/*:refs/replace/*")
def a_commit_is_replaced(clone: Clone) -> None:
    old = clone.head()
    clone.version(4)
    clone("replace", old, clone.head())
    clone("reset", "-q", "--hard", "origin/main")


@trick("refs/notes/commits", "this ref may not be pushed", push="refs/notes/commits")
def a_note_is_put_on_a_commit(clone: Clone) -> None:
    clone("notes", "add", "-m", "Approved")


@trick("refs/promptgit/import", "this ref may not be pushed", push="HEAD:refs/promptgit/import")
def a_ref_of_promptgits_own_is_pushed(clone: Clone) -> None:
    pass


@trick("it is called like a commit", push="HEAD:refs/heads/0123456789012345678901234567890123456789")
def a_branch_is_called_like_a_commit(clone: Clone) -> None:
    pass


@trick(f"{REFUNDS}/1.yaml", "a committed version was changed", push="good HEAD:elsewhere")
def one_of_two_branches_is_bad(clone: Clone) -> str:
    clone.branch("good")
    clone.version(4)
    clone.branch("bad", "origin/main")
    return clone.version(1, "Promise {{question}} anything.\n")


@trick(f"{REFUNDS}/1.yaml", "a committed version was changed", push="--push-option=skip --push-option=force HEAD:main")
def a_push_option_asks_for_leave(clone: Clone) -> str:
    return clone.version(1, "Promise {{question}} anything.\n")


@trick(
    f"{REFUNDS}/1.yaml",
    "a committed version was changed",
    GIT_DIR=".git",
    GIT_CONFIG_COUNT="1",
    GIT_CONFIG_KEY_0="core.hooksPath",
    GIT_CONFIG_VALUE_0="/dev/null",
    GIT_NO_REPLACE_OBJECTS="",
    GIT_QUARANTINE_PATH="/tmp",
)
def the_environment_asks_for_leave(clone: Clone) -> str:
    return clone.version(1, "Promise {{question}} anything.\n")


@trick(f"{REFUNDS}/1.yaml", "a committed version was changed")
def a_graft_hides_the_change(clone: Clone) -> str:
    bad = clone.version(1, "Promise {{question}} anything.\n")
    clone.version(4)
    clone("replace", "--graft", "HEAD", "origin/main")
    return bad


@trick(f"{REFUNDS}/1.yaml", "a committed version was changed")
def a_shallow_clone_pushes(clone: Clone) -> str:
    bad = clone.version(1, "Promise {{question}} anything.\n")
    (clone.path / ".git/shallow").write_text(clone("rev-parse", "origin/main") + "\n")
    return bad
