"""The fields that a filter may name, and what each allows. A new one goes into `_ALL` and `Candidate`."""

from __future__ import annotations

from promptgit.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from promptgit.search.tokens import Token

TEXT, TAG, ALIAS, NUMBER, TIME = "text", "tag", "alias", "number", "time"

_MATCHING = ("=", "!=", "LIKE", "NOT LIKE", "ILIKE", "NOT ILIKE", "IN", "NOT IN")
_PRESENCE = ("IS NULL", "IS NOT NULL")
_ORDERING = ("=", "!=", "<", "<=", ">", ">=")

OPERATORS = {
    TEXT: _MATCHING,
    TAG: _MATCHING + _PRESENCE,
    ALIAS: _MATCHING + _PRESENCE,
    NUMBER: (*_ORDERING, "IN", "NOT IN"),
    TIME: _ORDERING,
}


class Field(Record):
    """A field of the language.

    Attributes:
        name: as written in a filter.
        attribute: the `Candidate` attribute that it reads.
        kind: `TEXT`, `TAG`, `ALIAS`, `NUMBER` or `TIME`: what may be compared, and how.
        cost: what reading it takes: 0 nothing, 1 the folder's small files, 2 a version's file, 3 history.
        others: other names of the same field, MLflow's among them.
        sortable: whether an order may name it.
    """

    name: str
    attribute: str
    kind: str
    cost: int
    others: tuple[str, ...] = ()
    sortable: bool = False


_ALL = (
    Field(name="name", attribute="name", kind=TEXT, cost=0, others=("attribute.name",), sortable=True),
    Field(name="description", attribute="description", kind=TEXT, cost=1),
    Field(name="tags", attribute="tags", kind=TAG, cost=1, others=("tag",)),
    Field(name="alias", attribute="aliases", kind=ALIAS, cost=1, others=("aliases",)),
    Field(name="version", attribute="version", kind=NUMBER, cost=1, sortable=True),
    Field(name="template", attribute="template", kind=TEXT, cost=2),
    Field(
        name="created",
        attribute="created",
        kind=TIME,
        cost=3,
        others=("creation_timestamp", "created_at", "attribute.creation_timestamp"),
        sortable=True,
    ),
    Field(
        name="updated",
        attribute="updated",
        kind=TIME,
        cost=3,
        others=("last_updated_timestamp", "last_updated", "timestamp", "attribute.last_updated_timestamp"),
        sortable=True,
    ),
    Field(name="author", attribute="author", kind=TEXT, cost=3),
    Field(name="message", attribute="message", kind=TEXT, cost=3, others=("commit_message",)),
)
FIELDS = {field.name: field for field in _ALL}
_BY_ANY_NAME = FIELDS | {other: field for field in _ALL for other in field.others}
_ATTRIBUTE_NAMES = [name for name, field in _BY_ANY_NAME.items() if field.kind != TAG]
_TAG_PREFIXES = tuple(f"{name}." for name, field in _BY_ANY_NAME.items() if field.kind == TAG)
_LONGEST_SLIP = 64  # characters of a word that may be a misspelt name
_LIKENESS = 0.75


def split_tag(word: str) -> tuple[Field, str] | None:
    """`tags.KEY` or `tag.KEY` as field and key, the key empty if a quoted one must follow; else None."""
    for prefix in _TAG_PREFIXES:
        if word.startswith(prefix):
            return FIELDS["tags"], word[len(prefix) :]
    return None


def find_field(token: Token, *, sortable: bool = False) -> Field:
    """The field, other than a tag, that a word names.

    Args:
        token: the word.
        sortable: accept only what an order may name.

    Raises:
        InvalidReferenceError: there is no such field; the hint has the nearest name, and all of them.
    """
    field = _BY_ANY_NAME.get(token.value)
    if field is None or field.kind == TAG or (sortable and not field.sortable):
        what = f"prompts cannot be put in order by {token}" if sortable else f"unknown field {token}"
        raise token.fault(what, _hint(token.value, sortable))
    return field


def _hint(word: str, sortable: bool) -> str:
    names = [field.name for field in _ALL if field.sortable or not sortable]
    listed = "The fields are " + ", ".join("tags.KEY" if name == "tags" else name for name in names) + "."
    near = _nearest(word, names if sortable else _ATTRIBUTE_NAMES)
    if not sortable and near is None:
        head, _, key = word.partition(".")
        if _nearest(head, ["tags", "tag"]) or head.startswith("tag"):
            near = f"tags.{key or 'KEY'}"
        elif word.isidentifier():
            return f"{listed} A tag is written tags.{word}."
    return f"Did you mean {near}? {listed}" if near else listed


def _nearest(word: str, names: list[str]) -> str | None:
    from difflib import get_close_matches

    if len(word) > _LONGEST_SLIP:
        return None
    return next(iter(get_close_matches(word.lower(), names, n=1, cutoff=_LIKENESS)), None)
