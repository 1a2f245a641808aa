"""What a loaded prompt is. Content is shared between all who load it; what they are handed is theirs to change."""

from __future__ import annotations

from promptgit.record import Record
from promptgit.uri import PromptRef

TYPE_CHECKING = False
if TYPE_CHECKING:
    import datetime
    from collections.abc import Callable, Mapping
    from typing import Any, overload

    from promptgit.aliases.target import Target
    from promptgit.content import Messages, VersionBody
    from promptgit.templates.variables import VariableSpec


class Provenance(Record):
    """Where a version came from: the commit that added its file.

    Attributes:
        commit: its full id.
        message: the whole commit message.
        author, email: who wrote it.
        created_at: when it was written, with the author's offset dropped for UTC.
    """

    commit: str
    message: str
    author: str
    email: str
    created_at: datetime.datetime


class PromptVersion:
    """One version of a prompt, frozen.

    Attributes:
        name: the prompt.
        version: its number.
        syntax: `double-brace`, `single-brace` or `jinja2`.
        aliases: the aliases that lead only to this version, sorted.
        resolved_from: the alias that it was loaded by, if any.
        variant: `ALIAS:VERSION` if traffic is split there, else None.
        resolved_at: the commit of the registry that was read; None from the working tree.
    """

    __slots__ = (
        "_body",
        "_bound",
        "_config",
        "_origin",
        "_tags",
        "aliases",
        "deprecated",
        "name",
        "resolved_at",
        "resolved_from",
        "variant",
        "version",
    )

    name: str
    version: int
    aliases: tuple[str, ...]
    deprecated: str
    resolved_from: str | None
    variant: str | None
    resolved_at: str | None

    def __init__(
        self,
        *,
        name: str,
        version: int,
        body: VersionBody,
        aliases: tuple[str, ...] = (),
        tags: Mapping[str, str] | None = None,
        model_config: Mapping[str, Any] | None = None,
        deprecated: str = "",
        resolved_from: str | None = None,
        variant: str | None = None,
        resolved_at: str | None = None,
        origin: Callable[[], Provenance | None] | None = None,
        bound: Mapping[str, object] | None = None,
    ) -> None:
        values = {
            "name": name,
            "version": version,
            "aliases": aliases,
            "deprecated": deprecated,
            "resolved_from": resolved_from,
            "variant": variant,
            "resolved_at": resolved_at,
            "_body": body,
            "_tags": body.tags if tags is None else tags,
            "_origin": origin,
            "_bound": bound,
            "_config": body.model_config if model_config is None else model_config,
        }
        for field, value in values.items():
            object.__setattr__(self, field, value)

    if TYPE_CHECKING:
        _body: VersionBody
        _tags: Mapping[str, str]
        _origin: Callable[[], Provenance | None] | None
        _bound: Mapping[str, object] | None
        _config: Mapping[str, Any] | None

    # --- content ----------------------------------------------------------------------------------------------------

    @property
    def template(self) -> str | Messages:
        """The text, or a fresh list of messages. After partial formatting the given values stand in it."""
        if self._bound:
            return self._body.formatter.partial(self._bound)
        template: str | Messages = _fresh(self._body.template)
        return template

    @property
    def syntax(self) -> str:
        """The template's syntax."""
        return self._body.syntax

    @property
    def is_text_prompt(self) -> bool:
        """Whether the template is one text, not messages."""
        return isinstance(self._body.template, str)

    @property
    def variables(self) -> dict[str, VariableSpec]:
        """The contract: every variable that is still to be given, in the template's order."""
        bound = self._bound or {}
        return {name: spec for name, spec in self._body.formatter.contract.items() if name not in bound}

    @property
    def model_config(self) -> dict[str, Any] | None:
        """Provider, model and sampling parameters, or None: those in its file, or set later where a policy allows it."""
        config: dict[str, Any] | None = _fresh(self._config)
        return config or None

    @property
    def response_format(self) -> dict[str, Any] | None:
        """The JSON Schema of the answer, or None."""
        schema: dict[str, Any] | None = _fresh(self._body.response_format)
        return schema

    @property
    def tools(self) -> list[Any] | None:
        """Tool definitions, or None."""
        tools: list[Any] | None = _fresh(self._body.tools)
        return tools

    @property
    def tags(self) -> dict[str, str]:
        """The version's tags: those in its file, and those set or taken away later."""
        return dict(self._tags)

    @property
    def uri(self) -> str:
        """The URI of exactly this version."""
        return str(PromptRef(name=self.name, version=self.version))

    # --- from Git, read when asked for --------------------------------------------------------------------------------

    @property
    def commit(self) -> str | None:
        """The commit that added this version; None if it is not committed, or beyond a shallow clone."""
        origin = self._provenance()
        return origin.commit if origin else None

    @property
    def commit_message(self) -> str | None:
        """Why this version was made; None as for `commit`."""
        origin = self._provenance()
        return origin.message if origin else None

    @property
    def author(self) -> str | None:
        """Who made it, as `Name <email>`; None as for `commit`."""
        origin = self._provenance()
        return f"{origin.author} <{origin.email}>" if origin else None

    @property
    def created_at(self) -> datetime.datetime | None:
        """When it was made, in UTC; None as for `commit`."""
        origin = self._provenance()
        return origin.created_at if origin else None

    def _provenance(self) -> Provenance | None:
        return self._origin() if self._origin else None

    # --- use --------------------------------------------------------------------------------------------------------

    if TYPE_CHECKING:

        @overload
        def format(
            self,
            values: Mapping[str, object] | None = None,
            /,
            *,
            allow_partial: bool = False,
            ignore_unknown: bool = False,
            **named: object,
        ) -> Any: ...

        @overload  # of `format(**values)` a type checker would hold the values against the options, too
        def format(self, values: Mapping[str, object] | None = None, /, **named: object) -> Any: ...

    def format(  # type: ignore[misc]
        self,
        values: Mapping[str, object] | None = None,
        /,
        *,
        allow_partial: bool = False,
        ignore_unknown: bool = False,
        **named: object,
    ) -> Any:
        """Fill the variables, in one pass: a value that looks like a variable stays text.

        Args:
            values: variables by name; this form is safe for names that a user chose, as none can pose as an option.
            allow_partial: return a prompt that waits for the rest, if some are missing.
            ignore_unknown: do not raise for names that the prompt does not have.
            named: variables as keywords.

        Returns:
            The text, or a list of messages; a `PromptVersion` if `allow_partial` and variables are still missing.

        Raises:
            MissingVariablesError: a required variable is missing.
            UnknownVariablesError: a name is not the prompt's.
            TemplateError: a value has the wrong type, or the template failed.
        """
        if values:
            named = {**values, **named}
        if allow_partial:
            return self._partial(named, ignore_unknown)
        return self._body.formatter.format(named, ignore_unknown=ignore_unknown, bound=self._bound)

    def _partial(self, values: Mapping[str, object], ignore_unknown: bool) -> Any:
        formatter = self._body.formatter
        bound = {**(self._bound or {}), **values}
        if not formatter.missing(bound):
            return formatter.format(bound, ignore_unknown=ignore_unknown)
        formatter.require_known(bound, ignore_unknown=ignore_unknown)
        return self._with(bound=bound)

    def to_single_brace_format(self) -> Any:
        """The template for `str.format`: `{name}` for variables, and every literal brace doubled."""
        from promptgit.templates import to_single_brace

        return to_single_brace(self._body.template, self._body.syntax, self._bound)

    def _with(self, **changes: Any) -> PromptVersion:
        values: dict[str, Any] = {
            "name": self.name,
            "version": self.version,
            "body": self._body,
            "aliases": self.aliases,
            "tags": self._tags,
            "model_config": self._config,
            "deprecated": self.deprecated,
            "resolved_from": self.resolved_from,
            "variant": self.variant,
            "resolved_at": self.resolved_at,
            "origin": self._origin,
            "bound": self._bound,
        }
        return PromptVersion(**values | changes)

    def to_dict(self) -> dict[str, Any]:
        """The version as plain values, for JSON. `variables` is what the file declares."""
        return {
            "name": self.name,
            "version": self.version,
            "uri": self.uri,
            "aliases": list(self.aliases),
            "syntax": self.syntax,
            "template": self.template,
            "variables": {name: spec.to_dict() for name, spec in self.variables.items()},
            "model_config": self.model_config,
            "response_format": self.response_format,
            "tools": self.tools,
            "tags": self.tags,
            "deprecated": self.deprecated or None,
        }

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a PromptVersion is frozen: {name!r} cannot be set")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a PromptVersion is frozen: {name!r} cannot be deleted")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PromptVersion) and self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash((self.name, self.version))

    def _identity(self) -> tuple[Any, ...]:
        return (
            self.name,
            self.version,
            self.template,
            self.syntax,
            self.model_config,
            self.response_format,
            self.tags,
        )

    def __repr__(self) -> str:
        aliases = f", aliases={list(self.aliases)}" if self.aliases else ""
        return f"PromptVersion({self.uri}{aliases})"


def aliases_of(version: int, targets: Mapping[str, Target]) -> tuple[str, ...]:
    """The aliases that lead to a version and to no other, sorted."""
    return tuple(sorted(alias for alias, target in targets.items() if target.version == version))


def _fresh(value: Any) -> Any:
    """A copy of JSON-like data."""
    if isinstance(value, dict):
        return {key: _fresh(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_fresh(inner) for inner in value]
    return value
