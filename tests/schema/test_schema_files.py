"""The files that ship: the schemas are good schemas, and the template is valid by them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from promptgit import document, resources, schema
from promptgit.aliases import BACKENDS
from promptgit.templates import SYNTAXES

TEMPLATE = dict(resources.template_files())
EXAMPLES = sorted(path for path in TEMPLATE if path.endswith(".yaml"))


def load(kind: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(resources.schema_text(kind))
    return found


def subschemas(rule: Any, place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every property of a schema, with its place."""
    if isinstance(rule, list):
        for inner in rule:
            yield from subschemas(inner, place)
    elif isinstance(rule, dict):
        for key, inner in rule.items():
            if key in ("properties", "$defs"):
                for name, property_rule in inner.items():
                    if key == "properties":
                        yield f"{place}.{name}", property_rule
                    yield from subschemas(property_rule, f"{place}.{name}")
            elif key not in ("examples", "if", "then", "else"):
                yield from subschemas(inner, place)


@pytest.mark.parametrize("kind", resources.SCHEMAS)
def test_a_schema_is_one_and_describes_every_property(kind: str) -> None:
    found = load(kind)
    Draft202012Validator.check_schema(found)
    assert found["$id"].endswith(f"/{kind}.schema.json")
    assert found["title"]
    assert found["description"]
    assert [place for place, rule in subschemas(found, kind) if not rule.keys() & {"description", "$ref"}] == []


@pytest.mark.parametrize("kind", resources.SCHEMAS)
def test_examples_in_a_schema_are_valid_and_can_be_written_and_read(kind: str) -> None:
    examples = load(kind)["examples"]
    assert examples
    for example in examples:
        assert schema.validate(kind, example) == []
        assert document.parse(document.dump(example)) == example


def test_what_is_set_later_obeys_the_rules_of_a_version() -> None:
    made_with = load("version")["$defs"]["model_config"]
    later = load("prompt")["properties"]["versions"]["additionalProperties"]["properties"]["model_config"]
    assert later["properties"] == made_with["properties"]
    assert later.keys() == made_with.keys()


def test_the_schemas_name_what_the_program_has() -> None:
    assert load("version")["properties"]["syntax"]["enum"] == list(SYNTAXES)
    assert set(load("promptgit")["properties"]["aliases"]["enum"]) == set(BACKENDS)


@pytest.mark.parametrize("path", EXAMPLES)
def test_a_file_of_the_template_is_valid_and_in_the_form_that_promptgit_writes(path: str) -> None:
    data = TEMPLATE[path]
    name = path.rpartition("/")[2]
    kind = "version" if name[0].isdigit() else name.removesuffix(".yaml")
    found = document.parse(data, path)
    assert schema.validate(kind, found, data, path) == []
    header = data.decode().split("\n")[0]
    assert header == f"# yaml-language-server: $schema={'../' * path.count('/')}.promptgit/schemas/{kind}.schema.json"
    if kind != "promptgit":  # which has comments
        assert document.dump(found, header=header + "\n", blank_lines=kind == "aliases") == data


def test_the_editor_settings_of_the_template_name_the_schemas_that_init_copies() -> None:
    settings = json.loads(TEMPLATE[".vscode/settings.json"])
    assert sorted(settings["yaml.schemas"]) == sorted(
        f".promptgit/schemas/{kind}.schema.json" for kind in resources.SCHEMAS
    )
