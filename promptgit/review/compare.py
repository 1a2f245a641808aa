"""Two prompt versions side by side, as values: messages, variables, settings, and what breaks callers."""

from __future__ import annotations

import difflib
import json

from promptgit.record import Record
from promptgit.review.words import ADDED, REMOVED, SAME, Segment, diff_words
from promptgit.templates.changes import contract_changes, shown_short

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from promptgit.model import PromptVersion
    from promptgit.templates.changes import VariableChange

CHANGED = "changed"
FIELDS = ("syntax", "model_config", "response_format", "tools", "tags")
_ALIKE = 0.5
_LOOKED_AT = 2000
_LOOKS = 2000  # pairs of messages that are looked at, about 0.2 s; a thousand messages against another thousand have a million


class MessageChange(Record):
    """One message, or the one text of a text prompt.

    Attributes:
        kind: `same`, `changed`, `added` or `removed`.
        old_role, new_role: who speaks; empty in a text prompt. A placeholder's is `{name}`.
        segments: its text, before and after.
    """

    kind: str
    old_role: str
    new_role: str
    segments: tuple[Segment, ...]


class FieldChange(Record):
    """A setting that is not what it was; None where it is not set.

    Attributes:
        key: dotted, such as `model_config.temperature`.
    """

    key: str
    old: Any
    new: Any


class Comparison(Record):
    """All that differs between two versions, which may be of different prompts."""

    old: PromptVersion
    new: PromptVersion
    messages: tuple[MessageChange, ...]
    variables: tuple[VariableChange, ...]
    fields: tuple[FieldChange, ...]

    @property
    def is_breaking(self) -> bool:
        """Whether a call that worked before may fail now."""
        return any(change.breaking for change in self.variables)

    @property
    def is_empty(self) -> bool:
        """Whether nothing differs."""
        return not self.variables and not self.fields and all(change.kind == SAME for change in self.messages)

    def to_dict(self) -> dict[str, Any]:
        """The comparison as plain values, for JSON."""
        return {
            "old": self.old.uri,
            "new": self.new.uri,
            "headline": headline(self),
            "breaking": self.is_breaking,
            "messages": [
                {
                    "kind": change.kind,
                    "old_role": change.old_role,
                    "new_role": change.new_role,
                    "segments": [[segment.kind, segment.text] for segment in change.segments],
                }
                for change in self.messages
            ],
            "variables": [
                {"name": change.name, "what": change.what, "breaking": change.breaking} for change in self.variables
            ],
            "fields": [{"key": change.key, "old": change.old, "new": change.new} for change in self.fields],
        }


def compare(old: PromptVersion, new: PromptVersion) -> Comparison:
    """What differs between two prompt versions."""
    return Comparison(
        old=old,
        new=new,
        messages=tuple(_messages(spoken(old), spoken(new))),
        variables=tuple(contract_changes(old.variables, new.variables)),
        fields=tuple(_fields(old, new)),
    )


def headline(comparison: Comparison) -> str:
    """The change in one line: `3 → 5: 2 lines, 1 new required variable (breaking), temperature 0.2 → 0.7`."""
    old, new = comparison.old, comparison.new
    ends = (
        f"{old.version} → {new.version}"
        if old.name == new.name
        else f"{old.name}/{old.version} → {new.name}/{new.version}"
    )
    return f"{ends}: {differences(comparison)}"


def differences(comparison: Comparison) -> str:
    """The same without the numbers."""
    parts = [part for part in (_lines_changed(comparison), *_variables_changed(comparison)) if part]
    for field in comparison.fields[:3]:
        parts.append(f"{field.key.rpartition('.')[2]} {shown_short(field.old)} → {shown_short(field.new)}")
    if len(comparison.fields) > 3:
        parts.append(f"{len(comparison.fields) - 3} more settings")
    return ", ".join(parts) or "nothing changed"


# --- messages -------------------------------------------------------------------------------------------------------


def spoken(prompt: PromptVersion) -> list[tuple[str, str]]:
    """Role and text of each message of a version; what is no text stands as JSON."""
    return spoken_template(prompt.template)


def spoken_template(template: str | Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """The same of a template, or of what `format` gave."""
    if isinstance(template, str):
        return [("", template)]
    return [_message(message) for message in template]


def _message(message: Mapping[str, Any]) -> tuple[str, str]:
    if "placeholder" in message:
        return f"{{{message['placeholder']}}}", ""
    extra = {key: value for key, value in message.items() if key not in ("role", "content")}
    content = message.get("content")
    texts = [content] if isinstance(content, str) else [_part(part) for part in content or ()]
    return str(message.get("role", "")), "\n".join([*texts, *([_json(extra)] if extra else [])])


def _part(part: Any) -> str:
    is_text = isinstance(part, dict) and part.keys() == {"type", "text"}
    return str(part["text"]) if is_text else _json(part)


def _messages(old: Sequence[tuple[str, str]], new: Sequence[tuple[str, str]]) -> list[MessageChange]:
    """The messages of both sides in order; those that are alike stand beside each other."""
    found: list[MessageChange] = []
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for tag, one, one_end, two, two_end in matcher.get_opcodes():
        if tag == "equal":
            found += [_changed(*message, *message) for message in old[one:one_end]]
            continue
        pairs = _alike(old[one:one_end], new[two:two_end])
        for mine, theirs in pairs:
            if mine is None and theirs is not None:
                found.append(_only(ADDED, *theirs))
            elif theirs is None and mine is not None:
                found.append(_only(REMOVED, *mine))
            elif mine is not None and theirs is not None:
                found.append(_changed(*mine, *theirs))
    return found


_Spoken = tuple[str, str]


def _alike(old: Sequence[_Spoken], new: Sequence[_Spoken]) -> list[tuple[_Spoken | None, _Spoken | None]]:
    """Pairs, in order: each new message with the next old one that is like it."""
    pairs: list[tuple[_Spoken | None, _Spoken | None]] = []
    at, looks = 0, _LOOKS
    for message in new:
        ahead = range(at, min(len(old), at + max(looks, 0)))
        match = next((place for place in ahead if _is_like(old[place], message)), None)
        looks -= len(ahead) if match is None else match - at + 1
        if match is None and len(old) == len(new) == 1:
            match = 0
        if match is None:
            pairs.append((None, message))
            continue
        pairs += [(skipped, None) for skipped in old[at:match]]
        pairs.append((old[match], message))
        at = match + 1
    return pairs + [(left, None) for left in old[at:]]


def _is_like(one: _Spoken, other: _Spoken) -> bool:
    if one[0] != other[0]:
        return False
    return difflib.SequenceMatcher(None, one[1][:_LOOKED_AT], other[1][:_LOOKED_AT]).quick_ratio() >= _ALIKE


def _changed(old_role: str, old: str, new_role: str, new: str) -> MessageChange:
    kind = SAME if (old_role, old) == (new_role, new) else CHANGED
    return MessageChange(kind=kind, old_role=old_role, new_role=new_role, segments=tuple(diff_words(old, new)))


def _only(kind: str, role: str, text: str) -> MessageChange:
    segments = (Segment(kind=kind, text=text),) if text else ()
    return MessageChange(kind=kind, old_role=role, new_role=role, segments=segments)


# --- settings -------------------------------------------------------------------------------------------------------


def _fields(old: PromptVersion, new: PromptVersion) -> list[FieldChange]:
    found: list[FieldChange] = []
    for field in FIELDS:
        before, after = flat(field, getattr(old, field)), flat(field, getattr(new, field))
        for key in [*before, *(key for key in after if key not in before)]:
            if before.get(key) != after.get(key):
                found.append(FieldChange(key=key, old=before.get(key), new=after.get(key)))
    return found


def flat(key: str, value: Any) -> dict[str, Any]:
    """Mappings as dotted keys; everything else is a value."""
    if isinstance(value, dict):
        return {path: leaf for inner, below in value.items() for path, leaf in flat(f"{key}.{inner}", below).items()}
    return {} if value is None else {key: value}


# --- words ----------------------------------------------------------------------------------------------------------


def _lines_changed(comparison: Comparison) -> str:
    count = 0
    for message in comparison.messages:
        sides = {
            side: sum(segment.text.count("\n") + 1 for segment in message.segments if segment.kind == side)
            for side in (REMOVED, ADDED)
        }
        count += max(sides.values())
    return f"{count} line{'' if count == 1 else 's'}" if count else ""


def _variables_changed(comparison: Comparison) -> list[str]:
    groups: dict[tuple[str, bool], int] = {}
    for change in comparison.variables:
        words = {"new, required": "new required", "new, optional": "new optional", "removed": "removed"}
        key = (words.get(change.what, "changed"), change.breaking)
        groups[key] = groups.get(key, 0) + 1
    return [
        f"{count} {what} variable{'' if count == 1 else 's'}{' (breaking)' if breaking else ''}"
        for (what, breaking), count in sorted(groups.items(), key=lambda group: not group[0][1])
    ]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
