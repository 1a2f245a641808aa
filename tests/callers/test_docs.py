"""docs/callers.md shows what is printed, and names every code."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from commandline import ROOT, call
from support import Git

from promptgit import Registry
from promptgit.callers.usages import RULES

pytest_plugins = ["shop_fixtures"]

PAGE = (ROOT / "docs" / "callers.md").read_text()


def test_every_code_is_explained() -> None:
    assert set(re.findall(r"^\| `(usage-[a-z-]+)`", PAGE, re.MULTILINE)) == RULES.keys()


def test_what_the_page_shows_is_what_is_printed(
    shop: Registry, git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git("checkout", "-qb", "promote")
    git.commit_file("prompts/support/refunds/aliases.yaml", "production: 3\n", "Promote version 3")
    folder = tmp_path / "app"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (code,) = re.findall(r"```python\n(from promptgit.*?)```", PAGE, re.DOTALL)
    (folder / "app.py").write_text(code)
    blocks = re.findall(r"```console\n\$ promptgit (.*?)\n(.*?)```", PAGE, re.DOTALL)
    assert len(blocks) == 3
    for line, shown in blocks:
        assert call(*shlex.split(line)).out == shown
