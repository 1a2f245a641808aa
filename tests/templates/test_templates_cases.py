"""Runs the cases that are data: another language could run them too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from promptgit import errors
from promptgit.templates import SYNTAXES, Formatter

HERE = Path(__file__).parent
FILES = {
    "double_brace": "double-brace",
    "single_brace": "single-brace",
    "jinja2": "jinja2",
    "chat": "double-brace",
}


KEYS = frozenset(
    ["name", "syntax", "template", "declared", "values", "ignore_unknown", "variables", "expected", "error"]
)


def _cases() -> list[Any]:
    return [
        pytest.param({"syntax": syntax} | case, id=f"{file}: {case['name']}")
        for file, syntax in FILES.items()
        for case in yaml.safe_load((HERE / f"{file}.yaml").read_text("utf-8"))
    ]


def test_every_syntax_has_its_cases() -> None:
    assert set(FILES.values()) == set(SYNTAXES)


@pytest.mark.parametrize("case", _cases())
def test_case(case: dict[str, Any]) -> None:
    unknown = case.keys() - KEYS
    assert not unknown
    if "error" in case:
        _check_error(case)
        return
    formatter = Formatter(case["template"], case["syntax"], case.get("declared"))
    if "variables" in case:
        assert list(formatter.prompt.variables) == case["variables"]
    assert formatter.format(case["values"], ignore_unknown=case.get("ignore_unknown", False)) == case["expected"]


def _check_error(case: dict[str, Any]) -> None:
    expected = case["error"]
    with pytest.raises(getattr(errors, expected["type"])) as caught:
        Formatter(case["template"], case["syntax"], case.get("declared")).format(case["values"])
    error = caught.value
    assert type(error).__name__ == expected["type"]
    assert isinstance(error, ValueError)
    assert expected["contains"] in str(error)
    for place in ("line", "column"):
        if place in expected:
            assert getattr(error, place) == expected[place], place
