"""Which loads and formats are found in Python code, and what is known of them."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptgit.callers.files import Unreadable
from promptgit.callers.model import Call
from promptgit.callers.scan import Source

HEAD = "import promptgit\nfrom promptgit import Registry, load_prompt\n"


def calls(code: str, head: str = HEAD) -> tuple[Call, ...]:
    return Source("app.py", head + textwrap.dedent(code)).calls()


def loads(code: str, head: str = HEAD) -> list[str]:
    """What is asked for, in the order of the text; `…` where only the beginning is known."""
    return [
        (f"{wanted.uri} {wanted.version}" if wanted.version is not None else wanted.uri) + ("" if wanted.whole else "…")
        for call in calls(code, head)
        for wanted in call.wanted
    ]


def gives(code: str, head: str = HEAD) -> list[str]:
    """The variables that each format of the first load gives; `…` where there may be others."""
    return [
        " ".join([*sorted(form.names), *(["…"] if form.open else []), *(["partly"] if form.partial else [])])
        for call in calls(code, head)[:1]
        for form in call.formats
    ]


@pytest.mark.parametrize(
    "code",
    [
        "import promptgit\npromptgit.load_prompt('faq')",
        "import promptgit as pg\npg.load_prompt('faq')",
        "from promptgit import load_prompt as fetch\nfetch('faq')",
        "from promptgit import *\nload_prompt('faq')",
        "from promptgit.api import load_prompt\nload_prompt('faq')",
        "from promptgit import genai\ngenai.load_prompt('faq')",
        "import promptgit.genai\npromptgit.genai.load_prompt('faq')",
        "import promptgit.genai as genai\ngenai.load_prompt(name_or_uri='faq')",
        "import mlflow\nmlflow.load_prompt('faq')",
        "import mlflow\nmlflow.genai.load_prompt('faq')",
        "from mlflow.genai import load_prompt\nload_prompt('faq')",
        "from mlflow import MlflowClient\nMlflowClient().load_prompt('faq')",
        "from promptgit import Registry\nRegistry('.').load('faq')",
        "from promptgit import Registry\nregistry = Registry('.')\nregistry.load('faq')",
        "from promptgit import Registry\nwith Registry('.') as registry:\n    registry.load('faq')",
        "from promptgit import Registry\nwith Registry('.').snapshot() as prompts:\n    prompts.load('faq')",
        "from promptgit import Registry\ndef answer(registry: Registry):\n    registry.load('faq')",
        "from promptgit import Registry\ndef answer(registry: 'Registry | None' = None):\n    registry.load('faq')",
        "from typing import Optional\nimport promptgit\ndef answer(r: Optional[promptgit.Registry]):\n    r.load('faq')",
        "from promptgit import get_registry\nget_registry().load('faq')",
        "import promptgit\nloader = promptgit.load_prompt\nloader('faq')",
        "try:\n    from promptgit import load_prompt\nexcept ImportError:\n    from mlflow.genai import load_prompt\n"
        "load_prompt('faq')",
        "import asyncio, promptgit\nasync def f():\n    await asyncio.to_thread(promptgit.load_prompt, 'faq')",
        "def f():\n    import promptgit\n    lambda: promptgit.load_prompt('faq')",
    ],
)
def test_a_load_is_found_by_whatever_name_it_goes(code: str) -> None:
    assert loads(code, head="") == ["faq"]


@pytest.mark.parametrize(
    "code",
    [
        "from shop import load_prompt\nload_prompt('faq')",
        "from . import load_prompt\nload_prompt('faq')",
        "def load_prompt(name): ...\nload_prompt('faq')",
        "from promptgit import load_prompt\nload_prompt = print\nload_prompt('faq')",
        "from promptgit import load_prompt\ndef f(load_prompt):\n    load_prompt('faq')",
        "import json\njson.load('faq')",
        "from mlflow import MlflowClient\nMlflowClient().get_model_version_by_alias('faq', 'production')",
    ],
)
def test_a_function_of_the_same_name_is_no_load(code: str) -> None:
    assert loads(code, head="") == []


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("load_prompt('faq' '@production')", ["faq@production"]),
        ("load_prompt('faq', 3)", ["faq 3"]),
        ("load_prompt('faq', version='production')", ["faq production"]),
        ("NAME = 'faq'\nload_prompt(NAME + '@production')", ["faq@production"]),
        ("NAME = 'faq'\ndef f():\n    load_prompt(f'prompts:/{NAME}/{3}')", ["prompts:/faq/3"]),
        ("class Prompts:\n    FAQ = 'faq'\nload_prompt(Prompts.FAQ)", ["faq"]),
        ("from enum import Enum\nclass P(str, Enum):\n    FAQ = 'faq'\nload_prompt(P.FAQ.value)", ["faq"]),
        ("URIS = {'a': 'faq', 'b': 'terms'}\nload_prompt(URIS['b'])", ["terms"]),
        (
            "for name in ('faq', 'terms'):\n    load_prompt(f'{name}@production')",
            ["faq@production", "terms@production"],
        ),
        ("[load_prompt(name) for name in ['faq', 'terms']]", ["faq", "terms"]),
        ("load_prompt('faq' if short else 'terms')", ["faq", "terms"]),
        ("if short:\n    n = 'faq'\nelse:\n    n = 'terms'\nload_prompt(n)", ["faq", "terms"]),
        ("n = 'faq'\nif n:\n    n = 'terms'\nload_prompt(n)", ["terms", "faq"]),
        ("def f(alias):\n    load_prompt(f'prompts:/faq@{alias}')", ["prompts:/faq@…"]),
        ("def f(alias='production'):\n    load_prompt('faq@' + alias)", ["faq@production", "faq@…"]),
        ("load_prompt('prompts:/faq@%s' % alias)", ["prompts:/faq@…"]),
        ("load_prompt('prompts:/faq@{}'.format(alias))", ["prompts:/faq@…"]),
        ("load_prompt('faq', version)", ["faq@…"]),
        ("load_prompt(**options)", ["…"]),
        ("import os\nload_prompt(os.environ['PROMPT'])", ["…"]),
        ("import os\nload_prompt(os.getenv('PROMPT', 'faq'))", ["faq", "…"]),
        ("client = promptgit.MlflowClient()\nclient.get_prompt_version('faq', 2)", ["faq 2"]),
        ("promptgit.MlflowClient().get_prompt_version_by_alias('faq', 'live')", ["prompts:/faq@live"]),
    ],
)
def test_what_is_asked_for_is_known_as_far_as_the_text_says_it(code: str, expected: list[str]) -> None:
    assert loads(code) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("load_prompt('faq').format(question=q)", ["question"]),
        ("(await load_prompt('faq')).format(question=q)", None),
        ("p = load_prompt('faq')\np.format(question=q)\np.format()", ["question", ""]),
        ("p = load_prompt('faq')\np = other\np.format(question=q)", []),
        ("p = load_prompt('faq')\ndel p\np.format(question=q)", []),
        ("p = load_prompt('faq')\ndef f():\n    return p.format(question=q)", ["question"]),
        ("p = load_prompt('faq')\ndef f(p):\n    return p.format(question=q)", []),
        ("def f():\n    if (p := load_prompt('faq')):\n        p.format(question=q)", ["question"]),
        ("p: object = load_prompt('faq')\np.format(question=q)", ["question"]),
        ("a, b = load_prompt('faq'), 3\na.format(question=q)", ["question"]),
        ("P = {'faq': load_prompt('faq')}\nP['faq'].format(question=q)", ["question"]),
        ("fill = load_prompt('faq').format\nfill(question=q)", ["question"]),
        ("def get():\n    return load_prompt('faq')\nget().format(question=q)", ["question"]),
        (
            "p = None\ndef f():\n    global p\n    if p is None:\n        p = load_prompt('faq')\n    p.format(a=1)",
            ["a"],
        ),
        ("try:\n    p = load_prompt('faq')\nexcept OSError:\n    raise\np.format(a=1)", ["a"]),
        ("while True:\n    p = load_prompt('faq')\n    break\np.format(a=1)", ["a"]),
        ("p = None\nfor q in qs:\n    if p:\n        p.format(a=1)\n    p = load_prompt('faq')", ["a"]),
        (
            "match x:\n    case 1:\n        p = load_prompt('faq')\n    case _:\n        raise ValueError\np.format(a=1)",
            ["a"],
        ),
        (
            "def f():\n    p = load_prompt('faq')\n    if x:\n        return p.format(a=1)\n    return p.format(b=2)",
            ["a", "b"],
        ),
        ("def f():\n    p = load_prompt('faq')\n    if x:\n        return 1\n        p.format(a=1)", []),
    ],
)
def test_a_format_belongs_to_the_prompt_that_its_name_holds_there(code: str, expected: list[str] | None) -> None:
    if expected is None:
        code, expected = "async def f():\n    " + code, ["question"]
    assert gives(code) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("P.format({'a': 1}, b=2)", ["a b"]),
        ("P.format({'user.name': 1, **{'b': 2}})", ["b user.name"]),
        ("P.format(**{'a': 1}, b=2)", ["a b"]),
        ("P.format(**dict(a=1))", ["a"]),
        ("P.format(**values, b=2)", ["b …"]),
        ("P.format(*values)", ["…"]),
        ("V = {'a': 1}\nV['b'] = 2\nP.format(**V)", ["a b"]),
        ("V = {'a': 1}\nif x:\n    V['b'] = 2\nP.format(**V)", ["a b", "a"]),
        ("V = {'a': 1}\nV.update(more)\nP.format(**V)", ["a …"]),
        ("V = {'a': 1}\ncomplete(V)\nP.format(**V)", ["a …"]),
        ("V = {'a': 1}\nprint(V)\nP.format(**V)", ["a"]),
        ("V = {'a': 1}\nW = V\nW['b'] = 2\nP.format(**V)", ["a …"]),
        ("V = {'a': 1}\ndel V['a']\nP.format(**V)", ["…"]),
        ("V = {'a': 1} | {'b': 2}\nP.format(V)", ["a b"]),
        ("V = {'a': 1}\nV |= more\nP.format(V)", ["a …"]),
        ("V = {'a': 1}\ndef f():\n    P.format(**V)", ["a"]),
        ("V = {'a': 1}\ndef g():\n    V['b'] = 2\ndef f():\n    P.format(**V)", ["a …"]),
        ("V = {name: 1 for name in names}\nP.format(**V)", ["…"]),
        ("P.format(a=1, allow_partial=True).format(b=2)", ["a partly", "a b"]),
        ("P.format(a=1, allow_partial=False)", ["a"]),
        ("P.format(a=1, allow_partial=later)", ["a partly"]),
        ("P.format(**{'a': 1, 'allow_partial': True})", ["a partly"]),
        ("P.format({'a': 1} if x else {'b': 2})", ["a", "b"]),
        ("P.format(None, a=1)", ["a"]),
    ],
)
def test_what_a_format_gives_is_known_as_far_as_the_text_says_it(code: str, expected: list[str]) -> None:
    assert gives(f"P = load_prompt('faq')\n{code}") == expected


@pytest.mark.parametrize(
    "code",
    [
        "class A:\n    def __init__(self):\n        self.p = load_prompt('faq')\n    def f(self):\n        self.p.format(a=1)",
        "class A:\n    p = load_prompt('faq')\n    def f(me):\n        me.p.format(a=1)",
        "class A:\n    p = load_prompt('faq')\n    @classmethod\n    def f(cls):\n        cls.p.format(a=1)",
        "class A:\n    p = load_prompt('faq')\nclass B(A):\n    def f(self):\n        self.p.format(a=1)",
        "class A:\n    p = load_prompt('faq')\nA.p.format(a=1)\n",
        "class A:\n    p = load_prompt('faq')\na = A()\na.p.format(a=1)\n",
        "class A:\n    r: Registry\n    def f(self):\n        self.r.load('faq').format(a=1)",
        "class A:\n    def g(self):\n        return load_prompt('faq')\n    def f(self):\n        self.g().format(a=1)",
        "class A:\n    @property\n    def p(self):\n        return load_prompt('faq')\n"
        "    def f(self):\n        self.p.format(a=1)",
        "def outer():\n    p = load_prompt('faq')\n    def inner():\n        p.format(a=1)",
        "from fastapi import Depends\ndef get():\n    return load_prompt('faq')\ndef f(p=Depends(get)):\n    p.format(a=1)",
        "from typing import Annotated\nfrom fastapi import Depends\ndef get():\n    with Registry('.') as r:\n        yield r\n"
        "def f(r: Annotated[object, Depends(get)]):\n    r.load('faq').format(a=1)",
    ],
)
def test_prompts_are_followed_through_classes_and_functions(code: str) -> None:
    assert loads(code) == ["faq"]
    assert gives(code) == ["a"]


def test_places_count_from_one_and_in_characters() -> None:
    code = "größe = 'é'; p = load_prompt('faq')\n(p\n  .format(größe=1,\n    question=2))\n"
    (call,) = calls(code, "from promptgit import load_prompt\n")
    assert (call.place.line, call.place.column) == (2, 18)
    (form,) = call.formats
    assert (form.place.line, form.place.column) == (4, 4)
    assert [(given.place.line, given.place.column) for given in form.given] == [(4, 11), (5, 5)]


def test_a_registry_pinned_to_a_revision_is_asked_there() -> None:
    (call,) = calls("Registry('.').at('v2026.11').load('faq@production')")
    assert [(wanted.uri, wanted.rev) for wanted in call.wanted] == [("faq@production", "v2026.11")]
    (call,) = calls("Registry('.', rev=release).load('faq@production')")
    assert [wanted.whole for wanted in call.wanted] == [False]


def test_ways_that_multiply_are_bounded() -> None:
    code = "u = ''\n" + "".join(f"u += 'a' if x{at} else 'b'\n" for at in range(40)) + "load_prompt(u)"
    (call,) = calls(code)
    assert len(call.wanted) <= 17
    mapping = (
        "v = {}\n" + "".join(f"if x{at}:\n    v['k{at}'] = 1\n" for at in range(40)) + "load_prompt('a').format(**v)"
    )
    (call,) = calls(mapping)
    assert len(call.formats) <= 8


@pytest.mark.parametrize(
    "code",
    [
        "x = " + "(" * 900 + ")" * 900,
        "x = " + "-" * 50_000 + "1",
        "x = " + "+".join(["1"] * 50_000),
        "x = a" + ".b" * 50_000,
    ],
    ids=["brackets", "signs", "sum", "attributes"],
)
def test_code_that_is_nested_too_deeply_is_a_problem_not_a_crash(code: str) -> None:
    with pytest.raises(Unreadable) as caught:
        calls(code)
    assert caught.value.problem.code == "usage-syntax"


def test_the_scanner_can_scan_itself() -> None:
    for path in sorted(Path(__file__).parents[2].glob("promptgit/callers/*.py")):
        Source(str(path), path.read_text()).calls()


_NAMES = st.sampled_from(["p", "q", "load_prompt", "Registry", "self"])


@st.composite
def _programs(draw: st.DrawFn, depth: int = 3) -> str:
    """Programs that mean little, but parse."""
    lines: list[str] = []
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(
            st.sampled_from(["assign", "call", "format", "if", "for", "while", "try", "def", "class", "with", "jump"])
        )
        one, other = draw(_NAMES), draw(_NAMES)
        body = textwrap.indent(draw(_programs(depth - 1)) if depth else "pass", "    ")
        lines.append(
            {
                "assign": f"{one} = {other}('faq') if {one} else {{'a': {other}}}",
                "call": f"{one}.x, *{other} = load_prompt(f'{{{one}}}@{{{other}}}'), *{other}",
                "format": f"{one} = {other}.format({one}, *{other}, a=1, **{one}, allow_partial={other})",
                "if": f"if ({one} := {other}):\n{body}\nelse:\n    {one} = load_prompt('x')",
                "for": f"for {one} in {other}:\n{body}\nelse:\n{body}",
                "while": f"while {one}:\n{body}\n    break",
                "try": f"try:\n{body}\nexcept {one}:\n{body}\nfinally:\n{body}",
                "def": f"def {one}({other}={other}, *, k: {one} = 1, **rest):\n    global x\n{body}\n    return {other}",
                "class": f"class {one}({other}):\n{body}",
                "with": f"with {one}({other}) as {other}:\n{body}",
                "jump": f"while True:\n    if {one}: continue\n    raise {other}\n    {one}",
            }[kind]
        )
    return "\n".join(lines)


def test_classes_that_are_each_others_bases_are_asked_once_each() -> None:
    classes = "\n".join(f"    class {name}(A, B, C): pass" for name in "ABC")
    assert calls(f"while more:\n{classes}\n    A().prompt.format(load_prompt('faq'))")


@pytest.mark.parametrize(
    ("first", "then", "times"),
    [
        ("x = 'faq'", "x = f'{x}{x}'", 60),
        ("x = ['faq']", "x = [x, x]", 60),
        ("x = {'a': 1}", "x = {'a': x, 'b': x}", 60),
        ("x = {}", "x['a'], x['b'] = x, x", 60),
        ("x = 'faq'", "x = x.y", 2000),
        ("x = 1", "x = [x, 1] if a else [2, x]", 60),
    ],
    ids=["texts", "lists", "mappings", "keys", "methods", "ways"],
)
def test_values_that_double_with_each_line_are_given_up(first: str, then: str, times: int) -> None:
    """Each line doubles what there is: 2^60 of it could not be held."""
    assert loads("\n".join([first, *[then] * times, "load_prompt('faq').format(x, **x)"])) == ["faq"]


@settings(max_examples=100, deadline=None)
@given(_programs())
def test_any_program_that_parses_is_scanned(code: str) -> None:
    calls(code)
