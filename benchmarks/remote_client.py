"""One of many clients of a remote registry: says when it is ready, and when it serves the version it waits for.

python remote_client.py URL REFRESH VERSION        a line on stdin notifies it
"""

from __future__ import annotations

import sys
import threading
import time

from promptgit import Registry

url, refresh, version = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
registry = Registry(url, refresh=refresh)
registry.load("bench@production")
print("ready", flush=True)


def listen() -> None:
    """Be notified."""
    for _ in sys.stdin:
        registry.notify()


threading.Thread(target=listen, daemon=True).start()
while registry.load("bench@production").version != version:
    time.sleep(0.01)
print(time.time(), flush=True)
registry.close()
