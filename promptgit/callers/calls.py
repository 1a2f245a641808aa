"""Calls: what loads, formats and a few other functions give, and the record of those that matter."""

from __future__ import annotations

from promptgit.callers import names
from promptgit.callers.values import (
    NOTHING,
    UNKNOWN,
    Class,
    Client,
    Function,
    Instance,
    Items,
    Known,
    Loaded,
    Method,
    Name,
    OpenRegistry,
    Series,
    Text,
    Value,
    known,
    merged,
    sample,
)
from promptgit.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ast
    from collections.abc import Iterable, Sequence

    from promptgit.callers.names import Signature
    from promptgit.callers.scope import Facts
    from promptgit.callers.values import Values

_MOST_WAYS = 8
"""Combinations of mappings that are told apart in one call."""


class Given(Record):
    """The arguments of a call.

    Attributes:
        positional: of each, what it may be.
        starred: whether there are `*others`.
        keywords: name, what it may be, and where it stands (line, byte offset).
        spreads: of each `**mapping`, what it may be.
    """

    positional: tuple[Values, ...]
    starred: bool
    keywords: tuple[tuple[str, Values, tuple[int, int]], ...]
    spreads: tuple[Values, ...]

    def keyword(self, name: str) -> Values:
        """What a keyword may be; empty if it is not given."""
        return next((found for key, found, _ in self.keywords if key == name), ())

    def argument(self, at: int, name: str) -> Values:
        """What a parameter may be; empty if it is not given."""
        if at < len(self.positional) and not self.starred:
            return self.positional[at]
        return self.keyword(name) or (NOTHING if self.spreads or self.starred else ())


class Wanted(Record):
    """What a load asks for, one way.

    Attributes:
        uri: the name or URI; where `whole` is false, only how it begins.
        whole: whether all of it is known, the version included.
        version: the separate version or alias, if one was given.
        rev: where the registry that it is asked of is pinned.
    """

    uri: str
    whole: bool
    version: object = None
    rev: str | None = None


class Filled(Record):
    """What a format gives, one way.

    Attributes:
        site: the load that the prompt comes from.
        names: the variables given in this call: name, samples of the type, place (0, 0 where it stands nowhere by itself).
        before: variables that an earlier partial format gave.
        open: whether others may be given too.
        partial: whether others may be given later.
        ignore_unknown: whether others are left out.
    """

    site: int
    names: tuple[tuple[str, tuple[object, ...], tuple[int, int]], ...]
    before: tuple[str, ...]
    open: bool
    partial: bool
    ignore_unknown: bool


class Recorder:
    """The loads and formats of a module, by node."""

    def __init__(self) -> None:
        self.loads: dict[ast.Call, dict[tuple[Wanted, bool], None]] = {}
        self.formats: dict[ast.Call, list[Filled]] = {}

    def load(self, node: ast.Call, wanted: Iterable[Wanted], *, optional: bool) -> Values:
        """Note a load; the loaded prompt."""
        self.loads.setdefault(node, {}).update(dict.fromkeys((way, optional) for way in wanted))
        return (Loaded(site=id(node)),)

    def format(self, node: ast.Call, filled: Filled) -> None:
        """Note a format."""
        ways = self.formats.setdefault(node, [])
        if filled not in ways:
            ways.append(filled)


def is_format(value: Value) -> bool:
    """Whether it is the `format` of a loaded prompt."""
    return isinstance(value, Method) and isinstance(value.owner, Loaded) and value.name == "format"


def instance_of(dotted: str) -> Value | None:
    """What calling a class gives that opens a registry or a client, or a parameter of that type holds."""
    if dotted in names.REGISTRIES:
        return OpenRegistry()
    root = names.CLIENTS.get(dotted)
    return Client(root=root) if root else None


def called(function: Value, node: ast.Call, given: Given, record: Recorder, facts: Facts) -> Values:
    """What a call gives."""
    if isinstance(function, Name):
        return _called_name(function.dotted, node, given, record)
    if isinstance(function, Function):
        return facts.returns.get(function.key, NOTHING)
    if isinstance(function, Class):
        return (Instance(key=function.key),)
    if isinstance(function, Method):
        return _called_method(function.owner, function.name, node, given, record)
    return NOTHING


def _called_name(dotted: str, node: ast.Call, given: Given, record: Recorder) -> Values:
    if dotted in names.LOADERS:
        return _loaded(names.LOADERS[dotted], node, given, record)
    if dotted in names.REGISTRIES:
        return _pinned(given.keyword("rev"))
    if dotted in names.REGISTRY_MAKERS:
        return (OpenRegistry(),)
    if dotted in names.ENVIRONMENT:
        return merged(given.argument(1, "default"), NOTHING)
    if dotted == "builtins.str" and len(given.positional) == 1:
        return tuple(known(str(value.value)) if isinstance(value, Known) else value for value in given.positional[0])
    if dotted == "builtins.dict":
        return _dict(given)
    instance = instance_of(dotted)
    return (instance,) if instance else NOTHING


def _called_method(owner: Value, name: str, node: ast.Call, given: Given, record: Recorder) -> Values:
    if isinstance(owner, Loaded):
        return _formatted(owner, node, given, record) if name == "format" else NOTHING
    if isinstance(owner, OpenRegistry):
        return _of_registry(owner, name, node, given, record)
    if isinstance(owner, Client):
        older = names.OLDER_CLIENT_METHODS.get(name) if owner.root == "promptgit" else None
        signature = names.CLIENT_METHODS.get(name) or older
        return _loaded(signature, node, given, record) if signature else NOTHING
    if isinstance(owner, Items):
        return _of_mapping(owner, name, given)
    return (before_hole(owner, "{"),) if name == "format" else NOTHING


def _of_registry(owner: OpenRegistry, name: str, node: ast.Call, given: Given, record: Recorder) -> Values:
    if name == "load":
        return _loaded(names.METHOD, node, given, record, owner)
    if name == "at":
        return _pinned(given.argument(0, "rev"))
    return (owner,) if name in ("snapshot", "__enter__") else NOTHING


def _of_mapping(owner: Items, name: str, given: Given) -> Values:
    if name == "get" and given.positional:
        default = given.argument(1, "default") or (known(None),)
        return merged(*(item_of(owner, key, default) for key in given.positional[0]))
    if name == "copy":
        return (owner,)
    if name == "values" and not owner.open:
        return (Series(elements=tuple(found for _, found in owner.items)),)
    if name == "items" and not owner.open:
        pairs = (Series(elements=((known(key),), found)) for key, found in owner.items)
        return (Series(elements=tuple((pair,) for pair in pairs)),)
    return NOTHING


def _pinned(revs: Values) -> Values:
    if not revs or revs == (known(None),):
        return (OpenRegistry(),)
    return tuple(
        OpenRegistry(rev=rev.value)
        if isinstance(rev, Known) and isinstance(rev.value, str)
        else OpenRegistry(pinned=True)
        for rev in revs
    )


# --- loads ------------------------------------------------------------------------------------------------------------


def _loaded(
    signature: Signature, node: ast.Call, given: Given, record: Recorder, registry: OpenRegistry | None = None
) -> Values:
    uris = given.argument(0, signature.parameters[0]) or NOTHING
    versions = given.argument(1, signature.parameters[1]) or (known(None),)
    missing = given.argument(2, "allow_missing") if len(signature.parameters) > 2 else given.keyword("allow_missing")
    optional = signature.optional or (bool(missing) and missing != (known(False),))
    wanted = [_wanted(uri, version, signature, registry) for uri in uris for version in versions]
    return record.load(node, wanted, optional=optional)


def _wanted(uri: Value, version: Value, signature: Signature, registry: OpenRegistry | None) -> Wanted:
    text = uri.value if isinstance(uri, Known) else uri.prefix if isinstance(uri, Text) else ""
    rev = registry.rev if registry else None
    if not isinstance(uri, Known) or not isinstance(text, str):
        return Wanted(uri=text if isinstance(text, str) else "", whole=False, rev=rev)
    if not isinstance(version, Known) or (registry and registry.pinned):
        return Wanted(uri=f"{text}@", whole=False, rev=rev)
    if signature.by_alias:
        return Wanted(uri=f"prompts:/{text}@{version.value}", whole=True, rev=rev)
    return Wanted(uri=text, whole=True, version=version.value, rev=rev)


# --- formats ----------------------------------------------------------------------------------------------------------


def _formatted(prompt: Loaded, node: ast.Call, given: Given, record: Recorder) -> Values:
    partial, ignore = (_may_be_true(given.keyword(option)) for option in names.OPTIONS)
    results: list[Values] = []
    for mapping in _mappings(given):
        values = [(name, _samples(found), (0, 0)) for name, found in mapping.items if name not in names.OPTIONS]
        values += [(name, _samples(found), place) for name, found, place in given.keywords if name not in names.OPTIONS]
        filled = Filled(
            site=prompt.site,
            names=tuple(values),
            before=prompt.given,
            open=mapping.open or prompt.open,
            partial=partial or any(name == "allow_partial" for name, _ in mapping.items),
            ignore_unknown=ignore or any(name == "ignore_unknown" for name, _ in mapping.items),
        )
        record.format(node, filled)
        if filled.partial:
            now = tuple(sorted({*prompt.given, *(name for name, _, _ in values)}))
            results.append((prompt.replace(given=now, open=filled.open), UNKNOWN))
    return merged(*results) or NOTHING


def _mappings(given: Given) -> list[Items]:
    """What the positional mapping and the spread ones may give together."""
    start = Items(items=(), open=given.starred)
    first = [given.positional[0]] if given.positional and not given.starred else []
    ways = [start]
    for found in [*first, *given.spreads]:
        ways = with_spread(ways, found)
    return ways


def _may_be_true(values: Values) -> bool:
    return any(not isinstance(value, Known) or bool(value.value) for value in values)


def _samples(values: Values) -> tuple[object, ...]:
    return tuple(found for value in values for found in sample(value))


# --- mappings and texts -------------------------------------------------------------------------------------------------


def _dict(given: Given) -> Values:
    ways = _mappings(given)
    for name, found, _ in given.keywords:
        ways = with_item(ways, (known(name),), found)
    return tuple(ways)


def with_item(ways: Sequence[Items], keys: Values, found: Values) -> list[Items]:
    """Mappings with one more key."""
    result: list[Items] = []
    for mapping in ways:
        for key in keys:
            if isinstance(key, Known) and isinstance(key.value, str):
                result.append(mapping.replace(items=tuple({**dict(mapping.items), key.value: found}.items())))
            else:
                result.append(mapping.replace(open=True))
    return _bounded(result)


def with_spread(ways: Sequence[Items], found: Values) -> list[Items]:
    """Mappings with all that another one holds; None, as for a positional argument that is left out, holds nothing."""
    result: list[Items] = []
    for mapping in ways:
        for value in found:
            if isinstance(value, Items):
                items = tuple({**dict(mapping.items), **dict(value.items)}.items())
                result.append(Items(items=items, open=mapping.open or value.open))
            else:
                result.append(mapping if value == known(None) else mapping.replace(open=True))
    return _bounded(result)


def _bounded(ways: Sequence[Items]) -> list[Items]:
    """Not more than a few; where there are more, what all of them have, and maybe others."""
    kept = list(dict.fromkeys(ways))
    if len(kept) <= _MOST_WAYS:
        return kept
    common = set.intersection(*({name for name, _ in mapping.items} for mapping in kept))
    shared = tuple((name, found) for name, found in kept[0].items if name in common)
    return [Items(items=shared, open=True)]


def united(parts: Sequence[Values]) -> Values:
    """`one | other`."""
    ways = [Items(items=())]
    for part in parts:
        ways = with_spread(ways, part)
    return tuple(ways)


def item_of(owner: Value, key: Value, default: Values = NOTHING) -> Values:
    """`owner[key]`."""
    if isinstance(owner, Items) and isinstance(key, Known):
        found = dict(owner.items).get(str(key.value))
        return found if found is not None else NOTHING if owner.open else default
    if isinstance(owner, Series) and isinstance(key, Known) and isinstance(key.value, int):
        return owner.elements[key.value] if -len(owner.elements) <= key.value < len(owner.elements) else NOTHING
    return NOTHING


def before_hole(value: Value, hole: str) -> Value:
    """A text up to the first place where formatting fills something in."""
    if isinstance(value, Known) and isinstance(value.value, str):
        head, found, _ = value.value.partition(hole)
        return Text(prefix=head) if found else value
    return value if isinstance(value, Text) else UNKNOWN
