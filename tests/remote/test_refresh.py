"""What a remote brings is served whole, at once and in order: seen by every process of the machine, and never backwards."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from commandline import environment
from origin import NAME, OTHER, PRODUCTION, TEXTS, Origin
from processes import eventually
from servers import GitHandler, GitHttp
from support import Git

from promptgit import Registry
from promptgit.aliases.target import Target
from promptgit.errors import ConflictError, InvalidDocumentError, PromptGitError
from promptgit.registry.changes import Change

pytest_plugins = ["far"]

SEEN_S = 20.0
NEVER_S = 3600.0
ALIASES = "prompts/support/refunds/aliases.yaml"


def served(registry: Registry) -> int:
    """The version that production serves."""
    version: int = registry.load(PRODUCTION).version
    return version


def moved(change: Change, alias: str = "production") -> tuple[Target | None, Target | None]:
    """From where to where a change moved an alias of support.refunds."""
    return change.prompts[NAME].aliases[alias]


# --- what brings news -----------------------------------------------------------------------------------------------


def test_a_promotion_and_its_rollback_are_served_after_a_refresh_that_tells_them(origin: Origin, far: str) -> None:
    first = origin.tip
    with Registry(far, refresh=0) as registry:
        second = origin.promote(2)
        assert served(registry) == 1
        change = registry.refresh()
        assert (change.old, change.new, moved(change)) == (first, second, (Target.single(1), Target.single(2)))
        assert registry.load(PRODUCTION).template == TEXTS[2]
        third = origin.promote(1)
        change = registry.refresh()
        assert (change.old, change.new, moved(change)) == (second, third, (Target.single(2), Target.single(1)))
        assert registry.load(PRODUCTION).template == TEXTS[1]
        assert not registry.refresh()


def test_what_was_loaded_before_is_not_handed_out_after_a_refresh(origin: Origin, far: str) -> None:
    with Registry(far, refresh=0) as registry:
        for _ in range(3):
            assert served(registry) == 1
        origin.promote(3)
        registry.refresh()
        assert [served(registry) for _ in range(3)] == [3, 3, 3]


def test_the_background_brings_a_promotion(origin: Origin, far: str) -> None:
    with Registry(far, refresh=0.2) as registry:
        assert served(registry) == 1
        origin.promote(2)
        eventually(lambda: served(registry) == 2, SEEN_S, "the promotion")


def test_a_notification_brings_a_promotion_at_once(origin: Origin, far: str) -> None:
    with Registry(far, refresh=NEVER_S) as registry:
        origin.promote(2)
        registry.notify()
        eventually(lambda: served(registry) == 2, SEEN_S, "the promotion")


def test_a_signal_handler_may_notify(origin: Origin, far: str) -> None:
    with Registry(far, refresh=NEVER_S) as registry:
        before = signal.signal(signal.SIGUSR1, lambda *_: registry.notify())
        try:
            origin.promote(2)
            os.kill(os.getpid(), signal.SIGUSR1)
            eventually(lambda: served(registry) == 2, SEEN_S, "the promotion")
        finally:
            signal.signal(signal.SIGUSR1, before)


FOLLOWER = """
import sys, threading
from promptgit import Registry

moved = threading.Event()
with Registry(sys.argv[1], refresh=3600) as registry:
    registry.on_change(lambda change: moved.set())
    print(registry.load("support.refunds@production").version, flush=True)
    seen = moved.wait(30)
    print(registry.load("support.refunds@production").version if seen else "nothing", flush=True)
"""


def test_all_processes_that_share_the_cache_see_what_one_of_them_was_told(origin: Origin, far: str) -> None:
    with Registry(far, refresh=NEVER_S) as registry:
        line = [sys.executable, "-c", FOLLOWER, far]
        others = [
            subprocess.Popen(line, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for _ in range(3)
        ]
        assert [other.stdout.readline() for other in others if other.stdout] == ["1\n"] * 3
        origin.promote(2)
        registry.notify()
        for other in others:
            assert other.communicate(timeout=40) == ("2\n", "")
        assert served(registry) == 2


def test_two_registries_of_one_process_see_what_one_of_them_fetched(origin: Origin, far: str) -> None:
    with Registry(far, refresh=NEVER_S) as one, Registry(far, refresh=NEVER_S) as other:
        origin.promote(2)
        assert moved(one.refresh()) == (Target.single(1), Target.single(2))
        eventually(lambda: served(other) == 2, SEEN_S, "the promotion")


def test_a_slow_remote_does_not_let_one_registry_starve_the_others(origin: Origin, http: GitHttp, url: str) -> None:
    never = threading.Event()
    with Registry(url, refresh=0.1) as often, Registry(url, refresh=0) as other:

        def slowly(request: GitHandler) -> None:
            never.wait(0.1)
            request.from_git()

        http.answer = slowly
        asked = len(http.requests)
        eventually(lambda: len(http.requests) > asked + 6, SEEN_S, "some fetches")
        for version in (2, 3):
            origin.promote(version)
            other.refresh(timeout=5)
            assert served(other) == version
        eventually(lambda: served(often) == 3, SEEN_S, "the promotion")
        http.answer = None


# --- what callbacks are told ----------------------------------------------------------------------------------------


def test_a_callback_is_told_what_changed_once_it_is_current(origin: Origin, far: str) -> None:
    with Registry(far, refresh=0) as registry:
        told: list[tuple[Change, int]] = []
        remove = registry.on_change(lambda change: told.append((change, served(registry))))
        with Registry(origin.path) as writer:
            writer.register(NAME, "Answer in one line: {{question}}", "Shorter")
            writer.set_alias(NAME, "staging", 4)
            writer.set_alias(NAME, "production", 4)
            writer.set_tag(NAME, "team", "support")
        change = registry.refresh()
        assert told == [(change, 4)]
        (prompt,) = change.prompts.values()
        assert (prompt.name, prompt.added, prompt.removed, prompt.edited, prompt.notes) == (NAME, (4,), (), (), True)
        assert prompt.aliases == {
            "production": (Target.single(1), Target.single(4)),
            "staging": (None, Target.single(4)),
        }
        registry.refresh()
        assert len(told) == 1
        remove()
        origin.promote(1)
        assert registry.refresh()
        assert len(told) == 1


def test_a_callback_that_raises_stops_nobody(origin: Origin, far: str, caplog: pytest.LogCaptureFixture) -> None:
    def broken(change: Change) -> None:
        raise KeyError(NAME)

    with Registry(far, refresh=0) as registry:
        told: list[Change] = []
        registry.on_change(broken)
        registry.on_change(told.append)
        origin.promote(2)
        change = registry.refresh()
        assert told == [change]
        assert served(registry) == 2
        assert "an observer failed" in caplog.text


# --- what is not followed -------------------------------------------------------------------------------------------


def test_a_force_push_is_not_followed_and_is_said_until_it_is_accepted(origin: Origin, far: str) -> None:
    origin.promote(2)
    with Registry(far, refresh=0) as registry:
        kept = origin.tip
        rewritten = origin.rewrite()
        for _ in range(2):
            with pytest.raises(ConflictError, match="history was rewritten"):
                registry.refresh()
            status = registry.status()
            assert (served(registry), status.commit, status.pending) == (2, kept, rewritten)
            assert "history was rewritten" in (status.reason or "")
    with Registry(far, refresh=0) as again:
        assert served(again) == 2, "a restart went over to the rewritten branch"
        change = again.refresh(accept_rewrite=True)
        assert (change.new, served(again)) == (rewritten, 3)
        assert again.status().pending is None


def test_a_branch_that_goes_back_is_not_followed(origin: Origin, far: str) -> None:
    before = origin.tip
    newest = origin.promote(2)
    with Registry(far, refresh=0) as registry:
        origin.git("update-ref", "refs/heads/main", before)
        with pytest.raises(ConflictError, match="does not build on"):
            registry.refresh()
        assert (served(registry), registry.commit) == (2, newest)
    with Registry(far, refresh=0) as again:
        assert again.commit == newest
        onward = origin.write({ALIASES: "production: 3\n"}, onto=newest)
        assert again.refresh().new == onward
        assert served(again) == 3


BREAKING = [
    ({"prompts/support/refunds/4.yaml": "template: [\n"}, r"prompts/support/refunds/4\.yaml:\d+"),
    ({ALIASES: "production: 9\n"}, r"prompts/support/refunds/aliases\.yaml.*production leads to version 9"),
    ({ALIASES: "production: 1\nproduction: 2\n"}, r"prompts/support/refunds/aliases\.yaml:2"),
    ({"prompts/support/refunds/prompt.yaml": "owners: {\n"}, r"prompts/support/refunds/prompt\.yaml:\d"),
    ({"promptgit.yaml": None}, "not a registry"),
    ({"promptgit.yaml": "format: 99\n"}, r"promptgit\.yaml:1.*99|newer"),
]


@pytest.mark.parametrize(
    ("files", "reason"), BREAKING, ids=["version", "dangling", "twice", "notes", "no-registry", "newer-format"]
)
def test_a_commit_that_breaks_the_registry_is_not_served(
    origin: Origin, far: str, files: dict[str, str | None], reason: str
) -> None:
    with Registry(far, refresh=0) as registry:
        good, config = registry.commit, origin.git("show", "main:promptgit.yaml")
        broken = origin.write({**files, "prompts/support/escalation/2.yaml": "template: Ask {{team}}.\n"})
        with pytest.raises(PromptGitError, match=reason):
            registry.refresh()
        status = registry.status()
        assert (status.commit, status.pending, status.lag) == (good, broken, 1)
        assert status.error
        assert status.reason
        assert registry.load(PRODUCTION).template == TEXTS[1]
        assert registry.versions(OTHER) == [1]
        mended = origin.write(
            {
                "promptgit.yaml": f"{config}\n",
                ALIASES: "production: 2\n",
                "prompts/support/refunds/4.yaml": "template: Whole again\n",
                "prompts/support/refunds/prompt.yaml": "owners: [ada]\n",
            }
        )
        assert registry.refresh().new == mended
        assert (served(registry), registry.versions(OTHER)) == (2, [1, 2])
        assert (registry.status().pending, registry.status().error) == (None, None)


def test_a_process_that_starts_on_a_broken_commit_serves_the_one_before(origin: Origin, far: str) -> None:
    with Registry(far, refresh=0) as registry:
        good = registry.commit
    broken = origin.write({"prompts/support/refunds/4.yaml": "template: [\n"})
    with Registry(far, refresh=0) as again:
        with pytest.raises(InvalidDocumentError):
            again.refresh()
        assert (again.commit, again.status().pending) == (good, broken)


# --- one request, one commit ----------------------------------------------------------------------------------------


def test_a_snapshot_stays_while_a_refresh_swaps(origin: Origin, far: str) -> None:
    with Registry(far, refresh=0) as registry, registry.snapshot() as prompts:
        assert prompts.load(PRODUCTION).version == 1
        origin.write({ALIASES: "production: 2\n", "prompts/support/escalation/2.yaml": "template: Ask {{team}}.\n"})
        registry.refresh()
        assert (prompts.load(PRODUCTION).version, prompts.load(OTHER).version) == (1, 1)
        assert (registry.load(PRODUCTION).version, registry.load(OTHER).version) == (2, 2)
        assert prompts.load(PRODUCTION).resolved_at != registry.load(PRODUCTION).resolved_at


def test_a_snapshot_that_ends_leaves_the_registry_open(origin: Origin, far: str) -> None:
    with Registry(far, refresh=0.2) as registry:
        with registry.snapshot() as prompts:
            assert prompts.load(PRODUCTION).version == 1
        origin.promote(2)
        eventually(lambda: served(registry) == 2, SEEN_S, "the promotion")


def test_production_is_found_as_of_a_commit_and_a_date(
    origin: Origin, far: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for year, version in (("2030", 2), ("2031", 3)):
        monkeypatch.setenv("GIT_COMMITTER_DATE", f"{year}-03-01T12:00:00Z")
        monkeypatch.setenv("GIT_AUTHOR_DATE", f"{year}-03-01T12:00:00Z")
        origin.promote(version)
    with Registry(far, refresh=0) as registry:
        assert served(registry) == 3
        assert registry.load(f"{PRODUCTION}?rev=main~1").version == 2
        assert registry.load(f"{PRODUCTION}?rev=2030-06-01").version == 2
        assert registry.at("2031-06-01").load(PRODUCTION).version == 3
        assert registry.at(f"{origin.tip}~2").load(PRODUCTION).version == 1


def test_another_branch_is_followed_by_name(origin: Origin, far: str) -> None:
    origin.git("branch", "staging")
    with Registry(far, branch="staging", refresh=0) as staging, Registry(far, refresh=0) as main:
        origin.promote(2)
        origin.git("update-ref", "refs/heads/staging", origin.tip)
        origin.promote(3)
        staging.refresh()
        main.refresh()
        assert (served(staging), served(main)) == (2, 3)
        assert (staging.status().branch, main.status().branch) == ("staging", "main")


# --- aliases in tags ------------------------------------------------------------------------------------------------


@pytest.fixture
def tagged(tmp_path: Path, mark: str) -> Origin:
    """A registry at a remote that keeps its aliases in tags."""
    return Origin.make(tmp_path / "host" / "tagged.git", aliases="tags")


def test_an_alias_that_moves_in_a_tag_arrives_without_a_commit(tagged: Origin) -> None:
    with Registry(f"file://{tagged.path}", refresh=0) as registry:
        assert served(registry) == 1
        commit = tagged.promote(2)
        change = registry.refresh()
        assert (change.old, change.new, moved(change)) == (commit, commit, (Target.single(1), Target.single(2)))
        assert served(registry) == 2
        tagged.promote(1)
        assert moved(registry.refresh()) == (Target.single(2), Target.single(1))
        assert served(registry) == 1


def test_a_tag_that_is_deleted_at_the_remote_takes_no_move_back(tagged: Origin) -> None:
    tagged.promote(2)
    with Registry(f"file://{tagged.path}", refresh=0) as registry:
        tagged.git("tag", "-d", f"{NAME}@production/2")
        registry.refresh()
        assert served(registry) == 2
    with Registry(f"file://{tagged.path}", refresh=0) as again:
        assert served(again) == 2


def test_a_tag_that_is_moved_at_the_remote_is_not_followed_and_is_said(tagged: Origin) -> None:
    tagged.promote(2)
    with Registry(f"file://{tagged.path}", refresh=0) as registry:
        tagged.git("tag", "-f", "-a", "-m", "Back\n\nTarget: 3", f"{NAME}@production/2", "main")
        registry.refresh()
        assert served(registry) == 2
        assert f"the tag {NAME}@production/2 was moved at the remote" in " ".join(registry.status().warnings)
        tagged.promote(1)
        registry.refresh()
        assert served(registry) == 1


# --- the user's own clone -------------------------------------------------------------------------------------------


def test_the_users_own_clone_is_followed_and_its_branch_and_files_are_left_alone(
    origin: Origin, tmp_path: Path
) -> None:
    Git(tmp_path)("clone", "-q", str(origin.path), "clone")
    clone = Git(tmp_path / "clone")
    head = clone("rev-parse", "HEAD")
    (clone.path / "notes.txt").write_text("mine")
    with Registry(clone.path, refresh=0.2) as registry:
        assert served(registry) == 1
        origin.promote(2)
        eventually(lambda: served(registry) == 2, SEEN_S, "the promotion")
        assert registry.status().place == str(origin.path)
    assert clone("rev-parse", "HEAD") == head
    assert clone("status", "--porcelain") == "?? notes.txt"
    assert Registry(clone.path).load(PRODUCTION).version == 1
