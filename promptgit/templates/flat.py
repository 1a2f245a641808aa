"""Templates that only substitute: literal text with variables between. Both brace syntaxes compile to this.

Rendering copies a list of the pieces, writes the values into every second place and joins: three operations
of the interpreter, whatever the length. No value is ever scanned. (`%` and `str.format` look at each
character of the text and take five to twenty times as long.)
"""

from __future__ import annotations

from _operator import itemgetter  # what operator.itemgetter is, without importing operator

from promptgit.errors import MissingVariablesError, TemplateError
from promptgit.templates.base import Template

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Slot = tuple[str, str, int, int]


class FlatTemplate(Template):
    """Literal text and variables.

    Attributes:
        slots: the variables, in the order of the text, each as `(literal, name, start, end)`: the text before
            it, unescaped; its name; its span in the source, in characters. A plain tuple: a long prompt has
            hundreds.
        tail: the literal text after the last one.
    """

    __slots__ = ("_pieces", "_values_in_order", "slots", "tail")

    def __init__(self, source: str, syntax: str, slots: Sequence[Slot], tail: str) -> None:
        names = [name for _, name, _, _ in slots]
        super().__init__(source, syntax, tuple(dict.fromkeys(names)))
        self.slots = tuple(slots)
        self.tail = tail
        self._pieces = [piece for literal, _, _, _ in slots for piece in (literal, "")] + [tail]
        self._values_in_order = _getter(names)

    def same_content(self, other: FlatTemplate) -> bool:
        """Whether both have the same literal text and variables, however they are written."""
        mine, theirs = ([slot[:2] for slot in template.slots] for template in (self, other))
        return mine == theirs and self.tail == other.tail

    def substitute(self, values: Mapping[str, object]) -> str:
        """`render` for values that are all texts: the fast path.

        Raises:
            KeyError: a variable has no value.
            TypeError: a value is no text.
        """
        pieces = self._pieces.copy()
        pieces[1::2] = self._values_in_order(values)
        return "".join(pieces)

    def prepare(self, values: Mapping[str, object]) -> dict[str, str]:
        """See `Template.prepare` and `text_of`."""
        return {name: text_of(name, value) for name, value in values.items()}

    def fill(self, prepared: dict[str, str]) -> str:
        try:
            return self.substitute(prepared)
        except KeyError:
            raise MissingVariablesError(name for name in self.variables if name not in prepared) from None

    def partial(self, values: Mapping[str, object]) -> str:
        pieces: list[str] = []
        at = 0
        for _, name, start, end in self.slots:
            if name in values:
                pieces += self.source[at:start], text_of(name, values[name])
                at = end
        return "".join(pieces) + self.source[at:]

    def absent(self, name: str) -> str:
        return ""


def text_of(name: str, value: object) -> str:
    """The text that a value becomes: str as is, list, tuple and dict as JSON, others by `str()` as in MLflow.

    Raises:
        TemplateError: None, which is almost always a forgotten value; or something that JSON cannot carry.
    """
    if isinstance(value, str):
        return value
    if value is None:
        hint = "Pass a text, or leave an optional variable out."
        raise TemplateError(f"variable {name!r} is None", hint=hint)
    if isinstance(value, (list, tuple, dict)):
        import json  # most prompts never need it

        try:
            return json.dumps(value, ensure_ascii=False)
        except (TypeError, ValueError, RecursionError) as error:
            raise TemplateError(f"variable {name!r} cannot be written as JSON: {error}") from error
    return str(value)


def _getter(names: Sequence[str]) -> Callable[[Mapping[str, object]], tuple[str, ...]]:
    """A function that takes the values of these names, repeated ones included, out of a mapping."""
    if len(names) > 1:
        return itemgetter(*names)
    if names:
        name = names[0]
        return lambda values: (values[name],)  # type: ignore[return-value]
    return lambda values: ()
