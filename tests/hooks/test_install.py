"""`promptgit hook install`, proved by what git does afterwards."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from commandline import Cli, call
from support import Git

from promptgit import Registry
from promptgit.errors import ConflictError
from promptgit.hooks import shell
from promptgit.hooks.install import install, uninstall
from promptgit.registry.create import starting_files

VERSION = "prompts/support/refunds/4.yaml"
GOOD, BAD = "template: Answer {{question}} at once.\n", "template: [Answer {{question}} at once.\n"


def commit(git: Git, *args: str, **env: str) -> str | None:
    """Run `git commit`; returns what it said if it was refused, else None."""
    done = subprocess.run(
        ["git", "commit", "-qm", "Answer at once", *args],
        cwd=git.path,
        capture_output=True,
        text=True,
        env={**os.environ, **env},
        check=False,
    )
    return done.stdout + done.stderr if done.returncode else None


def write(git: Git, text: str, path: str = VERSION) -> None:
    (git.path / path).write_text(text)


@pytest.fixture
def installed(refunds: Registry, git: Git) -> Git:
    """A registry with the hook installed, and all committed."""
    install(refunds)
    git("add", ".gitattributes")
    git("commit", "-qm", "Set promptgit up")
    return git


# --- what the hook does ---------------------------------------------------------------------------------------------


def test_a_bad_version_is_refused_and_a_good_one_is_committed(installed: Git) -> None:
    write(installed, BAD)
    installed("add", VERSION)
    refused = commit(installed)
    assert refused is not None
    assert VERSION in refused
    write(installed, GOOD)
    installed("add", VERSION)
    assert commit(installed) is None


def test_what_is_staged_counts_not_what_lies_in_the_working_tree(installed: Git) -> None:
    write(installed, GOOD)
    installed("add", VERSION)
    write(installed, BAD)
    assert commit(installed) is None
    installed("checkout", "-q", "--", VERSION)
    write(installed, BAD, VERSION.replace("4", "5"))
    installed("add", "prompts")
    write(installed, GOOD, VERSION.replace("4", "5"))
    assert commit(installed) is not None


def test_commit_all_and_a_partial_commit_are_checked_as_they_will_be(installed: Git) -> None:
    third = VERSION.replace("4", "3")
    write(installed, "template: Changed after all.\n", third)
    assert commit(installed, "-a") is not None
    write(installed, GOOD)
    installed("add", VERSION)
    assert commit(installed, VERSION) is None  # the changed file is neither staged nor named
    assert commit(installed, third) is not None


def test_files_of_other_things_are_none_of_its_business(installed: Git) -> None:
    write(installed, "- [\n", "ci.yaml")
    installed("add", "ci.yaml")
    assert commit(installed) is None


def test_it_runs_in_a_linked_worktree(installed: Git, tmp_path: Path) -> None:
    installed("worktree", "add", "-q", str(tmp_path / "linked"))
    linked = Git(tmp_path / "linked")
    write(linked, BAD)
    linked("add", VERSION)
    assert commit(linked) is not None
    write(linked, GOOD)
    assert commit(linked, "-a") is None


def test_it_runs_as_a_graphical_client_calls_git(installed: Git) -> None:
    place = {"GIT_DIR": str(installed.path / ".git"), "GIT_WORK_TREE": str(installed.path), "PATH": "/usr/bin:/bin"}
    write(installed, BAD)
    installed("add", VERSION)
    assert commit(installed, **place) is not None
    write(installed, GOOD)
    installed("add", VERSION)
    assert commit(installed, **place) is None


def test_a_module_in_the_working_tree_is_not_imported(installed: Git) -> None:
    for name in ("yaml", "click", "promptgit"):
        (installed.path / f"{name}.py").write_text("raise SystemExit('imported')\n")
    write(installed, GOOD)
    installed("add", VERSION)
    assert commit(installed) is None


def test_without_promptgit_it_fails_with_a_sentence(installed: Git) -> None:
    hook = installed.path / ".git/hooks/pre-commit"
    hook.write_text(hook.read_text().replace(sys.executable, "/nowhere/python"))
    write(installed, GOOD)
    installed("add", VERSION)
    refused = commit(installed, PATH="/usr/bin:/bin")
    assert refused == "promptgit is not installed here, so prompts cannot be checked: pip install promptgit\n"


def test_a_branch_without_the_registry_is_left_alone(installed: Git) -> None:
    installed("switch", "-q", "--orphan", "pages")
    write(installed, "Welcome\n", "index.md")
    installed("add", "index.md")
    assert commit(installed, PATH="/usr/bin:/bin") is None


def test_promptgit_commits_through_the_hook(installed: Git) -> None:
    with Registry(installed.path) as registry:
        assert registry.register("support.refunds", "Answer {{question}} at once.").version == 4
    installed.assert_sound()


def test_it_lets_a_renumbering_through(installed: Git) -> None:
    installed("branch", "formal")
    with Registry(installed.path) as registry:
        registry.register("support.refunds", "Answer {{question}} calmly.")
        installed("switch", "-q", "formal")
        registry.register("support.refunds", "Answer {{question}} formally.")
    assert call("-C", installed.path, "renumber", "--onto", "main").code == 0
    installed("merge", "-q", "--no-edit", "main")
    installed.assert_sound()


def test_it_lets_a_merge_through_whose_numbers_were_put_right(installed: Git) -> None:
    """Main keeps its 4, so that the branch's own 4 is another file after the merge."""
    installed("branch", "formal")
    with Registry(installed.path) as registry:
        registry.register("support.refunds", "Answer {{question}} calmly.")
        installed("switch", "-q", "formal")
        registry.register("support.refunds", "Answer {{question}} formally.")
    installed("merge", "main", check=False)
    assert call("-C", installed.path, "renumber").code == 0
    assert commit(installed) is None
    installed.assert_sound()
    write(installed, GOOD)
    installed("add", VERSION)
    assert "version-changed" in (commit(installed) or "")


# --- where it is put ------------------------------------------------------------------------------------------------


def test_it_can_be_installed_again_and_taken_back(refunds: Registry, git: Git) -> None:
    hook, config = git.path / ".git/hooks/pre-commit", git.path / ".git/config"
    before = config.read_text()
    first = install(refunds)
    assert (first.hook, first.changed, first.shared) == (str(hook), True, False)
    assert os.access(hook, os.X_OK)
    assert len(first.attributes) == 2
    again = install(refunds)
    assert (again.changed, again.settings, again.attributes) == (False, (), ())
    gone = uninstall(refunds)
    assert (gone.changed, set(gone.settings)) == (True, set(first.settings))
    assert not hook.exists()
    assert config.read_text() == before
    assert uninstall(refunds).changed is False


@pytest.mark.parametrize(
    "script",
    [
        "#!/bin/sh\nexec echo linted\n",
        "#!/usr/bin/env bash\nset -e\necho linted; exit 0",
        "#!/bin/bash -e\r\necho linted\r\n",
    ],
)
def test_a_hook_that_is_there_is_kept_and_still_runs(refunds: Registry, git: Git, script: str) -> None:
    hook = git.path / ".git/hooks/pre-commit"
    hook.write_bytes(script.encode())
    hook.chmod(0o750)
    assert install(refunds).shared
    assert install(refunds).changed is False
    assert hook.stat().st_mode & 0o777 == 0o750
    if "\r" not in script:
        write(git, BAD)
        git("add", VERSION)
        assert commit(git) is not None
        write(git, GOOD)
        git("add", VERSION)
        done = subprocess.run(["git", "commit", "-qm", "Answer at once"], cwd=git.path, capture_output=True, check=True)
        assert b"linted" in done.stdout + done.stderr
    assert uninstall(refunds).shared
    assert hook.read_bytes() == script.encode()


def test_a_hook_that_takes_no_block_is_named_with_what_to_do(refunds: Registry, git: Git, tmp_path: Path) -> None:
    hook = git.path / ".git/hooks/pre-commit"
    hook.write_text("#!/usr/bin/env python3\nprint('linted')\n")
    hook.chmod(0o755)
    with pytest.raises(ConflictError, match="it is no shell script") as raised:
        install(refunds)
    assert raised.value.hint == "Let it run: promptgit check --staged"
    hook.write_text("#!/bin/sh\n")
    hook.chmod(0o644)
    with pytest.raises(ConflictError, match="not executable, so git does not run it"):
        install(refunds)
    hook.unlink()
    (tmp_path / "shared").write_text("#!/bin/sh\n")
    hook.symlink_to(tmp_path / "shared")
    with pytest.raises(ConflictError, match="it is a link"):
        install(refunds)
    assert (tmp_path / "shared").read_text() == "#!/bin/sh\n"


def test_a_hooks_folder_of_the_repository_is_used(refunds: Registry, git: Git) -> None:
    git("config", "core.hooksPath", ".githooks")
    assert install(refunds).hook == str(git.path / ".githooks/pre-commit")
    write(git, BAD)
    git("add", VERSION)
    assert commit(git) is not None


def test_a_hooks_folder_of_all_repositories_needs_force(refunds: Registry, git: Git, home: Path) -> None:
    git("config", "--global", "core.hooksPath", "~/hooks")
    with pytest.raises(ConflictError, match="hooks are kept outside of this repository"):
        install(refunds)
    assert not (home / "hooks").exists()
    assert install(refunds, force=True).hook == str(home / "hooks/pre-commit")


def test_a_linked_worktree_installs_for_all(refunds: Registry, git: Git, tmp_path: Path) -> None:
    git("worktree", "add", "-q", str(tmp_path / "linked"))
    with Registry(tmp_path / "linked") as linked:
        assert install(linked).hook == str(git.path / ".git/hooks/pre-commit")
    assert install(refunds).changed is False


def test_two_registries_in_one_repository_share_the_hook(git: Git) -> None:
    git("rm", "-q", "promptgit.yaml")
    git("commit", "-qm", "Move the registry")
    opened = []
    for folder in ("shop/prompts of ours", "legal"):
        git.commit_file(f"{folder}/promptgit.yaml", "format: 1\n")
        opened.append(Registry(git.path / folder))
        install(opened[-1])
    bad = git.path / "shop/prompts of ours/prompts/refunds/1.yaml"
    bad.parent.mkdir(parents=True)
    bad.write_text(BAD)
    git("add", ".")
    assert commit(git) is not None
    assert uninstall(opened[1]).settings == ()
    assert commit(git) is not None
    assert uninstall(opened[0]).settings
    assert commit(git) is None


@pytest.mark.parametrize("first", ["#!/bin/sh", "#! /bin/bash -eu", "#!/usr/bin/env -S zsh -e", "#!/usr/bin/env dash"])
def test_shell_scripts_are_told_by_their_first_line(first: str) -> None:
    assert shell.is_shell(f"{first}\necho linted\n".encode())


@pytest.mark.parametrize(
    "first", ["#!/usr/bin/env python3", "#!/usr/bin/fish", "echo linted", "#!/opt/sh.py", "\x7fELF"]
)
def test_other_programs_are_no_shell_scripts(first: str) -> None:
    assert not shell.is_shell(f"{first}\necho linted\n".encode())


# --- attributes -----------------------------------------------------------------------------------------------------


def test_only_attributes_that_git_lacks_are_added(refunds: Registry, git: Git) -> None:
    path = git.path / ".gitattributes"
    path.write_text("*.md text\nprompts/** diff=promptgit")
    assert install(refunds).attributes == ("prompts/**/aliases.yaml merge=promptgit-aliases",)
    assert path.read_text() == (
        "*.md text\nprompts/** diff=promptgit\nprompts/**/aliases.yaml merge=promptgit-aliases\n"
    )


def test_a_new_registry_has_the_attributes(tmp_path: Path) -> None:
    assert call("init", tmp_path / "new").code == 0
    git = Git(tmp_path / "new")
    asked = git("check-attr", "merge", "diff", "text", "--", "prompts/support/refunds/aliases.yaml")
    assert re.findall(r": (\w+): (\S+)", asked) == [
        ("merge", "promptgit-aliases"),
        ("diff", "promptgit"),
        ("text", "unset"),
    ]
    with Registry(tmp_path / "new") as registry:
        assert install(registry).attributes == ()
    assert ".gitattributes" in starting_files()


# --- the command ----------------------------------------------------------------------------------------------------


def test_the_command_says_what_it_did(cli: Cli, git: Git) -> None:
    hook = git.path / ".git/hooks/pre-commit"
    lines = cli("hook", "install").out.splitlines()
    assert lines[0] == f"installed in {hook}"
    assert lines[-1] == "    prompts/**/*.yaml diff=promptgit"
    assert cli("hook", "install").out.splitlines()[0] == f"{hook} is up to date"
    assert cli("hook", "install", "--json").json == {
        "hook": str(hook),
        "changed": False,
        "shared": False,
        "settings": [],
        "attributes": [],
    }
    assert cli("hook", "uninstall").out.startswith(f"removed from {hook}\n")
    assert cli("hook", "uninstall").out == "there was nothing of promptgit's\n"


def test_a_server_gets_a_pre_receive_hook_even_before_the_first_push(tmp_path: Path) -> None:
    server = tmp_path / "prompts.git"
    subprocess.run(["git", "init", "-q", "--bare", server], check=True)
    hook = server / "hooks/pre-receive"
    assert call("-C", server, "hook", "install", "--server").out == f"installed in {hook}\n"
    assert "| promptgit_run hook pre-receive || exit 1\n" in hook.read_text()
    assert call("-C", server, "hook", "install", "--server").out == f"{hook} is up to date\n"
    assert call("-C", server, "hook", "install", "--server", "--folder", "our prompts").code == 0
    assert "hook pre-receive --folder 'our prompts' ||" in hook.read_text()
    assert call("-C", server, "hook", "uninstall", "--server").code == 0
    assert not hook.exists()


def test_a_bare_repository_has_no_use_for_the_other_hook(tmp_path: Path) -> None:
    assert call("init", "--bare", tmp_path / "prompts.git").code == 0
    result = call("-C", tmp_path / "prompts.git", "hook", "install")
    assert (result.code, result.err.splitlines()[-1]) == (1, "hint: On a server: promptgit hook install --server")


def test_a_hook_behind_the_servers_still_reads_what_is_pushed(tmp_path: Path) -> None:
    script = tmp_path / "pre-receive"
    block = shell.pre_receive().replace("promptgit_run hook", "echo checked; cat; : hook")
    script.write_text(shell.with_block('#!/bin/sh\nwhile read -r old new ref; do echo "$ref: $old"; done\n', block))
    pushed = "aaa bbb refs/heads/main\nccc ddd refs/heads/$(touch odd)\n"
    done = subprocess.run(["sh", script], input=pushed, capture_output=True, text=True, cwd=tmp_path, check=True)
    assert done.stdout.splitlines()[-2:] == ["refs/heads/main: aaa", "refs/heads/$(touch odd): ccc"]
    assert not (tmp_path / "odd").exists()
