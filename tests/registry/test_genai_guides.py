"""Code of MLflow's guides, old and new, runs after a change of the import line."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import Git

import promptgit
from promptgit import Registry, api, genai
from promptgit.errors import (
    ImmutableVersionError,
    InvalidReferenceError,
    PromptGitError,
    PromptNotFoundError,
    RegistryNotFoundError,
)


@pytest.fixture
def default(registry: Registry) -> Registry:
    promptgit.set_registry(registry)
    return registry


def test_an_older_guide_runs(default: Registry) -> None:
    """As in the guides of 2024 and 2025; `mlflow` stands for what is imported in its place."""
    mlflow = promptgit
    mlflow.genai.log_prompt(
        prompt="Summarise this in {num_sentences} sentences: {content}",
        artifact_path="prompt",
        registered_model_name="summarisation",
    )
    mlflow.genai.log_prompt(prompt="In {num_sentences}: {content}", registered_model_name="summarisation")
    client = mlflow.MlflowClient()
    client.set_registered_model_alias(name="summarisation", alias="production", version="2")
    for uri in (
        "prompts:/summarisation/production",
        "prompts:/summarisation/latest",
        "prompts:/summarisation@production",
    ):
        prompt = mlflow.genai.load_prompt(uri)
        assert prompt.format(num_sentences=2, content="{a} {{b}}") == "In 2: {a} {{b}}"
    client.set_registered_model_alias("summarisation", "production", "1")
    assert mlflow.genai.load_prompt("prompts:/summarisation/production").version == 1
    assert client.get_model_version_by_alias("summarisation", "production").version == 1
    client.delete_registered_model_alias("summarisation", "production")
    client.delete_registered_model_alias("summarisation", "production")


def test_todays_guide_runs(default: Registry) -> None:
    prompt = genai.register_prompt(
        name="qa",
        template=[
            {"role": "system", "content": "You are {{style}}."},
            {"role": "user", "content": "{{question}}"},
        ],
        commit_message="First",
        tags={"author": "ada@example.com"},
        response_format={"type": "object"},
        model_config={"model_name": "gpt-5", "temperature": 0.5},
    )
    assert prompt.version == 1
    genai.set_prompt_alias("qa", alias="production", version=1)
    loaded = genai.load_prompt("prompts:/qa@production")
    assert loaded.format(style="kind", question="Why?")[0] == {"role": "system", "content": "You are kind."}
    partial = loaded.format(allow_partial=True, style="{{question}}")
    assert partial.format(question="Why?")[0]["content"] == "You are {{question}}."
    assert genai.load_prompt("qa", version=1) == loaded
    assert genai.load_prompt("qa", version=9, allow_missing=True) is None
    genai.set_prompt_tag("qa", "team", "support")
    assert genai.get_prompt_tags("qa") == {"team": "support"}
    assert [found.name for found in genai.search_prompts("tags.team = 'support'")] == ["qa"]
    genai.set_prompt_version_tag("qa", "1", "reviewed", "yes")
    assert genai.load_prompt("qa").tags == {"author": "ada@example.com", "reviewed": "yes"}
    genai.delete_prompt_version_tag("qa", 1, "reviewed")
    genai.delete_prompt_tag("qa", "team")
    genai.delete_prompt_alias("qa", "production")
    genai.delete_prompt_version("qa", 1)
    assert genai.load_prompt("qa", allow_missing=True) is None


def test_the_client_has_the_prompt_methods_of_mlflows(default: Registry) -> None:
    client = genai.MlflowClient()
    assert client.get_prompt("faq") is None
    assert client.create_prompt("faq", description="Answers", tags={"team": "a"}).description == "Answers"
    for text in ("one", "two"):
        client.register_prompt("faq", text)
    client.set_prompt_alias("faq", "production", 1)
    assert client.get_prompt_version("faq", "2").template == "two"  # type: ignore[union-attr]
    assert client.get_prompt_version("faq", 3) is None
    assert client.get_prompt_version_by_alias("faq", "production").version == 1  # type: ignore[union-attr]
    assert [version.version for version in client.search_prompt_versions("faq")] == [2, 1]
    client.delete_prompt_alias("faq", "production")
    client.delete_prompt("faq")
    assert client.get_prompt("faq") is None


def test_the_plugins_uris_open_a_registry_without_mlflow_too(refunds: Registry) -> None:
    uri = "prompts:/support.refunds/1"
    promptgit.set_registry_uri(f"promptgit://{refunds.path}?branch=main")
    assert genai.load_prompt(uri).resolved_at == refunds.at("HEAD").commit
    promptgit.set_registry_uri(f"promptgit+file://{refunds.path}")
    assert genai.load_prompt(uri).version == 1
    promptgit.get_registry().close()
    promptgit.set_registry_uri(refunds.path)
    assert genai.load_prompt(uri).resolved_at is None
    assert genai.MlflowClient(registry_uri=f"promptgit://{refunds.path}").get_prompt("support.refunds") is not None
    with pytest.raises(InvalidReferenceError, match="three slashes"):
        promptgit.set_registry_uri("promptgit:relative")


def test_results_come_in_pages_that_fit_together(default: Registry) -> None:
    for name in ("triage.mail", "triage.chat", "triage.calls"):
        genai.register_prompt(name, f"Which team answers this? ({name}) {{{{message}}}}")
    for number in range(2, 5):
        genai.register_prompt("triage.mail", f"Which of {number} teams answers this? {{{{message}}}}")
    client = genai.MlflowClient()
    names: list[str] = []
    token = None
    while True:
        page = client.search_prompts("name LIKE 'triage.%'", max_results=2, page_token=token)
        names += [prompt.name for prompt in page]
        token = page.token
        if token is None:
            break
    assert sorted(names) == ["triage.calls", "triage.chat", "triage.mail"]
    first = client.search_prompt_versions("triage.mail", max_results=3)
    rest = client.search_prompt_versions("triage.mail", max_results=3, page_token=first.token)
    assert [prompt.version for prompt in first] == [4, 3, 2]
    assert [prompt.version for prompt in rest] == [1]
    assert rest.token is None


@pytest.mark.parametrize(("most", "token"), [(0, None), (-1, None), (1, "x"), (1, "-1"), (1, "²")])
def test_what_is_no_page_is_refused(default: Registry, most: int, token: str | None) -> None:
    with pytest.raises(InvalidReferenceError):
        genai.MlflowClient().search_prompts(max_results=most, page_token=token)


def test_changing_the_model_config_of_a_version_is_refused(default: Registry) -> None:
    genai.register_prompt("a", "x")
    with pytest.raises(ImmutableVersionError, match="Register a new version"):
        genai.set_prompt_model_config("a", 1, {"temperature": 1})


@pytest.mark.parametrize("version", ["x", 0, True, "01", None])
def test_what_is_no_version_number_is_refused(default: Registry, version: object) -> None:
    with pytest.raises(PromptGitError, match="positive whole number"):
        genai.set_prompt_version_tag("a", version, "k", "v")  # type: ignore[arg-type]


def test_the_default_registry_is_the_one_of_the_environment(
    refunds: Registry, git: Git, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RegistryNotFoundError, match="promptgit init"):
        promptgit.load_prompt("support.refunds")
    monkeypatch.setenv("PROMPTGIT_REGISTRY", str(git.path))
    monkeypatch.setenv("PROMPTGIT_REV", "HEAD~1")
    assert promptgit.load_prompt("support.refunds").version == 3
    with pytest.raises(PromptGitError, match="no alias production"):
        promptgit.load_prompt("support.refunds@production")
    api.set_registry(None)
    monkeypatch.delenv("PROMPTGIT_REV")
    assert promptgit.load_prompt("support.refunds@production").version == 1


def test_the_default_registry_is_found_upwards_from_the_current_folder(
    refunds: Registry, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(git.path / "prompts/support")
    assert promptgit.load_prompt("support.refunds").version == 3
    with pytest.raises(PromptNotFoundError):
        promptgit.load_prompt("nothing")
