"""What a review says of real ranges: moves across versions, splits, renames, deletions, merges, tags."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import Git, git_init

from promptgit import Registry
from promptgit.errors import InvalidReferenceError, RevisionNotFoundError
from promptgit.review.tokens import estimate

NAME = "support.refunds"


def start(git: Git) -> str:
    """The commit that the change begins with."""
    return git("rev-parse", "HEAD")


def test_a_promotion_is_compared_with_what_the_alias_served_however_long_ago(refunds: Registry, git: Git) -> None:
    refunds.register(
        NAME,
        "Answer kindly in {{language}}.\n\nQuestion: {{question}}\n",
        "Languages",
        model_config={"temperature": 0.7},
    )
    base = start(git)
    refunds.set_alias(NAME, "production", 4)
    review = refunds.review(base)
    (move,) = review.moves
    assert (move.kind, str(move.old), str(move.new), move.breaking) == ("moved", "1", "4", True)
    (step,) = move.steps
    assert step.old is not None
    assert step.old.version == 1
    assert review.title == move.headline
    assert move.headline == (
        "production of support.refunds goes 1 → 4: 1 line, 1 new required variable (breaking), temperature unset → 0.7"
    )
    assert review.prompts[0].versions == ()


def test_no_command_takes_an_alias_back_to_a_version_that_is_gone(refunds: Registry, git: Git) -> None:
    base = start(git)
    refunds.delete_alias(NAME, "production")
    assert refunds.review(base).moves[0].rollback == f"promptgit alias set {NAME} production 1 -m 'Roll back'"
    refunds.delete(NAME)
    assert refunds.review(base).moves[0].rollback == ""


def test_a_new_version_is_compared_with_the_one_before_it(refunds: Registry, git: Git) -> None:
    base = start(git)
    refunds.register(NAME, "Answer.\n\nQuestion: {{question}}\n", "Shorter")
    (version,) = refunds.review(base).prompts[0].versions
    assert version.headline == "support.refunds 3 → 4: 1 line"
    assert version.message == "Shorter"
    assert version.author == "Ada Lovelace <ada@example.com>"
    assert version.aliases == ()
    assert not refunds.review(base).is_breaking


def test_an_alias_that_stays_is_shown_when_what_it_serves_gets_other_settings(refunds: Registry, git: Git) -> None:
    git.commit_file("promptgit.yaml", "format: 1\npolicies: {model_config: mutable}\n")
    base = start(git)
    refunds.set_model_config(NAME, 1, {"temperature": 0.4})
    refunds.set_model_config(NAME, 3, {"temperature": 0.9})
    review = refunds.review(base)
    (move,) = review.moves
    assert (move.kind, str(move.old), str(move.new), move.breaking, move.rollback) == ("retuned", "1", "1", False, "")
    assert move.headline == "production of support.refunds stays 1: temperature unset → 0.4"
    assert review.title == move.headline
    assert [(note.key, note.old, note.new) for note in review.prompts[0].notes] == [
        ("version 1.model_config.temperature", None, 0.4),
        ("version 3.model_config.temperature", None, 0.9),
    ]


def test_sizes_and_samples_stand_before_and_after(registry: Registry, git: Git) -> None:
    spec = {"question": {"example": "Where is it?"}, "count": {"type": "integer"}}
    registry.register("faq", "Answer {{question}}.", "One")
    registry.register("faq", "Answer {{question}} in {{count}} words.", "Two", variables=spec)
    registry.set_alias("faq", "production", 1)
    base = start(git)
    registry.set_alias("faq", "production", 2)
    (step,) = registry.review(base).moves[0].steps
    old, new = step.samples
    assert old is not None
    assert new is not None
    assert old.messages == (("", "Answer Where is it?."),)
    assert new.messages == (("", "Answer Where is it? in 1 words."),)
    assert step.sizes[0] is not None
    assert step.sizes[0].characters == len("Answer {{question}}.")


def test_a_sample_that_fails_says_why(registry: Registry, git: Git) -> None:
    base = start(git)
    registry.register("faq", "{{ 1 // zero }}", "One", syntax="jinja2", variables={"zero": {"example": 0}})
    sample = registry.review(base).prompts[0].versions[0].step.samples[1]
    assert sample is not None
    assert sample.messages == ()
    assert "division" in sample.error or "zero" in sample.error


def test_weights_are_shown_as_shares_of_the_traffic(refunds: Registry, git: Git) -> None:
    base = start(git)
    refunds.set_alias(NAME, "production", {1: 90, 2: 10})
    (move,) = refunds.review(base).moves
    assert move.shares == ((1, 100.0, 90.0), (2, 0.0, 10.0))
    assert move.headline == "production of support.refunds goes 1 → 1 (90 %) + 2 (10 %); 1 → 2: 1 line"
    assert move.rollback == f"promptgit alias set {NAME} production 1 -m 'Roll back'"
    base = start(git)
    refunds.set_alias(NAME, "production", {1: 50, 2: 50})
    (move,) = refunds.review(base).moves
    assert move.steps == ()
    assert move.shares == ((1, 90.0, 50.0), (2, 10.0, 50.0))
    assert move.rollback == f"promptgit alias set {NAME} production 1=90 2=10 -m 'Roll back'"


def test_the_rollback_command_takes_the_move_back(refunds: Registry, git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    import shlex

    from commandline import call

    refunds.set_alias(NAME, "production", {1: 75, 2: 25})
    before = refunds.aliases(NAME)
    base = start(git)
    refunds.set_alias(NAME, "production", 3)
    refunds.set_alias(NAME, "staging", 3)
    monkeypatch.chdir(git.path)
    for move in refunds.review(base).moves:
        assert call(*shlex.split(move.rollback)[1:]).code == 0
    assert refunds.aliases(NAME) == before


def test_a_new_alias_and_a_removed_one(refunds: Registry, git: Git) -> None:
    base = start(git)
    refunds.set_alias(NAME, "staging", 3)
    refunds.delete_alias(NAME, "production")
    removed, added = refunds.review(base).moves
    assert removed.breaking
    assert removed.headline.startswith("production of support.refunds is removed: it served 1")
    assert added.headline == "staging of support.refunds is new: it serves 3"
    assert added.rollback == f"promptgit alias rm {NAME} staging -m 'Roll back'"


def test_what_breaks_callers_comes_first(refunds: Registry, git: Git) -> None:
    refunds.register("aaa.first", "Hello {{name}}", "One")
    refunds.register("aaa.first", "Hello, {{name}}", "Two")
    refunds.set_alias("aaa.first", "production", 1)
    refunds.register(NAME, "Answer in {{language}}.", "Languages")
    base = start(git)
    refunds.set_alias("aaa.first", "production", 2)
    refunds.set_alias(NAME, "production", 4)
    refunds.register("bbb.second", "Hello", "One")
    review = refunds.review(base)
    assert [prompt.name for prompt in review.prompts] == [NAME, "aaa.first", "bbb.second"]
    assert review.title == "2 aliases changed (1 breaking), 1 new version of 1 prompt, 1 prompt new"


def test_a_deleted_version_and_a_renamed_prompt(refunds: Registry, git: Git) -> None:
    base = start(git)
    refunds.delete_version(NAME, 2, message="Invented a policy")
    refunds.rename(NAME, "billing.refunds")
    (prompt,) = refunds.review(base).prompts
    assert (prompt.name, prompt.kind, prompt.former) == ("billing.refunds", "renamed", NAME)
    assert prompt.removed == {2: "Invented a policy"}
    assert prompt.is_breaking
    assert (
        prompt.headline
        == "support.refunds is now called billing.refunds: loading it by the old name will fail (breaking)"
    )
    assert refunds.review(base).title == "1 version deleted, 1 prompt renamed (breaking)"
    assert prompt.aliases == ()
    assert prompt.versions == ()


def test_a_deleted_prompt_takes_its_aliases_along(refunds: Registry, git: Git) -> None:
    refunds.delete_alias(NAME, "production")
    base = start(git)
    refunds.delete(NAME, message="Not used")
    (prompt,) = refunds.review(base).prompts
    assert (prompt.kind, prompt.removed) == ("deleted", {1: "Not used", 2: "Not used", 3: "Not used"})
    assert refunds.review(base).title == "support.refunds is deleted: loading it will fail (breaking)"


def test_notes_are_shown_by_key(refunds: Registry, git: Git) -> None:
    refunds.set_tag(NAME, "team", "billing")
    base = start(git)
    refunds.set_tag(NAME, "team", "support")
    refunds.set_version_tag(NAME, 2, "quality", "good")
    review = refunds.review(base)
    assert [(field.key, field.old, field.new) for field in review.prompts[0].notes] == [
        ("tags.team", "billing", "support"),
        ("version 2.tags.quality", None, "good"),
    ]
    assert review.title == "notes of 1 prompt changed"


def test_a_change_begins_where_it_forked_off(refunds: Registry, git: Git) -> None:
    git("checkout", "-qb", "change")
    refunds.set_alias(NAME, "production", 2)
    git("checkout", "-q", "main")
    refunds.set_alias(NAME, "staging", 3)
    review = refunds.review("main..change")
    assert [move.alias for move in review.moves] == ["production"]
    assert (review.base_label, review.head_label) == ("main", "change")
    assert review.head == git("rev-parse", "change")


def test_of_a_merge_its_whole_effect_is_shown(refunds: Registry, git: Git) -> None:
    refunds.register("faq", "Answer {{question}}", "One")
    base = start(git)
    git("checkout", "-qb", "change")
    refunds.set_alias(NAME, "production", 2)
    git("checkout", "-q", "main")
    refunds.set_alias("faq", "staging", 1)
    git("merge", "-q", "--no-edit", "change")
    assert {move.alias for move in refunds.review(f"{base}..HEAD").moves} == {"production", "staging"}
    assert [move.alias for move in refunds.review("HEAD^1..HEAD").moves] == ["production"]


def test_what_is_not_committed_is_reviewed_too(refunds: Registry, git: Git) -> None:
    (git.path / "prompts/support/refunds/4.yaml").write_text("template: Answer.\n")
    (git.path / "prompts/support/refunds/aliases.yaml").write_text("production: 4\n")
    review = refunds.review()
    assert review.head == ""
    assert review.head_label == "the working tree"
    assert review.moves[0].headline.startswith("production of support.refunds goes 1 → 4")
    assert review.prompts[0].versions[0].author == ""


def test_nothing_changed(refunds: Registry) -> None:
    review = refunds.review("HEAD..HEAD")
    assert review.is_empty
    assert review.title == "no prompt changed"


def test_other_files_of_the_registry_are_named(refunds: Registry, git: Git) -> None:
    base = start(git)
    git.commit_file("promptgit.yaml", "format: 1\npolicies:\n  required: [owners]\n")
    review = refunds.review(base)
    assert review.other_files == ("promptgit.yaml",)
    assert review.title == "promptgit.yaml changed"


def test_an_alias_to_a_version_that_cannot_be_read_is_a_move_with_a_problem(refunds: Registry, git: Git) -> None:
    base = start(git)
    git.commit_file("prompts/support/refunds/4.yaml", "template: [\n")
    git.commit_file("prompts/support/refunds/aliases.yaml", "production: 4\n")
    review = refunds.review(base)
    assert (
        review.moves[0].headline
        == "production of support.refunds goes 1 → 4 (a version cannot be read: see the problems)"
    )
    assert {problem.code for problem in review.problems} == {"yaml-syntax"}


def test_who_has_to_agree_stands_beside_the_move(refunds: Registry, git: Git) -> None:
    config = "format: 1\npolicies:\n  aliases:\n    production: {protected: true, promoters: [grace@example.com]}\n"
    base = git.commit_file("promptgit.yaml", config)
    git.commit_file("prompts/support/refunds/aliases.yaml", "production: 2\n")
    review = refunds.review(base)
    assert (review.moves[0].protected, review.moves[0].promoters) == (True, ("grace@example.com",))
    assert [problem.severity for problem in review.problems] == ["warning"]


def test_aliases_in_tags_are_reviewed_as_well(tmp_path: Path) -> None:
    git = git_init(tmp_path / "registry", config="format: 1\naliases: tags\n")
    with Registry(git.path) as registry:
        registry.register("faq", "One {{question}}", "One")
        registry.set_alias("faq", "production", 1)
        base = start(git)
        registry.register("faq", "Two {{question}}", "Two")
        registry.set_alias("faq", "production", 2)
        review = registry.review(f"{base}..HEAD")
        assert review.moves[0].headline == "production of faq goes 1 → 2: 1 line"


def test_a_registry_in_a_subfolder_and_one_without_files(refunds: Registry, git: Git, tmp_path: Path) -> None:
    base = start(git)
    refunds.set_alias(NAME, "production", 2)
    git("clone", "-q", "--bare", str(git.path), str(tmp_path / "bare.git"))
    with Registry(tmp_path / "bare.git") as bare:
        assert bare.review(base).title == refunds.review(base).title
    (git.path / "sub").mkdir()
    git("mv", "promptgit.yaml", "prompts", "sub/")
    git("commit", "-qm", "Move")
    with Registry(git.path / "sub") as moved:
        base = start(git)
        moved.set_alias(NAME, "production", 3)
        assert moved.review(base).title == "production of support.refunds goes 2 → 3: 1 line"


def test_histories_without_a_common_commit_are_refused(refunds: Registry, git: Git) -> None:
    git("checkout", "-q", "--orphan", "other")
    git("commit", "-qm", "Another beginning")
    with pytest.raises(RevisionNotFoundError, match="no common history"):
        refunds.review("main..other")
    with pytest.raises(InvalidReferenceError):
        refunds.review("..")
    with pytest.raises(RevisionNotFoundError, match="nowhere"):
        refunds.review("nowhere")


def test_the_json_form_is_plain_values(refunds: Registry, git: Git) -> None:
    import json

    base = start(git)
    refunds.set_alias(NAME, "production", {1: 90, 2: 10})
    refunds.register("chat", [{"role": "user", "content": "{{question}}"}, {"placeholder": "history"}], "One")
    values = refunds.review(base).to_dict()
    assert json.loads(json.dumps(values)) == values
    assert values["prompts"][0]["aliases"][0]["new"] == {"1": 90, "2": 10}


@given(st.text(max_size=200), st.text(max_size=200))
def test_the_estimate_of_tokens_grows_with_the_text(one: str, other: str) -> None:
    assert 0 <= estimate(one) <= estimate(f"{one}\n{other}") + 1


def test_the_estimate_is_near_the_count_of_a_tokenizer() -> None:
    text = "You are a helpful assistant. Answer the customer's question kindly, in at most three sentences.\n"
    assert 18 <= estimate(text) <= 21  # cl100k_base counts 19, o200k_base 18
