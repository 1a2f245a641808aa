"""Tricks of those who may not move an alias, nor change the rules."""

from __future__ import annotations

from receiver import Clone
from tricks import MALLORY, PRODUCTION, PROMOTER, REFUNDS, RULED, TAG, TAGS, tag_alias, trick

# --- the rules themselves --------------------------------------------------------------------------------------------


@trick("promptgit.yaml", "it was removed")
def the_rules_are_removed(clone: Clone) -> str:
    clone.remove("promptgit.yaml")
    return clone.commit("No rules")


@trick("promptgit.yaml:1:", "[yaml-")
def the_rules_are_broken(clone: Clone) -> str:
    clone.write("promptgit.yaml", "format: [1\n")
    return clone.commit("Break the rules")


@trick("promptgit.yaml:1:", "format")
def the_rules_come_from_the_future(clone: Clone) -> str:
    clone.write("promptgit.yaml", "format: 99\n")
    return clone.commit("Upgrade")


@trick(f"{REFUNDS}/aliases.yaml", "mallory may not move production", server=RULED, PROMPTGIT_PUSHER="mallory")
def the_rules_are_lifted_in_the_same_push(clone: Clone) -> str:
    clone.write("promptgit.yaml", "format: 1\n")
    clone.commit("Lift the rules")
    return clone.aliases(production=2, staging=2)


@trick(f"{REFUNDS}/aliases.yaml", "mallory may not move production", server=RULED, PROMPTGIT_PUSHER="mallory")
def the_rules_are_lifted_on_a_side_branch(clone: Clone) -> str:
    clone.branch("lenient")
    clone.write("promptgit.yaml", "format: 1\n")
    clone.commit("Lift the rules")
    clone.aliases(production=2, staging=2)
    assert clone.push("lenient").taken
    clone("switch", "-q", "main")
    clone("merge", "-q", "--no-ff", "-m", "Merge", "lenient")
    return clone.head()


@trick(f"{REFUNDS}/4.yaml", "[template", server=RULED)
def a_check_is_turned_off_in_the_same_push(clone: Clone) -> str:
    rules = (clone.path / "promptgit.yaml").read_text()
    clone.write("promptgit.yaml", f"{rules}checks: {{template: 'off', schema: 'off'}}\n")
    clone.commit("Turn it off")
    clone.write(f"{REFUNDS}/4.yaml", "syntax: jinja2\ntemplate: Answer {% if question %}\n")
    return clone.commit("Register")


@trick("promptgit.yaml", "mallory may not change the registry's rules", server=RULED, PROMPTGIT_PUSHER="mallory")
def the_rules_are_changed_by_somebody_else(clone: Clone) -> str:
    clone.write("promptgit.yaml", "format: 1\n")
    return clone.commit("Lift the rules")


# --- who may move an alias -------------------------------------------------------------------------------------------


@trick(f"{REFUNDS}/aliases.yaml", "mallory may not move production", **MALLORY)
def an_alias_is_moved_by_somebody_else(clone: Clone) -> str:
    return clone.aliases(production=2, staging=2)


@trick(f"{REFUNDS}/aliases.yaml", "may not move production", "--pusher-env", server=RULED)
def an_alias_is_moved_by_nobody_known(clone: Clone) -> str:
    return clone.aliases(production=2, staging=2)


@trick(f"{REFUNDS}/aliases.yaml", "mallory may not move production", **MALLORY)
def an_alias_is_moved_and_moved_back(clone: Clone) -> str:
    bad = clone.aliases(production=2, staging=2)
    clone.aliases(production=1, staging=2)
    return bad


@trick(f"{REFUNDS}/aliases.yaml", "mallory may not move production", **MALLORY)
def an_alias_is_moved_by_a_merge(clone: Clone) -> str:
    clone.branch("moving")
    clone.aliases(production=2, staging=2)
    clone("switch", "-q", "main")
    clone("merge", "-q", "--no-ff", "-m", "Merge", "moving")
    return clone.head()


@trick(f"{REFUNDS}/aliases.yaml", "mallory may not move production", **MALLORY)
def an_alias_is_moved_by_a_merge_with_swapped_parents(clone: Clone) -> str:
    clone.branch("moving")
    clone.aliases(production=2, staging=2)
    moved = clone.head()
    clone("switch", "-q", "main")
    clone.version(4)
    assert clone.push("HEAD:main").taken
    clone("switch", "-q", "moving")
    clone("merge", "-q", "-m", "Merge", "main")
    assert clone("rev-parse", "HEAD^") == moved
    return clone.head()


@trick(f"{REFUNDS}/aliases.yaml", "mallory may not move production", **MALLORY)
def an_alias_is_removed(clone: Clone) -> str:
    return clone.aliases(staging=2)


@trick(
    f"{REFUNDS}/aliases.yaml",
    "mallory may not move production",
    GIT_AUTHOR_EMAIL=PROMOTER,
    GIT_COMMITTER_EMAIL=PROMOTER,
    **MALLORY,
)
def a_commit_says_that_a_promoter_made_it(clone: Clone) -> str:
    clone("config", "user.email", PROMOTER)
    clone.write(f"{REFUNDS}/aliases.yaml", "production: 2\n\nstaging: 2\n")
    clone("commit", "-qm", "Promote", f"--author=Release <{PROMOTER}>", GIT_COMMITTER_EMAIL=PROMOTER)
    return clone.head()


@trick(
    f"{REFUNDS}/aliases.yaml", "version 3 of support.refunds was never staging", server=RULED, PROMPTGIT_PUSHER=PROMOTER
)
def a_stage_is_passed_in_the_same_push(clone: Clone) -> str:
    clone.aliases(production=1, staging=3)
    return clone.aliases(production=3, staging=3)


@trick(
    f"{REFUNDS}/aliases.yaml", "version 3 of support.refunds was never staging", server=RULED, PROMPTGIT_PUSHER=PROMOTER
)
def a_stage_is_passed_on_a_branch_that_was_merged(clone: Clone) -> str:
    clone.branch("through")
    clone.aliases(production=1, staging=3)
    clone.aliases(production=1, staging=2)
    clone("switch", "-q", "main")
    clone("merge", "-q", "--no-ff", "-m", "Merge", "through")
    assert clone.push("HEAD:main", PROMPTGIT_PUSHER=PROMOTER).taken
    return clone.aliases(production=3, staging=2)


@trick(f"{REFUNDS}/aliases.yaml", "there for less than 2 days", server=RULED, PROMPTGIT_PUSHER=PROMOTER)
def a_version_says_that_it_is_old(clone: Clone) -> str:
    clone.write(f"{REFUNDS}/4.yaml", "template: Answer {{question}} late.\n")
    date = "2020-01-01T00:00:00Z"
    clone("commit", "-qm", "Register", GIT_AUTHOR_DATE=date, GIT_COMMITTER_DATE=date)
    assert clone.push("HEAD:main").taken
    return clone.aliases(production=1, staging=2, stable=4)


@trick(f"{REFUNDS}/aliases.yaml", "mallory may not move production", push="HEAD:release/2", **MALLORY)
def a_protected_branch_begins_with_a_move(clone: Clone) -> str:
    return clone.aliases(production=2, staging=2)


@trick(f"{REFUNDS}/4.yaml", "removed without a tombstone", server=RULED, push="HEAD:release/1")
def a_version_of_a_protected_branch_gets_another_number(clone: Clone) -> str:
    clone.version(4)
    assert clone.push("HEAD:release/1").taken
    clone("mv", f"{REFUNDS}/4.yaml", f"{REFUNDS}/5.yaml")
    return clone.commit("Renumber")


@trick("refs/heads/release/2", "it has to begin at a commit of the default branch", server=RULED, push="HEAD:release/2")
def a_protected_branch_begins_from_nothing(clone: Clone) -> None:
    clone("checkout", "-q", "--orphan", "alone")
    clone.aliases(production=2, staging=2)


# --- aliases in tags -------------------------------------------------------------------------------------------------


@trick(
    f"refs/tags/{PRODUCTION}/2",
    "mallory may not move production",
    server=TAGS,
    push=f"{PRODUCTION}/2",
    PROMPTGIT_PUSHER="mallory",
)
def an_alias_tag_is_pushed_by_somebody_else(clone: Clone) -> None:
    tag_alias(clone, f"{PRODUCTION}/2", "2")


@trick(f"refs/tags/{PRODUCTION}/2", "an alias tag is annotated", push=f"{PRODUCTION}/2", **TAG)
def an_alias_tag_is_lightweight(clone: Clone) -> None:
    clone("tag", f"{PRODUCTION}/2")


@trick(
    f"refs/tags/{PRODUCTION}/2",
    f"the tag calls itself {PRODUCTION}/1",
    push=f"refs/tags/{PRODUCTION}/1:refs/tags/{PRODUCTION}/2",
    **TAG,
)
def an_old_alias_tag_is_played_again(clone: Clone) -> None:
    pass


@trick(f"refs/tags/{PRODUCTION}/4", "the next move of production is number 2", push=f"{PRODUCTION}/4", **TAG)
def an_alias_tag_skips_a_number(clone: Clone) -> None:
    tag_alias(clone, f"{PRODUCTION}/4", "2")


@trick(f"refs/tags/{PRODUCTION}/1", "a tag that is there may not be moved", push=f"--force {PRODUCTION}/1", **TAG)
def an_alias_tag_uses_its_number_again(clone: Clone) -> None:
    clone("tag", "-d", f"{PRODUCTION}/1")
    tag_alias(clone, f"{PRODUCTION}/1", "2")


@trick(f"refs/tags/{PRODUCTION}/1", "a tag that is there may not be deleted", push=f"--delete {PRODUCTION}/1", **TAG)
def an_alias_tag_is_deleted(clone: Clone) -> None:
    pass


@trick(f"refs/tags/{PRODUCTION}/2", "version 9", "does not have", push=f"{PRODUCTION}/2", **TAG)
def an_alias_tag_leads_nowhere(clone: Clone) -> None:
    tag_alias(clone, f"{PRODUCTION}/2", "9")


@trick(f"refs/tags/{PRODUCTION}/2", "not on the default branch", push=f"HEAD:side {PRODUCTION}/2", **TAG)
def an_alias_tag_is_on_a_side_branch(clone: Clone) -> None:
    clone.branch("side")
    clone.version(4)
    tag_alias(clone, f"{PRODUCTION}/2", "4")


@trick(f"refs/tags/{PRODUCTION}/2", "does not end with the line", push=f"{PRODUCTION}/2", **TAG)
def an_alias_tag_says_nothing(clone: Clone) -> None:
    tag_alias(clone, f"{PRODUCTION}/2", "two")


@trick(
    f"refs/tags/{PRODUCTION}/2",
    "mallory may not move production",
    server=TAGS,
    push=f"HEAD:main {PRODUCTION}/2",
    PROMPTGIT_PUSHER="mallory",
)
def an_alias_tag_ends_with_its_prompt(clone: Clone) -> None:
    clone.remove(REFUNDS)
    clone.notes("versions: {1: {deleted: old}, 2: {deleted: old}, 3: {deleted: old}}\n")
    clone.commit("Delete it all")
    tag_alias(clone, f"{PRODUCTION}/2", "none")


@trick("Production differs from production only by case", push="support.refunds@Production/1", **TAG)
def an_alias_tag_looks_like_anothers(clone: Clone) -> None:
    tag_alias(clone, "support.refunds@Production/1", "3")


@trick("it ends canary, and there is no such alias", push="support.refunds@canary/1", **TAG)
def an_alias_tag_ends_what_is_not_there(clone: Clone) -> None:
    tag_alias(clone, "support.refunds@canary/1", "none")


@trick("refs/tags/support.refunds@latest/1", "it is no alias tag", push="support.refunds@latest/1", **TAG)
def an_alias_tag_has_a_name_that_none_may_have(clone: Clone) -> None:
    tag_alias(clone, "support.refunds@latest/1", "2")


@trick(f"refs/tags/{PRODUCTION}/2", "was never staging", push=f"support.refunds@staging/2 {PRODUCTION}/2", **TAG)
def an_alias_tag_passes_a_stage_in_the_same_push(clone: Clone) -> None:
    tag_alias(clone, "support.refunds@staging/2", "3")
    tag_alias(clone, f"{PRODUCTION}/2", "3")


@trick(f"{REFUNDS}/1.yaml", "production leads to version 1, which does not exist", **TAG)
def a_version_is_deleted_that_an_alias_tag_leads_to(clone: Clone) -> str:
    clone.notes("versions: {1: {deleted: superseded}}\n")
    clone.remove(f"{REFUNDS}/1.yaml")
    return clone.commit("Delete 1")
