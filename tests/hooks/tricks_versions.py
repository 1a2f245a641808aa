"""Tricks that change what a number means: in a commit, in a merge, under another name."""

from __future__ import annotations

from receiver import Clone
from tricks import REFUNDS, trick

# --- immutability ----------------------------------------------------------------------------------------------------


@trick(f"{REFUNDS}/1.yaml", "a committed version was changed")
def a_version_is_changed(clone: Clone) -> str:
    return clone.version(1, "Promise {{question}} anything.\n")


@trick(f"{REFUNDS}/1.yaml", "a committed version was changed")
def a_version_is_changed_and_restored(clone: Clone) -> str:
    bad = clone.version(1, "Promise {{question}} anything.\n")
    clone("revert", "--no-edit", "HEAD")
    return bad


@trick(f"{REFUNDS}/prompt.yaml", "the model_config of version 1 of support.refunds is frozen")
def a_version_gets_another_model_config(clone: Clone) -> str:
    clone.notes("versions: {1: {model_config: {temperature: 2}}}\n")
    return clone.commit("Tune")


@trick(f"{REFUNDS}/2.yaml", "a committed version was removed without a tombstone")
def a_version_is_deleted(clone: Clone) -> str:
    clone.remove(f"{REFUNDS}/2.yaml")
    return clone.commit("Tidy up")


@trick(f"{REFUNDS}/2.yaml", "removed without a tombstone")
def a_version_is_deleted_and_put_back(clone: Clone) -> str:
    clone.remove(f"{REFUNDS}/2.yaml")
    bad = clone.commit("Tidy up")
    clone("revert", "--no-edit", "HEAD")
    return bad


@trick(f"{REFUNDS}/2.yaml", "version 2 was deleted: its number may not be used again")
def a_deleted_number_is_used_again(clone: Clone) -> str:
    clone.notes("versions: {2: {deleted: superseded}}\n")
    clone.remove(f"{REFUNDS}/2.yaml")
    clone.commit("Delete 2")
    return clone.version(2, "Something else about {{question}}.\n")


@trick(f"{REFUNDS}/prompt.yaml", "the tombstone of version 2 was removed")
def a_tombstone_is_removed_with_the_number_used_again(clone: Clone) -> str:
    clone.notes("versions: {2: {deleted: superseded}}\n")
    clone.remove(f"{REFUNDS}/2.yaml")
    clone.commit("Delete 2")
    clone.notes("description: Answers about refunds\n")
    return clone.version(2, "Something else about {{question}}.\n")


@trick(f"{REFUNDS}/3.yaml", "removed without a tombstone")
def a_version_gets_another_number(clone: Clone) -> str:
    clone("mv", f"{REFUNDS}/3.yaml", f"{REFUNDS}/4.yaml")
    return clone.commit("Renumber")


@trick(f"{REFUNDS}/1.yaml", "a committed version was changed")
def two_versions_change_places(clone: Clone) -> str:
    one, two = (clone.path / f"{REFUNDS}/{number}.yaml" for number in (1, 2))
    texts = one.read_text(), two.read_text()
    clone.write(f"{REFUNDS}/1.yaml", texts[1])
    clone.write(f"{REFUNDS}/2.yaml", texts[0])
    return clone.commit("Swap")


@trick(f"{REFUNDS}/1.yaml", "removed without a tombstone")
def a_prompt_is_renamed_without_a_word(clone: Clone) -> str:
    clone("mv", REFUNDS, "prompts/support/returns")
    return clone.commit("Rename")


@trick(f"{REFUNDS}/2.yaml", "removed without a tombstone")
def a_rename_leaves_a_version_behind(clone: Clone) -> str:
    clone("mv", REFUNDS, "prompts/support/returns")
    clone.remove("prompts/support/returns/2.yaml")
    clone.notes("former_names: [support.refunds]\n", "support/returns")
    return clone.commit("Rename")


@trick(f"{REFUNDS}/2.yaml", "removed without a tombstone")
def a_rename_changes_a_version(clone: Clone) -> str:
    clone("mv", REFUNDS, "prompts/support/returns")
    clone.notes("former_names: [support.refunds]\n", "support/returns")
    return clone.version(2, "Promise {{question}} anything.\n", "support/returns")


@trick(f"{REFUNDS}/1.yaml", "version 1 of support.refunds was another text before")
def a_former_name_is_taken_again(clone: Clone) -> str:
    clone("mv", REFUNDS, "prompts/support/returns")
    clone.notes("former_names: [support.refunds]\n", "support/returns")
    clone.commit("Rename")
    assert clone.push("HEAD:main").taken
    return clone.version(1, "Something else about {{question}}.\n")


@trick(f"{REFUNDS}/4.yaml", "version 4 of support.refunds was another text before", push="HEAD:feature")
def a_number_is_left_and_used_again_on_a_branch(clone: Clone) -> str:
    clone("switch", "-q", "feature")
    clone("mv", f"{REFUNDS}/4.yaml", f"{REFUNDS}/5.yaml")
    clone.commit("Renumber")
    return clone.version(4, "Something else about {{question}}.\n")


@trick(f"{REFUNDS}/1.yaml", "a committed version was changed", push="HEAD:elsewhere")
def a_new_branch_has_a_changed_version(clone: Clone) -> str:
    return clone.version(1, "Promise {{question}} anything.\n")


@trick(f"{REFUNDS}/1.yaml", "a committed version was changed", push="sneaky")
def a_new_tag_is_on_a_bad_commit(clone: Clone) -> str:
    bad = clone.version(1, "Promise {{question}} anything.\n")
    clone("tag", "-am", "Sneaky", "sneaky")
    return bad


@trick(f"{REFUNDS}/4.yaml", "a committed version was changed", push="HEAD:feature")
def a_version_of_a_branch_is_changed(clone: Clone) -> str:
    clone("switch", "-q", "feature")
    return clone.version(4, "Something else about {{question}}.\n")


@trick(f"{REFUNDS}/1.yaml", "removed without a tombstone", push="HEAD:main")
def all_prompts_are_removed(clone: Clone) -> str:
    clone.remove("prompts")
    return clone.commit("Start over")


# --- merges ----------------------------------------------------------------------------------------------------------


@trick(f"{REFUNDS}/1.yaml", "a committed version was changed")
def a_merge_hides_a_change(clone: Clone) -> str:
    clone("merge", "-q", "--no-ff", "--no-commit", "origin/feature")
    return clone.version(1, "Promise {{question}} anything.\n")


@trick(f"{REFUNDS}/1.yaml", "a committed version was changed")
def a_merge_of_three_hides_a_change(clone: Clone) -> str:
    clone.branch("other")
    other = clone.version(2, name="support/triage")
    clone.write(f"{REFUNDS}/1.yaml", "template: Promise {{question}} anything.\n")
    return clone.merge(clone("write-tree"), "origin/main", "origin/feature", other)


@trick(f"{REFUNDS}/4.yaml", "removed without a tombstone")
def a_merge_drops_what_it_merges(clone: Clone) -> str:
    clone("merge", "-q", "-s", "ours", "-m", "Merge", "origin/feature")
    return clone.head()


@trick(f"{REFUNDS}/4.yaml", "a committed version was changed")
def a_merge_takes_the_other_sides_number(clone: Clone) -> str:
    clone.version(4, "What main says about {{question}}.\n")
    assert clone.push("HEAD:main").taken
    clone("merge", "-q", "-X", "theirs", "-m", "Merge", "origin/feature")
    return clone.head()


@trick(f"{REFUNDS}/4.yaml", "a committed version was changed")
def a_merge_with_swapped_parents_takes_the_other_sides_number(clone: Clone) -> str:
    main = clone.version(4, "What main says about {{question}}.\n")
    assert clone.push("HEAD:main").taken
    clone("switch", "-q", "feature")
    return clone.merge(clone("rev-parse", "HEAD^{tree}"), clone.head(), main)


@trick(f"{REFUNDS}/3.yaml", "a committed version was changed")
def a_criss_cross_hides_a_change(clone: Clone) -> str:
    clone.branch("one")
    one = clone.version(2, name="support/triage")
    clone.branch("two", "origin/main")
    two = clone.version(1, name="support/greeting")
    clone("merge", "-q", "-m", "Cross", one)
    crossed = clone.head()
    clone("switch", "-q", "one")
    clone("merge", "-q", "-m", "Cross", two)
    clone.write(f"{REFUNDS}/3.yaml", "template: Promise {{question}} anything.\n")
    return clone.merge(clone("write-tree"), clone.head(), crossed)


@trick(f"{REFUNDS}/4.yaml", "a committed version was changed")
def a_merge_makes_up_its_own_version(clone: Clone) -> str:
    clone.version(4, "What main says about {{question}}.\n")
    clone.write(f"{REFUNDS}/4.yaml", "template: Neither about {{question}}.\n")
    return clone.merge(clone("write-tree"), "HEAD", "origin/feature")


@trick(f"{REFUNDS}/aliases.yaml", "production leads to version 2, which was deleted")
def a_merge_deletes_what_the_other_side_points_to(clone: Clone) -> str:
    clone.branch("pointing")
    clone.aliases(production=2)
    clone("switch", "-q", "main")
    clone.notes("versions: {2: {deleted: superseded}}\n")
    clone.remove(f"{REFUNDS}/2.yaml")
    clone.commit("Delete 2")
    clone("merge", "-q", "-m", "Merge", "pointing")
    return clone.head()


@trick("prompts/support/greeting", "greeting differs from Greeting only by case")
def a_merge_brings_two_names_that_are_one(clone: Clone) -> str:
    clone.branch("lower")
    clone.version(1, name="support/greeting")
    clone.branch("upper", "origin/main")
    clone.version(1, name="support/Greeting")
    clone("merge", "-q", "-m", "Merge", "lower")
    return clone.head()
