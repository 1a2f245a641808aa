"""The page of a review: complete, and inert whatever it shows."""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reviews import BASE, HEAD, move, version

from promptgit.problems import Problem
from promptgit.review.html import render
from promptgit.review.markup import element, text
from promptgit.review.model import PromptReview, Review

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
