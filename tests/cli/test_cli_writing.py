"""register, alias, rollback, tag, delete, rename, push and pull: what they write and what they say."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from commandline import Cli
from support import Git

from promptgit import Registry

SUMMARY = {"note", "message", "changed", "dry_run", "commit", "files", "tags", "pushed_to", "warnings"}


def test_register_a_text_from_the_command_line(cli: Cli, registry: Registry, git: Git) -> None:
    result = cli(
        "register",
        "shop.cart",
        "--template",
        "Hello {{name}}",
        "-m",
        "Say hello\n\nIn full.",
        "--tag",
        "team=shop",
    )
    assert re.fullmatch(r"shop\.cart: version 1 \([0-9a-f]{7}\)\n", result.out)
    prompt = registry.load("shop.cart")
    assert (prompt.template, prompt.tags) == ("Hello {{name}}", {"team": "shop"})
    assert git("log", "-1", "--format=%B") == "Say hello\n\nIn full."
    git.assert_sound()


@pytest.mark.parametrize("where", ["--file", "-", "--file -"])
def test_register_keeps_the_bytes_of_a_file_and_of_stdin(
    cli: Cli, registry: Registry, tmp_path: Path, where: str
) -> None:
    text = "\ufeffline\r\nspace \n\n\ttab\u0085\u2028 no end"
    file = tmp_path / "text.md"
    file.write_bytes(text.encode())
    args = ["--file", file] if where == "--file" else where.split()
    cli("register", "exact", *args, "-m", "x", stdin=text.encode())
    assert registry.load("exact").template == text


def test_register_a_version_file_and_options_over_it(cli: Cli, registry: Registry, tmp_path: Path) -> None:
    version, model, answer = tmp_path / "v.yaml", tmp_path / "model.yaml", tmp_path / "answer.json"
    version.write_text("template: |\n  {{count}}\nvariables:\n  count: {type: integer}\ntags: {team: a, tier: gold}\n")
    model.write_text("provider: anthropic\nmodel_name: claude\ntemperature: 0.2\n")
    answer.write_text('{"type": "object"}')
    options = ["--model-config", model, "--response-format", answer, "--tag", "team=b"]
    cli("register", "whole", version, "-m", "x", *options)
    prompt = registry.load("whole")
    assert prompt.variables["count"].type == "integer"
    assert prompt.tags == {"team": "b", "tier": "gold"}
    assert prompt.model_config == {"provider": "anthropic", "model_name": "claude", "temperature": 0.2}
    assert prompt.response_format == {"type": "object"}


def test_register_messages_from_json(cli: Cli, registry: Registry, tmp_path: Path) -> None:
    messages = [{"role": "user", "content": "{{question}}"}]
    file = tmp_path / "chat.json"
    file.write_text(json.dumps(messages))
    cli("register", "chat", file, "-m", "x")
    assert registry.load("chat").template == messages
    file.write_text(json.dumps({"template": messages, "tags": {"a": "b"}}))
    cli("register", "chat", file, "-m", "x")
    assert registry.load("chat").tags == {"a": "b"}


def test_register_points_an_alias_in_the_same_commit(cli: Cli, registry: Registry, git: Git) -> None:
    before = git("rev-parse", "HEAD")
    result = cli("register", "support.refunds", "--template", "x", "-m", "Go live", "--alias", "production")
    assert "version 4, production 1 -> 4" in result.out
    assert registry.load("support.refunds@production").version == 4
    assert git("rev-list", "--count", f"{before}..HEAD") == "1"


def test_files_that_cannot_be_registered_say_where_and_why(cli: Cli, git: Git, tmp_path: Path) -> None:
    latin, bad_json, bad_yaml, unknown = (
        tmp_path / name for name in ("latin.txt", "bad.json", "bad.yaml", "unknown.yaml")
    )
    latin.write_bytes(b"fine\ncaf\xe9\n")
    bad_json.write_text('[{"role": "user",\n  "content": }]')
    bad_yaml.write_text("template: x\ntemplate: y\n")
    unknown.write_text("template: x\ntemplat: y\n")
    tip = git("rev-parse", "HEAD")
    expected = {
        latin: "is not UTF-8 text: byte 0xe9 in line 2",
        bad_json: f"{bad_json}:2:14: error: not JSON",
        bad_yaml: f"{bad_yaml}:2:1: error:",
        unknown: f"{unknown}:2:1: error:",
        tmp_path / "missing.md": "No such file",
        tmp_path: "Is a directory",
    }
    for file, wrong in expected.items():
        assert wrong in cli("register", "a.b", "--file", file, "-m", "x", code=1).err
    assert "larger than 1 MiB" in cli("register", "a.b", "-", "-m", "x", stdin=b"x" * (2**20 + 1), code=1).err
    assert git("rev-parse", "HEAD") == tip


def test_a_dry_run_shows_the_change_and_writes_nothing(cli: Cli, git: Git) -> None:
    tip = git("rev-parse", "HEAD")
    shown = cli("alias", "set", "support.refunds", "production", 3, "-m", "Go\n\nlive", "--dry-run").out
    assert shown.splitlines() == [
        "dry run, nothing was written: support.refunds: production 1 -> 3",
        "    Go",
        "    ",
        "    live",
        "~ prompts/support/refunds/aliases.yaml",
        "--- prompts/support/refunds/aliases.yaml",
        "+++ prompts/support/refunds/aliases.yaml",
        "@@ -1 +1 @@",
        "-production: 1",
        "+production: 3",
    ]
    assert "+ prompts/a/b/1.yaml" in cli("register", "a.b", "--template", "x", "-m", "x", "--dry-run").out
    assert "- prompts/support/refunds/2.yaml" in cli("delete", "support.refunds/2", "-m", "x", "--dry-run").out
    assert git("rev-parse", "HEAD") == tip
    git.assert_sound()


def test_every_writing_command_has_the_same_json(cli: Cli, git: Git) -> None:
    lines = [
        ("register", "a.b", "--template", "x", "-m", "x"),
        ("alias", "set", "a.b", "staging", "1", "-m", "x"),
        ("alias", "set", "support.refunds", "production", "2", "-m", "x"),
        ("rollback", "support.refunds", "production"),
        ("alias", "rm", "a.b", "staging"),
        ("tag", "set", "a.b", "k=v"),
        ("tag", "rm", "a.b", "k"),
        ("rename", "a.b", "c.d"),
        ("delete", "c.d", "-m", "x"),
    ]
    for line in lines:
        dry = cli(*line, "--json", "--dry-run").json
        assert set(dry) == SUMMARY | {"diff"}
        assert (dry["changed"], dry["dry_run"], dry["commit"]) == (False, True, git("rev-parse", "HEAD"))
        done = cli(*line, "--json").json
        assert set(done) == SUMMARY
        assert (done["changed"], done["commit"]) == (True, git("rev-parse", "HEAD"))
        assert done["note"] == dry["note"]
        assert set(done["files"].values()) <= {"written", "removed"}
    git.assert_sound()


def test_what_is_so_already_is_said_and_not_committed(cli: Cli, git: Git) -> None:
    tip = git("rev-parse", "HEAD")
    result = cli("alias", "set", "support.refunds", "production", 1, "-m", "x")
    assert result.out == "support.refunds: production is 1 already\n"
    assert git("rev-parse", "HEAD") == tip


def test_an_alias_can_split_traffic(cli: Cli, registry: Registry) -> None:
    cli("alias", "set", "support.refunds", "canary", "1=90", "2=9.5", "-m", "Try version 2")
    assert registry.aliases("support.refunds")["canary"].to_value() == {"1": 90, "2": 9.5}
    assert "canary: {1: 90, 2: 9.5}" in Path(registry.path, "prompts/support/refunds/aliases.yaml").read_text()
    assert cli("show", "support.refunds@canary", "--key", "a", "--json").json["variant"].startswith("canary:")
    assert (
        "must point"
        not in cli("alias", "set", "support.refunds", "canary", "2", "--expect", "1=90 2=9.5", "-m", "x").err
    )


def test_rollback_tells_whose_move_it_undoes(cli: Cli, registry: Registry) -> None:
    registry.set_alias("support.refunds", "production", 2, message="Kinder\n\nMuch.")
    registry.set_alias("support.refunds", "production", 3, message="Both")
    first = cli("rollback", "support.refunds", "production").out
    assert re.match(
        r"production of support\.refunds: 3 -> 2 \(3 was set by Ada Lovelace, .*: Both\) \(\w{7}\)\n", first
    )
    assert cli("rollback", "support.refunds", "production", "-m", "Further").out.startswith(
        "production of support.refunds: 2 -> 1"
    )
    assert "1 -> 3" in cli("rollback", "support.refunds", "production", "--to", 3).out
    assert "has no version 9" in cli("rollback", "support.refunds", "production", "--to", 9, code=1).err


def test_rollback_tells_who_removed_what_it_brings_back(cli: Cli, registry: Registry) -> None:
    registry.delete_alias("support.refunds", "production", message="Not needed any more")
    assert re.match(
        r"production of support\.refunds: removed -> 1 \(it was removed by Ada Lovelace, .*: Not needed any more\) \(\w{7}\)\n",
        cli("rollback", "support.refunds", "production").out,
    )


def test_tags_are_set_and_removed_in_one_commit(cli: Cli, registry: Registry, git: Git) -> None:
    before = git("rev-parse", "HEAD")
    cli("tag", "set", "support.refunds", "team=support", "empty=", "odd=a=b")
    assert registry.tags("support.refunds") == {"team": "support", "empty": "", "odd": "a=b"}
    cli("tag", "rm", "support.refunds", "team", "odd")
    assert registry.tags("support.refunds") == {"empty": ""}
    cli("tag", "set", "support.refunds/2", "score=0.9", "-m", "Evaluated")
    assert registry.load("support.refunds/2").tags == {"score": "0.9"}
    cli("tag", "rm", "support.refunds/2", "score")
    assert registry.load("support.refunds/2").tags == {}
    assert git("rev-list", "--count", f"{before}..HEAD") == "4"


def test_a_tag_in_the_versions_file_can_be_taken_away(cli: Cli, registry: Registry) -> None:
    registry.register("a.b", "x", tags={"team": "a", "tier": "gold"})
    cli("tag", "rm", "a.b/1", "team")
    assert registry.load("a.b/1").tags == {"tier": "gold"}


def test_delete_a_version_and_a_prompt(cli: Cli, registry: Registry) -> None:
    assert "support.refunds: version 2 deleted" in cli("delete", "support.refunds/2", "-m", "Too kind").out
    assert registry.versions("support.refunds") == [1, 3]
    cli("alias", "rm", "support.refunds", "production", "-m", "Retired")
    assert "support.refunds: deleted" in cli("delete", "support.refunds", "-m", "Retired").out
    assert "was deleted" in cli("show", "support.refunds", code=1).err
    assert "cannot stand here" in cli("delete", "support.refunds@production", "-m", "x", code=1).err


def test_rename_takes_everything_along(cli: Cli, registry: Registry) -> None:
    result = cli("rename", "support.refunds", "shop.refunds")
    assert "support.refunds: renamed to shop.refunds" in result.out
    assert "loading support.refunds will fail: change the callers first" in result.err
    assert registry.load("shop.refunds@production").version == 1
    assert "is now called shop.refunds" in cli("show", "support.refunds", code=1).err


def test_push_and_pull_between_two_clones(
    cli: Cli, registry: Registry, git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = tmp_path / "hub.git"
    git("clone", "-q", "--bare", str(git.path), str(hub))
    git("remote", "add", "origin", str(hub))
    assert "pushed to origin/main" in cli("push").out
    git("clone", "-q", str(hub), str(tmp_path / "other"))
    pushed = cli("register", "a.b", "--template", "x", "-m", "x", "--push")
    assert pushed.out.endswith("\npushed to origin/main\n")
    monkeypatch.chdir(tmp_path / "other")
    found = cli("register", "a.b", "--template", "y", "-m", "y", "--push", "--json").json
    assert (found["note"], found["pushed_to"]) == ("a.b: version 2", "origin/main")
    monkeypatch.chdir(git.path)
    assert "pulled from origin/main" in cli("pull").out
    assert registry.load("a.b").template == "y"
    assert cli("pull").out == "nothing new at origin/main\n"
    assert cli("pull", "--json").json["changed"] is False
    assert cli("push", "--json").json["pushed_to"] == "origin/main"


def test_a_push_that_cannot_be_made_is_an_error_and_leaves_nothing(cli: Cli, git: Git, tmp_path: Path) -> None:
    git("remote", "add", "origin", str(tmp_path / "nowhere.git"))
    tip = git("rev-parse", "HEAD")
    assert "cannot be reached" in cli("register", "a.b", "--template", "x", "-m", "x", "--push", code=1).err
    assert git("rev-parse", "HEAD") == tip
    git.assert_sound()


def test_warnings_go_to_stderr(cli: Cli, git: Git) -> None:
    lock = git.path / ".git" / "index.lock"
    lock.touch()
    result = cli("register", "a.b", "--template", "x", "-m", "x")
    assert "a.b: version 1" in result.out
    assert result.err.startswith("warning: git's index is locked")
    lock.unlink()
