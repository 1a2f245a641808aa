"""Guarantee 8: whatever a remote does, loads answer from the last good commit, and a refresh ends by its deadline."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from commandline import environment
from gate import Fault
from misfortunes import MODES, Mode, Place, failing, served
from origin import PRODUCTION, TEXTS, Origin
from processes import eventually, strays

from promptgit import Registry
from promptgit.errors import PromptGitError, RemoteUnavailableError

pytest_plugins = ["far"]

TIMEOUT_S = 2.0
LATE_S = TIMEOUT_S + 1.0
FALLBACK = "Answer: {{question}}"


class Loads:
    """Loads in a thread of their own, from the beginning to the end of a `with` block.

    Attributes:
        seconds: how long each took.
        wrong: what was not version 1, or what was raised.
    """

    def __init__(self, registry: Registry) -> None:
        self.seconds: list[float] = []
        self.wrong: list[object] = []
        self._registry = registry
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Loads:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.is_set():
            begun = time.perf_counter()
            try:
                found = self._registry.load(PRODUCTION)
                if (found.version, found.template) != (1, TEXTS[1]):
                    self.wrong.append(found)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is a failure
                self.wrong.append(error)
            self.seconds.append(time.perf_counter() - begun)
            self._over.wait(0.0005)  # an application does something between two loads

    @property
    def p99(self) -> float:
        """The 99th percentile, in milliseconds."""
        return sorted(self.seconds)[len(self.seconds) * 99 // 100] * 1000


def cases(*, short: bool) -> list[Any]:
    """The modes of one form of the suite."""
    return [pytest.param(mode, mode, id=mode.name.replace(" ", "-")) for mode in MODES if mode.short is short]


@pytest.fixture
def place(
    request: pytest.FixtureRequest, origin: Origin, home: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Place]:
    """A registry that is served over the protocol that a mode, or the test, names."""
    protocol = request.param.protocol if isinstance(request.param, Mode) else request.param
    try:
        with served(protocol, origin, home, monkeypatch) as found:
            yield found
    except OSError as error:
        pytest.skip(f"{protocol}: {error}")


def survive(mode: Mode, place: Place, mark: str) -> None:
    """Open a registry, let the remote fail, look at it from all sides, mend the remote."""
    with Registry(place.url, refresh=0, timeout=20) as registry:
        served_commit = place.origin.tip
        assert registry.load(PRODUCTION).resolved_at == served_commit
        if mode.pack:
            place.origin.grow()
        with failing(mode, place):
            with Loads(registry) as loads:
                begun = time.monotonic()
                with pytest.raises(PromptGitError) as caught:
                    registry.refresh(timeout=TIMEOUT_S)
                took = time.monotonic() - begun
            assert strays(mark) == {}
            assert took <= LATE_S
            print(
                f"{mode.name}: refresh {took:.2f} s, {len(loads.seconds)} loads, p99 {loads.p99:.3f} ms: {caught.value}"
            )
            assert loads.wrong == []
            assert loads.seconds
            assert_told(mode, registry, caught.value, served_commit)
        promoted = place.origin.promote(2)
        change = registry.refresh(timeout=20)
        assert (change.old, change.new) == (served_commit, promoted)
        assert registry.load(PRODUCTION).template == TEXTS[2]
        status = registry.status()
        assert (status.error, status.failing_since, status.pending) == (None, None, None)


def assert_told(mode: Mode, registry: Registry, error: PromptGitError, commit: str) -> None:
    """The status says what is wrong, since when, and what is served on."""
    status = registry.status()
    assert re.search(mode.says, error.message), error
    assert status.error is not None
    assert re.search(mode.says, status.error)
    assert status.commit == commit
    assert status.age is not None
    assert status.age >= 0
    assert status.healthy()
    if not mode.answered:
        assert isinstance(error, RemoteUnavailableError)
        assert status.failing_since is not None


@pytest.mark.parametrize(("place", "mode"), cases(short=True), indirect=["place"])
def test_loads_go_on_while_the_remote_fails(place: Place, mode: Mode, mark: str) -> None:
    survive(mode, place, mark)


@pytest.mark.long
@pytest.mark.parametrize(("place", "mode"), cases(short=False), indirect=["place"])
def test_loads_go_on_while_the_remote_fails_in_any_other_way(place: Place, mode: Mode, mark: str) -> None:
    survive(mode, place, mark)


SCRIPT = """
import json, sys, time
from promptgit import Registry
from promptgit.errors import PromptGitError

begun = time.monotonic()
registry = Registry(sys.argv[1], timeout=float(sys.argv[2]))
try:
    prompt = registry.load("support.refunds@production", fallback=sys.argv[3] or None)
    said = {"version": prompt.version, "text": prompt.template}
except PromptGitError as error:
    said = {"error": type(error).__name__, "message": str(error)}
status = registry.status()
print(json.dumps(said | {"seconds": time.monotonic() - begun, "told": status.error, "commit": status.commit}))
"""


def start(url: str, *, fallback: str = "") -> Any:
    """What a new process loads, which then ends without having closed anything."""
    line = [sys.executable, "-c", SCRIPT, url, str(TIMEOUT_S), fallback]
    done = subprocess.run(line, env=environment(), capture_output=True, text=True, timeout=30, check=True)
    return json.loads(done.stdout)


def make_stale(home: Path) -> None:
    """Make the cached clone one that was fetched an hour ago, so that opening it looks for news."""
    (state,) = (home / ".cache" / "promptgit").glob("*/state.json")
    known = json.loads(state.read_text())
    known |= {"fetched_at": time.time() - 3600, "attempted_at": time.time() - 3600}
    state.write_text(json.dumps(known))


@pytest.mark.parametrize("place", ["http"], indirect=True)
@pytest.mark.parametrize("fault", [Fault("hang"), Fault("reset")], ids=["hanging", "resetting"])
def test_a_process_that_starts_while_the_remote_fails_takes_the_cached_clone(
    place: Place, fault: Fault, home: Path, mark: str
) -> None:
    commit = start(place.url)["commit"]
    assert commit == place.origin.tip
    make_stale(home)
    place.wire(fault)
    said = start(place.url)
    assert (said["version"], said["text"], said["commit"]) == (1, TEXTS[1], commit)
    assert said["told"] is None or re.search("did not answer|broke off|refuses connections", said["told"])
    eventually(lambda: not strays(mark), 5, "the end of the fetch that hung")


@pytest.mark.parametrize("place", ["http"], indirect=True)
def test_a_process_that_has_neither_network_nor_clone_gets_an_error_in_time_or_its_fallback(place: Place) -> None:
    place.wire(Fault("hang"))
    said = start(place.url)
    assert said["error"] == "RemoteUnavailableError"
    assert "did not answer within" in said["message"]
    assert "promptgit sync" in said["message"] or "more time" in said["message"]
    assert said["seconds"] <= LATE_S
    said = start(place.url, fallback=FALLBACK)
    assert (said["version"], said["text"]) == (0, FALLBACK)
    assert said["seconds"] <= LATE_S


@pytest.mark.parametrize("place", ["git"], indirect=True)
def test_a_registry_that_was_opened_while_the_remote_was_away_serves_once_it_is_back(place: Place) -> None:
    assert place.server is not None
    place.server.kill()
    with Registry(place.url, refresh=0.1, timeout=TIMEOUT_S) as registry:
        with pytest.raises(RemoteUnavailableError):
            registry.load(PRODUCTION)
        assert registry.load(PRODUCTION, fallback=FALLBACK).version == 0
        assert not registry.status().healthy()
        place.server.start()
        eventually(lambda: registry.load(PRODUCTION, fallback=FALLBACK).version == 1, 30, "the first fetch")
        assert registry.status().healthy()
        assert registry.status().error is None


@pytest.mark.parametrize("place", ["http"], indirect=True)
def test_a_refresh_in_the_background_that_hangs_keeps_nobody_waiting(place: Place, mark: str) -> None:
    with Registry(place.url, refresh=0.1, timeout=TIMEOUT_S) as registry:
        place.wire(Fault("hang"))
        eventually(lambda: strays(mark), 10, "a refresh")
        with Loads(registry) as loads:
            eventually(lambda: registry.status().error, 10, "the deadline")
        assert loads.wrong == []
        status = registry.status()
        assert status.failing_since is not None
        assert status.age is not None
        assert status.age > TIMEOUT_S
        assert not status.healthy(max_age=TIMEOUT_S)
        place.wire(Fault("hang"))
        begun = time.monotonic()
    assert time.monotonic() - begun <= TIMEOUT_S + 1, "closing waited for the remote"


@pytest.mark.parametrize("place", ["http"], indirect=True)
def test_a_branch_is_followed_on_though_the_remotes_default_branch_is_not_born(place: Place, home: Path) -> None:
    with Registry(place.url, refresh=0) as registry:
        promoted = place.origin.promote(2)
        place.origin.git("symbolic-ref", "HEAD", "refs/heads/next")
        place.origin.git("update-ref", "refs/heads/archive", promoted)
        assert registry.refresh().new == promoted
        assert registry.load(PRODUCTION).version == 2
    shutil.rmtree(home / ".cache")
    with pytest.raises(PromptGitError, match=r"default branch .* is not known"):
        Registry(place.url, refresh=0)
    with Registry(place.url, refresh=0, branch="main") as registry:
        assert registry.load(PRODUCTION).version == 2


def test_every_mode_has_a_name_of_its_own_and_there_are_enough() -> None:
    assert len({mode.name for mode in MODES}) == len(MODES) >= 20
    assert sum(mode.short for mode in MODES) == 6
