"""What a hostile or careless Jinja2 template must not do, under limits of memory and processor time.

The whole table runs in one child process that may take 1 GiB of address space and 60 s of processor time. An
attack that gets through takes far more of one or the other, or prints what it should not.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

import pytest

from promptgit.errors import TemplateError
from promptgit.templates import Formatter, compile_text

GROW = "{% set ns = namespace(s=seed) %}{% for i in range(100) %}{% set ns.s = CODE %}{% endfor %}"
LOOP = "{% for i in range(100000) %}CODE{% endfor %}"

NOT_ALLOWED = [
    "{{ ''.__class__.__mro__ }}",
    "{{ ''['__class__'] }}",
    "{{ ''|attr('__class__') }}",
    "{{ [x]|map(attribute='__class__')|list }}",
    "{{ [x]|map('attr', '__class__')|list }}",
    "{{ [x]|groupby('__class__') }}",
    "{{ [x, x]|sort(attribute='__class__') }}",
    "{{ '{0.__class__}'.format(x) }}",
    "{{ '{a.__class__}'.format_map({'a': x}) }}",
    "{{ x.format }}",
    "{{ [x]|map(attribute='format')|list }}",
    "{{ (x|safe).format(1) }}",
    "{{ range.__globals__ }}",
    "{{ namespace.__init__.__globals__ }}",
    "{{ dict.mro() }}",
    "{{ dict.fromkeys(range(9)) }}",
    "{{ cycler.__init__ }}",
    "{{ joiner('x').__init__ }}",
    "{{ cycler('x').items }}",
    "{{ self.__init__ }}",
    "{{ self._TemplateReference__context }}",
    "{{ self }}",
    "{{ namespace }}",
    "{{ range }}",
    "{{ lipsum() }}",
    "{% macro m() %}{% endmacro %}{{ m.__globals__ }}",
    "{% macro m() %}{% endmacro %}{{ m._func }}",
    "{% macro m() %}{% endmacro %}{{ m }}",
    "{% for i in l %}{{ loop._iterator }}{% endfor %}",
    "{% for i in l %}{{ loop }}{% endfor %}",
    "{% set ns = namespace() %}{% set ns.me = ns %}{{ ns }}",
    "{% set ns = namespace() %}{{ ns.__init__ }}",
    "{% set ns = namespace() %}{{ [ns] }}",
    "{% set ns = namespace() %}{{ ns|pprint }}",
    "{{ x.encode() }}",
    "{{ n.to_bytes(9) }}",
    "{{ x.translate({}) }}",
    "{{ x() }}",
    "{{ l() }}",
    "{{ [x]|map('turns of')|list }}",
    "{{ l|random }}",
    "{{ x|urlize }}",
    "{{ l.append(1) }}",
    "{{ l.sort() }}{{ l.clear() }}",
    "{{ d.update({'a': 1}) }}",
    "{{ d.pop('k') }}",
    "{{ d.setdefault('q', 1) }}",
    "{% do l.append(1) %}",
    "{% set d.k = 1 %}",
    "{{ (-1) ** 0.5 }}",
]
BOMBS = [
    "{{ 'a' * 10**9 }}",
    "{{ 10**9 * 'a' }}",
    "{{ [1] * 10**9 }}",
    "{{ 10 ** (10**9) }}",
    "{{ (10**1000)**1000 }}",
    GROW.replace("seed", "3").replace("CODE", "ns.s * ns.s"),
    "{{ '%1000000000d' % 1 }}",
    "{{ '%1000000000d'|format(1) }}",
    "{{ '%*d'|format(1000000000, 1) }}",
    "{{ '%.1000000000f'|format(1.5) }}",
    "{{ '%-1000000000s'|format(x) }}",
    "{{ ('%(a)s' * 100000) % {'a': big} }}",
    "{{ ('%(a)s' * 100000)|format(a=big) }}",
    "{{ range(10**9)|list }}",
    "{{ x|center(10**9) }}",
    "{{ x.center(10**9) }}",
    "{{ x.ljust(10**9) }}",
    "{{ x.rjust(width=10**9) }}",
    "{{ x.zfill(10**9) }}",
    "{{ x|indent(10**9, true) }}",
    "{{ lines|indent(big) }}",
    "{{ big|replace('', big) }}",
    "{{ big.replace('a', big) }}",
    "{{ big|wordwrap(1, wrapstring=big) }}",
    "{{ big|join(big) }}",
    "{{ big.join(big) }}",
    "{{ big.join(many) }}",
    "{{ [1]|batch(10**9, 0) }}",
    "{{ [1]|slice(10**9) }}",
    "{{ 5|round(-10**9) }}",
    "{{ 5|round(10**9, 'ceil') }}",
    "{{ d|tojson(indent=10**9) }}",
    "{% filter center(10**9) %}x{% endfilter %}",
    GROW.replace("seed", "'aaaa'").replace("CODE", "ns.s ~ ns.s"),
    GROW.replace("seed", "'aaaa'").replace("CODE", "ns.s + ns.s"),
    GROW.replace("seed", "'aaaa'").replace("CODE", "[ns.s, ns.s]|join"),
    GROW.replace("seed", "'aaaa'").replace("CODE", "'%s%s' % (ns.s, ns.s)"),
    GROW.replace("seed", "[1]").replace("CODE", "ns.s + ns.s"),
    GROW.replace("seed", "[1]").replace("CODE", "[ns.s, ns.s]") + "{{ ns.s }}",
    GROW.replace("seed", "{}").replace("CODE", "{'a': ns.s, 'b': ns.s}") + "{{ ns.s|tojson }}",
    GROW.replace("seed", "{}").replace("CODE", "dict(a=ns.s, b=ns.s)") + "{{ ns.s }}",
    GROW.replace("seed", "(1,)").replace("CODE", "(ns.s, ns.s)") + "{{ {ns.s: 1} }}",
    GROW.replace("seed", "[1]").replace("CODE", "[1]|batch(2, ns.s)|list") + "{{ ns.s }}",
    "{% set ns = namespace(a=[1], b=[1]) %}{% for i in range(40) %}{% set ns.a = [ns.a, ns.a] %}"
    "{% set ns.b = [ns.b, ns.b] %}{% endfor %}{{ ns.a == ns.b }}",
    LOOP.replace("CODE", LOOP.replace("CODE", "")),
    LOOP.replace("CODE", "{% for j in range(100000) if false %}{% endfor %}"),
    LOOP.replace("CODE", "{% for j in many recursive %}{% endfor %}"),
    LOOP.replace("CODE", "x" * 1000),
    "{% macro m() %}" + LOOP.replace("CODE", "x" * 1000) + "{% endmacro %}{{ m() }}",
    "{% set s %}" + LOOP.replace("CODE", "x" * 1000) + "{% endset %}",
    "{% for i in l recursive %}{{ loop(l) }}{{ loop(l) }}{% endfor %}",
    "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(100) }}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% macro m() %}{{ m(varargs, varargs) }}{% endmacro %}{{ m(1) }}",
    "{% macro m() %}{{ m(a=kwargs, b=kwargs) }}{% endmacro %}{{ m(a=1) }}",
    LOOP.replace("CODE", "{% if big in big2 %}{% endif %}"),
    LOOP.replace("CODE", "{% if big == big2 %}{% endif %}"),
    LOOP.replace("CODE", "{% if big is in big2 %}{% endif %}"),
    LOOP.replace("CODE", "{% if big is upper %}{% endif %}"),
    LOOP.replace("CODE", "{{ loop.changed(many) }}"),
    LOOP.replace("CODE", "{% set z = big[1:] %}"),
    LOOP.replace("CODE", "{% set z = big|upper %}"),
    LOOP.replace("CODE", "{% set z = big.upper() %}"),
    LOOP.replace("CODE", "{% set z = many|sort %}"),
    LOOP.replace("CODE", "{% set z = many.index('q') %}"),
    LOOP.replace("CODE", "{% set z = dict(d) %}{% set z = namespace(d) %}" * 9),
    "{{ words.split() }}",
    "{{ words.rsplit(' ') }}",
    "{{ words|wordcount }}",
    "{{ words|list }}",
    "{{ words|title }}",
    "{{ lines.splitlines() }}",
    "{{ tags|striptags }}",
    "{{ many|sum(start=[]) }}",
    "{{ many|map(attribute='0" + ".0" * 200 + "')|list }}",
    "{{ hexes|int(0, 16) * 1 }}",
    "{{ many|pprint }}",
]

CHILD = """
import json, resource, sys
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
from promptgit.errors import TemplateError
from promptgit.templates import compile_text

VALUES = {
    "x": "x", "n": 5, "l": [1, 2, 3], "d": {"k": 1}, "big": "a" * 1_000_000, "big2": "a" * 1_000_000 + "b",
    "many": ["item %d" % i for i in range(50_000)], "words": "a " * 1_000_000, "lines": "a\\n" * 1_000_000,
    "tags": "<p>" * 300_000, "hexes": "f" * 1_000_000,
}
for text in json.load(sys.stdin):
    try:
        template = compile_text(text, "jinja2")
        known = {name: VALUES[name] for name in template.variables if name in VALUES}
        outcome = repr(template.render(known))[:200]
    except TemplateError as error:
        outcome = "refused: " + str(error)
    print(json.dumps(outcome), flush=True)
"""


@pytest.fixture(scope="module")
def outcomes() -> dict[str, str]:
    attacks = NOT_ALLOWED + BOMBS
    run = subprocess.run(
        [sys.executable, "-c", CHILD], input=json.dumps(attacks), capture_output=True, text=True, check=False
    )
    answers = [json.loads(line) for line in run.stdout.splitlines()]
    assert len(answers) == len(attacks), f"killed by: {attacks[len(answers)]}\n{run.stderr[-2000:]}"
    return dict(zip(attacks, answers, strict=True))


@pytest.mark.parametrize("attack", NOT_ALLOWED)
def test_it_is_not_allowed(outcomes: dict[str, str], attack: str) -> None:
    assert outcomes[attack].startswith("refused: ")


@pytest.mark.parametrize("attack", BOMBS, ids=lambda text: text[:70])
def test_it_does_not_go_off(outcomes: dict[str, str], attack: str) -> None:
    assert outcomes[attack].startswith("refused: ")
    assert "MemoryError" not in outcomes[attack]


def test_what_is_passed_is_not_changed_and_not_called() -> None:
    class Evil(str):
        def upper(self) -> str:
            raise AssertionError("called")

    class Missing(dict[str, Any]):
        def __missing__(self, key: str) -> str:
            raise AssertionError("called")

    values = {"s": Evil("a"), "d": Missing(k=[1])}
    assert Formatter("{{ s.upper() }}{{ d.k }}{{ d.x is defined }}", "jinja2").format(values) == "A[1]False"
    assert values["d"] == {"k": [1]}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (object(), "variable x is of type object"),
        (print, "variable x is of type builtin_function_or_method"),
        ({"k": [1, {2}]}, r"variable x['k'][1] is of type set"),
        ([(1, 2)], "variable x[0] is of type tuple"),
        ({(1, 2): 3}, "variable x has a key of type tuple"),
        (b"bytes", "variable x is of type bytes"),
        ("a" * 5_000_000, "a text of more than 4,194,304 characters"),
        (2**5000, "a whole number of more than 4096 bits"),
        ([0] * 300_000, "more than 200,000 steps"),
    ],
    ids=lambda value: re.sub(r" at 0x\w+", "", repr(value))[:30],
)
def test_values_are_plain_and_bounded(value: object, message: str) -> None:
    with pytest.raises(TemplateError) as caught:
        Formatter("{{ x }}", "jinja2").format({"x": value})
    assert message in str(caught.value)


def test_values_that_hold_themselves_are_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    doubled: list[Any] = []
    for _ in range(31):
        doubled = [doubled, doubled]
    for value in (endless, doubled):
        with pytest.raises(TemplateError, match="more than a Jinja2 template may take"):
            Formatter("{{ x }}", "jinja2").format({"x": value})


@pytest.mark.parametrize(
    "text",
    [
        "{{ a }}" * 100_000,
        "{{ " + "(" * 5_000 + " }}",
        "{% if a %}" * 1_000 + "{% endif %}" * 1_000,
        "{% for i in a %}" * 25 + "{% endfor %}" * 25,
        "{{ " + "1+" * 9_000 + "1 }}",
        "{{ a" + "|e" * 9_000 + " }}",
        "{{ [" + "1," * 50_000 + "] }}",
        "{{ " + "{1:" * 500 + "1" + "}" * 500 + " }}",
        "{{ 1" + "0" * 5_000 + " }}",
        "x" * 5_000_000,
        "{%" * 100_000,
        "{#" * 100_000,
        "{% raw %}" * 100_000,
    ],
    ids=lambda text: text[:20],
)
def test_a_template_that_is_hard_to_compile_is_refused(text: str) -> None:
    with pytest.raises(TemplateError):
        compile_text(text, "jinja2")


def test_the_same_work_gives_the_same_outcome() -> None:
    template = compile_text("{% for i in range(n) %}{{ i }}{% endfor %}", "jinja2")
    counts = [len(template.render({"n": 60_000})) for _ in range(2)]
    assert counts[0] == counts[1]
    for _ in range(2):
        with pytest.raises(TemplateError, match="more than 200,000 steps"):
            template.render({"n": 100_000})
