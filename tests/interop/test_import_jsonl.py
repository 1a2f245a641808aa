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
from promptgit.errors import DirtyPathError, InvalidDocumentError, PromptNotFoundError
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


def test_running_it_again_finds_its_versions_behind_others(refunds: Registry) -> None:
    rows = [{"name": "support.refunds", "text": text} for text in ("one", "two", "one")]
    assert (run(refunds, rows).versions, run(refunds, rows).versions) == (3, 0)
    assert refunds.versions("support.refunds") == [1, 2, 3, 4, 5, 6]
    more = [*rows[:1], {"name": "support.refunds", "text": "between"}, *rows[1:]]
    assert run(refunds, more).versions == 3
    assert refunds.load("support.refunds").template == "one"
    assert run(refunds, more).versions == 0


def test_running_it_again_does_not_bring_back_what_was_deleted_here(registry: Registry) -> None:
    rows = [{"name": "support.refunds", "text": text} for text in ("one", "two", "three")]
    run(registry, rows)
    registry.delete_version("support.refunds", 2, message="it lied")
    report = run(registry, [*rows, {"name": "support.refunds", "text": "four"}])
    assert (report.versions, report.skipped, registry.versions("support.refunds")) == (1, 3, [1, 3, 4])


def test_a_prompt_that_is_there_gets_the_next_free_numbers(refunds: Registry) -> None:
    refunds.delete_version("support.refunds", 3)
    run(refunds, ROWS)
    assert refunds.versions("support.refunds") == [1, 2, 4]


def test_dates_travel_through_an_imported_history(registry: Registry) -> None:
    run(registry, ROWS)
    assert registry.load("prompts:/linux-terminal?rev=2022-12-15").version == 1
    assert registry.load("prompts:/linux-terminal?rev=2023-02-01").version == 2


def test_dates_before_an_import_still_find_what_was_there(
    registry: Registry, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day, text in (("2025-03-01", "Answer."), ("2025-06-01", "Answer kindly.")):
        monkeypatch.setenv("GIT_COMMITTER_DATE", f"{day}T12:00:00Z")
        registry.register("support.refunds", text)
    run(registry, ROWS)  # of 2022 and 2023
    assert registry.load("prompts:/support.refunds?rev=2025-04-01").template == "Answer."
    with pytest.raises(PromptNotFoundError):
        registry.load("prompts:/linux-terminal?rev=2025-04-01")
    times = [int(line) for line in git("log", "--format=%ct").splitlines()]
    assert times[:-1] == sorted(times[:-1], reverse=True)


def test_a_time_to_come_does_not_hide_what_is_committed_after_it(registry: Registry, git: Git) -> None:
    run(registry, [{"name": "faq", "text": "Answer.", "time": "2099-01-01"}])
    created = registry.load("faq").created_at
    assert created is not None
    assert created.year == 2099
    assert int(git("log", "-1", "--format=%ct")) <= time.time()


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


@pytest.mark.parametrize(("data", "line", "message"), BAD, ids=[case[2] for case in BAD])
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


def test_an_alias_that_a_killed_run_did_not_get_to_is_set_by_the_next(registry: Registry) -> None:
    run(registry, [{"name": "faq", "text": "Answer."}, {"name": "triage", "text": "Sort."}])
    rows = [
        {"name": name, "text": text, "aliases": ["production"]}
        for name, text in (("faq", "Answer."), ("triage", "Sort."))
    ]
    report = run(registry, rows)
    assert (report.versions, report.aliases, registry.load("triage@production").version) == (0, 2, 1)
    assert run(registry, rows).aliases == 0


def test_an_alias_that_leads_elsewhere_here_stays_and_that_is_said(refunds: Registry) -> None:
    report = run(refunds, [{"name": "support.refunds", "text": "New.", "aliases": ["production", "staging"]}])
    assert refunds.load("support.refunds@production").version == 1
    assert refunds.load("support.refunds@staging").version == 4
    (problem,) = report.problems
    assert (problem.severity, problem.line) == ("warning", 1)
    assert "production of support.refunds is 1 here and leads to version 4 in the file" in problem.message


def test_aliases_that_differ_only_by_case_do_not_meet(registry: Registry) -> None:
    rows = [{"name": "faq", "text": "Answer.", "aliases": [alias]} for alias in ("production", "Production")]
    with pytest.raises(InvalidDocumentError, match="Production differs from production only by case"):
        run(registry, rows)


# --- policies -------------------------------------------------------------------------------------------------------

POLICIES = """policies:
  naming: {pattern: 'support.*'}
  models: {allowed: ['gpt-5*']}
  reserved_tags: ['ci.*']
  aliases: {production: {protected: true}}
"""


@pytest.fixture
def strict(registry: Registry, git: Git) -> Registry:
    """A registry with policies."""
    (git.path / "promptgit.yaml").write_text(CONFIG + POLICIES)
    git("commit", "-qam", "Policies")
    return registry


FORBIDDEN: list[dict[str, Any]] = [
    {"name": "support.refunds", "text": "Answer.", "model_config": {"model_name": "gpt-5-mini"}},
    {"name": "support.refunds", "text": "Answer kindly.", "model_config": {"model_name": "llama-2"}},
    {"name": "faq", "text": "Explain."},
    {"name": "support.triage", "text": "Sort.", "tags": {"ci.run": "7"}},
]


def test_policies_hold_for_rows_and_are_named_with_the_line(strict: Registry) -> None:
    with pytest.raises(InvalidDocumentError) as caught:
        run(strict, FORBIDDEN)
    found = [(problem.line, problem.code) for problem in caught.value.problems]
    assert found == [(2, "policy-models"), (3, "policy-naming"), (4, "policy-reserved-tags")]
    assert all("--ignore-policies" in problem.hint for problem in caught.value.problems)
    assert strict.prompts() == []


def test_rows_that_break_a_policy_can_be_left_out_or_let_in(strict: Registry) -> None:
    report = run(strict, FORBIDDEN, skip_bad=True)
    assert (report.versions, len(report.problems), strict.prompts()) == (1, 3, ["support.refunds"])
    report = run(strict, FORBIDDEN, ignore_policies=True)
    assert (report.versions, strict.prompts()) == (3, ["faq", "support.refunds", "support.triage"])
    assert {(problem.line, problem.severity) for problem in report.problems} == {
        (line, "warning") for line in (2, 3, 4)
    }
    assert run(strict, FORBIDDEN).versions == 0


def test_a_protected_alias_is_refused_and_the_versions_and_other_aliases_stay(strict: Registry, git: Git) -> None:
    rows = [{"name": "support.refunds", "text": "Answer.", "aliases": ["production", "staging"]}]
    dry = run(strict, rows, dry_run=True)
    assert (dry.aliases, strict.prompts()) == (1, [])
    for _ in range(2):
        report = run(strict, rows, ignore_policies=True)
        assert list(map(str, dry.refused)) == list(map(str, report.refused))
        assert list(strict.aliases("support.refunds")) == ["staging"]
        assert "the alias production of support.refunds is left out: production is protected" in str(report.refused[0])
    assert report.commit == git("rev-parse", "HEAD")
    git.assert_sound()


def test_a_kill_during_an_import_leaves_old_or_new_and_the_next_one_succeeds(git: Git, tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text("\n".join(json.dumps({"name": f"p{n}", "text": f"text {n}\n" * 50}) for n in range(400)))
    before = git("rev-parse", "HEAD")
    line = [sys.executable, "-m", "promptgit", "-C", str(git.path), "import", "jsonl", str(file)]
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    for moment in (0.2, 0.35, 0.5, 0.65):
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
