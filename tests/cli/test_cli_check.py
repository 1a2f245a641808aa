"""`promptgit check`: what is looked at, what it is compared with, and how it is said."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from commandline import Cli, call, start
from support import Git, git_init

from promptgit import Registry

FOLDER = "prompts/support/refunds"


def write(git: Git, path: str, text: str) -> None:
    target = git.path / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)


def test_a_sound_registry_has_no_problems(cli: Cli) -> None:
    assert cli("check").out == "no problems\n"


def test_an_edited_version_is_found_with_what_to_do(cli: Cli, git: Git) -> None:
    write(git, f"{FOLDER}/1.yaml", "template: Answer rudely.\n")
    result = cli("check", code=1)
    assert f"{FOLDER}/1.yaml: error: a committed version was changed [version-changed]" in result.out
    assert f"git restore {FOLDER}/1.yaml" in result.out
    assert result.out.endswith("1 error, 0 warnings\n")


def test_warnings_alone_are_fine(cli: Cli, git: Git) -> None:
    write(git, f"{FOLDER}/notes.txt", "Ask Ada.\n")
    assert cli("check").out.endswith("0 errors, 1 warning\n")


def test_files_are_checked_with_their_prompts_and_nothing_else(cli: Cli, git: Git) -> None:
    write(git, "prompts/support/triage/1.yaml", "templat: x\n")
    write(git, f"{FOLDER}/4.yaml", "template: Answer.\n")
    assert cli("check", f"{FOLDER}/4.yaml").out == "no problems in 1 file\n"
    assert "triage" in cli("check", "prompts/support/triage", code=1).out


def test_an_alias_is_checked_when_only_its_version_is_named(cli: Cli, git: Git) -> None:
    (git.path / FOLDER / "1.yaml").unlink()
    result = cli("check", f"{FOLDER}/1.yaml", code=1)
    assert "alias-target" in result.out
    assert "version-deleted" in result.out


def test_a_file_outside_of_the_registry_is_refused(cli: Cli, tmp_path: Path) -> None:
    assert "is not in the registry" in cli("check", str(tmp_path / "elsewhere.yaml"), code=1).err


def test_staged_checks_what_the_next_commit_holds_and_not_the_files(cli: Cli, git: Git) -> None:
    write(git, f"{FOLDER}/4.yaml", "templat: Answer.\n")
    git("add", ".")
    write(git, f"{FOLDER}/4.yaml", "template: Answer.\n")
    assert "has no key `templat`" in cli("check", "--staged", code=1).out
    assert cli("check").out == "no problems\n"
    git("add", ".")
    assert cli("check", "--staged").out == "no problems in 1 file\n"


def collide(git: Git) -> None:
    """Stop in a merge of two branches that both added version 4."""
    git("checkout", "-qb", "other")
    git.commit_file(f"{FOLDER}/4.yaml", "template: Answer.\n")
    git("checkout", "-q", "main")
    git.commit_file(f"{FOLDER}/4.yaml", "template: Do not answer.\n")
    git("merge", "other", check=False)


def test_staged_in_a_conflict_says_what_to_do(cli: Cli, git: Git) -> None:
    collide(git)
    result = cli("check", "--staged", code=1)
    assert "the index holds a conflict" in result.err
    assert "promptgit renumber" in result.err


def test_conflict_markers_are_called_what_they_are_and_fix_leaves_them(cli: Cli, git: Git) -> None:
    collide(git)
    result = cli("check", "--fix", code=1)
    assert f"{FOLDER}/4.yaml:1:1: error: a conflict of a merge is not resolved [yaml-conflict]" in result.out
    assert f"{FOLDER}/4.yaml: error: a committed version was changed [version-changed]" in result.out
    assert "or run: promptgit renumber" in result.out
    assert "2 errors, 0 warnings" in result.out
    assert not (git.path / FOLDER / "5.yaml").exists()
    assert "a conflict of a merge is not resolved" in cli("list", code=1).err


def test_conflict_markers_do_not_hide_that_a_version_was_changed(cli: Cli, git: Git) -> None:
    git.commit_file("promptgit.yaml", "format: 1\nchecks: {yaml: off}\n")
    git("checkout", "-qb", "change")
    git.commit_file(f"{FOLDER}/1.yaml", "<<<<<<< a\ntemplate: x\n=======\ntemplate: y\n>>>>>>> b\n")
    assert "a committed version was changed" in cli("check", "--base", "main", code=1).out


def test_base_looks_at_the_change_alone(cli: Cli, git: Git) -> None:
    git.commit_file("prompts/old/1.yaml", "templat: x\n")
    git("checkout", "-qb", "change")
    git.commit_file(f"{FOLDER}/1.yaml", "template: Answer rudely.\n")
    assert cli("check", "--base", "main", code=1).out.count("error:") == 1
    assert "has no key `templat`" in cli("check", code=1).out


def test_what_the_base_branch_got_meanwhile_is_not_part_of_the_change(cli: Cli, git: Git) -> None:
    git("checkout", "-qb", "change")
    git("checkout", "-q", "main")
    git.commit_file(f"{FOLDER}/4.yaml", "template: Answer.\n")
    git("checkout", "-q", "change")
    assert cli("check", "--base", "main").out == "no problems in 0 files\n"
    git.commit_file(f"{FOLDER}/4.yaml", "template: Answer in another way.\n")
    result = cli("check", "--base", "main", code=1)
    assert "the base branch has another version 4" in result.out
    assert "promptgit renumber --onto main" in result.out


def test_a_deleted_version_and_an_alias_to_it_merge_cleanly_and_are_found(cli: Cli, git: Git) -> None:
    git("checkout", "-qb", "promote")
    cli("alias", "set", "support.refunds", "production", "2", "-m", "Go live")
    git("checkout", "-q", "main")
    cli("delete", "support.refunds/2", "-m", "Invented a policy")
    git("merge", "-q", "--no-edit", "promote")
    result = cli("check", code=1)
    assert "production leads to version 2, which was deleted" in result.out
    assert "alias-target" in cli("check", "--base", "HEAD^1", code=1).out


def test_a_commit_is_checked_without_a_working_tree(refunds: Registry, git: Git, tmp_path: Path) -> None:
    git.commit_file(f"{FOLDER}/4.yaml", "templat: x\n")
    git("clone", "-q", "--bare", str(git.path), str(tmp_path / "bare.git"))
    assert call("-C", tmp_path / "bare.git", "check").code == 1
    assert call("-C", tmp_path / "bare.git", "check", "--rev", "HEAD~1").code == 0


def test_a_folder_without_git_is_checked_too(anywhere: Cli) -> None:
    Path("promptgit.yaml").write_text("format: 1\n")
    Path("prompts/faq").mkdir(parents=True)
    Path("prompts/faq/1.yaml").write_text("template: Answer {{question}}.\n")
    assert anywhere("check").code == 0
    assert "not in a git repository" in anywhere("check", "--staged").err


def test_a_registry_in_a_subfolder_is_checked_with_its_own_paths(tmp_path: Path) -> None:
    git = git_init(tmp_path / "app" / "prompts-of-app")
    top = Git(tmp_path / "app")
    git("init", "-q", str(top.path))
    (git.path / ".git").rename(tmp_path / "unused")
    top("add", ".")
    top("commit", "-qm", "Start")
    write(git, "prompts/faq/1.yaml", "template: Answer.\n")
    top("add", ".")
    top("commit", "-qm", "Add")
    write(git, "prompts/faq/1.yaml", "template: Answer rudely.\n")
    assert "prompts/faq/1.yaml: error" in call("-C", git.path, "check").out
    assert "file=prompts-of-app/prompts/faq/1.yaml" in call("-C", git.path, "check", "--format", "github").out
    top("add", ".")
    assert call("-C", git.path, "check", "--staged").code == 1


def test_history_finds_what_was_put_back(cli: Cli, git: Git) -> None:
    was = (git.path / FOLDER / "1.yaml").read_text()
    git.commit_file(f"{FOLDER}/1.yaml", "template: Answer rudely.\n")
    git.commit_file(f"{FOLDER}/1.yaml", was)
    assert cli("check").code == 0
    assert cli("check", "--history", code=1).out.count("version-rewritten") == 2


def test_fix_keeps_an_edit_as_the_next_version(cli: Cli, git: Git) -> None:
    write(git, f"{FOLDER}/1.yaml", "template: Answer rudely.\n")
    write(git, f"{FOLDER}/2.yaml", "template: Answer loudly.\n")
    result = cli("check", "--fix")
    assert result.err.count("fixed: restored") == 2
    assert git("status", "--porcelain").split() == ["??", f"{FOLDER}/4.yaml", "??", f"{FOLDER}/5.yaml"]
    assert (git.path / FOLDER / "5.yaml").read_text() == "template: Answer loudly.\n"


def test_fix_does_not_write_through_a_link(cli: Cli, git: Git, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "1.yml").write_text("template: Answer.\n")
    (git.path / "prompts" / "linked").symlink_to(outside)
    cli("check", "--fix", code=1)
    assert os.listdir(outside) == ["1.yml"]


def test_fix_is_for_the_working_tree(cli: Cli) -> None:
    assert "--fix mends the working tree" in cli("check", "--fix", "--staged", code=2).err


def test_only_runs_the_named_checks(cli: Cli, git: Git) -> None:
    write(git, f"{FOLDER}/9.yaml", "templat: x\n")
    result = cli("check", "--only", "version-gap", code=1)
    assert result.out.count("error:") == 1
    assert "Did you mean version-gap" in cli("check", "--only", "version-gaps", code=1).err


def test_the_registry_says_how_severe_a_problem_is(cli: Cli, git: Git) -> None:
    write(git, f"{FOLDER}/notes.txt", "Ask Ada.\n")
    write(git, "promptgit.yaml", "format: 1\nchecks:\n  file-name: error\n")
    assert "notes.txt: error:" in cli("check", code=1).out
    write(git, "promptgit.yaml", "format: 1\nchecks:\n  file-name: off\n")
    assert cli("check").out == "no problems\n"
    write(git, "promptgit.yaml", "format: 1\nchecks:\n  file-name: loud\n")
    assert "promptgit.yaml:3:14: error" in cli("check", code=1).out


def test_explain_prints_the_manual_of_a_code(cli: Cli) -> None:
    assert "duplicate keys" in cli("check", "--explain", "yaml-duplicate-key").out
    assert "Two branches added the same version number." in cli("check", "--explain", "all").out
    assert "Did you mean secret" in cli("check", "--explain", "secrets", code=1).err


def test_json_has_every_field(cli: Cli, git: Git) -> None:
    write(git, f"{FOLDER}/4.yaml", "templat: x\n")
    (problem, *_) = cli("check", "--format", "json", code=1).json["problems"]
    assert cli("check", "--json", code=1).json["problems"][0] == problem
    assert problem == {
        "code": "schema",
        "severity": "error",
        "path": f"{FOLDER}/4.yaml",
        "line": 1,
        "column": 1,
        "message": "the file has no key `templat`",
        "hint": "Did you mean `template`?",
    }


def test_github_gets_workflow_commands_that_no_path_can_forge(cli: Cli, git: Git) -> None:
    write(git, f"{FOLDER}/a,b::error title=x\n::warning::y.yaml", "x\n")
    result = cli("check", "--format", "github")
    (line,) = result.out.splitlines()
    assert line.startswith(
        "::warning file=prompts/support/refunds/a%2Cb%3A%3Aerror title=x%0A%3A%3Awarning%3A%3Ay.yaml,title="
    )


def test_sarif_has_rules_and_places(cli: Cli, git: Git) -> None:
    write(git, f"{FOLDER}/4.yaml", "templat: x\n")
    run = cli("check", "--format", "sarif", code=1).json["runs"][0]
    (rule,) = run["tool"]["driver"]["rules"]
    assert rule == {"id": "schema", "shortDescription": {"text": "A file does not fit the schema of its kind."}}
    result = run["results"][0]
    assert result["ruleId"] == "schema"
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": f"{FOLDER}/4.yaml"},
        "region": {"startLine": 1, "startColumn": 1},
    }


def test_what_cannot_be_read_is_a_problem_and_not_the_end(cli: Cli, git: Git) -> None:
    write(git, f"{FOLDER}/4.yaml", "template: '" + "x" * 1_100_000 + "'\n")
    write(git, f"{FOLDER}/5.yaml", "templat: x\n")
    out = cli("check", code=1).out
    assert "4.yaml" in out
    assert "has no key `templat`" in out


def test_a_damaged_object_is_a_problem_of_its_file(cli: Cli, git: Git) -> None:
    blob = git("rev-parse", f"HEAD:{FOLDER}/2.yaml")
    path = git.path / ".git" / "objects" / blob[:2] / blob[2:]
    path.chmod(0o644)
    path.write_bytes(b"not zlib")
    out = cli("check", "--rev", "HEAD", code=1).out
    assert f"{FOLDER}/2.yaml: error:" in out
    assert blob in out


def test_a_hostile_path_reaches_no_terminal(cli: Cli, git: Git) -> None:
    write(git, f"{FOLDER}/\x1b]52;c;aGk=\x07.txt", "x\n")
    out = cli("check").out
    assert "\x1b" not in out
    assert "\\x1b]52" in out


def test_a_process_of_its_own_ends_with_the_same_codes(refunds: Registry, git: Git) -> None:
    write(git, f"{FOLDER}/4.yaml", "templat: x\n")
    process = start("-C", str(git.path), "check", "--format", "json")
    out, _ = process.communicate()
    assert process.returncode == 1
    assert {problem["code"] for problem in json.loads(out)["problems"]} == {"schema"}


def test_registry_check_gives_the_same_values(refunds: Registry, git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    write(git, f"{FOLDER}/4.yaml", "templat: x\n")
    monkeypatch.chdir(git.path)
    assert [problem.code for problem in refunds.check()] == ["schema", "schema"]
    assert refunds.check([f"{FOLDER}/4.yaml"]) == refunds.check()
    assert refunds.check(base="HEAD") == refunds.check()
    assert refunds.check(staged=True) == []
