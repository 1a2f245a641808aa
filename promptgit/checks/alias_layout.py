"""`aliases.yaml` is not laid out so that promotions merge.

One alias a line, sorted, a blank line between: then two branches that move different aliases merge, where lines side
by side conflict every second time. Weights stand on the alias's own line.

To mend it, use `promptgit alias set`, which keeps the layout, or `--fix`. Comments stay.
"""

from __future__ import annotations

from promptgit import document
from promptgit.checks.subject import ALIASES
from promptgit.problems import WARNING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptgit.checks.mend import Mender
    from promptgit.checks.subject import File
    from promptgit.problems import Problem

KINDS = (ALIASES,)


def check_file(file: File) -> Iterator[Problem]:
    """See the manual above."""
    if not file.document or file.schema_problems:
        return
    aliases = list(file.document)
    lines = [document.locate(file.data, [alias], key=True)[0] for alias in aliases]
    text = file.data.decode("utf-8", "replace").split("\n")
    ends = [_last_line(text, line, after) for line, after in zip(lines, [*lines[1:], len(text) + 1], strict=True)]
    crowded = [alias for alias, end in zip(aliases[1:], ends, strict=False) if text[end].strip()]
    if aliases != sorted(aliases):
        said = "the aliases are not sorted"
    elif crowded:
        said = f"there is no blank line above {crowded[0]}"
    else:
        return
    yield file.problem("alias-layout", said, [], severity=WARNING, hint="Run: promptgit check --fix")


def _last_line(text: list[str], start: int, after: int) -> int:
    """The index of the line behind an alias: where the blank one should be."""
    end = start
    while end < after - 1 and text[end].startswith((" ", "\t", "}")):
        end += 1
    return min(end, len(text) - 1)


def fix(problem: Problem, mender: Mender) -> str | None:
    """Write every alias anew into its place; what stands around them stays."""
    data = mender.read(problem.path) or b""
    found = document.parse(data, problem.path, empty_ok=True)
    kept = data
    for alias in found:
        kept = document.remove(kept, [alias])
    for alias, value in found.items():
        kept = document.edit(kept, [alias], value, sort=True, blank_lines=True, flow_depth=1)
    if document.parse(kept, problem.path, empty_ok=True) != found or _comments(kept) != _comments(data):
        return None
    mender.write(problem.path, kept)
    return f"laid out {problem.path}"


def _comments(data: bytes) -> list[bytes]:
    return sorted(line.strip() for line in data.split(b"\n") if b"#" in line)
