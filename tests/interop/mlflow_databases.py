"""Fixtures: databases of MLflow. Making one takes MLflow ten seconds, so one is made and copied."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from mlflow_support import Mlflow

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")


@pytest.fixture(autouse=True)
def _mlflow_where_it_is_needed(request: pytest.FixtureRequest) -> None:
    """What is marked `mlflow` is skipped where MLflow is not installed."""
    if request.node.get_closest_marker("mlflow"):
        pytest.importorskip("mlflow")


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database of MLflow; only to be copied."""
    pytest.importorskip("mlflow")
    path = tmp_path_factory.mktemp("mlflow") / "empty.db"
    from promptgit.interop.mlflow.connection import Connection

    list(Connection(f"sqlite:///{path}", creates=True).prompts())
    return path


@pytest.fixture
def mlflow(empty_database: Path, tmp_path: Path) -> Mlflow:
    """MLflow with an empty registry."""
    return Mlflow(Path(shutil.copy(empty_database, tmp_path / "mlflow.db")))


@pytest.fixture
def other(empty_database: Path, tmp_path: Path) -> Mlflow:
    """Another one."""
    return Mlflow(Path(shutil.copy(empty_database, tmp_path / "other.db")))
