"""What the strict reader takes, and what it refuses where."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from document_samples import ALIASES_FILE, VERSION_FILE

from promptgit.document import MAX_BYTES, parse
from promptgit.document.events import PythonParser, default_parser
from promptgit.errors import InvalidDocumentError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from promptgit.document.events import EventSource
    from promptgit.problems import Problem


@pytest.fixture(params=[default_parser, PythonParser], ids=["libyaml", "python"])
def parser(request: pytest.FixtureRequest) -> Any:
    """Both of PyYAML's parsers: where libyaml is missing, the rules are the same."""
    return request.param


def refused(data: bytes, **options: Any) -> Problem:
    with pytest.raises(InvalidDocumentError) as caught:
        parse(data, "prompts/greeting/1.yaml", **options)
    (problem,) = caught.value.problems
    assert problem.path == "prompts/greeting/1.yaml"
    return problem


def test_a_version_file_is_read_as_its_values(parser: type[EventSource]) -> None:
    assert parse(VERSION_FILE, parser=parser) == {
        "template": [
            {
                "role": "system",
                "content": "You answer questions about refunds.\n  - Be brief.\n\n{{policy}}\n",
            },
            {"role": "user", "content": "{{question}}"},
        ],
        "variables": {
            "policy": {"type": "string", "description": "the policy, in full"},
            "question": {"type": "string", "required": True},
        },
        "model_config": {"temperature": 0.2, "seed": 12},
        "tags": {"team": "support", "country": "no"},
    }


def test_keys_are_text_whatever_they_look_like(parser: type[EventSource]) -> None:
    assert parse(ALIASES_FILE, parser=parser)["experiment"] == {"3": 90, "4": 10}
    found = parse(b"3: a\n1.10: b\ntrue: c\nnull: d\n? no\n: e\n'': f\n", parser=parser)
    assert found == {"3": "a", "1.10": "b", "true": "c", "null": "d", "no": "e", "": "f"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None), ("~", None), ("null", None), ("NULL", None), ("nUll", "nUll"),
        ("true", True), ("True", True), ("FALSE", False), ("tRUE", "tRUE"),
        ("yes", "yes"), ("no", "no"), ("on", "on"), ("Off", "Off"), ("y", "y"),
        ("0", 0), ("012", 12), ("-7", -7), ("+7", 7), ("-0", 0), ("0o17", 15), ("0x1F", 31), ("0b1", "0b1"),
        ("1_000", "1_000"), ("1:30", "1:30"), ("12:30:45", "12:30:45"), ("2024-01-01", "2024-01-01"),
        ("1.10", 1.1), ("1.", 1.0), (".5", 0.5), ("-.5", -0.5), ("1e5", 1e5), ("1.5E-3", 0.0015), (".", "."),
        ("1.2.3", "1.2.3"), ("-", [None]), ("--", "--"), ("+", "+"), ("1e", "1e"), ("0x", "0x"),
        ("18446744073709551615", 2**64 - 1), ("-9223372036854775808", -(2**63)), ("1१", "1१"),
        ("'12'", "12"), ('"true"', "true"), ("! x y", None), ("a\n  b", "a b"),
    ],
)  # fmt: skip
def test_plain_scalars_follow_yaml_1_2(text: str, value: object, parser: type[EventSource]) -> None:
    data = f"key: {text}\n".encode() if text != "-" else b"key:\n  -\n"
    if text.startswith("!"):
        assert refused(data, parser=parser).code == "yaml-tag"
        return
    found = parse(data, parser=parser)["key"]
    assert found == value
    assert type(found) is type(value)


REFUSALS = [
    (b"", "yaml-empty", 1, 1),
    (b"# only a comment\n", "yaml-empty", 1, 1),
    (b"- a\n", "yaml-not-a-mapping", 1, 1),
    (b"# x\n\n  text\n", "yaml-not-a-mapping", 3, 3),
    (b"''\n", "yaml-not-a-mapping", 1, 1),
    (b"a: 1\nb: &x 1\n", "yaml-anchor", 2, 4),
    (b"a: &x [1]\n", "yaml-anchor", 1, 4),
    (b"a: *x\n", "yaml-alias", 1, 4),
    (b"a: !!str 1\n", "yaml-tag", 1, 4),
    (b"a: !python/object:os.system {}\n", "yaml-tag", 1, 4),
    (b"a: !\n", "yaml-tag", 1, 4),
    (b"a: !<x\n", "yaml-tag", 1, 4),
    (b"a: !x!y 1\n", "yaml-tag", 1, 4),
    (b"a: 1\n---\nb: 2\n", "yaml-documents", 2, 1),
    (b"a: 1\n...\n---\n", "yaml-documents", 3, 1),
    (b"<<<<<<< HEAD\na: 1\n=======\na: 2\n>>>>>>> main\n", "yaml-conflict", 1, 1),
    (b"b: 1\n\n<<<<<<< ours\r\na: 1\r\n=======\r\n>>>>>>> theirs\r\n", "yaml-conflict", 3, 1),
    (b"<<<<<<< HEAD\na: 1\n=======\n", "yaml-not-a-mapping", 1, 1),
    (b"%YAML 1.2\n---\na: 1\n", "yaml-directive", 1, 1),
    (b"%TAG ! tag:x,2026:\n---\na: 1\n", "yaml-directive", 1, 1),
    (b"<<: {a: 1}\n", "yaml-merge-key", 1, 1),
    (b"a:\n  x: 1\n  <<: {b: 1}\n", "yaml-merge-key", 3, 3),
    (b"a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n", "yaml-duplicate-key", 5, 3),
    (b'3: a\n"3": b\n', "yaml-duplicate-key", 2, 1),
    (b"? [a]\n: 1\n", "yaml-key", 1, 3),
    (b"? \n: 1\n", "yaml-empty-key", 1, 2),
    (b"template: {{name}}, hello\n", "yaml-key", 1, 11),
    (b"a: .inf\n", "yaml-number", 1, 4),
    (b"a: -.INF\n", "yaml-number", 1, 4),
    (b"a: .nan\n", "yaml-number", 1, 4),
    (b"a: 1e999\n", "yaml-number", 1, 4),
    (b"a: 18446744073709551616\n", "yaml-number", 1, 4),
    (b"a: -9223372036854775809\n", "yaml-number", 1, 4),
    (b"a: 0x1" + b"0" * 16 + b"\n", "yaml-number", 1, 4),
    (b"a: " + b"9" * 100_000 + b"\n", "yaml-number", 1, 4),
    ("é: ü\nb: ".encode() + b"\xff\n", "yaml-encoding", 2, 4),
    ("a: ü".encode("utf-16"), "yaml-encoding", 1, 1),
    (b"a: \xed\xa0\x80\n", "yaml-encoding", 1, 4),
    (b"a: b\0\n", "yaml-character", 1, 5),
    (b"a: 1\nb: \x1b[0m\n", "yaml-character", 2, 4),
    ("a: é\u2028b\n".encode(), "yaml-character", 1, 5),
    ("a: |\n  x\u2029y\n".encode(), "yaml-character", 2, 4),
    ("a: |\n  x\x85y\n".encode(), "yaml-character", 2, 4),
    (b"a: |\n  x\ry\n", "yaml-character", 2, 4),
    ("a: 1\n\ufeffb: 2\n".encode(), "yaml-character", 2, 1),
    (b"a:\n" + b"  x: |\n    " + b"a" * MAX_BYTES, "yaml-size", 1, 1),
    (b"a: " + b"[" * 32 + b"]" * 32, "yaml-depth", 1, 35),
    (b"a: [" + b"\n  a," * 10_000 + b"]", "yaml-nodes", 9_999, 3),
    (b"- " * 25_000, "yaml-not-a-mapping", 1, 1),
    (b"a:\n  " + b"- " * 25_000, "yaml-depth", 2, 65),
    (b"a: " + b"{a: " * 50_000, "yaml-depth", 1, 128),
]


@pytest.mark.parametrize(("data", "code", "line", "column"), REFUSALS, ids=range(len(REFUSALS)))
def test_what_is_refused_is_refused_where_it_stands(
    data: bytes, code: str, line: int, column: int, parser: type[EventSource]
) -> None:
    problem = refused(data, parser=parser)
    assert (problem.code, problem.line, problem.column) == (code, line, column)


FAULTS = [
    (b"a:\n\tb: 1\n", 2, 1, "tab"),
    (b"a: 1\nb: note: this\n", 2, 8, "colon"),
    (b"a: |\n  text\nand more text\nb: 1\n", 3, 1, "neither `key: value` nor part of the text"),
    (b"a: 'never\n  closed\n", 1, 4, "never closed"),
    (b'a: "never closed', 1, 4, "never closed"),
    (b'a: "\\d+"\n', 1, 5, "escape"),
    (b'a: "\\ud83d\\ude00"\n', 1, 5, "escape"),
    (b'a: "\\U00110000"\n', 1, 5, "escape"),
    (b'a: "\\Uffffffff"\n', 1, 5, "escape"),
    (b"a: **bold**\n", 1, 4, "cannot start with"),
    (b"a: @ada\n", 1, 4, "cannot start with '@'"),
    (b"a: `x`\n", 1, 4, "cannot start with '`'"),
    (b"a: [1, 2\nb: 3\n", 1, 4, "not closed"),
    (b"a: {b: 1\n", 1, 4, "not closed"),
    (b"a: ]\n", 1, 4, "expected"),
    (b"a: - b\n", 1, 4, "list"),
    (b'a: "x" y\n', 1, 8, "expected the next"),
    (b"a:\n  - x\n  y: 1\n", 3, 3, "expected the next"),
    (b"a: | text\n", 1, 6, "block"),
    (b"%FOO\n---\na: 1\n", 1, 1, "directive"),
    ("a: éé: b\n".encode(), 1, 6, "colon"),
    (b"a: b\n...\n]", 3, 1, ""),
]


@pytest.mark.parametrize(("data", "line", "column", "words"), FAULTS, ids=range(len(FAULTS)))
def test_a_fault_in_the_syntax_is_explained_with_a_hint(data: bytes, line: int, column: int, words: str) -> None:
    problem = refused(data)
    assert words in problem.message
    assert problem.hint
    if "escape" not in words:
        assert (problem.line, problem.column) == (line, column)
    assert problem.line == line


@pytest.mark.parametrize("data", [data for data, *_ in FAULTS], ids=range(len(FAULTS)))
def test_the_python_parser_finds_the_same_faults(data: bytes) -> None:
    assert refused(data, parser=PythonParser).line >= 1


def test_a_duplicate_key_names_the_line_of_the_first() -> None:
    data = b"production: 2\n\nstaging: 3\n\nproduction: 4\n"
    assert str(refused(data)) == (
        "prompts/greeting/1.yaml:5:1: error: the key 'production' is given twice, first on line 1 "
        "[yaml-duplicate-key]\n    Keep one of them."
    )


@pytest.mark.parametrize("data", [b"", b"\n", b"# a comment\n", b"---\n", b"\xef\xbb\xbf", b"{}\n"])
def test_an_empty_file_is_an_empty_mapping_where_that_is_allowed(data: bytes, parser: type[EventSource]) -> None:
    assert parse(data, empty_ok=True, parser=parser) == {}


def test_a_null_is_not_an_empty_file() -> None:
    assert refused(b"null\n", empty_ok=True).code == "yaml-not-a-mapping"


def test_files_from_windows_read_the_same(parser: type[EventSource]) -> None:
    windows = b"\xef\xbb\xbf" + VERSION_FILE.replace(b"\n", b"\r\n")
    assert parse(windows, parser=parser) == parse(VERSION_FILE, parser=parser)


def test_one_document_may_be_marked_as_such(parser: type[EventSource]) -> None:
    assert parse(b"---\na: 1\n...\n# end\n", parser=parser) == {"a": 1}


def test_escapes_carry_what_a_file_cannot_hold(parser: type[EventSource]) -> None:
    data = rb'a: "\0\a\e\x85\N\L\P\uFEFF\r\n\t\U0001F600\/"' + b"\n"
    assert parse(data, parser=parser) == {"a": "\0\a\x1b\x85\x85\u2028\u2029\ufeff\r\n\t\U0001f600/"}


def test_32_levels_and_10_000_nodes_are_allowed(parser: type[EventSource]) -> None:
    assert parse(b"a: " + b"[" * 31 + b"]" * 31, parser=parser)
    found = parse(b"a: [" + b"a," * 9_997 + b"]", parser=parser)  # and the root, the key and the list
    assert len(found["a"]) == 9_997


def test_a_load_imports_the_reader_and_not_the_rest() -> None:
    program = (
        "import sys; from promptgit import document; document.parse(b'a: 0.5'); "
        "heavy = {'typing', 'dataclasses', 'json', 'inspect'} & set(sys.modules); "
        "print([name for name in sys.modules if name.startswith('promptgit.document.')], heavy)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "faults" not in done.stdout
    assert "writer" not in done.stdout
    assert done.stdout.strip().endswith("set()")


def test_an_unknown_name_of_the_package_is_an_attribute_error() -> None:
    from promptgit import document

    with pytest.raises(AttributeError, match="no attribute 'load'"):
        _ = document.load


def test_a_message_shows_escapes_and_does_not_pass_them_on() -> None:
    assert "\x1b" not in str(refused(b"a: !%1b[31m x\n"))
    assert "\x1b" not in str(refused(b'"\\e[31m": 1\n"\\e[31m": 2\n'))
