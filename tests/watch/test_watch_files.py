"""What is edited in a working tree is told: once, for what it is, however it is saved."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support import Git
from watched import QUIET_S, SAVED_S, Heard, write

from promptgit import Registry
from promptgit.errors import InvalidReferenceError
from promptgit.watch import watch

REFUNDS = "prompts/support/refunds"
KINDER = "template: |\n  Answer kindly, in the customer's language.\n\n  Question: {{question}}\n"


@pytest.fixture(params=[None, QUIET_S], ids=["events", "polling"])
def poll(request: pytest.FixtureRequest) -> float | None:
    """How changes are found: each test runs with both."""
    found: float | None = request.param
    return found


def test_an_edited_version_is_told_with_what_the_checks_say(refunds: Registry, git: Git, poll: float | None) -> None:
    heard = Heard()
    with watch(refunds, heard, debounce=QUIET_S, poll=poll):
        write(git.path / REFUNDS / "3.yaml", KINDER)
        change = heard.next()
    assert str(change.prompts["support.refunds"]) == "support.refunds: version 3 edited"
    assert [(problem.code, problem.path) for problem in change.problems] == [
        ("version-changed", f"{REFUNDS}/3.yaml"),
    ]
    assert (change.old, change.new, change.config) == (None, None, False)


def test_versions_that_come_and_go_and_aliases_that_move_are_told_together(refunds: Registry, git: Git) -> None:
    heard = Heard()
    with watch(refunds, heard, debounce=SAVED_S):
        write(git.path / REFUNDS / "4.yaml", KINDER)
        write(git.path / REFUNDS / "aliases.yaml", "production: 4\n")
        (git.path / REFUNDS / "2.yaml").unlink()
        told = heard.next().prompts["support.refunds"]
    assert (told.added, told.removed, told.edited) == ((4,), (2,), ())
    assert {alias: tuple(map(str, move)) for alias, move in told.aliases.items()} == {"production": ("1", "4")}


def test_a_new_prompt_in_new_folders_is_told(refunds: Registry, git: Git, poll: float | None) -> None:
    heard = Heard()
    with watch(refunds, heard, debounce=QUIET_S, poll=poll):
        write(git.path / "prompts/sales/emea/outreach/1.yaml", "template: Write to {{customer}}.\n")
        assert heard.next().prompts["sales.emea.outreach"].added == (1,)
        write(git.path / "prompts/sales/emea/outreach/1.yaml", "template: Write a letter to {{customer}}.\n")
        assert heard.next().prompts["sales.emea.outreach"].edited == (1,)


def test_the_first_prompt_of_all_is_told_and_so_is_the_last_that_goes(registry: Registry, git: Git) -> None:
    heard = Heard()
    with watch(registry, heard, debounce=QUIET_S) as watching:
        for _ in range(2):
            write(git.path / "prompts/faq/1.yaml", "template: Answer {{question}}.\n")
            assert heard.next().prompts["faq"].added == (1,)
            write(git.path / "prompts/faq/1.yaml", "template: Answer {{question}} in one line.\n")
            assert heard.next().prompts["faq"].edited == (1,)
            (git.path / "prompts/faq/1.yaml").unlink()
            (git.path / "prompts/faq").rmdir()
            (git.path / "prompts").rmdir()
            assert heard.next().prompts["faq"].removed == (1,)
        assert watching.polls is None


def test_what_is_saved_unchanged_or_lies_beside_the_prompts_is_not_told(refunds: Registry, git: Git) -> None:
    heard = Heard()
    with watch(refunds, heard, debounce=SAVED_S):
        os.utime(git.path / REFUNDS / "1.yaml")
        write(git.path / REFUNDS / "2.yaml", (git.path / REFUNDS / "2.yaml").read_text())
        write(git.path / "README.md", "Prompts of the support team.\n")
        write(git.path / REFUNDS / ".3.yaml.swp", "b0VIM 9.0")
        write(git.path / REFUNDS / "prompt.yaml", "description: Answers about refunds.\n")
        change = heard.next()
    assert str(change) == "support.refunds: prompt.yaml changed"
    assert heard.is_empty


def test_a_file_that_is_broken_in_mid_edit_is_told_and_so_is_that_it_is_mended(refunds: Registry, git: Git) -> None:
    heard = Heard()
    with watch(refunds, heard, debounce=QUIET_S):
        write(git.path / REFUNDS / "4.yaml", "template: |\n  Answer {{question}}.\nvariables: [\n")
        (problem,) = heard.next().problems
        assert (problem.path, problem.line, problem.code) == (f"{REFUNDS}/4.yaml", 4, "yaml-syntax")
        write(git.path / REFUNDS / "4.yaml", KINDER)
        change = heard.next()
    assert change.prompts["support.refunds"].edited == (4,)
    assert change.problems == ()


def test_aliases_that_cannot_be_read_are_told_with_their_place(refunds: Registry, git: Git) -> None:
    heard = Heard()
    aliases = git.path / REFUNDS / "aliases.yaml"
    before = aliases.read_text()
    with watch(refunds, heard, debounce=QUIET_S):
        write(aliases, "production: 1\n\nproduction: 2\n")
        change = heard.next()
        assert change.unreadable == ("support.refunds",)
        assert [(found.path, found.line) for found in change.problems] == [(f"{REFUNDS}/aliases.yaml", 3)]
        assert str(change).startswith("support.refunds: its aliases cannot be read\n")
        write(aliases, before)
        assert str(heard.next()) == "support.refunds: its aliases can be read again"
        write(aliases, "production: [\n")
        assert heard.next().unreadable == ("support.refunds",)
        write(aliases, "production: 2\n")
        assert str(heard.next()) == "support.refunds: production 1 -> 2"


def test_a_misnamed_file_is_told_as_a_problem(refunds: Registry, git: Git) -> None:
    heard = Heard()
    with watch(refunds, heard, debounce=QUIET_S):
        write(git.path / REFUNDS / "4.yml", KINDER)
        change = heard.next()
    assert change
    assert not change.prompts
    assert [problem.code for problem in change.problems] == ["file-name"]


def test_the_configuration_is_watched_too(refunds: Registry, git: Git) -> None:
    heard = Heard()
    with watch(refunds, heard, debounce=QUIET_S):
        write(git.path / "promptgit.yaml", "format: 1\nchecks:\n  size: of\n")
        change = heard.next()
    assert change.config
    assert [(problem.path, problem.line) for problem in change.problems] == [("promptgit.yaml", 3)]


# --- editors --------------------------------------------------------------------------------------------------------


def vim(file: Path, text: str) -> None:
    """Tries whether it can create files here, moves the old file aside, writes a new one, and removes the backup."""
    swap = file.with_name(f".{file.name}.swp")
    swap.write_text("b0VIM 9.0")
    probe = file.with_name("4913")
    probe.touch()
    probe.unlink()
    backup = file.with_name(f"{file.name}~")
    file.rename(backup)
    file.write_text(text)
    backup.unlink()
    swap.unlink()


def emacs(file: Path, text: str) -> None:
    """Locks with a dangling link, keeps the old file as a backup, and leaves the backup."""
    lock, autosave = file.with_name(f".#{file.name}"), file.with_name(f"#{file.name}#")
    lock.symlink_to("ada@desk.4711:1700000000")
    autosave.write_text(text[:10])
    file.rename(file.with_name(f"{file.name}~"))
    file.write_text(text)
    autosave.unlink()
    lock.unlink()


def vs_code(file: Path, text: str) -> None:
    """Cuts the file to nothing and writes it in place."""
    with file.open("r+") as stream:
        stream.truncate(0)
        stream.flush()
        os.fsync(stream.fileno())
        stream.write(text)


def jetbrains(file: Path, text: str) -> None:
    """Writes another file, and swaps the two by two renames."""
    new, old = file.with_name(f"{file.name}___jb_tmp___"), file.with_name(f"{file.name}___jb_old___")
    new.write_text(text)
    file.rename(old)
    new.rename(file)
    old.unlink()


def atomic(file: Path, text: str) -> None:
    """Writes another file and renames it over the old one, as most libraries do."""
    new = file.with_name(f"{file.name}.tmp1234")
    new.write_text(text)
    os.replace(new, file)


@pytest.mark.parametrize(
    ("save", "poll"), [(save, None) for save in (vim, emacs, vs_code, jetbrains, atomic)] + [(vim, 0.1), (vs_code, 0.1)]
)
def test_an_editor_that_saves_makes_one_change(
    refunds: Registry, git: Git, save: Callable[[Path, str], None], poll: float | None
) -> None:
    heard = Heard()
    with watch(refunds, heard, debounce=SAVED_S, poll=poll):
        save(git.path / REFUNDS / "3.yaml", KINDER)
        change = heard.next()
        write(git.path / "prompts/faq/1.yaml", "template: Answer {{question}}.\n")
        after = heard.next()
    told = change.prompts["support.refunds"]
    assert (told.edited, told.added, told.removed) == ((3,), (), ())
    assert {problem.code for problem in change.problems} == {"version-changed"}
    assert list(after.prompts) == ["faq"]


# --- callbacks and arguments ----------------------------------------------------------------------------------------


def test_a_callback_that_raises_is_reported_and_the_watch_goes_on(refunds: Registry, git: Git) -> None:
    heard = Heard()
    errors: list[Exception] = []

    def picky(change: object) -> None:
        heard(change)  # type: ignore[arg-type]
        raise RuntimeError("the cache of the application is closed")

    with watch(refunds, picky, debounce=QUIET_S, on_error=errors.append):
        for kinder in ("kindly", "very kindly"):
            write(git.path / REFUNDS / "3.yaml", f"template: Answer {kinder}.\n")
            assert heard.next().prompts["support.refunds"].edited == (3,)
    assert [str(error) for error in errors] == ["the cache of the application is closed"] * 2


def test_what_a_callback_raises_is_logged_if_nobody_asks_for_it(
    refunds: Registry, git: Git, caplog: pytest.LogCaptureFixture
) -> None:
    heard = Heard()

    def picky(change: object) -> None:
        heard(change)  # type: ignore[arg-type]
        raise RuntimeError("the cache of the application is closed")

    with watch(refunds, picky, debounce=QUIET_S):
        write(git.path / REFUNDS / "3.yaml", KINDER)
        heard.next()
    assert "the callback of a watch failed" in caplog.text
    assert "the cache of the application is closed" in caplog.text


def test_a_load_in_the_callback_gives_what_was_told(refunds: Registry, git: Git) -> None:
    heard, loaded = Heard(), []

    def reload(change: object) -> None:
        loaded.append(refunds.load("support.refunds/3").template)
        heard(change)  # type: ignore[arg-type]

    refunds.load("support.refunds/3")
    with watch(refunds, reload, debounce=QUIET_S):
        write(git.path / REFUNDS / "3.yaml", KINDER)
        heard.next()
    assert loaded == ["Answer kindly, in the customer's language.\n\nQuestion: {{question}}\n"]


@pytest.mark.parametrize("arguments", [{"debounce": 0}, {"poll": -1}, {"poll": float("nan")}, {"debounce": "1"}])
def test_a_time_that_is_none_is_refused(refunds: Registry, arguments: dict[str, Any]) -> None:
    with pytest.raises(InvalidReferenceError, match="seconds above 0"):
        watch(refunds, print, **arguments)


def test_a_callback_that_cannot_be_called_is_refused(refunds: Registry) -> None:
    with pytest.raises(InvalidReferenceError, match="a function"):
        watch(refunds, "reload")  # type: ignore[arg-type]


def test_a_pinned_registry_is_refused_because_nothing_in_it_changes(refunds: Registry) -> None:
    for pinned in (refunds.at("HEAD"), Registry(refunds.path, rev=refunds.at("HEAD").commit)):
        with pytest.raises(InvalidReferenceError, match="nothing in it changes"):
            watch(pinned, print)


def test_a_folder_without_git_is_watched(tmp_path: Path) -> None:
    write(tmp_path / "promptgit.yaml", "format: 1\n")
    write(tmp_path / "prompts/faq/1.yaml", "template: Answer {{question}}.\n")
    heard = Heard()
    with Registry(tmp_path) as registry, watch(registry, heard, debounce=QUIET_S):
        write(tmp_path / "prompts/faq/1.yaml", "template: Answer {{question}} briefly.\n")
        assert heard.next().prompts["faq"].edited == (1,)
