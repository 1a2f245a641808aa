"""Git against a remote: no prompts, no hanging connections, an answer by the deadline, and a sentence for what went wrong."""

from __future__ import annotations

import base64
import os
import re
import signal

from promptgit.errors import GitError, RemoteUnavailableError
from promptgit.gitrepo.run import Completed, DeadlineError, failure
from promptgit.sanitise import sanitise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from promptgit.gitrepo.repository import GitRepository

DEADLINE_S = 60.0
_SSH = "ssh -oBatchMode=yes -oConnectTimeout=10 -oServerAliveInterval=5 -oServerAliveCountMax=3"
# The connect and transfer limits end a git whose promptgit was killed before it could end it itself.
_OPTIONS = ("-c", "http.lowSpeedLimit=1", "-c", "http.lowSpeedTime=20")

_LOGIN = "For https set PROMPTGIT_TOKEN or a credential helper; for ssh load the key into the agent, or name it in its config."
_BROKEN = ("the connection broke off", "Try again.")
# what git, curl or ssh prints -> what it means, and what to do
_CAUSES: tuple[tuple[str, str, str], ...] = (
    (
        "could not resolve|name or service not known|unable to look up",
        "its name cannot be resolved",
        "Check the URL and DNS.",
    ),
    (
        "connection refused|couldn't connect to server",
        "it refuses connections",
        "Check the URL and the port; the server may be down.",
    ),
    (
        "host key verification failed",
        "its ssh host key is not known",
        "Compare it, then add it: ssh-keyscan [-p PORT] HOST >> ~/.ssh/known_hosts",
    ),
    (
        "dubious ownership",
        "it belongs to another user",
        "If you trust it: git config --global --add safe.directory PATH",
    ),
    (
        r"authentication failed|could not read (username|password)|terminal prompts disabled|permission denied \(|"
        r"returned error: 40[13]|invalid username or password|http basic: access denied",
        "it asks for credentials, or refuses those it got",
        _LOGIN,
    ),
    (
        r"returned error: 404|repository .*not found|repository not exported|does not appear to be a git repository|"
        r"no such file or directory|does not exist",
        "there is no such repository, or these credentials do not show it",
        f"Check the URL. {_LOGIN}",
    ),
    (r"returned error: 429", "it has had too many requests", "Refresh less often."),
    (r"returned error: 5\d\d", "it answers with an error of its own", "Its status page may say more."),
    (
        r"certificate|ssl|tls",
        "its certificate is not trusted, or the encryption failed",
        "See http.sslCAInfo in git-config(1).",
    ),
    ("redirect|protocol .* not supported|transport .* not allowed", "it redirects to another place", "Check the URL."),
    (
        "not valid: is this a git repository|unexpected content-type|invalid content",
        "what answers is no git server",
        "Check the URL.",
    ),
    ("timed out|too slow|less than 1 bytes", "it did not answer in time", "Check the network."),
    (
        r"reset by peer|early eof|hung up|disconnect|rpc failed|broken pipe|empty reply|closed by|protocol error|bad pack|"
        r"index-pack|unpack|invalid index|recv failure|transfer closed|failed to connect|unable to connect|network is",
        *_BROKEN,
    ),
    ("could not read from remote|unable to access", "git cannot read from it", "Check the URL and the network."),
)


def network(
    repository: GitRepository,
    args: Sequence[str],
    *,
    check: bool = True,
    deadline: float = DEADLINE_S,
    url: str | None = None,
) -> Completed:
    """Run git against a remote.

    Args:
        check: raise for any exit code but 0; else only if the remote could not be talked to.
        deadline: seconds.
        url: the one that is talked to; `repository.remote_url` if None. Where it is known, no other protocol is spoken,
            whatever the server redirects to, and PROMPTGIT_TOKEN goes with it if it is an https URL.

    Raises:
        RemoteUnavailableError: it did not answer, or refused.
        GitError: git failed here: the disk is full, say.
    """
    url = repository.remote_url if url is None else url
    env = {}
    if not {"GIT_SSH", "GIT_SSH_COMMAND"} & os.environ.keys():
        own = repository.git(["config", "--get", "core.sshCommand"], accept=(0, 1)).text
        env["GIT_SSH_COMMAND"] = own or _SSH
    if url:
        scheme = url.partition("://")[0] if "://" in url else "ssh"
        env["GIT_ALLOW_PROTOCOL"] = scheme
        env |= _credentials(url, scheme)
    shown = f"the remote {sanitise(url)}" if url else "the remote"
    try:
        done = repository.git([*_OPTIONS, *args], env=env, deadline=deadline, accept=range(-64, 256))
    except DeadlineError as error:
        raise RemoteUnavailableError(
            f"{shown} did not answer within {deadline:.3g} s",
            stderr=error.stderr,
            hint="Check the network; or allow more time.",
        ) from None
    if done.code:
        if not is_ours(done) and (cause := _cause(done)):
            what, hint = cause
            raise RemoteUnavailableError(f"{shown} cannot be reached: {what}", stderr=done.err, hint=hint)
        if check:
            raise failure(done)
    return done


def is_ours(done: Completed) -> bool:
    """Whether git failed here: a full disk, a file size limit, a process that was killed."""
    return bool(
        (done.code < 0 and done.code != -signal.SIGPIPE)
        or re.search("no space left|quota exceeded|file too large|read-only file|died of signal", done.err, re.I)
    )


def _cause(done: Completed) -> tuple[str, str] | None:
    """What kept git from the remote, or None if the two did talk: then the remote refused a ref, say."""
    if any(line.startswith("!") for line in done.text.splitlines()):
        return None
    if done.code == -signal.SIGPIPE:
        return _BROKEN
    said = "\n".join(line for line in done.err.splitlines() if not line.startswith("remote:"))  # anybody's words
    for pattern, what, hint in _CAUSES:
        if re.search(pattern, said, re.IGNORECASE):
            return what, hint
    return None


def _credentials(url: str, scheme: str) -> dict[str, str]:
    """PROMPTGIT_TOKEN as git configuration in the environment, for this server only: no command line or file shows it."""
    token = os.environ.get("PROMPTGIT_TOKEN", "")
    if not token or scheme != "https":
        return {}
    if any(ord(character) < 33 for character in token):
        raise GitError("PROMPTGIT_TOKEN holds spaces or control characters", hint="Set it anew, without a newline.")
    user = os.environ.get("PROMPTGIT_USERNAME") or "x-access-token"
    basic = base64.b64encode(f"{user}:{token}".encode()).decode()
    server = "/".join(url.split("/")[:3])
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"http.{server}/.extraHeader",
        "GIT_CONFIG_VALUE_0": f"Authorization: Basic {basic}",
    }
