"""Who signs, and whom to believe."""

from __future__ import annotations

from pathlib import Path

import pytest
from signing import Key


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of everybody's keys."""
    return tmp_path_factory.mktemp("keys")


@pytest.fixture
def ada(keys: Path) -> Key:
    """Who is trusted."""
    return Key(keys, "ada")


@pytest.fixture
def mallory(keys: Path) -> Key:
    """Who is not."""
    return Key(keys, "mallory")


@pytest.fixture
def signers(tmp_path: Path, ada: Key) -> Path:
    """A file that lists ada alone, beside the registry."""
    path = tmp_path / "allowed_signers"
    path.write_text("# whom production believes\n\n" + ada.line())
    return path
