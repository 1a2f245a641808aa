"""Prompts as types: which references share a contract, what its class is called, and how its variables are given."""

from __future__ import annotations

import keyword

from promptgit.errors import PromptGitError, TemplateError
from promptgit.record import Record
from promptgit.templates.variables import check_type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from promptgit.callers.contracts import Contract, State
    from promptgit.catalog import Catalog
    from promptgit.templates.variables import VariableSpec

_NEWEST = 20
"""Versions of a prompt that can be named in a typed call, besides those that an alias serves. Older ones load untyped."""
_TYPES = {
    "string": ("str",),
    "integer": ("int",),
    "number": ("float",),
    "boolean": ("bool",),
    "array": ("list[Any]", "tuple[Any, ...]"),
    "object": ("dict[str, Any]",),
}
_TEXT, _MESSAGES = "str", "list[dict[str, Any]]"
_OPTIONS = frozenset({"allow_partial", "ignore_unknown"})
_LONGEST_DEFAULT = 40


class Variable(Record):
    """How a variable is given.

    Attributes:
        types: any of these; `object` where the version does not hold callers to a type.
        required: whether a call without it fails.
        default: as Python source; `...` where there is none, or none that is short and of its type.
        is_keyword: whether a keyword argument can carry it: `user.name` and `class` cannot.
    """

    name: str
    types: tuple[str, ...]
    required: bool
    default: str
    is_keyword: bool

    @property
    def type(self) -> str:
        """The types, as source."""
        return " | ".join(self.types)


class Shape(Record):
    """What callers may rely on, whatever version they get.

    Attributes:
        variables: required ones first.
        results: what `format` gives: any of these.
    """

    variables: tuple[Variable, ...]
    results: tuple[str, ...]


class TypedPrompt(Record):
    """A class of the stubs.

    Attributes:
        title: its name.
        prompt: the prompt.
        shape: its contract.
        references: what loads it, as the user writes it: without a scheme and with one.
        versions: numbers and aliases that load it, given beside the name.
        about: the description of the prompt and of its variables.
    """

    title: str
    prompt: str
    shape: Shape
    references: tuple[str, ...]
    versions: tuple[int | str, ...]
    about: str


def typed_prompts(state: State, catalog: Catalog, names: Iterable[str]) -> list[TypedPrompt]:
    """The classes for some prompts, by prompt; first the one of the latest version. Versions that cannot be read are left out.

    Args:
        names: of the prompts.
    """
    taken: set[str] = set()
    found: list[TypedPrompt] = []
    for name in sorted(names):
        found += _of_prompt(state, catalog, name, taken)
    return found


def _of_prompt(state: State, catalog: Catalog, name: str, taken: set[str]) -> Iterator[TypedPrompt]:
    contracts = dict(_contracts(state, catalog, name))
    if not contracts:
        return
    latest = catalog.versions(name)[-1]
    aliases = {
        alias: [version for version, weight in target.weights if weight]
        for alias, target in catalog.aliases(name).items()
    }
    served: list[tuple[int | str, list[int]]] = [("", [latest])] if latest in contracts else []
    served += [(version, [version]) for version in sorted(contracts, reverse=True)]
    served += [(alias, versions) for alias, versions in sorted(aliases.items()) if set(versions) <= contracts.keys()]
    groups: dict[Shape, list[tuple[int | str, list[int]]]] = {}
    for way, versions in served:
        groups.setdefault(shape_of([contracts[version] for version in versions]), []).append((way, versions))
    for shape, ways in groups.items():
        versions = ways[0][1]
        yield TypedPrompt(
            title=_title(name, "" if ways[0][0] == "" else ways[0][0], taken),
            prompt=name,
            shape=shape,
            references=tuple(reference for way, _ in ways for reference in _references(name, way)),
            versions=tuple(way for way, _ in ways if way),
            about=_about(catalog.notes(name).description, contracts[versions[-1]]),
        )


def _contracts(state: State, catalog: Catalog, name: str) -> Iterator[tuple[int, Contract]]:
    versions = catalog.versions(name)
    aliased = {version for target in catalog.aliases(name).values() for version in target.versions}
    for version in sorted({*versions[-_NEWEST:], *(aliased & set(versions))}):
        try:
            yield version, state.contract(catalog, name, version)
        except PromptGitError:
            continue


def _references(name: str, way: int | str) -> Iterator[str]:
    tails = [f"/{way}"] if isinstance(way, int) else [f"@{way}", f"/{way}"] if way else ["", "@latest", "/latest"]
    for tail in tails:
        yield f"prompts:/{name}{tail}"
        yield f"{name}{tail}"


def _title(name: str, way: int | str, taken: set[str]) -> str:
    """A class name that no other class has."""
    words = "".join(char if char.isalnum() else " " for char in name).split()
    camel = "".join(word[0].upper() + word[1:] for word in words)
    tail = (
        f"V{way}" if isinstance(way, int) else "".join(part.capitalize() for part in way.replace("-", ".").split("."))
    )
    stem = f"{'N' if not camel or camel[0].isdigit() else ''}{camel}Prompt{tail if tail.isidentifier() else ''}"
    title, count = stem, 1
    while title in taken:
        count += 1
        title = f"{stem}_{count}"
    taken.add(title)
    return title


def _about(description: str, contract: Contract) -> str:
    lines = [description] if description else []
    lines += [f"{name}: {spec.description}" for name, spec in contract.variables.items() if spec.description]
    return "\n".join(lines)


def shape_of(contracts: Sequence[Contract]) -> Shape:
    """The contract of a call that may get any of several versions: it has to satisfy all of them."""
    names = dict.fromkeys(name for contract in contracts for name in contract.variables)
    variables = [_variable(name, contracts) for name in names]
    results = dict.fromkeys(_TEXT if contract.is_text else _MESSAGES for contract in contracts)
    return Shape(variables=tuple(sorted(variables, key=lambda variable: not variable.required)), results=tuple(results))


def _variable(name: str, contracts: Sequence[Contract]) -> Variable:
    specs = [contract.variables[name] for contract in contracts if name in contract.variables]
    types = dict.fromkeys(kind for spec in specs for kind in _types(spec))
    required = any(name in contract.needed for contract in contracts)
    return Variable(
        name=name,
        types=("object",) if "object" in types else tuple(types),
        required=required,
        default="..." if required or len(contracts) > 1 else _default(specs[0]),
        is_keyword=_is_keyword(name),
    )


def _types(spec: VariableSpec) -> tuple[str, ...]:
    if spec.placeholder:
        return _TYPES["array"]
    return _TYPES.get(spec.type, ("object",)) if spec.typed else ("object",)


def _default(spec: VariableSpec) -> str:
    """A default as source, if an editor can show it."""
    value = spec.default
    if not spec.has_default or not isinstance(value, str | int) or len(repr(value)) > _LONGEST_DEFAULT:
        return "..."
    try:
        if spec.typed:
            check_type(spec, value)
    except TemplateError:
        return "..."
    return "..." if spec.placeholder else repr(value)


def _is_keyword(name: str) -> bool:
    """Names with two underscores in front are left out: checkers take such parameters for positional ones."""
    plain = name.isascii() and name.isidentifier() and not keyword.iskeyword(name)
    return plain and name not in _OPTIONS and not name.startswith("__")
