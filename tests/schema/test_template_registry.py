"""The registry that `promptgit init` makes: its prompts can be used at once, and what its README says works."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import yaml
from commandline import call
from support import Git

from promptgit import Registry, document, resources, schema
from promptgit.registry.create import create, starting_files

README = dict(resources.template_files())["README.md"].decode()
COMMANDS = [shlex.split(line)[1:] for line in README.splitlines() if line.startswith("    promptgit ")]
EXAMPLES = ("support.refunds", "support.triage", "writing.summary")


@pytest.fixture
def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Git:
    """A fresh registry with a remote, as the current folder."""
    create(str(tmp_path / "prompts"))
    git = Git(tmp_path / "prompts")
    git("init", "-q", "--bare", str(tmp_path / "remote.git"))
    git("remote", "add", "origin", str(tmp_path / "remote.git"))
    git("push", "-q", "-u", "origin", "HEAD")
    monkeypatch.chdir(git.path)
    return git


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_live_and_renders_with_its_own_samples(started: Git, name: str) -> None:
    with Registry(started.path) as registry:
        prompt = registry.load(f"{name}@production")
        samples = {key: spec.example for key, spec in prompt.variables.items() if spec.required}
        assert None not in samples.values()
        shown = str(prompt.format(**samples))
        assert all(str(sample) in shown for sample in samples.values())
        assert "{{" not in shown


def test_the_commands_of_the_readme_work_in_their_order(started: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", "sed -i s/kind/kinder/")
    assert "`promptgit new support.refunds`" in README
    done = call("new", "support.refunds", "-m", "Kinder")
    assert done.code == 0, done
    assert len(COMMANDS) == 8
    for command in COMMANDS:
        done = call(*command)
        assert done.code == 0, (command, done)
    for command in re.findall(r"`promptgit ((?:diff|render|alias log) .*?)`", README):
        done = call(*shlex.split(command))
        assert done.code == 0, (command, done)
        assert done.out
    started.assert_sound()


def test_the_python_of_the_readme_runs(started: Git) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    names: dict[str, object] = {}
    exec(code.replace("/srv/prompts", str(started.path)), names)
    assert "Can I return my shoes?" in str(names["text"])


def test_git_keeps_every_byte_of_a_prompt(started: Git) -> None:
    started("config", "core.autocrlf", "true")
    path = "prompts/odd/1.yaml"
    content = b"template: |\r\n  $Id$\r\n  a\n"
    started.commit_file(path, content)
    (started.path / path).unlink()
    started("checkout", "--", path)
    assert (started.path / path).read_bytes() == content


def test_the_rules_that_the_settings_suggest_are_valid_once_they_are_uncommented() -> None:
    text = starting_files()["promptgit.yaml"].decode()
    before, mark, rules = text.partition("# policies:")
    assert mark
    data = (before + mark[2:] + rules.replace("\n# ", "\n")).encode()
    found = document.parse(data)
    assert found["policies"] == yaml.safe_load(data)["policies"]
    assert schema.validate("promptgit", found, data) == []
