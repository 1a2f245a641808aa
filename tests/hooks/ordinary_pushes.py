"""What must stay possible."""

from __future__ import annotations

from receiver import Clone
from tricks import MALLORY, PRODUCTION, PROMOTER, REFUNDS, RULED, TAG, TAGS, ordinary, tag_alias


@ordinary()
def a_version_is_registered(clone: Clone) -> None:
    clone.version(4)


@ordinary()
def a_prompt_is_registered_with_an_alias(clone: Clone) -> None:
    clone.version(1, name="support/greeting")
    clone.aliases("support/greeting", production=1)


@ordinary()
def many_versions_are_registered(clone: Clone) -> None:
    for number in range(4, 12):
        clone.version(number, f"Answer {{{{question}}}} in {number} words.\n")


@ordinary()
def an_alias_is_moved(clone: Clone) -> None:
    clone.aliases(production=3)


@ordinary(push="v2 release/2026.11")
def tags_are_made(clone: Clone) -> None:
    clone.version(4)
    clone("tag", "-am", "Second", "v2")
    clone("tag", "release/2026.11")


@ordinary()
def a_version_is_deleted_with_a_tombstone(clone: Clone) -> None:
    clone.notes("versions: {3: {deleted: superseded}}\n")
    clone.remove(f"{REFUNDS}/3.yaml")
    clone.commit("Delete 3")


@ordinary()
def a_prompt_is_renamed_and_goes_on(clone: Clone) -> None:
    clone("mv", REFUNDS, "prompts/support/returns")
    clone.notes("former_names: [support.refunds]\n", "support/returns")
    clone.commit("Rename")
    clone.version(4, name="support/returns")


@ordinary()
def a_prompt_is_renamed_twice(clone: Clone) -> None:
    clone("mv", REFUNDS, "prompts/support/returns")
    clone.notes("former_names: [support.refunds]\n", "support/returns")
    clone.commit("Rename")
    clone("mv", "prompts/support/returns", "prompts/support/goods")
    clone.notes("former_names: [support.refunds, support.returns]\n", "support/goods")
    clone.commit("Rename")


@ordinary()
def a_branch_is_merged(clone: Clone) -> None:
    clone.version(2, name="support/triage")
    clone("merge", "-q", "--no-ff", "-m", "Merge", "origin/feature")


@ordinary()
def a_branch_is_merged_after_it_was_renumbered(clone: Clone) -> None:
    clone.version(4, "What main says about {{question}}.\n")
    assert clone.push("HEAD:main").taken
    clone("switch", "-q", "feature")
    clone("mv", f"{REFUNDS}/4.yaml", f"{REFUNDS}/5.yaml")
    clone.commit("Renumber")
    clone("merge", "-q", "-m", "Merge", "main")


@ordinary()
def a_collision_is_resolved_in_the_merge(clone: Clone) -> None:
    clone.version(4, "What main says about {{question}}.\n")
    clone("merge", "-q", "--no-commit", "origin/feature", check=False)
    clone.write(f"{REFUNDS}/5.yaml", clone("show", f"origin/feature:{REFUNDS}/4.yaml") + "\n")
    clone("checkout", "-q", "--ours", f"{REFUNDS}/4.yaml")
    clone("add", "prompts")
    clone.commit("Merge")


@ordinary()
def what_was_pulled_is_merged(clone: Clone) -> None:
    clone.branch("mine")
    clone.aliases("support/triage", production=1)
    clone("switch", "-q", "main")
    clone.aliases(production=2)
    assert clone.push("HEAD:main").taken
    clone("switch", "-q", "mine")
    clone("merge", "-q", "-m", "Pull", "main")


@ordinary()
def three_branches_are_merged_at_once(clone: Clone) -> None:
    clone.branch("one")
    clone.version(2, name="support/triage")
    clone.branch("two", "origin/main")
    clone.version(1, name="support/greeting")
    clone("switch", "-q", "main")
    clone("merge", "-q", "-m", "Merge", "one", "two", "origin/feature")


@ordinary()
def a_move_is_reverted(clone: Clone) -> None:
    clone.aliases(production=3)
    clone("revert", "--no-edit", "HEAD")


@ordinary()
def only_documents_change(clone: Clone) -> None:
    clone.write("docs/How to: ask?.md", "Ask.\n")
    clone.write("tools/run.sh", "#!/bin/sh\n")
    clone("update-index", "--chmod=+x", "tools/run.sh")
    clone.commit("Document it")


@ordinary(push="tone")
def a_branch_is_made(clone: Clone) -> None:
    clone.branch("tone")
    clone.version(4, "Kindly answer {{question}}.\n")


@ordinary(push="--delete feature")
def a_branch_is_deleted(clone: Clone) -> None:
    pass


@ordinary(push="--force HEAD:feature")
def a_branch_is_overwritten(clone: Clone) -> None:
    clone.version(4, "Another attempt at {{question}}.\n")


@ordinary(push="main feature v3")
def all_that_was_done_is_pushed(clone: Clone) -> None:
    clone.version(4, "What main says about {{question}}.\n")
    clone("tag", "-am", "Third", "v3")
    clone("switch", "-q", "feature")
    clone.version(5)


@ordinary(push="HEAD:proposal", **MALLORY)
def a_move_is_proposed_by_anybody(clone: Clone) -> None:
    clone.aliases(production=3, staging=3)


@ordinary(server=RULED, PROMPTGIT_PUSHER=PROMOTER)
def a_promoter_promotes(clone: Clone) -> None:
    clone.aliases(production=2, staging=2)


@ordinary(server=RULED, PROMPTGIT_PUSHER=PROMOTER.upper())
def a_promoter_promotes_and_takes_it_back(clone: Clone) -> None:
    clone.aliases(production=2, staging=2)
    clone("revert", "--no-edit", "HEAD")


@ordinary(server=RULED, GITEA_PUSHER_NAME="rel", GITEA_PUSHER_EMAIL=PROMOTER)
def a_promoter_merges_what_somebody_proposed(clone: Clone) -> None:
    clone.branch("proposal")
    clone.aliases(production=2, staging=2)
    clone("switch", "-q", "main")
    clone("merge", "-q", "--no-ff", "-m", "Merge", "proposal")


@ordinary(server=RULED, PROMPTGIT_PUSHER=PROMOTER)
def a_maintainer_changes_the_rules(clone: Clone) -> None:
    clone.write("promptgit.yaml", "format: 1\n")
    clone.commit("Lift the rules")


@ordinary(push="--follow-tags HEAD:main", **TAG)
def an_alias_tag_moves_an_alias_to_a_new_version(clone: Clone) -> None:
    clone.version(4)
    tag_alias(clone, "support.refunds@staging/2", "4")
    tag_alias(clone, "support.refunds@staging/3", "3=90 4=10")
    tag_alias(clone, f"{PRODUCTION}/2", "2")


@ordinary(
    push=f"HEAD:main support.returns@production/1 support.returns@staging/1 {PRODUCTION}/2 support.refunds@staging/2",
    server=TAGS,
)
def a_rename_takes_its_alias_tags_along(clone: Clone) -> None:
    clone("mv", REFUNDS, "prompts/support/returns")
    clone.notes("former_names: [support.refunds]\n", "support/returns")
    clone.commit("Rename")
    tag_alias(clone, "support.returns@production/1", "1")
    tag_alias(clone, "support.returns@staging/1", "2")
    tag_alias(clone, f"{PRODUCTION}/2", "none")
    tag_alias(clone, "support.refunds@staging/2", "none")


@ordinary(
    push=f"support.returns@production/1 support.returns@staging/1 {PRODUCTION}/2 support.refunds@staging/2", server=TAGS
)
def the_alias_tags_of_a_rename_come_after_it(clone: Clone) -> None:
    a_rename_takes_its_alias_tags_along(clone)
    assert clone.push("HEAD:main").taken
