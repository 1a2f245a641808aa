"""A file does not fit the schema of its kind.

The schemas are in `schemas/` and say what a version, `aliases.yaml`, `prompt.yaml` and `promptgit.yaml` may hold. A
`response_format` must be a valid JSON Schema itself.

To mend it, change the value at the place that is named. An editor that knows the schemas shows the same while you
type.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from promptgit.checks.subject import File
    from promptgit.problems import Problem


def check_file(file: File) -> Iterable[Problem]:
    """See the manual above."""
    return file.schema_problems
