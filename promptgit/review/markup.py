"""HTML that cannot be broken out of: text becomes markup in one place, and only markup goes into markup."""

from __future__ import annotations

from html import escape

from promptgit.sanitise import sanitise


class Safe(str):
    """Markup that was made here. Whatever else is shown goes through `text`."""

    __slots__ = ()


def text(value: str) -> Safe:
    """Text of others: escaped, and with what nobody would see made visible."""
    return Safe(escape(sanitise(value), quote=True))


def join(*parts: Safe) -> Safe:
    """Markup after markup."""
    return Safe("".join(parts))


def element(tag: str, *inner: Safe, cls: str = "", **attributes: str) -> Safe:
    """An element; the values of attributes are escaped."""
    given = {"class": cls, **attributes} if cls else attributes
    said = "".join(f' {name}="{text(value)}"' for name, value in given.items())
    return Safe(f"<{tag}{said}>{''.join(inner)}</{tag}>")
