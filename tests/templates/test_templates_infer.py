"""Guessing a syntax: certain or not at all."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptgit.templates import SYNTAXES, Formatter, infer_older_syntax, infer_syntax

JINJA2 = [
    "{% if a %}x{% endif %}",
    "{%- for a in b -%}{{ a }}{% endfor %}",
    "{% set x = 1 %}",
    "{% raw %}{{ x }}{% endraw %}",
    "{% macro m() %}{% endmacro %}",
    "{% filter upper %}x{% endfilter %}",
    "{% with a = 1 %}{% endwith %}",
    "{% include 'other' %}",
    [{"role": "user", "content": "{% if a %}{% endif %}"}, {"role": "user", "content": "plain"}],
    [
        {"role": "user", "content": [{"type": "text", "text": "{% if a %}{% endif %}"}]},
        {"placeholder": "history"},
    ],
]
NOT_JINJA2 = [
    "",
    "{{ a }}",
    "{%d%}",
    "100 {%} of {%",
    "\\newcommand{\\x}{%\n  text%}",
    "printf {%s} {%i%}",
    "{# a comment #}",
    "{% if a %} never closed",
    "{% fi a %}{% if %}",
    "{% " * 50,
    "{% if " + "(" * 5_000 + " %}",
    "{% if 1" + "0" * 5_000 + " %}{% endif %}",
    [{"role": "user", "content": "{% if a %}{% endif %}"}, {"role": "user", "content": "{%d%}"}],
    [{"role": "user", "content": "x", "name": "{% if a %}{% endif %}"}],
    [],
    None,
    3,
    [None, {"content": None}, {"content": [3, {"text": b"{% if %}"}]}],
]


@pytest.mark.parametrize("template", JINJA2, ids=repr)
def test_jinja2_beyond_doubt(template: Any) -> None:
    assert infer_syntax(template) == "jinja2"


@pytest.mark.parametrize("template", NOT_JINJA2, ids=lambda value: repr(value)[:40])
def test_anything_less_is_double_brace(template: Any) -> None:
    assert infer_syntax(template) == "double-brace"


@given(
    st.lists(st.sampled_from(["{%", "%}", "{{", "}}", "{#", "#}", " if ", " raw ", "a", "'", "(", "-"])).map("".join)
)
def test_a_guess_never_raises_and_jinja2_is_none_that_fails_to_parse(text: str) -> None:
    if infer_syntax(text) == "jinja2":
        Formatter(text, "jinja2")


@pytest.mark.parametrize(
    ("template", "syntax"),
    [
        ("Hello {name}", "single-brace"),
        ("Hello {{name}}", "double-brace"),
        ("Hello {name}, {{other}}", "double-brace"),
        ('{{"a": "{name}"}}', "single-brace"),
        ('{"a": 1}', "double-brace"),
        ("plain", "double-brace"),
        ("{% if a %}{name}{% endif %}", "jinja2"),
        ([{"role": "user", "content": "Hello {name}"}], "single-brace"),
        ([{"role": "user", "content": "Hello"}, {"placeholder": "history"}], "double-brace"),
        ([{"content": "no role {name}"}], "double-brace"),
    ],
)
def test_older_guides_wrote_single_braces(template: Any, syntax: str) -> None:
    assert infer_older_syntax(template) == syntax


def test_a_double_brace_prompt_imports_nothing_heavy() -> None:
    code = """
import sys
before = set(sys.modules)
from promptgit.templates import SYNTAXES, Formatter, infer_syntax
Formatter([{"role": "user", "content": "{{a}}"}], declared={"a": {"type": "string"}}).format({"a": "x"})
infer_syntax("{{a}}")
print(" ".join(sorted(name for name in set(sys.modules) - before if not name.startswith("promptgit"))))
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {
        "jinja2",
        "json",
        "re",
        "typing",
        "enum",
        "dataclasses",
        "pathlib",
        "inspect",
        "functools",
        "threading",
    }
    assert not heavy & set(run.stdout.split())
    assert len(SYNTAXES) == 3
