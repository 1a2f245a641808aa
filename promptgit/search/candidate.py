"""What is searched: anything with these attributes."""

from __future__ import annotations

from typing import Protocol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime


class Candidate(Protocol):
    """One prompt, as a filter and an order see it.

    An attribute is read only if the filter or the order names it, and the costly ones last: an implementation
    may compute each when it is asked for, and should keep what it computed.
    """

    @property
    def name(self) -> str:
        """The prompt's name."""

    @property
    def description(self) -> str:
        """The prompt's description; empty if it has none."""

    @property
    def tags(self) -> Mapping[str, str]:
        """The tags by which the prompt is found; a key that is absent is a missing tag."""

    @property
    def aliases(self) -> Collection[str]:
        """The names of the prompt's aliases, without `latest`."""

    @property
    def version(self) -> int:
        """The number of the latest version."""

    @property
    def template(self) -> str:
        """The latest version's text; of a chat, its messages' texts joined."""

    @property
    def created(self) -> datetime | None:
        """When the first version was committed, with a time zone. None if it is not committed yet."""

    @property
    def updated(self) -> datetime | None:
        """When the newest version was committed, with a time zone. None if it is not committed yet."""

    @property
    def author(self) -> str:
        """Who committed the newest version; empty if nobody has yet."""

    @property
    def message(self) -> str:
        """The newest version's commit message; empty if it is not committed yet."""
