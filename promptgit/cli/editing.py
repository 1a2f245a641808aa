"""A draft in the user's editor. Whatever happens, what was written there is not lost."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from collections.abc import Callable
from types import TracebackType
from typing import Any

from promptgit.cli import output
from promptgit.cli.drafts import read_draft
from promptgit.errors import InvalidDocumentError, PromptGitError


class Draft:
    """A version file being written. Left by an error, as a context, it keeps the file and says where.

    Args:
        name: the prompt.
        version: the number that it is about to get; only shown.
        start: what the editor opens with.
    """

    def __init__(self, name: str, version: int, start: bytes) -> None:
        self.version = version
        self._start = start
        self._folder = tempfile.mkdtemp(prefix="promptgit-")
        self.path = os.path.join(self._folder, f"{name}-{version}.yaml")
        with open(self.path, "wb") as file:
            file.write(start)

    def __enter__(self) -> Draft:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: object, __: TracebackType | None) -> None:
        if kind is not None and self._read() != self._start:
            output.warn(f"your draft is kept in {self.path}")
            return
        import shutil

        shutil.rmtree(self._folder, ignore_errors=True)

    def edit(self, again: Callable[[PromptGitError], bool]) -> dict[str, Any] | None:
        """Open the editor until the draft is valid; returns its content, or None if nothing was changed.

        Args:
            again: shows what is wrong, and says whether to open the editor once more.

        Raises:
            InvalidDocumentError: it is not valid, and `again` said no.
            PromptGitError: the editor failed.
        """
        while True:
            self._open_editor()
            data = self._read()
            if data == self._start:
                return None
            try:
                found = read_draft(data, self.path)
            except InvalidDocumentError as error:
                if not again(error):
                    raise
                continue
            return None if found == self._content_at_start() else found

    def _content_at_start(self) -> dict[str, Any] | None:
        """What the editor opened with, so that a change of comments or quotes alone is no new version."""
        try:
            return read_draft(self._start, self.path)
        except InvalidDocumentError:
            return None

    def _read(self) -> bytes:
        with open(self.path, "rb") as file:
            return file.read()

    def _open_editor(self) -> None:
        editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
        command = [*shlex.split(editor), self.path]
        hint = "Set VISUAL or EDITOR to an editor that waits until the file is closed, such as 'code --wait'."
        try:
            done = subprocess.run(command, check=False)  # noqa: S603 - the user's own choice of a program
        except OSError as error:
            raise PromptGitError(f"the editor {editor!r} could not be started: {error.strerror}", hint=hint) from None
        if done.returncode:
            raise PromptGitError(f"the editor {editor!r} ended with code {done.returncode}", hint=hint)
