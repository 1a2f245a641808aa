"""What a reference in a program serves, in one state of a registry."""

from __future__ import annotations

from promptgit.errors import GitError, InvalidReferenceError, NotFoundError, PromptGitError, RevisionNotFoundError
from promptgit.layout import check_name
from promptgit.record import Record
from promptgit.registry.loading import reference
from promptgit.uri import SCHEME, PromptRef

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from promptgit.callers.calls import Wanted
    from promptgit.catalog import Catalog
    from promptgit.registry.registry import Registry
    from promptgit.templates.variables import VariableSpec

UNRESOLVED, REFERENCE, DYNAMIC = "usage-unresolved", "usage-reference", "usage-dynamic"


class Contract(Record):
    """What callers of one version have to know.

    Attributes:
        variables: those that it takes, by name.
        needed: those of them without which `format` fails.
        is_text: whether `format` gives a text, not messages.
    """

    version: int
    variables: Mapping[str, VariableSpec]
    needed: tuple[str, ...]
    is_text: bool


class Served(Record):
    """What a reference may lead to.

    Attributes:
        ref: the reference.
        contracts: of each version that it may lead to, ascending; several where traffic is split.
    """

    ref: PromptRef
    contracts: tuple[Contract, ...]

    @property
    def versions(self) -> tuple[int, ...]:
        """The version numbers."""
        return tuple(contract.version for contract in self.contracts)

    @property
    def subject(self) -> str:
        """The reference in words, such as `production of support.refunds`."""
        if self.ref.version:
            return f"version {self.ref.version} of {self.ref.name}"
        return f"{self.ref.alias} of {self.ref.name}" if self.ref.alias else f"the latest version of {self.ref.name}"


class Failed(Record):
    """Why a reference leads nowhere.

    Attributes:
        code: `usage-unresolved`, `usage-reference` or `usage-dynamic`.
        subject: what it is about, to tell findings apart.
    """

    code: str
    subject: str
    message: str
    hint: str


class State:
    """A registry at the state that callers are checked against.

    Args:
        registry: reads that state.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._known: dict[Wanted, Served | Failed] = {}
        self._contracts: dict[tuple[int, str, int], Contract] = {}
        self._catalogs: dict[str | None, Catalog] = {None: registry.catalog}

    def serve(self, wanted: Wanted) -> Served | Failed:
        """What a load gets."""
        if wanted not in self._known:
            self._known[wanted] = self._whole(wanted) if wanted.whole else self._part(wanted)
        return self._known[wanted]

    def _whole(self, wanted: Wanted) -> Served | Failed:
        version = wanted.version if isinstance(wanted.version, int | str) else None
        try:
            ref = reference(wanted.uri, version)
            if wanted.rev and not ref.rev:
                ref = ref.replace(rev=wanted.rev)
        except InvalidReferenceError as error:
            return _failed(REFERENCE, wanted, f"{_shown(wanted.uri)} is no reference: {error.message}", error)
        try:
            catalog = self._at(ref.rev)
            numbers = self._numbers(catalog, ref)
            return Served(ref=ref, contracts=tuple(self.contract(catalog, ref.name, number) for number in numbers))
        except (RevisionNotFoundError, GitError) as error:  # a shallow clone has few of them, an exported folder none
            return _failed(
                DYNAMIC, wanted, f"what {_shown(wanted.uri)} is cannot be known here: {error.message}", error
            )
        except NotFoundError as error:
            return _failed(UNRESOLVED, wanted, f"{_shown(wanted.uri)} leads nowhere: {error.message}", error)
        except PromptGitError as error:  # a damaged file
            why = error.message.partition("\n")[0]
            return _failed(UNRESOLVED, wanted, f"{_shown(wanted.uri)} cannot be read: {why}", error)

    def _part(self, wanted: Wanted) -> Failed:
        """What can be said of a reference of which only the beginning is known: whether there is such a prompt."""
        hint = "Write the URI as a literal, or silence this line: # promptgit: ignore[usage-dynamic]"
        name = _name_in(wanted.uri)
        if name is not None:
            try:
                self._at(wanted.rev).require(check_name(name))
            except InvalidReferenceError as error:
                return _failed(REFERENCE, wanted, f"{_shown(wanted.uri)} is no reference: {error.message}", error)
            except PromptGitError as error:
                return _failed(UNRESOLVED, wanted, f"{_shown(wanted.uri)} leads nowhere: {error.message}", error)
            message = f"which version of {name} this loads cannot be known before the program runs"
        else:
            message = "which prompt this loads cannot be known before the program runs"
        return Failed(code=DYNAMIC, subject=wanted.uri, message=message, hint=hint)

    def _at(self, rev: str | None) -> Catalog:
        """A state that a program pins. The branch that is checked out is the state that is checked, with what it will hold."""
        if rev in ("HEAD", self._registry.rev):
            rev = None
        if rev not in self._catalogs:
            self._catalogs[rev] = self._registry.at(rev or "HEAD").catalog
        return self._catalogs[rev]

    @staticmethod
    def _numbers(catalog: Catalog, ref: PromptRef) -> tuple[int, ...]:
        if ref.version:
            return (ref.version,)
        if ref.alias:
            return tuple(version for version, weight in catalog.target(ref.name, ref.alias).weights if weight)
        return (catalog.latest(ref.name),)

    def contract(self, catalog: Catalog, name: str, version: int) -> Contract:
        """The contract of a version.

        Raises:
            NotFoundError: it does not exist.
            InvalidDocumentError, TemplateError: its file is damaged.
        """
        key = (id(catalog), name, version)
        if key not in self._contracts:
            body = catalog.body(name, version)
            self._contracts[key] = Contract(
                version=version,
                variables=body.formatter.contract,
                needed=body.formatter.missing({}),
                is_text=isinstance(body.template, str),
            )
        return self._contracts[key]

    def earlier_with(self, served: Served, variable: str) -> int | None:
        """The newest version that is older than what is served and has a variable; None if none has it."""
        catalog = self._at(served.ref.rev)
        for version in reversed(catalog.versions(served.ref.name)):
            if version < max(served.versions):
                try:
                    found = self.contract(catalog, served.ref.name, version)
                except PromptGitError:
                    continue
                if variable in found.variables:
                    return version
        return None


def _failed(code: str, wanted: Wanted, message: str, error: PromptGitError) -> Failed:
    hint = (error.hint or "").partition("\n")[0]
    subject = f"{wanted.uri} {wanted.version}"
    return Failed(code=code, subject=subject, message=message.rstrip("."), hint=hint)


def _shown(uri: str) -> str:
    return f"`{uri}`" if uri else "an empty text"


def _name_in(prefix: str) -> str | None:
    """The name of the prompt, if the beginning of a URI holds all of it."""
    text = prefix.removeprefix(SCHEME)
    cut = min((at for at in (text.find(mark) for mark in "@/?") if at >= 0), default=-1)
    return text[:cut] if cut > 0 and ":" not in text[:cut] else None
