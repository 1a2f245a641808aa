"""Ways to get past a server's rules, as a table: each prepares a clone, and says what the server must answer.

`TRICKS` and `ORDINARY` are filled by the decorators `trick` and `ordinary`, in the modules `tricks_…` and
`ordinary_pushes`. A trick returns the commit that is at fault, or None if it is a ref.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from receiver import Clone

PROMOTER = "release@example.com"
REFUNDS = "prompts/support/refunds"
PLAIN, RULED, TAGS = "plain", "ruled", "tags"
"""The servers that there are: see `test_pre_receive.build`."""


Prepare = Callable[[Clone], str | None]
Work = Callable[[Clone], None]


class Trick(NamedTuple):
    """A push that must be refused."""

    name: str
    server: str
    prepare: Prepare
    push: tuple[str, ...]
    says: tuple[str, ...]
    env: Mapping[str, str]


class Ordinary(NamedTuple):
    """A push that must be taken."""

    name: str
    server: str
    prepare: Work
    push: tuple[str, ...]
    env: Mapping[str, str]


TRICKS: list[Trick] = []
ORDINARY: list[Ordinary] = []


def trick(*says: str, server: str = PLAIN, push: str = "HEAD:main", **env: str) -> Callable[[Prepare], Prepare]:
    """List a push that must be refused, in these words."""

    def listed(prepare: Prepare) -> Prepare:
        TRICKS.append(Trick(prepare.__name__, server, prepare, tuple(push.split()), says, env))
        return prepare

    return listed


def ordinary(*, server: str = PLAIN, push: str = "HEAD:main", **env: str) -> Callable[[Work], Work]:
    """List a push that must be taken."""

    def listed(prepare: Work) -> Work:
        ORDINARY.append(Ordinary(prepare.__name__, server, prepare, tuple(push.split()), env))
        return prepare

    return listed


# --- what several of them use ---------------------------------------------------------------------------------------

MALLORY = {"server": RULED, "PROMPTGIT_PUSHER": "mallory"}
TAG = {"server": TAGS, "PROMPTGIT_PUSHER": PROMOTER}
PRODUCTION = "support.refunds@production"


def tag_alias(clone: Clone, name: str, target: str) -> None:
    """Make an alias tag as promptgit does."""
    clone("tag", "-a", "-m", f"Move it\n\nTarget: {target}", name)
