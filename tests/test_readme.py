"""The README's Python runs as it stands, one block after the other, in a fresh registry."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support import Git

import promptgit
from promptgit import Registry
from promptgit.registry.create import create

README = (Path(__file__).parents[1] / "README.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def test_the_python_of_the_readme_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for key in ("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"):
        monkeypatch.setenv(key, "2026-10-01T12:00:00Z")
    create("company-prompts")
    assert len(BLOCKS) == 3
    registry = Registry("company-prompts")
    registry.delete_alias("support.refunds", "production")
    registry.delete_alias("support.refunds", "staging")
    registry.rename("support.refunds", "template.refunds")
    exec(compile(BLOCKS[0], "README.md", "exec"), {})
    assert "Where is my refund?" in capsys.readouterr().out
    for version in (2, 3, 4):
        registry.register("support.refunds", f"Version {version}")
    registry.set_alias("support.refunds", "production", 2)
    exec(compile(BLOCKS[1], "README.md", "exec"), {})
    assert promptgit.load_prompt("support.refunds@production").version == 2
    git = Git(tmp_path / "company-prompts")
    git("clone", "-q", "--bare", ".", str(tmp_path / "prompts.git"))
    monkeypatch.setenv("PROMPTGIT_CACHE", str(tmp_path / "cache"))
    found: dict[str, Registry] = {}
    remote = BLOCKS[2].replace("https://git.example.com/acme", f"file://{tmp_path}")
    exec(compile(remote, "README.md", "exec"), found)
    assert found["prompt"] == promptgit.load_prompt("support.refunds@production")
    found["registry"].close()
