"""The store's contract with MLflow, its URIs, its refusals, and what it hands over to a store for models."""

from __future__ import annotations

import base64
import importlib
import inspect
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from mlflow_sdk import Sdk, error_of, settle
from support import Git, git_init

from promptgit import Registry

pytest_plugins = ["mlflow_stores"]
pytestmark = [pytest.mark.mlflow, pytest.mark.filterwarnings("ignore")]

QUESTION = "Answer {{question}}"
BUILT_ON_OTHERS = {
    "create_prompt",
    "create_prompt_version",
    "delete_prompt",
    "delete_prompt_alias",
    "delete_prompt_tag",
    "delete_prompt_version",
    "delete_prompt_version_tag",
    "get_prompt_version",
    "get_prompt_version_by_alias",
    "link_prompt_version_to_model",
    "link_prompt_version_to_run",
    "link_prompts_to_trace",
    "search_prompt_versions",
    "search_prompts",
    "set_prompt_alias",
    "set_prompt_tag",
    "set_prompt_version_tag",
    "supports_workspaces",
}
"""What MLflow's default does with the methods that are answered here."""


@pytest.fixture
def plugin(tracking_uri: str) -> Any:
    """The package's modules by name."""
    return lambda name: importlib.import_module(f"promptgit.integrations.mlflow.{name}")


# --- the contract -----------------------------------------------------------------------------------------------------


def test_no_method_of_mlflows_store_is_forgotten(plugin: Any) -> None:
    abstract = importlib.import_module("mlflow.store.model_registry.abstract_store").AbstractStore
    public = {name for name, _ in inspect.getmembers(abstract) if not name.startswith("_")}
    store = plugin("store").PromptGitStore
    answered = {name for name in public if getattr(store, name) is not getattr(abstract, name)}
    assert public - answered == BUILT_ON_OTHERS
    assert set(plugin("models").HANDED_OVER) <= answered


def test_the_methods_take_what_mlflow_hands_them(plugin: Any) -> None:
    sql = importlib.import_module("mlflow.store.model_registry.sqlalchemy_store").SqlAlchemyStore
    store = plugin("store").PromptGitStore
    for name, method in inspect.getmembers(sql, inspect.isfunction):
        if not name.startswith("_") and hasattr(store, name):
            theirs, ours = (list(inspect.signature(one).parameters) for one in (method, getattr(store, name)))
            assert ours[: len(theirs)] == theirs, name


def test_mlflow_finds_the_store_by_its_entry_point(sdk: Sdk, plugin: Any) -> None:
    assert isinstance(sdk.client._get_registry_client().store, plugin("store").PromptGitStore)


# --- URIs -------------------------------------------------------------------------------------------------------------


def test_a_token_in_a_uri_is_not_shown(plugin: Any, tracking_uri: str) -> None:
    token = "ghp_" + "x" * 36
    for uri in (f"promptgit+https://ada:{token}@host/prompts.git", f"promptgit+https://host/prompts.git?token={token}"):
        error = error_of(plugin("store").PromptGitStore, uri, tracking_uri)
        assert token not in str(error)
        assert error.error_code == "INVALID_PARAMETER_VALUE"


def test_a_missing_registry_is_not_taken_for_a_missing_prompt(tmp_path: Path, tracking_uri: str, quiet: None) -> None:
    sdk = Sdk(f"promptgit://{tmp_path}/nowhere", tracking_uri)
    error = error_of(sdk.load, "faq", allow_missing=True)
    assert (error.error_code, "there is no registry at" in error.message) == ("RESOURCE_CONFLICT", True)


def test_another_branch_is_read_and_written(git: Git, tracking_uri: str, quiet: None) -> None:
    Registry(git.path).register("faq", QUESTION)
    git("branch", "next")
    sdk = Sdk(f"promptgit://{git.path}?branch=next", tracking_uri)
    sdk.genai.register_prompt("faq", "Answer briefly: {{question}}")
    assert (sdk.load("faq").version, Registry(git.path).versions("faq")) == (2, [1])
    assert git("log", "--format=%s", "-1", "next") == "faq: version 2"


def test_a_folder_of_a_bare_repository_is_a_registry(tmp_path: Path, tracking_uri: str, quiet: None) -> None:
    git = git_init(tmp_path / "mono")
    git.commit_file("apps/support/promptgit.yaml", "format: 1\n")
    git("clone", "-q", "--bare", str(git.path), str(tmp_path / "bare.git"))
    sdk = Sdk(f"promptgit://{tmp_path}/bare.git?folder=apps/support", tracking_uri)
    sdk.genai.register_prompt("faq", QUESTION)
    files = Git(tmp_path / "bare.git")("ls-tree", "-r", "--name-only", "HEAD").splitlines()
    assert "apps/support/prompts/faq/1.yaml" in files


def test_a_pinned_registry_is_read_only(git: Git, tracking_uri: str, quiet: None) -> None:
    Registry(git.path).register("faq", QUESTION)
    for uri, code in (
        (f"promptgit://{git.path}?rev={git('rev-parse', 'HEAD')}", "PERMISSION_DENIED"),
        (f"promptgit+file://{git.path}?rev={git('rev-parse', 'HEAD')}", "RESOURCE_CONFLICT"),
    ):
        sdk = Sdk(uri, tracking_uri)
        assert sdk.load("faq").template == QUESTION
        error = error_of(sdk.client.set_prompt_alias, "faq", "production", 1)
        assert (error.error_code, "this registry is pinned" in error.message) == (code, True)


def test_a_remote_is_read_and_written_by_its_url(git: Git, tmp_path: Path, tracking_uri: str, quiet: None) -> None:
    Registry(git.path).register("faq", QUESTION)
    git("clone", "-q", "--bare", str(git.path), str(tmp_path / "remote.git"))
    sdk = Sdk(f"promptgit+file://{tmp_path}/remote.git", tracking_uri)
    made = sdk.genai.register_prompt("faq", "Answer briefly: {{question}}", "Briefer", tags={"mlflow.user": "grace"})
    sdk.genai.set_prompt_alias("faq", "production", made.version)
    assert sdk.load("prompts:/faq@production").version == 2
    shown = Git(tmp_path / "remote.git")(
        "log", "--format=%an: %s", "-2", "--", "prompts/faq/2.yaml", "prompts/faq/aliases.yaml"
    )
    assert shown.splitlines() == ["Ada Lovelace: faq: production new -> 2", "grace: Briefer"]


# --- refusals ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def policed_sdk(policed: Git, tracking_uri: str, quiet: None) -> Sdk:
    """A registry with policies that has a prompt."""
    sdk = Sdk(f"promptgit://{policed.path}", tracking_uri)
    sdk.genai.register_prompt("faq", QUESTION)
    return sdk


def test_policies_hold(policed_sdk: Sdk) -> None:
    client = policed_sdk.client
    for call, said in (
        (lambda: client.set_prompt_alias("faq", "production", 1), "production is protected"),
        (lambda: client.set_prompt_tag("faq", "billing.id", "7"), "billing.id is reserved"),
        (lambda: client.set_prompt_version_tag("faq", 1, "billing.id", "7"), "billing.id is reserved"),
        (lambda: client.register_prompt("faq", QUESTION, tags={"billing.id": "7"}), "billing.id is reserved"),
    ):
        error = error_of(call)
        assert error.error_code == "PERMISSION_DENIED"
        assert said in error.message
    assert policed_sdk.load("faq").version == 1


def test_a_push_that_the_host_refuses_is_told_at_once(git: Git, tmp_path: Path, tracking_uri: str, quiet: None) -> None:
    Registry(git.path).register("faq", QUESTION)
    remote = tmp_path / "remote.git"
    git("clone", "-q", "--bare", str(git.path), str(remote))
    hook = remote / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho only the release team pushes here >&2\nexit 1\n")
    hook.chmod(0o755)
    sdk = Sdk(f"promptgit+file://{remote}", tracking_uri)
    error = error_of(sdk.client.set_prompt_alias, "faq", "production", 1)
    assert (error.error_code, error.get_http_status_code()) == ("PERMISSION_DENIED", 403)
    assert "only the release team pushes here" in error.message


def test_a_registry_that_nobody_can_commit_to_says_what_to_do(
    sdk: Sdk, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    sdk.genai.register_prompt("faq", QUESTION)
    settle()
    git("config", "user.useConfigOnly", "true")
    for key in ("GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL", "GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL"):
        monkeypatch.delenv(key)
    error = error_of(sdk.client.set_prompt_alias, "faq", "production", 1)
    assert (error.error_code, error.get_http_status_code()) == ("PERMISSION_DENIED", 403)
    assert error.message.startswith("git does not know who you are.\nRun: git config --global user.name")
    assert sdk.load("faq").version == 1


def test_a_refusal_is_a_sentence_and_the_way_out_another(policed_sdk: Sdk) -> None:
    client = policed_sdk.client
    for call, lines in (
        (
            lambda: client.set_prompt_alias("faq", "production", 1),
            [
                "production is protected: it moves by reviewed commits alone.",
                "Change prompts/faq/aliases.yaml in a pull request, or have the policy changed.",
            ],
        ),
        (
            lambda: client.set_prompt_version_tag("faq", 1, "billing.id", "7"),
            ["the tag billing.id is reserved for other tools."],
        ),
        (
            lambda: client.create_prompt("support..refunds"),
            [
                "invalid prompt name: a part between dots is empty, in 'support..refunds'.",
                "A name has letters, digits, '_' and '-', in parts joined by dots, such as support.refunds.",
            ],
        ),
        (
            lambda: client.register_prompt("faq", [{"role": "", "content": "When?"}]),
            ["`template[0].role` must not be empty."],
        ),
    ):
        assert error_of(call).message.splitlines() == lines


@pytest.mark.parametrize("name", ["support/refunds", "support/refunds/", "../support.refunds", "support:refunds", ""])
def test_a_prompt_is_reached_by_no_other_name(sdk: Sdk, git: Git, name: str) -> None:
    for tone in ("kindly", "briefly"):
        sdk.genai.register_prompt("support.refunds", f"Answer {tone}: {{{{question}}}}")
    sdk.genai.set_prompt_alias("support.refunds", "production", 1)
    store, before = sdk.client._get_registry_client().store, git("rev-parse", "HEAD")
    tag = importlib.import_module("mlflow.entities.model_registry").ModelVersionTag("team", "billing")
    for call in (
        lambda: store.get_registered_model(name),
        lambda: store.update_registered_model(name, "Refunds"),
        lambda: store.rename_registered_model(name, "refunds"),
        lambda: store.rename_registered_model("support.refunds", name),
        lambda: store.delete_registered_model(name),
        lambda: store.set_registered_model_tag(name, tag),
        lambda: store.delete_registered_model_tag(name, "team"),
        lambda: store.get_model_version(name, 1),
        lambda: store.update_model_version(name, 1, "Refunds"),
        lambda: store.delete_model_version(name, 2),
        lambda: store.set_model_version_tag(name, 1, tag),
        lambda: store.delete_model_version_tag(name, 1, "team"),
        lambda: store.set_registered_model_alias(name, "staging", 1),
        lambda: store.delete_registered_model_alias(name, "production"),
        lambda: store.get_model_version_by_alias(name, "production"),
    ):
        assert error_of(call).error_code == "INVALID_PARAMETER_VALUE"
    assert sdk.client.search_prompts(f"name = '{name}'") == []
    assert git("rev-parse", "HEAD") == before


def test_a_taken_name_is_refused_to_a_rename(sdk: Sdk) -> None:
    for name in ("faq", "refunds"):
        sdk.genai.register_prompt(name, QUESTION)
    store = sdk.client._get_registry_client().store
    assert error_of(store.rename_registered_model, "faq", "refunds").error_code == "RESOURCE_ALREADY_EXISTS"


def test_a_forged_page_token_begins_at_the_first_page(sdk: Sdk) -> None:
    for name in ("faq", "refunds"):
        sdk.genai.register_prompt(name, QUESTION)
    forged = base64.b64encode(json.dumps({"offset": -1}).encode()).decode()
    assert [one.name for one in sdk.client.search_prompts(max_results=1, page_token=forged)] == ["faq"]
    error = error_of(sdk.client.search_prompts, page_token="cmVmdW5kcw==")
    assert error.error_code == "INVALID_PARAMETER_VALUE"


def test_an_order_that_mlflow_does_not_know_is_refused(sdk: Sdk) -> None:
    prompts = "tags.`mlflow.prompt.is_prompt` = 'true'"
    for order in ("tags.team ASC", "run_id ASC", "colour DESC"):
        error = error_of(sdk.client.search_model_versions, prompts, order_by=[order])
        assert error.error_code == "INVALID_PARAMETER_VALUE"


# --- a registry that cannot be read -----------------------------------------------------------------------------------


def test_a_damaged_file_is_told_of_and_not_taken_for_a_missing_prompt(sdk: Sdk, git: Git) -> None:
    sdk.genai.register_prompt("faq", QUESTION)
    git.commit_file("prompts/faq/1.yaml", "template: [\n")
    for call in (
        lambda: sdk.load("faq", allow_missing=True),
        lambda: sdk.client.get_prompt("faq"),
        lambda: sdk.client.search_prompt_versions("faq"),
    ):
        error = error_of(call)
        assert (error.error_code, "prompts/faq/1.yaml:2: " in error.message) == ("RESOURCE_CONFLICT", True)


@pytest.mark.parametrize("damaged", ["prompts/faq/2.yaml", "prompts/faq/prompt.yaml", "prompts/faq/aliases.yaml"])
def test_a_list_names_what_is_damaged_and_shows_the_other_prompts(sdk: Sdk, git: Git, damaged: str) -> None:
    for name in ("faq", "faq", "refunds"):
        sdk.genai.register_prompt(name, QUESTION, tags={"team": "support"})
    sdk.client.set_prompt_tag("faq", "owner", "ada")
    sdk.genai.set_prompt_alias("faq", "production", 1)
    settle()
    before = {found.name: found for found in sdk.client.search_prompts()}
    git.commit_file(damaged, "production: [\n")
    found = {found.name: found for found in sdk.client.search_prompts()}
    assert list(found) == ["faq", "refunds"]
    assert found["refunds"].tags == before["refunds"].tags
    assert found["faq"].tags["promptgit.problem"].startswith(f"{damaged}:2: ")
    assert found["faq"].creation_timestamp == before["faq"].creation_timestamp
    assert ("owner" in found["faq"].tags) is ("prompt.yaml" not in damaged)
    assert [one.name for one in sdk.client.search_prompts("name LIKE 'fa%'")] == ["faq"]
    assert [one.name for one in sdk.client.search_prompts("tags.team = 'support'")] == [
        name for name in found if name == "refunds" or "team" in found["faq"].tags
    ]
    assert sdk.load("prompts:/refunds@latest").version == 1


def test_a_registry_that_went_away_is_told_of(sdk: Sdk, git: Git) -> None:
    sdk.genai.register_prompt("faq", QUESTION)
    settle()
    git.path.rename(git.path.with_name("moved"))
    for call in (
        lambda: sdk.load("faq", allow_missing=True),
        lambda: sdk.client.get_prompt("faq"),
        lambda: sdk.client.search_prompts(),
    ):
        assert error_of(call).error_code == "INTERNAL_ERROR"
    assert error_of(sdk.client.create_prompt, "refunds").error_code == "PERMISSION_DENIED"


def test_a_remote_that_is_not_there_is_told_of(tmp_path: Path, tracking_uri: str, quiet: None) -> None:
    sdk = Sdk(f"promptgit+file://{tmp_path}/nowhere.git", tracking_uri)
    error = error_of(sdk.load, "faq", allow_missing=True)
    assert (error.error_code, "cannot be reached" in error.message) == ("TEMPORARILY_UNAVAILABLE", True)


def test_a_version_is_frozen_and_saying_the_same_again_is_no_change(sdk: Sdk) -> None:
    config = {"model_name": "gpt-5", "temperature": 0.5}
    sdk.genai.register_prompt("faq", QUESTION, model_config=config)
    sdk.genai.set_prompt_model_config("faq", 1, {"temperature": 0.5, "model_name": "gpt-5"})
    error = error_of(sdk.genai.set_prompt_model_config, "faq", 1, {"model_name": "gpt-6"})
    assert "the model_config of version 1 of faq is frozen" in error.message
    assert error_of(sdk.genai.delete_prompt_model_config, "faq", 1).error_code == "PERMISSION_DENIED"
    assert (
        error_of(sdk.client.set_prompt_version_tag, "faq", 1, "promptgit.commit", "0").error_code == "PERMISSION_DENIED"
    )
    assert sdk.load("faq").model_config == config


def test_a_model_configuration_is_set_anew_where_the_policy_allows_it(
    tmp_path: Path, tracking_uri: str, quiet: None
) -> None:
    config = (
        "format: 1\npolicies:\n  model_config: mutable\n  aliases:\n    production: {promoters: [ada@example.com]}\n"
    )
    git = git_init(tmp_path / "mutable", config=config)
    sdk = Sdk(f"promptgit://{git.path}", tracking_uri)
    sdk.genai.register_prompt("faq", QUESTION, model_config={"model_name": "gpt-5"})
    sdk.genai.set_prompt_model_config("faq", 1, {"model_name": "gpt-5", "temperature": 0.5, "seed": 7})
    assert sdk.load("faq").model_config == {"model_name": "gpt-5", "temperature": 0.5, "seed": 7}
    assert Registry(git.path).load("faq").model_config == sdk.load("faq").model_config
    sdk.genai.delete_prompt_model_config("faq", 1)
    sdk.genai.delete_prompt_model_config("faq", 1)
    assert sdk.load("faq").model_config is None
    assert error_of(sdk.client.set_prompt_version_tag, "faq", 1, "_mlflow_prompt_model_config", "[").error_code == (
        "INVALID_PARAMETER_VALUE"
    )
    assert git("log", "-2", "--format=%s").splitlines() == [
        "faq: version 1 model_config removed",
        'faq: version 1 model_config {"model_name": "gpt-5", "temperature": 0.5, "seed": 7}',
    ]


def test_a_prompt_stays_a_prompt(sdk: Sdk) -> None:
    sdk.genai.register_prompt("faq", QUESTION)
    key = "mlflow.prompt.is_prompt"
    sdk.client.set_prompt_tag("faq", key, "true")
    assert error_of(sdk.client.set_prompt_tag, "faq", key, "false").error_code == "PERMISSION_DENIED"
    assert error_of(sdk.client.delete_prompt_tag, "faq", key).error_code == "PERMISSION_DENIED"


def test_a_prompt_has_no_source_but_mlflows_placeholders(sdk: Sdk) -> None:
    store = sdk.client._get_registry_client().store
    tag = importlib.import_module("mlflow.entities.model_registry").ModelVersionTag
    tags = [tag("mlflow.prompt.is_prompt", "true"), tag("mlflow.prompt.text", QUESTION)]
    assert error_of(store.create_model_version, "faq", "/etc/passwd", tags=tags).error_code == "INVALID_PARAMETER_VALUE"
    assert store.create_model_version("faq", "prompt-template", tags=tags).version == 1


def test_errors_of_promptgit_have_codes_of_mlflow(plugin: Any) -> None:
    errors = importlib.import_module("promptgit.errors")
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    assert len(kinds) > 15
    for kind in kinds:
        assert next(code for known, code in plugin("errors")._CODES if issubclass(kind, known))


# --- models -----------------------------------------------------------------------------------------------------------


def test_models_are_refused_by_name_of_the_variable(sdk: Sdk) -> None:
    store = sdk.client._get_registry_client().store
    for call in (
        lambda: store.create_registered_model("churn"),
        lambda: store.create_model_version("churn", "s3://bucket/model"),
        lambda: store.transition_model_version_stage("churn", "1", "Production", False),
        lambda: store.get_model_version_download_uri("churn", "1"),
        lambda: store.create_webhook("hook", "https://host", []),
    ):
        error = error_of(call)
        assert (error.error_code, "PROMPTGIT_MLFLOW_MODEL_STORE" in error.message) == ("NOT_IMPLEMENTED", True)
    assert sdk.client.search_registered_models() == []
    assert sdk.client.search_model_versions() == []
    assert error_of(sdk.client.get_registered_model, "churn").error_code == "RESOURCE_DOES_NOT_EXIST"


def test_models_go_to_the_store_that_is_named(
    git: Git, tracking_uri: str, monkeypatch: pytest.MonkeyPatch, quiet: None
) -> None:
    monkeypatch.setenv("PROMPTGIT_MLFLOW_MODEL_STORE", tracking_uri)
    sdk = Sdk(f"promptgit://{git.path}?branch=main", tracking_uri)
    client = sdk.client
    client.create_registered_model("churn", {"team": "risk"})
    client.create_model_version("churn", "s3://bucket/model")
    client.set_registered_model_alias("churn", "production", "1")
    client.register_prompt("faq", QUESTION)
    assert [model.name for model in client.search_registered_models()] == ["churn"]
    assert [version.name for version in client.search_model_versions()] == ["churn"]
    assert client.get_model_version_by_alias("churn", "production").version == 1
    assert client.get_model_version_download_uri("churn", "1") == "s3://bucket/model"
    assert [prompt.name for prompt in client.search_prompts()] == ["faq"]
    assert Registry(git.path).prompts() == ["faq"]
    assert error_of(client.create_registered_model, "faq").error_code == "RESOURCE_ALREADY_EXISTS"
    assert error_of(client.create_prompt, "churn").error_code == "RESOURCE_ALREADY_EXISTS"
    assert error_of(client.load_prompt, "prompts:/churn/1").error_code == "INVALID_PARAMETER_VALUE"
    client.delete_registered_model("churn")
    assert client.search_registered_models() == []


def test_a_prompt_without_versions_outlives_its_description(sdk: Sdk) -> None:
    sdk.client.create_prompt("faq", "Frequent questions")
    store = sdk.client._get_registry_client().store
    assert store.update_registered_model("faq", "").description is None
    assert sdk.client.get_prompt("faq").name == "faq"


def test_a_prompt_is_renamed_and_described_by_mlflows_methods_for_models(sdk: Sdk) -> None:
    store = sdk.client._get_registry_client().store
    sdk.genai.register_prompt("faq", QUESTION, "First")
    assert store.update_registered_model("faq", "Frequent questions").description == "Frequent questions"
    assert store.update_model_version("faq", 1, "Reviewed by Grace").description == "Reviewed by Grace"
    assert store.update_model_version("faq", "1", "").description == "First"
    assert store.rename_registered_model("faq", "support.faq").name == "support.faq"
    assert [one.version for one in store.get_latest_versions("support.faq")] == [1]


# --- who ---------------------------------------------------------------------------------------------------------------


def test_who_signed_in_at_the_server_is_the_author(plugin: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    flask: Any = pytest.importorskip("flask")
    author = plugin("author").author
    header = {"Authorization": "Basic YWRhOnNlY3JldA=="}  # ada:secret
    with flask.Flask("mlflow").test_request_context(headers=header):
        assert author({}) == {}  # nobody has checked it
        monkeypatch.setitem(sys.modules, "mlflow.server.auth", ModuleType("auth"))
        assert author({"mlflow.user": "grace"}) == {"GIT_AUTHOR_NAME": "ada", "GIT_AUTHOR_EMAIL": "ada@mlflow"}
    assert author({}) == {}


@pytest.mark.parametrize(
    ("user", "name", "address"),
    [
        ("grace@example.com", "grace@example.com", "grace@example.com"),
        ("Grace Hopper", "Grace Hopper", "Grace-Hopper@mlflow"),
        ("<evil>\nname\x1b[31m <x@y>", "evilname[31m x@y", "evilname-31m-x-y@mlflow"),
        ("李雷", "李雷", "user@mlflow"),
    ],
)
def test_an_author_is_what_git_takes(plugin: Any, user: str, name: str, address: str) -> None:
    assert plugin("author").author({"mlflow.user": user}) == {"GIT_AUTHOR_NAME": name, "GIT_AUTHOR_EMAIL": address}
    assert plugin("author").author({"mlflow.user": "  \n<>"}) == {}
