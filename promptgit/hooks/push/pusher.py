"""Who pushes, as the server has found out. A commit's author is whoever the pusher says, and proves nothing."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

KNOWN: tuple[tuple[str, ...], ...] = (
    ("PROMPTGIT_PUSHER",),  # set by whoever runs a plain server: in a forced command of sshd, or by a web server
    ("GL_USERNAME",),  # GitLab, https://docs.gitlab.com/administration/server_hooks/
    ("GITEA_PUSHER_NAME", "GITEA_PUSHER_EMAIL"),  # Gitea and Forgejo; no address if the user keeps it private
    ("GITHUB_USER_LOGIN",),  # GitHub Enterprise Server
    ("GL_USER",),  # Gitolite, https://gitolite.com/gitolite/dev-notes.html
    ("REMOTE_USER",),  # git http-backend, behind a web server that authenticates
)
"""Variables by which servers tell a hook who pushes. The first group of which the first is set counts."""


def names(environ: Mapping[str, str], variables: Sequence[str] = ()) -> tuple[str, ...]:
    """Names and addresses of whoever pushes; none if the server does not say.

    Args:
        variables: where to look instead of `KNOWN`; all that are set count.
    """
    if variables:
        return _values(environ, variables)
    return next((_values(environ, group) for group in KNOWN if environ.get(group[0])), ())


def _values(environ: Mapping[str, str], variables: Sequence[str]) -> tuple[str, ...]:
    return tuple(value for variable in variables if (value := environ.get(variable, "").strip()))
