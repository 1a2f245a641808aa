"""Loading: every form of reference, from every kind of source, and never stale."""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest
from support import Git, git_init

from promptgit import PromptVersion, Registry
from promptgit.errors import (
    AliasNotFoundError,
    GitError,
    InvalidDocumentError,
    InvalidReferenceError,
    PromptNotFoundError,
    RegistryNotFoundError,
    RevisionNotFoundError,
    VersionNotFoundError,
)

NAME = "support.refunds"
FILE = "prompts/support/refunds/1.yaml"


@pytest.mark.parametrize(
    ("reference", "version"),
    [
        ("prompts:/support.refunds", 3),
        ("prompts:/support.refunds/2", 2),
        ("prompts:/support.refunds@production", 1),
        ("prompts:/support.refunds/production", 1),
        ("prompts:/support.refunds@latest", 3),
        ("prompts:/support.refunds/latest", 3),
        ("support.refunds@production", 1),
        ("support.refunds", 3),
    ],
)
@pytest.mark.parametrize("rev", [None, "HEAD", "main"])
def test_every_form_of_reference_leads_to_its_version(
    refunds: Registry, reference: str, version: int, rev: str | None
) -> None:
    assert Registry(refunds.path, rev=rev).load(reference).version == version


def test_a_version_or_an_alias_may_stand_beside_the_name(refunds: Registry) -> None:
    assert refunds.load(NAME, 2).version == 2
    assert refunds.load(NAME, "2").version == 2
    assert refunds.load(NAME, "production").version == 1
    with pytest.raises(InvalidReferenceError, match="beside a URI that names one"):
        refunds.load("prompts:/support.refunds@production", 2)


def test_a_loaded_prompt_knows_where_it_came_from(refunds: Registry, git: Git) -> None:
    prompt = refunds.load("prompts:/support.refunds@production")
    assert prompt.commit == git("log", "--diff-filter=A", "--format=%H", "--", FILE)
    assert prompt.commit_message == "Answer briefly"
    assert prompt.author == "Ada Lovelace <ada@example.com>"
    assert prompt.created_at is not None
    assert prompt.created_at.tzinfo is not None
    assert (prompt.uri, prompt.aliases, prompt.resolved_from) == (
        "prompts:/support.refunds/1",
        ("production",),
        "production",
    )


def test_a_version_that_is_not_committed_loads_and_has_no_commit(refunds: Registry, git: Git) -> None:
    (git.path / "prompts/support/refunds/4.yaml").write_text("template: draft\n")
    draft = refunds.load(f"prompts:/{NAME}/4")
    assert (draft.template, draft.commit, draft.created_at) == ("draft", None, None)
    assert Registry(git.path, rev="HEAD").load(NAME).version == 3


def test_what_is_changed_in_a_loaded_prompt_stays_with_who_changed_it(registry: Registry) -> None:
    registry.register(
        "chat", [{"role": "user", "content": "{{question}}"}], tags={"team": "a"}, model_config={"top_k": 3}
    )
    mine: Any = registry.load("chat")
    mine.template[0]["content"] = "changed"
    mine.tags["team"] = "changed"
    mine.model_config["top_k"] = 99
    fresh: Any = registry.load("chat")
    assert (fresh.template[0]["content"], fresh.tags, fresh.model_config) == (
        "{{question}}",
        {"team": "a"},
        {"top_k": 3},
    )
    with pytest.raises(AttributeError, match="frozen"):
        mine.version = 9


# --- never stale ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rev", [None, "HEAD"])
def test_a_move_by_another_process_is_seen_at_once(refunds: Registry, rev: str | None) -> None:
    reader, writer = Registry(refunds.path, rev=rev), Registry(refunds.path)
    for round_number in range(30):
        version = round_number % 3 + 1
        writer.set_alias(NAME, "production", version)
        assert reader.load("prompts:/support.refunds@production").version == version


def test_edits_of_the_same_length_within_one_clock_tick_are_seen(refunds: Registry, git: Git) -> None:
    path = git.path / "prompts/support/refunds/aliases.yaml"
    for round_number in range(300):
        version = round_number % 3 + 1
        path.write_text(f"production: {version}\n")
        assert refunds.load("prompts:/support.refunds@production").version == version


def test_a_new_version_is_the_latest_at_once(refunds: Registry) -> None:
    for version in range(4, 10):
        refunds.register(NAME, f"Version {version}")
        assert refunds.load(NAME).version == version


def test_a_deleted_version_is_gone_at_once(refunds: Registry) -> None:
    other = Registry(refunds.path)
    assert other.load(NAME).version == 3
    refunds.delete_version(NAME, 3, message="it invented refunds")
    assert other.load(NAME).version == 2
    with pytest.raises(VersionNotFoundError, match="was deleted: it invented refunds"):
        other.load(NAME, 3)


def test_a_ttl_widens_how_long_a_move_may_go_unseen_only_on_request(refunds: Registry) -> None:
    uri = "prompts:/support.refunds@production"
    other = Registry(refunds.path)
    for _ in range(200):
        other.load(uri)
        if other.catalog.hot:
            break
        threading.Event().wait(0.01)
    refunds.set_alias(NAME, "production", 2)
    assert other.load(uri, cache_ttl_seconds=3600).version == 1
    assert other.load(uri).version == 2


# --- sources --------------------------------------------------------------------------------------------------------


def test_a_commit_a_tag_and_a_date_pin(refunds: Registry, git: Git) -> None:
    git("tag", "v1")
    before = git("rev-parse", "HEAD")
    refunds.set_alias(NAME, "production", 3)
    for rev in ("v1", before, before[:10], "HEAD~1", "2099-01-01"):
        expected = 3 if rev == "2099-01-01" else 1
        assert Registry(git.path, rev=rev).load(f"{NAME}@production").version == expected
        assert refunds.load(f"prompts:/{NAME}@production?rev={rev}").version == expected


def test_a_snapshot_stays_at_its_commit(refunds: Registry) -> None:
    with refunds.snapshot() as prompts:
        refunds.set_alias(NAME, "production", 3)
        assert prompts.load(f"{NAME}@production").version == 1
    assert refunds.load(f"{NAME}@production").version == 3


def test_a_bare_repository_is_read(refunds: Registry, git: Git, tmp_path: Path) -> None:
    git("clone", "-q", "--bare", str(git.path), str(tmp_path / "bare.git"))
    bare = Registry(tmp_path / "bare.git")
    assert bare.load(f"{NAME}@production").template == refunds.load(f"{NAME}@production").template
    bare.set_alias(NAME, "production", 2)
    assert bare.load(f"{NAME}@production").version == 2


def test_a_subfolder_of_an_application_is_read_also_in_a_bare_clone(tmp_path: Path) -> None:
    git = git_init(tmp_path / "app")
    git.commit_file("src/prompts-registry/promptgit.yaml", "format: 1\n")
    registry = Registry(git.path / "src/prompts-registry")
    registry.register("faq", "Answer from the FAQ.")
    assert registry.load("faq").commit == git("rev-parse", "HEAD")
    assert Registry(registry.path, rev="HEAD").load("faq").version == 1
    git("clone", "-q", "--bare", str(git.path), str(tmp_path / "bare.git"))
    assert Registry(tmp_path / "bare.git", folder="src/prompts-registry").load("faq").version == 1


def test_a_linked_worktree_reads_its_own_branch(refunds: Registry, git: Git, tmp_path: Path) -> None:
    git("worktree", "add", "-q", str(tmp_path / "linked"), "-b", "feature")
    linked = Registry(tmp_path / "linked")
    linked.set_alias(NAME, "production", 3)
    assert linked.load(f"{NAME}@production").version == 3
    assert refunds.load(f"{NAME}@production").version == 1
    assert refunds.at("feature").load(f"{NAME}@production").version == 3


def test_a_shallow_clone_is_read_and_admits_what_it_does_not_know(refunds: Registry, git: Git, tmp_path: Path) -> None:
    subprocess.run(["git", "clone", "-q", "--depth=1", f"file://{git.path}", str(tmp_path / "shallow")], check=True)
    prompt = Registry(tmp_path / "shallow").load(f"{NAME}@production")
    assert prompt.template == refunds.load(f"{NAME}@production").template
    assert prompt.commit is None


# --- what is not there ----------------------------------------------------------------------------------------------


def test_an_unknown_prompt_names_what_there_is_and_what_is_near(refunds: Registry) -> None:
    with pytest.raises(PromptNotFoundError, match=r"There are: support\.refunds\. Did you mean support\.refunds\?"):
        refunds.load("support.refund")


def test_an_unknown_version_names_the_versions(refunds: Registry) -> None:
    with pytest.raises(VersionNotFoundError, match="It has 1-3; the latest is 3"):
        refunds.load(NAME, 9)


def test_an_unknown_alias_names_the_aliases(refunds: Registry) -> None:
    with pytest.raises(AliasNotFoundError, match=r"Its aliases: production \(1\)\. Did you mean production\?"):
        refunds.load(f"{NAME}@prod")


def test_a_renamed_prompt_says_where_it_went(refunds: Registry) -> None:
    refunds.rename(NAME, "help.refunds")
    with pytest.raises(PromptNotFoundError, match=r"support\.refunds is now called help\.refunds"):
        refunds.load(NAME)
    assert refunds.load("help.refunds@production").commit_message == "Answer briefly"


def test_allow_missing_gives_none_for_what_is_missing_and_raises_for_what_is_wrong(refunds: Registry) -> None:
    assert refunds.load("nothing", allow_missing=True) is None
    assert refunds.load(f"{NAME}/9", allow_missing=True) is None
    assert refunds.load(f"{NAME}@nobody", allow_missing=True) is None
    with pytest.raises(InvalidReferenceError):
        refunds.load("prompts:/a b", allow_missing=True)


def test_an_unknown_revision_is_refused(refunds: Registry) -> None:
    with pytest.raises(RevisionNotFoundError, match="no such revision: nowhere"):
        Registry(refunds.path, rev="nowhere")
    with pytest.raises(InvalidReferenceError):
        refunds.load(f"prompts:/{NAME}?rev=--output=x")


def test_a_folder_that_is_no_registry_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(RegistryNotFoundError, match="promptgit init"):
        Registry(tmp_path)


def test_a_registry_of_a_newer_format_asks_for_an_update(git: Git) -> None:
    (git.path / "promptgit.yaml").write_text("format: 2\n")
    with pytest.raises(GitError, match="written by a newer promptgit"):
        Registry(git.path)


def test_a_broken_file_is_named_with_line_and_column(refunds: Registry, git: Git) -> None:
    (git.path / FILE).write_text("template: one\ntemplate: two\n")
    with pytest.raises(InvalidDocumentError, match=r"prompts/support/refunds/1\.yaml:2:1: error: .*template"):
        refunds.load(f"{NAME}/1")
    assert refunds.load(f"{NAME}/2").version == 2


def test_a_file_that_is_not_a_version_is_refused_by_the_schema(refunds: Registry, git: Git) -> None:
    (git.path / FILE).write_text("templat: Answer.\n")
    with pytest.raises(InvalidDocumentError, match="template"):
        refunds.load(f"{NAME}/1")


def test_a_number_in_other_digits_is_no_version(refunds: Registry, git: Git) -> None:
    (git.path / "prompts/support/refunds/prompt.yaml").write_text('versions: {"²": {deleted: x}}\n')
    with pytest.raises(InvalidDocumentError, match=r"prompt\.yaml:1:"):
        refunds.load(NAME)


# --- hostile registries ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["file", "folder"])
@pytest.mark.parametrize("rev", [None, "HEAD"])
def test_a_symbolic_link_is_not_followed(
    refunds: Registry, git: Git, tmp_path: Path, place: str, rev: str | None
) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "1.yaml").write_text("template: a secret\n")
    link = git.path / ("prompts/leak" if place == "folder" else "prompts/leak/1.yaml")
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(secret if place == "folder" else secret / "1.yaml")
    git("add", ".")
    git("commit", "-qm", "leak")
    with pytest.raises(PromptNotFoundError):
        Registry(git.path, rev=rev).load("leak/1")
    assert Registry(git.path, rev=rev).prompts() == [NAME]


def test_a_fifo_does_not_hang_a_load(refunds: Registry, git: Git) -> None:
    os.mkfifo(git.path / "prompts/support/refunds/4.yaml")
    with pytest.raises(VersionNotFoundError):
        refunds.load(f"{NAME}/4")


def test_an_executable_or_a_submodule_is_no_version(refunds: Registry, git: Git) -> None:
    (git.path / "prompts/support/refunds/4.yaml").write_text("template: run me\n")
    git("add", ".")
    git("update-index", "--chmod=+x", "prompts/support/refunds/4.yaml")
    git("update-index", "--add", "--cacheinfo", f"160000,{git('rev-parse', 'HEAD')},prompts/sub")
    git("commit", "-qm", "odd modes")
    committed = Registry(git.path, rev="HEAD")
    assert committed.load(NAME).version == 3
    assert committed.prompts() == [NAME]


def test_a_prompt_is_read_while_git_checks_out_other_commits(refunds: Registry, git: Git) -> None:
    """Every load finds one of the two states whole, though the files of the prompt come and go."""
    for number in range(200):
        (git.path / "prompts" / f"other{number}").mkdir()
        (git.path / "prompts" / f"other{number}" / "1.yaml").write_text(f"template: {'x' * 2000}\n")
    git("add", ".")
    git("commit", "-qm", "many")
    git("branch", "one")
    refunds.set_alias(NAME, "production", 3)
    done = threading.Event()
    failures: list[object] = []
    loads = [0]

    def load() -> None:
        reader = Registry(git.path)
        while not done.is_set():
            try:
                found = reader.load(f"{NAME}@production")
                if found.version not in (1, 3) or not isinstance(found, PromptVersion):
                    failures.append(found)
                loads[0] += 1
            except Exception as error:  # noqa: BLE001 - whatever it is, it is a failure
                failures.append(error)

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(15):
        git("checkout", "-q", "one")
        git("checkout", "-q", "main")
    done.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert loads[0] > 100
