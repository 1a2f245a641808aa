"""The ways to name a remote registry: by URL, by one's own clone, by environment; a branch, a pin, a folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support import Git, git_init

import promptgit
from promptgit import Registry, api
from promptgit.errors import (
    GitError,
    InvalidReferenceError,
    PromptGitError,
    RegistryNotFoundError,
    RemoteUnavailableError,
    RevisionNotFoundError,
)

URI = "prompts:/support.refunds@production"


@pytest.fixture
def hub(refunds: Registry, git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a bare repository that `refunds` pushes to."""
    monkeypatch.setenv("PROMPTGIT_CACHE", str(tmp_path / "cache"))
    git("clone", "-q", "--bare", ".", str(tmp_path / "hub.git"))
    git("remote", "add", "origin", str(tmp_path / "hub.git"))
    git("push", "-qu", "origin", "main")
    return f"file://{tmp_path}/hub.git"


def test_a_url_is_cloned_once_and_then_found(hub: str, tmp_path: Path) -> None:
    with Registry(hub, refresh=0) as registry:
        assert registry.load(URI).version == 1
        assert registry.load(URI).resolved_at == registry.commit
    os.rename(tmp_path / "hub.git", tmp_path / "away.git")
    with Registry(hub, offline=True) as again:
        assert again.load(URI).version == 1
        assert again.load(URI).commit_message


def test_the_cache_belongs_to_the_user_alone(hub: str, tmp_path: Path) -> None:
    Registry(hub, refresh=0).close()
    folders = [tmp_path / "cache", *(tmp_path / "cache").iterdir(), *(tmp_path / "cache").glob("*/repository.git")]
    assert [oct(folder.stat().st_mode & 0o777) for folder in folders] == ["0o700"] * 3


def test_an_own_clone_is_followed_at_its_remote_and_left_alone(hub: str, refunds: Registry, tmp_path: Path) -> None:
    mine = Git(tmp_path)
    mine("clone", "-q", hub, "mine")
    mine = Git(tmp_path / "mine")
    (mine.path / "prompts/support/refunds/prompt.yaml").write_text("description: my edit\n")
    head = mine("rev-parse", "HEAD")
    with Registry(mine.path, refresh=0) as registry:
        refunds.set_alias("support.refunds", "production", 2, push=True)
        change = registry.refresh()
        assert [str(row) for row in change.prompts.values()] == ["support.refunds: production 1 -> 2"]
        assert registry.load(URI).version == 2
        assert registry.status().branch == "main"
    assert mine("rev-parse", "HEAD") == head
    assert mine("status", "--porcelain") == "?? prompts/support/refunds/prompt.yaml"
    with Registry(mine.path) as tree:
        assert tree.load(URI).version == 1


def test_an_own_clone_without_a_remote_cannot_be_followed(refunds: Registry) -> None:
    with pytest.raises(GitError, match="has no remote to follow"):
        Registry(refunds.path, refresh=30)


def test_a_branch_is_followed_and_a_tag_or_a_commit_pins(hub: str, refunds: Registry, git: Git) -> None:
    first = git("rev-parse", "HEAD")
    git("tag", "-a", "v1", "-m", "Release 1")
    git("push", "-q", "origin", "v1", "main:refs/heads/trial")
    opened = {
        "main": Registry(hub, refresh=0),
        "trial": Registry(hub, refresh=0, branch="trial"),
        "named": Registry(hub, refresh=0, rev="main"),
        "tag": Registry(hub, refresh=0, rev="v1"),
        "commit": Registry(hub, refresh=0, rev=first),
    }
    refunds.set_alias("support.refunds", "production", 3, push=True)
    for registry in opened.values():
        registry.refresh()
    assert {name: registry.load(URI).version for name, registry in opened.items()} == {
        "main": 3,
        "trial": 1,
        "named": 3,
        "tag": 1,
        "commit": 1,
    }
    for registry in opened.values():
        registry.close()


def test_a_revision_that_appeared_since_is_fetched_when_it_is_pinned(hub: str, git: Git) -> None:
    Registry(hub).close()
    git("tag", "v2")
    git("push", "-q", "origin", "v2")
    with Registry(hub, rev="v2") as registry:
        assert registry.load(URI).version == 1
    with Registry(hub, rev="2030-01-01") as registry:
        assert registry.load(URI).version == 1
    with pytest.raises(RevisionNotFoundError, match="no such revision: v3"):
        Registry(hub, rev="v3")


def test_time_travel_goes_by_the_commit_that_is_served(
    hub: str, refunds: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day, version in (("2030-05-01", 2), ("2030-06-01", 3)):
        for role in ("AUTHOR", "COMMITTER"):
            monkeypatch.setenv(f"GIT_{role}_DATE", f"{day}T12:00:00Z")
        refunds.set_alias("support.refunds", "production", version, push=True)
    with Registry(hub, refresh=0) as registry:
        found = [registry.load(f"{URI}{rev}").version for rev in ("", "?rev=2030-05-15", "?rev=HEAD~1", "?rev=HEAD~2")]
        assert found == [3, 2, 2, 1]
        assert registry.at("2030-05-15").load(URI).version == 2
        assert [move.new.version for move in registry.alias_history("support.refunds", "production") if move.new] == [
            3,
            2,
            1,
        ]


def test_a_branch_that_does_not_exist_is_named_with_those_that_do(hub: str) -> None:
    with Registry(hub, branch="production", refresh=0) as registry:
        with pytest.raises(RemoteUnavailableError, match="has no branch production") as caught:
            registry.load(URI)
        assert "main" in str(caught.value)


def test_a_remote_that_is_no_registry_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMPTGIT_CACHE", str(tmp_path / "cache"))
    git = git_init(tmp_path / "site")
    git("rm", "-q", "promptgit.yaml")
    git.commit_file("index.html", "<h1>Hello</h1>")
    with pytest.raises(RegistryNotFoundError, match=r"has no promptgit\.yaml"):
        Registry(f"file://{git.path}", refresh=0)


def test_a_registry_of_a_newer_format_says_what_to_update(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMPTGIT_CACHE", str(tmp_path / "cache"))
    git = git_init(tmp_path / "later", config="format: 99\n")
    with pytest.raises(GitError, match="written by a newer promptgit"):
        Registry(f"file://{git.path}", refresh=0)


def test_a_registry_in_a_folder_is_found_by_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMPTGIT_CACHE", str(tmp_path / "cache"))
    git = git_init(tmp_path / "shop")
    git("mv", "-k", "promptgit.yaml", "x")
    git("rm", "-qr", "--cached", ".")
    git.commit_file("assistants/promptgit.yaml", "format: 1\n")
    git.commit_file("assistants/prompts/faq/1.yaml", "template: Answer {{question}}.\n")
    with Registry(f"file://{git.path}", folder="assistants", refresh=0) as registry:
        assert registry.prompts() == ["faq"]
        git.commit_file("assistants/prompts/faq/2.yaml", "template: Answer {{question}} kindly.\n")
        git.commit_file("README", "elsewhere")
        change = registry.refresh()
        assert [(row.name, row.added) for row in change.prompts.values()] == [("faq", (2,))]


@pytest.mark.parametrize("algorithm", ["sha256"])
def test_a_remote_with_longer_object_ids_is_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, algorithm: str
) -> None:
    monkeypatch.setenv("PROMPTGIT_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "long"
    path.mkdir()
    git = Git(path)
    git("init", "-q", "-b", "main", f"--object-format={algorithm}")
    git.commit_file("promptgit.yaml", "format: 1\n")
    git.commit_file("prompts/faq/1.yaml", "template: Answer {{question}}.\n")
    with Registry(f"file://{path}", refresh=0) as registry:
        assert registry.load("faq").format(question="it") == "Answer it."
        assert len(registry.commit or "") == 64


def test_the_environment_stands_in_for_arguments(hub: str, refunds: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMPTGIT_REGISTRY", hub)
    monkeypatch.setenv("PROMPTGIT_REFRESH", "0")
    api.set_registry(None)
    assert promptgit.load_prompt(URI).version == 1
    status = api.get_registry().status()
    assert (status.source, status.refresh, status.offline) == ("remote", 0.0, False)
    api.get_registry().close()
    monkeypatch.setenv("PROMPTGIT_OFFLINE", "1")
    monkeypatch.setenv("PROMPTGIT_REV", "main")
    api.set_registry(None)
    refunds.set_alias("support.refunds", "production", 2, push=True)
    assert promptgit.load_prompt(URI).version == 1
    assert not api.get_registry().refresh()
    assert api.get_registry().status().offline
    api.get_registry().close()


def test_a_path_with_a_refresh_in_the_environment_follows_its_remote(
    hub: str, refunds: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Git(tmp_path)("clone", "-q", hub, "mine")
    monkeypatch.setenv("PROMPTGIT_REGISTRY", str(tmp_path / "mine"))
    monkeypatch.setenv("PROMPTGIT_REFRESH", "0")
    api.set_registry(None)
    promptgit.load_prompt(URI)
    refunds.set_alias("support.refunds", "production", 3, push=True)
    api.get_registry().refresh()
    assert promptgit.load_prompt(URI).version == 3
    api.get_registry().close()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"refresh": -1}, "refresh is a number of seconds"),
        ({"refresh": float("nan")}, "refresh is a number of seconds"),
        ({"timeout": float("inf")}, "timeout is a number of seconds"),
        ({"rev": "v1", "branch": "main"}, "rev= and branch="),
    ],
)
def test_arguments_that_make_no_sense_are_refused(hub: str, options: dict[str, object], said: str) -> None:
    with pytest.raises(PromptGitError, match=said):
        Registry(hub, **options)  # type: ignore[arg-type]


def test_a_refresh_in_the_environment_that_is_no_number_is_refused(hub: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMPTGIT_REFRESH", "often")
    with pytest.raises(PromptGitError, match="PROMPTGIT_REFRESH is a number of seconds, not 'often'"):
        Registry(hub)


def test_a_working_tree_cannot_be_verified(refunds: Registry) -> None:
    class Anybody:
        identity = "anybody"

    with pytest.raises(InvalidReferenceError, match="a working tree is not"):
        Registry(refunds.path, verify=Anybody())  # type: ignore[arg-type]


def test_what_has_no_remote_has_nothing_to_refresh_and_says_so(refunds: Registry) -> None:
    assert not refunds.refresh()
    refunds.notify()
    with pytest.raises(PromptGitError, match="does not follow a remote"):
        refunds.on_change(print)
