"""Fixtures: a registry at a remote, and a mark on every process that the code under test starts."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from origin import Origin
from processes import MARK, eventually, strays
from servers import GitHttp, git_http


@pytest.fixture
def mark(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Marks what a test starts, and demands that nothing of it is left but readers of objects."""
    value = uuid.uuid4().hex
    monkeypatch.setenv(MARK, value)
    yield value
    eventually(lambda: not strays(value), 10, "the end of all processes that the test started")


@pytest.fixture
def origin(tmp_path: Path, prepared: Path, mark: str) -> Origin:
    """A registry at a remote: support.refunds in three versions, production on 1, and support.escalation."""
    return Origin.copy(prepared, tmp_path / "host" / "prompts.git")


@pytest.fixture
def http(origin: Origin) -> Iterator[GitHttp]:
    """Serves `origin`."""
    with git_http(origin.path.parent) as server:
        yield server


@pytest.fixture
def url(http: GitHttp) -> str:
    """Where `http` serves it."""
    return f"http://127.0.0.1:{http.server_port}/prompts.git"


@pytest.fixture
def far(origin: Origin) -> str:
    """The shortest way to `origin`."""
    return f"file://{origin.path}"
