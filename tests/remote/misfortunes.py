"""What can go wrong with a remote, as one table: how it is switched on, and what the registry must say about it."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from gate import Fault, Gate
from origin import Origin
from servers import GitHandler, GitHttp, Server, certificate, git_daemon, git_http, sshd, tls

from promptgit.record import Record

LOGIN = b"<!doctype html><html><title>Sign in</title><form action=/login></form></html>"


class Place(Record):
    """A remote registry that is served in some way, with what can be made to fail.

    Attributes:
        url: what a registry is opened with.
        origin: the repository.
        home: the user's home, with the git configuration that the code under test reads.
        gate: the wire.
        http: the HTTP server, with the protocols http and https.
        server: the server's process, with the protocols git and ssh.
        other: TLS with another certificate than the trusted one, with https.
    """

    url: str
    origin: Origin
    home: Path
    gate: Gate | None = None
    http: GitHttp | None = None
    server: Server | None = None
    other: ssl.SSLContext | None = None

    def answer(self, answer: Callable[[GitHandler], None]) -> None:
        """Answer HTTP requests with this instead of git."""
        assert self.http is not None
        self.http.answer = answer

    def wire(self, fault: Fault) -> None:
        """Put a fault on the wire."""
        assert self.gate is not None
        self.gate.fault = fault

    def configure(self, text: str) -> None:
        """Add to the user's git configuration."""
        with (self.home / ".gitconfig").open("a") as file:
            file.write(text)


@contextmanager
def served(protocol: str, origin: Origin, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """Serve a registry over `http`, `https`, `git`, `ssh`, `file`, or under a `name` that DNS would have to know."""
    base = origin.path.parent
    with ExitStack() as stack:
        if protocol == "file":
            yield Place(url=f"file://{origin.path}", origin=origin, home=home)
            return
        parts: dict[str, Any] = {"origin": origin, "home": home}
        if protocol in ("http", "https", "name"):
            context = _trusted(home, monkeypatch, parts) if protocol == "https" else None
            parts["http"] = stack.enter_context(git_http(base, context))
            port, path = parts["http"].server_port, origin.path.name
        elif protocol == "git":
            parts["server"] = stack.enter_context(git_daemon(base))
            port, path = parts["server"].port, origin.path.name
        else:
            ssh = stack.enter_context(sshd(home / "sshd"))
            monkeypatch.setenv("GIT_SSH_COMMAND", ssh.command)
            parts["server"] = ssh
            port, path = ssh.port, str(origin.path).lstrip("/")
        gate = parts["gate"] = Gate(port)
        stack.callback(gate.close)
        if protocol == "ssh":  # the key is known for the server's own port
            hosts = home / "sshd" / "known_hosts"
            hosts.write_text(hosts.read_text().replace(f":{port} ", f":{gate.port} "))
        url = f"{protocol}://127.0.0.1:{gate.port}/{path}"
        if protocol == "name":
            url = f"http://git.company.invalid/{path}"
            known = f'[url "http://127.0.0.1:{gate.port}/"]\n\tinsteadOf = http://git.company.invalid/\n'
            with (home / ".gitconfig").open("a") as file:
                file.write(known)
        yield Place(url=url, **parts)


def _trusted(home: Path, monkeypatch: pytest.MonkeyPatch, parts: dict[str, Any]) -> ssl.SSLContext:
    trusted = certificate(home, "trusted")
    monkeypatch.setenv("GIT_SSL_CAINFO", str(trusted))
    parts["other"] = tls(certificate(home, "unknown"))
    return tls(trusted)


@contextmanager
def failing(mode: Mode, place: Place) -> Iterator[None]:
    """Let a remote fail, and mend it."""
    config = (place.home / ".gitconfig").read_text()
    context = place.http.context if place.http else None
    mode.switch(place)
    try:
        yield
    finally:
        (place.home / ".gitconfig").write_text(config)
        place.origin.restore()
        if place.http is not None:
            place.http.answer, place.http.context = None, context
        if place.server is not None:
            place.server.kill()
            place.server.start()
        if place.gate is not None:
            place.gate.fault = None
            place.gate.cut()
            place.gate.listen()


class Mode(Record):
    """A way to fail.

    Attributes:
        name: for people.
        protocol: over which it happens; see `served`.
        switch: lets it happen.
        says: what `status().error` must match.
        short: whether it is in the short form of the suite.
        answered: whether the remote does answer, with what must not be served: nothing is failing, something is pending.
        pack: whether it happens in the middle of a transfer, so that there must be something to transfer.
    """

    name: str
    protocol: str
    switch: Callable[[Place], object]
    says: str
    short: bool = False
    answered: bool = False
    pack: bool = False


def _wire(then: str, after: int = 0) -> Callable[[Place], object]:
    return lambda place: place.wire(Fault(then, after))


def _status(code: int, body: bytes = b"", **headers: str) -> Callable[[Place], object]:
    return lambda place: place.answer(lambda request: request.send(code, body, **headers))


def _advertisement(body: bytes) -> Callable[[Place], object]:
    return _status(200, body, Content_Type="application/x-git-upload-pack-advertisement")


def _redirect(target: str) -> Callable[[Place], object]:
    """Every request is sent on; `{path}` and `{port}` stand for its own."""

    def switch(place: Place) -> None:
        def answer(request: GitHandler) -> None:
            filled = target.format(path=request.path, port=request.server.server_port, origin=place.origin.path)
            request.send(302, b"", Location=filled)

        place.answer(answer)

    return switch


def _login_page(place: Place) -> None:
    def answer(request: GitHandler) -> None:
        if request.path.startswith("/login"):
            request.send(200, LOGIN, Content_Type="text/html")
        else:
            request.send(302, b"", Location="/login")

    place.answer(answer)


def _password_program(place: Place) -> None:
    """A server that wants a password, and a program that is to ask for it and never ends."""
    program = place.home / "ask"
    program.write_text("#!/bin/sh\nsleep 600\n")
    program.chmod(0o700)
    place.configure(f"[core]\n\taskPass = {program}\n")
    _status(401, b"", WWW_Authenticate='Basic realm="prompts"')(place)


def _credential_helper(place: Place) -> None:
    """A server that wants a password, and a credential helper that never ends."""
    place.configure('[credential]\n\thelper = "!f() { sleep 600; }; f"\n')
    _status(401, b"", WWW_Authenticate='Basic realm="prompts"')(place)


def _unresolvable(place: Place) -> None:
    text = (place.home / ".gitconfig").read_text()
    (place.home / ".gitconfig").write_text(text.partition("[url ")[0])


def _other_certificate(place: Place) -> None:
    assert place.http is not None
    place.http.context = place.other


def _kill(place: Place) -> None:
    assert place.server is not None
    place.server.kill()


def _cut_down(place: Place) -> None:
    """What git answers ends in the middle of the pack, as an HTTP answer that is whole in itself."""
    place.answer(lambda request: request.from_git(limit=40_000))


def _broken_prompt(place: Place) -> None:
    place.origin.set_aside()
    place.origin.write({"prompts/support/refunds/4.yaml": "template: [\n"}, "A slip")


_SLOW = "did not answer (within|in time)"
_NO_GIT = "no git server"
_BROKEN = "the connection broke off"

MODES = (
    Mode(name="port closed", protocol="http", switch=lambda place: place.gate.refuse(), says="refuses connections"),  # type: ignore[union-attr]
    Mode(name="http hangs", protocol="http", switch=_wire("hang"), says=_SLOW, short=True),
    Mode(name="http hangs in the pack", protocol="http", switch=_wire("hang", 40_000), says=_SLOW, pack=True),
    Mode(name="http drips", protocol="http", switch=_wire("drip", 20), says=_SLOW),
    Mode(name="http is slow", protocol="http", switch=_wire("slow", 20_000), says=_SLOW, pack=True),
    Mode(
        name="http resets", protocol="http", switch=_wire("reset"), says=f"{_BROKEN}|it refuses connections", short=True
    ),
    Mode(name="http resets in the pack", protocol="http", switch=_wire("reset", 40_000), says=_BROKEN, pack=True),
    Mode(name="http closes early", protocol="http", switch=_wire("close", 100), says=f"{_BROKEN}|{_NO_GIT}"),
    Mode(name="http corrupts the pack", protocol="http", switch=_wire("corrupt", 40_000), says=_BROKEN, pack=True),
    Mode(name="http cuts the pack", protocol="http", switch=_cut_down, says=_BROKEN, pack=True),
    Mode(name="401 without a challenge", protocol="http", switch=_status(401), says="credentials"),
    Mode(
        name="401 that asks for a password",
        protocol="http",
        switch=_status(401, b"", WWW_Authenticate='Basic realm="prompts"'),
        says="credentials",
        short=True,
    ),
    Mode(name="password program hangs", protocol="http", switch=_password_program, says="credentials"),
    Mode(name="credential helper hangs", protocol="http", switch=_credential_helper, says=_SLOW),
    Mode(name="403", protocol="http", switch=_status(403, b"forbidden"), says="credentials"),
    Mode(name="404", protocol="http", switch=_status(404, b"no such page"), says="no such repository"),
    Mode(name="429", protocol="http", switch=_status(429, b"", Retry_After="60"), says="too many requests"),
    Mode(name="500", protocol="http", switch=_status(500, b"oops"), says="an error of its own"),
    Mode(name="503", protocol="http", switch=_status(503, b"maintenance"), says="an error of its own"),
    Mode(
        name="redirect to a login page",
        protocol="http",
        switch=_login_page,
        says=f"redirects to another place|{_NO_GIT}",
        short=True,
    ),
    Mode(
        name="login page",
        protocol="http",
        switch=_status(200, LOGIN, Content_Type="text/html"),
        says=_NO_GIT,
    ),
    Mode(name="redirect in a circle", protocol="http", switch=_redirect("{path}"), says="redirects to another place"),
    Mode(
        name="redirect to a file",
        protocol="http",
        switch=_redirect("file://{origin}/info/refs"),
        says="redirects to another place",
    ),
    Mode(
        name="redirect to a program",
        protocol="http",
        switch=_redirect("ext::sh -c touch% started"),
        says="redirects to another place|no such repository",
    ),
    Mode(name="garbage", protocol="http", switch=_advertisement(b"\x00\xff" * 400), says=f"{_NO_GIT}|{_BROKEN}"),
    Mode(name="empty answer", protocol="http", switch=_advertisement(b""), says=f"{_NO_GIT}|{_BROKEN}"),
    Mode(name="name unknown", protocol="name", switch=_unresolvable, says="name cannot be resolved"),
    Mode(name="certificate unknown", protocol="https", switch=_other_certificate, says="certificate is not trusted"),
    Mode(name="git daemon killed", protocol="git", switch=_kill, says=f"refuses connections|{_BROKEN}", short=True),
    Mode(name="git hangs", protocol="git", switch=_wire("hang"), says=_SLOW),
    Mode(name="git resets in the pack", protocol="git", switch=_wire("reset", 40_000), says=_BROKEN, pack=True),
    Mode(name="git corrupts the pack", protocol="git", switch=_wire("corrupt", 40_000), says=_BROKEN, pack=True),
    Mode(name="ssh hangs", protocol="ssh", switch=_wire("hang"), says=_SLOW),
    Mode(name="ssh hangs in the pack", protocol="ssh", switch=_wire("hang", 40_000), says=_SLOW, pack=True),
    Mode(name="ssh closes early", protocol="ssh", switch=_wire("close", 10), says=_BROKEN),
    Mode(name="sshd killed", protocol="ssh", switch=_kill, says=f"refuses connections|{_BROKEN}"),
    Mode(
        name="repository removed",
        protocol="file",
        switch=lambda place: place.origin.remove(),
        says="no such repository",
    ),
    Mode(
        name="repository removed behind http",
        protocol="http",
        switch=lambda place: place.origin.remove(),
        says="no such repository",
    ),
    Mode(
        name="repository empty",
        protocol="git",
        switch=lambda place: place.origin.empty(),
        says="no branch",
        answered=True,
    ),
    Mode(
        name="branch deleted",
        protocol="http",
        switch=lambda place: place.origin.delete_branch(),
        says="no branch main",
        answered=True,
    ),
    Mode(
        name="force-pushed",
        protocol="http",
        switch=lambda place: place.origin.force_push(),
        says="history was rewritten",
        short=True,
        answered=True,
    ),
    Mode(
        name="another repository",
        protocol="git",
        switch=lambda place: place.origin.replace(),
        says="history was rewritten",
        answered=True,
    ),
    Mode(
        name="broken prompt",
        protocol="file",
        switch=_broken_prompt,
        says=r"prompts/support/refunds/4\.yaml:\d",
        answered=True,
    ),
)
