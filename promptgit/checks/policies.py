"""The policies of `promptgit.yaml`, held against a changeset.

Three ask: whoever writes through promptgit (command line, Python, and what is built on them), before anything is
written; the checks of a change that is proposed; and the server's hook, for what is pushed. They differ in who may
move an alias that is protected or has promoters: see `Facts.way`.
"""

from __future__ import annotations

import fnmatch
import time

from promptgit import document, layout, schema
from promptgit.aliases.file import parse_aliases
from promptgit.aliases.tags import parse_move
from promptgit.config import MUTABLE
from promptgit.content import parse_notes
from promptgit.errors import InvalidDocumentError, PolicyError
from promptgit.problems import ERROR, WARNING, Problem
from promptgit.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from promptgit.aliases import AliasMove
    from promptgit.aliases.protocol import AliasHistory
    from promptgit.aliases.target import Target
    from promptgit.catalog import Catalog
    from promptgit.changeset import Changeset
    from promptgit.content import Notes

    _Found = tuple[Sequence[str], Problem]  # the way to what is at fault, empty if that is no one place

_DAY_S = 86_400
DIRECT, PROPOSED, PUSHED = "direct", "proposed", "pushed"


class Facts(Record):
    """What the rules need to know besides the change.

    Attributes:
        way: `direct`: it is written by a command, and a protected alias does not move so. `proposed`: people will review it,
            and are told who has to agree, as a warning. `pushed`: at the server only promoters move such an alias.
        who: names and addresses of whoever makes the change; asked for only if a rule needs it.
        added: prompt -> version -> when it was committed, in seconds since the epoch.
        prefix: the registry's folder in its repository.
    """

    way: str
    who: Callable[[], Sequence[str]]
    added: Callable[[str], Mapping[int, float]]
    prefix: str = ""


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
    policies: Mapping[str, Any], changeset: Changeset, catalog: Catalog, past: AliasHistory, facts: Facts
) -> None:
    """Raise if a changeset breaks a policy.

    Args:
        policies: of `promptgit.yaml` at the tip; what is left out restricts nothing.
        catalog, past: the registry at the tip, before the change.

    Raises:
        PolicyError: with every reason.
    """
    problems = [problem for problem in broken(policies, changeset, catalog, past, facts) if problem.severity == ERROR]
    if problems:
        raise PolicyError(problems)


def broken(
    policies: Mapping[str, Any], changeset: Changeset, catalog: Catalog, past: AliasHistory, facts: Facts
) -> Iterator[Problem]:
    """What a changeset breaks; see `require`."""
    yield from _settings(policies, changeset, catalog, facts)
    if policies:
        found = (*_contents(policies, changeset, catalog), *_moves(policies, changeset, catalog, past, facts))
        # whoever registers or moves something directly sees no file
        yield from (
            problem if facts.way == DIRECT or not keys else _at(problem, changeset, keys) for keys, problem in found
        )


# --- versions and notes ---------------------------------------------------------------------------------------------


def _contents(policies: Mapping[str, Any], changeset: Changeset, catalog: Catalog) -> Iterator[_Found]:
    for name in sorted(_new(changeset, catalog)):
        yield from (([], problem) for problem in _naming(policies.get("naming", {}), name))
    heirs = _renamed(changeset, catalog)
    for path, content in changeset.writes.items():
        at = layout.parse_path(path)
        if at is None:
            continue
        if at.version and content is not None and path in changeset.creates:
            if at.name not in heirs or at.version not in catalog.versions(heirs[at.name]):
                found = document.parse(content, path)
                for problem in _model(policies.get("models", {}), found.get("model_config") or {}, path):
                    yield ["model_config", "model_name"], problem
                for problem in _reserved(policies.get("reserved_tags", ()), found.get("tags") or {}, path):
                    yield ["tags"], problem
                given = changeset.writes.get(layout.notes_path(at.name))
                notes = parse_notes(given, path) if given else catalog.notes(at.name)
                yield from (([], problem) for problem in lacking(policies.get("required", ()), at.name, notes))
        elif at.file == layout.NOTES_FILE and at.name not in heirs.values():
            changed = _retagged(at.name, heirs.get(at.name, at.name), changeset, catalog)
            yield from (([], problem) for problem in _reserved(policies.get("reserved_tags", ()), changed, path))


def _settings(policies: Mapping[str, Any], changeset: Changeset, catalog: Catalog, facts: Facts) -> Iterator[Problem]:
    """Versions that get another model_config, and with it whatever alias leads to them something else to serve.

    It is the only rule that holds where none is written: what was reviewed and promoted stays what it was.
    """
    rules = policies.get("aliases", {})
    for path, name, version, note in _retuned(changeset, catalog):
        if policies.get("model_config") != MUTABLE:
            message = f"the model_config of version {version} of {name} is frozen"
            hint = "Register a new version with it and move the alias, or have the policy model_config: mutable."
            line, column = _place_of(changeset.writes[path], version) if "model_config" in note else (0, 0)
            yield _problem("model-config", message, path, hint).replace(line=line, column=column)
        yield from _model(policies.get("models", {}), note.get("model_config") or {}, path)
        for alias, target in sorted(catalog.aliases(name).items()):
            if alias in rules and version in target.versions:
                for problem in _permission(rules[alias], name, alias, facts, path):
                    yield problem.replace(message=f"{problem.message}, and version {version} is what it leads to")


def _retuned(changeset: Changeset, catalog: Catalog) -> Iterator[tuple[str, str, int, Mapping[str, Any]]]:
    """Path, prompt, version and new note of each version of which a changeset says another model_config."""
    heirs = _renamed(changeset, catalog)
    for path, content in changeset.writes.items():
        at = layout.parse_path(path)
        if at is None or at.file != layout.NOTES_FILE:
            continue
        before = catalog.notes(heirs.get(at.name, at.name)).versions
        after = parse_notes(content, path).versions if content else {}
        for version in sorted(before.keys() | after.keys()):
            note = after.get(version, {})
            is_gone = "deleted" in note or changeset.writes.get(layout.version_path(at.name, version), b"") is None
            # that a note says nothing is different from that it says null: there is none
            if not is_gone and before.get(version, {}).get("model_config", ...) != note.get("model_config", ...):
                yield path, at.name, version, note


def _at(problem: Problem, changeset: Changeset, keys: Sequence[str]) -> Problem:
    """The problem with the place of a key, as far as the file has it after the change."""
    line, column = document.locate(changeset.writes.get(problem.path) or b"", keys, key=True)
    placed: Problem = problem.replace(line=line, column=column)
    return placed


def _place_of(content: bytes | None, version: int) -> tuple[int, int]:
    return document.locate(content or b"", ["versions", str(version), "model_config"])


def _new(changeset: Changeset, catalog: Catalog) -> set[str]:
    """The prompts that a changeset makes, with a first version or without one."""
    places = [layout.parse_path(path) for path in changeset.creates if changeset.writes.get(path) is not None]
    return {at.name for at in places if at is not None and not catalog.versions(at.name)}


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


def _reserved(patterns: Sequence[str], tags: Iterable[str], path: str) -> Iterator[Problem]:
    for key in sorted(tags):
        if any(fnmatch.fnmatchcase(key, pattern) for pattern in patterns):
            yield _problem("reserved-tags", f"the tag {key} is reserved for other tools", path)


def lacking(fields: Sequence[str], name: str, notes: Notes) -> Iterator[Problem]:
    """The fields of `policies.required` that a prompt does not have."""
    path = layout.notes_path(name)
    there = {"description": notes.description, "owners": notes.owners}
    for field in fields:
        kind, _, key = field.partition(".")
        if not (notes.tags.get(key) if kind == "tags" else there.get(field)):
            hint = f"Every prompt says it in {path}; a new one before its first version."
            yield _problem("required", f"{name} has no {field}", path, hint)


def _retagged(name: str, before: str, changeset: Changeset, catalog: Catalog) -> set[str]:
    """Keys of the tags that a changeset sets, or takes away from what stays.

    Args:
        name, before: of the prompt, after the change and before it.
    """
    path, held = layout.notes_path(name), set(catalog.versions(before))
    content = changeset.writes[path]
    old, new = _tags(catalog.notes(before)), _tags(parse_notes(content or b"", path))
    gone = {version for version in held if changeset.writes.get(layout.version_path(name, version), b"") is None}
    if gone == held and (held or content is None):
        gone.add(0)
    changed = {place for place in old.keys() | new.keys() if old.get(place) != new.get(place)}
    return {key for version, key in changed if (version, key) in new or version not in gone}


def _tags(notes: Notes) -> dict[tuple[int, str], Any]:
    """All tags that notes hold, by version and key; the prompt's own are those of 0."""
    found: dict[tuple[int, str], Any] = {(0, key): value for key, value in notes.tags.items()}
    for version, note in notes.versions.items():
        found |= {(version, key): value for key, value in (note.get("tags") or {}).items()}
    return found


# --- aliases --------------------------------------------------------------------------------------------------------


def _moves(
    policies: Mapping[str, Any], changeset: Changeset, catalog: Catalog, past: AliasHistory, facts: Facts
) -> Iterator[_Found]:
    rules = policies.get("aliases", {})
    for name, alias, target in _moved(changeset, catalog):
        rule = rules.get(alias)
        keys = [alias] if target is not None else []
        if rule:
            for problem in _permission(rule, name, alias, facts, layout.aliases_path(name)):
                yield keys, problem
        if rule and (rule.get("through") or rule.get("min_age_days")):
            names = (name, *catalog.notes(name).former_names)
            moves = past.history(names, catalog.files.commit, facts.prefix)
            had = {version for move in moves if move.alias == alias and move.new for version in move.new.versions}
            for version in () if target is None else target.versions:
                if version not in had:  # going back to what it had before is always allowed
                    for problem in _stages(rule, name, alias, version, moves, facts):
                        yield keys, problem


def _moved(changeset: Changeset, catalog: Catalog) -> Iterator[tuple[str, str, Target | None]]:
    """Prompt, alias and new target of each alias that a changeset moves. A rename moves none."""
    heirs = _renamed(changeset, catalog)
    for path, content in changeset.writes.items():
        at = layout.parse_path(path)
        if at is None or at.file != layout.ALIASES_FILE or at.name in heirs.values():
            continue
        before, after = catalog.aliases(heirs.get(at.name, at.name)), parse_aliases(content or b"", path)
        for alias in sorted(before.keys() | after.keys()):
            if before.get(alias) != after.get(alias):
                yield at.name, alias, after.get(alias)
    for tag in changeset.tags:
        move = parse_move(tag.tag, tag.message)
        if move is not None and move[0] not in heirs and move[0] not in heirs.values():
            yield move


def _renamed(changeset: Changeset, catalog: Catalog) -> dict[str, str]:
    """New name -> old name of the prompts that a changeset renames: `prompt.yaml` says so, and the old versions go."""
    found = {}
    for path, content in changeset.writes.items():
        at = layout.parse_path(path)
        if at is None or at.file != layout.NOTES_FILE or content is None:
            continue
        for old in parse_notes(content, path).former_names[-1:]:
            versions = [layout.version_path(old, version) for version in catalog.versions(old)]
            if versions and all(changeset.writes.get(gone, b"") is None for gone in versions):
                found[at.name] = old
    return found


def _permission(rule: Mapping[str, Any], name: str, alias: str, facts: Facts, path: str) -> Iterator[Problem]:
    """Whether whoever makes the change may decide what the alias serves.

    Args:
        path: the file that the change is in.
    """
    promoters = rule.get("promoters") or []
    if not rule.get("protected") and not promoters:
        return
    if facts.way == PROPOSED:
        who = f"Somebody of these has to agree: {', '.join(promoters)}" if promoters else "It needs a review."
        message = f"{alias} of {name} is protected: it moves by reviewed commits alone"
        yield _problem("protected", message, path, who, severity=WARNING)
    elif rule.get("protected") and (facts.way == DIRECT or not promoters):
        hint = f"Change {path} in a pull request, or have the policy changed."
        yield _problem("protected", f"{alias} is protected: it moves by reviewed commits alone", path, hint)
    else:
        names = facts.who()
        if not {name.casefold() for name in names} & {promoter.casefold() for promoter in promoters}:
            message = f"{next(iter(names), 'whoever made it')} may not move {alias}"
            yield _problem("promoters", message, path, f"Ask one of: {', '.join(promoters)}")


def _stages(
    rule: Mapping[str, Any], name: str, alias: str, version: int, moves: Sequence[AliasMove], facts: Facts
) -> Iterator[Problem]:
    """The way that a version must have gone, and how long."""
    path, through, days = layout.aliases_path(name), rule.get("through"), rule.get("min_age_days", 0)
    since: float | None
    if through:
        times = [move.time for move in moves if move.alias == through and move.new and version in move.new.versions]
        since = min(times, default=None)
        if since is None:
            hint = f"Run: promptgit alias set {name} {through} {version} -m WHY"
            yield _problem(
                "through", f"version {version} of {name} was never {through}, as {alias} demands", path, hint
            )
            return
    elif days:
        since = facts.added(name).get(version)
        since = time.time() if since is None else since  # it comes with this change
    if days and since is not None and time.time() - since < days * _DAY_S:
        left = days - (time.time() - since) / _DAY_S
        what = f"has been {through}" if through else "is there"
        message = f"version {version} of {name} {what} for less than {days:g} days, as {alias} demands"
        yield _problem("min-age", message, path, f"It may move in {left:.1f} days.")


def _problem(code: str, message: str, path: str, hint: str = "", severity: str = ERROR) -> Problem:
    return Problem(code=f"policy-{code}", message=message, path=path, hint=hint, severity=severity)
