"""The sandbox computes what Jinja2 computes: random expressions give the same text, or fail in both."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import StrictUndefined
from jinja2.exceptions import UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from promptgit.errors import TemplateError
from promptgit.templates import Formatter, compile_text
from promptgit.templates.jinja_limits import LimitError

VALUES: dict[str, object] = {"x": "b,a", "l": [3, 1, 2], "d": {"k": "v", "n": {"m": [1]}}, "t": True, "n": 7}
STRICTER = "refused by a rule that stock Jinja2 does not have"
STOCK = ImmutableSandboxedEnvironment(undefined=StrictUndefined, keep_trailing_newline=True, optimized=False)

ATOMS = st.sampled_from(["1", "2.5", "'ab'", "''", "x", "l", "d", "t", "n", "none", "d.k", "d.n.m", "l[0]", "{}", "[]"])
BINARY = ["+", "-", "*", "//", "%", "~", "==", "!=", "<", ">=", "in", "not in", "and", "or"]
FILTERS = [
    "upper",
    "length",
    "list",
    "first",
    "last",
    "join('-')",
    "sort",
    "string",
    "int",
    "default('z')",
    "unique|list",
]
FILTERS += [
    "map('string')|list",
    "replace('a', 'bb')",
    "center(5)",
    "batch(2)|list",
    "title",
    "trim",
    "round",
    "abs",
]
TESTS = [
    "string",
    "none",
    "defined",
    "number",
    "mapping",
    "in l",
    "eq 1",
    "upper",
    "divisibleby 2",
    "sameas none",
]


def _grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from(BINARY), inner),
        st.builds("({}|{})".format, inner, st.sampled_from(FILTERS)),
        st.builds("({} is {})".format, inner, st.sampled_from(TESTS)),
        st.builds("({} if {} else {})".format, inner, inner, inner),
        st.builds("{}[{}]".format, ATOMS, inner),
        st.builds("{}[{}:]".format, st.sampled_from(["x", "l"]), st.sampled_from(["", "1", "-1"])),
        st.builds("[{}, {}]".format, inner, inner),
        st.builds("({}, {})".format, inner, inner),
        st.builds("{{'a': {}, 'b': {}}}".format, inner, inner),
        st.builds("x.split({})".format, st.sampled_from(["','", "", "',', 1"])),
    )


EXPRESSIONS = st.recursive(ATOMS, _grow, max_leaves=6)


def _stock(text: str) -> str | None:
    try:
        return STOCK.from_string(text).render(VALUES)
    except Exception:  # noqa: BLE001 - anything that a template can raise
        return None


def _ours(text: str) -> str | None:
    try:
        return compile_text(text, "jinja2").render(VALUES)
    except TemplateError as error:
        return STRICTER if isinstance(error.__cause__, (UndefinedError, LimitError)) else None


@settings(max_examples=200, deadline=None)
@given(EXPRESSIONS, EXPRESSIONS)
def test_expressions_give_what_jinja2_gives(one: str, other: str) -> None:
    text = f"{{{{ {one} }}}}{{% for i in {other} %}}[{{{{ i }}}}{{{{ loop.index }}}}{{% endfor %}}\n"
    expected, result = _stock(text), _ours(text)
    # An undefined value is an error as soon as it is put in a list, and a list has no place in a printf.
    assert result in (expected, STRICTER)


WORDS = "{% %} {{ }} {# #} {%- -%} if else endif for in endfor set raw endraw macro endmacro x l d n ( ) [ ] | . , : ="
SOUP = st.lists(
    st.sampled_from([*WORDS.split(), "'", "1", "\n", "upper", "loop", "recursive", "is", "not", "+", "~", "\\"])
)


@settings(deadline=None)
@given(SOUP.map(" ".join))
def test_any_text_is_rendered_or_refused(text: str) -> None:
    try:
        result = compile_text(text, "jinja2").render(VALUES)
    except TemplateError:
        return
    assert isinstance(result, str)


def test_what_is_not_the_templates_does_not_reach_it() -> None:
    formatter = Formatter("{% for i in range(2) %}{{ a }}{% endfor %}", "jinja2", {"spare": {}})
    assert formatter.format({"a": "x", "spare": object()}, bound={"range": "shadow", "other": {1}}) == "xx"
