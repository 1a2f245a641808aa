"""What loading needs beside the registry's files: what was loaded before, splits of traffic, and texts to fall back on."""

from __future__ import annotations

import os
import time

from promptgit.errors import InvalidReferenceError
from promptgit.uri import PromptRef

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from promptgit.catalog import Split
    from promptgit.model import PromptVersion
    from promptgit.stamp import Stamp

    Watched = tuple[tuple[str, Stamp], ...]
    Fallback = str | Sequence[Mapping[str, Any]]

KEPT_HOT = 10_000


class Hot:
    """A loaded prompt and what proves that it is current.

    Args:
        prompt: what is handed out again.
        watched: files, and the stamps that they must have.
        ttl: seconds for which the files are not looked at; see `Windows`.
    """

    __slots__ = ("prompt", "time", "ttl", "watched")

    def __init__(self, prompt: PromptVersion | Split, watched: Watched, ttl: float) -> None:
        self.prompt = prompt
        self.watched = watched
        self.ttl = ttl
        self.time = time.monotonic()

    def is_current(self, ttl: float | None) -> bool:
        """Whether no file behind it has changed since. Nothing is looked at if it is younger than `ttl`."""
        window = self.ttl if ttl is None else ttl
        if window and time.monotonic() - self.time < window:
            return True
        lstat = os.lstat
        for path, seen in self.watched:
            try:
                now = lstat(path)
            except OSError:
                if seen is not None:
                    return False
                continue
            if seen is None or seen[0] != now.st_ctime_ns or seen[1] != now.st_ino:
                return False
        return True


class Windows:
    """How old what is loaded again may be without a look at the files, if the call does not say.

    promptgit looks on every load, as that costs a microsecond. MLflow's two variables widen it: an alias may then be seen to
    move up to so many seconds late.
    """

    def __init__(self) -> None:
        self.alias = _window("MLFLOW_ALIAS_PROMPT_CACHE_TTL_SECONDS")
        self.version = _window("MLFLOW_VERSION_PROMPT_CACHE_TTL_SECONDS")

    def of(self, ref: PromptRef) -> float:
        """The window of a reference, in seconds."""
        return self.alias if ref.version is None else self.version


def _window(variable: str) -> float:
    try:
        found = float(os.environ.get(variable) or 0.0)
    except ValueError:
        found = -1.0
    if not found >= 0:
        raise InvalidReferenceError(f"{variable} is a number of seconds, not {os.environ[variable]!r}")
    return found


def require_arguments(key: str | None, ttl: float | None) -> None:
    """Refuse what no registry could answer; `allow_missing` and `fallback` must not hide it.

    Raises:
        InvalidReferenceError: an argument of `load` has the wrong type or value.
    """
    if key is not None and not isinstance(key, str):
        raise InvalidReferenceError(f"key= is a text such as a user's id, not {type(key).__name__}")
    if ttl is not None and (isinstance(ttl, bool) or not isinstance(ttl, int | float) or not ttl >= 0):
        raise InvalidReferenceError(f"cache_ttl_seconds= is a number of seconds from 0 up, not {ttl!r}")


def fallback_prompt(ref: PromptRef, template: Fallback) -> PromptVersion:
    """A prompt made from what the application brings along, for when the registry has none. Its version is 0.

    Raises:
        InvalidReferenceError: it is neither a text nor a list of messages.
        TemplateError: it does not compile.
    """
    from promptgit.content import VersionBody
    from promptgit.model import PromptVersion
    from promptgit.registry.contents import version_content

    content = version_content(
        template, syntax=None, variables=None, model_config=None, response_format=None, tools=None, tags=None
    )
    body = VersionBody({name: value for name, value in content.items() if value is not None})
    return PromptVersion(name=ref.name, version=0, body=body, resolved_from=ref.alias)


def reference(name_or_uri: str, version: int | str | None = None) -> PromptRef:
    """The reference that `load` was given.

    Raises:
        InvalidReferenceError: it cannot be read, or `version` stands beside a URI that names one.
    """
    ref = PromptRef.parse(name_or_uri)
    if version is None:
        return ref
    if ref.version is not None or ref.alias is not None:
        raise InvalidReferenceError(
            f"version={version!r} was given beside a URI that names one",
            text=name_or_uri,
            hint="Give one of the two.",
        )
    if isinstance(version, bool) or not isinstance(version, int | str) or (isinstance(version, int) and version < 1):
        raise InvalidReferenceError(f"a version is a positive whole number or an alias, not {version!r}")
    named: PromptRef = PromptRef.parse(f"{ref.name}/{version}").replace(rev=ref.rev)
    return named
