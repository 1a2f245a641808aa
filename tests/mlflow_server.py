"""A real `mlflow server` in a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_START_S = 120.0


class Server:
    """What answers at a URL, as a browser sees it."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ask(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        """One request of MLflow's page; its answer as JSON."""
        status, answer = self.answer(method, path, body, **query)
        assert status == 200, answer
        return answer

    def answer(self, method: str, path: str, body: Any = None, **query: str) -> tuple[int, Any]:
        """The same, with the status; an error is an answer, too."""
        url = f"{self.url}/ajax-api/2.0/mlflow/{path}?{urllib.parse.urlencode(query)}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)


@contextlib.contextmanager
def serving(folder: Path, registry_uri: str, tracking_uri: str, env: dict[str, str]) -> Iterator[Server]:
    """Start a server with two workers and end it, with all of its processes."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    line = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)]
    line += ["--workers", "2", "--registry-store-uri", registry_uri, "--backend-store-uri", tracking_uri]
    settings = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", **env}
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            line, cwd=folder, env={**os.environ, **settings}, stdout=log, stderr=log, start_new_session=True
        )
    try:
        server = Server(f"http://127.0.0.1:{port}")
        _wait(server, process, folder / "server.log")
        yield server
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _START_S
    pause = threading.Event()
    while True:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{server.url}/health", timeout=5):
            return
        if process.poll() is not None or time.monotonic() > end:
            raise AssertionError(f"mlflow server did not start: {log.read_text()[-3000:]}")
        pause.wait(0.1)
