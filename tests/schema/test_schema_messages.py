"""Validation: what is wrong, where, and what to do; and nothing in a document makes it fetch, hang or crash."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from promptgit import document, resources, schema
from promptgit.errors import InvalidReferenceError

CASES = [
    ("version", "templat: x\n", "1:1", "the file has no key `templat`", "Did you mean `template`?"),
    ("version", "template: 3\n", "1:11", "`template` must be a text or a list, not 3", ""),
    ("version", "template: []\n", "1:11", "`template` must not be empty", ""),
    ("version", "template:\n  - {role: user}\n", "2:5", "`template[0]` lacks `content`", ""),
    ("version", "template:\n  - {content: x}\n", "2:5", "`template[0]` lacks `role`", ""),
    (
        "version",
        "template:\n  - {placeholder: h, x: 1}\n",
        "2:22",
        "`template[0]` has no key `x`",
        "Known are: placeholder.",
    ),
    ("version", "template: x\nsyntax: jinja\n", "2:9", "`syntax` must be double-brace or", "Did you mean jinja2?"),
    ("version", "template: x\nmodel_config: {temperature: -1}\n", "2:29", "must be at least 0, got -1", ""),
    ("version", "template: x\nmodel_config: {max_tokens: 0}\n", "2:28", "must be greater than 0, got 0", ""),
    ("version", "template: x\nmodel_config: {top_p: 1.5}\n", "2:23", "must be at most 1, got 1.5", ""),
    ("version", "template: x\ntags: {a: 1}\n", "2:11", "`tags.a` must be a text, not 1", "Put it in quotes."),
    ("version", "template: x\nresponse_format: {type: 7}\n", "2:25", "`response_format.type` must be", ""),
    (
        "version",
        "template: x\nvariables: {a: {typ: x}}\n",
        "2:17",
        "`variables.a` has no key `typ`",
        "Did you mean `type`?",
    ),
    ("aliases", "latest: 3\n", "1:1", '"latest" is not allowed here', "Letters, digits"),
    ("aliases", "v3: 3\n", "1:1", '"v3" is not allowed here', "Letters, digits"),
    ("aliases", "production: x\n", "1:13", "must be a whole number or a mapping", ""),
    ("aliases", "production: 0\n", "1:13", "must be at least 1, got 0", ""),
    ("aliases", "e: {3: -1}\n", "1:8", "`e.3` must be at least 0, got -1", ""),
    ("prompt", "owner: [a]\n", "1:1", "the file has no key `owner`", "Did you mean `owners`?"),
    ("prompt", "versions: {x: {}}\n", "1:12", '"x" is not allowed here', ""),
    ("promptgit", "format: 1\naliases: tag\n", "2:10", "must be file or tags", "Did you mean tags?"),
    ("promptgit", "aliases: file\n", "1:1", "the file lacks `format`", ""),
]


@pytest.mark.parametrize(("kind", "text", "place", "message", "hint"), CASES)
def test_a_mistake_is_named_with_its_place_and_a_way_out(
    kind: str, text: str, place: str, message: str, hint: str
) -> None:
    data = text.encode()
    problems = schema.validate(kind, document.parse(data), data, "x.yaml")
    found = next(problem for problem in problems if message in problem.message)
    assert f"{found.line}:{found.column}" == place
    assert hint in found.hint


@pytest.mark.parametrize("path", [path for path, _ in resources.template_files() if path.endswith(".yaml")])
def test_the_files_of_the_template_are_valid_and_in_the_form_that_promptgit_writes(path: str) -> None:
    data = dict(resources.template_files())[path]
    name = path.rpartition("/")[2]
    kind = name.removesuffix(".yaml") if not name[0].isdigit() else "version"
    found = document.parse(data, path)
    assert schema.validate(kind, found, data, path) == []
    header = data.decode().split("\n")[0]
    depth = path.count("/")
    assert header == f"# yaml-language-server: $schema={'../' * depth}.promptgit/schemas/{kind}.schema.json"
    if kind != "promptgit":
        assert document.dump(found, header=header + "\n", blank_lines=kind == "aliases") == data


@pytest.mark.parametrize("kind", resources.SCHEMAS)
def test_the_schemas_are_schemas_and_describe_every_property(kind: str) -> None:
    found = json.loads(resources.schema_text(kind))
    Draft202012Validator.check_schema(found)
    assert found["$id"].endswith(f"/{kind}.schema.json")

    def undescribed(node: object, place: str) -> Iterator[str]:
        if isinstance(node, dict):
            for name, inner in node.get("properties", {}).items():
                if "description" not in inner and "$ref" not in inner:
                    yield f"{place}.{name}"
            for key, inner in node.items():
                if key != "examples":
                    yield from undescribed(inner, f"{place}.{key}")
        elif isinstance(node, list):
            for inner in node:
                yield from undescribed(inner, place)

    assert list(undescribed(found, kind)) == []


def test_examples_in_the_schemas_are_valid() -> None:
    for kind in resources.SCHEMAS:
        for example in json.loads(resources.schema_text(kind)).get("examples", []):
            assert schema.validate(kind, example) == []


def test_a_schema_of_others_is_data_no_reference_is_fetched_and_no_pattern_run() -> None:
    hostile = {
        "$ref": "http://127.0.0.1:9/none",
        "properties": {"a": {"$ref": "file:///etc/passwd"}, "b": {"pattern": "^(a+)+$"}, "c": {"pattern": "("}},
        "patternProperties": {"^(a|a)*$": {"const": "a" * 30 + "!"}},
    }
    assert schema.validate("version", {"template": "x", "response_format": hostile}) == []


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["template", "role", "content", "type", "tags", "3", "$ref", "properties"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=10,
)
_KEYS = st.sampled_from(["template", "syntax", "variables", "model_config", "response_format", "tools", "tags", "x"])


@given(kind=st.sampled_from(resources.SCHEMAS), found=st.dictionaries(_KEYS, _JSON, max_size=5))
def test_any_document_gives_problems_that_can_be_printed(kind: str, found: dict[str, object]) -> None:
    data = document.dump(found)
    for problem in schema.validate(kind, document.parse(data, empty_ok=True), data, "x.yaml"):
        assert problem.line >= 1
        assert str(problem)


def test_a_pydantic_class_becomes_its_schema_and_anything_else_is_refused() -> None:
    from pydantic import BaseModel

    class Answer(BaseModel):
        text: str

    assert schema.response_schema(Answer)["properties"]["text"]["type"] == "string"
    assert schema.response_schema({"type": "object"}) == {"type": "object"}
    with pytest.raises(InvalidReferenceError, match="not int"):
        schema.response_schema(7)
