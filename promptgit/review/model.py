"""A review as values: what a change of the registry does to each prompt, and to what its aliases serve.

`build` makes one; `terminal`, `markdown` and `html` show it; `to_dict` is its JSON form. Nothing in here is made safe for
a terminal, Markdown or HTML: that is for whoever shows it.
"""

from __future__ import annotations

from promptgit.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from promptgit.aliases.target import Target
    from promptgit.model import PromptVersion
    from promptgit.problems import Problem
    from promptgit.review.compare import Comparison, FieldChange

ADDED, MOVED, REMOVED, RETUNED = "added", "moved", "removed", "retuned"
NEW, CHANGED, DELETED, RENAMED = "new", "changed", "deleted", "renamed"


class Size(Record):
    """How long a template is.

    Attributes:
        characters: of all its texts.
        tokens: an estimate, see `promptgit.review.tokens`.
    """

    characters: int
    tokens: int


class Sample(Record):
    """A version rendered with example values, for people to read.

    Attributes:
        values: what was filled in, by variable: examples, defaults, or the variable's own name in angle brackets.
        messages: role and text of each message; the role of a text prompt is empty.
        error: why it could not be rendered; empty if it could.
    """

    values: Mapping[str, object]
    messages: tuple[tuple[str, str], ...]
    error: str = ""


class Step(Record):
    """One version against another that it takes the place of, or against nothing.

    Attributes:
        old: the version before; None for the first.
        new: the version now; None where an alias is removed.
        comparison: what differs; None unless both are there.
        sizes: before and after; None where there is no version.
        samples: both rendered with the same values; None where there is no version.
    """

    old: PromptVersion | None
    new: PromptVersion | None
    comparison: Comparison | None
    sizes: tuple[Size | None, Size | None]
    samples: tuple[Sample | None, Sample | None]


class AliasReview(Record):
    """What becomes of an alias.

    Attributes:
        name, alias: the prompt and the alias.
        kind: `added`, `moved`, `removed`; `retuned`: it leads where it led, to a version with another model_config.
        old, new: where it led and will lead.
        shares: version -> percent of the traffic before and after, by version, of all versions on either side.
        steps: each version that it will serve, against the one that it served (of a split: the one with the most traffic).
        breaking: whether a call that works with what it serves now may fail.
        headline: `production of support.refunds goes 3 → 5: 2 lines, 1 new required variable (breaking)`.
        rollback: the command that takes the move back; empty where there is none.
        protected: whether the policies let it move by reviewed commits alone.
        promoters: who may move it; empty if everybody may.
    """

    name: str
    alias: str
    kind: str
    old: Target | None
    new: Target | None
    shares: tuple[tuple[int, float, float], ...]
    steps: tuple[Step, ...]
    breaking: bool
    headline: str
    rollback: str
    protected: bool = False
    promoters: tuple[str, ...] = ()


class VersionReview(Record):
    """A version that the change adds.

    Attributes:
        name, version: which.
        step: against the one before it.
        headline: `support.refunds 3 → 4: 2 lines`.
        message, author: of the commit that adds it; empty if it is not committed.
        aliases: the aliases that will serve it.
    """

    name: str
    version: int
    step: Step
    headline: str
    message: str = ""
    author: str = ""
    aliases: tuple[str, ...] = ()


class PromptReview(Record):
    """All that happens to one prompt.

    Attributes:
        name: the prompt.
        kind: `new`, `changed`, `deleted` or `renamed`.
        former: what a renamed prompt was called.
        description, owners: from `prompt.yaml`.
        aliases: what becomes of its aliases, those that break callers first.
        versions: what is added, ascending.
        removed: versions that are gone -> the reason that the tombstone gives; None without a tombstone.
        notes: what changes in `prompt.yaml`: description, owners, tags, deprecations.
    """

    name: str
    kind: str
    former: str = ""
    description: str = ""
    owners: tuple[str, ...] = ()
    aliases: tuple[AliasReview, ...] = ()
    versions: tuple[VersionReview, ...] = ()
    removed: Mapping[int, str | None] = {}
    notes: tuple[FieldChange, ...] = ()

    @property
    def headline(self) -> str:
        """What becomes of the name itself, if that breaks callers; else empty."""
        if self.kind == RENAMED:
            return f"{self.former} is now called {self.name}: loading it by the old name will fail (breaking)"
        return f"{self.name} is deleted: loading it will fail (breaking)" if self.kind == DELETED else ""

    @property
    def is_breaking(self) -> bool:
        """Whether a call that works now may fail."""
        return bool(self.headline) or any(alias.breaking for alias in self.aliases)


class Review(Record):
    """What a change does.

    Attributes:
        base, head: commits, full ids; head is empty for what is not committed.
        base_label, head_label: what the user called them.
        title: one line for all of it.
        prompts: what is touched: those whose aliases break callers first, then other moves, then the rest.
        problems: what the checks found.
        other_files: paths in the registry that changed and are no prompt's, such as `promptgit.yaml`.
    """

    base: str
    head: str
    base_label: str
    head_label: str
    title: str
    prompts: tuple[PromptReview, ...]
    problems: tuple[Problem, ...] = ()
    other_files: tuple[str, ...] = ()

    @property
    def moves(self) -> tuple[AliasReview, ...]:
        """All aliases that change, in the order of the prompts."""
        return tuple(alias for prompt in self.prompts for alias in prompt.aliases)

    @property
    def is_breaking(self) -> bool:
        """Whether a call that works now may fail."""
        return any(prompt.is_breaking for prompt in self.prompts)

    @property
    def is_empty(self) -> bool:
        """Whether nothing of the registry changed."""
        return not self.prompts and not self.other_files

    def to_dict(self) -> dict[str, Any]:
        """The review as plain values, for JSON."""
        from promptgit.review.values import review_values

        return review_values(self)
