"""Bundles: one file that says what the registry says, byte by byte, and nothing else."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from commandline import environment
from hypothesis import given, settings
from hypothesis import strategies as st
from support import CONFIG, Git, git_init

from promptgit import Registry
from promptgit.errors import (
    ConflictError,
    CorruptObjectError,
    GitError,
    PromptGitError,
    RegistryNotFoundError,
    RevisionNotFoundError,
)
from promptgit.registry.views import open_place
from promptgit.remote.bundle import BundlePlace, is_bundle
from promptgit.remote.bundling import examine, write_bundle

NAME = "support.refunds"
PRODUCTION = f"prompts:/{NAME}@production"
TRIAGE = {"team": "Which team answers?\n\n{{message}}\n", "tone": "Is {{customer}} angry?\n\ttrailing \r\n no newline"}


@pytest.fixture
def made(refunds: Registry, tmp_path: Path) -> Path:
    """A bundle of `refunds`."""
    return Path(write_bundle(refunds, str(tmp_path / "prompts.bundle")).path)


def everything(registry: Registry) -> dict[str, object]:
    """All that an application can ask for."""
    found: dict[str, object] = {"prompts": registry.prompts()}
    for name in registry.prompts():
        found[name] = (registry.aliases(name), registry.tags(name), registry.get(name).description)
        for version in registry.versions(name):
            found[f"{name}/{version}"] = registry.load(name, version).to_dict()
    return found


class Shops:
    """Registries with a prompt that was promoted twice, an alias that splits traffic and one that was removed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open(self, path: Path, backend: str, folder: str = "") -> Registry:
        """One of its own at `path`, in a folder of its repository."""
        template = self._folder / f"{backend}-{len(folder)}"
        if not template.exists():
            self._make(template, backend, folder)
        shutil.copytree(template, path)
        return Registry(path / folder)

    @staticmethod
    def _make(path: Path, backend: str, folder: str) -> None:
        git = git_init(path)
        git("rm", "-q", "promptgit.yaml")
        git.commit_file(f"{folder}promptgit.yaml", f"{CONFIG}aliases: {backend}\n")
        git.commit_file("service/main.py", "SECRET = 'of the application'\n")
        with Registry(path / folder) as registry:
            for tone in ("briefly", "kindly", "at length"):
                registry.register(NAME, f"Answer {tone}: {{{{question}}}}", f"Answer {tone}")
            for version in (1, 2):
                registry.set_alias(NAME, "production", version)
            registry.set_alias(NAME, "experiment", {2: 90, 3: 10})
            registry.set_alias(NAME, "old", 1)
            registry.delete_alias(NAME, "old")
            for name, text in TRIAGE.items():
                registry.register(f"triage.{name}", text, f"Triage by {name}", tags={"team": "support"})


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Shops:
    return Shops(tmp_path_factory.mktemp("shops"))


@pytest.mark.parametrize("history", [False, True], ids=["alone", "with history"])
@pytest.mark.parametrize("backend", ["file", "tags"])
@pytest.mark.parametrize("folder", ["", "services/shop/prompt registry/"], ids=["top", "folder"])
def test_a_bundle_says_what_the_registry_says(
    shops: Shops, tmp_path: Path, folder: str, backend: str, history: bool
) -> None:
    with shops.open(tmp_path / "shop", backend, folder) as registry:
        done = write_bundle(registry, str(tmp_path / "shop.bundle"), history=history)
        with Registry(done.path) as bundle, Registry(registry.path, rev="HEAD") as committed:
            assert bundle.commit == committed.commit == done.commit
            assert everything(bundle) == everything(committed)
            assert bundle.prefix == folder
            assert bundle.status().source == "bundle"
            with bundle.snapshot() as pinned:
                assert everything(pinned) == everything(committed)
    found = examine(done.path)
    assert (found.prompts, found.versions, found.aliases) == (3, 5, 2)
    assert found.objects == done.objects
    assert found.folder == folder.rstrip("/")


def test_a_bundle_tells_no_more_of_the_repository_than_the_prompts(shops: Shops, tmp_path: Path) -> None:
    with shops.open(tmp_path / "shop", "file") as registry:
        alone = write_bundle(registry, str(tmp_path / "alone.bundle"))
        whole = write_bundle(registry, str(tmp_path / "whole.bundle"), history=True)
    secret = Git(tmp_path / "shop")("rev-parse", "HEAD:service/main.py")
    assert secret not in BundlePlace(alone.path).repository().reader
    assert secret in BundlePlace(whole.path).repository().reader


@pytest.mark.parametrize("backend", ["file", "tags"])
def test_git_knows_a_bundle_for_what_it_is(shops: Shops, tmp_path: Path, backend: str) -> None:
    git = Git(tmp_path / "shop")
    with shops.open(tmp_path / "shop", backend) as registry:
        write_bundle(registry, str(tmp_path / "alone.bundle"))
        write_bundle(registry, str(tmp_path / "whole.bundle"), history=True)
    head = git("rev-parse", "HEAD")
    assert f"{head} refs/heads/main" in git("bundle", "list-heads", "../alone.bundle").split("\n")
    git("bundle", "verify", "../alone.bundle")
    git("bundle", "unbundle", "../alone.bundle")
    Git(tmp_path)("clone", "-q", "whole.bundle", "clone")
    clone = Git(tmp_path / "clone")
    clone("fsck", "--strict", "--full")
    assert clone("rev-parse", "HEAD") == head
    with Registry(tmp_path / "clone") as cloned, Registry(tmp_path / "alone.bundle") as bundle:
        assert everything(cloned).keys() == everything(bundle).keys()
        assert cloned.aliases(NAME) == bundle.aliases(NAME)


def test_the_pack_of_a_bundle_is_one_that_git_indexes_and_checks(made: Path, tmp_path: Path) -> None:
    data = made.read_bytes()
    (tmp_path / "alone.pack").write_bytes(data[data.index(b"\n\n") + 2 :])
    Git(tmp_path)("index-pack", "--fsck-objects", "alone.pack")


@pytest.mark.parametrize("backend", ["file", "tags"])
def test_the_same_commit_gives_the_same_bytes(shops: Shops, tmp_path: Path, backend: str) -> None:
    git, made = Git(tmp_path / "shop"), tmp_path / "made"
    made.mkdir()
    with shops.open(tmp_path / "shop", backend) as registry:
        for history in (False, True):
            write_bundle(registry, str(made / f"{history}-1"), history=history)
        git("repack", "-adfq", "--window=3")
        git("pack-refs", "--all")
        git("config", "core.compression", "1")
        git("config", "pack.threads", "2")
        for history in (False, True):
            write_bundle(registry, str(made / f"{history}-2"), history=history)
            assert (made / f"{history}-1").read_bytes() == (made / f"{history}-2").read_bytes()
            assert (made / f"{history}-2").stat().st_mode & 0o777 == 0o644
    assert len(list(made.iterdir())) == 4


def test_a_bundle_of_a_sha256_repository(tmp_path: Path) -> None:
    git = Git(tmp_path)
    git("init", "-q", "-b", "main", "--object-format=sha256", "shop")
    git = Git(tmp_path / "shop")
    git.commit_file("promptgit.yaml", CONFIG)
    git.commit_file("prompts/faq/1.yaml", "template: Answer {{question}}.\n")
    for history in (False, True):
        with Registry(git.path) as registry:
            done = write_bundle(registry, str(tmp_path / "faq.bundle"), history=history)
        assert examine(done.path).versions == 1
        git("bundle", "verify", done.path)
        with Registry(done.path) as bundle:
            assert bundle.load("faq").format(question="where") == "Answer where."


def test_a_bundle_holds_what_is_read_of_a_clone_or_at_a_revision(refunds: Registry, git: Git, tmp_path: Path) -> None:
    git("clone", "-q", "--bare", ".", str(tmp_path / "hub.git"))
    refunds.set_alias(NAME, "production", 3)
    before = Git(tmp_path / "hub.git")("rev-parse", "main")
    places: list[Callable[[], Registry]] = [
        lambda: Registry(tmp_path / "hub.git"),
        lambda: Registry(f"file://{tmp_path}/hub.git", refresh=0),
        lambda: Registry(git.path, rev=before),
    ]
    for number, place in enumerate(places):
        with place() as registry:
            done = write_bundle(registry, str(tmp_path / f"{number}.bundle"))
        assert done.commit == before
        with Registry(done.path) as bundle:
            assert bundle.load(PRODUCTION).version == 1


def test_aliases_in_tags_are_those_of_the_revision(shops: Shops, tmp_path: Path) -> None:
    git = Git(tmp_path / "shop")
    with shops.open(tmp_path / "shop", "tags") as registry:
        before = git("rev-parse", "HEAD")
        registry.register(NAME, "Answer at once: {{question}}", "Answer at once")
        registry.set_alias(NAME, "production", 4)
        with registry.at(before) as pinned:
            then = write_bundle(pinned, str(tmp_path / "then.bundle"))
        now = write_bundle(registry, str(tmp_path / "now.bundle"), history=True)
    with Registry(then.path) as bundle:
        assert bundle.load(PRODUCTION).version == 2
    with Registry(now.path) as bundle:
        assert bundle.load(PRODUCTION).version == 4
        assert bundle.load(f"{PRODUCTION}?rev={before}").version == 2


def test_aliases_in_tags_of_a_registry_that_is_followed(shops: Shops, tmp_path: Path) -> None:
    shops.open(tmp_path / "shop", "tags").close()
    with Registry(f"file://{tmp_path}/shop", refresh=0) as followed:
        done = write_bundle(followed, str(tmp_path / "shop.bundle"))
        with Registry(done.path) as bundle:
            assert bundle.aliases(NAME) == followed.aliases(NAME)


def test_a_bundle_opens_where_no_git_is_installed(shops: Shops, tmp_path: Path) -> None:
    with shops.open(tmp_path / "shop", "tags") as registry:
        write_bundle(registry, str(tmp_path / "shop.bundle"))
    (tmp_path / "nothing").mkdir()
    code = f"""
import shutil
from promptgit import Registry
assert shutil.which("git") is None
with Registry("shop.bundle") as registry, registry.snapshot() as prompts:
    prompt = prompts.load("{PRODUCTION}")
    print(prompt.version, prompt.format(question="where is it"), prompt.commit, prompt.author)
    print([found.name for found in registry.search("name LIKE 'triage%'")], len(registry.check()))
    print(registry.status().healthy(), registry.commit == prompt.resolved_at)
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment(PATH=str(tmp_path / "nothing")),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "2 Answer kindly: where is it None None",
        "['triage.team', 'triage.tone'] 0",
        "True True",
    ]


def test_what_git_bundles_by_itself_opens(refunds: Registry, git: Git, tmp_path: Path) -> None:
    git("repack", "-adfq", "--depth=50")
    git("checkout", "-qb", "trial")
    refunds.set_alias(NAME, "production", 3)
    for name, refs in {
        "head": ["HEAD"],
        "branch": ["trial"],
        "all": ["--all"],
        "both": ["main", "trial", "HEAD"],
    }.items():
        git("bundle", "create", "-q", f"../{name}.bundle", *refs)
        with Registry(tmp_path / f"{name}.bundle") as bundle:
            assert bundle.commit == git("rev-parse", "trial")
            assert bundle.load(PRODUCTION).version == 3
    with Registry(tmp_path / "both.bundle", rev="main") as bundle:
        assert bundle.load(PRODUCTION).version == 1


def test_a_bundle_of_two_branches_wants_to_be_told_which(refunds: Registry, git: Git, tmp_path: Path) -> None:
    git("checkout", "-qb", "trial")
    refunds.set_alias(NAME, "production", 3)
    git("bundle", "create", "-q", "../two.bundle", "main", "trial")
    for ask in (examine, Registry):
        with pytest.raises(RevisionNotFoundError, match=r"does not say which commit is meant\n.*main, trial"):
            ask(str(tmp_path / "two.bundle"))
    with Registry(tmp_path / "two.bundle", branch="trial") as bundle:
        assert bundle.load(PRODUCTION).version == 3


def test_a_bundle_with_history_travels_in_time(refunds: Registry, git: Git, tmp_path: Path) -> None:
    then = "2025-03-01T12:00:00Z"
    git("commit", "-q", "--amend", "--no-edit", GIT_COMMITTER_DATE=then)
    before = git("rev-parse", "HEAD")
    git("tag", "v1")
    refunds.set_alias(NAME, "production", 2)
    done = write_bundle(refunds, str(tmp_path / "whole.bundle"), history=True)
    with Registry(done.path) as bundle:
        for rev in ("v1", before, before[:12], "2025-03-02", "refs/tags/v1"):
            assert bundle.load(f"{PRODUCTION}?rev={rev}").version == 1
        for rev in ("main", "HEAD", done.commit, "2100-01-01"):
            assert bundle.load(f"{PRODUCTION}?rev={rev}").version == 2
        with pytest.raises(RevisionNotFoundError, match="no commit before 2001-01-01"):
            bundle.at("2001-01-01")


def test_a_bundle_knows_its_own_commit_and_no_other(made: Path, git: Git) -> None:
    with Registry(made) as bundle:
        commit = git("rev-parse", "HEAD")
        for rev in ("main", "HEAD", commit, commit[:8], "2100-01-01"):
            assert bundle.at(rev).commit == commit
        for rev in ("HEAD~1", git("rev-parse", "HEAD~1"), "v1", "trial", "0000000"):
            with pytest.raises(
                RevisionNotFoundError, match=rf"prompts.bundle has no revision {rev}\n.*{commit}, as HEAD, main"
            ):
                bundle.at(rev)
        with pytest.raises(RevisionNotFoundError, match=r"does not reach back to 2001-01-01\n.*--history"):
            bundle.at("2001-01-01")


def test_what_is_in_history_alone_is_none_or_refused(made: Path) -> None:
    with Registry(made) as bundle:
        prompt = bundle.load(PRODUCTION)
        assert (prompt.commit, prompt.commit_message, prompt.author, prompt.created_at) == (None, None, None, None)
        asked: list[Callable[[], object]] = [
            bundle.history,
            lambda: bundle.history(NAME),
            lambda: bundle.alias_history(NAME),
            lambda: bundle.review("HEAD"),
            lambda: bundle.check(history=True),
        ]
        for ask in asked:
            with pytest.raises(GitError, match=r"prompts.bundle is a bundle: it has no history"):
                ask()


def test_every_write_is_refused(made: Path) -> None:
    with Registry(made) as bundle:
        writes: list[Callable[[], object]] = [
            lambda: bundle.register("triage.team", "Which team answers {{message}}?"),
            lambda: bundle.set_alias(NAME, "production", 2),
            lambda: bundle.delete_alias(NAME, "production"),
            lambda: bundle.set_tag(NAME, "team", "support"),
            lambda: bundle.delete_version(NAME, 3),
            lambda: bundle.rollback(NAME, "production"),
            bundle.push,
            bundle.pull,
        ]
        before = made.read_bytes()
        for write in writes:
            with pytest.raises((ConflictError, GitError), match="bundle"):
                write()
        assert made.read_bytes() == before


def test_what_happens_to_the_file_later_does_not_matter(made: Path) -> None:
    with Registry(made) as bundle:
        made.write_bytes(b"")
        made.unlink()
        assert bundle.load(f"{NAME}/2").version == 2
        bundle.close()
        assert bundle.load(f"{NAME}/3").version == 3


def test_a_forked_child_reads_on(made: Path) -> None:
    with Registry(made) as bundle:
        bundle.load(f"{NAME}/1")
        child = os.fork()
        if not child:
            os._exit(0 if bundle.load(f"{NAME}/3").version == 3 else 1)
        assert os.waitpid(child, 0)[1] == 0


def test_what_is_no_bundle_of_a_registry_is_told_apart(tmp_path: Path, git: Git) -> None:
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "notes.txt").write_text("# v2 of my notes\n")
    (tmp_path / "future.bundle").write_bytes(b"# v4 git bundle\n\nPACK")
    (tmp_path / "needs.bundle").write_bytes(b"# v3 git bundle\n@object-format=sha1\n@shards=4\n\nPACK")
    (tmp_path / "cut.bundle").write_bytes(b"# v2 git bundle\n" + b"ab" * 20 + b" HEAD\n")
    (tmp_path / "lost.bundle").write_bytes(b"# v2 git bundle\nHEAD\n\n")
    git("rm", "-q", "promptgit.yaml")
    git.commit_file("README.md", "Nothing here.\n")
    git("bundle", "create", "-q", "../other.bundle", "HEAD")
    for name, error, message in [
        ("empty", RegistryNotFoundError, "it is a file, and not a bundle"),
        ("notes.txt", RegistryNotFoundError, "it is a file, and not a bundle"),
        ("future.bundle", GitError, "a bundle of version 4, and 2 and 3 are known"),
        ("needs.bundle", GitError, "the bundle needs shards"),
        ("cut.bundle", CorruptObjectError, "the bundle's head does not end"),
        ("lost.bundle", CorruptObjectError, r"lost.bundle:2: the bundle's head cannot be read"),
        ("other.bundle", RegistryNotFoundError, "it has no promptgit.yaml"),
    ]:
        with pytest.raises(error, match=message):
            open_place(str(tmp_path / name), "")
    assert [is_bundle(str(tmp_path / name)) for name in ("empty", "other.bundle", "none")] == [False, True, False]
    with pytest.raises(RegistryNotFoundError):
        BundlePlace(str(tmp_path / "none"))


def test_a_bundle_of_changes_alone_is_no_registry(refunds: Registry, git: Git, tmp_path: Path) -> None:
    refunds.set_alias(NAME, "production", 2)
    git("bundle", "create", "-q", "../changes.bundle", "HEAD~1..HEAD")
    for ask in (examine, Registry):
        with pytest.raises(
            CorruptObjectError, match=r"(is missing|is not in the pack).*\n.*promptgit bundle makes one"
        ):
            ask(str(tmp_path / "changes.bundle"))
    git("commit", "-q", "--allow-empty", "-m", "Nothing")
    git("bundle", "create", "-q", "../changes.bundle", "HEAD~1..HEAD")
    with pytest.raises(GitError, match="holds only what changed between two commits"):
        Registry(tmp_path / "changes.bundle")


def test_of_several_registries_one_is_named(tmp_path: Path) -> None:
    git = git_init(tmp_path / "shop")
    git("mv", "promptgit.yaml", "README")
    for team in ("sales", "support"):
        git.commit_file(f"{team}/promptgit.yaml", CONFIG)
        git.commit_file(f"{team}/prompts/greeting/1.yaml", f"template: Hello from {team}\n")
    git("bundle", "create", "-q", "../shop.bundle", "HEAD")
    with pytest.raises(RegistryNotFoundError, match=r"holds 2 registries\n.*sales/, support/"):
        Registry(tmp_path / "shop.bundle")
    with Registry(tmp_path / "shop.bundle", folder="sales") as bundle:
        assert bundle.load("greeting").template == "Hello from sales"


def test_a_bundle_is_not_written_over_another_file(refunds: Registry, tmp_path: Path) -> None:
    (tmp_path / "report.pdf").write_bytes(b"%PDF")
    with pytest.raises(ConflictError, match=r"report.pdf is there already, and no bundle"):
        write_bundle(refunds, str(tmp_path / "report.pdf"))
    assert (tmp_path / "report.pdf").read_bytes() == b"%PDF"
    with pytest.raises(OSError):
        write_bundle(refunds, str(tmp_path / "nowhere" / "prompts.bundle"))


def test_a_shallow_clone_has_no_history_to_bundle(refunds: Registry, git: Git, tmp_path: Path) -> None:
    git("clone", "-q", "--depth=1", f"file://{git.path}", "../shallow")
    with Registry(tmp_path / "shallow") as registry:
        assert write_bundle(registry, str(tmp_path / "alone.bundle")).commit == git("rev-parse", "HEAD")
        with pytest.raises(GitError, match="history of this clone was cut off"):
            write_bundle(registry, str(tmp_path / "whole.bundle"), history=True)
    assert examine(str(tmp_path / "alone.bundle")).versions == 3


def test_an_object_that_was_tampered_with_is_not_bundled(refunds: Registry, git: Git, tmp_path: Path) -> None:
    oid = git("rev-parse", "HEAD:prompts/support/refunds/2.yaml")
    other = git("hash-object", "-w", "--stdin", stdin="template: Pay {{question}} at once.\n")
    loose = git.path / ".git/objects"
    target = loose / oid[:2] / oid[2:]
    target.chmod(0o644)
    shutil.copyfile(loose / other[:2] / other[2:], target)
    refunds.close()
    with pytest.raises(CorruptObjectError, match=oid):
        write_bundle(refunds, str(tmp_path / "prompts.bundle"))
    assert not (tmp_path / "prompts.bundle").exists()


def test_a_branch_without_commits_has_nothing_to_bundle(tmp_path: Path) -> None:
    Git(tmp_path)("init", "-q", "shop")
    (tmp_path / "shop/promptgit.yaml").write_text(CONFIG)
    with Registry(tmp_path / "shop") as registry, pytest.raises(GitError, match="has no commit yet"):
        write_bundle(registry, str(tmp_path / "shop.bundle"))


def test_changed_bytes_are_an_error_and_never_another_prompt(made: Path, refunds: Registry, tmp_path: Path) -> None:
    data = made.read_bytes()
    pack = data.index(b"\n\n") + 2
    truth = everything(refunds)
    damaged = tmp_path / "damaged.bundle"

    @settings(max_examples=150, deadline=None)
    @given(
        st.lists(st.tuples(st.integers(0, len(data) - 1), st.integers(0, 255)), min_size=1, max_size=4), st.booleans()
    )
    def check(changes: list[tuple[int, int]], seal: bool) -> None:
        body = bytearray(data)
        for at, value in changes:
            body[at] = value
        if seal:
            body[-20:] = hashlib.sha1(body[pack:-20]).digest()
        damaged.write_bytes(body)
        try:
            with Registry(damaged) as bundle:
                found = everything(bundle)
        except PromptGitError:
            return
        assert found == truth

    check()


def test_a_bundle_cut_anywhere_is_an_error(made: Path, tmp_path: Path) -> None:
    data = made.read_bytes()
    cut = tmp_path / "cut.bundle"
    for end in range(len(data)):
        cut.write_bytes(data[:end])
        with pytest.raises(PromptGitError):
            BundlePlace(str(cut))


def test_a_tree_that_is_everywhere_is_looked_at_once(tmp_path: Path) -> None:
    git = Git(tmp_path)
    git("init", "-q", "-b", "main")
    tree = git("mktree", stdin=f"100644 blob {git('hash-object', '-w', '--stdin', stdin='deep')}\tfile\n")
    for _ in range(40):
        tree = git("mktree", stdin=f"040000 tree {tree}\tone\n040000 tree {tree}\tother\n")
    git("update-ref", "refs/heads/main", git("commit-tree", tree, "-m", "2 to the power of 40 files"))
    git("bundle", "create", "-q", "everywhere.bundle", "main")
    with pytest.raises(RegistryNotFoundError, match=r"it has no promptgit\.yaml"):
        Registry(tmp_path / "everywhere.bundle")
