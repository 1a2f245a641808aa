"""Where MLflow's SDK on promptgit is meant to differ from the same SDK on SQLite: each a row with its proof.

The table in docs/mlflow.md is this one. The random walk of `test_differential` stays out of these cases, or looks past them.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, NamedTuple

from mlflow_sdk import Sdk, error_of

QUESTION = "Answer {{question}}"


class Difference(NamedTuple):
    """One row.

    Attributes:
        name: the case.
        mlflow, here: what happens in either.
        shown: proves it.
    """

    name: str
    mlflow: str
    here: str
    shown: Callable[[Sdk, Sdk], None]


def _code(call: Any, *args: Any, **kwargs: Any) -> str:
    return str(error_of(call, *args, **kwargs).error_code)


def _both(theirs: Sdk, ours: Sdk) -> tuple[Sdk, Sdk]:
    """The same prompt with two versions in both."""
    for sdk in (theirs, ours):
        for tone in ("kindly", "briefly"):
            sdk.client.register_prompt("faq", f"Answer {tone}: {{{{question}}}}")
    return theirs, ours


def commit_tag(theirs: Sdk, ours: Sdk) -> None:
    _both(theirs, ours)
    assert theirs.load("faq").tags == {}
    assert [*ours.load("faq").tags] == ["promptgit.commit"]


def user(theirs: Sdk, ours: Sdk) -> None:
    _both(theirs, ours)
    assert (theirs.load("faq").user_id, ours.load("faq").user_id) == (None, "Ada Lovelace")


def whole_seconds(theirs: Sdk, ours: Sdk) -> None:
    _both(theirs, ours)
    assert ours.load("faq").creation_timestamp % 1000 == 0
    assert [one.name for one in ours.client.search_prompts(order_by=["timestamp DESC"])] == ["faq"]


def listed_aliases(theirs: Sdk, ours: Sdk) -> None:
    for sdk in _both(theirs, ours):
        sdk.client.set_prompt_alias("faq", "production", 2)
    assert [one.aliases for one in theirs.client.search_prompt_versions("faq")] == [[], []]
    assert [one.aliases for one in ours.client.search_prompt_versions("faq")] == [["production"], []]


def alias_held_version(theirs: Sdk, ours: Sdk) -> None:
    for sdk in _both(theirs, ours):
        sdk.client.set_prompt_alias("faq", "production", 1)
    theirs.client.delete_prompt_version("faq", "1")
    assert _code(theirs.load, "prompts:/faq@production") == "INVALID_PARAMETER_VALUE"
    assert _code(ours.client.delete_prompt_version, "faq", "1") == "RESOURCE_CONFLICT"


def alias_held_prompt(theirs: Sdk, ours: Sdk) -> None:
    for sdk in _both(theirs, ours):
        sdk.client.set_prompt_alias("faq", "production", 1)
    theirs.client.delete_prompt("faq")
    assert _code(ours.client.delete_prompt, "faq") == "RESOURCE_CONFLICT"


def numbers(theirs: Sdk, ours: Sdk) -> None:
    for sdk, number in zip(_both(theirs, ours), (1, 3), strict=True):
        sdk.client.delete_prompt("faq")
        assert sdk.client.register_prompt("faq", QUESTION).version == number


def last_version(theirs: Sdk, ours: Sdk) -> None:
    for sdk, left in zip(_both(theirs, ours), (True, False), strict=True):
        for version in ("1", "2"):
            sdk.client.delete_prompt_version("faq", version)
        assert (sdk.client.get_prompt("faq") is not None) is left
        assert sdk.client.create_prompt("faq") if not left else True
        assert sdk.client.create_prompt_version("faq", QUESTION).version == 3


def frozen_config(theirs: Sdk, ours: Sdk) -> None:
    theirs, ours = _both(theirs, ours)
    theirs.genai.set_prompt_model_config("faq", 1, {"model_name": "gpt-5"})
    assert _code(ours.genai.set_prompt_model_config, "faq", 1, {"model_name": "gpt-5"}) == "PERMISSION_DENIED"
    ours.genai.delete_prompt_model_config("faq", 1)  # there is none to take away


def frozen_content(theirs: Sdk, ours: Sdk) -> None:
    theirs, ours = _both(theirs, ours)
    theirs.client.set_prompt_version_tag("faq", 1, "mlflow.prompt.text", "Ignore the question.")
    assert theirs.load("faq", version=1).template == "Ignore the question."
    for key in (
        "mlflow.prompt.text",
        "_mlflow_prompt_type",
        "mlflow.prompt.is_prompt",
        "_mlflow_prompt_response_format",
    ):
        assert _code(ours.client.set_prompt_version_tag, "faq", 1, key, '"x"') == "PERMISSION_DENIED"
    theirs.client.set_prompt_tag("faq", "mlflow.prompt.is_prompt", "false")
    assert theirs.client.get_prompt("faq") is None
    assert _code(ours.client.set_prompt_tag, "faq", "mlflow.prompt.is_prompt", "false") == "PERMISSION_DENIED"


def prompt_level_content(theirs: Sdk, ours: Sdk) -> None:
    for sdk in (theirs, ours):
        tags = {"team": "billing"}
        for _ in range(2):
            sdk.client.register_prompt("faq", QUESTION, tags=tags)
    assert "mlflow.prompt.text" in theirs.client.get_prompt("faq").tags
    assert "mlflow.prompt.text" not in ours.client.get_prompt("faq").tags
    of_the_prompt = {"_mlflow_experiment_ids": ",7,", "promptgit.commit": "4f2a"}
    assert theirs.client.register_prompt("refunds", QUESTION, tags=dict(of_the_prompt)).tags == of_the_prompt
    assert [*ours.client.register_prompt("refunds", QUESTION, tags=dict(of_the_prompt)).tags] == ["promptgit.commit"]
    assert ours.load("refunds").tags["promptgit.commit"] != "4f2a"


def poisoned_chat(theirs: Sdk, ours: Sdk) -> None:
    for sdk in (theirs, ours):
        sdk.client.register_prompt("faq", QUESTION)
    broken = [{"content": "no role"}]
    try:
        theirs.client.register_prompt("faq", broken)
    except ValueError as error:
        assert "role and content" in str(error)
    assert theirs.client._get_registry_client().get_model_version("faq", 2).version == 2
    assert _code(ours.client.register_prompt, "faq", broken) == "INVALID_PARAMETER_VALUE"
    assert ours.load("faq").version == 1


def silent_message(theirs: Sdk, ours: Sdk) -> None:
    for template in ([{"role": "user"}], [{"role": "", "content": "When?"}], []):
        theirs.client.register_prompt("faq", template)
        assert _code(ours.client.register_prompt, "faq", template) == "INVALID_PARAMETER_VALUE"


def response_format(theirs: Sdk, ours: Sdk) -> None:
    for broken in ({"type": "objekt"}, {"type": "json_object"}):
        theirs.client.register_prompt("faq", QUESTION, response_format=broken)
        assert _code(ours.client.register_prompt, "faq", QUESTION, response_format=broken) == "INVALID_PARAMETER_VALUE"


def sparse_config(theirs: Sdk, ours: Sdk) -> None:
    for sdk, kept in ((theirs, [{}, {"top_k": 5, "seed": None}]), (ours, [None, {"top_k": 5}])):
        made = [
            sdk.client.register_prompt("faq", QUESTION, model_config=config)
            for config in ({"model_name": None}, {"top_k": 5, "seed": None})
        ]
        assert [one.model_config for one in made] == kept


def extra_params(theirs: Sdk, ours: Sdk) -> None:
    extra = {"extra_params": {"seed": 7}}
    for sdk, kept in ((theirs, extra), (ours, {"seed": 7})):
        assert sdk.client.register_prompt("faq", QUESTION, model_config=dict(extra)).model_config == kept
    broken = {"extra_params": "seed"}
    theirs.client.register_prompt("faq", QUESTION, model_config=dict(broken))
    assert _code(ours.client.register_prompt, "faq", QUESTION, model_config=broken) == "INVALID_PARAMETER_VALUE"


def odd_numbers(theirs: Sdk, ours: Sdk) -> None:
    for number in (float("inf"), 2**64):
        config = {"seed": number}
        assert theirs.client.register_prompt("faq", QUESTION, model_config=dict(config)).model_config == config
        assert _code(ours.client.register_prompt, "faq", QUESTION, model_config=config) == "INVALID_PARAMETER_VALUE"


def long_text(theirs: Sdk, ours: Sdk) -> None:
    text = "All that we know of refunds. " * 4_000
    assert _code(theirs.client.register_prompt, "faq", text) == "INVALID_PARAMETER_VALUE"
    assert ours.client.register_prompt("faq", text).template == text
    text *= 10
    theirs.client.create_prompt("described", text)
    assert _code(ours.client.create_prompt, "described", text) == "INVALID_PARAMETER_VALUE"


def messages(theirs: Sdk, ours: Sdk) -> None:
    for sdk, kept in ((theirs, ["  Answer kindly \n", ""]), (ours, ["Answer kindly", None])):
        for message in ("  Answer kindly \n", ""):
            sdk.client.register_prompt("faq", QUESTION, commit_message=message)
        assert [sdk.load("faq", version=number).commit_message for number in (1, 2)] == kept
    assert theirs.client.register_prompt("faq", QUESTION, commit_message="\0").commit_message == "\0"
    assert _code(ours.client.register_prompt, "faq", QUESTION, commit_message="\0") == "INVALID_PARAMETER_VALUE"


def empty_description(theirs: Sdk, ours: Sdk) -> None:
    for sdk, kept in ((theirs, ""), (ours, None)):
        sdk.client.create_prompt("faq", description="")
        assert sdk.client.get_prompt("faq").description == kept


def tag_of_none(theirs: Sdk, ours: Sdk) -> None:
    _both(theirs, ours)
    theirs.client.set_prompt_tag("faq", "team", None)
    assert theirs.client.get_prompt("faq").tags["team"] is None
    assert _code(ours.client.set_prompt_tag, "faq", "team", None) == "INVALID_PARAMETER_VALUE"
    assert _code(ours.client.create_prompt, "refunds", tags={"team": None}) == "INVALID_PARAMETER_VALUE"


def names(theirs: Sdk, ours: Sdk) -> None:
    for name in ("support..refunds", "con", "-refunds", "n" * 200, "faq\n"):
        theirs.client.register_prompt(name, QUESTION)
        assert _code(ours.client.register_prompt, name, QUESTION) == "INVALID_PARAMETER_VALUE"
    for name in ("two words", "rückgabe"):
        theirs.client.create_prompt(name)
        assert _code(ours.client.create_prompt, name) == "INVALID_PARAMETER_VALUE"
        assert _code(ours.client.delete_prompt, name) == "RESOURCE_DOES_NOT_EXIST"


def twins(theirs: Sdk, ours: Sdk) -> None:
    for sdk in _both(theirs, ours):
        sdk.client.set_prompt_alias("faq", "production", 1)
    theirs.client.register_prompt("FAQ", QUESTION)
    assert _code(ours.client.register_prompt, "FAQ", QUESTION) == "INVALID_PARAMETER_VALUE"
    for sdk in (theirs, ours):
        sdk.client.register_prompt("faq", QUESTION)
    theirs.client.set_prompt_alias("faq", "Production", 2)
    assert _code(ours.client.set_prompt_alias, "faq", "Production", 2) == "INVALID_PARAMETER_VALUE"
    for sdk in (theirs, ours):
        sdk.client.set_prompt_alias("faq", "PRODUCTION", 1)
    assert sorted(theirs.client.get_prompt_version("faq", 1).aliases) == ["PRODUCTION", "production"]
    assert ours.client.get_prompt_version("faq", 1).aliases == ["PRODUCTION"]


def alias_names(theirs: Sdk, ours: Sdk) -> None:
    _both(theirs, ours)
    for alias in ("7", "-next", "beta\n", "prüfung", "a" * 200):
        theirs.client.set_prompt_alias("faq", alias, 1)
        assert _code(ours.client.set_prompt_alias, "faq", alias, 1) == "INVALID_PARAMETER_VALUE"


def like_escapes(theirs: Sdk, ours: Sdk) -> None:
    for sdk, found in ((theirs, []), (ours, ["parcel_lost"])):
        sdk.client.register_prompt("parcel_lost", QUESTION)
        asked = sdk.client.search_prompts(r"name ILIKE '%parcel\_l%'")  # as MLflow's page asks
        assert [one.name for one in asked] == found
    assert theirs.client.search_prompts("name LIKE '%\\'") == []
    assert _code(ours.client.search_prompts, "name LIKE '%\\'") == "INVALID_PARAMETER_VALUE"


def senseless(theirs: Sdk, ours: Sdk) -> None:
    _both(theirs, ours)
    twice, half = ["name ASC", "name DESC"], "half of an emoji: \ud83d"
    assert theirs.client.search_prompts(max_results=-1) == []
    assert _code(theirs.client.search_prompts, order_by=twice) == "INTERNAL_ERROR"
    assert _code(theirs.client.register_prompt, "faq", half) == "INTERNAL_ERROR"
    assert _code(theirs.load, "faq", version=2**64) == "INTERNAL_ERROR"
    for ask in (
        lambda: ours.client.search_prompts(max_results=-1),
        lambda: ours.client.search_prompts(max_results="25"),
        lambda: ours.client.search_prompts(order_by=twice),
        lambda: ours.client.register_prompt("faq", half),
        lambda: ours.client.register_prompt("faq", QUESTION, commit_message=half),
    ):
        assert _code(ask) == "INVALID_PARAMETER_VALUE"
    assert _code(ours.load, "faq", version=2**64) == "RESOURCE_DOES_NOT_EXIST"


def hidden_errors(theirs: Sdk, ours: Sdk) -> None:
    store = ours.client._get_registry_client().store
    assert store.get_prompt("faq") is None
    assert _code(store.get_prompt, "not/a:name") == "INVALID_PARAMETER_VALUE"
    assert theirs.client.get_prompt("not/a:name") is None


def models(theirs: Sdk, ours: Sdk) -> None:
    importlib.import_module("os").environ.pop("PROMPTGIT_MLFLOW_MODEL_STORE", None)
    assert theirs.client.create_registered_model("churn").name == "churn"
    assert _code(ours.client.create_registered_model, "churn") == "NOT_IMPLEMENTED"
    assert ours.client.search_registered_models() == []


DIFFERENCES = (
    Difference("commit", "—", "a version has the tag `promptgit.commit`", commit_tag),
    Difference("user", "`user_id` is always empty", "it is the author of the commit", user),
    Difference("time", "milliseconds", "whole seconds, as in Git; the order is exact nevertheless", whole_seconds),
    Difference("listed aliases", "versions that are listed have no aliases", "they have them", listed_aliases),
    Difference(
        "version behind an alias", "deleting it deletes the alias", "refused (`RESOURCE_CONFLICT`)", alias_held_version
    ),
    Difference("prompt with aliases", "can be deleted", "refused (`RESOURCE_CONFLICT`)", alias_held_prompt),
    Difference("numbers after a deletion", "begin at 1 again", "go on: no number is used twice", numbers),
    Difference(
        "last version deleted",
        "leaves a prompt without versions",
        "the prompt is gone, and comes back with its next version",
        last_version,
    ),
    Difference(
        "model configuration",
        "can be changed",
        "is frozen (`PERMISSION_DENIED`) but where the policy `model_config: mutable` is set",
        frozen_config,
    ),
    Difference(
        "reserved tags",
        "rewrite a template, or make a model of a prompt",
        "are frozen, too (`PERMISSION_DENIED`)",
        frozen_content,
    ),
    Difference(
        "a dict of tags used twice",
        "its reserved tags land on prompt and version",
        "they are left out, and promptgit's own",
        prompt_level_content,
    ),
    Difference(
        "messages without a role",
        "raise, and are stored: `latest` is broken",
        "refused (`INVALID_PARAMETER_VALUE`), nothing is stored",
        poisoned_chat,
    ),
    Difference(
        "messages with an empty role, without content, or none",
        "are stored",
        "refused, except with `tool_calls`",
        silent_message,
    ),
    Difference(
        "response format that is no JSON Schema", "is stored", "refused, `json_object` of OpenAI, too", response_format
    ),
    Difference("empty model configuration, or None in one", "is kept", "is none, and left out", sparse_config),
    Difference(
        "`extra_params` in a dict of model configuration",
        "stay in `extra_params`, whatever they are",
        "stand beside the others, as those of a `PromptModelConfig`; only a dict is taken",
        extra_params,
    ),
    Difference("numbers that JSON has not, or beyond 64 bits", "are stored", "refused", odd_numbers),
    Difference(
        "long texts", "templates up to 100,000 characters, descriptions of any length", "up to 1 MiB", long_text
    ),
    Difference(
        "commit message", "kept as it is", "trimmed; an empty one is none; with a NUL character it is refused", messages
    ),
    Difference("empty description", "kept as it is", "is none", empty_description),
    Difference("a prompt's tag whose value is None", "is stored", "refused", tag_of_none),
    Difference(
        "names",
        "any letters, digits, `_ . -`, also with a newline after them; `create_prompt` takes more",
        "and what file systems take: no empty part, no leading `-`, no device, at most 128 characters",
        names,
    ),
    Difference(
        "names equal but for case",
        "are two",
        "refused; an alias gives way to one of the same version, as the page needs it",
        twins,
    ),
    Difference(
        "aliases",
        "numbers and other alphabets are accepted, and a newline after them; 255 characters",
        "refused: Git tags, and URIs that can be read; 128 characters",
        alias_names,
    ),
    Difference(
        "backslash in `LIKE`",
        "is a backslash, so the page does not find names with `_`",
        "makes the next character stand for itself; at the end it is refused",
        like_escapes,
    ),
    Difference(
        "arguments without sense: `max_results=-1`, an order twice, half an emoji, version 2^64",
        "`INTERNAL_ERROR`, or an empty page",
        "refused (`INVALID_PARAMETER_VALUE`), or not found",
        senseless,
    ),
    Difference("`get_prompt`", "hides every error as None", "raises if it cannot answer", hidden_errors),
    Difference("models", "are stored", "refused, unless PROMPTGIT_MLFLOW_MODEL_STORE names a store", models),
)
