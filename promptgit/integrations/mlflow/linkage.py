"""Which MLflow experiments used a prompt. MLflow's client writes that with every load; here it is kept outside of Git.

It stands in a JSON file in the repository's git folder: it is not versioned, not pushed, and shared by all processes and
worktrees. What was linked stays linked until the tag or the prompt is deleted: the client adds to a list that it has read
before, so of two processes that do so at once the later one would take away what the other has just added.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import threading

from promptgit import stamp
from promptgit.engine.lock import STATE_DIR, hold
from promptgit.errors import GitError, PromptGitError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FILE = "mlflow-experiments.json"
_DEADLINE_S = 10.0
_logger = logging.getLogger(__name__)


@contextlib.contextmanager
def no_matter_what() -> Iterator[None]:
    """Log that the file cannot be written: the commit is made by now, and must not be called failed for that."""
    try:
        yield
    except PromptGitError as error:
        _logger.warning("%s", error)


class Linkage:
    """The experiments of each prompt, by name.

    Args:
        common_dir: the repository's common git folder.
        prefix: the registry's folder in the repository.
    """

    def __init__(self, common_dir: str, prefix: str) -> None:
        self._folder = os.path.join(common_dir, STATE_DIR)
        self._path = os.path.join(self._folder, FILE)
        self._prefix = prefix
        self._lock = threading.Lock()
        self._seen: stamp.Stamp | None = None
        self._links: dict[str, list[str]] = {}

    def get(self, name: str) -> str | None:
        """The tag's value for a prompt, such as `,0,12,`; None if no experiment used it."""
        experiments = self._current().get(self._prefix + name)
        return f",{','.join(experiments)}," if experiments else None

    def add(self, name: str, value: str) -> None:
        """Link the experiments that a tag's value lists.

        Raises:
            GitError: the file cannot be written.
            RegistryBusyError: another process has been writing it for seconds.
        """
        new = [part.strip() for part in value.split(",") if part.strip()]
        key = self._prefix + name
        if set(new) <= set(self._current().get(key, ())):
            return

        def change(links: dict[str, list[str]]) -> None:
            links[key] = list(dict.fromkeys([*links.get(key, ()), *new]))

        self._change(change)

    def remove(self, name: str) -> None:
        """Forget a prompt's experiments; raises as `add` does."""
        key = self._prefix + name
        if key in self._current():
            self._change(lambda links: links.pop(key, None))

    def rename(self, old: str, new: str) -> None:
        """Keep a prompt's experiments under its new name; raises as `add` does."""
        key = self._prefix + old
        if key in self._current():
            self._change(lambda links: links.update({self._prefix + new: links.pop(key, [])}))

    def _current(self) -> dict[str, list[str]]:
        with self._lock:
            seen = stamp.of_path(self._path)
            if seen != self._seen or not stamp.settled(seen):
                self._links, self._seen = self._read(), seen
            return self._links

    def _read(self) -> dict[str, list[str]]:
        """What the file says. One that is damaged says nothing: what it tells is told again by the next load."""
        try:
            with open(self._path, encoding="utf-8") as file:
                found = json.load(file)
        except (OSError, ValueError, RecursionError):
            return {}
        if not isinstance(found, dict):
            return {}
        lists = {name: ids for name, ids in found.items() if isinstance(ids, list)}
        return {name: [one for one in ids if isinstance(one, str) and one] for name, ids in lists.items()}

    def _change(self, change: Callable[[dict[str, list[str]]], object]) -> None:
        try:
            os.makedirs(self._folder, exist_ok=True)
            with hold(f"{self._path}.lock", _DEADLINE_S):
                links = self._read()
                change(links)
                self._write(links)
        except OSError as error:
            raise GitError(f"the experiments of a prompt cannot be written: {error.strerror}: {self._path}") from error

    def _write(self, links: dict[str, list[str]]) -> None:
        """Replace the file in one step. It is not flushed to the disk: a power cut may cost a link, never a prompt."""
        temporary = f"{self._path}.{os.getpid()}.{threading.get_ident()}"
        try:
            with open(temporary, "w", encoding="utf-8") as file:
                json.dump(links, file, ensure_ascii=False, sort_keys=True, indent=0)
            os.replace(temporary, self._path)
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)
