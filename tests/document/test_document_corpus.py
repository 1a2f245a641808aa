"""Real prompts survive byte for byte, and nearly all of them as lines that a reviewer can read."""

from __future__ import annotations

import gzip
import json
import os
import re
from pathlib import Path

import pytest
import yaml

from promptgit.document import MAX_BYTES, dump, edit, parse, simple, strict

pytestmark = pytest.mark.corpus


@pytest.fixture(scope="module")
def prompts() -> list[str]:
    """Every text of the corpus."""
    folder = os.environ.get("PROMPTGIT_CORPUS")
    if not folder:
        pytest.skip("PROMPTGIT_CORPUS does not name a folder")
    files = sorted(Path(folder).glob("*.jsonl.gz"))
    assert files
    rows = [line for file in files for line in gzip.decompress(file.read_bytes()).decode().split("\n") if line]
    return [json.loads(row)["text"] for row in rows]


def test_real_prompts_come_back_byte_for_byte(prompts: list[str]) -> None:
    for text in prompts:
        data = dump({"template": [{"role": "system", "content": text}], "tags": {"a": "b"}})
        assert len(data) < MAX_BYTES
        assert parse(data)["template"][0]["content"] == text
        assert yaml.load(data, yaml.CSafeLoader)["template"][0]["content"] == text


def test_real_prompts_are_read_without_pyyaml(prompts: list[str]) -> None:
    files = [dump({"template": text}) for text in prompts]
    found = [(data, simple.read(data)) for data in files]
    assert all(value is None or value == strict.read(data, "", empty_ok=False) for data, value in found)
    assert sum(value is not None for _, value in found) > 0.95 * len(found)


def test_real_prompts_with_lines_are_literal_blocks_unless_they_hold_what_yaml_cannot(
    prompts: list[str],
) -> None:
    lines = [text for text in prompts if text.strip("\n").count("\n")]
    quoted = [text for text in lines if not dump({"template": text}).startswith(b"template: |")]
    assert all(re.search("[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]", text) for text in quoted)
    assert len(quoted) < 0.1 * len(lines)


def test_real_prompts_can_be_edited_in_and_out(prompts: list[str]) -> None:
    before = b"# a note\ndescription: x  # why\n\n# the end\ntags: {a: b}\n"
    for text in prompts[::10]:
        data = edit(before, ["example"], text)
        assert parse(data)["example"] == text
        assert edit(data, ["example"], "short") == before + b"example: short\n"
