"""A prompt's whole template compiled: one text, or a list of chat messages."""

from __future__ import annotations

from abc import ABC, abstractmethod

from promptgit.errors import MissingVariablesError, TemplateError
from promptgit.templates.messages import PLACEHOLDER, compile_messages, copied, spliced, templates_in
from promptgit.templates.syntaxes import DEFAULT_SYNTAX, compile_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from promptgit.templates.base import Template


class CompiledPrompt(ABC):
    """What a version's `template` compiles to. Immutable.

    Attributes:
        syntax: a key of `SYNTAXES`.
        variables: all that a caller may fill, placeholders included, in order of first use, each once.
        placeholders: those of them that take a list of messages.
    """

    __slots__ = ("placeholders", "syntax", "variables")

    def __init__(self, syntax: str, variables: tuple[str, ...], placeholders: frozenset[str] = frozenset()) -> None:
        self.syntax = syntax
        self.variables = variables
        self.placeholders = placeholders

    @abstractmethod
    def format(self, values: Mapping[str, object]) -> str | list[dict[str, Any]]:
        """The text, or fresh messages, with all variables filled in one pass. Other names are ignored.

        Raises:
            MissingVariablesError: a variable has no value.
            TemplateError: a value cannot be used, or the template fails while it runs.
        """

    @abstractmethod
    def partial(self, values: Mapping[str, object]) -> str | list[dict[str, Any]]:
        """The template with the variables that have a value replaced: for people to read, not to compile."""

    @abstractmethod
    def absent(self, name: str) -> object:
        """The value of an optional variable that has neither a value nor a default."""


class TextPrompt(CompiledPrompt):
    """A prompt of one text."""

    __slots__ = ("template",)

    def __init__(self, template: Template) -> None:
        super().__init__(template.syntax, template.variables)
        self.template = template

    def format(self, values: Mapping[str, object]) -> str:
        return self.template.render(values)

    def partial(self, values: Mapping[str, object]) -> str:
        return self.template.partial(values)

    def absent(self, name: str) -> object:
        return self.template.absent(name)


class ChatPrompt(CompiledPrompt):
    """A prompt of messages.

    Attributes:
        messages: as in the version file, with a `Template` in place of each text that is one. Not to be
        changed.
    """

    __slots__ = ("_texts", "messages")

    def __init__(self, messages: list[dict[str, Any]], syntax: str) -> None:
        self.messages = messages
        self._texts = templates_in(messages)
        texts = frozenset(name for template in self._texts for name in template.variables)
        placeholders = frozenset(message[PLACEHOLDER] for message in messages if PLACEHOLDER in message)
        if both := sorted(texts & placeholders):
            conflict = f"{both[0]!r} is both a placeholder and a variable in a text"
            raise TemplateError(conflict, hint="Rename one of them.")
        names: list[str] = []
        for message in messages:
            placeholder = message.get(PLACEHOLDER)
            texts_of = templates_in(message)
            names += [placeholder] if placeholder else [name for text in texts_of for name in text.variables]
        super().__init__(syntax, tuple(dict.fromkeys(names)), placeholders)

    def format(self, values: Mapping[str, object]) -> list[dict[str, Any]]:
        if missing := [name for name in self.variables if name not in values]:
            raise MissingVariablesError(missing)
        return self._filled(values, lambda template, prepared: template.fill(prepared))

    def partial(self, values: Mapping[str, object]) -> list[dict[str, Any]]:
        return self._filled(values, lambda template, _: template.partial(values))

    def _filled(self, values: Mapping[str, object], fill: Any) -> list[dict[str, Any]]:
        wanted = [name for name in self.variables if name in values and name not in self.placeholders]
        known = {name: values[name] for name in wanted}
        prepared = self._texts[0].prepare(known) if self._texts else {}
        result: list[dict[str, Any]] = []
        for message in self.messages:
            placeholder = message.get(PLACEHOLDER, "")
            if placeholder in values:
                result += spliced(values[placeholder], placeholder)
            else:
                result.append(copied(message, lambda template: fill(template, prepared)))
        return result

    def absent(self, name: str) -> object:
        if name in self.placeholders:
            return []
        return self._texts[0].absent(name)


def compile_template(template: str | list[dict[str, Any]], syntax: str = DEFAULT_SYNTAX) -> CompiledPrompt:
    """Compile a version's `template`.

    Args:
        template: a text, or a list of messages; it is not changed and not kept.
        syntax: a key of `SYNTAXES`, for all the texts in it.

    Raises:
        TemplateError: a text that breaks the syntax's rules (with the line and column inside that text), or a
            message of the wrong shape (with its index).
    """
    if isinstance(template, str):
        return TextPrompt(compile_text(template, syntax))
    if isinstance(template, list):
        return ChatPrompt(compile_messages(template, syntax), syntax)
    raise TemplateError(f"a template is a text or a list of messages, not {type(template).__name__}")
