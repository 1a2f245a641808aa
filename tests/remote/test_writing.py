"""Writing to a remote by its URL: it is there when the call returns, and nowhere if the remote refused."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from origin import NAME, PRODUCTION, Origin
from support import Git

from promptgit import Registry
from promptgit.errors import ConflictError, PolicyError, PushRejectedError, RemoteUnavailableError

pytest_plugins = ["far"]


def test_a_write_is_at_the_remote_and_served_when_it_returns(origin: Origin, far: str) -> None:
    with Registry(far, refresh=0) as registry:
        made = registry.register(NAME, "Answer {{question}} in verse.", "Try verse")
        registry.set_alias(NAME, "production", made.version, expect=1, message="Verse it is")
        assert registry.load(PRODUCTION).version == made.version == 4
        assert registry.commit == origin.tip
        assert registry.load(PRODUCTION).commit_message == "Try verse"
        registry.rollback(NAME, "production")
        assert registry.load(PRODUCTION).version == 1
    assert origin.git("log", "-2", "--format=%s").splitlines()[1] == "Verse it is"
    origin.git("fsck", "--strict")


def test_a_write_builds_on_what_others_sent_meanwhile(origin: Origin, far: str) -> None:
    with Registry(far, refresh=0) as registry:
        origin.promote(2)
        with pytest.raises(ConflictError):
            registry.set_alias(NAME, "production", 3, expect=1)
        registry.set_alias(NAME, "production", 3, expect=2)
        assert registry.load(PRODUCTION).version == 3


def test_writers_with_caches_of_their_own_lose_nothing(
    origin: Origin, far: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registries = []
    for number in range(3):
        monkeypatch.setenv("PROMPTGIT_CACHE", str(tmp_path / f"cache-{number}"))
        registries.append(Registry(far, refresh=0))
    numbers: list[int] = []

    def write(registry: Registry, name: str) -> None:
        for turn in range(4):
            numbers.append(registry.register(NAME, f"{name}, turn {turn}: {{{{question}}}}", f"{name} {turn}").version)

    threads = [threading.Thread(target=write, args=(found, f"Writer {n}")) for n, found in enumerate(registries)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for registry in registries:
        registry.close()
    assert sorted(numbers) == list(range(4, 16))
    with Registry(origin.path) as there:
        assert there.versions(NAME) == list(range(1, 16))


def test_aliases_in_tags_are_moved_at_the_remote(tmp_path: Path, mark: str) -> None:
    origin = Origin.make(tmp_path / "host" / "tagged.git", aliases="tags")
    with Registry(f"file://{origin.path}", refresh=0) as registry:
        registry.set_alias(NAME, "production", 2, message="Kinder")
        assert registry.load(PRODUCTION).version == 2
        assert origin.git("tag", "-l", f"{NAME}@production/*").splitlines()[-1].endswith("/2")


def test_what_the_remote_refuses_is_nowhere(origin: Origin, far: str) -> None:
    hook = origin.path / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'Releases are frozen until Monday.' >&2\nexit 1\n")
    hook.chmod(0o755)
    tip = origin.tip
    with Registry(far, refresh=0) as registry:
        with pytest.raises(PushRejectedError, match="Releases are frozen until Monday"):
            registry.set_alias(NAME, "production", 2)
        assert registry.load(PRODUCTION).version == 1
        assert registry.commit == origin.tip == tip
        registry.refresh()
        assert registry.load(PRODUCTION).version == 1


def test_policies_hold_at_a_distance(origin: Origin, far: str) -> None:
    origin.write({"promptgit.yaml": "format: 1\npolicies:\n  aliases:\n    production:\n      through: staging\n"})
    tip = origin.tip
    with Registry(far, refresh=0) as registry, pytest.raises(PolicyError, match="staging"):
        registry.set_alias(NAME, "production", 3)
    assert origin.tip == tip


def test_a_remote_that_is_away_cannot_be_written_to(origin: Origin, far: str) -> None:
    with Registry(far, refresh=0) as registry:
        origin.path.rename(origin.path.with_name("away"))
        with pytest.raises(RemoteUnavailableError):
            registry.set_alias(NAME, "production", 2)
        assert registry.load(PRODUCTION).version == 1
        origin.path.with_name("away").rename(origin.path)
        registry.set_alias(NAME, "production", 2)
        assert registry.load(PRODUCTION).version == 2


def test_a_dry_run_writes_nothing(origin: Origin, far: str) -> None:
    from promptgit.aliases.target import Target
    from promptgit.registry import edits

    tip = origin.tip
    with Registry(far, refresh=0) as registry:
        applied = registry.apply(edits.set_alias(NAME, "production", Target.single(2)), dry_run=True)
        assert applied.changeset.writes
    assert origin.tip == tip


REFUSED: dict[str, tuple[Callable[[str, str], Registry], str]] = {
    "a pin": (lambda far, _: Registry(far, rev="main~1"), "pinned"),
    "offline": (lambda far, _: Registry(far, offline=True), "PROMPTGIT_OFFLINE"),
    "a clone of the user's": (lambda _, mine: Registry(mine, refresh=0), "only read"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_written_to_says_why(origin: Origin, far: str, tmp_path: Path, case: str) -> None:
    Git(tmp_path)("clone", "-q", far, "mine")
    Registry(far, refresh=0).close()
    opened, said = REFUSED[case]
    with opened(far, str(tmp_path / "mine")) as registry, pytest.raises(ConflictError, match=said):
        registry.set_alias(NAME, "production", 2)
