"""Prompt URIs, parsed once at the edge.

    prompts:/NAME                 latest
    prompts:/NAME/3               version 3
    prompts:/NAME@production      alias (canonical)
    prompts:/NAME/production      alias (older form, in wide circulation)
    prompts:/NAME@latest          latest, as is prompts:/NAME/latest
    ...?rev=REV                   the same, as of a branch, tag, commit or date; REV may be percent-encoded

Where a person types, `prompts:/` may be left out.
"""

from __future__ import annotations

from promptgit.errors import InvalidReferenceError
from promptgit.layout import LATEST, check_alias, check_name, parse_version
from promptgit.record import Record

SCHEME = "prompts:/"
_PLAIN_IN_REV = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-/:~^@{}")
_FORMS = "Write prompts:/NAME, prompts:/NAME/3 or prompts:/NAME@alias, and ?rev=REV to go back in time."


class PromptRef(Record):
    """A parsed reference. With neither `version` nor `alias` it means the latest version.

    Attributes:
        name: the prompt.
        version: a version number.
        alias: an alias; never `latest`.
        rev: a branch, tag, commit or date as the user wrote it.
    """

    name: str
    version: int | None = None
    alias: str | None = None
    rev: str | None = None

    @classmethod
    def parse(cls, text: str, *, bare: bool = True) -> PromptRef:
        """Parse a URI.

        Args:
            text: the URI.
            bare: also accept it without `prompts:/`.

        Raises:
            InvalidReferenceError: with a caret under the fault.
        """
        if not isinstance(text, str):
            raise InvalidReferenceError(f"a prompt reference is a string, not {type(text).__name__}", hint=_FORMS)
        if text.startswith(SCHEME):
            start = len(SCHEME)
            start += text.startswith("/", start)  # prompts://name is a common slip, and can mean nothing else
        elif bare and ":" not in text.partition("?")[0]:
            start = 0
        else:
            raise InvalidReferenceError("not a prompt URI", text=text, position=0, hint=_FORMS)
        path, mark, query = text[start:].partition("?")
        rev = _parse_query(query, text, start + len(path) + 1) if mark else None
        name, version, alias = _parse_path(path, text, start)
        return cls(name=name, version=version, alias=alias, rev=rev)

    def __str__(self) -> str:
        tail = f"@{self.alias}" if self.alias else f"/{self.version}" if self.version else ""
        rev = f"?rev={_quote(self.rev)}" if self.rev else ""
        return f"{SCHEME}{self.name}{tail}{rev}"


def _parse_path(path: str, text: str, start: int) -> tuple[str, int | None, str | None]:
    cut = min((at for at in (path.find("@"), path.find("/")) if at >= 0), default=-1)
    if cut < 0:
        return check_name(path, text=text, offset=start), None, None
    name = check_name(path[:cut], text=text, offset=start)
    target, at = path[cut + 1 :], start + cut + 1
    if target.lower() == LATEST:
        return name, None, None
    if path[cut] == "/" and target[:1].isdigit():
        version = parse_version(target)
        if version is not None:
            return name, version, None
        if target.isdigit():
            why = "a version is a positive whole number without leading zeros"
            raise InvalidReferenceError(why, text=text, position=at, hint=_FORMS)
    return name, None, check_alias(target, text=text, offset=at)


def _parse_query(query: str, text: str, start: int) -> str:
    key, equals, value = query.partition("=")
    if key != "rev" or not equals:
        raise InvalidReferenceError("only ?rev=REV may follow", text=text, position=start, hint=_FORMS)
    at = start + len(key) + 1
    if not value:
        raise InvalidReferenceError("rev is empty", text=text, position=at, hint=_FORMS)
    if "&" in value:
        where = at + value.index("&")
        raise InvalidReferenceError("only one parameter may follow", text=text, position=where, hint=_FORMS)
    return check_rev(_unquote(value, text, at), text=text, offset=at)


def check_rev(rev: str, *, text: str | None = None, offset: int = 0) -> str:
    """Return `rev`, or raise if no git revision or date can look so. It never starts with `-`: it is no option.

    Raises:
        InvalidReferenceError: with a caret under the fault.
    """
    if not rev or rev[0] == "-":
        raise InvalidReferenceError(
            "invalid revision",
            text=rev if text is None else text,
            position=offset,
            hint="Name a branch, tag, commit or date.",
        )
    for at, character in enumerate(rev):
        if ord(character) < 32 or ord(character) == 127:
            raise InvalidReferenceError(
                "a revision has no control characters",
                text=rev if text is None else text,
                position=offset + at,
            )
    return rev


def _quote(rev: str) -> str:
    return "".join(
        c if c in _PLAIN_IN_REV else "".join(f"%{byte:02X}" for byte in c.encode("utf-8", "surrogatepass")) for c in rev
    )


def _unquote(value: str, text: str, start: int) -> str:
    if "%" not in value:
        return value
    data, at = bytearray(), 0
    while at < len(value):
        if value[at] != "%":
            data += value[at].encode("utf-8", "surrogatepass")
            at += 1
            continue
        try:
            data += bytes.fromhex(value[at + 1 : at + 3].rjust(2, "x"))
        except ValueError:
            raise InvalidReferenceError("% needs two hex digits", text=text, position=start + at) from None
        at += 3
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        raise InvalidReferenceError("the revision is not UTF-8", text=text, position=start) from None
