"""`promptgit export jsonl`: what `import jsonl` reads back, and a warning for each thing that a row cannot hold."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest
from commandline import Cli
from hypothesis import given, settings
from hypothesis import strategies as st
from support import git_init

from promptgit import Registry
from promptgit.interop import FORMATS, open_reader, open_writer
from promptgit.interop.importing import import_rows
from promptgit.interop.jsonl_export import export_rows, write
from promptgit.registry.edits import version_file

CHAT = [
    {"role": "system", "content": "Be kind."},
    {"placeholder": "history"},
    {"role": "user", "content": "{{question}}"},
]


def again(registry: Registry, folder: Path) -> Registry:
    """A fresh registry, filled with what another one exports."""
    data = io.BytesIO()
    write(data, export_rows(registry).rows, gzipped=False)
    fresh = Registry(git_init(folder).path)
    stream = io.BufferedReader(io.BytesIO(data.getvalue()))
    import_rows(fresh, open_reader("jsonl")(stream, "rows.jsonl"), path="rows.jsonl")
    return fresh


def state(registry: Registry) -> dict[str, Any]:
    """All that a row can hold."""
    return {
        f"{name}/{version}": (prompt.to_dict(), prompt.commit_message, prompt.author, prompt.created_at)
        for name in registry.prompts()
        for version in registry.versions(name)
        for prompt in [registry.load(name, version)]
    }


def test_what_is_exported_comes_back_as_it_was(registry: Registry, tmp_path: Path) -> None:
    registry.register("support.refunds", "Answer: {{question}}\r\n \u2028", "First\n\nAs asked.", {"team": "billing"})
    registry.register("faq", "{name}", syntax="single-brace", variables={"name": {"type": "string", "default": "Ada"}})
    registry.register(
        "support.refunds",
        CHAT,
        model_config={"model_name": "gpt-5"},
        response_format={"type": "object"},
        tools=[{"type": "function"}],
    )
    registry.set_alias("support.refunds", "production", 1)
    registry.set_alias("support.refunds", "staging", 2)
    assert export_rows(registry).problems == ()
    assert state(again(registry, tmp_path / "fresh")) == state(registry)


@settings(max_examples=8)
@given(texts=st.lists(st.text(max_size=60), min_size=1, max_size=12))
def test_any_text_comes_back(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    git = git_init(tmp_path_factory.mktemp("texts") / "registry")
    registry = Registry(git.path)
    folder = git.path / "prompts/support/refunds"
    folder.mkdir(parents=True)
    for number, text in enumerate(texts, 1):
        (folder / f"{number}.yaml").write_bytes(version_file({"template": text}))
    git("add", "--all")
    git("commit", "-qm", "All of them")
    fresh = again(registry, tmp_path_factory.mktemp("texts") / "fresh")
    assert [
        fresh.load("support.refunds", version).template for version in registry.versions("support.refunds")
    ] == texts


def test_what_a_row_cannot_hold_is_said(refunds: Registry) -> None:
    refunds.set_description("support.refunds", "Answers about refunds")
    refunds.set_tag("support.refunds", "team", "billing")
    refunds.set_alias("support.refunds", "experiment", {1: 90, 3: 10})
    refunds.delete_version("support.refunds", 2, message="it lied")
    refunds.create("empty", description="soon")
    said = "\n".join(map(str, export_rows(refunds).problems))
    assert "prompts:/empty: warning: it has no versions" in said
    assert "a row has no place for its description, tags" in said
    assert "numbers are not carried" in said
    assert "its alias experiment splits traffic (1=90 3=10)" in said


def test_what_is_not_committed_yet_comes_last_and_has_no_time(refunds: Registry) -> None:
    folder = Path(refunds.path, "prompts/aaa")
    folder.mkdir()
    (folder / "1.yaml").write_text("template: Draft\n")
    last = export_rows(refunds).rows[-1]
    assert last == {"name": "aaa", "template": "Draft"}


def test_the_command_writes_files_that_the_import_reads(cli: Cli, tmp_path: Path) -> None:
    rows = [json.loads(line) for line in cli("export", "jsonl").out.splitlines()]
    assert [row["message"] for row in rows] == ["Answer briefly", "Answer kindly", "Answer kindly and briefly"]
    assert rows[0]["aliases"] == ["production"]
    packed = tmp_path / "prompts.jsonl.gz"
    assert cli("export", "jsonl", packed, "--prompt", "support.refunds").out == ""
    assert [json.loads(line) for line in gzip.decompress(packed.read_bytes()).splitlines()] == rows
    first = packed.read_bytes()
    cli("export", "jsonl", packed)
    assert packed.read_bytes() == first
    assert cli("import", "jsonl", packed).out.startswith("imported 0 versions")


def test_what_is_the_same_for_many_is_said_once_and_names_them_all(cli: Cli, refunds: Registry) -> None:
    for number in range(5):
        refunds.create(f"faq.answer-{number}")
    shown = cli("export", "jsonl").err
    assert shown.count("it has no versions, so it has no row") == 1
    assert "and for 4 more: faq.answer-1, faq.answer-2, faq.answer-3, faq.answer-4" in shown


def test_an_export_of_many_prompts_tells_messages_and_times_as_one_of_a_few_does(refunds: Registry) -> None:
    refunds.rename("support.refunds", "support.returns")
    refunds.register("support.returns", "Answer with patience.", "Patience")
    alone = export_rows(refunds, ["support.returns"]).rows
    assert [row["message"] for row in alone] == [
        "Answer briefly",
        "Answer kindly",
        "Answer kindly and briefly",
        "Patience",
    ]
    for number in range(10):
        refunds.create(f"faq.answer-{number}")
    assert export_rows(refunds).rows == alone


def test_the_command_exports_an_earlier_state(cli: Cli) -> None:
    assert len(cli("export", "jsonl", "--rev", "HEAD~2").out.splitlines()) == 2
    assert "there is no prompt nothing" in cli("export", "jsonl", "--prompt", "nothing", code=1).err


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_comes_in_and_goes_out_and_has_its_commands(name: str, cli: Cli) -> None:
    assert callable(open_reader(name))
    assert callable(open_writer(name))
    for direction in ("import", "export"):
        assert cli(direction, name, "--help").out.startswith(f"Usage: promptgit {direction} {name}")
