"""Two branches gave the same number to different texts: in a merge, a rebase or a cherry-pick, and before one."""

from __future__ import annotations

import re

import pytest
from commandline import Cli, call
from support import Git

from promptgit import Registry
from promptgit.errors import ConflictError, DirtyPathError, PromptNotFoundError
from promptgit.registry.renumber import Renumbered, renumber

FOLDER = "prompts/support/refunds"
CALM, FORMAL = "Answer calmly.\n\nQuestion: {{question}}\n", "Answer formally.\n\nQuestion: {{question}}\n"


def on_branch(git: Git, branch: str, *texts: str, alias: str | None = None, name: str = "support.refunds") -> None:
    """Register versions on a branch, which is made from main if it is not there, and point an alias to the last."""
    git("switch", "-q", *([] if git("branch", "--list", branch) else ["-c"]), branch)
    with Registry(git.path) as registry:
        for text in texts:
            version = registry.register(name, text).version
        if alias:
            registry.set_alias(name, alias, version)


def merge(git: Git, branch: str, *command: str) -> None:
    """Merge a branch; it must stop at a conflict."""
    git(*(command or ("merge", "-q")), branch, check=False)
    assert git("ls-files", "--unmerged") != ""


def moves(done: Renumbered) -> list[tuple[int, int]]:
    return [(step.old, step.new) for step in done.moved]


def text(registry: Registry, uri: str) -> str:
    return str(registry.load(uri).template)


@pytest.fixture
def parted(refunds: Registry, git: Git) -> Registry:
    """On main, version 4 is calm; on the branch calmer, made before that, it is formal and in production."""
    git("branch", "formal")
    on_branch(git, "main", CALM)
    on_branch(git, "formal", FORMAL, alias="production")
    return refunds


def test_a_merge_of_main_into_a_branch_gives_the_branch_the_next_number(parted: Registry, git: Git) -> None:
    merge(git, "main")
    done = renumber(parted)
    assert (moves(done), done.kept, done.reason) == ([(4, 5)], "main", "the other side will be merged into it")
    assert (done.resume, done.conflicts, done.commit) == ("git commit", (), None)
    assert git("ls-files", "--unmerged") == ""
    assert git("diff", "--name-only") == ""
    git("commit", "-qm", "Merge main")
    git.assert_sound()
    assert text(parted, "support.refunds/4") == CALM
    assert text(parted, "support.refunds@production") == FORMAL


def test_a_branch_merged_into_main_gets_the_next_number(parted: Registry, git: Git) -> None:
    git("switch", "-q", "main")
    merge(git, "formal")
    done = renumber(parted)
    assert (moves(done), done.kept) == ([(4, 5)], "main")
    git("commit", "-qm", "Merge formal")
    assert text(parted, "support.refunds/4") == CALM
    assert text(parted, "support.refunds@production") == FORMAL


def test_both_files_come_out_byte_for_byte(parted: Registry, git: Git) -> None:
    ours, theirs = (git("rev-parse", f"{branch}:{FOLDER}/4.yaml") for branch in ("formal", "main"))
    merge(git, "main")
    renumber(parted)
    staged = git("ls-files", "--stage", f"{FOLDER}/4.yaml", f"{FOLDER}/5.yaml")
    assert re.findall(r"[0-9a-f]{40}", staged) == [theirs, ours]
    assert git("hash-object", "--no-filters", f"{FOLDER}/4.yaml", f"{FOLDER}/5.yaml").split() == [theirs, ours]


def test_a_merge_can_be_aborted_after_it(parted: Registry, git: Git) -> None:
    merge(git, "main")
    renumber(parted)
    git("merge", "--abort")
    assert git("status", "--porcelain") == ""


def test_what_was_pulled_is_public_and_keeps_its_number(parted: Registry, git: Git) -> None:
    git("switch", "-q", "main")
    git("update-ref", "refs/remotes/origin/main", "formal")
    for key, value in {"branch.main.remote": "origin", "branch.main.merge": "refs/heads/main"}.items():
        git("config", key, value)
    git("config", "remote.origin.url", "nowhere")
    git("config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*")
    merge(git, "origin/main")
    done = renumber(parted)
    assert done.reason == "it is in origin/main already"
    assert text(parted, "support.refunds/4") == FORMAL
    assert text(parted, "support.refunds/5") == CALM


def test_onto_decides_between_two_branches_that_are_not_main(parted: Registry, git: Git) -> None:
    git("branch", "-m", "main", "release")
    merge(git, "release")
    assert renumber(parted, dry_run=True).kept == "formal"
    with pytest.raises(ConflictError, match="neither side of this merge is in formal~1"):
        renumber(parted, onto="formal~1")
    done = renumber(parted, onto="release")
    assert (done.kept, done.reason) == ("release", "the other side will be merged into it")


def test_several_numbers_of_several_prompts_keep_their_order(refunds: Registry, git: Git) -> None:
    git("branch", "formal")
    on_branch(git, "main", CALM, CALM + "Be brief.\n")
    on_branch(git, "main", "Sort {{ticket}} by urgency.\n", name="support.triage")
    on_branch(git, "formal", FORMAL, FORMAL + "Be brief.\n")
    on_branch(git, "formal", "Sort {{ticket}} by product.\n", name="support.triage")
    merge(git, "main")
    done = renumber(refunds)
    assert [(step.name, step.old, step.new) for step in done.moved] == [
        ("support.refunds", 4, 6),
        ("support.refunds", 5, 7),
        ("support.triage", 1, 2),
    ]
    git("commit", "-qm", "Merge main")
    assert [text(refunds, f"support.refunds/{number}") for number in (4, 6, 7)] == [
        CALM,
        FORMAL,
        FORMAL + "Be brief.\n",
    ]


def test_only_the_prompts_that_are_named_are_resolved(refunds: Registry, git: Git) -> None:
    git("branch", "formal")
    for branch, answer, order in (("main", CALM, "urgency"), ("formal", FORMAL, "product")):
        on_branch(git, branch, answer)
        on_branch(git, branch, f"Sort {{{{ticket}}}} by {order}.\n", name="support.triage")
    merge(git, "main")
    assert [step.name for step in renumber(refunds, ["support.triage"]).moved] == ["support.triage"]
    assert set(git("diff", "--name-only", "--diff-filter=U").split()) == {f"{FOLDER}/4.yaml"}
    assert renumber(refunds, ["support.triage"], dry_run=True).conflicts == (f"{FOLDER}/4.yaml",)
    with pytest.raises(PromptNotFoundError, match=r"support\.greeting on either side"):
        renumber(refunds, ["support.greeting"])


def test_a_later_version_moves_along_so_that_the_newest_stays_the_newest(refunds: Registry, git: Git) -> None:
    git("branch", "formal")
    on_branch(git, "main", CALM)
    on_branch(git, "formal", FORMAL, FORMAL + "Be brief.\n", alias="production")
    merge(git, "main")
    assert moves(renumber(refunds)) == [(4, 6), (5, 7)]
    git("commit", "-qm", "Merge main")
    assert text(refunds, "support.refunds") == text(refunds, "support.refunds@production") == FORMAL + "Be brief.\n"
    assert refunds.catalog.notes("support.refunds").deleted == {5: "renumbered to 7"}


def test_numbers_of_deleted_versions_are_not_free(refunds: Registry, git: Git) -> None:
    git("branch", "formal")
    on_branch(git, "main", CALM, CALM + "Be brief.\n")
    refunds.delete_version("support.refunds", 5)
    on_branch(git, "formal", FORMAL)
    merge(git, "main")
    assert moves(renumber(refunds)) == [(4, 6)]


def test_a_number_that_one_side_has_deleted_collides_too(refunds: Registry, git: Git) -> None:
    git("branch", "formal")
    on_branch(git, "main", CALM)
    refunds.delete_version("support.refunds", 4, message="not calm enough")
    on_branch(git, "formal", FORMAL)
    assert moves(renumber(refunds, onto="main")) == [(4, 5)]
    git("merge", "-q", "--no-edit", "main")
    assert text(refunds, "support.refunds/5") == FORMAL
    assert refunds.catalog.notes("support.refunds").deleted == {4: "not calm enough"}


def test_weights_and_notes_go_with_the_version(refunds: Registry, git: Git) -> None:
    git("branch", "formal")
    on_branch(git, "main", CALM, alias="staging")
    on_branch(git, "formal", FORMAL)
    refunds.set_alias("support.refunds", "canary", {1: 90, 4: 10})
    refunds.set_version_tag("support.refunds", 4, "ticket", "SUP-211")
    merge(git, "main")
    done = renumber(refunds)
    assert done.conflicts == ()
    git("commit", "-qm", "Merge main")
    git.assert_sound()
    written = (git.path / FOLDER / "aliases.yaml").read_text()
    assert written == "canary: {1: 90, 5: 10}\n\nproduction: 1\n\nstaging: 4\n"
    assert refunds.load("support.refunds/5").tags == {"ticket": "SUP-211"}
    assert refunds.load("support.refunds/4").tags == {}


def test_an_alias_that_both_sides_moved_is_left_to_decide(refunds: Registry, git: Git) -> None:
    """Both say `production: 4`: git sees no conflict, but each means another text."""
    git("branch", "formal")
    on_branch(git, "main", CALM, alias="production")
    on_branch(git, "formal", FORMAL, alias="production")
    merge(git, "main")
    path = f"{FOLDER}/aliases.yaml"
    assert renumber(refunds).conflicts == (path,)
    assert (git.path / path).read_text() == "<<<<<<< ours\nproduction: 5\n=======\nproduction: 4\n>>>>>>> theirs\n"
    assert git("diff", "--name-only", "--diff-filter=U") == path
    git("checkout", "-q", "--ours", path)
    assert (git.path / path).read_text() == "production: 5\n"


def test_an_alias_file_that_one_side_removed_is_left_to_decide(refunds: Registry, git: Git) -> None:
    git("branch", "formal")
    on_branch(git, "main", CALM)
    git("rm", "-q", f"{FOLDER}/aliases.yaml")
    git("commit", "-qm", "Nothing is in production")
    on_branch(git, "formal", FORMAL, alias="production")
    merge(git, "main")
    assert renumber(refunds).conflicts == (f"{FOLDER}/aliases.yaml",)
    marked = (git.path / FOLDER / "aliases.yaml").read_text()
    assert marked == "<<<<<<< ours\nproduction: 5\n=======\n>>>>>>> theirs\n"


def test_a_registry_in_a_folder_of_a_repository_is_resolved_there(git: Git) -> None:
    git("mv", "promptgit.yaml", "README.md")
    git.commit_file("shop/promptgit.yaml", "format: 1\n")
    git("branch", "formal")
    with Registry(git.path / "shop") as registry:
        registry.register("support.refunds", CALM)
        git("switch", "-q", "formal")
        registry.register("support.refunds", FORMAL)
        registry.set_alias("support.refunds", "production", 1)
        merge(git, "main")
        git.path.joinpath("README.md").write_text("unrelated\n")
        assert moves(renumber(registry)) == [(1, 2)]
        git("commit", "-qm", "Merge main")
        assert text(registry, "support.refunds@production") == FORMAL
    assert git("status", "--porcelain") == " M README.md"


def test_an_alias_file_decided_by_hand_is_not_touched(refunds: Registry, git: Git) -> None:
    git("branch", "formal")
    on_branch(git, "main", CALM, alias="production")
    on_branch(git, "formal", FORMAL, alias="staging")
    merge(git, "main")
    path = git.path / FOLDER / "aliases.yaml"
    path.write_text("production: 2\n")
    git("add", ".")
    git("reset", "-q", "--", f"{FOLDER}/4.yaml")
    git("checkout", "-q", "main", "--", f"{FOLDER}/4.yaml")
    assert renumber(refunds).conflicts == (f"{FOLDER}/aliases.yaml",)
    assert path.read_text() == "production: 2\n"


def test_a_version_written_by_hand_in_a_conflict_is_not_lost(parted: Registry, git: Git) -> None:
    merge(git, "main")
    path = git.path / FOLDER / "4.yaml"
    path.write_text("template: Answer calmly and formally.\n")
    with pytest.raises(DirtyPathError, match="holds what neither side of the merge has"):
        renumber(parted)
    git("checkout", "-q", "-m", "--", f"{FOLDER}/4.yaml")
    (git.path / FOLDER / "5.yaml").write_text("template: A draft of somebody's.\n")
    with pytest.raises(DirtyPathError, match=r"5\.yaml holds what neither"):
        renumber(parted)
    assert git("diff", "--name-only", "--diff-filter=U") == f"{FOLDER}/4.yaml"


def test_it_can_be_run_again_after_it_was_stopped_between_files_and_index(parted: Registry, git: Git) -> None:
    merge(git, "main")
    index = git.path / ".git/index"
    before = index.read_bytes()
    renumber(parted)
    index.write_bytes(before)
    assert moves(renumber(parted)) == [(4, 5)]
    git("commit", "-qm", "Merge main")
    git.assert_sound()


def test_a_dry_run_writes_nothing(parted: Registry, git: Git) -> None:
    merge(git, "main")
    before = git("status", "--porcelain=v2"), git("diff")
    assert moves(renumber(parted, dry_run=True)) == [(4, 5)]
    assert (git("status", "--porcelain=v2"), git("diff")) == before


def test_in_a_rebase_what_is_rebased_gets_the_new_number(parted: Registry, git: Git) -> None:
    merge(git, "main", "rebase", "-q")
    done = renumber(parted)
    assert (moves(done), done.resume) == ([(4, 5)], "git rebase --continue")
    assert len(done.warnings) == 1  # the promotion is the next commit
    assert "a later commit of this rebase points an alias of support.refunds" in done.warnings[0]
    git("rebase", "--continue", GIT_EDITOR="true")
    assert text(parted, "support.refunds/5") == FORMAL


def test_a_cherry_pick_gets_the_next_number(parted: Registry, git: Git) -> None:
    git("switch", "-q", "main")
    merge(git, "formal~1", "cherry-pick")
    done = renumber(parted)
    assert (moves(done), done.resume) == ([(4, 5)], "git cherry-pick --continue")
    git("cherry-pick", "--continue", GIT_EDITOR="true")
    assert text(parted, "support.refunds/5") == FORMAL


def test_a_conflict_without_a_merge_is_refused(parted: Registry, git: Git) -> None:
    merge(git, "main", "merge", "--squash")
    with pytest.raises(ConflictError, match="no merge, rebase or cherry-pick is under way"):
        renumber(parted)


def test_before_a_merge_one_commit_makes_it_clean(parted: Registry, git: Git) -> None:
    done = renumber(parted, onto="main")
    assert (moves(done), done.kept, done.commit) == ([(4, 5)], "main", git("rev-parse", "HEAD"))
    git.assert_sound()
    assert git("log", "-1", "--format=%s") == "support.refunds: version 4 is now 5"
    assert git("log", "-1", "--format=%(trailers:key=Renumbered,valueonly)") == "support.refunds 4 -> 5"
    changed = git("show", "--name-status", "--no-renames", "--format=").split("\n")
    assert changed == [f"D\t{FOLDER}/4.yaml", f"A\t{FOLDER}/5.yaml", f"M\t{FOLDER}/aliases.yaml"]
    git("merge", "-q", "--no-edit", "main")
    assert text(parted, "support.refunds/4") == CALM
    assert text(parted, "support.refunds@production") == FORMAL
    assert renumber(parted, onto="main").moved == ()


def test_before_a_merge_the_default_branch_is_the_target(parted: Registry, git: Git) -> None:
    assert renumber(parted, dry_run=True).kept == "main"
    git("update-ref", "refs/remotes/origin/trunk", "main")
    git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk")
    assert renumber(parted, dry_run=True).kept == "origin/trunk"
    git("symbolic-ref", "-d", "refs/remotes/origin/HEAD")
    git("branch", "-m", "main", "release")
    with pytest.raises(ConflictError, match="no telling which branch"):
        renumber(parted)


def test_the_same_text_on_both_sides_does_not_collide(refunds: Registry, git: Git) -> None:
    git("branch", "formal")
    on_branch(git, "main", CALM)
    on_branch(git, "formal", CALM)
    assert renumber(refunds, onto="main").moved == ()


def test_the_command_says_what_it_did_and_what_is_next(parted: Registry, git: Git, cli: Cli) -> None:
    assert cli("renumber", "--onto", "main", "--dry-run").out.startswith("dry run, nothing was written\n")
    assert cli("renumber", "--onto", "HEAD").out == "nothing collides with HEAD\n"
    merge(git, "main")
    assert cli("renumber").out.splitlines() == [
        "main keeps its numbers: the other side will be merged into it",
        "support.refunds: version 4 is now 5; 4 is that of main",
        "next: git commit",
    ]


def test_the_command_prints_json(parted: Registry, git: Git, cli: Cli) -> None:
    found = cli("renumber", "support.refunds", "--onto", "main", "-m", "Make room", "--json").json
    assert found["renumbered"] == [{"name": "support.refunds", "old": 4, "new": 5, "kept": "main"}]
    assert (found["commit"], found["next"], found["conflicts"]) == (git("rev-parse", "HEAD"), None, [])
    assert git("log", "-1", "--format=%s") == "Make room"


def test_aliases_in_tags_are_named_not_guessed(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("tags") / "registry"
    assert call("init", folder, "--aliases", "tags").code == 0
    git = Git(folder)
    git("branch", "formal")
    on_branch(git, "main", CALM)
    on_branch(git, "formal", FORMAL, alias="production")
    with Registry(folder) as registry:
        (warning,) = renumber(registry, onto="main").warnings
    assert "support.refunds@production is kept in a tag and points to 3" in warning
