"""The real MLflow, with its registry on a promptgit registry and, beside it, on SQLite."""

from __future__ import annotations

import importlib
import logging
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from mlflow_sdk import Sdk, settle
from support import Git, git_init


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database as MLflow makes it, which takes seconds, to be copied."""
    pytest.importorskip("mlflow.genai")
    path = tmp_path_factory.mktemp("mlflow") / "empty.db"
    utils = importlib.import_module("mlflow.tracking._tracking_service.utils")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(path.parent)  # where it makes a folder for artifacts
        utils._get_store(f"sqlite:///{path}").search_experiments()
    return path


@pytest.fixture
def tracking_uri(empty_database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """MLflow's tracking store for one test."""
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    monkeypatch.setenv("MLFLOW_ENABLE_ASYNC_TRACE_LOGGING", "false")
    monkeypatch.delenv("MLFLOW_EXPERIMENT_ID", raising=False)
    monkeypatch.setattr(importlib.import_module("mlflow.tracking.fluent"), "_active_experiment_id", None)
    monkeypatch.chdir(tmp_path)
    shutil.copy(empty_database, tmp_path / "mlflow.db")
    return f"sqlite:///{tmp_path}/mlflow.db"


@pytest.fixture
def quiet() -> Iterator[None]:
    """MLflow's client tells of every prompt; it is not what is tested."""
    logger = logging.getLogger("mlflow")
    before = logger.level
    logger.setLevel(logging.ERROR)
    yield
    logger.setLevel(before)


@pytest.fixture
def sdk(git: Git, tracking_uri: str, quiet: None) -> Iterator[Sdk]:
    """MLflow on a promptgit registry."""
    sdk = Sdk(f"promptgit://{git.path}", tracking_uri)
    yield sdk
    settle()
    sdk.mlflow.set_registry_uri(tracking_uri)


@pytest.fixture
def theirs(tracking_uri: str, quiet: None) -> Iterator[Sdk]:
    """MLflow as it is, on SQLite."""
    yield Sdk(tracking_uri, tracking_uri)
    settle()


@pytest.fixture
def policed(tmp_path: Path) -> Git:
    """A registry with policies."""
    config = "format: 1\npolicies:\n  aliases:\n    production: {protected: true}\n  reserved_tags: [billing.*]\n"
    return git_init(tmp_path / "policed", config=config)
