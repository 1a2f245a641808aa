"""new: a real editor, which here is a script."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from commandline import Cli, terminal
from support import Git

from promptgit import Registry

Editor = Callable[[str], None]


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Editor:
    """Sets an editor that runs some Python lines on `text`, which is then written back."""

    def use(lines: str) -> None:
        script = tmp_path / "my editor.py"
        script.write_text(
            "import sys, pathlib\nfile = pathlib.Path(sys.argv[1])\ntext = file.read_text()\n"
            f"{lines}\nfile.write_text(text)\n"
        )
        monkeypatch.setenv("EDITOR", f"{sys.executable} '{script}'")

    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    return use


def drafts(folder: Path) -> list[Path]:
    return list(folder.glob("promptgit-*/*.yaml"))


def test_the_latest_version_is_the_start_of_the_next(
    cli: Cli, registry: Registry, editor: Editor, tmp_path: Path
) -> None:
    editor("assert file.name == 'support.refunds-4.yaml'\ntext = text.replace('briefly', 'in one line')")
    assert "support.refunds: version 4" in cli("new", "support.refunds", "-m", "Shorter").out
    prompt = registry.load("support.refunds")
    assert prompt.template == "Answer kindly and in one line.\n\nQuestion: {{question}}\n"
    assert prompt.commit_message == "Shorter"
    assert drafts(tmp_path) == []


def test_the_next_version_starts_with_the_settings_that_the_latest_has_now(
    cli: Cli, registry: Registry, editor: Editor, git: Git
) -> None:
    git.commit_file("promptgit.yaml", "format: 1\npolicies: {model_config: mutable}\n")
    registry.set_model_config("support.refunds", 3, {"temperature": 0.4})
    editor("text = text.replace('briefly', 'in one line')")
    cli("new", "support.refunds", "-m", "Shorter")
    assert registry.load("support.refunds/4").model_config == {"temperature": 0.4}


def test_an_unchanged_text_registers_nothing(cli: Cli, registry: Registry, editor: Editor) -> None:
    for lines in ("", "text += '# a comment\\n'"):
        editor(lines)
        assert cli("new", "support.refunds").out == "nothing to register: the text is unchanged\n"
    assert registry.versions("support.refunds") == [1, 2, 3]


def test_a_new_prompt_starts_from_a_skeleton(cli: Cli, registry: Registry, editor: Editor) -> None:
    editor("assert text.startswith('# A new prompt')")
    assert "nothing to register" in cli("new", "shop.cart").out
    editor("text = text.replace('You are ...', 'You sell shoes.')")
    assert "shop.cart: version 1" in cli("new", "shop.cart").out
    assert registry.load("shop.cart").template == "You sell shoes.\n\n{{question}}\n"
    editor("text = text.replace('# tags:', 'tags:').replace('#   team', '  team')")
    assert "shop.cart: version 2" not in cli("new", "other").out


def test_the_whole_skeleton_is_valid_once_its_comments_are_taken_away() -> None:
    from promptgit.cli.commands.new import SKELETON
    from promptgit.cli.drafts import read_draft

    lines = [line.removeprefix("# ") for line in SKELETON.splitlines() if not line.startswith(("# A new", "# Lines"))]
    assert read_draft("\n".join(lines).encode(), "skeleton")["tags"] == {"team": "support"}


def test_a_draft_that_is_not_valid_is_kept_and_named(
    cli: Cli, registry: Registry, editor: Editor, tmp_path: Path
) -> None:
    editor("text += 'templat: x\\n'")
    result = cli("new", "support.refunds", code=1)
    (draft,) = drafts(tmp_path)
    assert f"{draft}:5:1: error:" in result.err
    assert f"your draft is kept in {draft}" in result.err
    assert "templat: x" in draft.read_text()
    assert registry.versions("support.refunds") == [1, 2, 3]


def test_a_fault_in_the_template_is_shown_where_it_stands(cli: Cli, editor: Editor) -> None:
    editor("text = 'syntax: single-brace\\ntemplate: |\\n  fine\\n  not {fine\\n'")
    assert ".yaml:4:7: error:" in cli("new", "support.refunds", code=1).err


def test_a_draft_is_kept_when_the_commit_is_refused(
    cli: Cli, registry: Registry, editor: Editor, tmp_path: Path
) -> None:
    hook = Path(registry.path, ".git/hooks/pre-commit")
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'not on a Friday' >&2\nexit 1\n")
    hook.chmod(0o755)
    editor("text = text.replace('briefly', 'now')")
    result = cli("new", "support.refunds", "-m", "x", code=1)
    assert "not on a Friday" in result.err
    assert f"your draft is kept in {drafts(tmp_path)[0]}" in result.err


def test_an_editor_that_fails_or_is_missing_is_named(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISUAL", "false")
    assert "ended with code 1" in cli("new", "support.refunds", code=1).err
    monkeypatch.setenv("VISUAL", "no-such-editor --wait")
    assert "could not be started" in cli("new", "support.refunds", code=1).err


def test_on_a_terminal_a_bad_draft_can_be_edited_again(cli: Cli, registry: Registry, editor: Editor) -> None:
    editor(
        "bad = 'templat: x\\n'\ntext = text.replace(bad, '') if bad in text else text.replace('Answer', 'Reply') + bad"
    )
    result = terminal("new", "support.refunds", typed=b"y\nShorter now\n")
    assert result.code == 0, result
    assert "Edit it again?" in result.out
    assert "support.refunds: version 4" in result.out
    assert registry.load("support.refunds").commit_message == "Shorter now"
