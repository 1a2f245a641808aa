"""`promptgit sync`, `promptgit status`, and reading commands on a URL."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from commandline import Cli, call
from support import Git

from promptgit import Registry


@pytest.fixture
def url(refunds: Registry, tmp_path: Path, git: Git, monkeypatch: pytest.MonkeyPatch) -> str:
    """A remote of `refunds`; the command line is in an empty folder."""
    git("clone", "-q", "--bare", ".", str(tmp_path / "hub.git"))
    git("remote", "add", "origin", str(tmp_path / "hub.git"))
    (tmp_path / "app").mkdir()
    monkeypatch.chdir(tmp_path / "app")
    monkeypatch.setenv("PROMPTGIT_CACHE", str(tmp_path / "cache"))
    return f"file://{tmp_path}/hub.git"


def test_sync_warms_the_cache_and_an_application_then_starts_without_the_remote(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced = call("sync", url)
    assert (synced.code, "1 prompt\n" in synced.out) == (0, True), synced
    shutil.rmtree(tmp_path / "hub.git")
    monkeypatch.setenv("PROMPTGIT_REGISTRY", url)
    monkeypatch.setenv("PROMPTGIT_OFFLINE", "1")
    assert call("show", "support.refunds@production").out.startswith("Answer briefly")


def test_sync_says_what_it_replaced(url: str, refunds: Registry) -> None:
    call("sync", url)
    refunds.set_alias("support.refunds", "production", 3, push=True)
    found = call("sync", url, "--json").json
    assert found["commit"] != found["old"]
    assert found["commit"] == refunds.repository().ref_commit("HEAD")


def test_sync_takes_a_rewritten_history_only_on_request(url: str, git: Git) -> None:
    call("sync", url)
    git("commit", "-q", "--amend", "-m", "Another past")
    git("push", "-qf", "origin", "HEAD")
    refused = call("sync", url)
    assert refused.code == 1
    assert "history was rewritten" in refused.err
    assert "promptgit sync --accept-rewrite" in refused.err
    assert call("sync", url, "--accept-rewrite").code == 0
    assert call("-C", url, "status", "--json").json["pending"] is None


def test_sync_of_a_path_says_that_there_is_nothing_to_fetch(url: str, refunds: Registry) -> None:
    result = call("sync", refunds.path)
    assert result.code == 1
    assert "is no URL" in result.err


def test_sync_of_a_remote_that_is_away_fails_with_the_reason(url: str, tmp_path: Path) -> None:
    result = call("sync", f"file://{tmp_path}/nothing.git")
    assert result.code == 1
    assert "there is no such repository" in result.err


def test_status_of_a_url_tells_what_the_cache_knows_and_uses_no_network(url: str, tmp_path: Path) -> None:
    before = call("-C", url, "status")
    assert before.code == 1
    assert "nothing was fetched yet" in before.out
    call("sync", url)
    shutil.rmtree(tmp_path / "hub.git")
    after = call("-C", url, "status", "--json")
    assert after.code == 0, after
    assert (after.json["source"], after.json["branch"], after.json["error"]) == ("remote", "main", None)


def test_status_fails_where_the_remote_was_silent_for_too_long(url: str, tmp_path: Path) -> None:
    call("sync", url)
    assert call("-C", url, "status", "--max-age", "300").code == 0
    state = next((tmp_path / "cache").glob("*/state.json"))
    state.write_text(json.dumps({**json.loads(state.read_text()), "fetched_at": 1_700_000_000.0}))
    assert call("-C", url, "status", "--max-age", "300").code == 1
    assert call("-C", url, "status").code == 0


def test_status_of_a_folder_says_what_is_read(cli: Cli) -> None:
    assert cli("status", "--json").json["source"] == "working tree"
    pinned = cli("status", "--rev", "HEAD", "--json").json
    assert (pinned["source"], pinned["branch"], len(pinned["commit"])) == ("branch", "main", 40)


def test_reading_commands_work_on_a_url_and_say_when_the_remote_is_away(url: str, tmp_path: Path) -> None:
    assert "support.refunds" in call("-C", url, "list").out
    state = next((tmp_path / "cache").glob("*/state.json"))
    state.write_text(json.dumps({**json.loads(state.read_text()), "attempted_at": 1_700_000_000.0}))
    shutil.rmtree(tmp_path / "hub.git")
    shown = call("-C", url, "show", "support.refunds/2")
    assert (shown.code, shown.out.splitlines()[0]) == (0, "Answer kindly.")
    assert "this is what was fetched last" in shown.err


def test_production_is_rolled_back_from_anywhere_in_one_command(url: str, tmp_path: Path) -> None:
    moved = call("-C", url, "alias", "set", "support.refunds", "production", "2", "-m", "Kinder")
    assert moved.code == 0, moved
    assert f"pushed to {url} main" in moved.out
    rolled = call("-C", url, "rollback", "support.refunds", "production")
    assert (rolled.code, "2 -> 1" in rolled.out) == (0, True), rolled
    assert Git(tmp_path / "hub.git")("log", "-1", "--format=%s") == "support.refunds: roll production back from 2 to 1"


def test_what_needs_a_branch_of_its_own_says_that_it_needs_a_clone(url: str) -> None:
    result = call("-C", url, "pull")
    assert result.code == 1
    assert "needs a clone" in result.err
    assert "git clone" in result.err


def test_a_registry_in_a_folder_of_a_repository_is_found_by_its_folder(
    tmp_path: Path, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = git.path / "inner"
    inner.mkdir()
    git("mv", "promptgit.yaml", "inner/promptgit.yaml")
    git.commit_file("inner/prompts/faq/1.yaml", "template: Answer {{question}}.\n")
    git("clone", "-q", "--bare", ".", str(tmp_path / "hub.git"))
    monkeypatch.setenv("PROMPTGIT_CACHE", str(tmp_path / "cache"))
    url = f"file://{tmp_path}/hub.git"
    assert "folder" in call("-C", url, "list").err
    assert "faq" in call("-C", url, "--folder", "inner", "list").out
    assert "faq" in call("-C", str(tmp_path / "hub.git"), "--folder", "inner", "list").out
