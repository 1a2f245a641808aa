"""Records behave as frozen dataclasses do, and problems read as compilers' messages do."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from promptgit.problems import Problem
from promptgit.record import Record


class Point(Record):
    """A record with a default and a private field."""

    x: int
    y: int = 0
    _note: str = ""


class Labelled(Point):
    """A record that adds a field."""

    label: str = "none"


def test_a_record_has_the_fields_and_defaults_of_its_body() -> None:
    assert repr(Labelled(x=1, label="a")) == "Labelled(x=1, y=0, label='a')"


def test_records_are_equal_by_their_public_fields_and_type() -> None:
    assert Point(x=1, _note="a") == Point(x=1, _note="b")
    assert len({Point(x=1), Point(x=1), Point(x=2)}) == 2
    assert Point(x=1) != Labelled(x=1)


def test_a_record_does_not_change() -> None:
    point = Point(x=1)
    with pytest.raises(AttributeError, match="frozen"):
        point.x = 2  # type: ignore[misc]
    with pytest.raises(AttributeError, match="frozen"):
        del point.x
    assert point.replace(x=2) == Point(x=2)


@pytest.mark.parametrize("values", [{}, {"x": 1, "z": 2}])
def test_a_missing_or_unknown_field_is_a_type_error(values: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        Point(**values)


def test_a_record_survives_pickling() -> None:
    assert pickle.loads(pickle.dumps(Labelled(x=1, label="a"))) == Labelled(x=1, label="a")


def test_a_problem_reads_as_file_line_column_severity_message_code_and_hint() -> None:
    problem = Problem(code="x", message="is wrong", path="a.yaml", line=3, column=7, hint="Mend it.")
    assert str(problem) == "a.yaml:3:7: error: is wrong [x]\n    Mend it."
    assert str(Problem(code="x", message="is wrong")) == "<text>: error: is wrong [x]"
