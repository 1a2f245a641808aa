"""Who wants to know what is loaded and what is refreshed: monitoring, logs, tests.

    promptgit.on_load(lambda prompt, registry: metrics.increment(prompt.uri))

Observers are called in the thread that loads, for hot loads too. One that raises is logged and never breaks a load.
"""

from __future__ import annotations

import sys

from promptgit.errors import PromptGitError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from promptgit.model import PromptVersion
    from promptgit.registry.registry import Registry

    LoadObserver = Callable[[PromptVersion, Registry], object]
    RefreshObserver = Callable[[Registry | None, float, Exception | None], object]

loads: list[LoadObserver] = []
refreshes: list[RefreshObserver] = []

_waiting = {"mlflow": "promptgit.integrations.mlflow_tracing"}  # library -> what starts by itself once it is imported
_failures: dict[int, int] = {}  # id of an observer -> how often it failed


def on_load(callback: LoadObserver) -> Callable[[], None]:
    """Call `callback(prompt, registry)` after every load of every registry in this process.

    It runs before `load` returns: what takes longer than a few microseconds belongs in a queue.

    Args:
        callback: gets the `PromptVersion` (`resolved_from`, `variant` and `resolved_at` say how it was found; its `version`
            is 0 if it is a `fallback=`) and the `Registry`.

    Returns:
        A function that takes the callback away again.
    """
    return _add(loads, callback)


def on_refresh(callback: RefreshObserver) -> Callable[[], None]:
    """Call `callback(registry, seconds, error)` after every refresh of every registry that follows a remote.

    It runs in the thread that refreshed.

    Args:
        callback: gets the `Registry` (None if nobody holds it any more, or it is still being opened), how long the refresh
            took in seconds, and the error or None.

    Returns:
        A function that takes the callback away again.
    """
    return _add(refreshes, callback)


def tell(observers: Sequence[Callable[..., object]], *values: Any) -> None:
    """Call each observer. What one raises is logged."""
    for observer in tuple(observers):
        try:
            observer(*values)
        except Exception:  # noqa: BLE001 - whatever an observer does, the prompt is served
            _failed(observer)


def log_loads(level: int | str = "INFO") -> Callable[[], None]:
    """Log every load on the logger `promptgit.load`: URI, alias, variant, commit; also as `extra` fields.

    Args:
        level: of the records: a number, or a name such as `DEBUG`.

    Returns:
        A function that ends it.

    Raises:
        PromptGitError: `logging` has no such level.
    """
    import logging

    logger = logging.getLogger("promptgit.load")
    number = level if isinstance(level, int) else logging.getLevelNamesMapping().get(level.upper())
    if number is None:
        raise PromptGitError(f"logging has no level {level!r}", hint="Give one such as INFO or DEBUG, or a number.")

    def log(prompt: PromptVersion, registry: Registry) -> None:
        if not logger.isEnabledFor(number):
            return
        found = {"alias": prompt.resolved_from, "variant": prompt.variant, "commit": prompt.resolved_at}
        told = "".join(f" {name}={value}" for name, value in found.items() if value)
        fields = {"prompt_name": prompt.name, "prompt_version": prompt.version}
        fields |= {f"prompt_{name}": value for name, value in found.items()}
        what = "" if prompt.version else "the fallback of "
        logger.log(number, "loaded %s%s%s", what, prompt.uri, told, extra=fields)

    return on_load(log)


def autostart() -> None:
    """Start each integration whose library the application has imported, once. It costs a look into `sys.modules`.

    Integrations stand above the registry, which therefore knows them only by name.
    """
    for library, integration in tuple(_waiting.items()):
        spec = getattr(sys.modules.get(library), "__spec__", None)
        if spec is None or getattr(spec, "_initializing", False):
            continue  # not imported, or only half so far
        if _waiting.pop(library, None) is not None:
            import importlib

            importlib.import_module(integration).autolink()


def _add(observers: list[Any], callback: Callable[..., object]) -> Callable[[], None]:
    observers.append(callback)
    added = True

    def remove() -> None:
        nonlocal added
        if added and callback in observers:
            observers.remove(callback)
        added = False

    return remove


def _failed(observer: Callable[..., object]) -> None:
    """Log the exception of an observer: its 1st, 10th, 100th …, as it may fail with every load."""
    import logging

    count = _failures[id(observer)] = _failures.get(id(observer), 0) + 1
    if str(count).strip("0") == "1":
        logging.getLogger("promptgit").exception("an observer failed (%d times so far): %r", count, observer)
