"""Reviews of a registry with a real history: 559 versions of 148 prompts, as their community committed them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from commandline import call
from support import Git

from promptgit import Registry
from promptgit.review import markdown, report
from promptgit.review.html import render as html

CORPUS = os.environ.get("PROMPTGIT_CORPUS")
pytestmark = [pytest.mark.corpus, pytest.mark.skipif(not CORPUS, reason="PROMPTGIT_CORPUS is not set")]
NAME = "extract_wisdom"


@pytest.fixture
def fabric(git: Git, registry: Registry) -> Registry:
    """The registry, with the history imported."""
    file = Path(str(CORPUS)) / "fabric-patterns.jsonl.gz"
    result = call("-C", git.path, "import", "jsonl", file)
    assert result.code == 0, result
    return registry


def git_of(registry: Registry) -> Git:
    return Git(Path(registry.path))


def every_form(registry: Registry, spec: str) -> str:
    """All forms of a review can be made; returns the terminal's."""
    review = registry.review(spec)
    assert len(markdown.render(review)) <= 65_000
    assert html(review).startswith("<!doctype html>")
    assert review.to_dict()["title"] == review.title
    return report.render(review, colour=False)


def test_the_whole_history_in_one_review(fabric: Registry) -> None:
    first = git_of(fabric)("rev-list", "--max-parents=0", "HEAD")
    review = fabric.review(f"{first}..HEAD")
    assert sum(len(prompt.versions) for prompt in review.prompts) == 559
    assert review.title == "559 new versions of 148 prompts, 148 prompts new"
    every_form(fabric, f"{first}..HEAD")


def test_ranges_that_are_there(fabric: Registry) -> None:
    commits = git_of(fabric)("rev-list", "--reverse", "HEAD").split("\n")
    for start, end in ((100, 101), (200, 220), (300, 340)):
        review = fabric.review(f"{commits[start]}..{commits[end]}")
        assert sum(len(prompt.versions) for prompt in review.prompts) == end - start
        assert all(version.message and version.author for prompt in review.prompts for version in prompt.versions)
        every_form(fabric, f"{commits[start]}..{commits[end]}")


def test_a_promotion_across_many_versions(fabric: Registry) -> None:
    fabric.set_alias(NAME, "production", 3)
    base = fabric.snapshot().commit
    fabric.set_alias(NAME, "production", 20)
    (move,) = fabric.review(f"{base}..HEAD").moves
    assert move.headline.startswith("production of extract_wisdom goes 3 → 20: ")
    comparison = move.steps[0].comparison
    assert comparison is not None
    texts = [segment.text for message in comparison.messages for segment in message.segments if segment.kind != "added"]
    assert "".join(texts) == fabric.load(f"{NAME}/3").template
    assert "to take it back: promptgit alias set extract_wisdom production 3" in every_form(fabric, f"{base}..HEAD")


def test_a_merge_in_which_two_branches_added_the_same_number(fabric: Registry) -> None:
    git = git_of(fabric)
    latest = fabric.versions(NAME)[-1]
    git("checkout", "-qb", "change")
    fabric.register(NAME, str(fabric.load(NAME).template) + "\nAnswer in {{language}}.\n", "Let callers choose")
    fabric.set_alias(NAME, "production", latest + 1)
    git("checkout", "-q", "main")
    fabric.register(NAME, str(fabric.load(NAME).template) + "\nBe brief.\n", "Be brief")
    git("merge", "-q", "change", check=False)
    assert git("status", "--porcelain").startswith("AA ")
    done = fabric.renumber()
    assert [(step.old, step.new) for step in done.moved] == [(latest + 1, latest + 2)]
    git("commit", "-qm", "Merge change")
    git.assert_sound()
    assert fabric.check(history=True) == [problem for problem in fabric.check() if problem.severity == "warning"]
    (move,) = fabric.review("HEAD^1..HEAD").moves
    assert str(move.new) == str(latest + 2)
    assert "{{language}}" in every_form(fabric, "HEAD^1..HEAD")


def test_hostile_texts_among_real_ones(fabric: Registry) -> None:
    base = fabric.snapshot().commit
    hostile = (
        "```\n</details><script>alert(1)</script>\n@everyone fixes #1 ::error::no\n"
        "\x1b]52;c;aGk=\x07 \u202e[x](javascript:alert(1)) ![](https://evil.example/x.png)\n"
    )
    fabric.register(NAME, str(fabric.load(NAME).template) + hostile, f"Add\n\n{hostile}")
    out = every_form(fabric, f"{base}..HEAD")
    assert "\x1b" not in out
    assert "\u202e" not in out
    page = html(fabric.review(f"{base}..HEAD"))
    assert "<script" not in page
    assert "src=" not in page
