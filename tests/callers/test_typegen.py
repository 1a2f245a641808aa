"""The stubs, as a real type checker reads them."""

from __future__ import annotations

import ast
import itertools
import re
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from commandline import Cli
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mypy import api as mypy
from support import Git

from promptgit import Registry
from promptgit.callers.contracts import Contract, State
from promptgit.callers.shapes import TypedPrompt, shape_of, typed_prompts
from promptgit.callers.stubs import generate, package_stub
from promptgit.templates.variables import VariableSpec

pytest_plugins = ["shop_fixtures"]

STRICT = '# mypy: disable-error-code="override, misc, overload-overlap, overload-cannot-match"\n'
INIT = Path("promptgit/__init__.pyi")

Checker = Callable[[str], list[str]]


@pytest.fixture(scope="session")
def mypy_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mypy")


@pytest.fixture
def check(tmp_path: Path, mypy_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Checker:
    """Runs mypy over a program beside `typings/`; what it says, without the path and the overloads that it lists."""

    def run(code: str) -> list[str]:
        (tmp_path / "caller.py").write_text(textwrap.dedent(code))
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("MYPYPATH", "typings")
        options = [
            "--strict",
            "--config-file=",
            "--no-error-summary",
            "--hide-error-codes",
            f"--cache-dir={mypy_cache}",
        ]
        out, err, _ = mypy.run([*options, "caller.py"])
        assert err == ""
        said = [line for line in out.splitlines() if "note:     def " not in line and "Possible overload" not in line]
        plain = [line.replace('"', "").replace("Revealed type is ", "") for line in said]
        return [re.sub(r"^caller\.py:(\d+): (?:note|error): ", r"\1 ", line) for line in plain]

    return run


def write_stubs(registry: Registry, folder: Path, *, strict: bool = False) -> dict[str, str]:
    files = generate(State(registry), registry.catalog, registry.prompts())
    for path, text in files.items():
        target = folder / "typings" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text.replace("# mypy: ignore-errors\n", STRICT) if strict else text)
    return files


def test_mypy_knows_each_prompt_and_finds_a_call_that_does_not_fit(
    shop: Registry, tmp_path: Path, check: Checker
) -> None:
    write_stubs(shop, tmp_path, strict=True)
    said = check(
        """\
        import promptgit
        from promptgit import PromptVersion, Registry, genai, load_prompt
        from promptgit.errors import NotFoundError

        prompt = load_prompt("prompts:/support.refunds@production")
        reveal_type(prompt)
        reveal_type(prompt.format(question="x", tone=3))
        prompt.format()
        prompt.format(question="x", language="fr")
        reveal_type(prompt.format(question="x", language="fr", ignore_unknown=True))
        reveal_type(prompt.format(tone="kind", allow_partial=True))
        reveal_type(prompt.format({"question": "x"}))
        load_prompt("writing.summary", 1).format(text="", sentences="3")
        reveal_type(load_prompt("support.triage/1").format(message="", history=[{"role": "user", "content": ""}]))
        reveal_type(load_prompt("support.refunds"))
        reveal_type(load_prompt("unknown"))
        reveal_type(load_prompt("support.refunds", allow_missing=True))
        reveal_type(genai.load_prompt("support.refunds", version="staging"))
        reveal_type(promptgit.MlflowClient().load_prompt("support.refunds", version=2))

        def answer(registry: Registry, name: str) -> PromptVersion:
            reveal_type(registry.load(name))
            with registry.snapshot() as prompts:
                reveal_type(prompts.at("v1").load("support.refunds", 3))
                return prompts.load("support.refunds@staging")

        def spread(values: dict[str, str]) -> None:
            prompt.format(**values)
            prompt.format(values)

        answer(promptgit.get_registry(), "x")
        promptgit.set_registry(Registry("."))
        """
    )
    assert said == [
        "6 promptgit.SupportRefundsPromptV2",
        "7 str",
        "8 All overload variants of format of SupportRefundsPromptV2 require at least one argument",
        "9 No overload variant of format of SupportRefundsPromptV2 matches argument types str, str",
        "10 str",
        "11 promptgit.model.PromptVersion",
        "12 str",
        "13 No overload variant of format of WritingSummaryPrompt matches argument types str, str",
        "14 list[dict[str, Any]]",
        "15 promptgit.SupportRefundsPrompt",
        "16 Any",
        "17 Any",
        "18 promptgit.SupportRefundsPromptV1",
        "19 Any",
        "22 Any",
        "24 promptgit.SupportRefundsPrompt",
    ]


def test_the_sample_applications_pass_unchanged(shop: Registry, apps: Path, tmp_path: Path, check: Checker) -> None:
    write_stubs(shop, tmp_path)
    for app in sorted(apps.glob("*.py")):
        assert check(app.read_text()) == [], app.name


def test_variables_that_no_keyword_can_carry_go_into_a_mapping(
    git: Git, registry: Registry, tmp_path: Path, check: Checker
) -> None:
    names = ["user.name", "class", "self", "values", "others", "__secret", "allow_partial"]
    variables = "".join(f"  {name}: {{type: string}}\n" for name in names)
    used = " ".join(f"{{{{{name}}}}}" for name in names)
    git.commit_file("prompts/letter/1.yaml", f"template: '{used}'\nvariables:\n{variables}")
    write_stubs(registry, tmp_path, strict=True)
    said = check(
        """\
        from promptgit import load_prompt
        letter = load_prompt("letter")
        others = {"user.name": "", "class": "", "__secret": "", "allow_partial": ""}
        letter.format({"user.name": "", "class": "", "__secret": "", "allow_partial": ""}, self="", values="", others="")
        letter.format(
            {"user.name": "", "class": "", "__secret": "", "allow_partial": "", "self": "", "values": "", "others": ""}
        )
        letter.format({"user.name": ""}, self="", values="", others="")
        letter.format(self="", values="", others="")
        """
    )
    assert [line.split()[0] for line in said] == ["8", "9"]


def contract(version: int, **variables: VariableSpec) -> Contract:
    needed = tuple(name for name, spec in variables.items() if spec.required)
    return Contract(version=version, variables=variables, needed=needed, is_text=True)


def spec(name: str, **fields: object) -> VariableSpec:
    return VariableSpec(name=name, **fields)  # type: ignore[arg-type]


def test_the_contract_of_a_split_is_that_of_all_its_versions() -> None:
    one = contract(1, count=spec("count", type="integer", typed=True), tone=spec("tone", required=False, typed=True))
    other = contract(2, count=spec("count", typed=True), language=spec("language"))
    shape = shape_of([one, other])
    told = [(variable.name, variable.type, variable.required) for variable in shape.variables]
    assert told == [("count", "int | str", True), ("language", "object", True), ("tone", "str", False)]


def test_a_variable_that_is_declared_and_not_used_need_not_be_given(git: Git, registry: Registry) -> None:
    git.commit_file("prompts/faq/1.yaml", "template: Hello\nvariables:\n  tone: {type: string}\n")
    (prompt,) = typed_prompts(State(registry), registry.catalog, ["faq"])
    assert [variable.required for variable in prompt.shape.variables] == [False]


def test_versions_with_one_contract_share_a_class_and_a_damaged_one_has_none(git: Git, registry: Registry) -> None:
    for number, template in enumerate(["{{a}}", "{{a}}!", "'[", "{{b}}"], 1):
        git.commit_file(f"prompts/faq/{number}.yaml", f"template: '{template}'\n")
    git.commit_file("prompts/faq/aliases.yaml", "broken: 3\n\nlive: 1\n\nsplit: {1: 50, 4: 50}\n")
    found = typed_prompts(State(registry), registry.catalog, ["faq"])
    assert [(prompt.title, prompt.versions) for prompt in found] == [
        ("FaqPrompt", (4,)),
        ("FaqPromptV2", (2, 1, "live")),
        ("FaqPromptSplit", ("split",)),
    ]


def test_no_two_classes_have_one_name(git: Git, registry: Registry) -> None:
    for name in ("a.b", "a_b", "a-b", "3d", "aB"):
        git.commit_file(f"prompts/{name.replace('.', '/')}/1.yaml", "template: Hello\n")
    titles = [prompt.title for prompt in typed_prompts(State(registry), registry.catalog, registry.prompts())]
    assert titles == ["N3dPrompt", "ABPrompt", "ABPrompt_2", "ABPrompt_3", "ABPrompt_4"]


def test_only_the_newest_versions_and_those_of_aliases_can_be_named(git: Git, registry: Registry) -> None:
    for number in range(1, 31):
        target = git.path / f"prompts/faq/{number}.yaml"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("template: Hello\n")
    (git.path / "prompts/faq/aliases.yaml").write_text("production: 4\n")
    (prompt,) = typed_prompts(State(registry), registry.catalog, ["faq"])
    assert prompt.versions == (*range(30, 10, -1), 4, "production")


_TEXT = st.text(max_size=30) | st.sampled_from(
    ['"""', "'''\nimport os", "\\", "\u202e", "\ud800", "*/ # type: ignore", "\x1b]0;x\x07"]
)
_SPECS = st.builds(
    VariableSpec,
    name=st.from_regex(r"\A[a-z_][a-z_]{0,6}(\.[a-z]{1,3})?\Z"),
    type=st.sampled_from(["string", "integer", "number", "boolean", "array", "object", "any"]),
    required=st.booleans(),
    default=st.none() | _TEXT | st.integers() | st.floats() | st.booleans(),
    has_default=st.booleans(),
    description=_TEXT,
    placeholder=st.booleans(),
    typed=st.booleans(),
)
_counter = itertools.count()


@st.composite
def _prompts(draw: st.DrawFn) -> TypedPrompt:
    specs = draw(st.lists(_SPECS, max_size=5, unique_by=lambda found: found.name))
    number = next(_counter)
    return TypedPrompt(
        title=f"Drawn{number}Prompt",
        prompt=f"drawn.{number}",
        shape=shape_of([contract(1, **{found.name: found for found in specs})]),
        references=(f"prompts:/drawn.{number}",),
        versions=(1, "production"),
        about=draw(_TEXT),
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_prompts(), max_size=4))
def test_whatever_a_registry_holds_the_stubs_are_declarations_alone(prompts: list[TypedPrompt]) -> None:
    tree = ast.parse(package_stub(prompts).encode())
    allowed = ast.Import | ast.ImportFrom | ast.ClassDef | ast.FunctionDef | ast.Assign | ast.Expr
    assert all(isinstance(node, allowed) for node in tree.body)
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    for prompt in prompts:
        about, *formats = classes[prompt.title].body
        assert isinstance(about, ast.Expr)
        assert ast.literal_eval(about.value) == f"{prompt.prompt}\n{prompt.about}".strip()
        assert {getattr(node, "name", "") for node in formats} == {"format"}
    imported = {alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names}
    assert imported == set()


def test_mypy_accepts_the_stubs_of_odd_contracts(tmp_path: Path, check: Checker) -> None:
    @settings(
        max_examples=40, deadline=None, database=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
    )
    @given(_prompts())
    def collect(prompt: TypedPrompt) -> None:
        drawn.append(prompt)

    drawn: list[TypedPrompt] = []
    collect()
    target = tmp_path / "typings" / INIT
    target.parent.mkdir(parents=True)
    target.write_text(package_stub(drawn).replace("# mypy: ignore-errors\n", STRICT))
    assert check("from promptgit import load_prompt\nload_prompt('x')\n") == []


# --- the command --------------------------------------------------------------------------------------------------------


def test_the_command_writes_what_a_checker_finds_by_itself(run: Cli, apps: Path) -> None:
    assert run("typegen").out == "3 prompts typed in typings/promptgit\n"
    assert {path.name for path in (apps / "typings/promptgit").iterdir()} == {"__init__.pyi", "genai.pyi"}


def test_patterns_choose_the_prompts(run: Cli, apps: Path) -> None:
    run("typegen", "-o", "stubs", "support.*")
    text = (apps / "stubs" / INIT).read_text()
    assert "class SupportRefundsPrompt(PromptVersion):" in text
    assert "writing" not in text
    assert "no prompt matches nothing.*" in run("typegen", "nothing.*", code=1).err


def test_check_tells_whether_the_stubs_are_current(run: Cli, apps: Path, git: Git) -> None:
    assert (
        "typings/promptgit/__init__.pyi is not what promptgit typegen would write"
        in run("typegen", "--check", code=1).err
    )
    assert not (apps / "typings").exists()
    run("typegen")
    assert run("typegen", "--check").out == "3 prompts: the stubs are current\n"
    git.commit_file("prompts/support/refunds/aliases.yaml", "production: 3\n")
    run("typegen", "--check", code=1)
    run("typegen", "--check", "--rev", "HEAD~1")


def test_what_is_current_is_not_written_again(run: Cli, apps: Path) -> None:
    run("typegen")
    path = apps / "typings" / INIT
    before = path.stat()
    run("typegen")
    assert path.stat() == before
