"""Pushing: a write that must reach the remote, and following a remote that moved on. Two clones of a real remote."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from support import Git, git_init

from promptgit.changeset import Changeset
from promptgit.engine import remote
from promptgit.engine.engine import Engine
from promptgit.errors import ConflictError, GitError, PushRejectedError, RemoteUnavailableError
from promptgit.gitrepo.repository import GitRepository

sys.path.insert(0, str(Path(__file__).parent))
from writer import FOLDER, register

BRANCH = "refs/heads/main"


@pytest.fixture
def clones(tmp_path: Path) -> tuple[Git, Git, Git]:
    """A remote and two clones of it."""
    origin = git_init(tmp_path / "origin.git", bare=True)
    found = []
    for name in ("one", "two"):
        subprocess.run(["git", "clone", "-q", str(origin.path), str(tmp_path / name)], check=True, capture_output=True)
        found.append(Git(tmp_path / name))
    return origin, found[0], found[1]


def engine_of(git: Git) -> Engine:
    return Engine(GitRepository.open(str(git.path)), deadline=10.0)


def write(path: str, content: bytes) -> Changeset:
    return Changeset(message=f"write {path}", writes={path: content})


def test_a_pushed_write_is_at_the_remote_and_here(clones: tuple[Git, Git, Git]) -> None:
    origin, one, _ = clones
    applied = engine_of(one).apply(register("one"), push=True)
    assert origin("rev-parse", "main") == applied.commit == one("rev-parse", "HEAD") == one("rev-parse", "origin/main")
    one.assert_sound()


@pytest.mark.parametrize("hooks", [False, True])
def test_when_the_remote_moved_on_the_version_takes_the_next_number(clones: tuple[Git, Git, Git], hooks: bool) -> None:
    origin, one, two = clones
    if hooks:
        path = two.path / ".git/hooks/pre-commit"
        path.write_text("#!/bin/sh\nexit 0\n")
        path.chmod(0o755)
    engine_of(one).apply(register("one"), push=True)
    applied = engine_of(two).apply(register("two"), push=True)
    assert applied.changeset.note == "2"
    assert origin("show", f"main:{FOLDER}/1.yaml") == "template: 1 by one"
    assert origin("show", f"main:{FOLDER}/2.yaml") == "template: 2 by two"
    assert two("log", "--format=%s").split("\n")[:2] == ["version 2 by two", "version 1 by one"]
    two.assert_sound()


def test_a_remote_that_refuses_leaves_everything_as_it_was(clones: tuple[Git, Git, Git]) -> None:
    origin, one, _ = clones
    path = origin.path / "hooks/pre-receive"
    path.write_text("#!/bin/sh\nprintf 'production is protected\\n\\n    Ask Ada\\n' >&2; exit 1\n")
    path.chmod(0o755)
    before = one("rev-parse", "HEAD")
    with pytest.raises(PushRejectedError, match="push: production is protected\n    Ask Ada\n"):
        engine_of(one).apply(register("one"), push=True)
    assert one("rev-parse", "HEAD") == before
    assert not (one.path / "prompts").exists()
    one.assert_sound()


def test_a_remote_that_is_away_leaves_everything_as_it_was(clones: tuple[Git, Git, Git]) -> None:
    _, one, _ = clones
    one("remote", "set-url", "origin", "https://user:s3cret@127.0.0.1:9/none.git?access_token=s3cret")
    with pytest.raises(RemoteUnavailableError) as caught:
        engine_of(one).apply(register("one"), push=True)
    assert "s3cret" not in str(caught.value) + caught.value.stderr
    one.assert_sound()


def test_without_a_remote_the_error_says_how_to_add_one(git: Git) -> None:
    with pytest.raises(GitError, match="git remote add origin URL"):
        engine_of(git).apply(register("me"), push=True)


def test_local_commits_are_put_on_top_of_a_remote_that_moved_on(clones: tuple[Git, Git, Git]) -> None:
    origin, one, two = clones
    engine_of(one).apply(lambda _: write("prompts/a/1.yaml", b"template: a\n"), push=True)
    engine = engine_of(two)
    for name in ("b", "c"):
        engine.apply(lambda _, name=name: write(f"prompts/{name}/1.yaml", b"template: x\n"))  # type: ignore[misc]
    tip = remote.push(engine.repository, BRANCH)
    assert origin("rev-parse", "main") == tip == two("rev-parse", "HEAD")
    assert two("log", "--format=%s", "-3").split("\n") == [
        "write prompts/c/1.yaml",
        "write prompts/b/1.yaml",
        "write prompts/a/1.yaml",
    ]
    assert (two.path / "prompts/a/1.yaml").exists()
    two.assert_sound()


def test_a_file_that_both_sides_changed_stops_the_push_and_loses_nothing(
    clones: tuple[Git, Git, Git],
) -> None:
    _, one, two = clones
    engine_of(one).apply(lambda _: write("prompts/a/1.yaml", b"template: one\n"), push=True)
    engine = engine_of(two)
    engine.apply(lambda _: write("prompts/a/1.yaml", b"template: two\n"))
    before = two("rev-parse", "HEAD")
    with pytest.raises(ConflictError, match=r"prompts/a/1\.yaml was changed here and at the remote"):
        remote.push(engine.repository, BRANCH)
    assert two("rev-parse", "HEAD") == before
    assert (two.path / "prompts/a/1.yaml").read_bytes() == b"template: two\n"
    two.assert_sound()


def test_following_a_remote_keeps_uncommitted_edits(clones: tuple[Git, Git, Git]) -> None:
    _, one, two = clones
    (two.path / "draft.txt").write_text("mine")
    engine_of(one).apply(register("one"), push=True)
    assert remote.follow(engine_of(two).repository, BRANCH)
    assert (two.path / "draft.txt").read_text() == "mine"
    assert (two.path / f"{FOLDER}/1.yaml").exists()


def test_nothing_to_follow_is_told(clones: tuple[Git, Git, Git]) -> None:
    _, one, _ = clones
    assert not remote.follow(engine_of(one).repository, BRANCH)


def test_four_clones_that_push_at_once_all_land(tmp_path: Path) -> None:
    origin = git_init(tmp_path / "origin.git", bare=True)
    script = (
        "import sys; sys.path[:0] = sys.argv[3:]\n"
        "from promptgit.engine.engine import Engine\n"
        "from promptgit.gitrepo.repository import GitRepository\n"
        "from writer import register\n"
        "engine = Engine(GitRepository.open(sys.argv[1]), deadline=60.0)\n"
        "for _ in range(4): engine.apply(register(sys.argv[2]), push=True)\n"
    )
    running = []
    for who in "abcd":
        subprocess.run(["git", "clone", "-q", str(origin.path), str(tmp_path / who)], check=True, capture_output=True)
        places = [str(Path(__file__).parents[2]), str(Path(__file__).parent)]
        line = [sys.executable, "-c", script, str(tmp_path / who), who, *places]
        running.append(subprocess.Popen(line, stderr=subprocess.PIPE, text=True))
    for process in running:
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
    files = origin("ls-tree", "--name-only", f"main:{FOLDER}").split("\n")
    assert len(files) == 17
    assert origin("rev-list", "--count", "main") == "17"
