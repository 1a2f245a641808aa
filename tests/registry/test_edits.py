"""What all mutations have in common: a prompt has one name, and a commit's subject is one line."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support import Git

from promptgit import Registry
from promptgit.aliases.target import Target
from promptgit.errors import ConflictError, InvalidReferenceError, PromptNotFoundError
from promptgit.registry import edits

FORGED = "looks good\n\nSigned-off-by: Grace <grace@example.com>"


@pytest.mark.parametrize("name", ["support/refunds", "support/refunds/", "/support/refunds", "support..refunds"])
def test_a_prompt_is_changed_under_no_other_name(refunds: Registry, name: str) -> None:
    before = refunds.at("HEAD").commit
    changes: list[Callable[[], object]] = [
        lambda: refunds.set_description(name, "Refunds"),
        lambda: refunds.set_tag(name, "team", "billing"),
        lambda: refunds.set_version_tag(name, 1, "team", "billing"),
        lambda: refunds.delete_alias(name, "production"),
        lambda: refunds.delete_version(name, 1),
        lambda: refunds.delete(name),
        lambda: refunds.rename(name, "refunds"),
    ]
    for change in changes:
        with pytest.raises(InvalidReferenceError):
            change()
    assert refunds.at("HEAD").commit == before


def test_an_alias_is_spelt_anew_in_one_commit_where_that_is_asked_for(refunds: Registry, git: Git) -> None:
    refunds.set_alias("support.refunds", "staging", 2)
    now = Target.single(1)
    for wanted in (Target.single(2), Target.single(3)):
        with pytest.raises(InvalidReferenceError, match="only by case"):
            refunds.apply(edits.set_alias("support.refunds", "Production", wanted, respell=True))
    with pytest.raises(InvalidReferenceError, match="only by case"):
        refunds.apply(edits.set_alias("support.refunds", "Production", now))
    refunds.apply(edits.set_alias("support.refunds", "Production", now, respell=True))
    assert git("log", "-1", "--format=%s") == "support.refunds: Production instead of production -> 1"
    assert refunds.aliases("support.refunds") == {"Production": now, "staging": Target.single(2)}


def test_an_alias_in_tags_is_not_spelt_anew(git: Git) -> None:
    git.commit_file("promptgit.yaml", "format: 1\naliases: tags\n")
    registry = Registry(git.path)
    registry.register("faq", "Answer {{question}}")
    registry.set_alias("faq", "Champion", 1)
    with pytest.raises(ConflictError, match="cannot take the place of"):
        registry.apply(edits.set_alias("faq", "champion", Target.single(1), respell=True))
    assert registry.aliases("faq") == {"Champion": Target.single(1)}


def test_what_a_folder_is_called_finds_no_prompt(refunds: Registry) -> None:
    reads = (refunds.versions, refunds.aliases, refunds.tags, refunds.get, refunds.history, refunds.alias_history)
    for read in (*reads, lambda name: refunds.rollback(name, "production")):
        with pytest.raises(PromptNotFoundError, match="there is no prompt support/refunds"):
            read("support/refunds")


def test_a_prompt_that_never_had_a_version_is_deleted_without_a_trace(registry: Registry, git: Git) -> None:
    registry.create("faq", description="Frequent questions", tags={"team": "support"})
    registry.delete("faq")
    assert registry.prompts() == []
    assert git("ls-tree", "--name-only", "HEAD") == "promptgit.yaml"
    assert registry.create("faq", description="Frequent questions").commit
    git.assert_sound()


def test_a_prompt_without_versions_outlives_its_description_and_tags(registry: Registry, git: Git) -> None:
    registry.create("faq", description="Frequent questions", tags={"team": "support"})
    registry.delete_tag("faq", "team")
    registry.set_description("faq", "")
    assert registry.prompts() == ["faq"]
    git.assert_sound()


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("billing", "billing"),
        ("", '""'),
        (" padded ", '" padded "'),
        (FORGED, r'"looks good\n\nSigned-off-by: Grace <grace@example.com>"'),
        ("\0\x1b[31m", r'"\x00\x1b[31m"'),
        ("long " * 1_000, '"' + "long " * 11 + 'long…"'),
    ],
)
def test_a_tag_is_one_line_of_the_log_whatever_it_holds(refunds: Registry, git: Git, value: str, shown: str) -> None:
    refunds.set_tag("support.refunds", "note", value)
    refunds.set_version_tag("support.refunds", 1, "note", value)
    told = git("log", "-2", "--format=%B").split("\n\n")
    assert told == [f"support.refunds: version 1 tag note = {shown}", f"support.refunds: tag note = {shown}"]
    assert refunds.tags("support.refunds")["note"] == value


def test_the_key_of_a_tag_forges_no_line_either(refunds: Registry, git: Git) -> None:
    refunds.set_tag("support.refunds", "team\n\nReviewed-by: Grace", "billing")
    refunds.delete_tag("support.refunds", "team\n\nReviewed-by: Grace")
    told = git("log", "-2", "--format=%B").split("\n\n")
    key = r'"team\n\nReviewed-by: Grace"'
    assert told == [f"support.refunds: tag {key} removed", f"support.refunds: tag {key} = billing"]
