"""A watch ends when it is told to, with its registry and with its process, and leaves nothing behind."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from pathlib import Path

import pytest
from commandline import environment
from support import Git
from watched import DEADLINE_S, QUIET_S, Heard, descriptors, threads, write

from promptgit import Registry
from promptgit.watch import Watch, watch

REFUNDS = "prompts/support/refunds"
OURS = "promptgit-watch"


@pytest.mark.parametrize("poll", [None, QUIET_S], ids=["events", "polling"])
def test_no_thread_and_no_descriptor_is_left_after_stop(refunds: Registry, git: Git, poll: float | None) -> None:
    refunds.close()
    running, opened = threads(), descriptors()
    for number in range(3):
        heard = Heard()
        watching = watch(refunds, heard, debounce=QUIET_S, poll=poll)
        assert OURS in threads()
        assert (poll is None) == ("anon_inode:inotify" in descriptors())
        write(git.path / REFUNDS / "3.yaml", f"template: Answer {{{{question}}}}, take {number}.\n")
        heard.next()
        watching.stop()
        assert not watching.is_running
        watching.stop()  # is nothing to do
        refunds.close()
        assert threads() == running
        assert descriptors() == opened


def test_no_callback_comes_after_stop(refunds: Registry, git: Git) -> None:
    first, second = Heard(), Heard()
    watching = watch(refunds, first, debounce=QUIET_S)
    with watch(refunds, second, debounce=QUIET_S):
        write(git.path / REFUNDS / "3.yaml", "template: Answer {{question}} kindly.\n")
        first.next()
        second.next()
        watching.stop()
        write(git.path / REFUNDS / "3.yaml", "template: Answer {{question}} very kindly.\n")
        second.next()
    assert first.is_empty


def test_a_callback_may_stop_its_watch(refunds: Registry, git: Git) -> None:
    heard = Heard()
    watches: list[Watch] = []

    def once(change: object) -> None:
        watches[0].stop()
        heard(change)  # type: ignore[arg-type]

    watches.append(watch(refunds, once, debounce=QUIET_S))
    write(git.path / REFUNDS / "3.yaml", "template: Answer {{question}} kindly.\n")
    heard.next()
    wait_for_end(watches[0])


@pytest.mark.parametrize("poll", [None, QUIET_S], ids=["events", "polling"])
def test_a_registry_that_is_dropped_takes_its_watch_along_though_the_callback_uses_it(
    refunds: Registry, poll: float | None
) -> None:
    registry = Registry(refunds.path)
    watching = watch(registry, lambda _, used=registry: used.prompts(), poll=poll)  # type: ignore[misc]
    gone = weakref.ref(registry)
    del registry
    gc.collect()
    assert gone() is None
    wait_for_end(watching)


def test_a_registry_is_dropped_at_once_where_the_callback_does_not_use_it(refunds: Registry) -> None:
    registry = Registry(refunds.path)
    watching = watch(registry, print)
    gc.disable()
    try:
        del registry
        wait_for_end(watching)
    finally:
        gc.enable()


def test_a_process_ends_in_peace_in_the_midst_of_changes(refunds: Registry) -> None:
    code = f"""
import pathlib, threading
from promptgit import Registry
from promptgit.watch import watch
registry, told = Registry({str(refunds.path)!r}), threading.Event()
watch(registry, lambda change: told.set(), debounce=0.01)
for number in range(30):
    pathlib.Path(registry.path, {REFUNDS!r}, "3.yaml").write_text(f"template: take {{number}}\\n")
assert told.wait({DEADLINE_S})
pathlib.Path(registry.path, {REFUNDS!r}, "3.yaml").write_text("template: the last\\n")
"""
    assert run(code) == ""


def test_a_child_of_fork_does_not_watch_and_can_stop(refunds: Registry) -> None:
    code = f"""
import os, warnings
from promptgit import Registry
from promptgit.watch import watch
warnings.simplefilter("ignore", DeprecationWarning)
registry = Registry({str(refunds.path)!r})
watching = watch(registry, print)
child = os.fork()
if child == 0:
    alive = watching.is_running
    watching.stop()
    os._exit(int(alive))
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert watching.is_running
"""
    assert run(code) == ""


def run(code: str) -> str:
    """Run Python to its end; returns what it printed."""
    command = [sys.executable, "-X", "faulthandler", "-c", code]
    done = subprocess.run(command, env=environment(), capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return (done.stdout + done.stderr).decode()


def wait_for_end(watching: Watch) -> None:
    """Wait until the thread has ended by itself."""
    watching._loop.join(DEADLINE_S)
    assert not watching.is_running


# --- where there are no events --------------------------------------------------------------------------------------

_EXHAUSTED = """
import pathlib, queue
from promptgit import Registry
from promptgit.watch import watch
registry, told = Registry({root!r}), queue.SimpleQueue()
with watch(registry, told.put, debounce=0.05) as watching:
    print(watching.polls, watching.reason)
    pathlib.Path(registry.path, {file!r}).write_text("template: Answer kindly.\\n")
    print(told.get(timeout=20).prompts["support.refunds"])
"""


def exhausted(limit: str, value: int, root: Path) -> str:
    """What a process prints that watches where the kernel allows it no more: a user namespace has limits of its own."""
    code = _EXHAUSTED.format(root=str(root), file=f"{REFUNDS}/3.yaml")
    shell = f'echo {value} > /proc/sys/user/{limit} && exec "$@"'
    command = ["unshare", "--user", "--map-root-user", "sh", "-c", shell, "sh", sys.executable, "-c", code]
    try:
        done = subprocess.run(command, env=environment(), capture_output=True, timeout=60, check=False)
    except FileNotFoundError:
        pytest.skip("needs unshare")
    if done.returncode and b"unshare" in done.stderr:
        pytest.skip("needs user namespaces")
    assert done.returncode == 0, done.stderr.decode()
    assert done.stderr == b""
    return done.stdout.decode()


@pytest.mark.skipif(sys.platform != "linux", reason="inotify is of Linux")
@pytest.mark.parametrize(
    ("limit", "value", "reason"),
    [
        ("max_inotify_watches", 2, "the limit fs.inotify.max_user_watches is reached"),
        ("max_inotify_instances", 0, "the limit of open files or of fs.inotify.max_user_instances is reached"),
    ],
)
def test_where_the_kernel_has_no_events_left_changes_are_found_by_looking(
    refunds: Registry, git: Git, limit: str, value: int, reason: str
) -> None:
    printed = exhausted(limit, value, git.path)
    assert printed.splitlines() == [f"1.0 {reason}", "support.refunds: version 3 edited"]
