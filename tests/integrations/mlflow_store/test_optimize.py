"""`mlflow.genai.optimize_prompts`, on SQLite and on promptgit: what it registers and what its run tells are the same."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from mlflow_sdk import Sdk, error_of, settle
from support import Git

from promptgit import Registry

pytest_plugins = ["mlflow_stores"]
pytestmark = [pytest.mark.mlflow, pytest.mark.filterwarnings("ignore")]

REFUNDS = "Answer about refunds: {{question}}"
TRIAGE = [{"role": "system", "content": "Name the team."}, {"role": "user", "content": "{{question}}"}]
CONFIG = {"provider": "openai", "model_name": "gpt-5", "temperature": 0.2}
ANSWER = {"type": "object", "properties": {"answer": {"type": "string"}}}
KIND = "Be kind. "
TRAINING = [
    {"inputs": {"question": "Where is my money?"}, "expectations": {"expected_response": KIND}},
    {"inputs": {"question": "How long does it take?"}, "expectations": {"expected_response": KIND}},
]

Templates = dict[str, str]


@pytest.fixture(autouse=True)
def no_experiment(monkeypatch: pytest.MonkeyPatch) -> None:
    """`set_experiment` writes to the environment: whatever a test sets there ends with it."""
    monkeypatch.setenv("MLFLOW_EXPERIMENT_ID", "0")


def optimizer(improve: Callable[[Templates], Templates]) -> Any:
    """An optimizer that scores the templates before and after one change."""
    base: Any = importlib.import_module("mlflow.genai.optimize.optimizers").BasePromptOptimizer
    types: Any = importlib.import_module("mlflow.genai.optimize.types")

    class OneChange(base):  # type: ignore[misc]  # mypy does not see MLflow
        def optimize(
            self, eval_fn: Any, train_data: Any, target_prompts: Templates, enable_tracking: bool = True
        ) -> Any:
            def score(templates: Templates) -> float | None:
                if not train_data:
                    return None
                return sum(float(record.score) for record in eval_fn(templates, train_data)) / len(train_data)

            better = improve(target_prompts)
            return types.PromptOptimizerOutput(better, score(target_prompts), score(better))

    return OneChange()


def kindly(templates: Templates) -> Templates:
    """Each text, and each system message, begins with kindness."""
    return {
        name: text.replace('"Name', f'"{KIND}Name') if text.startswith("[") else KIND + text
        for name, text in templates.items()
    }


def optimize(sdk: Sdk, uris: list[str], improve: Callable[[Templates], Templates] = kindly, **options: Any) -> Any:
    """What `optimize_prompts` makes of prompts that answer each question of the training data."""
    genai = sdk.genai

    @genai.scorer  # type: ignore[untyped-decorator]
    def kindness(outputs: str, expectations: dict[str, str]) -> float:
        return float(expectations["expected_response"] in outputs)

    def predict(question: str) -> str:
        return "\n".join(json.dumps(genai.load_prompt(uri).format(question=question)) for uri in uris)

    given = {"train_data": TRAINING, "scorers": [kindness], **options}
    result = genai.optimize_prompts(predict_fn=predict, prompt_uris=uris, optimizer=optimizer(improve), **given)
    settle()
    return result


def told(version: Any) -> dict[str, Any]:
    """What a version is in both registries: on promptgit it has its commit as a tag besides."""
    keys = ("name", "version", "template", "model_config", "response_format", "commit_message", "aliases")
    tags = {key: value for key, value in version.tags.items() if key != "promptgit.commit"}
    return {key: getattr(version, key) for key in keys} | {"tags": tags}


def register(sdk: Sdk) -> list[str]:
    """Two prompts with all that a version has, asked for by an alias and as the latest one."""
    options = {"response_format": ANSWER, "model_config": CONFIG}
    sdk.genai.register_prompt("support.refunds", REFUNDS, "First form", tags={"team": "billing"}, **options)
    sdk.genai.register_prompt("support.triage", TRIAGE, "First form")
    sdk.genai.set_prompt_alias("support.refunds", "production", 1)
    settle()
    return ["prompts:/support.refunds@production", "prompts:/support.triage@latest"]


def versions(sdk: Sdk) -> list[dict[str, Any]]:
    """Every version of the two prompts."""
    found = [
        sdk.load(name, version=version.version)
        for name in ("support.refunds", "support.triage")
        for version in sdk.client.search_prompt_versions(name)
    ]
    return [told(version) for version in found]


def in_a_run(sdk: Sdk) -> dict[str, Any]:
    """Optimize both prompts in a run of an experiment of their own; all that can be seen afterwards."""
    mlflow = sdk.mlflow
    experiment = mlflow.set_experiment(f"kindness on {sdk.uri.partition(':')[0]}").experiment_id
    uris = register(sdk)
    with mlflow.start_run() as active:
        result = optimize(sdk, uris)
    run = mlflow.get_run(active.info.run_id)
    traces = mlflow.search_traces(locations=[experiment], return_type="list")
    return {
        "result": [told(version) for version in result.optimized_prompts],
        "scores": (result.optimizer_name, result.initial_eval_score, result.final_eval_score),
        "versions": versions(sdk),
        "linked": json.loads(run.data.tags["mlflow.linkedPrompts"]),
        "params": run.data.params,
        "metrics": run.data.metrics,
        "inputs": [one.dataset.name for one in run.inputs.dataset_inputs],
        "traces": sorted(trace.info.tags.get("mlflow.linkedPrompts", "") for trace in traces),
        "page": sorted(one.name for one in sdk.client.search_prompts(f"experiment_id = '{experiment}'")),
        "production": sdk.load("prompts:/support.refunds@production").version,
    }


def test_the_outcome_is_that_of_mlflow(theirs: Sdk, sdk: Sdk) -> None:
    seen = in_a_run(sdk)
    assert seen == in_a_run(theirs)
    refunds, triage = seen["result"]
    assert (refunds["version"], refunds["template"]) == (2, KIND + REFUNDS)
    assert (refunds["model_config"], refunds["tags"], refunds["commit_message"]) == (CONFIG, {}, None)
    assert triage["template"] == [{"role": "system", "content": f"{KIND}Name the team."}, TRIAGE[1]]
    assert seen["scores"] == ("OneChange", 0.0, 1.0)
    assert seen["metrics"] == {"initial_eval_score": 0.0, "final_eval_score": 1.0}
    names = [link["name"] for link in seen["linked"]]
    assert sorted(set(names)) == seen["page"] == ["support.refunds", "support.triage"]
    assert {"name": "support.refunds", "version": "2"} in seen["linked"]
    assert seen["production"] == 1
    used = [{"name": "support.refunds", "version": "1"}, {"name": "support.triage", "version": "1"}]
    assert [json.loads(trace) for trace in seen["traces"]] == [used] * 2 * len(TRAINING)


def test_each_result_is_one_commit_that_leaves_the_alias_alone(sdk: Sdk, git: Git) -> None:
    uris = register(sdk)
    before = git("rev-parse", "HEAD")
    optimize(sdk, uris)
    assert git("log", "--format=%s", "--reverse", f"{before}..").splitlines() == [
        "support.refunds: version 2",
        "support.triage: version 2",
    ]
    changed = git("diff", "--name-status", before).splitlines()
    assert changed == ["A\tprompts/support/refunds/2.yaml", "A\tprompts/support/triage/2.yaml"]
    ours = Registry(git.path).load("support.refunds")
    assert (ours.version, ours.template, ours.model_config) == (2, KIND + REFUNDS, CONFIG)
    git.assert_sound()


def test_what_runs_before_the_result_writes_nothing_to_git(sdk: Sdk, git: Git) -> None:
    uris = register(sdk)
    before = git("rev-parse", "HEAD")
    seen = []

    def watched(templates: Templates) -> Templates:
        settle()
        seen.append(git("rev-parse", "HEAD"))
        raise RuntimeError("no budget left")

    with pytest.raises(RuntimeError, match="no budget left"):
        optimize(sdk, uris, watched)
    assert [*seen, git("rev-parse", "HEAD")] == [before, before]
    assert git("status", "--porcelain", "--ignored") == ""


def test_the_same_template_again_is_the_same_in_both(theirs: Sdk, sdk: Sdk) -> None:
    def unchanged(store: Sdk) -> list[dict[str, Any]]:
        return [told(version) for version in optimize(store, register(store), dict).optimized_prompts]

    made = unchanged(sdk)
    assert made == unchanged(theirs)
    assert [version["version"] for version in made] == [2, 2]


@pytest.mark.parametrize("options", [{"enable_tracking": False}, {"train_data": [], "scorers": None}])
def test_without_tracking_or_examples_it_is_the_same_in_both(theirs: Sdk, sdk: Sdk, options: dict[str, Any]) -> None:
    def outcome(store: Sdk) -> Any:
        uris = register(store)
        with store.mlflow.start_run() as active:
            optimize(store, uris, **options)
        run = store.mlflow.get_run(active.info.run_id)
        return versions(store), run.data.params, run.data.metrics, run.data.tags.get("mlflow.linkedPrompts")

    assert outcome(sdk) == outcome(theirs)


def test_messages_that_the_optimizer_broke_are_refused_as_by_mlflow(theirs: Sdk, sdk: Sdk) -> None:
    def broken(templates: Templates) -> Templates:
        return {name: text[:-1] for name, text in templates.items()}

    def outcome(store: Sdk) -> Any:
        error = error_of(optimize, store, register(store)[1:], broken, train_data=[], scorers=None)
        return error.error_code, error.message, versions(store)

    assert outcome(sdk) == outcome(theirs)


def test_a_result_that_the_policies_forbid_is_refused_with_the_reason(sdk: Sdk, git: Git) -> None:
    uris = register(sdk)
    policies = "policies:\n  models: {allowed: ['anthropic/*']}\n"
    config = git.path / "promptgit.yaml"
    config.write_text(config.read_text() + policies)
    git("commit", "-qam", "Only models of one provider")
    before = git("rev-parse", "HEAD")
    error = error_of(optimize, sdk, uris[:1])
    assert error.error_code == "PERMISSION_DENIED"
    assert "the model gpt-5 is not allowed" in error.message
    assert git("rev-parse", "HEAD") == before
