"""The schemas agree with the code that reads the same files, and with the specifications that they stand for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from jsonschema_specifications import REGISTRY

from promptgit import resources, schema
from promptgit.aliases.target import Target
from promptgit.errors import InvalidReferenceError, TemplateError
from promptgit.layout import MAX_VERSION, check_alias
from promptgit.templates.messages import compile_messages

_PUBLISHED = {uri: REGISTRY.contents(uri).get("properties", {}) for uri in REGISTRY if "2020-12" in uri}

_ODD = "latest LaTest latest2 v3 V03 v v3a 0 a..b a. .a -a a.lock a.lock.b a.locks production v² ٣"
ALIASES = st.text("aZ09vV_.-\n é", max_size=6) | st.sampled_from([*_ODD.split(), "a" * 128, "a" * 129, "production\n"])
NUMBERS = st.integers(-2, 5) | st.sampled_from([0.0, 0.5, -0.5, MAX_VERSION, True, None, "3"])
TARGETS = NUMBERS | st.dictionaries(
    st.sampled_from(["0", "1", "03", "3", "-1", "x", "3\n", "²", "9" * 10]), NUMBERS, max_size=3
)


def valid(kind: str, found: dict[str, Any]) -> bool:
    return schema.validate(kind, found) == []


@given(ALIASES)
def test_the_rule_for_aliases_is_that_of_the_program(alias: str) -> None:
    try:
        check_alias(alias)
    except InvalidReferenceError:
        assert not valid("aliases", {alias: 1})
    else:
        assert valid("aliases", {alias: 1})


@given(TARGETS)
@example({"1": 0, "2": 0.0})
def test_what_an_alias_may_point_to_is_what_the_program_reads(value: Any) -> None:
    assert valid("aliases", {"production": value}) == (Target.parse(value) is not None)


_CONTENT_PARTS = st.lists(
    st.just({"type": "text", "text": "{{x}}"}) | st.just({"inline": {"data": "x"}}) | st.just("x"), max_size=2
)
_FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "role": st.sampled_from(["user", "tool", "", None, 3]),
    "content": st.sampled_from(["Hello {{name}}", "", None, 3]) | _CONTENT_PARTS,
    "tool_calls": st.lists(st.just({"id": "1", "function": {"name": "f"}}), max_size=2),
    "placeholder": st.sampled_from(["history", "a.b", "a b", "", "history\n", 3]),
    "cache_control": st.just({"type": "ephemeral"}),
}
MESSAGES = st.lists(st.fixed_dictionaries({}, optional=_FIELDS) | st.none() | st.just("user: hi"), max_size=3)


@given(MESSAGES)
def test_a_chat_is_valid_if_it_compiles(messages: list[Any]) -> None:
    try:
        compile_messages(messages, "double-brace")
    except TemplateError:
        assert not valid("version", {"template": messages})
    else:
        assert valid("version", {"template": messages})


_SCALARS = (
    st.none() | st.booleans() | st.integers(-1, 2) | st.sampled_from(["string", "object", "null", "x", "#a", "a#"])
)
_DRAFT = "https://json-schema.org/draft/2020-12/"
_VOCABULARIES = ("core", "applicator", "unevaluated", "validation", "meta-data", "format-annotation", "content")
_PARTS_OF_IT = ("schema", *(f"meta/{name}" for name in _VOCABULARIES))
_KEYWORDS = sorted({key for part in _PARTS_OF_IT for key in _PUBLISHED[_DRAFT + part]} - {"$schema"})
# no two entries of a list are equal: whether `required` names a key twice is not looked at
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=2, unique_by=repr)
        | st.dictionaries(st.sampled_from([*_KEYWORDS, "x-unknown"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(_KEYWORDS), _VALUES, min_size=1, max_size=3))
def test_a_response_format_is_valid_if_the_meta_schema_says_so(found: dict[str, Any]) -> None:
    meta = Draft202012Validator(Draft202012Validator.META_SCHEMA)
    assert valid("version", {"template": "x", "response_format": found}) == meta.is_valid(found)


def test_every_keyword_of_the_meta_schema_is_described() -> None:
    described = json.loads(resources.schema_text("version"))["$defs"]["json_schema"]["properties"]
    assert sorted(described) == sorted(["$schema", *_KEYWORDS])


@pytest.mark.parametrize("draft", ["draft-04/schema#", "draft-06/schema", "draft-07/schema#"])
def test_a_response_format_may_name_an_older_draft(draft: str) -> None:
    older = {"$schema": f"http://json-schema.org/{draft}", "items": [{"type": "string"}], "additionalItems": False}
    assert valid("version", {"template": "x", "response_format": older})
    assert not valid("version", {"template": "x", "response_format": {**older, "properties": {"a": {"type": 3}}}})
    del older["$schema"]
    assert not valid("version", {"template": "x", "response_format": older})


def test_a_response_format_in_an_unknown_dialect_is_kept_as_it_is() -> None:
    dialect = {"$schema": "https://spec.openapis.org/oas/3.1/dialect/base", "type": ["string"], "discriminator": 3}
    assert valid("version", {"template": "x", "response_format": dialect})
    assert not valid("version", {"template": "x", "response_format": {"$schema": 7}})


def test_a_schema_of_others_is_data_no_reference_is_fetched_and_no_pattern_run() -> None:
    hostile = {
        "$ref": "http://127.0.0.1:9/none",
        "properties": {"a": {"$ref": "file:///etc/passwd"}, "b": {"pattern": "^(a+)+$"}, "c": {"pattern": "("}},
        "patternProperties": {"^(a|a)*$": {"const": "a" * 30 + "!"}, "[": {}},
    }
    for draft in ({}, {"$schema": "http://json-schema.org/draft-07/schema#"}):
        assert valid("version", {"template": "x", "response_format": {**draft, **hostile}})


@pytest.mark.parametrize("draft", [None, "http://json-schema.org/draft-07/schema#"])
def test_a_long_list_in_a_schema_of_others_is_not_compared_entry_by_entry(draft: str | None) -> None:
    named = {"$schema": draft} if draft else {}
    bomb = {**named, "items": {"required": [None, *(f"k{at}" for at in range(9_000))]}}  # a minute, if it were
    assert not valid("version", {"template": "x", "response_format": bomb})


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "provider": st.sampled_from(["openai", 3]),
            "model_name": st.text(max_size=3),
            "temperature": st.sampled_from([-0.1, 0, 0.7, 9]),
            "max_tokens": st.sampled_from([0, 1, 1.5]),
            "top_p": st.sampled_from([-1, 0, 0.5, 1, 1.1]),
            "top_k": st.sampled_from([0, 1, 40]),
            "frequency_penalty": st.sampled_from([-9, 0.1]),
            "presence_penalty": st.sampled_from([-9, {}]),
            "stop_sequences": st.lists(st.sampled_from(["END", 3]), max_size=2),
            "seed": st.integers(),
        },
    )
)
@pytest.mark.mlflow
def test_model_settings_are_held_to_the_limits_of_mlflow(config: dict[str, Any]) -> None:
    pydantic = pytest.importorskip("pydantic")
    model = pytest.importorskip("mlflow.entities.model_registry").PromptModelConfig
    try:
        model.from_dict(config)
    except pydantic.ValidationError:
        assert not valid("version", {"template": "x", "model_config": config})
    else:
        assert valid("version", {"template": "x", "model_config": config})


def test_a_pydantic_class_becomes_its_schema_and_anything_else_is_refused() -> None:
    from pydantic import BaseModel

    class Answer(BaseModel):
        text: str

    assert schema.response_schema(Answer)["properties"]["text"]["type"] == "string"
    assert valid("version", {"template": "x", "response_format": schema.response_schema(Answer)})
    assert schema.response_schema({"type": "object"}) == {"type": "object"}
    for other in (7, Answer(text="not the class")):
        with pytest.raises(InvalidReferenceError, match=f"not {type(other).__name__}"):
            schema.response_schema(other)
