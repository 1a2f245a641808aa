"""Formatting a prompt: its contract, partial formatting, and what belongs to whom."""

from __future__ import annotations

import enum
import threading
from collections import OrderedDict
from typing import Any

import pytest

from promptgit.errors import MissingVariablesError, TemplateError, UnknownVariablesError
from promptgit.templates import SYNTAXES, Formatter, compile_template, compile_text, contract

CHAT: list[dict[str, Any]] = [
    {"role": "system", "content": "Be {{style}}.", "cache_control": {"type": "ephemeral"}},
    {"placeholder": "history"},
    {"role": "user", "content": [{"type": "text", "text": "{{question}}"}]},
]


class Tone(str, enum.Enum):  # noqa: UP042 - StrEnum prints its value, this does not
    KIND = "kind"


class Price:
    def __str__(self) -> str:
        return "3 €"


def test_the_contract_lists_used_variables_in_order_then_declared_ones() -> None:
    found = contract({"spare": {"type": "integer"}, "b": {"default": 1, "description": "d", "example": 2}}, ["a", "b"])
    assert list(found) == ["a", "b", "spare"]
    assert found["a"].to_dict() == {"type": "string", "required": True}
    assert found["b"].to_dict() == {
        "type": "string", "required": False, "default": 1, "description": "d", "example": 2,
    }  # fmt: skip
    assert (found["a"].declared, found["b"].declared, found["spare"].typed) == (False, True, True)


def test_a_default_of_null_is_told_from_none() -> None:
    found = contract({"a": {"default": None}, "b": {"required": False}, "c": None}, [])
    assert found["a"].to_dict() == {"type": "string", "required": False, "default": None}
    assert found["b"].to_dict() == {"type": "string", "required": False}
    assert found["c"].required


def test_placeholders_are_marked_in_the_contract() -> None:
    found = Formatter(CHAT).contract
    assert list(found) == ["style", "history", "question"]
    assert found["history"].to_dict() == {"type": "array", "required": True, "placeholder": True}
    assert not found["style"].placeholder


def test_bound_values_are_not_read_again() -> None:
    formatter = Formatter("{{a}} {{b}} {{c}}")
    bound = {"a": "{{b}}"}
    assert formatter.partial(bound) == "{{b}} {{b}} {{c}}"
    assert formatter.missing(bound) == ("b", "c")
    assert formatter.format({"b": "x", "c": "y"}, bound=bound) == "{{b}} x y"


def test_a_value_goes_before_the_bound_one() -> None:
    assert Formatter("{{a}}{{b}}").format({"a": "new"}, bound={"a": "old", "b": "x"}) == "newx"


def test_what_is_bound_and_unknown_does_no_harm() -> None:
    assert Formatter("{{a}}").format({"a": "x"}, bound={"other": "y"}) == "x"


def test_require_known_checks_names_and_types_but_not_completeness() -> None:
    formatter = Formatter("{{a}}{{n}}", declared={"n": {"type": "integer"}})
    formatter.require_known({"n": 1})
    formatter.require_known({"n": 1, "zzz": 2}, ignore_unknown=True)
    with pytest.raises(UnknownVariablesError) as unknown:
        formatter.require_known({"zzz": 1, "yyy": 2})
    assert unknown.value.unknown == ("zzz", "yyy")
    assert "The prompt has: a, n." in str(unknown.value)
    with pytest.raises(TemplateError, match="must be an integer"):
        formatter.require_known({"n": "1"})


def test_a_prompt_without_variables_says_so() -> None:
    with pytest.raises(UnknownVariablesError, match="has no variables"):
        Formatter("plain").format({"a": "x"})


def test_optional_variables_are_not_missing() -> None:
    formatter = Formatter("{{a}}{{b}}{{c}}", declared={"a": {"default": "x"}, "c": {"required": False}})
    assert formatter.missing({}) == ("b",)
    with pytest.raises(MissingVariablesError) as caught:
        formatter.format({})
    assert caught.value.missing == ("b",)


def test_an_error_names_types_and_never_a_value() -> None:
    formatter = Formatter("{{n}}", declared={"n": {"type": "integer"}})
    with pytest.raises(TemplateError) as caught:
        formatter.format({"n": "SECRET"})
    assert "SECRET" not in str(caught.value)


def test_texts_that_are_enums_and_objects_with_a_text() -> None:
    assert Formatter("{{a}}").format({"a": Tone.KIND}) == "kind"
    assert Formatter("{{a}}").format({"a": Price()}) == "3 €"
    assert Formatter("{{a}}").format({"a": (1, "x")}) == '[1, "x"]'
    assert Formatter("{{a}}").format({"a": OrderedDict(k=1)}) == '{"k": 1}'


def test_what_json_cannot_carry_is_an_error_with_the_name() -> None:
    endless: list[Any] = []
    endless.append(endless)
    for value in ({"k": object()}, endless, {(1, 2): 3}):
        with pytest.raises(TemplateError, match="variable 'a' cannot be written as JSON"):
            Formatter("{{a}}").format({"a": value})


def test_messages_are_fresh_on_every_call() -> None:
    formatter = Formatter(CHAT)
    values = {
        "style": "kind",
        "question": "why",
        "history": [{"role": "user", "content": [{"type": "text"}]}],
    }
    first = formatter.format(values)
    assert isinstance(first, list)
    expected = formatter.format(values)
    first[0]["cache_control"]["type"] = "changed"
    first[1]["content"][0]["type"] = "changed"
    first[2]["content"].clear()
    assert formatter.format(values) == expected
    assert values["history"] == [{"role": "user", "content": [{"type": "text"}]}]


def test_a_changed_template_does_not_change_the_compiled_one() -> None:
    messages: list[dict[str, Any]] = [{"role": "user", "content": [{"type": "text", "text": "{{a}}"}]}]
    prompt = compile_template(messages)
    messages[0]["content"][0]["text"] = "changed"
    assert prompt.format({"a": "x"}) == [{"role": "user", "content": [{"type": "text", "text": "x"}]}]


def test_partial_messages() -> None:
    formatter = Formatter(CHAT)
    shown = formatter.partial({"history": [{"role": "user", "content": "{{question}}"}], "style": "{{question}}"})
    assert shown == [
        {"role": "system", "content": "Be {{question}}.", "cache_control": {"type": "ephemeral"}},
        {"role": "user", "content": "{{question}}"},
        {"role": "user", "content": [{"type": "text", "text": "{{question}}"}]},
    ]
    assert formatter.partial({}) == CHAT


def test_partial_jinja2_replaces_plain_variables_only() -> None:
    text = "{{ a }} {{ a|upper }} {{- a }} {% if a %}{{a}}{% endif %}{# {{ a }} #}{% raw %}{{ a }}{% endraw %}"
    shown = compile_text(text, "jinja2").partial({"a": "{{x}}"})
    assert shown == ("{{x}} {{ a|upper }} {{- a }} {% if a %}{{x}}{% endif %}{# {{ a }} #}{% raw %}{{ a }}{% endraw %}")
    rebound = "{{ x }}{% for x in xs %}{{ x }}{% endfor %}"
    assert compile_text(rebound, "jinja2").partial({"x": "1"}) == rebound


def test_an_unknown_syntax_names_those_there_are() -> None:
    with pytest.raises(TemplateError, match=r"unknown template syntax 'mustache'") as caught:
        compile_text("", "mustache")
    assert all(syntax in str(caught.value) for syntax in SYNTAXES)


@pytest.mark.parametrize("template", [None, 3, {"role": "user"}, b"text"])
def test_a_template_of_another_type_is_refused(template: Any) -> None:
    with pytest.raises(TemplateError, match="a template is a text or a list of messages"):
        compile_template(template)


def test_a_template_without_enough_values_names_them_itself() -> None:
    with pytest.raises(MissingVariablesError) as caught:
        compile_text("{{b}}{{a}}{{c}}").render({"a": "x"})
    assert caught.value.missing == ("b", "c")


def test_compiling_is_remembered_within_bounds() -> None:
    assert compile_text("remember {{me}}") is compile_text("remember {{me}}")
    first = compile_text("the first {{one}}")
    for number in range(50):
        compile_text(f"{number} " + "x" * 100_000)
    assert compile_text("the first {{one}}") is not first
    huge = "y" * 5_000_000
    assert compile_text(huge) is not compile_text(huge)


@pytest.mark.parametrize("syntax", list(SYNTAXES))
def test_threads_share_a_formatter(syntax: str) -> None:
    text = {"single-brace": "{a}-{b}"}.get(syntax, "{{a}}-{{b}}")
    formatter = Formatter(text, syntax)
    wrong: list[object] = []

    def work(mine: str) -> None:
        for _ in range(300):
            if (got := formatter.format({"a": mine, "b": "{{a}}"})) != f"{mine}-{{{{a}}}}":
                wrong.append(got)

    threads = [threading.Thread(target=work, args=(str(number),)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
