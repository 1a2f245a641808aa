"""URIs of registries, as MLflow is given them.

    promptgit:///srv/prompts                          a folder or a bare repository
    promptgit:///srv/prompts.git?branch=main          another branch than the one that HEAD is on
    promptgit:///srv/prompts?rev=v2026.11             pinned to a tag, a commit or a date: nothing can be written
    promptgit:///srv/mono?folder=apps/prompts         the registry lies in a folder of a bare repository
    promptgit+https://host/team/prompts.git           a remote, followed; a write returns once it has been sent there
    promptgit+ssh://git@host/team/prompts.git         likewise; also +http, +git, +file

A local path is read at the newest commit of its branch, not from the working tree: what is half edited is not served.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, unquote, urlsplit

from promptgit.errors import InvalidReferenceError
from promptgit.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from promptgit.registry.registry import Registry

SCHEME = "promptgit"
OPTIONS = ("branch", "rev", "folder")
_FORM = (
    "Write promptgit:///ABSOLUTE/PATH or promptgit+https://HOST/REPOSITORY, with ?branch=, ?rev= or ?folder= after it."
)


class RegistryUri(Record):
    """Where a registry is.

    Attributes:
        place: a path, or a URL.
        branch, rev: the branch to follow, or what to pin; None for neither.
        folder: the registry's folder in a bare repository or at a remote.
    """

    place: str
    branch: str | None = None
    rev: str | None = None
    folder: str = ""

    @property
    def is_remote(self) -> bool:
        """Whether the place is a URL."""
        return "://" in self.place

    def open(self) -> Registry:
        """Open the registry; raises as `Registry` does."""
        from promptgit.registry.registry import Registry

        if self.is_remote:
            return Registry(self.place, branch=self.branch, rev=self.rev, folder=self.folder)
        rev = self.rev or (None if self.branch else "HEAD")
        return Registry(self.place, branch=self.branch, rev=rev, folder=self.folder)


def parse(text: str) -> RegistryUri:
    """Read a URI.

    Raises:
        InvalidReferenceError: it is none of these.
    """
    address, _, query = text.partition("?")
    scheme, _, transport = address.partition(":")[0].lower().partition("+")
    if scheme != SCHEME:
        raise _refuse("not a promptgit URI", address)
    options = _options(query, address)
    rest = address[address.index(":") + 1 :] if ":" in address else ""
    if transport:
        return RegistryUri(place=f"{transport}:{rest}", **options)
    parts = urlsplit(rest)
    if not rest.startswith("//") or parts.netloc:
        raise _refuse("a path has three slashes before it", address)
    path = unquote(rest[2:])
    if path in ("", "/") or "\0" in path:
        raise _refuse("the URI names no folder", address)
    if path.startswith("/~/"):
        raise _refuse("~ is the home folder to a shell alone", address)
    return RegistryUri(place=path, **options)


def _options(query: str, address: str) -> dict[str, str]:
    found = parse_qsl(query, keep_blank_values=True)
    unknown = sorted({key for key, _ in found} - set(OPTIONS))
    if unknown:  # not what it is set to: it may be a token
        raise _refuse(f"there is no option {unknown[0]}", address)
    options = {key: value for key, value in found if value}
    if "branch" in options and "rev" in options:
        raise _refuse("branch and rev were both given", address)
    return options


def _refuse(why: str, address: str) -> InvalidReferenceError:
    from promptgit.gitrepo.run import redact

    return InvalidReferenceError(f"{why}: {redact(address)}", hint=_FORM)
