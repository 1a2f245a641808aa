"""What the callback of a watch is told."""

from __future__ import annotations

from promptgit.registry.changes import Change, PromptChange

TYPE_CHECKING = False
if TYPE_CHECKING:
    from promptgit.problems import Problem


class WatchedChange(Change):
    """What changed while somebody edited, and what the checks say to it.

    Attributes:
        problems: what is wrong with the files that changed, and with their prompts, by path and line.
        unreadable: prompts whose aliases cannot be read now. They stand in `prompts`, compared by what could be read last.
        config: whether `promptgit.yaml` changed. What it says of aliases counts once the registry is opened anew.
    """

    problems: tuple[Problem, ...] = ()
    unreadable: tuple[str, ...] = ()
    config: bool = False

    def __bool__(self) -> bool:
        return bool(self.prompts or self.problems or self.config)

    def lines(self) -> list[str]:
        """What changed, a line for each prompt; without the problems."""
        lines = [f"{name}: its aliases cannot be read" for name in self.unreadable]
        for name, change in self.prompts.items():
            if change != PromptChange(name=name):
                lines.append(str(change))
            elif name not in self.unreadable:
                lines.append(f"{name}: its aliases can be read again")
        return lines + (["promptgit.yaml changed"] if self.config else [])

    def __str__(self) -> str:
        return "\n".join([*self.lines(), *map(str, self.problems)]) or "nothing changed"
