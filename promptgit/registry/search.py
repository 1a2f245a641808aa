"""Prompts as a whole, and finding them. What a filter does not ask for is not read."""

from __future__ import annotations

from promptgit.content import Notes
from promptgit.errors import InvalidDocumentError
from promptgit.layout import NOTES_FILE
from promptgit.registry import history
from promptgit.search import parse_filter, parse_order_by

TYPE_CHECKING = False
if TYPE_CHECKING:
    import datetime
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from promptgit.aliases.target import Target
    from promptgit.catalog import Catalog
    from promptgit.model import Provenance
    from promptgit.registry.views import Opened
    from promptgit.search import Filter, Order

_NO_NOTES = Notes()
_HISTORY_FIELDS = frozenset(["created", "updated", "author", "message"])


class Prompt:
    """A prompt as a whole. Each attribute is read when it is first asked for, and then kept.

    Attributes:
        name: its name.
    """

    __slots__ = ("_catalog", "_find", "_kept_notes", "_kept_origin", "_kept_version", "_opened", "name")

    def __init__(
        self,
        *,
        name: str,
        catalog: Catalog,
        opened: Opened,
        find: Callable[[str], dict[int, Provenance]] | None = None,
        entries: Mapping[str, bool] | None = None,
    ) -> None:
        self.name = name
        self._catalog = catalog
        self._opened = opened
        self._find = find
        self._kept_version: int | None = None
        self._kept_notes: Notes | None = None
        if entries is not None:  # a search has just listed the folder: what is not in it need not be looked for
            self._kept_version = max(catalog.versions_in(name, entries), default=0)
            self._kept_notes = None if NOTES_FILE in entries else _NO_NOTES
        self._kept_origin: dict[int, Provenance] | None = None

    @property
    def description(self) -> str:
        """What it is for."""
        return self._notes.description

    @property
    def owners(self) -> tuple[str, ...]:
        """Who answers for it."""
        return self._notes.owners

    @property
    def deprecated(self) -> str:
        """Why it should no longer be used; empty if it may."""
        return self._notes.deprecated

    @property
    def tags(self) -> dict[str, str]:
        """The tags of the latest version, and over them those of the prompt."""
        version, notes = self.version, self._notes
        own = self._catalog.tags(self.name, version, notes) if version else {}
        return {**own, **notes.tags}

    @property
    def aliases(self) -> dict[str, Target]:
        """Its aliases."""
        return dict(sorted(self._catalog.aliases(self.name).items()))

    @property
    def version(self) -> int:
        """The latest version; 0 if there is none yet."""
        if self._kept_version is None:
            self._kept_version = max(self._catalog.versions(self.name), default=0)
        return self._kept_version

    @property
    def template(self) -> str:
        """The latest version's template as one text; messages are joined by blank lines."""
        version = self.version
        template = self._catalog.body(self.name, version).template if version else ""
        if isinstance(template, str):
            return template
        return "\n\n".join(text for message in template for text in _texts(message.get("content")))

    @property
    def created(self) -> datetime.datetime | None:
        """When its first version was made, in UTC; None if none is committed."""
        found = self._provenance
        return min((origin.created_at for origin in found.values()), default=None)

    @property
    def updated(self) -> datetime.datetime | None:
        """When its newest version was made, in UTC; None if none is committed."""
        found = self._provenance
        return max((origin.created_at for origin in found.values()), default=None)

    @property
    def author(self) -> str:
        """Who made its latest version; empty if it is not committed."""
        origin = self._provenance.get(self.version)
        return f"{origin.author} <{origin.email}>" if origin else ""

    @property
    def message(self) -> str:
        """Why its latest version was made; empty if it is not committed."""
        origin = self._provenance.get(self.version)
        return origin.message if origin else ""

    @property
    def _notes(self) -> Notes:
        if self._kept_notes is None:
            self._kept_notes = self._catalog.notes(self.name)
        return self._kept_notes

    @property
    def _provenance(self) -> dict[int, Provenance]:
        if self._kept_origin is None:
            if self._find is not None:
                self._kept_origin = self._find(self.name)
            else:
                self._kept_origin = self._opened.provenance(self._catalog.files.commit, self.name)
        return self._kept_origin

    def __repr__(self) -> str:
        return f"Prompt({self.name!r}, version={self.version})"

    def to_dict(self) -> dict[str, Any]:
        """The prompt as plain values, for JSON; what needs the history is left out."""
        return {
            "name": self.name,
            "version": self.version,
            "description": self.description,
            "owners": list(self.owners),
            "tags": self.tags,
            "aliases": {alias: target.to_value() for alias, target in self.aliases.items()},
            "deprecated": self.deprecated or None,
        }


def search(
    catalog: Catalog,
    opened: Opened,
    text: str | None,
    most: int | None,
    order_by: Sequence[str] | None,
    on_error: Callable[[InvalidDocumentError], object] | None = None,
) -> list[Prompt]:
    """The prompts that a filter matches, in order; see `Registry.search`."""
    wanted, order = parse_filter(text), parse_order_by(order_by)
    find = None
    if (wanted.fields | order.fields) & _HISTORY_FIELDS:
        find = _one_pass(catalog, opened)
    listed = catalog.files.steady(lambda: list(catalog.walk()))
    prompts = (
        Prompt(name=name, catalog=catalog, opened=opened, find=find, entries=entries) for name, entries in listed
    )
    if on_error is None:
        matching = [prompt for prompt in prompts if wanted.matches(prompt)]
    else:
        matching = list(_readable(prompts, wanted, order, on_error))
    found: list[Prompt] = order.sort(matching)
    return found if most is None else found[:most]


def _readable(
    prompts: Iterable[Prompt], wanted: Filter, order: Order, on_error: Callable[[InvalidDocumentError], object]
) -> Iterator[Prompt]:
    """Those that match; what filter or order ask for and cannot be read is told of instead."""
    for prompt in prompts:
        try:
            if wanted.matches(prompt):
                for key in order.keys:
                    key.of(prompt)
                yield prompt
        except InvalidDocumentError as error:
            on_error(error)


def _one_pass(catalog: Catalog, opened: Opened) -> Callable[[str], dict[int, Provenance]]:
    """Provenance of every prompt from one walk over the history, instead of one walk each."""
    repository = opened.repository()
    tip = catalog.files.commit or repository.ref_commit("HEAD")
    everything = history.all_provenance(repository, tip, opened.prefix)

    return lambda name: history.under_all_names(everything, name, catalog.notes(name).former_names)


def _texts(content: Any) -> list[str]:
    if isinstance(content, str):
        return [content]
    return [part["text"] for part in content or () if isinstance(part, dict) and isinstance(part.get("text"), str)]
