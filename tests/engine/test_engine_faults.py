"""The write engine under faults: many writers, kills at every step, full disks, locks left behind."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support import Git

from promptgit.engine.engine import Engine
from promptgit.errors import GitError, RegistryBusyError
from promptgit.gitrepo.repository import GitRepository

sys.path.insert(0, str(Path(__file__).parent))
from writer import FOLDER, register

WRITER = str(Path(__file__).parent / "writer.py")
ROOT = str(Path(__file__).parents[2])


def start(git: Git, count: int, who: str, *more: str) -> subprocess.Popen[str]:
    env = {**os.environ, "PYTHONPATH": ROOT}
    line = [sys.executable, WRITER, str(git.path), str(count), who, *more]
    return subprocess.Popen(line, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def acknowledged(process: subprocess.Popen[str]) -> list[tuple[str, str]]:
    out, err = process.communicate(timeout=300)
    assert process.returncode in (0, -9), err
    rows = [line.split() for line in out.splitlines()]
    return [(row[0], row[1]) for row in rows if row[0] != "calls"]


def assert_holds(git: Git, acknowledged: list[tuple[str, str]]) -> None:
    """Every acknowledged version is at the tip under its number, with the text that its writer gave it, and in history."""
    for version, who in acknowledged:
        assert git("show", f"HEAD:{FOLDER}/{version}.yaml") == f"template: {version} by {who}"
    subjects = set(git("log", "--format=%s").split("\n"))
    assert {f"version {version} by {who}" for version, who in acknowledged} <= subjects


def writers(git: Git, processes: int, each: int) -> None:
    running = [start(git, each, f"w{number}") for number in range(processes)]
    told = [row for process in running for row in acknowledged(process)]
    assert len(told) == processes * each
    assert sorted(int(version) for version, _ in told) == list(range(1, processes * each + 1))
    assert_holds(git, told)
    git.assert_sound()


def test_eight_writers_lose_nothing(git: Git) -> None:
    writers(git, 8, 10)


@pytest.mark.long
def test_sixty_four_writers_lose_nothing(git: Git) -> None:
    writers(git, 64, 50)


def kills(git: Git, step: int) -> None:
    total = int(start(git, 1, "counted").communicate(timeout=60)[0].split("calls ")[1])
    assert total > 100
    told = [("1", "counted")]
    for at in range(1 + total % step, total + 1, step):
        dead = start(git, 1, f"killed{at}", "--kill-at", str(at))
        told += acknowledged(dead)
        assert_old_or_new(git)
        begun = time.monotonic()
        told += acknowledged(start(git, 1, f"after{at}"))
        assert time.monotonic() - begun < 15
        git.assert_sound()
    assert_holds(git, told)


def assert_old_or_new(git: Git) -> None:
    """After a kill, before any repair: every file is whole, and the branch is a chain of whole versions."""
    versions = sorted(int(path.stem) for path in (git.path / FOLDER).glob("[0-9]*.yaml"))
    for version in versions:
        assert (git.path / FOLDER / f"{version}.yaml").read_text().startswith(f"template: {version} by ")
    names = git("ls-tree", "--name-only", f"HEAD:{FOLDER}").split("\n")
    committed = sorted(int(name[:-5]) for name in names if name != "aliases.yaml")
    assert committed == list(range(1, len(committed) + 1))
    git("fsck", "--strict", "--no-dangling")


def test_a_kill_at_any_system_call_leaves_old_or_new_and_the_next_writer_succeeds(git: Git) -> None:
    kills(git, 10)


@pytest.mark.long
def test_a_kill_at_every_system_call_leaves_old_or_new(git: Git) -> None:
    kills(git, 1)


@pytest.mark.parametrize("lock", ["refs/heads/main.lock", "HEAD.lock"])
def test_a_lock_that_a_killed_git_left_is_taken_over_once_it_is_old(git: Git, lock: str) -> None:
    path = git.path / ".git" / lock
    path.touch()
    os.utime(path, (time.time() - 11, time.time() - 11))
    Engine(GitRepository.open(str(git.path))).apply(register("me"))
    git.assert_sound()


def test_an_index_lock_does_not_stop_a_write_and_the_next_one_catches_up(git: Git) -> None:
    lock = git.path / ".git/index.lock"
    lock.touch()
    engine = Engine(GitRepository.open(str(git.path)))
    applied = engine.apply(register("me"))
    assert "index is locked" in applied.warnings[0]
    assert engine.pending()
    lock.unlink()
    engine.apply(register("me"))
    assert not engine.pending()
    git.assert_sound()


def test_a_writer_that_holds_the_lock_is_named(git: Git) -> None:
    repository = GitRepository.open(str(git.path))
    with Engine(repository).locked(), pytest.raises(RegistryBusyError, match=f"process {os.getpid()}"):
        Engine(repository, deadline=0.05).apply(register("me"))


def test_repair_leaves_a_file_that_the_user_has_edited_meanwhile(git: Git) -> None:
    engine = Engine(GitRepository.open(str(git.path)))
    (git.path / ".git/index.lock").touch()
    engine.apply(register("me"))
    (git.path / ".git/index.lock").unlink()
    edited = git.path / FOLDER / "aliases.yaml"
    edited.write_text("a: 99\n")
    engine.repair()
    assert edited.read_text() == "a: 99\n"
    assert git("status", "--porcelain") == f" M {FOLDER}/aliases.yaml"


def limited(git: Git, limit: int) -> subprocess.CompletedProcess[str]:
    """A writer that may write no file longer than `limit` bytes, as on a disk that is full at that point."""
    return subprocess.run(
        [sys.executable, WRITER, str(git.path), "1", "limited"],
        env={**os.environ, "PYTHONPATH": ROOT, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )


def test_a_write_that_finds_no_room_says_so_and_leaves_nothing_behind(git: Git) -> None:
    Engine(GitRepository.open(str(git.path))).apply(register("first"))
    refused = 0
    for limit in range(0, 400, 20):
        before = git("rev-parse", "HEAD")
        done = limited(git, limit)
        assert_old_or_new(git)
        if done.returncode:
            refused += 1
            assert (
                "errors.GitError: the registry cannot be written" in done.stderr or "the file size limit" in done.stderr
            )
            assert git("rev-parse", "HEAD") == before
            assert not list((git.path / FOLDER).glob(".promptgit*"))
    assert refused >= 5
    Engine(GitRepository.open(str(git.path))).apply(register("last"))
    git.assert_sound()


def test_a_repository_that_cannot_be_written_says_so(git: Git) -> None:
    (git.path / ".git/promptgit").write_text("in the way")
    with pytest.raises(GitError, match="cannot be written"):
        Engine(GitRepository.open(str(git.path))).apply(register("me"))
