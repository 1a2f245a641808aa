"""One of many clients of a remote registry: says when it is ready, and when it serves the version it waits for.

python remote_client.py URL REFRESH VERSION        a line on stdin notifies it
"""

from __future__ import annotations

import sys
import threading
import time

from promptgit import Registry

url, refresh, version = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
news = threading.Event()  # instead of looking again and again, which by 50 processes is itself a load on the machine
with Registry(url, refresh=refresh) as registry:
    registry.on_change(lambda change: news.set())
    registry.load("bench@production")
    print("ready", flush=True)

    def listen() -> None:
        """Be notified."""
        for _ in sys.stdin:
            registry.notify()

    threading.Thread(target=listen, daemon=True).start()
    while registry.load("bench@production").version != version:
        news.wait()
        news.clear()
    print(time.time(), flush=True)
