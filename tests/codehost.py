"""GitHub and GitLab on this machine: a real HTTP server that behaves like the parts of their APIs that are used."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "ghs_16C7e42F292c6912E7710c838347Ae178B4a"


class Answer:
    """An answer instead of the ordinary one."""

    def __init__(self, status: int, value: object = None, **headers: str) -> None:
        self.status = status
        self.value = value
        self.headers = {name.replace("_", "-"): text for name, text in headers.items()}


class CodeHost(ThreadingHTTPServer):
    """Comments of one pull request, and what a test wants to go wrong.

    Attributes:
        comments: as (id, author, body).
        scripted: (method, path pattern, answer): each is given once, to the first request that it fits.
        seen: the requests: method, path, and the token that came with them.
        user: who the token belongs to; empty where it may not ask.
        page_size: comments a page.
        hanging: set while a request must wait; a test sets it free.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.comments: list[tuple[int, str, str]] = []
        self.scripted: list[tuple[str, str, Answer]] = []
        self.seen: list[tuple[str, str, str]] = []
        self.user = ""
        self.page_size = 100
        self.free = threading.Event()
        self.free.set()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"

    def requests(self, method: str) -> list[str]:
        """The paths asked for with a method."""
        return [path for seen, path, _ in self.seen if seen == method]

    def scripted_answer(self, method: str, path: str) -> Answer | None:
        """What a test wants this request to get."""
        for at, (wanted, pattern, answer) in enumerate(self.scripted):
            if wanted == method and re.search(pattern, path):
                del self.scripted[at]
                return answer
        return None


class _Handler(BaseHTTPRequestHandler):
    server: CodeHost
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._handle()

    do_POST = do_PATCH = do_PUT = do_GET  # noqa: N815

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        token = self.headers.get("Authorization", "").removeprefix("Bearer ") or self.headers.get("PRIVATE-TOKEN", "")
        self.server.seen.append((self.command, self.path, token))
        self.server.free.wait(20)
        answer = self.server.scripted_answer(self.command, self.path)
        if answer is None or answer.headers.pop("Done", ""):
            ordinary = self._ordinary(json.loads(body) if body else {}, token)
            answer = answer or ordinary
        self._send(answer)

    def _send(self, answer: Answer) -> None:
        data = json.dumps(answer.value).encode()
        self.send_response(answer.status)
        for name, text in {**answer.headers, "Content-Length": str(len(data))}.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(data)

    def _ordinary(self, sent: dict[str, Any], token: str) -> Answer:
        host, path = self.server, self.path.partition("?")[0]
        is_gitlab = "/projects/" in path or path.startswith("/api/v4")
        if token != TOKEN:
            return Answer(401, {"message": "Bad credentials"})
        if path.endswith("/user"):
            if not host.user:
                return Answer(403, {"message": "Resource not accessible by integration"})
            return Answer(200, {"login": host.user, "username": host.user})
        if self.command == "GET":
            return self._page(is_gitlab)
        number = int(path.rpartition("/")[2]) if self.command != "POST" else 100 + len(host.comments)
        author = host.user or "github-actions[bot]"
        kept = [comment for comment in host.comments if comment[0] != number]
        host.comments = [*kept, (number, author, sent["body"])]
        return Answer(201 if self.command == "POST" else 200, self._shown(number, author, sent["body"], is_gitlab))

    def _page(self, is_gitlab: bool) -> Answer:
        found = re.search(r"[?&]page=(\d+)", self.path)
        page, size = int(found[1]) if found else 1, self.server.page_size
        shown = self.server.comments[(page - 1) * size : page * size]
        answer = Answer(200, [self._shown(*comment, is_gitlab) for comment in shown])
        if page * size < len(self.server.comments):
            place = self.path.partition("?")[0]
            first, following = f"<{self.server.url}{place}?page=1>", f"<{self.server.url}{place}?page={page + 1}>"
            answer.headers["Link"] = f'{first}; rel="first", {following}; rel="next"'
        return answer

    def _shown(self, number: int, author: str, body: str, is_gitlab: bool) -> dict[str, Any]:
        if is_gitlab:
            return {"id": number, "author": {"username": author}, "body": body, "system": False}
        url = f"https://github.com/acme/prompts/pull/7#issuecomment-{number}"
        return {"id": number, "user": {"login": author}, "body": body, "html_url": url}


@contextmanager
def code_host() -> Iterator[CodeHost]:
    """A server while it is needed."""
    server = CodeHost()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.free.set()
        server.shutdown()
        server.server_close()
        thread.join()
