"""What a registry at a remote tells: callbacks, observers, logs, where a prompt was found."""

from __future__ import annotations

import logging
import os
import threading
from functools import partial
from typing import Any

import pytest
from origin import NAME, PRODUCTION, Origin
from processes import eventually

import promptgit
from promptgit import Registry
from promptgit.errors import AliasNotFoundError, InvalidReferenceError, RemoteUnavailableError

pytest_plugins = ["far"]


def test_a_callback_gets_what_changed_and_one_that_raises_stops_nothing(origin: Origin, far: str) -> None:
    told: list[Any] = []

    def broken(_: object) -> None:
        raise RuntimeError("the page is not there")

    with Registry(far, refresh=0) as registry:
        registry.on_change(broken)
        remove = registry.on_change(told.append)
        origin.promote(2)
        change = registry.refresh()
        assert told == [change]
        assert str(change.prompts[NAME]) == "support.refunds: production 1 -> 2"
        assert registry.load(PRODUCTION).version == 2
        remove()
        origin.promote(1)
        registry.refresh()
        assert len(told) == 1


def test_watching_a_remote_is_being_told_of_its_changes_and_a_pin_has_none(origin: Origin, far: str) -> None:
    told: list[Any] = []
    with Registry(far, refresh=0) as registry:
        with registry.watch(told.append):
            origin.promote(2)
            registry.refresh()
        origin.promote(1)
        registry.refresh()
        commit = registry.commit
    assert len(told) == 1
    with Registry(far, rev=commit) as pinned, pytest.raises(InvalidReferenceError, match="is pinned to"):
        pinned.watch(told.append)


def test_observers_are_told_of_every_refresh_the_opening_one_too(origin: Origin, far: str) -> None:
    told: list[tuple[Any, float, Exception | None]] = []
    remove = promptgit.on_refresh(lambda *values: told.append(values))
    try:
        with Registry(far, refresh=0) as registry:
            registry.refresh()
            os.rename(origin.path, origin.path.with_name("away"))
            with pytest.raises(RemoteUnavailableError):
                registry.refresh(timeout=5)
            os.rename(origin.path.with_name("away"), origin.path)
            assert [who is registry for who, _, _ in told] == [True] * 3
            assert [type(error).__name__ for _, _, error in told] == ["NoneType", "NoneType", "RemoteUnavailableError"]
            assert all(seconds > 0 for _, seconds, _ in told)
    finally:
        remove()


def test_an_outage_is_logged_once_and_its_end_too(origin: Origin, far: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "promptgit.remote")
    with Registry(far, refresh=0) as registry:
        os.rename(origin.path, origin.path.with_name("away"))
        for _ in range(3):
            with pytest.raises(RemoteUnavailableError):
                registry.refresh()
        os.rename(origin.path.with_name("away"), origin.path)
        registry.refresh()
    said = [(record.levelname, record.message) for record in caplog.records if record.name == "promptgit.remote"]
    assert [level for level, _ in said] == ["WARNING", "INFO"]
    assert "goes on with" in said[0][1]
    assert "refreshed again" in said[1][1]


def test_loads_say_at_which_commit_they_were_found(origin: Origin, far: str) -> None:
    with Registry(far, refresh=0) as registry:
        before = registry.load(PRODUCTION)
        promoted = origin.promote(2)
        registry.refresh()
        after = registry.load(PRODUCTION)
        assert after.resolved_at == promoted == registry.status().commit
        assert before.resolved_at != promoted
        assert after.resolved_from == "production"


def test_what_is_missing_is_looked_for_once_until_a_refresh_brings_it(origin: Origin, far: str) -> None:
    with Registry(far, refresh=0) as registry:
        for _ in range(3):
            assert registry.load("support.refunds@canary", allow_missing=True) is None
            assert registry.load("support.refunds@canary", fallback="Wait.").template == "Wait."
        with pytest.raises(AliasNotFoundError, match="Its aliases: production"):
            registry.load("support.refunds@canary")
        origin.promote(2, "canary")
        registry.refresh()
        assert registry.load("support.refunds@canary").version == 2


def serves(registry: Registry, version: int) -> bool:
    """Whether production is on a version."""
    return bool(registry.load(PRODUCTION).version == version)


def test_a_registry_that_is_refreshed_by_hand_can_be_notified_and_does_not_ask_by_itself(
    origin: Origin, far: str
) -> None:
    asked: list[Any] = []
    with Registry(far, refresh=0) as registry:
        remove = promptgit.on_refresh(lambda *values: asked.append(values))
        try:
            for version in (2, 3):
                origin.promote(version)
                registry.notify()
                eventually(partial(serves, registry, version), 20, "the promotion")
            eventually(lambda: len(asked) == 2, 20, "the report of the second refresh")
            registry.notify()
            eventually(lambda: len(asked) == 3, 20, "the third refresh")
        finally:
            remove()
    assert len(asked) == 3


def test_a_registry_that_was_closed_starts_no_thread_when_it_is_notified(far: str) -> None:
    registry = Registry(far, refresh=3600)
    registry.close()
    registry.notify()
    assert [thread.name for thread in threading.enumerate() if thread.name == "promptgit-refresh"] == []
    assert registry.load(PRODUCTION).version == 1
