"""The policies of `promptgit.yaml`, held against a changeset before it is written.

They bind whoever writes through promptgit: command line, Python, and what is built on them. Whoever commits by hand is bound by
review and by the server's hooks.
"""

from __future__ import annotations

import fnmatch
import time

from promptgit import document, layout, schema
from promptgit.aliases.file import parse_aliases
from promptgit.aliases.tags import parse_move
from promptgit.content import parse_notes
from promptgit.errors import InvalidDocumentError, PolicyError
from promptgit.gitrepo import fast_import
from promptgit.problems import Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from promptgit.aliases import AliasMove
    from promptgit.aliases.protocol import AliasBackend
    from promptgit.aliases.target import Target
    from promptgit.catalog import Catalog
    from promptgit.changeset import Changeset
    from promptgit.registry.views import Opened

_DAY_S = 86_400


def require_valid(catalog: Catalog) -> None:
    """Raise if `promptgit.yaml` is not valid: a rule with a slip in its name would bind nobody.

    Raises:
        InvalidDocumentError: with file, line and column.
    """
    data = catalog.files.read(layout.REGISTRY_FILE) or b""
    problems = schema.validate("promptgit", document.parse(data, layout.REGISTRY_FILE), data, layout.REGISTRY_FILE)
    if problems:
        raise InvalidDocumentError(problems)


def require(
    policies: Mapping[str, Any], changeset: Changeset, catalog: Catalog, backend: AliasBackend, opened: Opened
) -> None:
    """Raise if a changeset breaks a policy.

    Args:
        policies: of `promptgit.yaml` at the tip; what is left out restricts nothing.
        catalog, backend: the registry at the tip, before the change.

    Raises:
        PolicyError: with every reason.
    """
    if not policies:
        return
    problems = [*_contents(policies, changeset, catalog), *_moves(policies, changeset, catalog, backend, opened)]
    if problems:
        raise PolicyError(problems)


# --- versions and notes ---------------------------------------------------------------------------------------------


def _contents(policies: Mapping[str, Any], changeset: Changeset, catalog: Catalog) -> Iterator[Problem]:
    moved = any(content is None and _is_version(path) for path, content in changeset.writes.items())  # a rename
    for path, content in changeset.writes.items():
        at = layout.parse_path(path)
        if at is None or content is None:
            continue
        if at.version and path in changeset.creates:
            if not catalog.versions(at.name):
                yield from _naming(policies.get("naming", {}), at.name)
            if not moved:
                found = document.parse(content, path)
                yield from _model(policies.get("models", {}), found.get("model_config") or {}, path)
                yield from _reserved(policies.get("reserved_tags", ()), found.get("tags") or {}, path)
                yield from _required(policies.get("required", ()), changeset, catalog, at.name)
        elif at.file == layout.NOTES_FILE:
            before, after = _tags(catalog.files.read(path) or b"", path), _tags(content, path)
            changed = {key: after.get(key) for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
            yield from _reserved(policies.get("reserved_tags", ()), changed, path)


def _naming(naming: Mapping[str, Any], name: str) -> Iterator[Problem]:
    pattern, longest = naming.get("pattern"), naming.get("max_length", layout.MAX_NAME)
    if pattern and not fnmatch.fnmatchcase(name, pattern):
        yield _problem("naming", f"new prompts are called {pattern}, and {name} is not", layout.folder(name))
    if len(name) > longest:
        yield _problem("naming", f"{name} has {len(name)} characters, the limit is {longest}", layout.folder(name))


def _model(models: Mapping[str, Any], config: Mapping[str, Any], path: str) -> Iterator[Problem]:
    allowed, name = models.get("allowed"), config.get("model_name")
    if allowed is None or name is None:
        return
    names = [str(name), f"{config.get('provider', '')}/{name}"]
    if not any(fnmatch.fnmatchcase(known, pattern) for known in names for pattern in allowed):
        yield _problem("models", f"the model {name} is not allowed", path, f"Allowed are: {', '.join(allowed)}")


def _reserved(patterns: Sequence[str], tags: Mapping[str, Any], path: str) -> Iterator[Problem]:
    for key in sorted(tags):
        if any(fnmatch.fnmatchcase(key, pattern) for pattern in patterns):
            yield _problem("reserved-tags", f"the tag {key} is reserved for other tools", path)


def _required(fields: Sequence[str], changeset: Changeset, catalog: Catalog, name: str) -> Iterator[Problem]:
    path = layout.notes_path(name)
    given = changeset.writes.get(path)
    notes = parse_notes(given, path) if given else catalog.notes(name)
    there = {"description": notes.description, "owners": notes.owners}
    for field in fields:
        kind, _, key = field.partition(".")
        if not (notes.tags.get(key) if kind == "tags" else there.get(field)):
            yield _problem("required", f"{name} has no {field}", path, f"Every prompt says it in {path}.")


def _tags(data: bytes, path: str) -> dict[str, str | None]:
    """All tags of a prompt's notes: its own, and `N:KEY` for those of version N."""
    notes = parse_notes(data, path)
    found: dict[str, str | None] = dict(notes.tags)
    for note in notes.versions.values():
        found |= note.get("tags") or {}
    return found


def _is_version(path: str) -> bool:
    at = layout.parse_path(path)
    return at is not None and at.version is not None


# --- aliases --------------------------------------------------------------------------------------------------------


def _moves(
    policies: Mapping[str, Any], changeset: Changeset, catalog: Catalog, backend: AliasBackend, opened: Opened
) -> Iterator[Problem]:
    rules = policies.get("aliases", {})
    for name, alias, target in _moved(changeset, catalog):
        rule = rules.get(alias)
        if rule:
            past = _past(catalog, backend, opened, name)
            yield from _move(rule, name, alias, target, past, opened)


def _moved(changeset: Changeset, catalog: Catalog) -> Iterator[tuple[str, str, Target | None]]:
    """Prompt, alias and new target of each alias that a changeset moves. A rename moves none."""
    for path, content in changeset.writes.items():
        at = layout.parse_path(path)
        if at is None or at.file != layout.ALIASES_FILE or not catalog.versions(at.name):
            continue
        before, after = catalog.aliases(at.name), parse_aliases(content or b"", path)
        renamed = content is None and any(_is_version(other) for other in changeset.creates)
        for alias in sorted(() if renamed else before.keys() | after.keys()):
            if before.get(alias) != after.get(alias):
                yield at.name, alias, after.get(alias)
    for tag in changeset.tags:
        move = parse_move(tag.tag, tag.message)
        if move is not None and not changeset.creates:
            yield move


def _past(catalog: Catalog, backend: AliasBackend, opened: Opened, name: str) -> list[AliasMove]:
    names = (name, *catalog.notes(name).former_names)
    return backend.history(names, catalog.files.commit, opened.prefix)


def _move(
    rule: Mapping[str, Any], name: str, alias: str, target: Target | None, past: Sequence[AliasMove], opened: Opened
) -> Iterator[Problem]:
    path = layout.aliases_path(name)
    if rule.get("protected"):
        hint = f"Change {path} in a pull request, or have the policy changed."
        yield _problem("protected", f"{alias} is protected: it moves by reviewed commits alone", path, hint)
        return
    promoters = rule.get("promoters")
    if promoters is not None:
        mail = fast_import.identity(opened.repository()).rpartition("<")[2].rstrip(">")
        if mail.casefold() not in {promoter.casefold() for promoter in promoters}:
            yield _problem("promoters", f"{mail} may not move {alias}", path, f"Ask one of: {', '.join(promoters)}")
    had = {version for move in past if move.alias == alias and move.new for version in move.new.versions}
    for version in () if target is None else target.versions:
        if version not in had:  # going back to what it had before is always allowed
            yield from _stages(rule, name, alias, version, past, opened)


def _stages(
    rule: Mapping[str, Any], name: str, alias: str, version: int, past: Sequence[AliasMove], opened: Opened
) -> Iterator[Problem]:
    """The way that a version must have gone, and how long."""
    path, through, days = layout.aliases_path(name), rule.get("through"), rule.get("min_age_days", 0)
    since: float | None
    if through:
        times = [move.time for move in past if move.alias == through and move.new and version in move.new.versions]
        since = min(times, default=None)
        if since is None:
            hint = f"Run: promptgit alias set {name} {through} {version}"
            yield _problem(
                "through", f"version {version} of {name} was never {through}, as {alias} demands", path, hint
            )
            return
    else:
        origin = opened.provenance(None, name).get(version)
        since = origin.created_at.timestamp() if origin else None
    if days and since is not None and time.time() - since < days * _DAY_S:
        left = days - (time.time() - since) / _DAY_S
        what = f"has been {through}" if through else "is there"
        message = f"version {version} of {name} {what} for less than {days:g} days, as {alias} demands"
        yield _problem("min-age", message, path, f"It may move in {left:.1f} days.")


def _problem(code: str, message: str, path: str, hint: str = "") -> Problem:
    return Problem(code=f"policy-{code}", message=message, path=path, hint=hint)
