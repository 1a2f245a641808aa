"""promptgit's figures for a remote registry. Prints one JSON object, seconds by name.

python remote_side.py WORK URL [--quick]        PROMPTGIT_CACHE names a warm cache
"""

from __future__ import annotations

import json
import resource
import statistics
import sys
import threading
import time
from collections.abc import Callable

from timing import each

from promptgit import Registry

url, quick = sys.argv[2], "--quick" in sys.argv
found: dict[str, float] = {}
URI = "prompts:/bench@production"


def rate(action: Callable[[], object], threads: int, seconds: float) -> float:
    """Calls a second, of so many threads together."""
    end = time.perf_counter() + seconds
    counts = [0] * threads

    def work(number: int) -> None:
        done = 0
        while time.perf_counter() < end:
            for _ in range(200):
                action()
            done += 200
        counts[number] = done

    running = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    start = time.perf_counter()
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return sum(counts) / (time.perf_counter() - start)


def resident() -> float:
    """Bytes of memory that this process holds."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def again() -> None:
    """A load of what was not loaded since the commit became current."""
    registry.catalog.hot.clear()
    registry.load(URI)


with Registry(url, refresh=3600) as registry:
    registry.load(URI)
    found["load by alias, hot"] = each(lambda: registry.load(URI))
    found["load by alias, after a refresh"] = each(again)
    known = {URI: registry.load(URI)}
    shares = []
    for _ in range(3 if quick else 9):  # threads of one interpreter take turns, and how well they do varies much
        pair = [
            rate(action, 8, 0.3) / rate(action, 1, 0.3)
            for action in (lambda: registry.load(URI), lambda: known.get(URI))
        ]
        shares.append(pair[0] / pair[1])
    found["hot loads of 8 threads against 1 thread, beside the same for a dictionary"] = statistics.median(shares)
    before = resident()
    names = [name for name in registry.prompts() if name != "bench"][:1000]
    for name in names:
        registry.load(f"prompts:/{name}").format(v0="x", v1="x")
    found["memory for 1,000 loaded prompts of 1 KB"] = (resident() - before) * 1000 / len(names)
print(json.dumps(found))
