"""Importing JSON Lines: one commit a version, all or nothing, and again without doing anything twice."""

from __future__ import annotations

import datetime
import gzip
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import CONFIG, Git, git_init

from promptgit import Registry, layout
from promptgit.errors import DirtyPathError, InvalidDocumentError
from promptgit.interop import FORMATS, ImportReport, open_reader
from promptgit.interop.importing import import_rows
from promptgit.interop.names import distinct, to_name

ROWS: list[dict[str, Any]] = [
    {
        "name": "Linux Terminal",
        "text": "I want you to act as a terminal.",
        "message": "Create prompts",
        "time": 1670978690,
    },
    {"name": "support.refunds", "text": "Answer: {{question}}\r\n \u2028", "time": "2023-01-02T03:04:05Z"},
    {"name": "Linux Terminal", "text": "Act as a terminal. \n", "message": "Shorter\n\nAs asked.", "time": 1671000000},
    {
        "name": "💡",
        "template": [{"role": "user", "content": "{{idea}}"}],
        "author": "Grace Hopper <grace@example.com>",
        "time": 1680000000,
        "aliases": ["production"],
        "tags": {"team": "ideas"},
    },
]


def run(registry: Registry, rows: list[dict[str, Any]] | bytes, **options: Any) -> ImportReport:
    data = rows if isinstance(rows, bytes) else "\n".join(json.dumps(row) for row in rows).encode()
    stream = io.BufferedReader(io.BytesIO(data))
    return import_rows(registry, open_reader("jsonl")(stream, "rows.jsonl"), path="rows.jsonl", **options)


def test_each_row_is_a_commit_with_its_message_time_and_author(registry: Registry, git: Git) -> None:
    report = run(registry, ROWS)
    assert (report.versions, report.prompts, report.skipped) == (4, 3, 0)
    assert report.names == {"Linux Terminal": "linux-terminal", "💡": to_name("💡")}
    terminal = registry.load("linux-terminal")
    assert (terminal.version, terminal.template) == (2, "Act as a terminal. \n")
    assert terminal.commit_message == "Shorter\n\nAs asked."
    assert terminal.created_at == datetime.datetime.fromtimestamp(1671000000, datetime.UTC)
    assert registry.get("linux-terminal").description == "Linux Terminal"
    idea = registry.load(f"{to_name('💡')}@production")
    assert (idea.author, idea.tags) == ("Grace Hopper <grace@example.com>", {"team": "ideas"})
    assert registry.load("support.refunds").template == "Answer: {{question}}\r\n \u2028"
    assert registry.load("support.refunds").commit_message == "support.refunds: version 1"
    git.assert_sound()
    assert git("rev-list", "--count", "HEAD") == "6"


def test_a_gzipped_file_is_told_by_its_first_bytes(registry: Registry) -> None:
    data = gzip.compress("\n".join(json.dumps(row) for row in ROWS).encode())
    assert run(registry, data).versions == 4


def test_running_it_again_adds_only_what_is_not_there(registry: Registry, git: Git) -> None:
    run(registry, ROWS[:2])
    before = git("rev-parse", "HEAD")
    report = run(registry, ROWS[:2])
    assert (report.versions, report.skipped) == (0, 2)
    assert git("rev-parse", "HEAD") == before
    assert (run(registry, ROWS).versions, registry.versions("linux-terminal")) == (2, [1, 2])


def test_a_prompt_that_is_there_gets_the_next_free_numbers(refunds: Registry) -> None:
    refunds.delete_version("support.refunds", 3)
    run(refunds, ROWS)
    assert refunds.versions("support.refunds") == [1, 2, 4]


def test_dates_travel_through_an_imported_history(registry: Registry) -> None:
    run(registry, ROWS)
    assert registry.load("prompts:/linux-terminal?rev=2022-12-15").version == 1
    assert registry.load("prompts:/linux-terminal?rev=2023-02-01").version == 2


def test_a_prefix_puts_all_into_a_folder(registry: Registry) -> None:
    run(registry, ROWS, prefix="old.stuff")
    assert "old.stuff.linux-terminal" in registry.prompts()


def test_a_dry_run_writes_nothing(registry: Registry, git: Git) -> None:
    before = git("rev-parse", "HEAD")
    assert run(registry, ROWS, dry_run=True).versions == 4
    assert git("rev-parse", "HEAD") == before


def test_progress_is_told(registry: Registry) -> None:
    told: list[tuple[int, int]] = []
    run(registry, ROWS, progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


BAD = [
    (b'{"name": "a", "text": "x"', 1, "the line is not JSON"),
    (b'{"name": "a"}', 1, "either `text` or `template`"),
    (b'{"name": "a", "text": "x", "template": "y"}', 1, "either `text` or `template`"),
    (b'{"text": "x"}', 1, "`name` must be a text"),
    (b'{"name": "a", "text": 3}', 1, "`text` must be a text"),
    (b"[1]", 1, "not a JSON object"),
    (b'{"name": "ok", "text": "x"}\n\n{"name": "a", "text": "\xff"}', 3, "not UTF-8"),
    (b'{"name": "a", "text": "\\ud800"}', 1, "surrogate"),
    (b'{"name": "a", "text": "x", "time": "soon"}', 1, "`time` is neither"),
    (b'{"name": "a", "text": "x", "time": -5}', 1, "`time` is neither"),
    (b'{"name": "a", "text": "x", "author": "Ada"}', 1, "`author` is not"),
    (b'{"name": "a", "text": "x", "author": "A\\n <b@c>"}', 1, "`author` is not"),
    (b'{"name": "a", "text": "x", "aliases": ["latest"]}', 1, "invalid alias"),
    (b'{"name": "a", "text": "x", "tag": {}}', 1, "unknown key"),
    (b'{"name": "a", "template": [{"role": "user"}]}', 1, "content"),
    (b'{"name": "a", "text": "x", "model_config": {"temperature": -1}}', 1, "temperature"),
    (b'{"name": "a", "text": "' + b"x" * 1_100_000 + b'"}', 1, "MiB|bytes|large"),
    (b"[" * 100_000, 1, "JSON"),
    (gzip.compress(b'{"name": "a", "text": "x"}')[:-9], 1, "cannot be read on"),
]


@pytest.mark.parametrize(("data", "line", "message"), BAD)
def test_a_bad_row_is_named_and_nothing_is_imported(
    registry: Registry, git: Git, data: bytes, line: int, message: str
) -> None:
    before = git("rev-parse", "HEAD")
    with pytest.raises(InvalidDocumentError, match=message) as caught:
        run(registry, data)
    assert (caught.value.problems[0].path, caught.value.problems[0].line) == ("rows.jsonl", line)
    assert git("rev-parse", "HEAD") == before


def test_bad_rows_are_left_out_on_request_and_reported(registry: Registry) -> None:
    report = run(registry, b'{"name": "a"}\n{"name": "b", "text": "x"}', skip_bad=True)
    assert (report.versions, len(report.problems), registry.prompts()) == (1, 1, ["b"])


def test_edits_in_the_way_stop_it_before_anything(refunds: Registry, git: Git) -> None:
    (git.path / "prompts/linux-terminal").mkdir()
    (git.path / "prompts/linux-terminal/1.yaml").write_text("template: draft\n")
    before = git("rev-parse", "HEAD")
    with pytest.raises(DirtyPathError):
        run(refunds, ROWS)
    assert git("rev-parse", "HEAD") == before
    assert (git.path / "prompts/linux-terminal/1.yaml").read_text() == "template: draft\n"


def test_a_bare_repository_takes_an_import(tmp_path: Path) -> None:
    git = git_init(tmp_path / "bare.git", bare=True)
    registry = Registry(git.path)
    assert run(registry, ROWS).versions == 4
    assert registry.load("linux-terminal").version == 2
    git("fsck", "--strict")


def test_the_tags_backend_takes_aliases(tmp_path: Path) -> None:
    git = git_init(tmp_path / "tags", config=f"{CONFIG}aliases: tags\n")
    registry = Registry(git.path)
    run(registry, ROWS)
    assert registry.load(f"{to_name('💡')}@production").version == 1


def test_a_kill_during_an_import_leaves_old_or_new_and_the_next_one_succeeds(git: Git, tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text("\n".join(json.dumps({"name": f"p{n}", "text": f"text {n}\n" * 50}) for n in range(400)))
    before = git("rev-parse", "HEAD")
    line = [sys.executable, "-m", "promptgit", "-C", str(git.path), "import", "jsonl", str(file)]
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    for moment in (0.15, 0.3, 0.4, 0.5, 0.6, 0.7):
        process = subprocess.Popen(line, env=env, stdout=subprocess.DEVNULL, start_new_session=True)
        time.sleep(moment)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        git("fsck", "--strict", "--no-dangling")
        assert git("rev-list", "--count", f"{before}..HEAD") in ("0", "400")
    assert subprocess.run(line, env=env, stdout=subprocess.DEVNULL, check=False).returncode == 0
    assert len(Registry(git.path).prompts()) == 400
    Registry(git.path).register("p0", "after")
    git.assert_sound()


@given(st.text(max_size=200).filter(str.strip))
def test_any_title_becomes_a_name(title: str) -> None:
    name = to_name(title)
    assert layout.check_name(name) == name == to_name(title)
    assert layout.check_name(distinct(name, title)) != name
    assert to_name(title, "a.b").startswith("a.b.")


@given(st.lists(st.sampled_from(["FAQ", "faq", "Faq!", "f a q", "f-a-q", "Fâq"]), unique=True, max_size=6))
def test_titles_that_would_share_a_name_get_different_ones(titles: list[str]) -> None:
    names = [to_name(title) for title in titles]
    assert all(layout.check_name(name) for name in names)


def test_titles_that_differ_only_by_case_or_accents_do_not_meet(registry: Registry) -> None:
    titles = ["FAQ", "faq", "Faq!", "f a q", "f-a-q", "Fâq"]
    report = run(registry, [{"name": title, "text": title} for title in titles])
    assert report.prompts == 6
    names = [report.names.get(title, title) for title in titles]
    assert len({name.casefold() for name in names}) == 6
    assert run(registry, [{"name": title, "text": title} for title in titles]).versions == 0


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_can_be_opened(name: str) -> None:
    assert callable(open_reader(name))


# --- real histories -------------------------------------------------------------------------------------------------


def corpus() -> list[Path]:
    folder = os.environ.get("PROMPTGIT_CORPUS")
    return sorted(Path(folder).glob("*.jsonl.gz")) if folder else []


@pytest.mark.corpus
@pytest.mark.skipif("PROMPTGIT_CORPUS" not in os.environ, reason="PROMPTGIT_CORPUS does not name a folder")
@pytest.mark.parametrize("path", corpus(), ids=lambda path: path.name)
def test_a_real_history_comes_back_byte_for_byte(registry: Registry, git: Git, path: Path) -> None:
    with gzip.open(path) as file:
        rows = [json.loads(line) for line in file]
    report = run(registry, path.read_bytes())
    assert report.versions == len(rows)
    seen: dict[str, int] = {}
    committed = registry.at("HEAD")
    for row in rows:
        name = report.names.get(row["name"], row["name"])
        seen[name] = seen.get(name, 0) + 1
        for source in (registry, committed):
            assert source.load(name, seen[name]).template == row["text"]
    name = report.names.get(rows[-1]["name"], rows[-1]["name"])
    last = registry.load(name)
    assert last.commit_message == rows[-1]["message"].strip()
    assert last.created_at == datetime.datetime.fromtimestamp(rows[-1]["time"], datetime.UTC)
    git.assert_sound()
