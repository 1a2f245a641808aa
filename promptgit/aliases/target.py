"""What an alias points to: one version, or several that share the traffic."""

from __future__ import annotations

from promptgit.errors import InvalidReferenceError
from promptgit.layout import parse_version
from promptgit.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, TypeAlias

    Targetish: TypeAlias = "int | str | Mapping[int, float] | Target"


class Target(Record):
    """Where an alias leads.

    Attributes:
        weights: (version, weight) pairs, by version. A plain alias has one pair. Weights are relative, not percent.
    """

    weights: tuple[tuple[int, float], ...]

    @classmethod
    def single(cls, version: int) -> Target:
        """The target of a plain alias."""
        return cls(weights=((version, 1),))

    @classmethod
    def split(cls, weights: Mapping[int, float]) -> Target:
        """The target of an alias that splits traffic.

        Raises:
            InvalidReferenceError: no version has a positive weight, or one is negative.
        """
        if any(not 0 <= weight < float("inf") for weight in weights.values()) or not any(weights.values()):
            raise InvalidReferenceError(
                f"invalid weights: {', '.join(f'{version}={weight:g}' for version, weight in weights.items())}",
                hint="Weights are numbers from 0 up, at least one of them above 0, such as 3=90 4=10.",
            )
        return cls(weights=tuple(sorted(weights.items())))

    @classmethod
    def parse(cls, value: Any) -> Target | None:
        """The target that a value of `aliases.yaml` means (a number, or a mapping), or None if it means none."""
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return cls.single(value)
        if isinstance(value, dict) and value:
            pairs = {parse_version(key): weight for key, weight in value.items()}
            fits = all(isinstance(weight, int | float) and not isinstance(weight, bool) for weight in pairs.values())
            if None not in pairs and fits and all(weight >= 0 for weight in pairs.values()) and any(pairs.values()):
                return cls(weights=tuple(sorted((version or 0, weight) for version, weight in pairs.items())))
        return None

    @property
    def version(self) -> int | None:
        """The version of a plain alias; None if traffic is split."""
        return self.weights[0][0] if len(self.weights) == 1 else None

    @property
    def versions(self) -> tuple[int, ...]:
        """All versions that it may lead to."""
        return tuple(version for version, _ in self.weights)

    def to_value(self) -> int | dict[str, float]:
        """The value for `aliases.yaml`."""
        return self.version or {str(version): weight for version, weight in self.weights}

    def __str__(self) -> str:
        return str(self.version or " ".join(f"{version}={weight:g}" for version, weight in self.weights))


def choose(target: Target, salt: str, key: str | None) -> int:
    """The version that a request gets.

    With a key the choice is sticky: weighted rendezvous hashing (Schindelhauer and Schomaker, "Weighted distributed hash
    tables", 2005) gives each version a score of -weight / ln(u), u being uniform in the key and the version, and takes the
    highest. Raising one version's weight only raises its own scores, so it moves nobody away from it.

    Args:
        salt: keeps the splits of different aliases independent.
        key: what a choice sticks to, such as a user's id; None draws at random.
    """
    if len(target.weights) == 1:
        return target.weights[0][0]
    if key is None:
        import random

        versions, weights = zip(*target.weights, strict=True)
        return int(random.choices(versions, weights)[0])  # noqa: S311 - traffic, not a secret
    import hashlib
    import math

    best, chosen = -1.0, 0
    for version, weight in target.weights:
        digest = hashlib.blake2b(f"{salt}\0{version}\0{key}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
        uniform = (int.from_bytes(digest) + 1) / (2**64 + 1)
        score = -weight / math.log(uniform)
        if score > best:
            best, chosen = score, version
    return chosen
