"""aliases.yaml merged alias by alias: as a function against a model, and as the driver that `git merge` runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from commandline import Cli
from hypothesis import given, settings
from hypothesis import strategies as st
from support import Git

from promptgit import Registry
from promptgit.aliases.file import parse_aliases
from promptgit.aliases.merge import Merged, merge_aliases, merge_files, renumber_aliases
from promptgit.aliases.target import Target
from promptgit.document import dump

Aliases = dict[str, int | dict[str, int]]
PATH = "prompts/support/refunds/aliases.yaml"

_TARGETS = st.integers(1, 3) | st.fixed_dictionaries({"1": st.integers(1, 9), "2": st.integers(1, 9)})
_ALIASES = st.dictionaries(st.sampled_from(["beta", "canary", "eu.west", "production", "staging"]), _TARGETS)


def written(aliases: Aliases, comment: str = "") -> bytes:
    data = dump(dict(sorted(aliases.items())), blank_lines=True, flow_depth=1) if aliases else b""
    return (f"# {comment}\n" if comment else "").encode() + data


def model(base: Aliases, ours: Aliases, theirs: Aliases) -> tuple[Aliases, set[str]]:
    """What a merge must give: the aliases that are decided, and those that are not."""
    decided: Aliases = {}
    conflicts = set()
    for alias in base.keys() | ours.keys() | theirs.keys():
        was, mine, other = base.get(alias), ours.get(alias), theirs.get(alias)
        if mine != other and was not in (mine, other):
            conflicts.add(alias)
            continue
        value = other if mine == was else mine
        if value is not None:
            decided[alias] = value
    return decided, conflicts


def side(marked: bytes, which: int) -> dict[str, Target]:
    """The aliases once all conflicts are decided for one side."""
    pattern = rb"<<<<<<< ours\n(.*?)=======\n(.*?)>>>>>>> theirs\n"
    return parse_aliases(re.sub(pattern, lambda found: found[which], marked, flags=re.DOTALL), PATH)


def targets(aliases: Aliases) -> dict[str, Target]:
    return parse_aliases(written(aliases), PATH)


@settings(max_examples=150, deadline=None)
@given(_ALIASES, _ALIASES, _ALIASES)
def test_every_merge_is_what_the_table_says(base: Aliases, ours: Aliases, theirs: Aliases) -> None:
    decided, conflicts = model(base, ours, theirs)
    merged = merge_aliases(written(base, "who"), written(ours, "who"), written(theirs, "who"))
    assert (set(merged.conflicts), merged.clean) == (conflicts, not conflicts)
    for which, chosen in ((1, ours), (2, theirs)):
        left = {alias: chosen[alias] for alias in conflicts if alias in chosen}
        assert side(merged.data, which) == targets({**decided, **left})
    assert merged.data.startswith(b"# who\n")


@settings(max_examples=60, deadline=None)
@given(_ALIASES, _ALIASES)
def test_a_merge_with_an_unchanged_side_is_the_other_side(base: Aliases, ours: Aliases) -> None:
    mine = written(ours, "release managers")
    assert merge_aliases(written(base), mine, written(base)) == Merged(data=mine)
    assert side(merge_aliases(written(base), written(base), mine).data, 1) == targets(ours)


def test_only_the_alias_in_conflict_is_marked() -> None:
    merged = merge_aliases(
        b"# moved by release managers\nproduction: 3\n\nstaging: 3  # nightly\n",
        b"# moved by release managers\nproduction: 4\n\nstaging: 3  # nightly\n",
        b"beta: 5\n\n# moved by release managers\nproduction: 5\n\nstaging: 4\n",
        marker_size=9,
    )
    assert merged.data.decode().splitlines() == [
        "# moved by release managers",
        "beta: 5",
        "",
        "<<<<<<<<< ours",
        "production: 4",
        "=========",
        "production: 5",
        ">>>>>>>>> theirs",
        "",
        "staging: 4  # nightly",
    ]


@pytest.mark.parametrize("ours", [b"{production: 4, staging: 3}\n", b"? production\n: 4\n\nstaging: 3\n"])
def test_a_layout_without_a_line_for_each_alias_is_written_anew_in_a_conflict(ours: bytes) -> None:
    merged = merge_aliases(b"production: 3\n\nstaging: 3\n", ours, b"production: 5\n\nstaging: 4\n")
    assert side(merged.data, 1) == targets({"production": 4, "staging": 4})
    assert side(merged.data, 2) == targets({"production": 5, "staging": 4})


def test_line_ends_stay_and_a_missing_last_one_does_no_harm() -> None:
    merged = merge_aliases(b"production: 3\r\n", b"production: 4\r\n", b"production: 5")
    assert merged.data == b"<<<<<<< ours\r\nproduction: 4\r\n=======\r\nproduction: 5\r\n>>>>>>> theirs\r\n"


def test_comments_of_both_sides_stay_where_git_can_merge_them() -> None:
    base = b"alpha: 1\n\nbeta: 1\n\nproduction: 3\n"
    merged = merge_files(
        base, base.replace(b"alpha: 1", b"# the first\nalpha: 2"), base.replace(b"3\n", b"4  # SUP-211\n")
    )
    assert merged.data == b"# the first\nalpha: 2\n\nbeta: 1\n\nproduction: 4  # SUP-211\n"


def test_a_file_that_cannot_be_read_is_merged_line_by_line() -> None:
    assert merge_files(b"a: 1\n", b"a: [1\n", b"a: 1\n") == Merged(data=b"a: [1\n")
    merged = merge_files(b"a: 1\n", b"a: [1\n", b"a: 2\n")
    assert merged.data == b"<<<<<<< ours\na: [1\n=======\na: 2\n>>>>>>> theirs\n"
    assert (merged.conflicts, merged.clean) == ((), False)


def test_numbers_change_in_weights_too_but_not_in_what_meant_another_version() -> None:
    data = b"canary: {1: 90, 4: 10}\n\nold: 4\n\nproduction: 4  # SUP-211\n"
    mended = renumber_aliases(data, {4: 6}, since=b"old: 4\n")
    assert mended == b"canary: {1: 90, 6: 10}\n\nold: 4\n\nproduction: 6  # SUP-211\n"


# --- as git runs it -------------------------------------------------------------------------------------------------


@pytest.fixture
def installed(refunds: Registry, git: Git, cli: Cli) -> Registry:
    """A registry with the driver set up, whose branch `beta` is where `main` is."""
    hook = cli("hook", "install", "--json").json["hook"]
    Path(hook).unlink()  # the driver is what is tried here, and commits are quicker without
    git("add", ".gitattributes")
    git("commit", "-qm", "Merge aliases one by one", "--no-verify")
    git("branch", "beta")
    return refunds


def move(git: Git, branch: str, **aliases: int) -> None:
    git("switch", "-q", branch)
    with Registry(git.path) as registry:
        for alias, version in aliases.items():
            registry.set_alias("support.refunds", alias, version)


def test_git_merges_moves_of_neighbours(installed: Registry, git: Git) -> None:
    path = git.path / PATH
    git.commit_file(PATH, "canary: 1\nproduction: 1\nstaging: 1\n", "No blank lines")  # line by line this conflicts
    git("branch", "-f", "beta")
    git.commit_file(PATH, "canary: 2\nproduction: 1\nstaging: 1\n")
    git("switch", "-q", "beta")
    git.commit_file(PATH, "canary: 1\nproduction: 3\nstaging: 1\n")
    git("merge", "-q", "--no-edit", "main")
    assert parse_aliases(path.read_bytes(), PATH) == targets({"canary": 2, "production": 3, "staging": 1})


def test_git_stops_at_two_moves_of_one_alias(installed: Registry, git: Git) -> None:
    move(git, "main", production=2, staging=1)
    move(git, "beta", production=3, canary=1)
    said = git("merge", "main", check=False)
    assert f"CONFLICT (content): Merge conflict in {PATH}" in said
    assert (git.path / PATH).read_text() == (
        "canary: 1\n\n<<<<<<< ours\nproduction: 3\n=======\nproduction: 2\n>>>>>>> theirs\n\nstaging: 1\n"
    )


def test_git_merges_by_itself_where_promptgit_is_gone(installed: Registry, git: Git) -> None:
    key = "merge.promptgit-aliases.driver"
    git("config", key, re.sub(r"/\S+/python\S*", "/nowhere/python", git("config", key)))
    move(git, "main", production=2)
    move(git, "beta", production=3)
    said = git("merge", "main", check=False, PATH="/usr/bin:/bin")
    assert "CONFLICT (content)" in said
    assert "=======" in (git.path / PATH).read_text()


def test_the_command_keeps_to_what_git_expects_of_a_driver(anywhere: Cli) -> None:
    for name, text in (
        ("base", "production: 1\n"),
        ("ours", "production: 2\n"),
        ("theirs", "beta: 1\n\nproduction: 1\n"),
    ):
        Path(name).write_text(text)
    assert anywhere("merge-driver", "base", "ours", "theirs", "7", PATH).code == 0
    assert Path("ours").read_text() == "beta: 1\n\nproduction: 2\n"
    Path("theirs").write_text("production: 3\n")
    result = anywhere("merge-driver", "base", "ours", "theirs", "12", PATH)
    assert (result.code, result.err) == (1, f"warning: {PATH}: both sides changed production\n")
    assert "<" * 12 + " ours" in Path("ours").read_text()
    for name, text in (("base", "a: 1\n"), ("ours", "a: 2\n"), ("theirs", "a: 1\nb: 1\n")):
        Path(name).write_text(text)
    assert anywhere("merge-driver", "base", "ours", "theirs", "7", "prompts/support/refunds/prompt.yaml").code == 1
