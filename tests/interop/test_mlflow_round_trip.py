"""MLflow -> promptgit -> MLflow, and promptgit -> MLflow -> promptgit: equal, but for what is listed."""

from __future__ import annotations

import contextlib
import gzip
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mlflow_support import Mlflow, fill
from support import Git, git_init

from promptgit import Registry
from promptgit.interop import open_reader
from promptgit.interop.importing import import_rows
from promptgit.interop.mlflow import reading
from promptgit.interop.mlflow.connection import Connection
from promptgit.interop.mlflow.exporting import export_prompts
from promptgit.interop.mlflow.importing import import_prompts
from promptgit.problems import ERROR

pytest_plugins = ["mlflow_databases"]
pytestmark = pytest.mark.mlflow


@pytest.mark.parametrize("prompts", [9, pytest.param(300, marks=pytest.mark.long)])
def test_what_came_from_mlflow_goes_back_as_it_was(
    registry: Registry, git: Git, mlflow: Mlflow, other: Mlflow, prompts: int
) -> None:
    fill(mlflow, prompts)
    came = import_prompts(registry, mlflow.read())
    assert [str(problem) for problem in came.problems] == []
    went = export_prompts(registry, Connection(other.uri))
    assert [problem.code for problem in went.problems] == ["mlflow-authors"]
    assert other.state() == mlflow.state()
    assert (went.versions, went.prompts, went.aliases) == (came.versions, prompts, came.aliases)
    git.assert_sound()

    again = import_prompts(registry, mlflow.read())
    assert (again.versions, again.aliases, again.problems) == (0, 0, ())
    assert again.skipped == came.versions
    back = export_prompts(registry, Connection(other.uri))
    assert (back.versions, back.placeholders, back.aliases, back.problems) == (0, 0, 0, ())


@pytest.mark.long
def test_a_server_is_read_and_written_as_its_database_is(registry: Registry, mlflow: Mlflow, other: Mlflow) -> None:
    fill(mlflow, 12)
    with serving(mlflow) as uri:
        assert reading.read(Connection(uri)) == mlflow.read()
        import_prompts(registry, reading.read(Connection(uri)))
    with serving(other) as uri:
        export_prompts(registry, Connection(uri))
    assert other.state() == mlflow.state()


@contextlib.contextmanager
def serving(mlflow: Mlflow) -> Iterator[str]:
    """MLflow's server on a database; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    where = ["--backend-store-uri", mlflow.uri, "--port", str(port), "--workers", "1"]
    command = [sys.executable, "-m", "mlflow", "server", *where]
    with subprocess.Popen(command, stderr=subprocess.STDOUT, stdout=subprocess.PIPE, start_new_session=True) as server:
        assert server.stdout is not None
        assert any(b"startup complete" in line for line in server.stdout)
        talk = threading.Thread(target=server.stdout.read)
        talk.start()
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            talk.join()


@pytest.mark.corpus
@pytest.mark.skipif("PROMPTGIT_CORPUS" not in os.environ, reason="PROMPTGIT_CORPUS does not name a folder")
@pytest.mark.parametrize("prompts", [25, pytest.param(400, marks=pytest.mark.long)])
def test_real_prompts_come_back_from_mlflow(registry: Registry, tmp_path: Path, mlflow: Mlflow, prompts: int) -> None:
    for file in sorted(Path(os.environ["PROMPTGIT_CORPUS"]).glob("*.jsonl.gz")):
        with gzip.open(file) as stream:
            import_rows(registry, open_reader("jsonl")(stream, file.name), path=file.name, skip_bad=True)
    names = sorted(registry.prompts(), key=lambda name: (-len(registry.versions(name)), name))[:prompts]
    went = export_prompts(registry, Connection(mlflow.uri), names)
    fresh = Registry(git_init(tmp_path / "fresh").path)
    import_prompts(fresh, mlflow.read())
    refused = {problem.path for problem in went.problems if problem.severity == ERROR}
    losses = {problem.code for problem in went.problems}
    assert losses <= {"mlflow-authors", "mlflow-syntax", "mlflow-version", "mlflow-alias"}
    for name in names:
        for version in registry.versions(name):
            if f"prompts:/{name}/{version}" not in refused:
                assert _content(fresh, name, version) == _content(registry, name, version)
        assert fresh.get(name).description == registry.get(name).description
    assert went.versions == sum(len(fresh.versions(name)) for name in fresh.prompts())


def _content(registry: Registry, name: str, version: int) -> tuple[Any, ...]:
    prompt = registry.load(name, version)
    return prompt.template, prompt.commit_message, prompt.model_config, prompt.response_format, prompt.tags
