"""Registering, moving, tagging, deleting, renaming: what stays, what is refused, what history tells."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import CONFIG, Git, git_init

from promptgit import Registry, Target
from promptgit.aliases import BACKENDS
from promptgit.errors import (
    AliasMovedError,
    AliasNotFoundError,
    ConflictError,
    InvalidDocumentError,
    InvalidReferenceError,
    NotFoundError,
    PromptGitError,
    PromptNotFoundError,
    TemplateError,
    VersionNotFoundError,
)
from promptgit.registry import history

NAME = "support.refunds"


@pytest.fixture(params=BACKENDS)
def both(request: pytest.FixtureRequest, tmp_path: Path) -> Registry:
    """A registry with three versions, for each alias backend."""
    git = git_init(tmp_path / "both", config=f"{CONFIG}aliases: {request.param}\n")
    registry = Registry(git.path)
    for tone in ("briefly", "kindly", "at length"):
        registry.register(NAME, f"Answer {tone}.", f"Answer {tone}")
    return registry


def test_a_version_is_a_file_with_the_commit_message_that_was_given(registry: Registry, git: Git) -> None:
    made = registry.register(NAME, "Answer {{question}}.\n", "Answer questions")
    assert (made.version, made.commit_message) == (1, "Answer questions")
    assert (git.path / "prompts/support/refunds/1.yaml").read_text() == "template: |\n  Answer {{question}}.\n"
    git.assert_sound()


def test_everything_that_a_version_holds_comes_back(registry: Registry) -> None:
    template: list[dict[str, object]] = [
        {"role": "system", "content": "Be kind.\n"},
        {"placeholder": "history"},
        {
            "role": "user",
            "content": [{"type": "text", "text": "{{question}}"}, {"type": "image_url", "url": "{{image}}"}],
        },
    ]
    variables = {"question": {"type": "string", "description": "what they ask", "example": "Where is it?"}}
    registry.register(
        "support.chat",
        template,
        tags={"team": "billing"},
        response_format={"type": "object", "properties": {"answer": {"type": "string"}}},
        model_config={"provider": "openai", "model_name": "gpt-5", "temperature": 0.2},
        variables=variables,
        tools=[{"type": "function", "function": {"name": "refund"}}],
    )
    loaded = registry.load("support.chat")
    assert loaded.template == template
    assert loaded.tags == {"team": "billing"}
    assert loaded.response_format == {"type": "object", "properties": {"answer": {"type": "string"}}}
    assert loaded.model_config == {"provider": "openai", "model_name": "gpt-5", "temperature": 0.2}
    assert loaded.variables["question"].description == "what they ask"
    assert list(loaded.variables) == ["history", "question", "image"]
    assert loaded.tools == [{"type": "function", "function": {"name": "refund"}}]
    assert not loaded.is_text_prompt


def test_what_the_caller_passed_is_not_changed(registry: Registry) -> None:
    tags = {"team": "billing"}
    template = [{"role": "user", "content": "hello"}]
    registry.register("a", template, tags=tags)
    assert (tags, template) == ({"team": "billing"}, [{"role": "user", "content": "hello"}])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=60).filter(lambda text: not any(0xD800 <= ord(c) < 0xE000 for c in text)))
def test_any_text_comes_back_from_the_working_tree_and_from_a_commit(registry: Registry, text: str) -> None:
    made = registry.register("any", text, syntax="double-brace")
    assert registry.load("any", made.version).template == text
    assert registry.at("HEAD").load("any", made.version).template == text


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"template": [{"role": "user"}]}, PromptGitError, "content"),
        ({"template": None}, InvalidReferenceError, "a text or a list of messages, not NoneType"),
        ({"template": "{% if x %}", "syntax": "jinja2"}, TemplateError, "line|end"),
        ({"template": "x", "model_config": {"temperature": -1}}, InvalidDocumentError, "temperature"),
        ({"template": "x", "model_config": {"max_tokens": 0}}, InvalidDocumentError, "max_tokens"),
        ({"template": "x", "tags": {"a": 1}}, InvalidDocumentError, "tags"),
        ({"template": "x", "syntax": "mustache"}, PromptGitError, "mustache|syntax"),
        ({"template": "x", "response_format": {"type": 7}}, InvalidDocumentError, "response_format"),
        ({"template": "\ud800"}, PromptGitError, "surrogate"),
        ({"template": "x", "commit_message": "a\0b"}, PromptGitError, "NUL"),
    ],
)
def test_what_is_not_valid_is_refused_and_nothing_is_stored(
    registry: Registry, git: Git, arguments: dict[str, object], error: type[Exception], message: str
) -> None:
    before = git("rev-parse", "HEAD")
    with pytest.raises(error, match=message):
        registry.register("bad", **arguments)  # type: ignore[arg-type]
    assert git("rev-parse", "HEAD") == before
    assert registry.prompts() == []


@pytest.mark.parametrize(
    "name", ["", "a b", "../x", "a..b", "-a", "a.-b", "con", "a.NUL", "x/y", "a\n", "é", "a" * 129]
)
def test_a_name_that_a_file_system_or_a_uri_cannot_carry_is_refused(registry: Registry, name: str) -> None:
    with pytest.raises(InvalidReferenceError):
        registry.register(name, "x")


@pytest.mark.parametrize("twin", ["Support.refunds", "support.REFUNDS", "SUPPORT.other"])
def test_a_name_that_differs_only_by_case_is_refused(refunds: Registry, twin: str) -> None:
    with pytest.raises(InvalidReferenceError, match="only by case"):
        refunds.register(twin, "x")


def test_a_name_may_continue_another(refunds: Registry) -> None:
    refunds.register("support", "Help.")
    refunds.register("support.refunds.late", "Sorry.")
    assert refunds.prompts() == ["support", "support.refunds", "support.refunds.late"]
    assert refunds.versions("support.refunds") == [1, 2, 3]


def test_a_pydantic_class_is_stored_as_its_json_schema(registry: Registry) -> None:
    from pydantic import BaseModel

    class Answer(BaseModel):
        text: str
        sure: bool = False

    registry.register("typed", "x", response_format=Answer)
    assert (registry.load("typed").response_format or {})["properties"]["text"]["type"] == "string"


# --- aliases, for both backends -------------------------------------------------------------------------------------


def test_an_alias_is_set_moved_and_removed(both: Registry) -> None:
    both.set_alias(NAME, "production", 1)
    both.set_alias(NAME, "production", 3)
    both.set_alias(NAME, "staging", 2)
    assert {alias: str(target) for alias, target in both.aliases(NAME).items()} == {
        "production": "3",
        "staging": "2",
    }
    both.delete_alias(NAME, "staging")
    with pytest.raises(AliasNotFoundError):
        both.load(f"{NAME}@staging")
    both.set_alias(NAME, "staging", 1)
    assert both.load(f"{NAME}@staging").version == 1


def test_expect_moves_only_from_where_it_says(both: Registry) -> None:
    both.set_alias(NAME, "production", 1, expect=None)
    both.set_alias(NAME, "production", 2, expect=1)
    with pytest.raises(AliasMovedError, match="is 2, not 1"):
        both.set_alias(NAME, "production", 3, expect=1)
    with pytest.raises(AliasMovedError, match="not unset"):
        both.set_alias(NAME, "production", 3, expect=None)
    assert both.load(f"{NAME}@production").version == 2


def test_history_says_who_moved_an_alias_from_what_to_what_and_why(both: Registry) -> None:
    both.set_alias(NAME, "production", 1, message="first release")
    both.set_alias(NAME, "production", 3, message="kinder")
    both.delete_alias(NAME, "production", message="closed")
    moves = both.alias_history(NAME, "production")
    assert [(str(move.old), str(move.new), move.message) for move in moves] == [
        ("3", "None", "closed"),
        ("1", "3", "kinder"),
        ("None", "1", "first release"),
    ]
    assert {move.author for move in moves} == {"Ada Lovelace"}


def test_rollback_goes_back_step_by_step_and_never_forward_again(both: Registry) -> None:
    for version in (1, 2, 3):
        both.set_alias(NAME, "production", version)
    for expected in (2, 1):
        both.rollback(NAME, "production")
        assert both.load(f"{NAME}@production").version == expected
    with pytest.raises(NotFoundError, match="has never pointed anywhere but"):
        both.rollback(NAME, "production")


def test_a_rollback_brings_back_an_alias_that_was_removed(both: Registry) -> None:
    for version in (1, 3):
        both.set_alias(NAME, "production", version)
    both.delete_alias(NAME, "production")
    both.rollback(NAME, "production")
    assert both.load(f"{NAME}@production").version == 3
    assert both.alias_history(NAME, "production")[0].message == f"{NAME}: roll production back from its removal to 3"
    both.rollback(NAME, "production")
    assert both.load(f"{NAME}@production").version == 1


def test_an_alias_that_never_was_is_not_brought_back(both: Registry) -> None:
    both.set_alias(NAME, "production", 1)
    with pytest.raises(NotFoundError, match="has no alias staging"):
        both.rollback(NAME, "staging")


def test_a_rollback_to_a_version_that_was_deleted_is_refused(both: Registry) -> None:
    both.set_alias(NAME, "production", 1)
    both.set_alias(NAME, "production", 2)
    both.delete_version(NAME, 1)
    with pytest.raises(ConflictError, match="version 1 was deleted since"):
        both.rollback(NAME, "production")


def test_traffic_is_split_by_weight_and_sticks_to_a_key(both: Registry) -> None:
    both.set_alias(NAME, "experiment", {1: 90, 3: 10})
    assert both.aliases(NAME)["experiment"] == Target.split({1: 90, 3: 10})
    first = [both.load(f"{NAME}@experiment", key=str(user)).version for user in range(300)]
    assert first == [both.load(f"{NAME}@experiment", key=str(user)).version for user in range(300)]
    assert 5 < first.count(3) < 70
    both.set_alias(NAME, "experiment", {1: 50, 3: 50})
    second = [both.load(f"{NAME}@experiment", key=str(user)).version for user in range(300)]
    assert all(after == 3 for before, after in zip(first, second, strict=True) if before == 3)
    loaded = both.load(f"{NAME}@experiment", key="7")
    assert loaded.variant == f"experiment:{loaded.version}"


@pytest.mark.parametrize(
    "alias", ["latest", "LATEST", "3", "v3", "V12", "", "a b", "a\n", "-x", "a/b", "a@b", ".x", "x.lock"]
)
def test_an_alias_that_could_shadow_a_version_or_a_ref_is_refused(refunds: Registry, alias: str) -> None:
    with pytest.raises(InvalidReferenceError):
        refunds.set_alias(NAME, alias, 1)


@pytest.mark.parametrize("version", [0, -1, True, "x", None, 1.5, {}, {1: -1}, {1: 0}])
def test_an_alias_leads_to_a_version_or_weights_only(refunds: Registry, version: object) -> None:
    with pytest.raises(InvalidReferenceError):
        refunds.set_alias(NAME, "production", version)  # type: ignore[arg-type]


def test_an_alias_to_a_version_that_does_not_exist_is_refused(both: Registry) -> None:
    with pytest.raises(VersionNotFoundError, match="It has 1-3"):
        both.set_alias(NAME, "production", 9)
    with pytest.raises(PromptNotFoundError):
        both.set_alias("nobody", "production", 1)


def test_an_alias_that_leads_there_already_makes_no_commit(refunds: Registry, git: Git) -> None:
    before = git("rev-parse", "HEAD")
    assert not refunds.set_alias(NAME, "production", 1).changed
    assert git("rev-parse", "HEAD") == before


def test_comments_in_aliases_yaml_survive_a_move(refunds: Registry, git: Git) -> None:
    path = "prompts/support/refunds/aliases.yaml"
    git.commit_file(path, "# owned by release managers\n\nproduction: 1  # keep an eye on it\n\nstaging: 2\n")
    refunds.set_alias(NAME, "production", 3)
    refunds.set_alias(NAME, "canary", 2)
    text = (git.path / path).read_text()
    assert "# owned by release managers" in text
    assert "production: 3" in text
    assert "canary: 2" in text


def test_an_alias_travels_in_time(both: Registry) -> None:
    both.set_alias(NAME, "production", 1)
    both.register("other", "something else")
    then = both.at("HEAD").rev
    both.register("other", "once more")
    both.set_alias(NAME, "production", 3)
    assert both.load(f"prompts:/{NAME}@production?rev={then}").version == 1
    assert both.load(f"prompts:/{NAME}@production").version == 3


def test_aliases_follow_a_renamed_prompt(both: Registry) -> None:
    both.set_alias(NAME, "production", 2)
    both.rename(NAME, "help.refunds")
    assert both.load("help.refunds@production").version == 2
    assert both.prompts() == ["help.refunds"]


# --- tags, notes, deletes -------------------------------------------------------------------------------------------


def test_prompt_tags_and_version_tags_do_not_mix(refunds: Registry) -> None:
    refunds.set_tag(NAME, "team", "billing")
    refunds.set_version_tag(NAME, 1, "team", "other")
    assert refunds.tags(NAME) == {"team": "billing"}
    assert refunds.load(NAME, 1).tags == {"team": "other"}
    refunds.delete_tag(NAME, "team")
    assert refunds.tags(NAME) == {}
    assert refunds.load(NAME, 1).tags == {"team": "other"}


def test_a_tag_of_the_version_file_is_overridden_and_taken_away_without_touching_the_file(
    registry: Registry, git: Git
) -> None:
    registry.register(NAME, "x", tags={"stage": "draft"})
    content = (git.path / "prompts/support/refunds/1.yaml").read_bytes()
    registry.set_version_tag(NAME, 1, "stage", "final")
    assert registry.load(NAME).tags == {"stage": "final"}
    registry.delete_version_tag(NAME, 1, "stage")
    assert registry.load(NAME).tags == {}
    assert (git.path / "prompts/support/refunds/1.yaml").read_bytes() == content


def test_removing_a_tag_that_is_not_there_says_which_are(refunds: Registry) -> None:
    with pytest.raises(NotFoundError, match="Its tags: none"):
        refunds.delete_tag(NAME, "nothing")


def test_a_deleted_number_is_never_used_again(refunds: Registry) -> None:
    refunds.delete_version(NAME, 3)
    assert refunds.register(NAME, "again").version == 4
    assert str(refunds.at("HEAD~2").load(NAME, 3).template).startswith("Answer kindly and briefly")


def test_a_version_that_an_alias_leads_to_is_not_deleted(both: Registry) -> None:
    both.set_alias(NAME, "production", 2)
    with pytest.raises(ConflictError, match="production leads to"):
        both.delete_version(NAME, 2)
    both.set_alias(NAME, "experiment", {2: 1, 3: 1})
    both.delete_alias(NAME, "production")
    with pytest.raises(ConflictError, match="experiment leads to"):
        both.delete_version(NAME, 3)


def test_a_deleted_prompt_is_gone_and_its_numbers_with_it(refunds: Registry) -> None:
    with pytest.raises(ConflictError, match="promptgit alias rm"):
        refunds.delete(NAME)
    refunds.delete_alias(NAME, "production")
    refunds.delete(NAME, message="nobody asks for refunds")
    assert refunds.prompts() == []
    with pytest.raises(PromptNotFoundError, match="was deleted"):
        refunds.load(NAME)
    assert refunds.register(NAME, "again").version == 4


def test_a_prompt_that_was_renamed_twice_has_its_first_author_and_message_everywhere(registry: Registry) -> None:
    registry.register("faq", "Answer {{question}}", "First of all")
    registry.rename("faq", "help.faq", message="Move it")
    registry.rename("help.faq", "support.faq", message="Move it again")
    assert registry.load("support.faq").commit_message == "First of all"
    assert [prompt.name for prompt in registry.search("message = 'First of all'")] == ["support.faq"]
    everything = history.all_provenance(registry.repository(), registry.at("HEAD").commit, "")
    formers = registry.catalog.notes("support.faq").former_names
    assert formers == ("faq", "help.faq")
    assert history.under_all_names(everything, "support.faq", formers)[1].message.strip() == "First of all"


def test_renaming_to_a_name_that_is_taken_is_refused(refunds: Registry) -> None:
    refunds.register("faq", "x")
    with pytest.raises(ConflictError, match="taken"):
        refunds.rename(NAME, "faq")


def test_a_pinned_registry_is_not_written(refunds: Registry) -> None:
    with pytest.raises(ConflictError, match="pinned"):
        refunds.at("HEAD").register("x", "y")


def test_a_prompt_without_versions_can_be_made_first(registry: Registry) -> None:
    registry.create("faq", description="Answers of the help pages", tags={"team": "support"})
    assert registry.prompts() == ["faq"]
    assert registry.get("faq").description == "Answers of the help pages"
    with pytest.raises(VersionNotFoundError, match="no versions yet"):
        registry.load("faq")
    assert registry.register("faq", "x").version == 1


def test_history_lists_what_each_commit_did(refunds: Registry) -> None:
    events = refunds.history(NAME)
    assert [event.subject for event in events][-3:] == [
        "Answer kindly and briefly",
        "Answer kindly",
        "Answer briefly",
    ]
    assert events[-1].changes == ((NAME, "version 1 added"),)
    assert json.dumps([event.message for event in events])
