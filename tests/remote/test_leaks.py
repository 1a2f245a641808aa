"""Nothing stays behind: no process, thread or descriptor; not after a fork, not at the end; and no load is ever wrong."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from commandline import environment, hear_interrupts
from gate import Fault, Gate
from origin import CLOSING, GREETING, NAME, PRODUCTION, Origin
from processes import eventually, marked, strays, zombies
from servers import GitHttp

from promptgit import Registry
from promptgit.errors import RemoteUnavailableError
from promptgit.registry.loading import KEPT_HOT

pytest_plugins = ["far"]

SEEN_S = 20.0
END_S = 2.0
THREAD = "promptgit-refresh"


@pytest.fixture
def gate(http: GitHttp) -> Iterator[Gate]:
    """A wire to `http`."""
    found = Gate(http.server_port)
    yield found
    found.close()


def descriptors() -> int:
    """How many are open in this process."""
    return len(os.listdir("/proc/self/fd"))


def threads() -> list[threading.Thread]:
    """Those of this package, once what nobody has any more is collected."""
    gc.collect()
    return [thread for thread in threading.enumerate() if thread.name.startswith("promptgit")]


# --- open and close -------------------------------------------------------------------------------------------------


def come_and_go(url: str, mark: str, count: int, end: Callable[[Registry], object]) -> None:
    """Open registries, use them and end them in some way; nothing must be left of them."""
    with Registry(url, refresh=0) as registry:
        registry.load(PRODUCTION)
    before = descriptors()
    for number in range(count):
        registry = Registry(url, refresh=(0, 3600)[number % 2])
        assert registry.load(PRODUCTION).version == 1
        end(registry)
        del registry
    eventually(lambda: not threads(), SEEN_S, "the end of the threads")
    eventually(lambda: not marked(mark), SEEN_S, "the end of the processes")
    assert zombies() == []
    assert descriptors() <= before


def drop(registry: Registry) -> None:
    """Forget a registry without closing it."""


def cycle(registry: Registry) -> None:
    """Forget a registry that its own callback holds, which only the garbage collector finds."""
    registry.on_change(lambda change: registry.load(NAME))


ENDS = [Registry.close, drop, cycle]


@pytest.mark.parametrize("end", ENDS, ids=["closed", "dropped", "in-a-ring"])
def test_a_hundred_registries_leave_nothing(far: str, mark: str, end: Callable[[Registry], object]) -> None:
    come_and_go(far, mark, 100, end)


@pytest.mark.long
@pytest.mark.parametrize("end", ENDS, ids=["closed", "dropped", "in-a-ring"])
def test_a_thousand_registries_leave_nothing(far: str, mark: str, end: Callable[[Registry], object]) -> None:
    come_and_go(far, mark, 1000, end)


def test_registries_that_could_not_be_opened_leave_nothing(tmp_path: Path, mark: str) -> None:
    before = descriptors()
    for _ in range(20):
        with contextlib.suppress(RemoteUnavailableError):
            Registry(f"file://{tmp_path}/nowhere.git", refresh=3600).load(NAME)
    eventually(lambda: not threads(), SEEN_S, "the end of the threads")
    eventually(lambda: not marked(mark), SEEN_S, "the end of the processes")
    assert descriptors() <= before


def test_a_registry_that_was_closed_twice_still_loads_and_refreshes_by_hand(origin: Origin, far: str) -> None:
    registry = Registry(far, refresh=0.1)
    registry.close()
    registry.close()
    assert registry.load(PRODUCTION).version == 1
    assert threads() == []
    origin.promote(2)
    registry.refresh()
    assert registry.load(PRODUCTION).version == 2
    registry.close()


def test_closing_while_a_refresh_hangs_ends_it(gate: Gate, mark: str) -> None:
    registry = Registry(f"http://127.0.0.1:{gate.port}/prompts.git", refresh=0.05, timeout=60)
    gate.fault = Fault("hang")
    eventually(lambda: strays(mark), SEEN_S, "a refresh")
    begun = time.monotonic()
    registry.close()
    assert time.monotonic() - begun < END_S
    assert strays(mark) == {}
    assert threads() == []


# --- the end of the process -----------------------------------------------------------------------------------------

HANGING = """
import os, sys, time
from promptgit import Registry

registry = Registry(sys.argv[1], refresh=0.05, timeout=60)
print(registry.load("support.refunds@production").version, flush=True)
sys.stdin.readline()
if sys.argv[2] == "raise":
    raise SystemExit(3)
"""


@pytest.mark.parametrize("way", ["end", "raise", "SIGTERM", "SIGINT"])
def test_a_process_ends_at_once_while_a_refresh_hangs_and_takes_its_git_along(gate: Gate, mark: str, way: str) -> None:
    url = f"http://127.0.0.1:{gate.port}/prompts.git"
    with Registry(url, refresh=0):
        pass
    line = [sys.executable, "-c", HANGING, url, way]
    with subprocess.Popen(
        line,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=hear_interrupts,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"1\n"
        gate.fault = Fault("hang")

        def fetching() -> bool:
            return any(" fetch " in line for line in marked(mark).values())

        eventually(fetching, SEEN_S, "a refresh")
        begun = time.monotonic()
        if way.startswith("SIG"):
            child.send_signal(getattr(signal, way))
        _, err = child.communicate(b"\n", timeout=30)
        took = time.monotonic() - begun
    assert took < END_S, f"it took {took:.1f} s"
    if way != "SIGTERM":  # that one ends Python without a word; see the limits that git itself is given
        eventually(lambda: not marked(mark), END_S, "the end of its git")
    else:
        gate.cut()
    assert way == "SIGINT" or err == b""


# --- fork -----------------------------------------------------------------------------------------------------------


def in_child(work: Callable[[], object]) -> int:
    """Fork, do something in the child; returns its process id. The child's exit code is 0 if nothing was raised."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        work()
        code = 0
    except BaseException:  # noqa: BLE001 - it is printed, and the child ends
        import traceback

        traceback.print_exc()
    finally:
        os._exit(code)


def wait_for(pids: list[int]) -> list[int]:
    """The exit codes of children, all of which must end in time."""
    codes: dict[int, int] = {}

    def ended() -> bool:
        for pid in set(pids) - codes.keys():
            found, status = os.waitpid(pid, os.WNOHANG)
            if found:
                codes[pid] = os.waitstatus_to_exitcode(status)
        return len(codes) == len(pids)

    try:
        eventually(ended, 40, "the end of the children")
    finally:
        for pid in set(pids) - codes.keys():
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
    return [codes[pid] for pid in pids]


@pytest.mark.parametrize("refresh", [0, 1.0])
def test_parent_and_child_of_a_fork_both_load_and_refresh(origin: Origin, far: str, refresh: float) -> None:
    with Registry(far, refresh=refresh) as registry:
        assert registry.load(PRODUCTION).version == 1

        def work() -> None:
            assert registry.load(f"prompts:/{NAME}/3").version == 3
            eventually(lambda: registry.refresh(10) is not None and registry.load(PRODUCTION).version == 2, SEEN_S)
            if refresh:
                assert [thread.name for thread in threads()] == [THREAD]
            registry.close()

        child = in_child(work)
        origin.promote(2)
        registry.refresh()
        assert registry.load(PRODUCTION).version == 2
        assert registry.load(f"prompts:/{NAME}/3").version == 3
        assert wait_for([child]) == [0]
        assert registry.load(f"prompts:/{NAME}/1").version == 1


def test_four_prefork_workers_see_a_promotion_by_themselves(origin: Origin, far: str, mark: str) -> None:
    registry = Registry(far, refresh=0.2)  # opened by the master, as an application module that is preloaded does
    assert registry.load(PRODUCTION).version == 1

    def work() -> None:
        assert registry.load(PRODUCTION).version == 1
        eventually(lambda: registry.load(PRODUCTION).version == 2, SEEN_S, "the promotion")
        registry.close()

    workers = [in_child(work) for _ in range(4)]
    origin.promote(2)
    assert wait_for(workers) == [0, 0, 0, 0]
    eventually(lambda: registry.load(PRODUCTION).version == 2, SEEN_S, "the promotion in the master")
    registry.close()
    eventually(lambda: not marked(mark), SEEN_S, "the end of the processes")


def test_a_fork_while_other_threads_load_and_refresh_locks_nobody(origin: Origin, far: str) -> None:
    with Registry(far, refresh=0.5) as registry:
        over = threading.Event()

        def busy() -> None:
            while not over.is_set():
                registry.load(f"{PRODUCTION}?rev=main")
                registry.load(PRODUCTION)

        running = [threading.Thread(target=busy) for _ in range(4)]
        for thread in running:
            thread.start()
        try:
            for _ in range(10):

                def work() -> None:
                    assert registry.load(f"prompts:/{NAME}/2").version == 2
                    registry.refresh(10)

                assert wait_for([in_child(work)]) == [0]
        finally:
            over.set()
            for thread in running:
                thread.join()


# --- asyncio --------------------------------------------------------------------------------------------------------


def test_an_event_loop_goes_on_while_something_is_loaded_or_refreshed(gate: Gate, origin: Origin) -> None:
    url = f"http://127.0.0.1:{gate.port}/prompts.git"

    async def main() -> None:
        with Registry(url, refresh=0, timeout=10) as registry:
            prompts = await asyncio.gather(*(registry.aload(PRODUCTION) for _ in range(20)))
            assert {prompt.version for prompt in prompts} == {1}
            gate.fault = Fault("hang")
            refreshing = asyncio.create_task(registry.arefresh(1))
            turns = 0
            while not refreshing.done():
                await asyncio.sleep(0)
                assert (await registry.aload(PRODUCTION)).version == 1
                turns += 1
            assert turns > 10
            with pytest.raises(RemoteUnavailableError):
                await refreshing
            gate.fault = None
            origin.promote(2)
            await registry.arefresh()
            assert (await registry.aload(PRODUCTION)).version == 2

    asyncio.run(main())


def test_names_that_do_not_exist_are_not_kept_without_end(far: str) -> None:
    with Registry(far, refresh=0) as registry:

        def ask(count: int, turn: str) -> None:
            for number in range(count):
                assert registry.load(f"support.{turn}{number}@production", allow_missing=True) is None

        ask(KEPT_HOT, "first")
        tracemalloc.start()
        ask(100, "warm")
        before = tracemalloc.get_traced_memory()[0]
        ask(2000, "then")
        grown = tracemalloc.get_traced_memory()[0] - before
        tracemalloc.stop()
    assert grown < 100_000, f"{grown} bytes for 2,000 names"


# --- nothing wrong, torn or missing ---------------------------------------------------------------------------------


def serial(text: str) -> int:
    """The commit that a text of `Origin.stock` belongs to."""
    return int(text.split()[-1])


def never_wrong(origin: Origin, url: str, git_dir: Callable[[], Path], wanted: int, commits: int) -> None:
    """Eight threads load while another publishes, refreshes and collects garbage. Every load is of one commit, and whole."""
    stock = origin.stock(400)
    origin.publish(stock[0])
    wrong: list[object] = []
    loads, newest = [0] * 8, [0] * 8
    over = threading.Event()
    with Registry(url, refresh=0.05) as registry:

        def load(thread: int) -> None:
            while not over.is_set():
                try:
                    with registry.snapshot() as prompts:
                        greeting, closing = prompts.load(GREETING), prompts.load(CLOSING)
                    one, other = serial(str(greeting.template)), serial(str(closing.template))
                    live = registry.load(GREETING)
                    if (
                        not one == other == greeting.version == closing.version
                        or greeting.resolved_at != stock[one - 1]
                    ):
                        wrong.append((greeting, closing))
                    if serial(str(live.template)) != live.version or live.resolved_at != stock[live.version - 1]:
                        wrong.append(live)
                    if live.version < newest[thread]:
                        wrong.append(f"back from {newest[thread]} to {live.version}")
                    newest[thread] = live.version
                    loads[thread] += 3
                except Exception as error:  # noqa: BLE001 - whatever it is, it is a failure
                    wrong.append(error)

        running = [threading.Thread(target=load, args=(number,)) for number in range(8)]
        for thread in running:
            thread.start()
        try:
            for turn, commit in enumerate(stock[1:]):
                if wrong or (sum(loads) >= wanted and turn >= commits):
                    break
                origin.publish(commit)
                registry.refresh(20)
                if turn % 5 == 0:
                    origin.git("-c", "safe.directory=*", f"--git-dir={git_dir()}", "gc", "-q", "--prune=now")
                due = wanted * (turn + 1) // len(stock)
                eventually(lambda due=due: sum(loads) >= due or wrong, 60, "loads")  # type: ignore[misc]
        finally:
            over.set()
            for thread in running:
                thread.join()
        last = registry.load(GREETING).version
    assert wrong[:5] == []
    assert sum(loads) >= wanted
    print(f"{sum(loads)} loads by 8 threads through {last} commits: 0 wrong")


def the_clone(home: Path) -> Path:
    """The clone in the cache."""
    (found,) = home.glob(".cache/promptgit/*/repository.git")
    return found


def test_loads_during_refresh_and_gc_are_never_wrong_torn_or_missing(origin: Origin, far: str, home: Path) -> None:
    never_wrong(origin, far, lambda: the_clone(home), 20_000, commits=8)


@pytest.mark.long
def test_a_million_loads_during_refresh_and_gc_are_never_wrong_torn_or_missing(
    origin: Origin, far: str, home: Path
) -> None:
    never_wrong(origin, far, lambda: the_clone(home), 1_000_000, commits=200)
