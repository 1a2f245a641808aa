"""The table of template syntaxes, and compiling a text in one of them.

To add a syntax: write `templates/x.py` with `NAME` and `compile_source(text) -> Template`, list it in
`SYNTAXES` and in the schema, and put its cases into `tests/templates/x.yaml`.
"""

from __future__ import annotations

from _thread import allocate_lock  # what threading.Lock is, without importing threading

from promptgit.errors import TemplateError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

    from promptgit.templates.base import Template

DEFAULT_SYNTAX = "double-brace"
SYNTAXES: dict[str, str] = {
    # its name in a version file: the module, imported when the first template needs it
    "double-brace": "promptgit.templates.double_brace",
    "single-brace": "promptgit.templates.single_brace",
    "jinja2": "promptgit.templates.jinja",
}
MEMO_CHARACTERS = 4 * 1024 * 1024  # of all the sources that stay compiled


class _Memo:
    """Compiled templates by syntax and source; the oldest go when all sources together grow too long."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held: dict[tuple[str, str], Template] = {}
        self._characters = 0
        self._lock = allocate_lock()

    def get(self, key: tuple[str, str]) -> Template | None:
        return self._held.get(key)

    def put(self, key: tuple[str, str], template: Template) -> None:
        with self._lock:
            if key in self._held or len(key[1]) > self._limit:
                return
            self._held[key] = template
            self._characters += _weight(key)
            while self._characters > self._limit:
                oldest = next(iter(self._held))
                del self._held[oldest]
                self._characters -= _weight(oldest)


def _weight(key: tuple[str, str]) -> int:
    return len(key[1]) + 1000  # a compiled template is far larger than a short source


_memo = _Memo(MEMO_CHARACTERS)


def syntax_module(syntax: str) -> ModuleType:
    """The module of a syntax.

    Raises:
        TemplateError: there is no such syntax.
    """
    path = SYNTAXES.get(syntax)
    if path is None:
        raise TemplateError(f"unknown template syntax {syntax!r}", hint=f"Use one of: {', '.join(SYNTAXES)}.")
    from importlib import import_module

    return import_module(path)


def compile_text(text: str, syntax: str = DEFAULT_SYNTAX) -> Template:
    """Compile one text, or take it from the memo.

    Args:
        text: the template.
        syntax: a key of `SYNTAXES`.

    Raises:
        TemplateError: the text breaks the syntax's rules (1-based line and column), or there is no such
        syntax.
    """
    key = (syntax, text)
    template = _memo.get(key)
    if template is None:
        if not isinstance(text, str):
            raise TemplateError(f"a template is a text, not {type(text).__name__}")
        template = syntax_module(syntax).compile_source(text)
        _memo.put(key, template)
    return template
