"""Every prompt function of MLflow's SDK, on a promptgit registry."""

from __future__ import annotations

import importlib
import json
import pickle
import re
import sys
from typing import Any

import pytest
from mlflow_sdk import Sdk, error_of, settle
from support import Git

from promptgit import Registry

pytest_plugins = ["mlflow_stores"]
pytestmark = [pytest.mark.mlflow, pytest.mark.filterwarnings("ignore")]

QUESTION = "Answer kindly.\n\nQuestion: {{question}}\n"
CHAT = [{"role": "system", "content": "You answer about {{topic}}."}, {"role": "user", "content": "{{question}}"}]
ANSWER = {"type": "object", "properties": {"answer": {"type": "string"}}, "required": ["answer"]}


def log(git: Git) -> list[str]:
    """Subjects, newest first."""
    return git("log", "--format=%s").splitlines()


def test_a_text_is_registered_and_loaded_by_version_alias_and_as_latest(sdk: Sdk, git: Git) -> None:
    made = sdk.genai.register_prompt("support.refunds", QUESTION, "Answer kindly", tags={"team": "billing"})
    sdk.genai.register_prompt("support.refunds", "Answer briefly: {{question}}")
    sdk.genai.set_prompt_alias("support.refunds", "production", 1)
    assert (made.version, made.template, made.commit_message) == (1, QUESTION, "Answer kindly")
    for loaded in (
        sdk.load("support.refunds", version=1),
        sdk.load("prompts:/support.refunds/1"),
        sdk.load("prompts:/support.refunds@production"),
    ):
        assert (loaded.version, loaded.template, loaded.aliases) == (1, QUESTION, ["production"])
        assert loaded.format(question="Where is it?") == "Answer kindly.\n\nQuestion: Where is it?\n"
    assert sdk.load("support.refunds").version == 2
    assert sdk.load("prompts:/support.refunds@latest").commit_message is None
    assert log(git)[:4] == [
        "support.refunds: production new -> 1",
        "support.refunds: version 2",
        "Answer kindly",
        "support.refunds: created",
    ]
    git.assert_sound()


def test_a_version_tells_its_commit_author_and_time(sdk: Sdk, git: Git) -> None:
    sdk.genai.register_prompt("faq", QUESTION, "First answer")
    loaded = sdk.load("faq")
    assert loaded.tags == {"promptgit.commit": git("rev-parse", "HEAD")}
    assert loaded.user_id == "Ada Lovelace"
    assert loaded.creation_timestamp == int(git("log", "-1", "--format=%at")) * 1000 == loaded.last_updated_timestamp


def test_messages_response_format_and_model_config_are_keys_of_the_version_file(sdk: Sdk, git: Git) -> None:
    config = {"provider": "openai", "model_name": "gpt-5", "temperature": 0.2, "seed": 7}
    made = sdk.genai.register_prompt("faq", CHAT, response_format=ANSWER, model_config=config)
    assert (made.template, made.response_format, made.model_config) == (CHAT, ANSWER, config)
    assert not made.is_text_prompt
    ours = Registry(git.path).load("faq")
    assert (ours.template, ours.response_format, ours.model_config) == (CHAT, ANSWER, config)
    assert made.format(topic="refunds", question="When?")[1] == {"role": "user", "content": "When?"}


def test_a_pydantic_class_is_a_response_format(sdk: Sdk) -> None:
    from pydantic import BaseModel

    class Verdict(BaseModel):
        answer: str

    made = sdk.genai.register_prompt("faq", QUESTION, response_format=Verdict)
    assert made.response_format == Verdict.model_json_schema()


@pytest.mark.parametrize(
    "template",
    [
        "",
        "{{ spaced }} {% raw %} {%d%} 100 %",
        "tab\t, no newline at the end",
        "trailing  \n\n\n",
        "\r\n \u2028 \x85 \ufeff emoji 🙂 \x1b[31m",
    ],
)
def test_a_text_survives_byte_for_byte(sdk: Sdk, template: str) -> None:
    sdk.genai.register_prompt("faq", template)
    assert sdk.load("faq").template == template


def test_a_template_may_be_longer_than_mlflow_allows(sdk: Sdk) -> None:
    template = "All that we know of refunds. " * 10_000
    sdk.genai.register_prompt("faq", template)
    assert sdk.load("faq").template == template


def test_tags_of_prompt_and_version(sdk: Sdk, git: Git) -> None:
    genai = sdk.genai
    genai.register_prompt("faq", QUESTION, tags={"team": "billing"})
    genai.set_prompt_tag("faq", "owner", "ada")
    genai.delete_prompt_tag("faq", "team")
    genai.delete_prompt_tag("faq", "never.there")
    genai.set_prompt_version_tag("faq", 1, "score", "0.9")
    genai.set_prompt_version_tag("faq", "1", "model", "gpt-5")
    genai.delete_prompt_version_tag("faq", 1, "team")
    genai.delete_prompt_version_tag("faq", 1, "never.there")
    settle()
    tags = genai.get_prompt_tags("faq")
    assert tags == {"owner": "ada", "_mlflow_experiment_ids": ",0,"}
    version = {key: value for key, value in sdk.load("faq").tags.items() if key != "promptgit.commit"}
    assert version == {"score": "0.9", "model": "gpt-5"}
    assert Registry(git.path).tags("faq") == {"owner": "ada"}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("billing", "billing"),
        ("", '""'),
        ("\0", r'"\x00"'),
        (
            "looks good\n\nSigned-off-by: Grace <grace@example.com>",
            r'"looks good\n\nSigned-off-by: Grace <grace@example.com>"',
        ),
        ("\x1b]52;c;evil\x07", r'"\x1b]52;c;evil\x07"'),
        ("long " * 1_000, '"' + "long " * 11 + 'long…"'),
    ],
)
def test_a_tag_holds_any_text_and_is_one_line_of_the_log(sdk: Sdk, git: Git, value: str, shown: str) -> None:
    sdk.genai.register_prompt("faq", QUESTION)
    sdk.genai.set_prompt_tag("faq", "note", value)
    sdk.genai.set_prompt_version_tag("faq", 1, "note", value)
    assert (sdk.client.get_prompt("faq").tags["note"], sdk.load("faq").tags["note"]) == (value, value)
    told = git("log", "-2", "--format=%B").split("\n\n")
    assert told == [f"faq: version 1 tag note = {shown}", f"faq: tag note = {shown}"]


def test_no_commit_message_breaks_the_history(sdk: Sdk) -> None:
    for message in ("\x01", "a\x01b", "\x01" + "0" * 40, "\x1b[31m"):
        sdk.genai.register_prompt("faq", QUESTION, message)
        assert sdk.load("faq").commit_message == message


def test_aliases_move_and_go(sdk: Sdk, git: Git) -> None:
    for tone in ("kindly", "briefly"):
        sdk.genai.register_prompt("faq", f"Answer {tone}: {{{{question}}}}")
    sdk.genai.set_prompt_alias("faq", "production", version=1)
    sdk.genai.set_prompt_alias("faq", "production", version=2)
    assert sdk.load("prompts:/faq@production").version == 2
    assert sdk.client.get_prompt_version_by_alias("faq", "production").version == 2
    assert [str(move.new) for move in Registry(git.path).alias_history("faq", "production")] == ["2", "1"]
    sdk.genai.delete_prompt_alias("faq", "production")
    sdk.genai.delete_prompt_alias("faq", "production")
    assert error_of(sdk.load, "prompts:/faq@production").error_code == "INVALID_PARAMETER_VALUE"
    assert sdk.load("prompts:/faq@production", allow_missing=True) is None


def test_prompts_are_found_ordered_and_paged(sdk: Sdk) -> None:
    for name, team in (("support.refunds", "billing"), ("support.parcel_lost", "parcels"), ("sales.offer", "billing")):
        sdk.genai.register_prompt(name, QUESTION, tags={"team": team})

    def found(text: str | None, **options: Any) -> list[str]:
        return [prompt.name for prompt in sdk.client.search_prompts(text, **options)]

    assert found(None) == ["sales.offer", "support.parcel_lost", "support.refunds"]
    assert found("name LIKE 'support.%'") == ["support.parcel_lost", "support.refunds"]
    assert found("name ILIKE '%OFFER' AND tags.team = 'billing'") == ["sales.offer"]
    assert found("name NOT IN ('sales.offer')", order_by=["name DESC"]) == ["support.refunds", "support.parcel_lost"]
    assert found("tags.team != 'billing'") == ["support.parcel_lost"]
    assert found(r"name LIKE '%parcel\_lost'") == ["support.parcel_lost"]
    assert found(None, order_by=["last_updated_timestamp DESC"])[0] == "sales.offer"
    first = sdk.client.search_prompts(max_results=2)
    rest = sdk.client.search_prompts(max_results=2, page_token=first.token)
    assert [prompt.name for prompt in [*first, *rest]] == found(None)
    assert rest.token is None
    assert error_of(sdk.client.search_prompts, "nonsense ~ 3").error_code == "INVALID_PARAMETER_VALUE"


def test_versions_are_listed_newest_first_and_paged(sdk: Sdk) -> None:
    for tone in ("kindly", "briefly", "at length"):
        sdk.genai.register_prompt("faq", f"Answer {tone}: {{{{question}}}}", tone)
    sdk.genai.set_prompt_alias("faq", "production", 2)
    first = sdk.client.search_prompt_versions("faq", max_results=2)
    rest = sdk.client.search_prompt_versions("faq", max_results=2, page_token=first.token)
    assert [(one.version, one.commit_message, one.aliases) for one in [*first, *rest]] == [
        (3, "at length", []),
        (2, "briefly", ["production"]),
        (1, "kindly", []),
    ]
    assert rest.token is None


def test_a_prompt_is_made_described_and_deleted_without_versions(sdk: Sdk, git: Git) -> None:
    made = sdk.client.create_prompt("faq", "Frequent questions", {"team": "support"})
    found = sdk.client.get_prompt("faq")
    assert (made.name, found.description, found.tags) == ("faq", "Frequent questions", {"team": "support"})
    assert sdk.client.search_prompt_versions("faq") == []
    assert error_of(sdk.client.create_prompt, "faq").error_code == "RESOURCE_ALREADY_EXISTS"
    sdk.client.delete_prompt("faq")
    assert sdk.client.get_prompt("faq") is None
    assert git("ls-tree", "--name-only", "HEAD") == "promptgit.yaml"


def test_versions_and_prompts_are_deleted_and_numbers_go_on(sdk: Sdk) -> None:
    for tone in ("kindly", "briefly"):
        sdk.genai.register_prompt("faq", f"Answer {tone}: {{{{question}}}}")
    sdk.client.delete_prompt_version("faq", "2")
    assert error_of(sdk.load, "prompts:/faq/2").error_code == "RESOURCE_DOES_NOT_EXIST"
    assert sdk.genai.register_prompt("faq", QUESTION).version == 3
    sdk.client.delete_prompt("faq")
    assert sdk.client.get_prompt("faq") is None
    assert sdk.genai.register_prompt("faq", QUESTION, "Back again", tags={"team": "support"}).version == 4
    assert sdk.client.get_prompt("faq").description == "Back again"


def test_an_invalid_version_is_refused_and_leaves_nothing_behind(sdk: Sdk, git: Git) -> None:
    error = error_of(sdk.genai.register_prompt, "faq", [{"role": "user"}])
    assert error.error_code == "INVALID_PARAMETER_VALUE"
    assert sdk.client.get_prompt("faq") is None
    sdk.genai.register_prompt("faq", CHAT)
    error_of(sdk.genai.register_prompt, "faq", [{"content": "no role"}])
    assert sdk.load("faq").version == 1
    assert Registry(git.path).versions("faq") == [1]


def test_the_same_dict_of_tags_can_be_handed_in_again(sdk: Sdk, git: Git) -> None:
    tags = {"team": "billing"}  # MLflow's client adds its reserved tags to it
    sdk.genai.register_prompt("faq", "Answer {{question}}", tags=tags)
    sdk.genai.register_prompt("faq", "Answer {{question}} briefly", tags=tags)
    sdk.genai.register_prompt("refunds", "Refund {{order}}", tags=tags)
    assert [sdk.load("faq", version=number).template for number in (1, 2)] == [
        "Answer {{question}}",
        "Answer {{question}} briefly",
    ]
    assert Registry(git.path).tags("faq") == Registry(git.path).tags("refunds") == {"team": "billing"}


def test_what_promptgit_wrote_can_be_loaded(sdk: Sdk, git: Git) -> None:
    registry = Registry(git.path)
    registry.register("older", "Answer {question} with {{braces}}", syntax="single-brace")
    registry.register("chat", [{"role": "system", "content": "Be kind."}, {"placeholder": "history"}])
    registry.register("images", [{"role": "user", "content": [{"type": "video", "video": "{{clip}}"}]}])
    older, chat, images = (sdk.load(name) for name in ("older", "chat", "images"))
    assert older.format(question="When?") == "Answer When? with {braces}"
    assert older.tags["promptgit.syntax"] == "single-brace"
    assert chat.template[1] == {"role": "placeholder", "content": "{{history}}"}
    assert images.is_text_prompt
    assert json.loads(images.template)[0]["content"][0]["type"] == "video"
    sdk.genai.register_prompt("chat", chat.template)
    assert registry.load("chat", 2).template[1] == {"placeholder": "history"}


def test_a_split_alias_leads_to_its_versions(sdk: Sdk, git: Git) -> None:
    registry = Registry(git.path)
    for tone in ("kindly", "briefly"):
        registry.register("faq", f"Answer {tone}: {{{{question}}}}")
    registry.set_alias("faq", "production", {1: 50, 2: 50})
    assert {sdk.load("prompts:/faq@production").version for _ in range(40)} == {1, 2}
    registry.set_alias("faq", "production", {1: 10, 2: 90})
    assert sdk.load("faq", version=2).aliases == ["production"]
    assert sdk.load("faq", version=1).aliases == []


def test_a_renamed_prompt_keeps_its_past(sdk: Sdk, git: Git) -> None:
    sdk.genai.register_prompt("refund", QUESTION, "Answer kindly")
    sdk.genai.register_prompt("refund", QUESTION)
    Registry(git.path).rename("refund", "support.refunds")
    assert [sdk.load("support.refunds", version=number).commit_message for number in (1, 2)] == ["Answer kindly", None]
    assert "is now called support.refunds" in error_of(sdk.load, "refund").message


def test_a_large_registry_is_not_looked_through_for_a_prompt_that_never_was(
    sdk: Sdk, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = importlib.import_module("promptgit.integrations.mlflow.state")
    monkeypatch.setattr(state, "_FEW", 0)
    sdk.genai.register_prompt("refund", QUESTION)
    Registry(git.path).rename("refund", "support.refunds")
    assert re.fullmatch(r"there is no prompt refunds at .*\.", error_of(sdk.load, "refunds").message)
    assert "is now called support.refunds" in error_of(sdk.load, "refund").message


def test_a_load_starts_no_git(sdk: Sdk) -> None:
    started: list[Any] = []
    sdk.genai.register_prompt("faq", QUESTION)
    sdk.genai.set_prompt_alias("faq", "production", 1)
    settle()
    uris = ("faq", "prompts:/faq/1", "prompts:/faq@production")
    for uri in uris:
        sdk.load(uri)
    settle()
    sys.addaudithook(lambda event, args: started.append(args) if event == "subprocess.Popen" else None)
    for uri in uris:
        sdk.load(uri)
    settle()
    assert started == []


def test_the_store_can_be_pickled(sdk: Sdk) -> None:
    sdk.genai.register_prompt("faq", QUESTION)
    store = pickle.loads(pickle.dumps(sdk.client._get_registry_client().store))
    assert store.get_prompt_version("faq", 1).template == QUESTION


def test_what_older_guides_call_is_refused_by_mlflow_itself(sdk: Sdk) -> None:
    sdk.genai.register_prompt("faq", QUESTION)
    assert not hasattr(sdk.genai, "log_prompt")
    for uri in ("prompts:/faq/production", "prompts:/faq/latest"):
        assert "Not a proper prompts:/ URI" in error_of(sdk.load, uri).message
    error = error_of(sdk.client.set_registered_model_alias, "faq", "production", "1")
    assert "not found" in error.message
