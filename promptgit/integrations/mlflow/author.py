"""Who wrote a commit that came through MLflow. Who commits is git's identity of the process that has the registry.

In a script that is its user, and there is nothing to add. At a server the author is who signed in with MLflow's basic
authentication, or whom the version's tag `mlflow.user` names. That is a claim for readers of the log: no policy asks for it.
"""

from __future__ import annotations

import re
import sys

from mlflow.utils.mlflow_tags import MLFLOW_USER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

DOMAIN = "mlflow"
_MAX = 128
_ADDRESS = re.compile(r"[^\s<>@]+@[^\s<>@]+\Z")


def author(tags: Mapping[str, str]) -> dict[str, str]:
    """GIT_AUTHOR_NAME and GIT_AUTHOR_EMAIL; empty where nobody but git's identity is known.

    Args:
        tags: of the version that is made.
    """
    user = _clean(_signed_in() or tags.get(MLFLOW_USER) or "")
    if not user:
        return {}
    address = (
        user if _ADDRESS.match(user) else f"{re.sub(r'[^A-Za-z0-9._+-]+', '-', user).strip('-.') or 'user'}@{DOMAIN}"
    )
    return {"GIT_AUTHOR_NAME": user, "GIT_AUTHOR_EMAIL": address}


def _signed_in() -> str | None:
    """Who sent the request that is being answered, if MLflow's basic authentication has checked it."""
    if "mlflow.server.auth" not in sys.modules:
        return None
    flask = sys.modules["flask"]  # in which it runs
    given = flask.request.authorization if flask.has_request_context() else None
    return given.username if given is not None else None


def _clean(user: str) -> str:
    """A name that git takes and a terminal survives."""
    shown = "".join(character for character in user if character.isprintable() and character not in "<>")
    return " ".join(shown.split())[:_MAX].strip(" .,:;\"'\\")
