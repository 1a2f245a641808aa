"""The calls in Python files and notebooks."""

from __future__ import annotations

import ast
import re
import warnings

from promptgit.callers import files
from promptgit.callers.flow import run_module
from promptgit.callers.model import Argument, Call, Format, Place, Scanned
from promptgit.callers.notebooks import Notebook

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from promptgit.callers.calls import Filled, Recorder
    from promptgit.problems import Problem

_SILENCE = re.compile(r"#\s*promptgit:\s*ignore(?:\[([a-z\s,-]*)\])?")
_DEEP = "it is nested too deeply"


def scan(paths: Sequence[str], exclude: Sequence[str] = ()) -> Scanned:
    """The calls in the files under some paths. Nothing is imported or run.

    Args:
        exclude: patterns of paths or names to leave out.
    """
    calls: list[Call] = []
    problems: list[Problem] = []
    silenced: dict[str, dict[int, frozenset[str]]] = {}
    count = 0
    for path in files.find(paths, exclude):
        count += 1
        try:
            source = open_source(path)
            found = source.calls() if source else ()
        except files.Unreadable as error:
            problems.append(error.problem)
            continue
        calls += found
        if source and found:
            silenced[path] = source.silenced()
    return Scanned(calls=tuple(calls), problems=tuple(problems), silenced=silenced, files=count)


def open_source(path: str) -> Source | None:
    """A file that may load prompts; None if it does not.

    Raises:
        Unreadable: it cannot be read.
    """
    data = files.read(path)
    if data is None:
        return None
    notebook = Notebook(data, path) if path.endswith(".ipynb") else None
    return Source(path, notebook.text if notebook else files.text_of(data, path), notebook)


class Source:
    """The text of one file, and its places as people count them.

    Args:
        path: for problems.
        text: the Python in it.
        notebook: where the text comes from, if it is not the file's own.
    """

    def __init__(self, path: str, text: str, notebook: Notebook | None = None) -> None:
        self.path = path
        self._text = text
        self._lines = text.split("\n")
        self._notebook = notebook

    def calls(self) -> tuple[Call, ...]:
        """The calls in it, in the order of the text.

        Raises:
            Unreadable: it does not parse.
        """
        try:
            record = run_module(self._parse())
        except RecursionError:
            raise files.Unreadable(files.syntax_problem(self.path, _DEEP)) from None
        return tuple(sorted(self._collect(record), key=lambda call: (call.place.line, call.place.column)))

    def _parse(self) -> ast.Module:
        flags = ast.PyCF_ONLY_AST | (ast.PyCF_ALLOW_TOP_LEVEL_AWAIT if self._notebook else 0)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # such as "\d": it is not for this program to warn of them
                tree = compile(self._text, "<source>", "exec", flags, dont_inherit=True)
        except SyntaxError as error:
            place = self._place(error.lineno or 1, error.offset or 1)
            problem = files.syntax_problem(self.path, error.msg, place.line, place.column)
            raise files.Unreadable(problem) from None
        except (ValueError, MemoryError) as error:  # a null byte; the parser's stack
            why = "it holds a null byte" if isinstance(error, ValueError) else _DEEP
            raise files.Unreadable(files.syntax_problem(self.path, why)) from None
        if not isinstance(tree, ast.Module):
            raise TypeError(f"compile gave {type(tree).__name__}")
        return tree

    def silenced(self) -> dict[int, frozenset[str]]:
        """Line -> the codes that a comment silences there; an empty set is all of them.

        A comment counts for the whole statement that it stands at: a formatter that breaks the line moves it to the end.
        """
        comments = {
            number: frozenset((comment[1] or "").replace(",", " ").split())
            for number, line in enumerate(self._lines, 1)
            if (comment := _SILENCE.search(line))
        }
        if not comments:
            return {}
        found = dict(comments)
        for first, last in _statements(self._parse()):
            for number in range(first, last + 1):
                if number in comments:
                    found.update((line, comments[number]) for line in range(first, last + 1))
        return {self._place(number, 1).line: codes for number, codes in found.items()}

    def _collect(self, record: Recorder) -> list[Call]:
        formats: dict[int, list[Format]] = {}
        for node, ways in record.formats.items():
            for filled in ways:
                formats.setdefault(filled.site, []).append(self._format(node, filled))
        return [
            Call(
                path=self.path,
                place=self._at(node.lineno, node.col_offset),
                wanted=tuple(dict.fromkeys(wanted for wanted, _ in ways)),
                optional=any(optional for _, optional in ways),
                formats=tuple(formats.get(id(node), ())),
            )
            for node, ways in record.loads.items()
        ]

    def _format(self, node: ast.Call, filled: Filled) -> Format:
        place = self._format_place(node)
        return Format(
            place=place,
            given=tuple(
                Argument(name=name, samples=samples, place=self._at(*at) if at[0] else place)
                for name, samples, at in filled.names
            ),
            before=filled.before,
            open=filled.open,
            partial=filled.partial,
            ignore_unknown=filled.ignore_unknown,
        )

    def _format_place(self, node: ast.Call) -> Place:
        """Where the word `format` stands: of a chain over several lines, not where the chain begins."""
        function = node.func
        if isinstance(function, ast.Attribute) and function.end_lineno and function.end_col_offset:
            return self._at(function.end_lineno, function.end_col_offset - len(function.attr.encode()))
        return self._at(node.lineno, node.col_offset)

    def _at(self, line: int, offset: int) -> Place:
        """The place of an offset in UTF-8 bytes, as `ast` counts."""
        text = self._lines[line - 1] if line <= len(self._lines) else ""
        column = offset if text.isascii() else len(text.encode()[:offset].decode("utf-8", "ignore"))
        return self._place(line, column + 1)

    def _place(self, line: int, column: int) -> Place:
        if self._notebook:
            line, column = self._notebook.place(line, column)
        return Place(line=line, column=column)


def _statements(tree: ast.Module) -> Iterator[tuple[int, int]]:
    """The first and last line of each statement; of one that holds others, of what stands before them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt):
            body = getattr(node, "body", None)
            last = body[0].lineno - 1 if isinstance(body, list) and body else node.end_lineno
            yield node.lineno, max(node.lineno, last or 0)
