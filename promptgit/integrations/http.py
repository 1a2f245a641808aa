"""Requests to one host's JSON API, with a token that goes to no other host.

The deadline is for all requests of a client together, waiting included. What may be repeated is repeated: a host that is
overloaded (429, 5xx) is asked again when it says so. Redirects stay on the host. No error holds the token.
"""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.request
from http import HTTPStatus
from http.client import HTTPException
from urllib.parse import urljoin, urlsplit

from promptgit.errors import HostError
from promptgit.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from email.message import Message
    from typing import Any

_ATTEMPTS = 4
_REDIRECTS = 3
_PAGES = 100
_LARGEST = 32 * 1024 * 1024
_AT_ONCE = 15.0
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_NEXT = re.compile(r'<([^<>]+)>\s*;[^,]*\brel="?next"?')
_REPEATED = ("GET", "PUT", "PATCH")


class RefusedError(HostError):
    """The host answered, but not with what was asked for.

    Args:
        status: the HTTP status.
    """

    def __init__(self, message: str, *, status: int, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.status = status


class UncertainError(HostError):
    """A request that must not be repeated failed: whether it was carried out is not known."""


class Answer(Record):
    """What a host said.

    Attributes:
        status: the HTTP status.
        headers: of the answer.
        data: its body.
    """

    status: int
    headers: Message
    data: bytes

    def value(self) -> Any:
        """The body as JSON; None if it is none."""
        try:
            return json.loads(self.data)
        except ValueError:
            return None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Leaves redirects to `Client`, which knows where the token may go."""

    def redirect_request(self, *_: Any) -> None:
        return None


class Client:
    """Requests to one API.

    Args:
        base: its URL, https; http only on this machine.
        headers: sent with each request.
        token: what must not be seen; it stands in one of the headers.
        timeout_seconds: for all requests together.

    Raises:
        HostError: the URL is no https URL, or the token cannot be one.
    """

    def __init__(self, base: str, headers: Mapping[str, str], token: str, *, timeout_seconds: float) -> None:
        self._origin = _origin(base)
        self._base = base.rstrip("/")
        if not token.isascii() or not token.isprintable() or " " in token:
            raise HostError("the token holds characters that no token has", hint="Set the variable again.")
        self._token = token
        self._headers = {"User-Agent": "promptgit", "Content-Type": "application/json", **headers}
        self._end = time.monotonic() + timeout_seconds
        # what is on this machine is not reached through a proxy
        proxies = [urllib.request.ProxyHandler({})] if self._origin.startswith("http:") else []
        self._opener = urllib.request.build_opener(_NoRedirect, *proxies)

    def call(self, method: str, path: str, payload: Mapping[str, Any] | None = None) -> Any:
        """The JSON value that the host answers with.

        Raises:
            RefusedError: another status than 2xx.
            UncertainError: a POST failed on the way, or with 5xx.
            HostError: no answer in time, or a redirect to another host.
        """
        return self._answer(method, f"{self._base}{path}", payload).value()

    def pages(self, path: str) -> Iterator[Any]:
        """The items of a list that comes in pages, which the Link header leads through (RFC 8288)."""
        url = f"{self._base}{path}"
        for _ in range(_PAGES):
            answer = self._answer("GET", url, None)
            value = answer.value()
            yield from value if isinstance(value, list) else ()
            following = _NEXT.search(answer.headers.get("Link", ""))
            if following is None:
                return
            url = urljoin(url, following[1])

    def _answer(self, method: str, url: str, payload: Mapping[str, Any] | None) -> Answer:
        attempt = 0
        while True:
            attempt += 1
            wait = float(2 ** (attempt - 1))
            try:
                answer = self._followed(method, url, payload)
            except (OSError, HTTPException) as error:
                problem: HostError = HostError(f"no answer from {self._origin}: {self._shown(_reason(error))}")
            else:
                if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
                    return answer
                problem = self._refused(method, answer)
                if not _is_passing(answer):
                    raise problem
                wait = _wait(answer, wait)
            if method not in _REPEATED and not _was_turned_away(problem):
                raise UncertainError(problem.message, hint=problem.hint)
            if attempt == _ATTEMPTS or time.monotonic() + wait >= self._end:
                raise problem
            time.sleep(wait)

    def _followed(self, method: str, url: str, payload: Mapping[str, Any] | None) -> Answer:
        """The answer behind the redirects that stay on the host and keep the method."""
        for _ in range(_REDIRECTS + 1):
            if _origin(url) != self._origin:
                raise HostError(
                    f"{self._origin} sends to another host, {self._shown(_origin(url))}",
                    hint="The token is not sent there. Is the API's URL right?",
                )
            answer = self._once(method, url, payload)
            target = answer.headers.get("Location", "")
            follows = answer.status in (307, 308) or (answer.status in (301, 302) and method == "GET")
            if not follows or not target:
                return answer
            url = urljoin(url, target)
        raise HostError(f"{self._origin} redirects without end")

    def _once(self, method: str, url: str, payload: Mapping[str, Any] | None) -> Answer:
        data = None if payload is None else json.dumps(payload).encode()
        request = urllib.request.Request(url, data, self._headers, method=method)  # noqa: S310 - https: see _origin
        try:
            response = self._opener.open(request, timeout=self._left())
        except urllib.error.HTTPError as error:
            response = error
        with response:
            return Answer(status=response.status, headers=response.headers, data=self._body(response))

    def _body(self, response: Any) -> bytes:
        """All of it, by the deadline, however slowly it comes."""
        found = bytearray()
        while chunk := response.read1(65536):
            found += chunk
            self._left()
            if len(found) > _LARGEST:
                raise HostError(f"{self._origin} answers with more than {_LARGEST >> 20} MiB")
        return bytes(found)

    def _left(self) -> float:
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        return min(left, _AT_ONCE)

    def _refused(self, method: str, answer: Answer) -> RefusedError:
        value = answer.value()
        said = value.get("message") or value.get("error") if isinstance(value, dict) else None
        text = f": {self._shown(str(said))}" if said else ""
        return RefusedError(f"{self._origin} answers {answer.status} to {method}{text}", status=answer.status)

    def _shown(self, text: str) -> str:
        return text.replace(self._token, "***")[:300] if self._token else text[:300]


def _origin(url: str) -> str:
    """Scheme, host and port: where a token may go.

    Raises:
        HostError: it is neither https nor on this machine, or holds a user's name.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or "@" in parts.netloc:
        raise HostError("the URL of the API cannot be used", hint="It must be like https://api.github.com.")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in _LOOPBACK):
        raise HostError(f"the API at {host} is not asked by https", hint="A token is sent by https alone.")
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}{f':{port}' if port else ''}"


def _reason(error: Exception) -> str:
    reason = getattr(error, "reason", None) or error
    return str(reason) or type(error).__name__


def _is_passing(answer: Answer) -> bool:
    """Whether the host may answer otherwise soon; GitHub's secondary limits come as 403 with Retry-After."""
    if answer.status == HTTPStatus.FORBIDDEN:
        return "Retry-After" in answer.headers
    return answer.status == HTTPStatus.TOO_MANY_REQUESTS or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR


def _was_turned_away(problem: HostError) -> bool:
    """Whether the request was surely not carried out."""
    turned_away = (HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS)
    return isinstance(problem, RefusedError) and problem.status in turned_away


def _wait(answer: Answer, otherwise: float) -> float:
    said = answer.headers.get("Retry-After", "")
    return float(said) if said.isdigit() else otherwise
