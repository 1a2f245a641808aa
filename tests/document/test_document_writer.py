"""What the writer writes reads back as what it was given, here and in other YAML readers."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import Any

import pytest
import yaml
from document_samples import documents, texts
from hypothesis import example, given, settings
from hypothesis import strategies as st

from promptgit.document import dump, parse, quoting
from promptgit.document.events import PythonParser
from promptgit.document.writer import same
from promptgit.errors import InvalidDocumentError


def refused(document: Any) -> str:
    with pytest.raises(InvalidDocumentError) as caught:
        dump(document)
    (problem,) = caught.value.problems
    return problem.message


@given(documents, st.booleans(), st.none() | st.integers(0, 3))
@settings(max_examples=150, deadline=None)
def test_every_document_reads_back_as_it_was(
    document: dict[str, Any], blank_lines: bool, flow_depth: int | None
) -> None:
    data = dump(document, blank_lines=blank_lines, flow_depth=flow_depth)
    assert same(parse(data, empty_ok=True), document)
    assert list(parse(data)) == list(document)
    assert data.endswith(b"\n")
    assert dump(document, blank_lines=blank_lines, flow_depth=flow_depth) == data


@given(documents)
@settings(max_examples=100, deadline=None)
def test_the_python_parser_reads_the_same(document: dict[str, Any]) -> None:
    assert same(parse(dump(document), parser=PythonParser), document)


@given(st.dictionaries(texts, st.one_of(texts, st.lists(texts, max_size=3)), max_size=4), st.none() | st.just(0))
@settings(max_examples=150, deadline=None)
@example({"key": "y", "n": "<<", "=": "1_0", "1:30": "0b1"}, None)
def test_readers_of_yaml_1_1_agree_on_every_text(document: dict[str, Any], flow_depth: int | None) -> None:
    data = dump(document, flow_depth=flow_depth)
    for loader in (yaml.SafeLoader, yaml.CSafeLoader):
        found = yaml.load(data, loader)
        assert {str(key): value for key, value in found.items()} == document


@given(texts)
@settings(max_examples=150, deadline=None)
def test_every_text_with_lines_that_yaml_can_carry_is_a_literal_block(text: str) -> None:
    data = dump({"template": text}).decode()
    carried = "\n" in text and text.strip("\n") and not set(text) & set("\r\x85\u2028\u2029\ufeff\0\a\x1b\x7f\ufffe")
    if carried and all(character.isprintable() or character in "\n\t\xa0\u3000\u200d\u202e" for character in text):
        assert data.startswith("template: |")
    assert parse(data.encode())["template"] == text


def test_a_document_is_written_for_reviewers() -> None:
    document = {
        "template": [
            {
                "role": "system",
                "content": "You are brief. \n\n\tTabs, 😀 and " + "long lines " * 40 + "stay.\n",
            },
            {"role": "user", "content": "  {{question}}\nnow"},
        ],
        "model_config": {
            "temperature": 0.2,
            "tiny": 1e-05,
            "stop": ["END", "---"],
            "extra": {},
            "none": None,
        },
        "tags": {"country": "no", "model": "gpt-4o", "version": "1.10", "url": "https://x.example/a?b=c"},
    }
    assert dump(document, header="yaml-language-server: $schema=version.json\n# second").decode() == (
        "# yaml-language-server: $schema=version.json\n"
        "# second\n"
        "template:\n"
        "  - role: system\n"
        "    content: |\n"
        "      You are brief. \n"
        "\n"
        "      \tTabs, 😀 and " + "long lines " * 40 + "stay.\n"
        "  - role: user\n"
        "    content: |2-\n"
        "        {{question}}\n"
        "      now\n"
        "model_config:\n"
        "  temperature: 0.2\n"
        "  tiny: 1.0e-05\n"
        "  stop:\n"
        "    - END\n"
        '    - "---"\n'
        "  extra: {}\n"
        "  none: null\n"
        "tags:\n"
        '  country: "no"\n'
        "  model: gpt-4o\n"
        '  version: "1.10"\n'
        "  url: https://x.example/a?b=c\n"
    )


def test_a_text_that_needs_escapes_keeps_its_lines() -> None:
    text = 'First.\r\n  Second\u2028 with \\ and ""\n\n\ttabbed \nlast\ufeff'
    assert dump({"template": text}).decode() == (
        'template: "First.\\r\\n\\\n'
        '  \\  Second\\u2028 with \\\\ and \\"\\"\\n\\\n'
        "  \\n\\\n"
        "  \\ttabbed \\n\\\n"
        '  last\\ufeff"\n'
    )


def test_the_end_of_a_text_survives() -> None:
    for ending in ("", "\n", "\n\n", "\n\n\n", " ", " \n", "\n ", "\t\n", "\n\t\n"):
        for start in ("a\nb", "\na\nb", " a\nb", "\n\n  a\nb", "\ta\nb"):
            document = {
                "first": start + ending,
                "list": [start + ending, {"key": start + ending}],
                "last": "x",
            }
            assert parse(dump(document)) == document


def test_aliases_are_parted_by_blank_lines_and_weights_stand_on_one_line() -> None:
    aliases = {"canary": 4, "experiment": {"3": 90, "4": 10}, "production": 2}
    assert dump(aliases, blank_lines=True, flow_depth=1) == (
        b"canary: 4\n\nexperiment: {3: 90, 4: 10}\n\nproduction: 2\n"
    )


def test_a_block_that_would_swallow_a_blank_line_is_quoted() -> None:
    document = {"first": "ends in blank lines\n\n", "second": "text\n"}
    assert b"|+" in dump(document)
    data = dump(document, blank_lines=True)
    assert data.startswith(b'first: "ends in blank lines\\n\\\n')
    assert parse(data) == document


def test_a_text_that_a_block_wrongly_carried_is_written_in_quotes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quoting, "fits_literal", lambda _: True)
    assert dump({"a": "one\r\ntwo\n"}) == b'a: "one\\r\\n\\\n  two\\n"\n'


def test_a_key_longer_than_a_simple_key_is_written_explicitly() -> None:
    document = {"k" * 1500: {"inner": [1]}, "short": {"é" * 1100: "x"}}
    assert dump(document).startswith(b"? kkk")
    assert parse(dump(document)) == document
    assert parse(dump(document, flow_depth=0)) == document


def test_an_empty_document_is_an_empty_mapping() -> None:
    assert dump({}, header="nothing yet") == b"# nothing yet\n{}\n"


def test_mappings_tuples_and_subclasses_are_written_as_what_they_hold() -> None:
    class Role(StrEnum):
        SYSTEM = "system"

    class Count(int):
        """Prints as something else than its value."""

        def __str__(self) -> str:
            return "many"

    assert (
        dump(MappingProxyType({"role": Role.SYSTEM, "counts": (Count(3), 1.0)}))
        == b"role: system\ncounts:\n  - 3\n  - 1.0\n"
    )


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (float("nan"), "nan is not a number that JSON can carry"),
        (float("-inf"), "-inf is not a number that JSON can carry"),
        (2**64, "does not fit into 64 bits"),
        (-(2**63) - 1, "does not fit into 64 bits"),
        (b"bytes", "a value of type bytes cannot be written"),
        ({1: 2}, "the key 1 is not a text"),
        ("\ud83d", "half of a surrogate pair"),
        ({"\udc00": 1}, "half of a surrogate pair"),
        ({1, 2}, "a value of type set cannot be written"),
    ],
)
def test_what_yaml_or_json_cannot_carry_is_refused_by_its_key_path(value: object, words: str) -> None:
    message = refused({"model_config": {"stop": ["END", value]}})
    assert message.startswith("model_config.stop[1]: ")
    assert words in message


def test_a_list_that_holds_itself_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    assert "nested more than 32 levels deep" in refused({"a": endless})


def test_a_document_that_the_reader_would_refuse_is_refused() -> None:
    assert "at most 1,048,576" in refused({"a": "x" * 2_000_000})
    assert "more than 10,000" in refused({"a": [1] * 10_001})


@pytest.mark.parametrize("header", ["one\rtwo", "one\u2028two", "one\ntwo"])
def test_every_line_of_a_header_is_a_comment(header: str) -> None:
    assert dump({"a": 1}, header=header) == b"# one\n# two\na: 1\n"
