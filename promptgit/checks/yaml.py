"""A file is no strict YAML.

promptgit reads YAML 1.2 without its traps: duplicate keys, anchors, aliases, tags, several documents, more than 1 MiB
or 32 levels are refused, whatever another reader would make of them. What is wrong stands in the code:
yaml-duplicate-key, yaml-syntax and so on.

To mend it, change the file at the place that is named. A text that YAML misreads goes in quotes or in a block after
`|`.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from promptgit.checks.subject import File
    from promptgit.problems import Problem


def check_file(file: File) -> Iterable[Problem]:
    """See the manual above."""
    return file.yaml_problems
