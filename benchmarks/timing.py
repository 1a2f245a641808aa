"""How one thing is timed inside a process. Imported by both interpreters."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable


def each(action: Callable[[], object], *, rounds: int = 5, least: float = 0.05) -> float:
    """Seconds for one call: the best of some rounds, each repeated until it takes at least `least` seconds."""
    number, best = 1, float("inf")
    gc.collect()
    while True:
        start = time.perf_counter()
        for _ in range(number):
            action()
        spent = time.perf_counter() - start
        if spent >= least:
            break
        number = max(number * 2, int(number * least / max(spent, 1e-9)) + 1)
    best = spent / number
    for _ in range(rounds - 1):
        start = time.perf_counter()
        for _ in range(number):
            action()
        best = min(best, (time.perf_counter() - start) / number)
    return best


def once_each(actions: list[Callable[[], object]]) -> float:
    """Seconds for one call: the median over calls that each can be made only once."""
    spent = []
    for action in actions:
        start = time.perf_counter()
        action()
        spent.append(time.perf_counter() - start)
    return sorted(spent)[len(spent) // 2]
