"""What `promptgit watch` prints of a change: for people, and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from promptgit.cli import output, report
from promptgit.cli.arguments import pairs
from promptgit.cli.chat import as_blocks
from promptgit.errors import InvalidDocumentError, NotFoundError, PromptGitError
from promptgit.sanitise import sanitise, sanitise_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from promptgit.model import PromptVersion
    from promptgit.registry.changes import Change, PromptChange
    from promptgit.registry.registry import Registry
    from promptgit.review.compare import Comparison
    from promptgit.uri import PromptRef
    from promptgit.watch import WatchedChange

_SHOWN = 5  # versions and moves of one change that are shown in full: a branch that is checked out may change thousands
_INDENT = "    "


class Values:
    """What the user wants variables filled with. The file is read for every render: it may be edited, too.

    Raises:
        click.UsageError, PromptGitError: they cannot be read.
    """

    def __init__(self, given: tuple[str, ...], file: str | None) -> None:
        from promptgit.cli.files import read_mapping

        pairs(given, "value")
        if file:
            read_mapping(file)
        self._given = given
        self._file = file

    def render(self, prompt: PromptVersion) -> Any:
        """The text or the messages of a version: variables filled with what was given, else with their examples.

        Raises:
            PromptGitError: it cannot be filled.
        """
        from promptgit.cli.commands.render import values_of
        from promptgit.review.samples import samples

        example = samples(None, prompt)[1]
        values = dict(example.values) if example else {}
        try:
            given = values_of(prompt, self._given, self._file)
        except click.UsageError as error:
            raise PromptGitError(error.format_message()) from None
        return prompt.format(values | {name: value for name, value in given.items() if name in prompt.variables})


# --- what is wanted -------------------------------------------------------------------------------------------------


def narrowed(registry: Registry, change: Change, refs: Sequence[PromptRef]) -> WatchedChange:
    """The part of a change that the references mean; all of it, if there are none. A remote's has no problems."""
    from promptgit import layout
    from promptgit.watch import WatchedChange

    if not isinstance(change, WatchedChange):
        change = WatchedChange(old=change.old, new=change.new, prompts=change.prompts)
    if not refs:
        return change
    prompts: dict[str, PromptChange] = {}
    for name, found in change.prompts.items():
        own = [ref for ref in refs if ref.name == name]
        part = found if any(ref.version is None and ref.alias is None for ref in own) else _part(registry, found, own)
        if part is not None:
            prompts[name] = part
    folders = {layout.folder(name) for name in (*prompts, *(ref.name for ref in refs))}
    kept: WatchedChange = change.replace(
        prompts=prompts,
        problems=tuple(problem for problem in change.problems if problem.path.rpartition("/")[0] in folders),
        unreadable=tuple(name for name in change.unreadable if name in prompts),
        config=False,
    )
    return kept


def _part(registry: Registry, change: PromptChange, refs: Sequence[PromptRef]) -> PromptChange | None:
    """What happened to these aliases and versions, and to the versions that the aliases lead to."""
    aliases = {ref.alias for ref in refs if ref.alias}
    versions = {ref.version for ref in refs if ref.version}
    try:
        now = registry.catalog.aliases(change.name) if aliases else {}
    except PromptGitError:  # the checks tell why
        now = {}
    versions |= {version for alias, target in now.items() if alias in aliases for version in target.versions}
    added, removed, edited = (
        tuple(version for version in found if version in versions)
        for found in (change.added, change.removed, change.edited)
    )
    moves = {alias: move for alias, move in change.aliases.items() if alias in aliases}
    part: PromptChange = change.replace(added=added, removed=removed, edited=edited, aliases=moves, notes=False)
    return part if added or removed or edited or moves else None


# --- for people -----------------------------------------------------------------------------------------------------


def say(registry: Registry, change: WatchedChange, values: Values) -> None:
    """Print a change."""
    import time

    clock = output.styled(time.strftime("%H:%M:%S"), dim=True)
    output.say()
    for line in change.lines() or ["problems"]:
        output.say_styled(f"{clock}  {output.styled(sanitise_line(line), bold=True)}")
    report.say_text(change.problems)
    shown = [*_texts(registry, change, values), *_differences(registry, change)]
    for title, text in shown[:_SHOWN]:
        output.say_styled(f"  {sanitise_line(title)}")
        for line in text.rstrip("\n").split("\n"):
            output.say_styled(f"{_INDENT}{line}".rstrip())
    if len(shown) > _SHOWN:
        output.say(f"  and {len(shown) - _SHOWN} more")


def _texts(registry: Registry, change: WatchedChange, values: Values) -> Iterator[tuple[str, str]]:
    for prompt, made in _renders(registry, change, values):
        if isinstance(made, PromptGitError):
            yield f"{prompt}: not rendered", sanitise(_why(made))
        else:
            yield f"{prompt}, rendered:", sanitise(as_blocks(made))


def _differences(registry: Registry, change: WatchedChange) -> Iterator[tuple[str, str]]:
    from promptgit.review.terminal import render

    for name, alias, comparison in _moves(registry, change):
        width = output.width() - len(_INDENT)
        yield f"{name}@{alias}:", render(comparison, colour=output.in_colour(), width=width)


def _why(error: PromptGitError) -> str:
    return "the file is not valid" if isinstance(error, InvalidDocumentError) else error.message


# --- for programs ---------------------------------------------------------------------------------------------------


def to_json(registry: Registry, change: WatchedChange, values: Values) -> dict[str, Any]:
    """A change as plain values."""
    return {
        "old": change.old,
        "new": change.new,
        "config": change.config,
        "prompts": {name: _prompt(found) for name, found in change.prompts.items()},
        "unreadable": list(change.unreadable),
        "problems": report.to_json(change.problems),
        "renders": [
            {"uri": f"prompts:/{uri}", "content": None, "error": _why(made)}
            if isinstance(made, PromptGitError)
            else {"uri": f"prompts:/{uri}", "content": made, "error": None}
            for uri, made in _renders(registry, change, values)
        ],
        "moves": [
            {"name": name, "alias": alias, **comparison.to_dict()}
            for name, alias, comparison in _moves(registry, change)
        ],
    }


def _prompt(change: PromptChange) -> dict[str, Any]:
    return {
        "added": change.added,
        "removed": change.removed,
        "edited": change.edited,
        "aliases": {
            alias: [target.to_value() if target else None for target in move] for alias, move in change.aliases.items()
        },
        "notes": change.notes,
    }


# --- for both -------------------------------------------------------------------------------------------------------


def _renders(registry: Registry, change: WatchedChange, values: Values) -> Iterator[tuple[str, Any | PromptGitError]]:
    """`NAME/VERSION` of each version that is new or was edited, with its text or messages, or why there are none."""
    for name, found in change.prompts.items():
        for version in (*found.added, *found.edited):
            try:
                yield f"{name}/{version}", values.render(registry.load(name, version))
            except NotFoundError:  # it is gone again
                continue
            except PromptGitError as error:
                yield f"{name}/{version}", error


def _moves(registry: Registry, change: WatchedChange) -> Iterator[tuple[str, str, Comparison]]:
    """Prompt and alias of each move from one version to another, with what differs between the two."""
    for name, found in change.prompts.items():
        for alias, (before, after) in found.aliases.items():
            versions = [target.version if target else None for target in (before, after)]
            if None not in versions:
                try:
                    yield name, alias, registry.diff(f"{name}/{versions[0]}", f"{name}/{versions[1]}")
                except PromptGitError:  # one of them is gone, or not valid: the checks tell which
                    continue
