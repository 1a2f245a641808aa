"""The files that ship with promptgit: JSON Schemas and the registry template.

They stand at the top level of the project, and inside the package once it is installed from a wheel.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMAS = ("version", "aliases", "prompt", "promptgit")
_PACKAGE = os.path.dirname(os.path.abspath(__file__))


def folder(name: str) -> str:
    """Where `schemas` or `registry-template` lies.

    Raises:
        FileNotFoundError: the package was installed without it.
    """
    for place in (os.path.join(_PACKAGE, "_data", name), os.path.join(os.path.dirname(_PACKAGE), name)):
        if os.path.isdir(place):
            return place
    raise FileNotFoundError(f"promptgit was installed without its {name}: install it again")


def schema_text(kind: str) -> str:
    """The JSON Schema of a kind of file, one of `SCHEMAS`."""
    with open(os.path.join(folder("schemas"), f"{kind}.schema.json"), encoding="utf-8") as file:
        return file.read()


def template_files() -> Iterator[tuple[str, bytes]]:
    """The files of a new registry, as paths with `/` and contents, sorted."""
    top = folder("registry-template")
    found = []
    for place, _, files in os.walk(top):
        for name in files:
            path = os.path.join(place, name)
            found.append((os.path.relpath(path, top).replace(os.sep, "/"), path))
    for path, full in sorted(found):
        with open(full, "rb") as file:
            yield path, file.read()
