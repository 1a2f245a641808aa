"""What every writing command does in the end: apply an edit, and say what was done or would be."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from promptgit.cli import output
from promptgit.cli.unified import Change, file_diffs, show_diff
from promptgit.record import Record

if TYPE_CHECKING:
    from promptgit.changeset import Changeset
    from promptgit.engine.engine import Applied
    from promptgit.registry.edits import Edit
    from promptgit.registry.registry import Registry


class Write(Record):
    """How a command was asked to write.

    Attributes:
        dry_run: show the changeset, write nothing.
        push: succeed only once the remote has it too.
        as_json: print one JSON document instead of a line.
    """

    dry_run: bool = False
    push: bool = False
    as_json: bool = False

    def __call__(self, registry: Registry, edit: Edit, *, said: Callable[[str], str] | None = None) -> Applied:
        """Apply an edit and report it.

        Args:
            said: makes the line that tells what was done from the changeset's note.
        """
        applied = registry.apply(edit, dry_run=self.dry_run, push=self.push)
        sent = self.push or registry.is_remote
        remote = remote_branch(registry) if sent and not self.dry_run else None
        if self.as_json:
            output.say_json(self._summary(registry, applied, remote))
        elif self.dry_run:
            _show_dry_run(registry, applied)
        else:
            short = f" ({applied.commit[:7]})" if applied.commit and applied.changed else ""
            note = applied.changeset.note
            output.say(f"{said(note) if said else note}{short}")
            if remote:
                output.say(f"pushed to {remote}")
        for warning in applied.warnings:
            output.warn(warning)
        return applied

    def _summary(self, registry: Registry, applied: Applied, remote: str | None) -> dict[str, Any]:
        summary = {
            "note": applied.changeset.note,
            "message": applied.changeset.message,
            "changed": applied.changed and not self.dry_run,
            "dry_run": self.dry_run,
            "commit": applied.commit,
            "files": {
                path: "removed" if content is None else "written" for path, content in applied.changeset.writes.items()
            },
            "tags": [move.tag for move in applied.changeset.tags],
            "pushed_to": remote,
            "warnings": list(applied.warnings),
        }
        if self.dry_run:
            changes = _changes(registry, applied.changeset, applied.commit)
            summary["diff"] = "\n".join(file_diffs(changes))
        return summary


def remote_branch(registry: Registry) -> str:
    """Where the registry's branch is pushed to, such as `origin/main`.

    Raises:
        GitError: no remote is set up.
    """
    from promptgit.engine.remote import remote_of

    status = registry.status()
    if status.source == "remote":
        return f"{status.place} {status.branch}"
    engine = registry.engine()
    name, branch = remote_of(engine.repository, engine.branch())
    return f"{name}/{branch.removeprefix('refs/heads/')}"


def _changes(registry: Registry, changeset: Changeset, tip: str | None) -> list[Change]:
    """Path, content at the tip, and new content, of each file that would differ."""
    files = registry.at(tip).catalog.files if tip else None
    changes = ((path, files.read(path) if files else None, new) for path, new in changeset.writes.items())
    return [(path, old, new) for path, old, new in changes if old != new]


def _show_dry_run(registry: Registry, applied: Applied) -> None:
    changeset = applied.changeset
    changes = _changes(registry, changeset, applied.commit)
    output.say(f"dry run, nothing was written: {changeset.note}", bold=True)
    output.say("\n".join(f"    {line}" for line in changeset.message.splitlines()))
    for path, old, new in changes:
        sign, colour = ("+", "green") if old is None else ("-", "red") if new is None else ("~", "yellow")
        output.say(f"{sign} {path}", colour)
    for move in changeset.tags:
        output.say(f"+ tag {move.tag}", "green")
    show_diff(file_diffs(changes))
