"""What is simple is read without PyYAML, and means what it means to the strict reader; the rest is left to that."""

from __future__ import annotations

from typing import Any

import pytest
from document_samples import ALIASES_FILE, VERSION_FILE, documents
from hypothesis import given
from hypothesis import strategies as st

from promptgit.document import dump, simple, strict
from promptgit.document.events import PythonParser, default_parser
from promptgit.document.reader import check_bytes, without_bom
from promptgit.document.writer import same
from promptgit.errors import InvalidDocumentError

CHAT = b"""\
# yaml-language-server: $schema=../../schemas/version.schema.json
template:
  - role: system
    content: |
      You answer questions about refunds.
        - Be brief.

      {{policy}}
  - role: user
    content: "{{question}}"
  - placeholder: history
model_config:
  model_name: gpt-5
  temperature: 0.2   # cool
"""
REGISTRY = b"""\
format: 1
policies:
  required: [description, owners, tags.team]        # what each prompt's prompt.yaml must say
  naming: {pattern: "*.*", max_length: 64}
  reserved_tags: []
  aliases:
    production: {through: staging, min_age_days: 1, promoters: [release@example.com]}
"""
NOTES = b"owners:\n  - support-team\nversions:\n  2:\n    deleted: 'invented: a policy'\n  3:\ntags: {}\n"
SIMPLE = [
    CHAT,
    REGISTRY,
    NOTES,
    ALIASES_FILE,
    VERSION_FILE,
    b"production: 2\n",
    b"template: |+\n  Hello\n\nsyntax: jinja2\n",
]
"""What a registry's files look like."""

# characters and words that YAML gives a meaning to, alone and together
_PIECES = [
    *(
        "a",
        "b",
        "key",
        ":",
        ": ",
        " :",
        "- ",
        "-",
        "? ",
        " ",
        "  ",
        "\n",
        "\n",
        "\n  ",
        "\n    ",
        "\n- ",
        "\n  - ",
        "|",
        "|-",
    ),
    *(
        "|+",
        ">",
        "#",
        " #",
        "'",
        '"',
        "''",
        "[",
        "]",
        "{",
        "}",
        ", ",
        ",",
        "&",
        "*",
        "!",
        "%",
        "@",
        "`",
        "<<",
        "=",
        "...",
        "\\",
    ),
    *(
        "---",
        "\n---\n",
        "1",
        "-1",
        "1.5",
        "true",
        "null",
        "~",
        "yes",
        "0x1F",
        "1e3",
        ".5",
        "01",
        "1:30",
        ".inf",
        "é",
        "😀",
    ),
    *(
        "\t",
        "\r\n",
        "\xa0",
        "\x7f",
        "\x80",
        "\x85",
        "\u2028",
        "\ufeff",
        "\ufffe",
        "a: b",
        "key: |\n  text\n",
        "  k: v\n",
    ),
]
pieces = st.lists(st.sampled_from(_PIECES), max_size=14).map("".join)


@st.composite
def edited(draw: st.DrawFn) -> str:
    """A file of a registry in which something was put in the wrong place, or left out."""
    text = draw(st.sampled_from(SIMPLE)).decode()
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(pieces) + text[at + draw(st.integers(0, 6)) :]
    return text


def by_strict(data: bytes, parser: Any = default_parser) -> dict[str, Any]:
    return strict.read(data, "", empty_ok=False, parser=parser)


@pytest.mark.parametrize("data", SIMPLE)
def test_the_files_of_a_registry_are_simple(data: bytes) -> None:
    found = simple.read(data)
    assert found is not None
    assert same(found, by_strict(data))


@given(st.one_of(pieces, pieces.map(lambda text: f"{text}\n"), edited()))
def test_what_is_read_means_the_same_to_the_strict_reader(text: str) -> None:
    data = without_bom(text.encode("utf-8", "surrogatepass"))
    try:
        check_bytes(data, "")
    except InvalidDocumentError:
        return
    found = simple.read(data)
    if found is not None:
        assert same(found, by_strict(data))
        assert same(found, by_strict(data, PythonParser))


@given(documents)
def test_what_is_written_is_read_as_it_was_or_left_to_the_strict_reader(document: dict[str, Any]) -> None:
    found = simple.read(dump(document))
    assert found is None or same(found, document)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"# nothing\n",
        b"a: 1",
        b"a: 1\r\n",
        b"a: 1\na: 2\n",
        b"a: b\n  c\n",
        b"a: b: c\n",
        b"a:\n- 1\n",
        b"a: &x 1\n",
        b"a: >\n  folded\n",
        b"a: |2\n    deep\n",
        b"a: |\n\n  late\n",
        b"a: |\n\ttab\n",
        b'a: "\\n"\n',
        b"a: 'it''s'\n",
        b"a: [1,]\n",
        b"a: [b: c]\n",
        b"a: {b}\n",
        b"a: .inf\n",
        b"'a': 1\n",
        b"? a\n",
        b"- a\n",
        b"---\na: 1\n",
        b"a: \x07\n",
        b"a: \xc2\x80\n",
        b"a: 99999999999999999999\n",
        b"a: " + b"[" * 20 + b"]" * 20 + b"\n",
        b"".join(b"k%d: 1\n" % number for number in range(2000)),
        b"".join(b" " * depth + b"k:\n" for depth in range(20)),
    ],
)
def test_the_rest_is_left_to_the_strict_reader(data: bytes) -> None:
    assert simple.read(data) is None
