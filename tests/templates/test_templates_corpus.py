"""Real prompts: all their text survives, and none is taken for Jinja2 that is not."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest

from promptgit.errors import TemplateError
from promptgit.templates import Formatter, infer_syntax, to_single_brace

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif("PROMPTGIT_CORPUS" not in os.environ, reason="PROMPTGIT_CORPUS names no folder"),
]


@pytest.fixture(scope="module")
def texts() -> list[str]:
    files = sorted(Path(os.environ["PROMPTGIT_CORPUS"]).glob("*.jsonl.gz"))
    found: set[str] = set()
    for file in files:
        with gzip.open(file, "rt", encoding="utf-8", newline="\n") as lines:
            found.update(json.loads(line)["text"] for line in lines)
    assert len(found) > 1_000
    return sorted(found)


def test_every_text_survives_formatting(texts: list[str]) -> None:
    for text in texts:
        formatter = Formatter(text)
        template = formatter.prompt.partial({})
        assert template == text
        values = {name: f"{{{{{name}}}}}%s\\1" for name in formatter.prompt.variables}
        result = formatter.format(values)
        assert isinstance(result, str)
        parts = result
        for name, value in values.items():
            parts = parts.replace(value, f"{{{{{name}}}}}")
        for name in values:  # the template may have spaced the braces
            text = text.replace(f"{{{{ {name} }}}}", f"{{{{{name}}}}}")
        assert parts == text


def test_every_text_converts_to_single_braces(texts: list[str]) -> None:
    for text in texts:
        formatter = Formatter(text)
        values = {name: f"<{name}>" for name in formatter.prompt.variables}
        if any("." in name for name in values):
            with pytest.raises(TemplateError, match="a dot means an attribute"):
                to_single_brace(text)
            continue
        converted = to_single_brace(text)
        assert isinstance(converted, str)
        assert converted.format(**values) == formatter.format(values)


def test_no_text_is_taken_for_jinja2_that_does_not_compile(texts: list[str]) -> None:
    guessed = [text for text in texts if infer_syntax(text) == "jinja2"]
    for text in guessed:
        Formatter(text, "jinja2")
    assert len(guessed) < len(texts) // 100
