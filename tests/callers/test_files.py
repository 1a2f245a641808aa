"""Which files are read, and how."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from promptgit.callers import files
from promptgit.callers.scan import open_source, scan
from promptgit.problems import Problem

LOAD = "from promptgit import load_prompt\nload_prompt('support.refunds@production')\n"


def write(path: Path, text: str | bytes = LOAD) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)


def below(folder: Path, *exclude: str) -> list[str]:
    return [os.path.relpath(path, folder) for path in files.find([str(folder)], exclude)]


def only_problem(path: Path) -> Problem:
    scanned = scan([str(path)])
    assert scanned.calls == ()
    (problem,) = scanned.problems
    assert problem.severity == "warning"
    return problem


def test_folders_of_other_peoples_code_are_left_out(tmp_path: Path) -> None:
    for name in ("app/main.py", "app/notes.ipynb", "app/readme.md", "app/sub/tool.py"):
        write(tmp_path / name)
    for name in (".git/hook.py", "node_modules/x.py", "app/__pycache__/main.py", ".hidden.py", "env/lib/x.py"):
        write(tmp_path / name)
    (tmp_path / "env/pyvenv.cfg").write_text("home = /usr/bin\n")
    (tmp_path / "linked").symlink_to(tmp_path / "app")
    (tmp_path / "link.py").symlink_to(tmp_path / "app/main.py")
    assert below(tmp_path) == ["app/main.py", "app/notes.ipynb", "app/sub/tool.py"]


@pytest.mark.parametrize("pattern", ["*/tests", "*/tests/", "tests", "*/tests/*", "test_*.py", "*_answers.py"])
def test_patterns_leave_out_paths_and_names(tmp_path: Path, pattern: str) -> None:
    write(tmp_path / "app.py")
    write(tmp_path / "tests/test_answers.py")
    assert below(tmp_path, pattern) == ["app.py"]


def test_a_file_that_is_named_is_read_whatever_it_is_called_and_once(tmp_path: Path) -> None:
    write(tmp_path / ".tool")
    (tmp_path / "link.py").symlink_to(tmp_path / ".tool")
    path = str(tmp_path / ".tool")
    assert len(scan([path, path]).calls) == 1
    assert len(scan([str(tmp_path / "link.py")]).calls) == 1


def test_a_file_without_the_words_of_a_load_is_not_parsed(tmp_path: Path) -> None:
    write(tmp_path / "other.py", "this is ( no Python")
    assert open_source(str(tmp_path / "other.py")) is None
    assert scan([str(tmp_path)]).problems == ()


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        (LOAD + "load_prompt(", "usage-syntax", 3),
        (LOAD + "\0", "usage-syntax", 1),
        (b"# coding: nothing\n" + LOAD.encode(), "usage-syntax", 1),
        (b"# coding: hex\n" + LOAD.encode(), "usage-syntax", 1),
        (LOAD.encode() + b"x = '\xe9'", "usage-syntax", 1),
        (b"#" * (files.LARGEST + 1), "usage-skipped", 0),
    ],
    ids=["syntax", "null byte", "unknown encoding", "no text encoding", "not utf-8", "large"],
)
def test_a_file_that_cannot_be_read_is_a_warning(tmp_path: Path, text: str | bytes, code: str, line: int) -> None:
    write(tmp_path / "app.py", text)
    problem = only_problem(tmp_path / "app.py")
    assert (problem.code, problem.line) == (code, line)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "app.py")
    assert only_problem(tmp_path / "app.py").code == "usage-skipped"
    assert below(tmp_path) == []


def test_an_encoding_that_a_file_declares_is_used(tmp_path: Path) -> None:
    code = "# -*- coding: latin-1 -*-\nfrom promptgit import load_prompt\nx = 'é'; load_prompt('faq')\n"
    write(tmp_path / "app.py", code.encode("latin-1"))
    (call,) = scan([str(tmp_path)]).calls
    assert (call.place.line, call.place.column) == (3, 10)
    write(tmp_path / "app.py", b"\xef\xbb\xbf" + LOAD.encode())
    assert len(scan([str(tmp_path)]).calls) == 1


def notebook(*cells: list[str] | str, kind: str = "code") -> dict[str, object]:
    return {"cells": [{"cell_type": kind, "source": cell} for cell in cells], "nbformat": 4, "nbformat_minor": 5}


def test_the_code_cells_of_a_notebook_are_one_program(tmp_path: Path) -> None:
    imports = ["%pip install promptgit\n", "!ls\n", "from promptgit import load_prompt"]
    shell = "%%bash\nload_prompt('no Python')"
    use = [
        "%%time\n",
        'p = load_prompt("prompts:/größe@production")\n',
        "if p:\n",
        "    %timeit p\n",
        "    await p.format(question=1)",
    ]
    document = notebook(imports, shell, use)
    path = tmp_path / "explore.ipynb"
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False))
    (call,) = scan([str(path)]).calls
    assert [wanted.uri for wanted in call.wanted] == ["prompts:/größe@production"]
    lines = path.read_text().splitlines()
    assert lines[call.place.line - 1][call.place.column - 1 :].startswith('load_prompt(\\"prompts:/größe')
    (form,) = call.formats
    assert lines[form.place.line - 1][form.place.column - 1 :].startswith("format(question=1)")


def test_a_notebook_on_one_line_has_a_place_too(tmp_path: Path) -> None:
    path = tmp_path / "explore.ipynb"
    path.write_text(json.dumps(notebook(LOAD)))
    (call,) = scan([str(path)]).calls
    assert (call.place.line, call.place.column) == (1, 1)


@pytest.mark.parametrize("text", ["load_prompt", "[]  ", '{"cells": "load_prompt"}', '{"cells": [3, "load_prompt"]}'])
def test_a_notebook_of_another_shape_is_no_crash(tmp_path: Path, text: str) -> None:
    path = tmp_path / "explore.ipynb"
    path.write_text(text)
    scanned = scan([str(path)])
    assert scanned.calls == ()
    assert [problem.code for problem in scanned.problems] in (["usage-syntax"], [])


def test_a_comment_in_a_notebook_silences(tmp_path: Path) -> None:
    path = tmp_path / "explore.ipynb"
    path.write_text(
        json.dumps(notebook(["import promptgit\n", "promptgit.load_prompt('faq')  # promptgit: ignore"]), indent=1)
    )
    scanned = scan([str(path)])
    assert scanned.silenced[str(path)] == {scanned.calls[0].place.line: frozenset()}
