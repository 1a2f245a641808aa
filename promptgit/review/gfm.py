"""Pieces of GitHub and GitLab Flavored Markdown that hold text of others, and cannot be broken out of.

What prompts, commits, paths and names say must not act in a comment: mention people, refer to issues, close them, load
images, link, run quick actions (GitLab's `/merge`), draw a table or a heading of its own. Backslashes do not help: the hosts
look for mentions and references in the rendered text, after they are gone. Inside code they do not look. So a word that is
more than letters or digits stands in a code span, and everything longer in a fence; plain words stay plain words.

The same Markdown may be printed into a job's log, where a runner obeys `::error::…` at the start of a line and `##[…]`
anywhere: both are broken up by a backslash that is seen.
"""

from __future__ import annotations

import re
from html import escape

from promptgit.sanitise import sanitise, sanitise_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_OPENING, _CLOSING = r"[(\"'“‘]*", r"[.,:;?!)\"'”’]*"
# a word, a number (0.2, 1,204, 10%), or what stands between them; a number that ends in "." or ")" may begin a list
_PLAIN = re.compile(
    rf"{_OPENING}[^\W\d_]+(?:['’-][^\W\d_]+)*{_CLOSING}|{_OPENING}\d+(?:[.,]\d+)*%?[,:;]?|\(\d+(?:[.,]\d+)*%?\)|[→·…≈–—]"
)
_PARTS = re.compile(rf"({_OPENING})(.*?)({_CLOSING})", re.DOTALL)
_WORD = re.compile(rf"{_OPENING}`[^`]+`{_CLOSING}(?= |$)|[^ ]+")
_COMMIT_ID = re.compile(r"[0-9a-fA-F]{7,}")
_LOG_COMMAND = re.compile(r"##(?=\w*\[)")
_LINE_COMMAND = re.compile(r"^(\s*)::")
_URL = re.compile(r"https://[A-Za-z0-9.-]+(?::\d+)?(?:/[A-Za-z0-9._~%/?=&;#-]*)?")


def inline(text: str, most: int = 400) -> str:
    """Text of others on one line: plain words as they are, everything else in code spans.

    Args:
        most: characters of it that are shown.
    """
    return _worded(_line(text, most), _span)


def code(text: str, most: int = 100) -> str:
    """Text of others as one code span; nothing for no text."""
    return _span(_line(text, most))


def cell(text: str, most: int = 120) -> str:
    """The same within a table: no pipe ends the cell."""
    return _span(_line(text, most).replace("\\|", "\\\\x7c")).replace("|", "\\|")


def html_inline(text: str, most: int = 200) -> str:
    """Text of others inside a line of HTML, such as a summary."""
    return _worded(_line(text, most), lambda word: f"<code>{escape(word)}</code>")


def fence(lines: Iterable[str], language: str = "") -> str:
    """A code block. No line of it begins with a character of somebody else.

    Older GitLabs end a fence at the first line of three backticks, however long the fence is, and look for quick actions
    behind it; an indented line is neither.

    Args:
        lines: each must begin with a character of ours: a space, or `+`, `-`, `@` of a diff.
    """
    shown = [_fenced(line) for line in lines]
    length = max(3, 1 + max((_longest_run(line) for line in shown), default=0))
    return "\n".join([f"{'`' * length}{language}", *shown, "`" * length])


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are safe already."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def folded(summary: str, blocks: Iterable[str], *, is_open: bool = False) -> str:
    """Blocks behind a line to click on; the line is HTML that is safe already."""
    body = "\n\n".join(blocks)
    return f"<details{' open' if is_open else ''}><summary>{summary}</summary>\n\n{body}\n\n</details>"


def link(text: str, url: str) -> str:
    """A link, if the URL is a plain https one; else nothing can be clicked."""
    return f"[{text}](<{url}>)" if _URL.fullmatch(url) else code(url)


def is_url(text: str) -> bool:
    """Whether `link` would make a link of it."""
    return _URL.fullmatch(text) is not None


def _fenced(line: str) -> str:
    shown = sanitise(line).replace("\n", "\\n")
    return _LOG_COMMAND.sub(r"#\\#", _LINE_COMMAND.sub(r"\1\\::", shown))


def _line(text: str, most: int) -> str:
    """Text on one line, visible in all it holds, and no command to a runner that logs it."""
    shown = _LOG_COMMAND.sub(r"#\\#", sanitise_line(text[: most + 1]))
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


def _span(line: str) -> str:
    if not line:
        return ""
    ticks = "`" * (_longest_run(line) + 1)
    is_padded = line.strip(" ") and (line[0] in "` " or line[-1] in "` ")
    return f"{ticks} {line} {ticks}" if is_padded else f"{ticks}{line}{ticks}"


def _worded(line: str, marked: Callable[[str], str]) -> str:
    return " ".join(_word(word, marked) for word in _WORD.findall(line))


def _word(word: str, marked: Callable[[str], str]) -> str:
    if _PLAIN.fullmatch(word) and not _COMMIT_ID.search(word):
        return word
    parts = _PARTS.fullmatch(word)
    if parts is None or not parts[2]:
        return marked(word)
    opening, core, closing = parts.groups()
    if len(core) > 2 and core[0] == core[-1] == "`" and "`" not in core[1:-1]:
        core = core[1:-1]
    return f"{opening}{marked(core)}{closing}"


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)
