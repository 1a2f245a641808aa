"""`promptgit hook pre-receive`, on a real server that is really pushed to."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import ordinary_pushes
import pytest
import tricks_aliases
import tricks_files
import tricks_refs
import tricks_versions
from conftest import isolate
from receiver import Clone, install, receiver
from support import git_init
from tricks import ORDINARY, PLAIN, PROMOTER, REFUNDS, RULED, TAGS, TRICKS, Ordinary, Trick
from walk import Walk

from promptgit.errors import GitError
from promptgit.gitrepo.repository import GitRepository
from promptgit.hooks.install import install_server
from promptgit.hooks.pre_receive import refusals
from promptgit.hooks.push.server import Server
from promptgit.hooks.push.trees import compare

CONFIG = {
    PLAIN: "format: 1\n",
    RULED: f"""format: 1
policies:
  aliases:
    production: {{promoters: [{PROMOTER}], through: staging}}
    stable: {{min_age_days: 2}}
  push:
    protected: [release/*]
    maintainers: [{PROMOTER}]
""",
    TAGS: f"""format: 1
aliases: tags
policies:
  aliases:
    production: {{promoters: [{PROMOTER}], through: staging}}
""",
}
TABLES = (tricks_versions, tricks_files, tricks_aliases, tricks_refs, ordinary_pushes)
"""Importing them has filled the tables."""
TONES = ("briefly", "kindly", "kindly and briefly")


def build(folder: Path, kind: str) -> None:
    """Make a server, and a clone of it: support.refunds has three versions, production is 1, staging 2."""
    server = folder / "prompts.git"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", "--template=", server], check=True)
    for setting in ("receive.advertisePushOptions", "core.logAllRefUpdates"):
        subprocess.run(["git", "config", setting, "true"], cwd=server, check=True)
    clone = Clone(git_init(folder / "clone", config=CONFIG[kind]).path, server)
    clone("remote", "add", "origin", f"file://{server}")
    for number, tone in enumerate(TONES, start=1):
        clone.version(number, f"Answer {{{{question}}}} {tone}.\n")
    clone.version(1, name="support/triage")
    clone.notes("description: Answers about refunds\n")
    clone.commit("Describe it")
    if kind == TAGS:
        for alias, version in (("production", 1), ("staging", 2)):
            clone("tag", "-am", f"Begin\n\nTarget: {version}", f"support.refunds@{alias}/1")
    else:
        clone.aliases(production=1, staging=2)
    clone("tag", "-am", "First", "v1")
    clone("branch", "release/1")
    clone.branch("feature")
    clone.version(4, "A branch answers {{question}}.\n")
    clone("switch", "-q", "main")
    clone("push", "-q", "origin", "--all")
    clone("push", "-q", "origin", "--tags")


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A server and a clone of each kind, to be copied; and who answers their hooks."""
    folder = tmp_path_factory.mktemp("servers")
    with pytest.MonkeyPatch.context() as monkeypatch:
        isolate(monkeypatch, tmp_path_factory.mktemp("home"))
        for kind in CONFIG:
            build(folder / kind, kind)
        with receiver() as address:
            yield folder, address


def copy(servers: tuple[Path, str], kind: str, folder: Path, *options: str) -> Clone:
    """A clone and its server for one test."""
    shutil.copytree(servers[0] / kind, folder)
    clone = Clone(folder / "clone", folder / "prompts.git")
    clone("remote", "set-url", "origin", f"file://{clone.server.path}")
    clone("update-index", "-q", "--refresh")
    install(clone.server.path, servers[1], *options)
    return clone


@pytest.mark.parametrize("trick", TRICKS, ids=lambda trick: trick.name)
def test_a_trick_is_refused_with_commit_and_path(trick: Trick, servers: tuple[Path, str], tmp_path: Path) -> None:
    clone = copy(servers, trick.server, tmp_path / "trick")
    bad = trick.prepare(clone)
    before = clone.refs()
    pushed = clone.push(*trick.push, **trick.env)
    assert not pushed.taken, pushed
    assert clone.refs() == before
    assert "promptgit refused this push" in pushed.said
    missing = [said for said in (*trick.says, *([bad[:10]] if bad else [])) if said not in pushed.said]
    assert not missing, pushed


@pytest.mark.parametrize("case", ORDINARY, ids=lambda case: case.name)
def test_an_ordinary_push_is_taken(case: Ordinary, servers: tuple[Path, str], tmp_path: Path) -> None:
    clone = copy(servers, case.server, tmp_path / "ordinary")
    case.prepare(clone)
    before = clone.refs()
    pushed = clone.push(*case.push, **case.env)
    assert pushed.taken, pushed
    assert clone.refs() != before


def test_there_are_as_many_tricks_as_promised() -> None:
    assert len(TRICKS) >= 40
    assert len(ORDINARY) >= 20


# --- where the rules and the names come from ------------------------------------------------------------------------


def empty(servers: tuple[Path, str], folder: Path, *options: str) -> Clone:
    """A server that nobody has pushed to yet, and a repository to push to it from."""
    server = folder / "prompts.git"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", server], check=True)
    clone = Clone(git_init(folder / "clone").path, server)
    clone("remote", "add", "origin", f"file://{server}")
    install(server, servers[1], *options)
    return clone


def test_the_first_push_brings_the_rules(servers: tuple[Path, str], tmp_path: Path) -> None:
    clone = empty(servers, tmp_path)
    clone.write("promptgit.yaml", CONFIG[RULED])
    clone.version(1)
    clone.aliases(production=1)
    assert clone.push("main").taken
    clone.version(2)
    assert clone.push("main").taken
    clone.aliases(production=2)
    assert "mallory may not move production" in clone.push("main", PROMPTGIT_PUSHER="mallory").said


def test_the_first_push_is_checked_too(servers: tuple[Path, str], tmp_path: Path) -> None:
    clone = empty(servers, tmp_path)
    clone.version(1)
    bad = clone.version(1, "Something else about {{question}}.\n")
    said = clone.push("main").said
    assert f"{bad[:10]} {REFUNDS}/1.yaml" in said
    assert clone.refs() == ""


def test_a_protected_branch_may_begin_where_the_default_branch_is(servers: tuple[Path, str], tmp_path: Path) -> None:
    clone = copy(servers, RULED, tmp_path / "begin")
    clone.version(4)
    assert clone.push("HEAD:release/2").taken


def test_rules_that_nobody_can_read_lift_nothing(servers: tuple[Path, str], tmp_path: Path) -> None:
    clone = copy(servers, RULED, tmp_path / "unreadable")
    hook = clone.server.path / "hooks/pre-receive"
    hook.rename(hook.with_suffix(".off"))
    clone.write("promptgit.yaml", "format: [1\n")
    clone.commit("Break the rules")
    assert clone.push("HEAD:main").taken
    hook.with_suffix(".off").rename(hook)
    clone.aliases(production=2, staging=2)
    assert "mallory may not move production" in clone.push("HEAD:main", PROMPTGIT_PUSHER="mallory").said
    clone("reset", "-q", "--hard", "HEAD~1")
    clone.write("promptgit.yaml", CONFIG[RULED])
    clone.commit("Mend the rules")
    assert clone.push("HEAD:main", PROMPTGIT_PUSHER=PROMOTER).taken


def test_refs_that_the_rules_name_may_be_pushed(servers: tuple[Path, str], tmp_path: Path) -> None:
    clone = empty(servers, tmp_path)
    clone.write("promptgit.yaml", "format: 1\npolicies:\n  push: {refs: [refs/heads/*, refs/notes/*, refs/*]}\n")
    clone.version(1)
    clone("notes", "add", "-m", "Approved")
    assert clone.push("main").taken
    assert clone.push("refs/notes/commits").taken
    assert "this ref may not be pushed" in clone.push("HEAD:refs/replace/0123456789012345678901234567890123456789").said


def test_a_version_grows_old_on_the_server(servers: tuple[Path, str], tmp_path: Path) -> None:
    clone = copy(servers, RULED, tmp_path / "old")
    clone.version(4)
    assert clone.push(
        "HEAD:main", GIT_COMMITTER_DATE="2026-01-01T00:00:00Z"
    ).taken  # that is when the reflog says it came
    clone.version(5)
    assert clone.push("HEAD:main").taken
    clone.aliases(production=1, staging=2, stable=5)
    assert "version 5 of support.refunds is there for less than 2 days" in clone.push("HEAD:main").said
    clone("reset", "-q", "--hard", "HEAD~1")
    clone.aliases(production=1, staging=2, stable=4)
    assert clone.push("HEAD:main").taken


@pytest.mark.parametrize(
    ("options", "env", "taken"),
    [
        ((), {"GL_USERNAME": PROMOTER}, True),
        ((), {"REMOTE_USER": PROMOTER}, True),
        ((), {"PROMPTGIT_PUSHER": "mallory", "REMOTE_USER": PROMOTER}, False),
        (("--pusher-env", "WHO", "--pusher-env", "MAIL"), {"WHO": "Ada", "MAIL": PROMOTER}, True),
        (("--pusher-env", "WHO"), {"REMOTE_USER": PROMOTER}, False),
    ],
)
def test_the_server_says_who_pushes(
    options: tuple[str, ...], env: dict[str, str], taken: bool, servers: tuple[Path, str], tmp_path: Path
) -> None:
    clone = copy(servers, RULED, tmp_path / "who", *options)
    clone.aliases(production=2, staging=2)
    assert clone.push("HEAD:main", **env).taken is taken


def test_a_registry_in_a_folder_is_guarded_there(servers: tuple[Path, str], tmp_path: Path) -> None:
    clone = empty(servers, tmp_path, "--folder", "apps/prompts")
    clone.write("apps/prompts/promptgit.yaml", "format: 1\n")
    clone.write("apps/prompts/prompts/faq/1.yaml", "template: Answer {{question}}.\n")
    clone.write("prompts/faq/1.yaml", "no prompt: at all\n")
    clone.commit("Begin")
    assert clone.push("main").taken
    clone.write("apps/prompts/prompts/faq/1.yaml", "template: Answer no {{question}}.\n")
    bad = clone.commit("Change it")
    assert f"{bad[:10]} prompts/faq/1.yaml" in clone.push("main").said
    clone("reset", "-q", "--hard", "HEAD~1")
    clone("mv", "apps", "applications")
    clone.commit("Move it away")
    assert "it was removed" in clone.push("main").said


def test_a_repository_with_sha256_is_guarded(servers: tuple[Path, str], tmp_path: Path) -> None:
    server = tmp_path / "prompts.git"
    for path, *more in ((server, "--bare"), (tmp_path / "clone",)):
        subprocess.run(["git", "init", "-q", "-b", "main", "--object-format=sha256", *more, path], check=True)
    clone = Clone(tmp_path / "clone", server)
    clone("remote", "add", "origin", f"file://{server}")
    install(server, servers[1])
    clone.write("promptgit.yaml", "format: 1\n")
    clone.version(1)
    assert clone.push("main").taken
    clone.version(1, "Something else about {{question}}.\n")
    assert "a committed version was changed" in clone.push("main").said


def test_without_the_default_branch_nothing_is_taken(servers: tuple[Path, str], tmp_path: Path) -> None:
    clone = empty(servers, tmp_path)
    clone.version(1)
    said = clone.push("main:elsewhere").said
    assert "refs/heads/main" in said
    assert "the server's default branch is not there yet" in said
    assert clone.push("main", "main:elsewhere").taken


# --- what is told, and what happens in trouble ----------------------------------------------------------------------


def test_long_lists_are_cut_and_nothing_reaches_the_terminal_as_it_is(
    servers: tuple[Path, str], tmp_path: Path
) -> None:
    clone = copy(servers, PLAIN, tmp_path / "many")
    for number in range(25):
        clone.write(f"prompts/odd/{number}\x1b[31m.md", "Remarks\n")
    clone.commit("\x1b]0;owned\x07")
    said = clone.push("HEAD:main").said
    assert "nothing of it was taken: 25 problems" in said
    assert said.count("its name holds") == 20
    assert "and 5 more" in said
    assert "One more commit on top mends none of them: git commit --amend, or git rebase -i." in said
    assert "\x1b" not in said


def test_gitlab_shows_it_on_its_page(servers: tuple[Path, str], tmp_path: Path) -> None:
    clone = copy(servers, PLAIN, tmp_path / "page")
    clone.version(1, "Promise {{question}} anything.\n")
    assert "GL-HOOK-ERR: promptgit refused this push" in clone.push("HEAD:main", GL_PROTOCOL="web").said
    assert "GL-HOOK-ERR" not in clone.push("HEAD:main", GL_PROTOCOL="ssh").said


def test_a_server_that_was_tampered_with_takes_nothing(servers: tuple[Path, str], tmp_path: Path) -> None:
    clone = copy(servers, PLAIN, tmp_path / "tampered")
    objects = clone.server.path / "objects"
    trees = (clone.server("rev-parse", f"main:prompts/support/{name}") for name in ("refunds", "triage"))
    one, other = (objects / tree[:2] / tree[2:] for tree in trees)
    one.chmod(0o644)
    one.write_bytes(other.read_bytes())
    clone.version(4)
    said = clone.push("--no-thin", "HEAD:elsewhere").said  # else git itself stumbles on it, over a delta
    assert "promptgit could not check this push, so nothing of it was taken" in said
    assert "does not have the content it was named for" in said


def test_a_push_that_takes_too_long_is_refused(servers: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(servers[0] / PLAIN / "prompts.git")
    server = Server({"GIT_DIR": "."}, deadline=0.0)
    with pytest.raises(GitError, match="took more than 0 s"):
        server.remaining()


def test_a_few_trees_that_stand_for_billions_of_files_are_refused(servers: tuple[Path, str], tmp_path: Path) -> None:
    clone = copy(servers, PLAIN, tmp_path / "bomb")
    tree = clone("mktree", stdin="".join(f"100644 blob {clone.blob('Hello')}\tf{n}\n" for n in range(10)))
    for _ in range(10):
        tree = clone("mktree", stdin="".join(f"040000 tree {tree}\td{n}\n" for n in range(10)))
    root = clone("mktree", stdin=f"040000 tree {tree}\tprompts\n")
    with (
        closing(GitRepository.open(str(clone.path))) as repository,
        pytest.raises(GitError, match="more than 1000 files"),
    ):
        compare(repository.reader, None, root, most=1000)


def test_it_runs_only_in_the_repository_that_git_names(
    servers: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, other = servers[0] / PLAIN / "prompts.git", servers[0] / RULED / "prompts.git"
    monkeypatch.chdir(server)
    for environ in ({}, {"GIT_DIR": str(other)}, {"GIT_DIR": str(tmp_path)}):
        with pytest.raises(GitError, match="GIT_DIR"):
            refusals(b"", environ, ())
    assert refusals(b"", {"GIT_DIR": "."}, ()) == []
    with pytest.raises(GitError, match="not what git tells"):
        refusals(b"HEAD\n", {"GIT_DIR": "."}, ())


def test_the_installed_hook_is_the_same(servers: tuple[Path, str], tmp_path: Path) -> None:
    clone = copy(servers, PLAIN, tmp_path / "installed")
    (clone.server.path / "hooks/pre-receive").unlink()
    install_server(GitRepository.open(str(clone.server.path)))
    clone.version(4)
    assert clone.push("HEAD:main").taken
    bad = clone.version(1, "Promise {{question}} anything.\n")
    assert f"{bad[:10]} {REFUNDS}/1.yaml" in clone.push("HEAD:main").said


@pytest.mark.long
@pytest.mark.parametrize("seed", range(5))
def test_a_hundred_random_ordinary_pushes_are_taken(seed: int, servers: tuple[Path, str], tmp_path: Path) -> None:
    clone = copy(servers, PLAIN, tmp_path / "walk")
    walk = Walk(clone, seed)
    for _ in range(100):
        pushed = clone.push(*walk.step())
        assert pushed.taken, pushed
