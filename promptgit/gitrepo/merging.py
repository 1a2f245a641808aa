"""Merging two files line by line, as `git merge` does it to those that have no merge driver."""

from __future__ import annotations

import os
import tempfile

from promptgit.gitrepo import run

_MOST_CONFLICTS = 127  # git merge-file exits with the number of conflicts, truncated; above is trouble


def merge_lines(base: bytes, ours: bytes, theirs: bytes, *, marker_size: int = 7) -> tuple[bytes, bool]:
    """Merge two descendants of a file.

    Args:
        base, ours, theirs: the three files; empty where there is none.
        marker_size: length of the conflict markers, in characters.

    Returns:
        The merged file, with markers where both sides changed the same lines, and whether there is none such place.

    Raises:
        GitError: git cannot merge them: they are binary.
    """
    with tempfile.TemporaryDirectory(prefix="promptgit-") as folder:
        names = ("ours", "base", "theirs")
        for name, data in zip(names, (ours, base, theirs), strict=True):
            with open(os.path.join(folder, name), "wb") as file:
                file.write(data)
        labels = [option for name in names for option in ("-L", name)]
        args = ["merge-file", "-p", "-q", f"--marker-size={marker_size}", *labels, *names]
        done = run.run(args, cwd=folder, accept=range(_MOST_CONFLICTS + 1))
    return done.out, done.code == 0
