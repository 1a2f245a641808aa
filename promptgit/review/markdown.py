"""A review as Markdown for a pull request: what production will do first, and everything else folded below it.

It always fits into a comment. What is left out goes in steps, the least missed first, and the text says so and where it is.
"""

from __future__ import annotations

from promptgit.problems import ERROR
from promptgit.record import Record
from promptgit.review import sections
from promptgit.review.gfm import code, inline, is_url, link
from promptgit.review.hunks import Tightness

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from promptgit.problems import Problem
    from promptgit.review.model import AliasReview, PromptReview, Review

MARKER = "<!-- promptgit-review -->"
"""The first line: by it a comment of promptgit is found again."""
_TITLE = 200
_DETAILS = 300
_TIGHT = Tightness(context=1, lines=60)


class _Level(Record):
    """How much is shown.

    Attributes:
        detail: of each prompt.
        unmoved: whether prompts without a move are shown in detail too.
        left_out: what is missing, in words.
    """

    detail: sections.Detail
    unmoved: bool
    left_out: str


_LEVELS = (
    _Level(detail=sections.Detail(), unmoved=True, left_out=""),
    _Level(detail=sections.Detail(samples=False), unmoved=True, left_out="the sample renders"),
    _Level(
        detail=sections.Detail(samples=False, tightness=_TIGHT),
        unmoved=True,
        left_out="the sample renders and most unchanged lines",
    ),
    _Level(
        detail=sections.Detail(samples=False, tightness=_TIGHT),
        unmoved=False,
        left_out="the sample renders, most unchanged lines and the prompts of which no alias moves",
    ),
)


def render(review: Review, *, limit: int = 65_000, details: str = "") -> str:
    """The review as Markdown that is safe to post, of at most `limit` characters, ended by a newline.

    Args:
        limit: characters; GitHub takes 65,536 in a comment. At least 4,000.
        details: where all of it is: a URL, or a sentence such as "See the artifact prompt-review.".
    """
    for level in _LEVELS:
        text = _within(_at_level(review, level, details), limit)
        if text is not None:
            return text
    return _squeezed(review, limit, details)


def _within(blocks: Iterator[str], limit: int) -> str | None:
    """The blocks as one text, or None as soon as they are too long."""
    found: list[str] = []
    length = 0
    for block in blocks:
        length += len(block) + 2
        if length > limit:
            return None
        found.append(block)
    return "\n\n".join(found) + "\n"


def _at_level(review: Review, level: _Level, details: str) -> Iterator[str]:
    yield from _top(review)
    moves, problems = list(_move_lines(review)), list(_problem_lines(review))
    if moves:
        yield "\n".join(moves)
    if problems:
        yield from (_problems_heading(review.problems), "\n".join(problems))
    for prompt in review.prompts:
        if level.unmoved or prompt.aliases:
            yield sections.prompt_section(prompt, level.detail, is_open=len(review.prompts) == 1)
    yield from _bottom(review, level.left_out, details)


def _squeezed(review: Review, limit: int, details: str) -> str:
    """The headlines that fit, then the prompts that fit: whatever the review holds."""
    found = list(_top(review))
    bottom = list(_bottom(review, "what did not fit", details))
    room = limit - sum(len(block) + 2 for block in [*found, *bottom])
    moves, problems = list(_move_lines(review)), list(_problem_lines(review))
    if moves:
        found.append(_fitting(moves, room // 2 if problems else room * 3 // 4, "alias move"))
        room -= len(found[-1]) + 2
    if problems:
        found += [_problems_heading(review.problems), _fitting(problems, room * 2 // 3, "problem")]
        room -= sum(len(block) + 2 for block in found[-2:])
    found += _prompts_that_fit(review.prompts, room)
    return "\n\n".join([*found, *bottom]) + "\n"


def _prompts_that_fit(prompts: Sequence[PromptReview], room: int) -> Iterator[str]:
    """Sections until one is too long for the room, and how many more there are."""
    room -= 60
    for at, prompt in enumerate(prompts):
        section = sections.prompt_section(prompt, _LEVELS[-1].detail)
        if len(section) > room:
            rest = len(prompts) - at
            yield f"… and {rest:,} {'more ' if at else ''}prompt{'' if rest == 1 else 's'}."
            return
        yield section
        room -= len(section) + 2


def _fitting(lines: Sequence[str], room: int, what: str) -> str:
    """As many lines as fit, and how many more there are."""
    found: list[str] = []
    room -= 60
    for at, line in enumerate(lines):
        room -= len(line) + 1
        if room < 0:
            rest = len(lines) - at
            return "\n".join([*found, f"- … and {rest:,} {'more ' if at else ''}{what}{'' if rest == 1 else 's'}"])
        found.append(line)
    return "\n".join(found)


def _top(review: Review) -> Iterator[str]:
    yield MARKER
    yield f"### {'⚠️ Breaking: ' if review.is_breaking else ''}{inline(review.title, _TITLE)}"


def _move_lines(review: Review) -> Iterator[str]:
    """A line for each move; none for one that is the title already."""
    names = [prompt.headline for prompt in review.prompts if prompt.headline]
    if [*names, *(alias.headline for alias in review.moves)] == [review.title] and len(review.title) <= _TITLE:
        return
    yield from (f"- ⚠️ **Breaking:** {inline(name)}" for name in names)
    for alias in review.moves:
        yield f"- {_move(alias)}"


def _move(alias: AliasReview) -> str:
    headline = inline(alias.headline)
    return f"⚠️ **Breaking:** {headline}" if alias.breaking else headline


def _problems_heading(problems: Sequence[Problem]) -> str:
    errors = sum(problem.severity == ERROR for problem in problems)
    counts = ((errors, "error"), (len(problems) - errors, "warning"))
    shown = [f"{count:,} {word}{'' if count == 1 else 's'}" for count, word in counts if count]
    return f"**The checks found {' and '.join(shown)}:**"


def _problem_lines(review: Review) -> Iterator[str]:
    for problem in sorted(review.problems, key=lambda problem: problem.severity != ERROR):
        mark = "❌ **Error**" if problem.severity == ERROR else "**Warning**"
        place = f" {code(_place(problem), 200)}:" if problem.path else ":"
        hint = f" {inline(problem.hint)}" if problem.hint else ""
        yield f"- {mark}{place} {inline(problem.message)}.{hint} ({code(problem.code)})"


def _place(problem: Problem) -> str:
    return f"{problem.path}:{problem.line}" if problem.line else problem.path


def _bottom(review: Review, left_out: str, details: str) -> Iterator[str]:
    if review.other_files:
        yield _list_of_files(review.other_files)
    if not review.prompts and not review.problems and not review.other_files:
        yield "No prompt changes."
    if left_out:
        yield f"**To keep this short, {left_out} had to be left out.** {_where(review, details)}"
    elif details:
        yield _where(review, details)
    yield f"<sub>{_range(review)}</sub>"


def _list_of_files(paths: Iterable[str]) -> str:
    every = list(paths)
    shown = ", ".join(code(path, 60) for path in every[:5])
    more = f" and {len(every) - 5:,} more" if len(every) > 5 else ""
    return f"Also changed: {shown}{more}"


def _where(review: Review, details: str) -> str:
    if is_url(details) and len(details) <= _DETAILS:
        return f"{link('See the whole review', details)}."
    if details:
        return inline(details, _DETAILS)
    return f"All of it: {code(f'promptgit review {_ends(review)}', 200)}"


def _ends(review: Review) -> str:
    return f"{review.base}..{review.head}" if review.head else review.base


def _range(review: Review) -> str:
    """What was compared with what, as HTML cannot be in here: code spans alone."""
    head = review.head[:12] or "what is not committed"
    names = " → ".join(
        code(label, 80) + (f" ({code(commit)})" if commit and commit != label else "")
        for label, commit in ((review.base_label, review.base[:12]), (review.head_label, head))
    )
    return f"promptgit review, {names}"
