"""Which experiments, runs, traces and models use a prompt: kept outside of Git, answered all the same."""

from __future__ import annotations

import json
import multiprocessing
from pathlib import Path
from typing import Any

import pytest
from mlflow_sdk import Sdk, error_of, settle
from support import Git

pytest_plugins = ["mlflow_stores"]
pytestmark = [pytest.mark.mlflow, pytest.mark.filterwarnings("ignore")]

QUESTION = "Answer {{question}}"
LINKED = [{"name": "faq", "version": "1"}]
KEY = "_mlflow_experiment_ids"


@pytest.fixture(autouse=True)
def no_experiment(monkeypatch: pytest.MonkeyPatch) -> None:
    """`set_experiment` writes to the environment: whatever a test sets there ends with it."""
    monkeypatch.setenv("MLFLOW_EXPERIMENT_ID", "0")


def test_a_load_writes_nothing_to_git(sdk: Sdk, git: Git) -> None:
    sdk.genai.register_prompt("faq", QUESTION)
    before = git("rev-parse", "HEAD")
    experiment = sdk.mlflow.set_experiment("refunds").experiment_id
    sdk.load("faq")
    settle()
    assert git("rev-parse", "HEAD") == before
    assert git("status", "--porcelain", "--ignored") == ""
    assert sdk.client.get_prompt("faq").tags[KEY] == f",0,{experiment},"


def test_the_experiment_page_finds_its_prompts(sdk: Sdk) -> None:
    mlflow = sdk.mlflow
    for name in ("refunds", "parcels"):
        experiment = mlflow.set_experiment(name).experiment_id
        sdk.genai.register_prompt(name, QUESTION)
        settle()
        for asked in (f"experiment_id = '{experiment}'", f"tags.`{KEY}` ILIKE '%,{experiment},%'"):
            assert [prompt.name for prompt in sdk.client.search_prompts(asked)] == [name]


def test_links_go_with_the_prompt(sdk: Sdk, git: Git) -> None:
    sdk.genai.register_prompt("faq", QUESTION)
    settle()
    store = sdk.client._get_registry_client().store
    store.rename_registered_model("faq", "support.faq")
    assert sdk.client.get_prompt("support.faq").tags[KEY] == ",0,"
    sdk.client.delete_prompt("support.faq")
    assert json.loads((git.path / ".git/promptgit/mlflow-experiments.json").read_text()) == {}


def test_a_link_is_taken_away_as_a_tag(sdk: Sdk) -> None:
    sdk.genai.register_prompt("faq", QUESTION)
    settle()
    sdk.client.delete_prompt_tag("faq", KEY)
    assert KEY not in sdk.client.get_prompt("faq").tags


@pytest.mark.parametrize("damage", ["", "{", "[]", "[" * 100_000, '{"faq": 3}', '{"faq": [3, {}, ""]}'])
def test_a_damaged_file_is_told_anew(sdk: Sdk, git: Git, damage: str) -> None:
    path = git.path / ".git/promptgit/mlflow-experiments.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(damage)
    sdk.genai.register_prompt("faq", QUESTION)
    settle()
    assert sdk.client.get_prompt("faq").tags[KEY] == ",0,"


def test_a_prompt_is_made_renamed_deleted_and_loaded_though_no_link_can_be_written(
    sdk: Sdk, git: Git, caplog: pytest.LogCaptureFixture
) -> None:
    sdk.genai.register_prompt("faq", QUESTION)
    settle()
    path = git.path / ".git/promptgit/mlflow-experiments.json"
    path.with_name(f"{path.name}.lock").unlink()
    path.with_name(f"{path.name}.lock").mkdir()  # for root, too, no file can be opened there
    store = sdk.client._get_registry_client().store
    assert sdk.load("faq").template == QUESTION
    store.rename_registered_model("faq", "support.faq")
    sdk.client.create_prompt("refunds", tags={KEY: ",0,"})
    assert [prompt.name for prompt in sdk.client.search_prompts()] == ["refunds", "support.faq"]
    assert "the experiments of a prompt cannot be written" in caplog.text
    assert error_of(sdk.client.set_prompt_tag, "refunds", KEY, ",0,").error_code == "INTERNAL_ERROR"
    sdk.client.delete_prompt("support.faq")
    assert sdk.client.get_prompt("support.faq") is None


def add(folder: str, worker: int, count: int) -> None:
    from promptgit.integrations.mlflow.linkage import Linkage

    links = Linkage(folder, "")
    for number in range(count):
        links.add("faq", f",{worker * 1000 + number},")


def test_processes_that_link_at_once_lose_nothing(sdk: Sdk, tmp_path: Path) -> None:
    from promptgit.integrations.mlflow.linkage import Linkage

    spawn = multiprocessing.get_context("fork")
    workers = [spawn.Process(target=add, args=(str(tmp_path), worker, 25)) for worker in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    found = (Linkage(str(tmp_path), "").get("faq") or "").strip(",").split(",")
    assert {int(one) for one in found} == {worker * 1000 + number for worker in range(4) for number in range(25)}


def test_runs_traces_and_models_are_linked_by_mlflow(sdk: Sdk) -> None:
    mlflow = sdk.mlflow
    sdk.genai.register_prompt("faq", QUESTION)
    with mlflow.start_run() as run, mlflow.start_span("answer") as span:
        sdk.genai.load_prompt("faq", version=1, cache_ttl_seconds=0)
    settle()
    tag = mlflow.get_run(run.info.run_id).data.tags["mlflow.linkedPrompts"]
    assert json.loads(tag) == LINKED
    assert json.loads(mlflow.get_trace(span.trace_id).info.tags["mlflow.linkedPrompts"]) == LINKED
    model = mlflow.create_external_model(name="support-agent")
    sdk.client.link_prompt_version_to_model("faq", "1", model.model_id)
    linked: Any = mlflow.get_logged_model(model.model_id).tags["mlflow.linkedPrompts"]
    assert json.loads(linked) == LINKED


def test_links_that_are_asked_for_are_those_of_mlflow_and_no_commits(theirs: Sdk, sdk: Sdk, git: Git) -> None:
    def linked(store: Sdk) -> list[Any]:
        client, mlflow = store.client, store.mlflow
        version = client.register_prompt("faq", QUESTION)
        settle()
        with mlflow.start_run() as active, mlflow.start_span("answer") as span:
            pass
        run, trace = active.info.run_id, span.trace_id
        model = mlflow.create_external_model(name="support-agent").model_id
        before = git("rev-parse", "HEAD")
        client.link_prompt_version_to_run(run, version)
        client.link_prompt_version_to_run(run, "prompts:/faq/1")
        client.link_prompt_versions_to_trace([version], trace)
        client.link_prompt_version_to_model("faq", "1", model)
        settle()
        assert git("rev-parse", "HEAD") == before
        found = (mlflow.get_run(run).data, mlflow.get_trace(trace).info, mlflow.get_logged_model(model))
        return [json.loads(one.tags["mlflow.linkedPrompts"]) for one in found]

    assert linked(sdk) == linked(theirs) == [LINKED] * 3
