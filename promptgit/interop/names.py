"""Registry names for titles that may be anything: sentences, emoji, quotes."""

from __future__ import annotations

import hashlib
import re
import unicodedata

from promptgit.errors import InvalidReferenceError
from promptgit.layout import MAX_NAME, check_name

_HASH = 8


def to_name(title: str, prefix: str = "") -> str:
    """The name for a title; the same title always gives the same name.

    A title that is a name already stays as it is. Else accents go, letters become small, and whatever stands between words
    becomes `-`: "Linux Terminal" is `linux-terminal`. A title without any letter or digit is `prompt-` and a hash.

    Args:
        prefix: a folder to put it into, such as `fabric`.
    """
    lead = f"{prefix}." if prefix else ""
    name = title if _is_name(title) else _slug(title)
    if len(lead + name) > MAX_NAME:
        name = f"{name[: MAX_NAME - len(lead) - _HASH - 1].rstrip('-.')}-{_digest(title)}"
    return check_name(lead + name)


def distinct(name: str, title: str) -> str:
    """Another name for a title whose own is taken by another title."""
    return f"{name[: MAX_NAME - _HASH - 1].rstrip('-.')}-{_digest(title)}"


def _slug(title: str) -> str:
    letters = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9_]+", "-", letters.replace("'", "")).strip("-")
    if not slug:
        return f"prompt-{_digest(title)}"
    return slug if _is_name(slug) else f"{slug[:MAX_NAME]}-prompt" if len(slug) < 16 else slug


def _is_name(text: str) -> bool:
    try:
        check_name(text)
    except InvalidReferenceError:
        return False
    return True


def _digest(title: str) -> str:
    return hashlib.sha256(title.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH]
