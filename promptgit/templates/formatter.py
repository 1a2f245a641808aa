"""Formatting a prompt: its template and its contract against the values of one call."""

from __future__ import annotations

from promptgit.errors import MissingVariablesError, UnknownVariablesError
from promptgit.templates.flat import FlatTemplate
from promptgit.templates.prompt import TextPrompt, compile_template
from promptgit.templates.syntaxes import DEFAULT_SYNTAX
from promptgit.templates.variables import STRING, check_type, contract

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

_NEVER = -1  # no call has so many values


class Formatter:
    """Formats one version. Immutable, to be kept with it and shared by threads.

    Args:
        template: a text or a list of messages.
        syntax: a key of `SYNTAXES`.
        declared: `variables` of the version file.

    Raises:
        TemplateError: see `compile_template`.

    Attributes:
        prompt: the compiled template.
        contract: what callers know of each variable, by name: used ones in the template's order, then the
        others.
    """

    __slots__ = ("_checked", "_count", "_optional", "_required", "_substitute", "contract", "prompt")

    def __init__(
        self,
        template: str | list[dict[str, Any]],
        syntax: str = DEFAULT_SYNTAX,
        declared: Mapping[str, Any] | None = None,
    ) -> None:
        self.prompt = compile_template(template, syntax)
        used = self.prompt.variables
        self.contract = contract(declared or {}, used, self.prompt.placeholders)
        self._required = tuple(name for name in used if self.contract[name].required)
        self._optional = tuple(name for name in used if not self.contract[name].required)
        self._checked = tuple(spec for spec in self.contract.values() if spec.typed)
        self._count, self._substitute = self._fast_path()

    def _fast_path(self) -> tuple[int, Callable[[Mapping[str, object]], str]]:
        """How many texts make a call that needs no further look, and what formats it."""
        template = self.prompt.template if isinstance(self.prompt, TextPrompt) else None
        if not isinstance(template, FlatTemplate) or any(spec.type != STRING for spec in self._checked):
            return _NEVER, str
        return len(template.variables), template.substitute

    def format(
        self,
        values: Mapping[str, object],
        *,
        ignore_unknown: bool = False,
        bound: Mapping[str, object] | None = None,
    ) -> str | list[dict[str, Any]]:
        """The text, or fresh messages, with all variables filled in one pass: no value is read as a template.

        A variable that is declared but not used may be given and need not be.

        Args:
            values: by variable name.
            ignore_unknown: leave out what the prompt does not have, instead of raising.
            bound: values of an earlier partial format; `values` go before them.

        Raises:
            UnknownVariablesError: a name that the prompt does not have; the hint offers the nearest.
            MissingVariablesError: required variables without a value, all of them.
            TemplateError: a value of the wrong type, or that the syntax cannot use; or the template fails.
        """
        if len(values) == self._count and not bound:
            # As many values as variables: if the substitution finds all its names, none of them is unknown.
            try:
                return self._substitute(values)
            except (KeyError, TypeError):
                pass  # something is missing, or no text: told apart below
        return self._format(values, ignore_unknown, bound or {})

    def missing(self, values: Mapping[str, object]) -> tuple[str, ...]:
        """The required variables that `values` lacks, in the template's order."""
        return tuple(name for name in self._required if name not in values)

    def require_known(self, values: Mapping[str, object], *, ignore_unknown: bool = False) -> None:
        """Check names and types of values that need not be complete.

        Raises:
            UnknownVariablesError, TemplateError: as `format`.
        """
        if not ignore_unknown and (unknown := [name for name in values if name not in self.contract]):
            raise self._unknown(unknown)
        for spec in self._checked:
            if spec.name in values:
                check_type(spec, values[spec.name])

    def partial(self, bound: Mapping[str, object]) -> str | list[dict[str, Any]]:
        """The template with the bound values in place: for people to read, not to compile again."""
        return self.prompt.partial(bound)

    def _format(
        self, values: Mapping[str, object], ignore_unknown: bool, bound: Mapping[str, object]
    ) -> str | list[dict[str, Any]]:
        known = {**bound, **values}
        self.require_known(values, ignore_unknown=ignore_unknown)
        if missing := self.missing(known):
            raise MissingVariablesError(missing, hint=f"Pass all of them: {_call(self._required)}")
        for name in self._optional:
            if name not in known:
                default = self.contract[name].default
                known[name] = self.prompt.absent(name) if default is None else default
        return self.prompt.format(known)

    def _unknown(self, unknown: list[str]) -> UnknownVariablesError:
        from difflib import get_close_matches

        nearest = {name: get_close_matches(str(name), self.contract, 1) for name in unknown}
        if guesses := [f"{name} -> {match[0]}" for name, match in nearest.items() if match]:
            return UnknownVariablesError(unknown, hint=f"Did you mean: {', '.join(guesses)}?")
        names = ", ".join(self.contract)
        has = f"The prompt has: {names}." if names else "The prompt has no variables."
        return UnknownVariablesError(unknown, hint=f"{has} To leave others out, pass ignore_unknown=True.")


def _call(names: tuple[str, ...]) -> str:
    """How a call with these variables looks. `user.name` and `class` are no keyword arguments."""
    from keyword import iskeyword

    plain = [f"{name}=..." for name in names if name.isidentifier() and not iskeyword(name)]
    others = ", ".join(f'"{name}": ...' for name in names if not name.isidentifier() or iskeyword(name))
    return f"format({', '.join([*plain, f'**{{{others}}}'] if others else plain)})"
