"""Several processes and threads at once: moves have one winner each, first registrations all land, reads are never wrong."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from support import CONFIG, Git, git_init

from promptgit import Registry
from promptgit.aliases import BACKENDS

NAME = "support.refunds"
MOVER = str(Path(__file__).parent / "mover.py")
ROOT = str(Path(__file__).parents[2])
ROUNDS = 5
PATIENCE_S = 600.0


def race(registry: Registry, movers: int, each: int) -> None:
    env = {**os.environ, "PYTHONPATH": ROOT}
    line = [sys.executable, MOVER, registry.path, str(each)]
    running = [
        subprocess.Popen([*line, f"m{number}"], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for number in range(movers)
    ]
    told: list[str] = []
    for process in running:
        out, err = process.communicate(timeout=600)
        assert process.returncode == 0, err
        told += out.splitlines()
    assert len(told) == movers * each
    check_history(registry, told)


def check_history(registry: Registry, told: list[str]) -> None:
    """Each acknowledged move is in history once, and each starts where the one before it ended."""
    moves = [move for move in registry.alias_history(NAME, "production") if move.old is not None]
    assert sorted(move.message for move in moves) == sorted(told)
    for move in moves:
        assert move.message.startswith(f"{move.old} {move.new} ")
    for later, earlier in itertools.pairwise(moves):
        assert earlier.new == later.old


@pytest.fixture(params=BACKENDS)
def both(request: pytest.FixtureRequest, tmp_path: Path) -> Registry:
    """A registry with three versions and production on 1, for each alias backend."""
    git = git_init(tmp_path / "both", config=f"{CONFIG}aliases: {request.param}\n")
    registry = Registry(git.path)
    for tone in ("briefly", "kindly", "at length"):
        registry.register(NAME, f"Answer {tone}.")
    registry.set_alias(NAME, "production", 1)
    return registry


def test_each_expected_move_has_exactly_one_winner(both: Registry) -> None:
    race(both, 4, 20)


@pytest.mark.long
def test_each_expected_move_has_exactly_one_winner_among_many(both: Registry) -> None:
    race(both, 16, 200)


def test_first_registrations_of_one_prompt_at_once_all_land(registry: Registry, git: Git) -> None:
    code = f"from promptgit import Registry\nfor _ in range(3): Registry({str(git.path)!r}).register('new.prompt', 'x')"
    env = {**os.environ, "PYTHONPATH": ROOT}
    running = [subprocess.Popen([sys.executable, "-c", code], env=env) for _ in range(4)]
    assert [process.wait(timeout=120) for process in running] == [0, 0, 0, 0]
    assert registry.versions("new.prompt") == list(range(1, 13))
    git.assert_sound()


def reads(registry: Registry, git: Git, wanted: int) -> None:
    """Eight threads load while git checks out, packs and commits; every load finds a state that there was, whole."""
    for number in range(100):
        registry.register(f"other.p{number}", "x" * 2000) if number < 3 else None
        folder = git.path / f"prompts/more/p{number}"
        folder.mkdir(parents=True)
        (folder / "1.yaml").write_text(f"template: {'x' * 2000}\n")
    git("add", ".")
    git("commit", "-qm", "many")
    git("branch", "before")
    registry.set_alias(NAME, "production", 3)
    texts = {version: registry.load(NAME, version).template for version in (1, 2, 3)}
    failures: list[object] = []
    loads = [0] * 8
    rounds = 0
    done = threading.Event()

    def load(thread: int, rev: str | None) -> None:
        reader = Registry(git.path, rev=rev)
        while not done.is_set():
            try:
                found = reader.load(f"{NAME}@production")
                if found.template != texts.get(found.version):
                    failures.append(found)
                loads[thread] += 1
            except Exception as error:  # noqa: BLE001 - whatever it is, it is a failure
                failures.append(error)

    threads = [threading.Thread(target=load, args=(n, (None, "HEAD")[n % 2])) for n in range(8)]
    for thread in threads:
        thread.start()
    end = time.monotonic() + PATIENCE_S
    try:
        # No scheduler promises turns: the sum alone can be reached before the last thread has begun.
        while (sum(loads) < wanted or min(loads) == 0 or rounds < ROUNDS) and not failures and time.monotonic() < end:
            git("checkout", "-q", "before")
            git("checkout", "-q", "main")
            registry.set_alias(NAME, "production", rounds % 3 + 1)
            git("gc", "--quiet", "--prune=now")
            rounds += 1
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert failures == []
    assert min(loads) > 0


def test_loads_during_checkouts_gc_and_writes_are_never_wrong_torn_or_missing(refunds: Registry, git: Git) -> None:
    reads(refunds, git, 20_000)


@pytest.mark.long
def test_a_million_loads_during_checkouts_gc_and_writes_are_never_wrong(refunds: Registry, git: Git) -> None:
    reads(refunds, git, 1_000_000)
