"""init: a registry is made whole, or nothing is."""

from __future__ import annotations

from pathlib import Path

import pytest
from commandline import Cli
from support import Git

from promptgit import Registry
from promptgit.registry.create import starting_files


def test_a_new_folder_becomes_a_repository_with_a_registry(anywhere: Cli) -> None:
    result = anywhere("init", "reg")
    assert result.code == 0, result
    assert "cd reg" in result.out
    git = Git(Path("reg").absolute())
    git.assert_sound()
    assert git("rev-parse", "--abbrev-ref", "HEAD") == "main"
    assert git("log", "--format=%s") == "Start a prompt registry"
    assert set(git("ls-files").splitlines()) == set(starting_files())
    with Registry(git.path) as registry:
        for name in registry.prompts():
            assert registry.load(name).template


@pytest.mark.parametrize("aliases", ["file", "tags"])
def test_an_empty_registry_has_all_but_the_examples(anywhere: Cli, aliases: str) -> None:
    assert anywhere("init", "reg", "--empty", "--aliases", aliases).code == 0
    git = Git(Path("reg").absolute())
    git.assert_sound()
    assert set(git("ls-files").splitlines()) == {file for file in starting_files() if not file.startswith("prompts/")}
    assert git("tag") == ""
    assert "examples" not in Path("reg/README.md").read_text()
    with Registry(git.path) as registry:
        assert registry.prompts() == []
        assert registry.check() == []
        registry.register("support.refunds", "Answer kindly: {{question}}")
        registry.set_alias("support.refunds", "production", 1)
        assert registry.load("support.refunds@production").version == 1


@pytest.mark.parametrize("options", [[], ["--empty"], ["--bare"]])
def test_every_next_step_works(anywhere: Cli, monkeypatch: pytest.MonkeyPatch, options: list[str]) -> None:
    import shlex

    lines = anywhere("init", "my reg", *options).out.partition("Next:\n")[2].splitlines()
    for line in lines:
        program, *args = shlex.split(line)
        if program == "cd":
            monkeypatch.chdir(args[0])
        elif program == "git":
            Git(Path.cwd())(*args)
        else:
            assert program == "promptgit"
            assert anywhere(*args).code == 0, line


def test_in_this_folder_there_is_nowhere_to_go_first(anywhere: Cli) -> None:
    assert "cd " not in anywhere("init", ".").out


def test_json_says_what_was_made(anywhere: Cli) -> None:
    made = anywhere("init", "reg", "-m", "Our prompts", "--json").json
    assert set(made) == {"path", "commit", "files", "kept", "left_out", "own_repository"}
    assert (made["own_repository"], made["kept"]) == (True, [])
    assert Git(Path("reg"))("log", "--format=%H %s") == f"{made['commit']} Our prompts"


def test_a_folder_of_a_repository_becomes_a_registry(anywhere: Cli) -> None:
    git = Git(Path.cwd())
    git("init", "-q")
    git.commit_file("app.py", "print()\n")
    Path("notes.txt").write_text("not mine to commit\n")
    result = anywhere("init", "config/prompts")
    assert result.code == 0, result
    assert "this repository" in result.out
    assert not Path("config/prompts/.git").exists()
    assert git("ls-files", "config/prompts/promptgit.yaml") == "config/prompts/promptgit.yaml"
    assert git("status", "--porcelain") == "?? notes.txt"
    assert anywhere("-C", "config/prompts", "list").code == 0


def test_the_top_of_a_repository_becomes_a_registry_and_its_files_stay(anywhere: Cli) -> None:
    git = Git(Path.cwd())
    git("init", "-q")
    git.commit_file("README.md", "Ours\n")
    made = anywhere("init", ".", "--json").json
    assert made["kept"] == ["README.md"]
    assert Path("README.md").read_text() == "Ours\n"
    git.assert_sound()


def test_files_that_are_not_committed_stay_as_they_are(anywhere: Cli) -> None:
    Path("reg").mkdir()
    Path("reg/README.md").write_text("Ours\n")
    result = anywhere("init", "reg")
    assert "kept README.md" in result.out
    assert Path("reg/README.md").read_text() == "Ours\n"


def test_a_bare_repository_can_be_cloned_and_pushed_to(anywhere: Cli, tmp_path: Path) -> None:
    result = anywhere("init", "hub.git", "--bare")
    assert result.code == 0, result
    git = Git(Path("hub.git").absolute())
    assert git("rev-parse", "--is-bare-repository") == "true"
    assert git("config", "receive.denyNonFastForwards") == "true"
    assert anywhere("-C", "hub.git", "list", "--json").json
    git("clone", "-q", ".", str(tmp_path / "clone"))
    assert anywhere("-C", tmp_path / "clone", "register", "a.b", "--template", "x", "-m", "x", "--push").code == 0
    assert anywhere("-C", "hub.git", "show", "a.b").out == "x"
    assert anywhere("-C", "hub.git", "register", "a.b", "--template", "y", "-m", "y").code == 0


def test_aliases_can_be_kept_in_tags(anywhere: Cli) -> None:
    assert anywhere("init", "reg", "--aliases", "tags").code == 0
    git = Git(Path("reg").absolute())
    assert "aliases: tags" in Path("reg/promptgit.yaml").read_text()
    assert not [file for file in git("ls-files").splitlines() if file.endswith("aliases.yaml")]
    as_files = anywhere("init", "other").code == 0 and anywhere("-C", "other", "alias", "list", "--json").json
    assert anywhere("-C", "reg", "alias", "list", "--json").json == as_files
    moved = anywhere("-C", "reg", "register", "a.b", "--template", "x", "-m", "x", "--alias", "production")
    assert moved.code == 0, moved
    assert "a.b@production/1" in git("tag").splitlines()
    assert anywhere("-C", "reg", "alias", "log", "a.b", "--json").json[0]["to"] == 1


def test_a_registry_is_not_made_twice_nor_inside_another(anywhere: Cli) -> None:
    anywhere("init", "reg")
    again = anywhere("init", "reg")
    assert (again.code, "is a registry already" in again.err) == (1, True)
    inside = anywhere("init", "reg/prompts/sub")
    assert (inside.code, "lies inside the registry" in inside.err) == (1, True)
    assert not Path("reg/prompts/sub").exists()


def test_what_is_in_the_way_is_named(anywhere: Cli) -> None:
    Path("file").touch()
    assert "is not a folder" in anywhere("init", "file").err
    assert "is not empty" in anywhere("init", ".", "--bare").err
    Git(Path.cwd())("init", "-q", "--bare", "bare.git")
    assert "is a bare repository" in anywhere("init", "bare.git").err
    assert Path("file").is_file()


@pytest.mark.parametrize("bare", [[], ["--bare"]])
def test_without_an_identity_nothing_is_made(anywhere: Cli, monkeypatch: pytest.MonkeyPatch, bare: list[str]) -> None:
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.delenv(f"GIT_{who}_NAME")
        monkeypatch.delenv(f"GIT_{who}_EMAIL")
    Path.home().joinpath(".gitconfig").write_text("[user]\n\tuseConfigOnly = true\n")
    result = anywhere("init", "deep/er/reg", *bare)
    assert result.code == 1
    assert "git does not know who you are" in result.err
    assert "git config --global user.name" in result.err
    assert list(Path.cwd().iterdir()) == []


@pytest.mark.parametrize("there", [[], ["kept.txt"]])
def test_a_creation_that_fails_leaves_what_was_there(
    anywhere: Cli, monkeypatch: pytest.MonkeyPatch, there: list[str]
) -> None:
    from promptgit.engine.engine import Engine
    from promptgit.errors import GitError

    def fails(*_: object, **__: object) -> None:
        raise GitError("the disk is full")

    monkeypatch.setattr(Engine, "apply", fails)
    for name in there:
        Path("reg").mkdir(exist_ok=True)
        Path("reg", name).touch()
    assert anywhere("init", "reg").code == 1
    assert [path.name for path in Path("reg").iterdir()] == there if there else not Path("reg").exists()


def test_the_environment_of_a_hook_does_not_lead_astray(
    anywhere: Cli, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = git("rev-parse", "HEAD")
    monkeypatch.setenv("GIT_DIR", str(git.path / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(git.path))
    monkeypatch.setenv("GIT_INDEX_FILE", str(git.path / ".git" / "index"))
    assert anywhere("init", "reg").code == 0
    for key in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(key)
    assert git("rev-parse", "HEAD") == before
    Git(Path("reg").absolute()).assert_sound()
