"""Traffic splits: how requests are spread, that a key sticks, and that growing a canary moves nobody away from it."""

from __future__ import annotations

import math
import os
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptgit import Registry, Target
from promptgit.aliases.target import choose
from promptgit.errors import InvalidReferenceError, VersionNotFoundError

MILLION = 1_000_000
NAME = "support.refunds"


def test_a_million_keys_are_spread_by_the_weights_and_growing_a_canary_moves_nobody_back() -> None:
    small, grown = Target.split({3: 90, 4: 10}), Target.split({3: 80, 4: 20})
    before, after, left = Counter[int](), Counter[int](), 0
    for number in range(MILLION):
        key = f"user-{number}"
        one, two = choose(small, f"{NAME}@experiment", key), choose(grown, f"{NAME}@experiment", key)
        before[one] += 1
        after[two] += 1
        left += one == 4 and two == 3
    assert left == 0
    for counts, share in ((before, 0.1), (after, 0.2)):
        deviation = math.sqrt(MILLION * share * (1 - share))
        assert abs(counts[4] - MILLION * share) < 5 * deviation  # one run of a sound split in two million fails


@given(
    st.dictionaries(st.integers(1, 50), st.integers(1, 1000), min_size=2, max_size=6),
    st.text(max_size=30),
    st.data(),
)
def test_raising_one_weight_moves_keys_to_that_version_only(
    weights: dict[int, float], key: str, data: st.DataObject
) -> None:
    raised = data.draw(st.sampled_from(sorted(weights)))
    more = {**weights, raised: weights[raised] + data.draw(st.integers(1, 1000))}
    one, two = choose(Target.split(weights), "x@y", key), choose(Target.split(more), "x@y", key)
    assert two in (one, raised)
    assert choose(Target.split(weights), "x@y", key) == one


def test_splits_of_two_aliases_are_independent() -> None:
    half = Target.split({1: 50, 2: 50})
    both = sum(choose(half, "a@x", f"u{number}") == choose(half, "b@x", f"u{number}") for number in range(20_000))
    assert abs(both - 10_000) < 5 * math.sqrt(20_000 * 0.25)


def test_a_load_sticks_to_its_key_and_says_which_variant_it_got(refunds: Registry) -> None:
    refunds.set_alias(NAME, "experiment", {2: 90, 3: 10})
    uri = f"prompts:/{NAME}@experiment"
    seen = {key: refunds.load(uri, key=key) for key in map(str, range(200))}
    assert {prompt.version for prompt in seen.values()} == {2, 3}
    for key, prompt in seen.items():
        again = refunds.load(uri, key=key)
        assert (again.version, again.variant, again.resolved_from) == (
            prompt.version,
            f"experiment:{prompt.version}",
            "experiment",
        )
    with Registry(refunds.path, rev="HEAD") as other:
        assert {key: other.load(uri, key=key).version for key in seen} == {k: p.version for k, p in seen.items()}


def test_without_a_key_requests_are_spread_at_random(refunds: Registry) -> None:
    refunds.set_alias(NAME, "experiment", {2: 50, 3: 50})
    counts = Counter(refunds.load(f"{NAME}@experiment").version for _ in range(2_000))
    assert abs(counts[3] - 1_000) < 5 * math.sqrt(2_000 * 0.25)


def test_a_split_that_moved_is_seen_at_once(refunds: Registry) -> None:
    refunds.set_alias(NAME, "experiment", {2: 50, 3: 50})
    keys = list(map(str, range(50)))
    for key in keys:
        refunds.load(f"{NAME}@experiment", key=key)
    with Registry(refunds.path) as other:
        other.set_alias(NAME, "experiment", {3: 1})
    assert {refunds.load(f"{NAME}@experiment", key=key).version for key in keys} == {3}


def test_a_version_of_a_split_that_is_gone_takes_down_only_its_own_share(refunds: Registry) -> None:
    refunds.set_alias(NAME, "experiment", {2: 50, 3: 50})
    target = refunds.aliases(NAME)["experiment"]
    by_version = {choose(target, f"{NAME}@experiment", str(number)): str(number) for number in range(100)}
    os.unlink(f"{refunds.path}/prompts/support/refunds/3.yaml")
    assert refunds.load(f"{NAME}@experiment", key=by_version[2]).version == 2
    with pytest.raises(VersionNotFoundError, match="no version 3"):
        refunds.load(f"{NAME}@experiment", key=by_version[3])


def test_a_weight_of_zero_gets_nothing(refunds: Registry) -> None:
    refunds.set_alias(NAME, "experiment", {2: 0, 3: 5})
    assert {refunds.load(f"{NAME}@experiment", key=str(number)).version for number in range(200)} == {3}


@pytest.mark.parametrize("key", [7, b"user", ["user"]])
def test_a_key_that_is_no_text_is_refused_also_for_hot_loads_and_with_allow_missing(
    refunds: Registry, key: object
) -> None:
    refunds.set_alias(NAME, "experiment", {2: 50, 3: 50})
    for _ in range(2):
        with pytest.raises(InvalidReferenceError, match="key="):
            refunds.load(f"{NAME}@experiment", key=key, allow_missing=True)  # type: ignore[call-overload]
        refunds.load(f"{NAME}@experiment")
