"""The two brace syntaxes against independent definitions of them, over arbitrary texts."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptgit.errors import TemplateError
from promptgit.templates import Template, compile_text, to_double_brace, to_single_brace

# MLflow 3.17's definition of a variable
MLFLOW = re.compile(r"\{\{\s*([a-zA-Z_][a-zA-Z0-9_]*(?:\.[a-zA-Z_][a-zA-Z0-9_]*)*)\s*\}\}")

PIECES = [
    "{",
    "}",
    "{{",
    "}}",
    "{{a}}",
    "{{ b }}",
    "{{a.b}}",
    "{a}",
    "a",
    "b",
    "_1",
    ".",
    " ",
    "\n",
    "\x85",
    "\u2028",
]
PIECES += ["%", "%s", "%(a)s", "\\1", '{"k": 1}', "{% if %}", "é", "😀", "|", "1"]
texts = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=20).map("".join)
names = st.sampled_from(["a", "b", "_1", "a_b"])
dotted = names | st.just("a.b")
segments = st.lists(st.tuples(texts, dotted), max_size=6)


def compiled_or_none(text: str, syntax: str) -> Template | None:
    try:
        return compile_text(text, syntax)
    except TemplateError:
        return None


@given(texts)
def test_double_brace_finds_the_variables_that_mlflow_finds(text: str) -> None:
    assert compile_text(text).variables == tuple(dict.fromkeys(MLFLOW.findall(text)))


@given(texts, st.dictionaries(st.just("x"), texts))
def test_double_brace_substitutes_in_one_pass(text: str, filler: dict[str, str]) -> None:
    template = compile_text(text)
    values = {name: f"<{name}{filler.get('x', '')}>" for name in template.variables}
    assert template.render(values) == MLFLOW.sub(lambda match: values[match[1]], text)


@given(texts, texts)
def test_a_value_is_never_read_again(before: str, value: str) -> None:
    template = compile_text(before + "|{{secret_name}}")
    values = dict.fromkeys(template.variables, value)
    assert template.render(values).endswith("|" + value)


@given(texts)
def test_single_brace_agrees_with_str_format_on_what_it_accepts(text: str) -> None:
    template = compiled_or_none(text, "single-brace")
    if template is None:
        return
    values = {name: f"<{name}{{x}}>" for name in template.variables}
    assert template.render(values) == text.format(**values)


@given(texts)
def test_single_brace_refuses_where_str_format_fails(text: str) -> None:
    try:
        list(text.format(**dict.fromkeys(["a", "b", "_1"], "")))
    except (ValueError, IndexError, KeyError, AttributeError):
        with pytest.raises(TemplateError):
            compile_text(text, "single-brace").render(dict.fromkeys(["a", "b", "_1"], ""))


@given(texts, texts)
def test_to_single_brace_gives_str_format_what_format_gives(text: str, value: str) -> None:
    template = compile_text(text)
    values = dict.fromkeys(template.variables, value)
    if any("." in name for name in values):
        with pytest.raises(TemplateError, match="a dot means an attribute"):
            to_single_brace(text)
        return
    converted = to_single_brace(text)
    assert isinstance(converted, str)
    assert converted.format(**values) == template.render(values)
    assert compile_text(converted, "single-brace").render(values) == template.render(values)


@given(texts)
def test_to_double_brace_keeps_the_meaning_or_refuses(text: str) -> None:
    template = compiled_or_none(text, "single-brace")
    if template is None:
        return
    values = {name: f"<{name}>" for name in template.variables}
    try:
        converted = to_double_brace(text)
    except TemplateError:
        assert "{{{{" in text or "}}}}" in text or "{{{" in text
        return
    assert isinstance(converted, str)
    assert compile_text(converted).variables == template.variables
    assert compile_text(converted).render(values) == template.render(values)


@given(segments, texts)
def test_partial_shows_the_source_with_the_known_values(parts: list[tuple[str, str]], tail: str) -> None:
    text = "".join(f"{literal}{{{{ {name} }}}}" for literal, name in parts) + tail
    template = compile_text(text)
    assert template.partial({}) == text
    values = {name: f"<{name}>" for name in template.variables}
    assert template.partial(values) == template.render(values)


def test_partial_keeps_escapes_and_spelling() -> None:
    assert compile_text("{{ a }} {{  b}} {c}").partial({"a": "{{b}}"}) == "{{b}} {{  b}} {c}"
    assert compile_text("{{x}} {a} {b}", "single-brace").partial({"b": "{a}"}) == "{{x}} {a} {a}"


def test_a_literal_that_would_become_a_variable_is_refused() -> None:
    with pytest.raises(TemplateError, match="would read as a variable"):
        to_double_brace("write {{{{name}}}} for {x}")


@pytest.mark.parametrize("syntax", ["double-brace", "single-brace"])
def test_long_runs_of_braces_compile(syntax: str) -> None:
    """Takes minutes where a search starts anew at each brace."""
    for text in ("{{" * 200_000, "}}" * 200_000, "{{}}" * 100_000, "}}" * 200_000 + "{{", "{{a" * 100_000):
        template = compiled_or_none(text, syntax)
        assert template.variables == () if template else syntax == "single-brace"


def test_messages_are_converted_text_by_text() -> None:
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": 'JSON {"a": "{{a}}"}', "name": "{{kept}}"},
        {"placeholder": "history"},
        {"role": "user", "content": [{"type": "text", "text": "{{b}}"}]},
    ]
    single = to_single_brace(messages)
    assert single == [
        {
            "role": "system",
            "content": '{{JSON}} {{"a": "{a}"}}'.replace("{{JSON}}", "JSON"),
            "name": "{{kept}}",
        },
        {"placeholder": "history"},
        {"role": "user", "content": [{"type": "text", "text": "{b}"}]},
    ]
    assert to_double_brace(single) == messages


def test_bound_values_become_literal_text_when_converted() -> None:
    assert to_single_brace("{{a}} {{b}}", bound={"a": "{{b}} {x}"}) == "{{{{b}}}} {{x}} {b}"
    chat = [{"placeholder": "history"}, {"role": "user", "content": "{{q}}"}]
    history = [{"role": "user", "content": "{raw}"}]
    assert to_single_brace(chat, bound={"history": history}) == [*history, {"role": "user", "content": "{q}"}]


def test_jinja2_that_only_substitutes_can_be_converted() -> None:
    assert to_single_brace("{# c #}Hi {{ a }}{{b}} {x}", "jinja2") == "Hi {a}{b} {{x}}"
    assert to_double_brace("Hi {{- a }} {x}", "jinja2") == "Hi{{a}} {x}"
    for text in ("{{ a|upper }}", "{{ a.b }}", "{% if a %}{% endif %}", "{{ 'x' }}"):
        with pytest.raises(TemplateError, match="more than substitute"):
            to_single_brace(text, "jinja2")
