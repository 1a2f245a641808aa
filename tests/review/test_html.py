"""The page of a review: complete, and inert whatever it shows."""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
from html.parser import HTMLParser
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reviews import BASE, HEAD, added, move, refunds_review, review, shaped_review, version

from promptgit.problems import Problem
from promptgit.review.html import render
from promptgit.review.markup import element, text
from promptgit.review.model import PromptReview, Review
from promptgit.review.steps import Steps

HOSTILE = (
    "</style></title></pre><script>alert(1)</script><img src=x onerror=alert(1)>\"' onload=alert(1) ]]> --> &lt; "
    "<a href=javascript:alert(1)>x</a> \x1b]52;c;aGk=\x07 \u202e \U000e0041 @everyone https://evil.example/"
)
VOID = {"meta", "rect"}


class Page(HTMLParser):
    """What a parser makes of a page: tags, attributes, text; and that every element is closed."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.words = ""
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def review_of(old: str, new: str, **more: str) -> Review:
    alias = move(version(1, old), version(2, new), headline=more.get("headline", "production goes 1 → 2"))
    prompt = PromptReview(
        name=more.get("name", "support.refunds"),
        kind="changed",
        description=more.get("description", ""),
        owners=(more.get("owner", "ada"),),
        aliases=(alias,),
    )
    problem = Problem(
        code="schema", message=more.get("message", "it is wrong"), path=more.get("path", "a.yaml"), hint="x"
    )
    return Review(
        base=BASE,
        head=HEAD,
        base_label=more.get("label", "main"),
        head_label="change",
        title=more.get("title", "production goes 1 → 2"),
        prompts=(prompt,),
        problems=(problem,),
    )


def test_the_page_shows_all_that_a_review_has() -> None:
    page = Page(
        render(review_of("Answer {{question}} briefly.\n", "Answer {{question}} in {{language}}.\n", owner="grace"))
    )
    for words in ("production goes 1 → 2", "grace", "language", "new, required", "breaking", "a.yaml", "it is wrong"):
        assert words in page.words
    assert "Rendered with example values" in page.words
    assert "To take it back" in page.words
    assert {"ins", "del", "details", "table", "h1", "h2", "h3"} <= set(page.tags)


def test_headings_come_in_order() -> None:
    levels = [
        int(tag[1]) for tag in Page(render(review_of("One {{a}}", "Two {{b}}"))).tags if re.fullmatch(r"h[1-6]", tag)
    ]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_the_policy_allows_its_own_style_and_nothing_else() -> None:
    page = render(review_of("One", "Two"))
    style = page.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}';" in page
    assert "url(" not in style
    assert "@import" not in style


def inert(page: str, harmless: str) -> None:
    """Text of others has made no element, no attribute and no link."""
    found, plain = Page(page), Page(harmless)
    assert set(found.tags) <= set(plain.tags) | {"a", "ul", "li", "del", "ins", "details", "summary", "pre"}
    allowed = {"class", "id", "href", "scope", "lang", "charset", "http-equiv", "content", "name", "data-name"}
    assert {name for name, _ in found.attributes} <= allowed
    assert all(value.startswith("#prompt-") for name, value in found.attributes if name == "href")
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\U000e0000-\U000e007f]", page)


@pytest.mark.parametrize(
    "place", ["old", "new", "headline", "name", "description", "owner", "message", "path", "label", "title"]
)
def test_hostile_text_stays_text_in_every_place(place: str) -> None:
    harmless = {"old": "Answer.", "new": "Answer briefly."}
    values = {**harmless, place: HOSTILE}
    page = render(review_of(values.pop("old"), values.pop("new"), **values))
    inert(page, render(review_of("Answer.", "Answer briefly.")))
    assert "alert(1)" in Page(page).words


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=20))
def test_any_text_stays_text(old: str, new: str, title: str) -> None:
    harmless = render(review_of("Answer {{a}}.", "Answer {{b}} briefly."))
    inert(render(review_of(f"a{old}", f"b{new}", title=title)), harmless)


def test_attributes_are_escaped() -> None:
    assert element("p", text('"<'), cls='x" onclick="y') == '<p class="x&quot; onclick=&quot;y">&quot;&lt;</p>'


def test_a_very_long_text_is_cut_and_says_how_to_see_it() -> None:
    old = "".join(f"Line {number}.\n" for number in range(6000))
    new = "".join(f"Sentence {number}!\n" for number in range(6000))
    page = render(review_of(old, new))
    assert "promptgit diff prompts:/support.refunds/1 prompts:/support.refunds/2" in Page(page).words
    assert len(page) < 2_000_000


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=30) | st.just(HOSTILE), min_size=8, max_size=8))
def test_text_of_others_stays_text_wherever_a_review_has_any(words: list[str]) -> None:
    inert(render(shaped_review(words)), render(shaped_review(["x"] * 8)))


def test_a_review_with_one_of_each_is_shown_whole() -> None:
    page = Page(render(refunds_review()))
    for words in (
        "origin/main (1111111111) → kinder-refunds (2222222222)",
        "1 error and 1 warning",
        "prompts/support/refunds/5.yaml:9",
        "Owners: support-team",
        "release@example.com must agree.",
        "model_config.temperature",
        "98 → 124 characters (+26), ≈ 7 → 7 tokens (+0)",
        "promptgit rollback support.refunds production",
        "Version 2: It promised dates",
        "tags.team",
        "Also changed",
    ):
        assert words in page.words
    assert page.words.index("production must go through staging") < page.words.index("'order' is declared")


def test_every_link_leads_to_a_place_on_the_page() -> None:
    prompts = [
        PromptReview(
            name=f"team.{name}",
            kind="changed",
            aliases=(move(version(1, "One"), version(2, "Two"), name=f"team.{name}"),),
        )
        for name in "abcdefg"
    ]
    page = Page(render(review(prompts)))
    links = [value for name, value in page.attributes if name == "href"]
    places = [value for name, value in page.attributes if name == "id"]
    assert len(links) == 14  # the moves, and the contents
    assert {link.removeprefix("#") for link in links} == set(places)
    assert len(set(places)) == len(places) == 7


def test_blanks_at_the_end_of_what_changed_can_be_seen() -> None:
    assert '<del class="blank">·</del>' in render(review_of("Be brief. \nBye", "Be brief.\nBye"))
    assert 'Answer.<ins class="blank">·⇥</ins>' in render(review_of("Hello.\n", "Hello.\nAnswer. \t\n"))


def test_a_line_end_that_comes_or_goes_can_be_seen() -> None:
    assert '<del class="blank">⏎</del>' in render(review_of("Be brief.\n", "Be brief."))
    assert "⏎" not in render(review_of("Be brief.\n", "Be kind.\n"))


def test_long_settings_are_compared_line_by_line() -> None:
    def tool(description: str) -> list[dict[str, object]]:
        return [{"type": "function", "function": {"name": "look_up_order", "description": description}}]

    alias = move(
        version(1, "One", tools=tool("Finds an order, with all its articles and parcels")),
        version(2, "One", tools=tool("Finds an order, with all its articles and prices")),
    )
    page = render(review([PromptReview(name="support.refunds", kind="changed", aliases=(alias,))]))
    assert "<del>parcels</del>" in page
    assert "<ins>prices</ins>" in page


def test_a_sample_that_shows_but_the_template_is_left_out() -> None:
    assert "Rendered with example values" not in render(review_of("One", "Two"))
    assert "Rendered with example values" in render(review_of("One", "Two {{b}}"))


def test_a_first_version_shows_its_beginning_and_folds_the_rest() -> None:
    lines = "\n".join(f"Rule {number}." for number in range(1, 101))
    prompt = PromptReview(name="support.refunds", kind="new", versions=(added(None, version(1, lines)),))
    page = render(review([prompt]))
    assert "Rule 40.</pre>" in page
    assert "<summary>… 60 more lines …</summary>" in page
    assert "Rule 100." in page


def test_a_change_far_down_a_very_long_text_is_shown() -> None:
    old = "".join(f"Line {number}.\n" for number in range(6000))
    page = render(review_of(old, old.replace("Line 5000.", "Line 5000!")))
    assert "Line 5000<del>.</del>" in page
    assert "more lines" not in page


def test_a_page_takes_so_much_text_and_names_the_command_for_the_rest() -> None:
    steps = Steps(room=30)
    first, second = (move(version(1, "a" * 10), version(number, "b" * 10)).steps[0] for number in (2, 3))
    small = added(None, version(4, "c" * 10)).step
    assert "diff" in "".join(steps.show(first))
    assert "promptgit diff prompts:/support.refunds/1 prompts:/support.refunds/3" in "".join(steps.show(second))
    assert "Too long" not in "".join(steps.show(small))
    assert "Compared above" in "".join(steps.show(first))
    assert "Too long" in "".join(steps.show(second))


def _luminance(colour: str) -> float:
    digits = colour.removeprefix("#")
    digits = digits if len(digits) == 6 else "".join(digit * 2 for digit in digits)
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "pair",
    [f"{ink} {paper}" for ink in ("ink", "soft") for paper in ("paper", "ground", "old", "new")]
    + ["accent paper", "accent ground", "bad paper", "warn-ink warn"]
    + ["old-ink old", "old-ink old-mark", "new-ink new", "new-ink new-mark"],
)
def test_text_can_be_read_in_every_colour(scheme: str, pair: str) -> None:
    style = files("promptgit.review").joinpath("page.css").read_text(encoding="utf-8")
    light, dark = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    colours = dict(re.findall(r"--([\w-]+): (#\w+)", light if scheme == "light" else dark))
    darker, lighter = sorted(_luminance(colours[name]) for name in pair.split())
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5  # WCAG 2.2, 1.4.3 (AA)
