"""What validation says: what is wrong, where, and what to do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptgit import document, resources, schema

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
    ("version", "template: x\nmodel: y\ntag: z\n", "3:1", "the file has no key `tag`", "Did you mean `tags`?"),
    ("version", "template:\n  - {role: user, content: null}\n", "2:27", "must be a text or a list, not nothing", ""),
    ("version", "template:\n  - {role: user, content: 3}\n", "2:27", "must be a text or a list", "Put it in quotes."),
    ("version", "template:\n  - hello\n", "2:5", '`template[0]` must be a mapping, not "hello"', ""),
    ("version", "template:\n  - {placeholder: a b}\n", "2:19", '"a b" is not allowed here', "takes the messages"),
    ("version", "template:\n  - {rol: user, content: x}\n", "2:5", "lacks `role`", "Did you mean it by `rol`?"),
    ("version", "template: x\nvariables: {'{{a}}': }\n", "2:13", '"{{a}}" is not allowed here', "name alone"),
    (
        "version",
        "template: x\nvariables: {n: {type: integer, default: '3'}}\n",
        "2:41",
        '`variables.n.default` must be a whole number, not "3"',
        "",
    ),
    (
        "version",
        "template: x\nresponse_format: {type: json_schema, json_schema: {}}\n",
        "2:25",
        '`response_format.type` must be array or boolean or integer or null or number or object or string, not "json_sch',
        "Write the schema itself",
    ),
    (
        "version",
        "template: x\nresponse_format: {items: [{}]}\n",
        "2:26",
        "must be a mapping or true or false, not a",
        "",
    ),
    (
        "version",
        "template: x\nresponse_format: {$schema: 'http://json-schema.org/draft-07/schema#', items: [{type: strin}]}\n",
        "2:86",
        "`response_format.items[0].type` must be array or",
        "Did you mean string?",
    ),
    ("aliases", "latest: 3\n", "1:1", '"latest" is not allowed here', "Letters, digits"),
    ("aliases", "v3: 3\n", "1:1", '"v3" is not allowed here', "Letters, digits"),
    ("aliases", "production: x\n", "1:13", "must be a whole number or a mapping", ""),
    ("aliases", "a: {}\n", "1:4", "`a` must not be empty", ""),
    ("aliases", "a: {1: 0, 2: 0.0}\n", "1:4", "`a`: a mapping is not allowed here", "At least one weight is above 0."),
    ("aliases", "a: {03: 1}\n", "1:5", '"03" is not allowed here', "without leading zeros"),
    ("aliases", '"a\\n": 3\n', "1:1", '"a\\n" is not allowed here', "Letters, digits"),
    ("aliases", "a.lock: 3\n", "1:1", '"a.lock" is not allowed here', "git must take it as a tag"),
    ("aliases", "production: 0\n", "1:13", "must be at least 1, got 0", ""),
    ("aliases", "e: {3: -1}\n", "1:8", "`e.3` must be at least 0, got -1", ""),
    ("prompt", "owner: [a]\n", "1:1", "the file has no key `owner`", "Did you mean `owners`?"),
    ("prompt", "versions: {x: {}}\n", "1:12", '"x" is not allowed here', ""),
    ("promptgit", "format: 1\naliases: tag\n", "2:10", "must be file or tags", "Did you mean tags?"),
    ("promptgit", "format: 1\npolicies: {requird: []}\n", "2:12", "no key `requird`", "Did you mean `required`?"),
    ("promptgit", "format: 1\npolicies: {required: [owner]}\n", "2:23", '"owner" is not allowed here', "tags.KEY"),
    (
        "promptgit",
        "format: 1\npolicies: {aliases: {production: {protectd: true}}}\n",
        "2:35",
        "`policies.aliases.production` has no key `protectd`",
        "Did you mean `protected`?",
    ),
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


def test_all_unknown_keys_are_told_in_the_order_of_the_file() -> None:
    data = b"z: 1\ntemplate: x\ny: 1\na: 1\n"
    problems = schema.validate("version", document.parse(data), data)
    assert [problem.message for problem in problems] == [f"the file has no key `{key}`" for key in "zya"]


def test_of_very_many_problems_the_first_are_told() -> None:
    problems = schema.validate("version", {"template": "x", "tags": {f"k{at}": at for at in range(4_000)}})
    assert len(problems) == schema.MAX_PROBLEMS
    assert {problem.message.split()[0] for problem in problems} == {f"`tags.k{at}`" for at in range(20)}


def test_long_values_and_keys_are_cut_in_messages() -> None:
    long = "x" * 100_000
    for found in ({"template": "x", long: 1}, {"template": "x", "syntax": long}, {"template": "x", "tags": {long: 1}}):
        assert all(len(problem.message) < 300 for problem in schema.validate("version", found))


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
