"""Git servers on loopback, all real: git's daemon, its smart HTTP backend, sshd. Each is a context manager that ends and joins
everything it started; each takes a free port.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import signal
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from processes import children, eventually

SSHD = "/usr/sbin/sshd"
START_S = 20.0


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def listens(port: int) -> bool:
    """Whether somebody takes connections there."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def clean_environment() -> dict[str, str]:
    """The environment of a server: nothing of the code under test is in it."""
    return {key: value for key, value in os.environ.items() if not key.startswith(("PROMPTGIT_", "GIT_"))} | {
        "GIT_CONFIG_NOSYSTEM": "1"
    }


class Server:
    """A server that is a process.

    Attributes:
        port: where it listens on 127.0.0.1.
    """

    def __init__(self, line: list[str], port: int) -> None:
        self.port = port
        self._line = line
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it (again), on the same port."""
        self._process = subprocess.Popen(
            self._line,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=clean_environment(),
            start_new_session=True,
        )
        eventually(lambda: listens(self.port), START_S, f"{self._line[0]} listening")

    def kill(self) -> None:
        """End it and what it started, at once."""
        if self._process is not None:
            descendants = children(self._process.pid)
            for pid in (self._process.pid, *descendants):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self._process.wait()
            self._process = None


@contextmanager
def git_daemon(base: Path) -> Iterator[Server]:
    """`git daemon` over the repositories in a folder: git://127.0.0.1:PORT/NAME."""
    exec_path = subprocess.run(["git", "--exec-path"], capture_output=True, text=True, check=True).stdout.strip()
    port = free_port()
    options = ["--reuseaddr", "--export-all", "--listen=127.0.0.1", f"--port={port}", f"--base-path={base}"]
    server = Server([f"{exec_path}/git-daemon", *options, str(base)], port)
    server.start()
    try:
        yield server
    finally:
        server.kill()


class Ssh(Server):
    """An sshd. `command` is what GIT_SSH_COMMAND must be to be let in."""

    command = ""


@contextmanager
def sshd(folder: Path) -> Iterator[Ssh]:
    """An sshd with keys made on the spot, for the user that runs the tests: ssh://127.0.0.1:PORT/PATH.

    Raises:
        OSError: sshd is not here, or cannot be started by this user.
    """
    prefix = _sshd_prefix()
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True)
    shutil.copy(folder / "user.pub", folder / "authorized")
    server = Ssh([], free_port())
    (folder / "sshd_config").write_text(
        f"ListenAddress 127.0.0.1\nPort {server.port}\nHostKey {folder}/host\nAuthorizedKeysFile {folder}/authorized\n"
        "PidFile none\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n"
        "PermitRootLogin yes\nMaxStartups 100\n"
    )
    host_key = (folder / "host.pub").read_text()
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{server.port} {host_key}")
    server.command = (
        f"ssh -F none -i {folder}/user -l {getpass.getuser()} -oBatchMode=yes -oIdentitiesOnly=yes -oConnectTimeout=10 "
        f"-oStrictHostKeyChecking=yes -oUserKnownHostsFile={folder}/known_hosts"
    )
    server._line = [*prefix, SSHD, "-D", "-e", "-f", str(folder / "sshd_config")]
    server.start()
    try:
        yield server
    finally:
        server.kill()


def _sshd_prefix() -> list[str]:
    """What to start sshd with: as root it wants /run/sshd, which is made in a mount namespace of its own if it is not there."""
    if not os.access(SSHD, os.X_OK) or not shutil.which("ssh-keygen"):
        raise OSError("sshd is not installed")
    if os.geteuid() != 0 or os.path.isdir("/run/sshd"):
        return []
    prefix = ["unshare", "-m", "sh", "-c", 'mount -t tmpfs tmpfs /run && mkdir /run/sshd && exec "$@"', "sh"]
    if not shutil.which("unshare") or subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode:
        raise OSError("sshd has no /run/sshd")
    return prefix


class GitHttp(ThreadingHTTPServer):
    """Git's smart HTTP protocol through `git http-backend`.

    Args:
        base: the folder with the repositories.
        context: for https.

    Attributes:
        answer: called with each request instead of git, if it is set.
        requests: the request lines seen, with what was sent as Authorization.
        context: TLS, exchangeable while it runs; None for plain HTTP.
    """

    daemon_threads = False  # so that `server_close` waits for them
    request_queue_size = 64

    def __init__(self, base: Path, context: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), GitHandler)
        self.base = base
        self.context = context
        self.answer: Callable[[GitHandler], None] | None = None
        self.requests: list[tuple[str, str]] = []

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is what these tests are about."""

    def finish_request(self, request: socket.socket | tuple[bytes, socket.socket], client_address: object) -> None:
        """Speak TLS where it is set, in the connection's own thread."""
        assert isinstance(request, socket.socket)
        if self.context is not None:
            request = self.context.wrap_socket(request, server_side=True)
        super().finish_request(request, client_address)
        if isinstance(request, ssl.SSLSocket):
            request.close()


class GitHandler(BaseHTTPRequestHandler):
    """CGI by hand: chunked bodies are put together, gzipped ones are left to git."""

    server: GitHttp
    protocol_version = "HTTP/1.1"
    timeout = 30

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""

    def do_GET(self) -> None:
        """Answer a request."""
        self.server.requests.append((self.requestline, self.headers.get("Authorization", "")))
        self.body = self._read_body()
        if self.server.answer is not None:
            self.server.answer(self)
        else:
            self.from_git()

    do_POST = do_GET  # noqa: N815

    def send(self, code: int, body: bytes, **headers: str) -> None:
        """Send a whole answer."""
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def from_git(self, limit: int | None = None) -> None:
        """Send what git answers, cut to a number of bytes."""
        path, _, query = self.path.partition("?")
        env = clean_environment() | {
            "GIT_PROJECT_ROOT": str(self.server.base),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(self.body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "REMOTE_ADDR": "127.0.0.1",
            "SERVER_PROTOCOL": "HTTP/1.1",
        }
        line = ["git", "-c", "safe.directory=*", "http-backend"]
        done = subprocess.run(line, input=self.body, env=env, capture_output=True, check=False)
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        headers = dict(row.split(": ", 1) for row in head.decode("latin-1").split("\r\n") if ": " in row)
        self.send(int(headers.pop("Status", "200")[:3]), body[:limit], **headers)

    def _read_body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body


@contextmanager
def git_http(base: Path, context: ssl.SSLContext | None = None) -> Iterator[GitHttp]:
    """Smart HTTP over the repositories in a folder: http://127.0.0.1:PORT/NAME."""
    with GitHttp(base, context) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def certificate(folder: Path, name: str) -> Path:
    """A new self-signed certificate for 127.0.0.1, with its key in the same file.

    Raises:
        OSError: there is no openssl to make it.
    """
    if not shutil.which("openssl"):
        raise OSError("openssl is not installed")
    made, key = folder / f"{name}.pem", folder / f"{name}.key"
    line = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=127.0.0.1",
    ]
    more = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(made)]
    subprocess.run([*line, *more], check=True, capture_output=True)
    made.write_text(made.read_text() + key.read_text())
    return made


def tls(pem: Path) -> ssl.SSLContext:
    """TLS with a certificate of `certificate`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context
