"""A progress bar for what takes a while."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from promptgit.cli import output

if TYPE_CHECKING:
    from collections.abc import Callable


class Bar:
    """A progress bar on stderr, if a person looks at it; `show` is None if nobody does.

    Args:
        verb: what is done, such as "importing".
    """

    def __init__(self, verb: str) -> None:
        self._verb = verb
        self._progress: Any = None
        self.show: Callable[[int, int], None] | None = self._show if output.on_terminal(sys.stderr) else None

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress is not None:
            self._progress.stop()

    def _show(self, done: int, total: int) -> None:
        if self._progress is None:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

            columns = (TextColumn(self._verb), BarColumn(), MofNCompleteColumn())
            self._progress = Progress(*columns, console=Console(stderr=True), transient=True)
            self._progress.add_task("", total=total)
            self._progress.start()
        if done % 20 == 0 or done == total:
            self._progress.update(0, completed=done)
