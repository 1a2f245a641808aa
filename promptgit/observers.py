"""Who wants to know what is loaded and what is refreshed: monitoring, logs, tests.

    promptgit.on_load(lambda prompt, registry: metrics.increment(prompt.uri))

Observers are called in the thread that loads, for hot loads too. One that raises is logged and never breaks a load.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from promptgit.model import PromptVersion

    LoadObserver = Callable[[PromptVersion, Any], None]
    RefreshObserver = Callable[[Any, float, Exception | None], None]

loads: list[LoadObserver] = []
refreshes: list[RefreshObserver] = []


def on_load(callback: LoadObserver) -> Callable[[], None]:
    """Call `callback(prompt, registry)` after every load of every registry in this process.

    Args:
        callback: gets the `PromptVersion` (`resolved_from`, `variant` and `resolved_at` say how it was found) and the
            `Registry`.

    Returns:
        A function that takes the callback away again.
    """
    return _add(loads, callback)


def on_refresh(callback: RefreshObserver) -> Callable[[], None]:
    """Call `callback(registry, seconds, error)` after every refresh of every registry that follows a remote.

    Args:
        callback: gets the `Registry`, how long it took in seconds, and the error or None.

    Returns:
        A function that takes the callback away again.
    """
    return _add(refreshes, callback)


def tell(observers: list[Any], *values: Any) -> None:
    """Call each observer. What one raises is logged."""
    for observer in tuple(observers):
        try:
            observer(*values)
        except Exception:  # whatever an observer does, the prompt is served
            import logging

            logging.getLogger("promptgit").exception("an observer failed: %r", observer)


def log_loads(level: int | str = "INFO") -> Callable[[], None]:
    """Log every load on the logger `promptgit.load`: URI, alias, variant, commit; also as `extra` fields.

    Returns:
        A function that ends it.
    """
    import logging

    logger = logging.getLogger("promptgit.load")
    number = level if isinstance(level, int) else logging.getLevelNamesMapping()[level.upper()]

    def log(prompt: PromptVersion, registry: Any) -> None:
        fields = {
            "prompt_name": prompt.name,
            "prompt_version": prompt.version,
            "prompt_alias": prompt.resolved_from,
            "prompt_variant": prompt.variant,
            "prompt_commit": prompt.resolved_at,
        }
        told = "".join(f" {key.removeprefix('prompt_')}={value}" for key, value in list(fields.items())[2:] if value)
        logger.log(number, "loaded %s%s", prompt.uri, told, extra=fields)

    return on_load(log)


def _add(observers: list[Any], callback: Any) -> Callable[[], None]:
    observers.append(callback)

    def remove() -> None:
        if callback in observers:
            observers.remove(callback)

    return remove
