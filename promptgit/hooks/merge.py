"""What the merge driver does: https://git-scm.com/docs/gitattributes#_defining_a_custom_merge_driver."""

from __future__ import annotations

from promptgit.aliases.merge import Merged, merge_files
from promptgit.gitrepo.merging import merge_lines
from promptgit.layout import ALIASES_FILE


def drive(base: str, ours: str, theirs: str, *, marker_size: int, path: str) -> Merged:
    """Merge three files that git has written for this; the result goes where `ours` was.

    An `aliases.yaml` is merged alias by alias, any other file line by line, as git does it without a driver.

    Args:
        marker_size: length of the conflict markers, in characters.
        path: where the merged file will stand in the repository.

    Raises:
        OSError: a file cannot be read or written.
        GitError: the files are binary.
    """
    was, mine, other = (_read(file) for file in (base, ours, theirs))
    if path.rpartition("/")[2] == ALIASES_FILE:
        merged = merge_files(was, mine, other, marker_size=marker_size)
    else:
        data, clean = merge_lines(was, mine, other, marker_size=marker_size)
        merged = Merged(data=data, clean=clean)
    with open(ours, "wb") as file:
        file.write(merged.data)
    return merged


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()
