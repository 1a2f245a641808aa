"""What every template syntax shares: the compiled template, the rule for names, and places in a text."""

from __future__ import annotations

from abc import ABC, abstractmethod

from promptgit.errors import TemplateError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


class Template(ABC):
    """One text, compiled. Immutable, so that threads and versions may share it.

    Attributes:
        source: the text as written.
        syntax: the name of its syntax, a key of `SYNTAXES`.
        variables: what a caller may fill, in order of first use, each once.
    """

    __slots__ = ("source", "syntax", "variables")

    def __init__(self, source: str, syntax: str, variables: tuple[str, ...]) -> None:
        self.source = source
        self.syntax = syntax
        self.variables = variables

    def render(self, values: Mapping[str, object]) -> str:
        """The text with all variables filled. A value is never read as a template. Other names are ignored.

        Raises:
            MissingVariablesError: a variable has no value.
            TemplateError: a value cannot be used, or the template fails while it runs.
        """
        return self.fill(self.prepare({name: values[name] for name in self.variables if name in values}))

    @abstractmethod
    def prepare(self, values: Mapping[str, object]) -> dict[str, Any]:
        """Values as `fill` wants them. Several templates of one syntax, as in a chat, share the result.

        Raises:
            TemplateError: a value cannot be used in this syntax.
        """

    @abstractmethod
    def fill(self, prepared: dict[str, Any]) -> str:
        """`render` for values that come from `prepare`."""

    @abstractmethod
    def partial(self, values: Mapping[str, object]) -> str:
        """The source with the variables that have a value replaced: for people to read, not to compile."""

    @abstractmethod
    def absent(self, name: str) -> object:
        """What stands for an optional variable without value and default; it renders as nothing."""


def is_identifier(text: str) -> bool:
    """Whether `text` is a plain variable name: ASCII letters, digits and `_`, no digit first."""
    return text.isascii() and text.isidentifier()


def is_name(text: str) -> bool:
    """Whether `text` is a variable name: identifiers joined by dots; `user.name` is one name."""
    return text.isascii() and all(part.isidentifier() for part in text.split("."))


def place(text: str, offset: int) -> tuple[int, int]:
    """The 1-based line and column of a 0-based offset. Only a line feed ends a line."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def fault(message: str, text: str, offset: int, hint: str | None = None) -> TemplateError:
    """A `TemplateError` that points at `offset` of `text`."""
    line, column = place(text, offset)
    where = f"line {line}, column {column} of the template"
    return TemplateError(f"{message} ({where})", line=line, column=column, hint=hint)
