"""The calls of a file as values: what each loads, and what is given to the formats of what it loaded."""

from __future__ import annotations

from promptgit.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from promptgit.callers.calls import Wanted
    from promptgit.problems import Problem


class Place(Record):
    """Where something stands: 1-based, the column in characters."""

    line: int
    column: int


class Argument(Record):
    """A variable that a format gives.

    Attributes:
        place: where its keyword stands; the call, if it comes out of a mapping.
        samples: values of the types that it may have, as far as they are known.
    """

    name: str
    place: Place
    samples: tuple[object, ...] = ()


class Format(Record):
    """One way in which a loaded prompt is filled.

    Attributes:
        place: where `format` stands.
        given: the variables that it gives.
        before: those that an earlier partial format gave.
        open: whether it may give others too.
        partial: whether others may follow.
        ignore_unknown: whether it may give others than the prompt has.
    """

    place: Place
    given: tuple[Argument, ...]
    before: tuple[str, ...] = ()
    open: bool = False
    partial: bool = False
    ignore_unknown: bool = False

    @property
    def names(self) -> frozenset[str]:
        """The variables that have been given once this call is made."""
        return frozenset({*self.before, *(argument.name for argument in self.given)})


class Call(Record):
    """A call that loads a prompt.

    Attributes:
        path: the file, with `/`.
        place: where the call stands.
        wanted: what it may ask for; several, where the program takes one of several ways.
        optional: whether what does not exist is None, not an error.
        formats: what is done with it in the same file.
    """

    path: str
    place: Place
    wanted: tuple[Wanted, ...]
    optional: bool
    formats: tuple[Format, ...]


class Scanned(Record):
    """What reading files gave.

    Attributes:
        calls: in the order of the text.
        problems: files that could not be read.
        silenced: path -> line -> the codes that a comment there silences; an empty set is all of them.
        files: how many files were looked at.
    """

    calls: tuple[Call, ...]
    problems: tuple[Problem, ...]
    silenced: Mapping[str, Mapping[int, frozenset[str]]]
    files: int
