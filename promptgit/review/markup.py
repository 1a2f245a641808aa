"""HTML that cannot be broken out of: text becomes markup in one place, and only markup goes into markup."""

from __future__ import annotations

from html import escape

from promptgit.sanitise import sanitise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


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


def badge(word: str, kind: str = "") -> Safe:
    """A word that stands out; its kind is `breaking`, `error`, `warning` or nothing."""
    return element("span", text(word), cls=f"badge {kind}".strip())


def table(head: Sequence[str], rows: Iterable[Sequence[Safe]]) -> Safe:
    """A table whose first column names its rows. On a phone each cell carries the name of its column.

    Args:
        head: the names of the columns.
        rows: as many cells each.
    """
    titles = element("tr", *(element("th", text(title), scope="col") for title in head))
    body = []
    for first, *rest in rows:
        named = zip(head[1:], rest, strict=True)
        inner = (element("td", cell, **{"data-name": f"{title}:"}) for title, cell in named)
        body.append(element("tr", element("th", first, scope="row"), *inner))
    return element("table", element("thead", titles), element("tbody", *body), cls="stack")
