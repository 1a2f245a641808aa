"""What whoever is on call sees: health checks that mean what they say, a log line for each event, clocks that are set back."""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from commandline import Cli, environment
from origin import NAME, PRODUCTION, Origin
from processes import eventually

from promptgit import Registry
from promptgit.errors import GitError, InvalidDocumentError, PromptGitError, RemoteUnavailableError
from promptgit.remote.status import Status, utc

pytest_plugins = ["far"]

ALIASES = f"prompts/{NAME.replace('.', '/')}/aliases.yaml"
MAX_AGE = 300


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the log of remotes says."""
    return [f"{one.levelname} {one.message}" for one in caplog.records if one.name == "promptgit.remote"]


@pytest.fixture
def cache(home: Path) -> Path:
    """The cache folder of these tests."""
    return home / ".cache" / "promptgit"


@pytest.fixture
def state(cache: Path, far: str) -> Iterator[Path]:
    """What the cache knows of the remote, which was fetched once."""
    with Registry(far, refresh=0):
        yield next(cache.glob("*/state.json"))


def shift(state: Path, seconds: float) -> None:
    """Set the clock back since the remote was asked, as the cache sees it."""
    known = json.loads(state.read_text())
    state.write_text(json.dumps(known | {key: known[key] + seconds for key in ("attempted_at", "fetched_at")}))


# --- health ---------------------------------------------------------------------------------------------------------


def test_a_process_that_only_looks_knows_of_a_commit_that_may_not_be_served(origin: Origin, far: str) -> None:
    with Registry(far, refresh=0) as application:
        broken = origin.write({ALIASES: "production: 77\n"})
        with pytest.raises(InvalidDocumentError):
            application.refresh()
        with Registry(far, refresh=0, offline=True) as looks:
            status = looks.status()
            assert (status.pending, status.lag, status.healthy(MAX_AGE), status.healthy()) == (broken, 1, False, True)
            assert "version 77, which does not exist" in str(status.reason)
        origin.promote(2)
        application.refresh()
        with Registry(far, refresh=0, offline=True) as looks:
            assert looks.status().healthy(MAX_AGE)


def test_the_command_for_health_checks_fails_for_a_commit_that_may_not_be_served(
    origin: Origin, far: str, anywhere: Cli
) -> None:
    with Registry(far, refresh=0) as application:
        assert anywhere("-C", far, "status", "--max-age", MAX_AGE).code == 0
        origin.write({ALIASES: "production: 77\n"})
        with pytest.raises(InvalidDocumentError):
            application.refresh()
    found = anywhere("-C", far, "status", "--max-age", MAX_AGE)
    assert found.code == 1
    assert "not served" in found.out
    assert "version 77, which does not exist" in found.out


def test_a_branch_that_is_gone_is_not_healthy_and_its_return_is(origin: Origin, far: str) -> None:
    with Registry(far, refresh=0) as registry:
        origin.delete_branch()
        with pytest.raises(RemoteUnavailableError, match="has no branch main") as caught:
            registry.refresh()
        assert "archive" in str(caught.value.hint)
        status = registry.status()
        assert (status.pending, status.healthy(MAX_AGE), status.healthy()) == (None, False, True)
        assert "has no branch main" in str(status.reason)
        with Registry(far, refresh=0, offline=True) as looks:
            assert not looks.status().healthy(MAX_AGE)
            assert looks.load(PRODUCTION).version == 1
        shutil.rmtree(origin.path)
        origin.restore()
        registry.refresh()
        assert registry.status().healthy(MAX_AGE)


def test_what_was_never_fetched_says_why(origin: Origin, far: str, anywhere: Cli) -> None:
    os.rename(origin.path, origin.path.with_name("away"))
    with Registry(far, refresh=0):
        pass
    found = anywhere("-C", far, "status")
    assert found.code == 1
    assert "there is no such repository" in found.out
    assert "PROMPTGIT_OFFLINE" not in found.out


# --- the log --------------------------------------------------------------------------------------------------------


def test_each_commit_that_may_not_be_served_is_logged_once_also_after_an_outage(
    origin: Origin, far: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "promptgit.remote")
    with Registry(far, refresh=0) as registry:
        os.rename(origin.path, origin.path.with_name("away"))
        refused = [""]
        for number in (0, 76, 77, 77):
            if number == 76:
                os.rename(origin.path.with_name("away"), origin.path)
            if number:
                refused.append(origin.write({ALIASES: f"production: {number}\n"})[:10])
            for _ in range(2):
                with pytest.raises(PromptGitError):
                    registry.refresh()
        origin.promote(2)
        registry.refresh()
    lines = said(caplog)
    assert [line.split()[0] for line in lines] == ["WARNING"] * 4 + ["INFO", "INFO"]
    for line, commit in zip(lines[1:4], refused[1:], strict=True):
        assert line.startswith(f"WARNING {far}: {commit} may not be served: ")
        assert "\n" not in line


def test_the_failure_of_another_process_is_not_the_end_of_an_outage(
    origin: Origin, far: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "promptgit.remote")
    with Registry(far, refresh=3600) as registry, Registry(far, refresh=0) as other:
        follower: Any = registry._remote
        os.rename(origin.path, origin.path.with_name("away"))
        registry.notify()
        eventually(lambda: registry.status().error, 20, "the outage")
        for _ in range(2):
            with pytest.raises(RemoteUnavailableError):
                other.refresh()
            eventually(lambda: follower._seen == follower.clone.state.stamp(), 20, "a look at what the other has found")
        assert [line.split()[0] for line in said(caplog)] == ["WARNING", "WARNING"]
        os.rename(origin.path.with_name("away"), origin.path)
        other.refresh()
        eventually(lambda: registry.status().error is None, 20, "the end of the outage")
    assert sorted(line.split()[0] for line in said(caplog)) == ["INFO", "INFO", "WARNING", "WARNING"]


# --- clocks ---------------------------------------------------------------------------------------------------------


def test_a_clock_that_was_set_back_keeps_nobody_from_asking(origin: Origin, far: str, state: Path) -> None:
    shift(state, 86_400)
    origin.promote(2)
    with Registry(far, refresh=3600) as registry:
        assert registry.load(PRODUCTION).version == 2
        assert registry.status().healthy(MAX_AGE)


def test_a_clock_that_is_set_back_under_a_process_keeps_it_from_nothing(
    origin: Origin, far: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Registry(far, refresh=0.3) as registry:
        now = time.time
        monkeypatch.setattr(time, "time", lambda: now() - 86_400)
        origin.promote(2)
        eventually(lambda: registry.load(PRODUCTION).version == 2, 20, "the promotion")
        assert registry.status().healthy(MAX_AGE)


def test_an_answer_at_a_time_to_come_is_not_fresh(origin: Origin, far: str, state: Path) -> None:
    shift(state, 86_400)
    with Registry(far, refresh=0, offline=True) as registry:
        assert registry.status().age is None
        assert not registry.status().healthy(MAX_AGE)
        assert registry.status().healthy()


def test_a_clock_that_is_set_right_by_a_moment_changes_nothing() -> None:
    status = Status(
        source="remote", place="https://git.example.com/p.git", commit="0" * 40, fetched_at=utc(time.time() + 5)
    )
    assert status.age == 0
    assert status.healthy(max_age=1)


# --- the cache folder -----------------------------------------------------------------------------------------------

READ_ONLY = """
import logging, sys
from promptgit import Registry
from promptgit.errors import PromptGitError

logging.basicConfig(format="%(message)s", stream=sys.stdout)
registry = Registry(sys.argv[1], refresh=0)
try:
    registry.refresh()
except PromptGitError as error:
    print(type(error).__name__, error)
print("serves", registry.load("support.refunds@production").version)
"""


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="only root can mount a folder read-only")
def test_a_cache_that_is_read_only_is_served_and_is_a_sentence(
    origin: Origin, far: str, cache: Path, state: Path
) -> None:
    mount = f'mount --bind {cache} {cache} && mount -o remount,ro,bind {cache} && exec "$@"'
    line = ["unshare", "-m", "sh", "-c", mount, "sh"]
    if subprocess.run([*line, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no mount namespaces here")
    origin.promote(2)
    done = subprocess.run(
        [*line, sys.executable, "-c", READ_ONLY, far], env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert f"GitError the folder {state.parent} cannot be written: Read-only file system" in done.stdout
    assert "PROMPTGIT_CACHE" in done.stdout
    assert done.stdout.endswith("serves 1\n")
    assert "Traceback" not in done.stdout + done.stderr


def test_a_user_without_a_home_is_told_to_name_a_cache(far: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "XDG_CACHE_HOME", "PROMPTGIT_CACHE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000_000)  # nobody in any list of users
    with pytest.raises(GitError, match="no folder for the cache") as caught:
        Registry(far, refresh=0)
    assert "PROMPTGIT_CACHE" in str(caught.value.hint)


# --- history that was rewritten -------------------------------------------------------------------------------------


def test_the_hint_takes_the_rewritten_history_where_it_was_refused(origin: Origin, far: str, anywhere: Cli) -> None:
    origin.git("branch", "stable")
    with Registry(far, refresh=0, branch="stable") as registry:
        origin.git("branch", "-f", "stable", origin.rewrite())
        with pytest.raises(PromptGitError, match="history was rewritten") as caught:
            registry.refresh()
        hint = str(caught.value.hint)
        command = hint.partition("promptgit ")[2].partition(",")[0].split()
        assert anywhere(*command).code == 0
        registry.refresh()
        assert registry.load(PRODUCTION).version == 3
