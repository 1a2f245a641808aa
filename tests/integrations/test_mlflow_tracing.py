"""Links to MLflow, with the real MLflow on a SQLite store: the same marks as its own load leaves, and no harm."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from promptgit import Registry, observers
from promptgit.errors import PromptGitError
from promptgit.integrations import mlflow_tracing
from promptgit.integrations.mlflow_tracing import Link, RunLinks

URI = "prompts:/support.refunds@production"
REFUNDS_1 = {"name": "support.refunds", "version": "1"}
REFUNDS_2 = {"name": "support.refunds", "version": "2"}


def needs_mlflow(test: Any) -> Any:
    """Mark a test that runs where MLflow is installed. What MLflow's dependencies warn of is its own affair."""
    return pytest.mark.mlflow(pytest.mark.filterwarnings("ignore")(test))


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URI of a store for all tests here: to make one takes MLflow seconds."""
    pytest.importorskip("mlflow.tracing")
    return f"sqlite:///{tmp_path_factory.mktemp('mlflow')}/mlflow.db"


@pytest.fixture(autouse=True)
def nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """No observer of another test listens, and nothing has started by itself."""
    monkeypatch.setattr(observers, "loads", [])
    monkeypatch.setattr(mlflow_tracing, "_end", None)


@pytest.fixture
def mlflow(store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """MLflow, and loads linked to it."""
    module: Any = importlib.import_module("mlflow")
    monkeypatch.setenv("MLFLOW_ENABLE_ASYNC_TRACE_LOGGING", "false")
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    monkeypatch.chdir(tmp_path)
    module.set_tracking_uri(store)
    module.set_registry_uri(store)
    module.set_experiment(tmp_path.name)
    monkeypatch.setattr(mlflow_tracing, "runs", RunLinks(mlflow_tracing.write_links))
    end = mlflow_tracing.instrument()
    yield module
    mlflow_tracing.runs.flush()
    end()


def tag_of_run(mlflow: Any, run_id: str) -> Any:
    mlflow_tracing.runs.flush()
    return json.loads(mlflow.get_run(run_id).data.tags.get("mlflow.linkedPrompts", "null"))


def tag_of_trace(mlflow: Any, trace_id: str) -> Any:
    return json.loads(mlflow.get_trace(trace_id).info.tags.get("mlflow.linkedPrompts", "null"))


# --- traces -------------------------------------------------------------------------------------------------------------


@needs_mlflow
def test_a_load_in_a_trace_is_named_by_span_and_trace(refunds: Registry, mlflow: Any) -> None:
    with mlflow.start_span("answer") as root:
        with mlflow.start_span("prompt"):
            refunds.load(URI)
            refunds.load(URI)
        with mlflow.start_span("other"):
            refunds.load("support.refunds/2")
    trace = mlflow.get_trace(root.trace_id)
    found = {span.name: span.get_attribute("mlflow.linkedPrompts") for span in trace.data.spans}
    assert found["answer"] is None
    assert found["prompt"] == [REFUNDS_1]
    assert found["other"] == [REFUNDS_2]
    assert tag_of_trace(mlflow, root.trace_id) == [REFUNDS_1, REFUNDS_2]


@needs_mlflow
def test_it_leaves_what_mlflows_own_load_leaves(refunds: Registry, mlflow: Any) -> None:
    mlflow.genai.register_prompt("support.refunds", "Answer briefly: {{question}}")

    marks = []
    for load, uri in ((refunds.load, URI), (mlflow.genai.load_prompt, "prompts:/support.refunds/1")):
        with mlflow.start_run() as run, mlflow.start_span("answer") as span:
            load(uri)
        mlflow_tracing.runs.flush()
        trace = mlflow.get_trace(span.trace_id)
        found = trace.data.spans[0].get_attribute("mlflow.linkedPrompts")
        tags = trace.info.tags, mlflow.get_run(run.info.run_id).data.tags
        marks.append((found, *(tag["mlflow.linkedPrompts"] for tag in tags)))
    assert marks[0] == marks[1]


@needs_mlflow
def test_both_registries_may_be_loaded_from_in_one_trace(refunds: Registry, mlflow: Any) -> None:
    mlflow.genai.register_prompt("support.tone", "Write {{language}}.")
    with mlflow.start_span("answer") as span:
        mlflow.genai.load_prompt("prompts:/support.tone/1")
        refunds.load(URI)
    assert tag_of_trace(mlflow, span.trace_id) == [{"name": "support.tone", "version": "1"}, REFUNDS_1]


@needs_mlflow
def test_a_load_outside_of_traces_and_runs_leaves_nothing(refunds: Registry, mlflow: Any) -> None:
    refunds.load(URI)
    assert mlflow_tracing.runs.idle
    assert mlflow.search_traces(return_type="list") == []


@needs_mlflow
def test_a_fallback_is_not_linked(refunds: Registry, mlflow: Any) -> None:
    with mlflow.start_run() as run, mlflow.start_span("answer") as span:
        refunds.load("support.returns", fallback="Answer: {{question}}")
    assert tag_of_trace(mlflow, span.trace_id) is None
    assert tag_of_run(mlflow, run.info.run_id) is None


# --- runs ---------------------------------------------------------------------------------------------------------------


@needs_mlflow
def test_a_load_in_a_run_is_named_by_its_tag(refunds: Registry, mlflow: Any) -> None:
    with mlflow.start_run() as run:
        for _ in range(3):
            refunds.load(URI)
        refunds.load("support.refunds/2")
    assert tag_of_run(mlflow, run.info.run_id) == [REFUNDS_1, REFUNDS_2]
    with mlflow.start_run() as other:
        refunds.load("support.refunds/2")
    assert tag_of_run(mlflow, other.info.run_id) == [REFUNDS_2]


@needs_mlflow
def test_the_run_of_another_thread_counts_as_with_mlflow(refunds: Registry, mlflow: Any) -> None:
    with mlflow.start_run() as run:
        worker = threading.Thread(target=refunds.load, args=(URI,))
        worker.start()
        worker.join()
    assert tag_of_run(mlflow, run.info.run_id) == [REFUNDS_1]


@needs_mlflow
def test_a_link_is_added_to_those_that_a_run_has(refunds: Registry, mlflow: Any) -> None:
    there = [{"name": "support.tone", "version": "7"}]
    with mlflow.start_run(tags={"mlflow.linkedPrompts": json.dumps(there)}) as run:
        refunds.load(URI)
    assert tag_of_run(mlflow, run.info.run_id) == [*there, REFUNDS_1]


@needs_mlflow
def test_a_run_that_cannot_be_written_does_not_break_a_load(
    refunds: Registry, mlflow: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with mlflow.start_run() as run:
        mlflow.delete_run(run.info.run_id)
        assert refunds.load(URI).version == 1
        mlflow_tracing.runs.flush()
        assert refunds.load(URI).version == 1
        mlflow.MlflowClient().restore_run(run.info.run_id)
    assert "an observer failed (1 times so far)" in caplog.text


def prompts_of(run: str, count: int, uri: str = "sqlite:///mlflow.db") -> list[Link]:
    return [Link(tracking_uri=uri, run_id=run, name="support.refunds", version=str(n)) for n in range(1, count + 1)]


def test_links_are_written_once_and_together_by_run(refunds: Registry) -> None:
    begun, go_on = threading.Event(), threading.Event()
    written: list[list[Link]] = []

    def write(links: list[Link]) -> None:
        written.append(links)
        begun.set()
        assert go_on.wait(30)

    links = RunLinks(write)
    first, second = refunds.load("support.refunds/1"), refunds.load("support.refunds/2")
    links.add("run-a", first, lambda: "sqlite:///mlflow.db")
    assert begun.wait(30)
    for run in ("run-a", "run-b", "run-b"):
        links.add(run, first, lambda: "sqlite:///mlflow.db")
        links.add(run, second, lambda: "sqlite:///mlflow.db")
    assert not links.idle
    go_on.set()
    links.flush()
    assert written == [prompts_of("run-a", 1), prompts_of("run-a", 2)[1:], prompts_of("run-b", 2)]
    assert links.idle, "no thread stays"


def test_a_tracking_server_that_hangs_fills_no_memory(refunds: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mlflow_tracing, "MAX_WAITING", 3)
    begun, go_on = threading.Event(), threading.Event()
    written: list[Link] = []

    def hang(links: list[Link]) -> None:
        begun.set()
        assert go_on.wait(30)
        written.extend(links)

    links, prompt = RunLinks(hang), refunds.load(URI)
    links.add("run-0", prompt, str)
    assert begun.wait(30)
    for number in range(1, 4):
        links.add(f"run-{number}", prompt, str)
    with pytest.raises(PromptGitError, match="3 links wait already"):
        links.add("run-4", prompt, str)
    go_on.set()
    links.flush()
    links.add("run-4", prompt, str)
    links.flush()
    assert [link.run_id for link in written] == [f"run-{number}" for number in range(5)]


def test_what_is_remembered_is_bounded(refunds: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mlflow_tracing, "MAX_REMEMBERED", 2)
    written: list[str] = []
    links, prompt = RunLinks(lambda found: written.extend(link.run_id for link in found)), refunds.load(URI)
    for run in ("run-1", "run-2", "run-3", "run-3", "run-1"):
        links.add(run, prompt, str)
        links.flush()
    assert written == ["run-1", "run-2", "run-3", "run-1"]


def test_a_forked_child_writes_only_its_own_links(refunds: Registry) -> None:
    begun, go_on = threading.Event(), threading.Event()
    written: list[Link] = []

    def write(links: list[Link]) -> None:
        begun.set()
        go_on.wait(30)
        written.extend(links)

    links, prompt = RunLinks(write), refunds.load(URI)
    links.add("run-of-parent", prompt, str)
    assert begun.wait(30)
    links.add("waits-in-parent", prompt, str)
    child = os.fork()
    if not child:
        links.forked()
        go_on.set()
        links.add("run-of-child", prompt, str)
        links.flush()
        os._exit([link.run_id for link in written] != ["run-of-child"])
    assert os.waitpid(child, 0)[1] == 0
    go_on.set()
    links.flush()
    assert [link.run_id for link in written] == ["run-of-parent", "waits-in-parent"]


# --- starting and ending ------------------------------------------------------------------------------------------------


def run(code: str, folder: Path, **env: str) -> str:
    """A process of its own, as MLflow stays in the one that has imported it."""
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "MLFLOW_DISABLE_TELEMETRY": "true", **env}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=folder, env=env, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@needs_mlflow
def test_it_starts_by_itself_where_mlflow_is_imported(
    refunds: Registry, mlflow: Any, tmp_path: Path, store: str
) -> None:
    code = f"""
import mlflow
from promptgit import Registry, observers
mlflow.set_tracking_uri({store!r})
mlflow.set_experiment("batch")
with mlflow.start_run() as run:
    observers.autostart()
    Registry({refunds.path!r}).load({URI!r})
print(run.info.run_id)
"""
    assert tag_of_run(mlflow, run(code, tmp_path)) == [REFUNDS_1], "written before the process ended"


@pytest.mark.parametrize("setting", ["0", "off", "False", " no "])
def test_it_can_be_told_not_to(monkeypatch: pytest.MonkeyPatch, setting: str) -> None:
    monkeypatch.setenv("PROMPTGIT_MLFLOW_LINK", setting)
    monkeypatch.setattr(mlflow_tracing, "instrument", lambda: pytest.fail("it started"))
    mlflow_tracing.autolink()


@needs_mlflow
def test_it_can_be_ended(refunds: Registry, mlflow: Any) -> None:
    assert mlflow_tracing.instrument() is mlflow_tracing.instrument()
    mlflow_tracing.instrument()()
    assert observers.loads == []
    with mlflow.start_span("answer") as span:
        refunds.load(URI)
    assert tag_of_trace(mlflow, span.trace_id) is None


def test_without_mlflow_it_says_so_and_by_itself_only_warns(tmp_path: Path) -> None:
    code = """
import logging, sys
sys.modules["mlflow"] = None
logging.basicConfig(stream=sys.stdout, format="%(message)s")
from promptgit.errors import PromptGitError
from promptgit.integrations import mlflow_tracing
mlflow_tracing.autolink()
try:
    mlflow_tracing.instrument()
except PromptGitError as error:
    print(error.hint)
"""
    told, *_, hint = run(code, tmp_path).splitlines()
    assert told.startswith("prompts are not linked to MLflow traces and runs: no MLflow that links prompts:")
    assert hint == "pip install 'mlflow>=3.17'"
