"""No file ends a check: whatever it holds, its checks yield problems and nothing else."""

from __future__ import annotations

import os
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptgit.checks import CHECKS, check_of, module_of
from promptgit.checks.subject import File
from promptgit.problems import Problem

ROUNDS = int(os.environ.get("PROMPTGIT_FUZZ_ROUNDS", "500"))
MODULES = [module_of(name) for name in CHECKS if hasattr(module_of(name), "check_file")]

VERSION = """\
syntax: jinja2
template:
  - {role: system, content: "Answer {{ question }} \\u202e in {{ language }}."}
  - {placeholder: history}
variables:
  question: {type: string, example: "Where is it?"}
  count: {type: integer, default: 3}
model_config: {temprature: 0.2, model_name: gpt-5}
response_format:
  type: object
  properties: {answer: {$ref: "#/$defs/x~1y"}}
  required: [answer, why]
tools: [{type: function}]
tags: {team: billing}
"""
ALIASES = "production: 3\n\ncanary: {3: 90, 4: 20}\n"
NOTES = "description: x\nowners: [ada]\nversions:\n  2: {deleted: why, tags: {a: null}}\n"
CONFIG = "format: 1\nchecks: {size: off}\npolicies:\n  aliases: {production: {through: staging}}\n"
SEEDS = {"1.yaml": VERSION, "aliases.yaml": ALIASES, "prompt.yaml": NOTES}
PIECES = [
    "{{",
    "}}",
    "{% if %}",
    "&a",
    "*a",
    "!!python/x",
    "\u202e",
    "\U000e0041",
    "\x1b",
    "~",
    "0",
    "-1",
    "[",
    "{",
    ": ",
    "null",
]


def checked(path: str, data: bytes) -> list[Problem]:
    file = File(path, data)
    modules = [module for module in MODULES if file.kind in getattr(module, "KINDS", [file.kind])]
    found = [problem for module in modules for problem in module.check_file(file)]
    for problem in found:
        assert check_of(problem.code) in CHECKS
        assert problem.path == path
        assert re.fullmatch(r"[^\n]+", problem.message)
        if problem.line:
            assert problem.line <= data.count(b"\n") + data.count(b"\r") + 2
    return found


@st.composite
def mutated(draw: st.DrawFn) -> tuple[str, bytes]:
    name, text = draw(st.sampled_from([*SEEDS.items(), ("promptgit.yaml", CONFIG)]))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 12)))
        text = text[:start] + draw(st.sampled_from(PIECES) | st.text(max_size=4)) + text[end:]
    path = name if name == "promptgit.yaml" else f"prompts/support/refunds/{name}"
    return path, text.encode("utf-8", "surrogatepass")


@settings(max_examples=ROUNDS, deadline=None)
@given(mutated())
def test_a_mutated_file_yields_problems_alone(example: tuple[str, bytes]) -> None:
    checked(*example)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(SEEDS)), st.binary(max_size=300))
def test_any_bytes_yield_problems_alone(name: str, data: bytes) -> None:
    checked(f"prompts/support/refunds/{name}", data)


def test_the_seeds_have_what_they_are_meant_to_have() -> None:
    codes = {problem.code for problem in checked("prompts/support/refunds/1.yaml", VERSION.encode())}
    assert codes == {"invisible", "model-parameter", "response-format", "variable-unused", "variable-undeclared"}


@pytest.mark.parametrize(
    "text",
    ["sk-a1" * 150_000, "eyJa1." * 150_000, "://a1:" * 150_000, "x1-" * 300_000, "{{" * 400_000, "\u202e a" * 200_000],
)
def test_long_runs_take_time_that_grows_with_the_text_alone(text: str) -> None:
    checked("prompts/support/refunds/1.yaml", f"template: '{text}'\n".encode())


def test_thousands_of_faults_of_one_kind_are_told_in_part_and_soon() -> None:
    names = range(1500)
    lines = [
        f"template: '{' '.join(f'{{{{used{name}}}}}' for name in names)}'",
        "variables:",
        *(f"  declared{name}:" for name in names),
        "model_config:",
        *(f"  temprature{name}: 1" for name in names),
        "response_format:",
        "  type: object",
        "  properties: {}",
        f"  required: [{', '.join(f'r{name}' for name in names)}]",
    ]
    found = checked("prompts/support/refunds/1.yaml", "\n".join(lines).encode())
    counts = [sum(problem.code == code for problem in found) for code in sorted({problem.code for problem in found})]
    assert counts == [20, 20, 20, 20]
