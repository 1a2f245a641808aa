"""The `jinja2` syntax: Jinja2 in a sandbox, for prompts with conditions and loops.

What differs from Jinja2 as a web framework sets it up:
- a variable without a value is an error, not an empty text; the final line feed stays; nothing is escaped;
- values are text, numbers, booleans, None, lists and dicts, copied, so a template can neither change nor call
  anything of the application's;
- `include`, `import`, `extends` and `block` are refused: a version is one text that was reviewed as a whole;
- a template that would take too much time or memory is stopped (see `jinja_limits`);
- `tojson` writes JSON as a model should read it.
As Jinja2 does, it reads CR LF and CR in the template as LF.
"""

from __future__ import annotations

from typing import Any, cast

from jinja2 import Template as CompiledJinja
from jinja2 import Undefined, meta, nodes
from jinja2.exceptions import TemplateSyntaxError, UndefinedError

from promptgit.errors import TemplateError
from promptgit.templates.base import Template, fault, place
from promptgit.templates.jinja_limits import MAX_TEXT, LimitError, plain_values
from promptgit.templates.jinja_rewrite import within_budget
from promptgit.templates.jinja_sandbox import GLOBALS, PromptEnvironment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from promptgit.templates.jinja_sandbox import PromptContext

NAME = "jinja2"
MAX_TOKENS = 20_000  # words and signs inside of tags: compiling them takes about half a second
_NODES_PER_STEP = 64
_REFUSED = (nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport, nodes.Block)
_STATEMENTS = (
    nodes.Assign,
    nodes.AssignBlock,
    nodes.CallBlock,
    nodes.FilterBlock,
    nodes.For,
    nodes.If,
    nodes.Macro,
    nodes.ScopedEvalContextModifier,
    nodes.With,
    *_REFUSED,
)
_environment = PromptEnvironment()


class JinjaTemplate(Template):
    """A Jinja2 template, compiled once."""

    __slots__ = ("_code", "_turn")

    def __init__(self, source: str, variables: tuple[str, ...], code: CompiledJinja, turn: int) -> None:
        super().__init__(source, NAME, variables)
        self._code = code
        self._turn = turn

    def prepare(self, values: Mapping[str, object]) -> dict[str, Any]:
        try:
            return plain_values(values)
        except TypeError as error:
            raise TemplateError(f"variable {error}") from None
        except LimitError as error:
            raise TemplateError(f"the values are more than a Jinja2 template may take: {error}") from None

    def fill(self, prepared: dict[str, Any]) -> str:
        context = cast("PromptContext", self._code.new_context(prepared))
        context.budget.turn = self._turn
        try:
            return context.concat(self._code.root_render_func(context))
        except Exception as error:  # a template is code: whatever it raises is its own fault
            raise self._explain(error) from error

    def partial(self, values: Mapping[str, object]) -> str:
        """See `Template.partial`. Replaces plain `{{ name }}` only: conditions and loops show as written."""
        rebound = {node.name for node in _parse(self.source).find_all(nodes.Name) if node.ctx != "load"}
        shown = [name for name in self.variables if name in values and name not in rebound]
        return "".join(_substituted(self.source, {name: str(values[name]) for name in shown}))

    def absent(self, name: str) -> Undefined:
        """A lenient undefined value: prints nothing, is false, and lets `is defined` and `|default` work."""
        return Undefined(name=name)

    def _explain(self, error: Exception) -> TemplateError:
        line = self._line_of(error)
        at = f" (line {line} of the template)" if line else ""
        if isinstance(error, LimitError):
            return TemplateError(f"a prompt may not do this much: {error}{at}", line=line)
        if isinstance(error, RecursionError):
            return TemplateError(f"a macro or loop calls itself too deeply{at}", line=line)
        hint = None
        if isinstance(error, UndefinedError):
            hint = "Pass it to format(), or write |default('...') or {% if ... is defined %}."
        return TemplateError(f"{str(error) or type(error).__name__}{at}", line=line, hint=hint)

    def _line_of(self, error: Exception) -> int | None:
        line, frame = None, error.__traceback__
        while frame is not None:
            if frame.tb_frame.f_code.co_filename == "<template>":
                line = self._code.get_corresponding_lineno(frame.tb_lineno)
            frame = frame.tb_next
        return line


def compile_source(text: str) -> JinjaTemplate:
    """Compile a text.

    Raises:
        TemplateError: it is not Jinja2, or uses what prompts may not; with the line, and the column of the
            first tag on that line: Jinja2 knows no more.
    """
    if len(text) > MAX_TEXT:
        raise TemplateError(f"a template of more than {MAX_TEXT:,} characters")
    try:
        tree = _parse(text)
        _refuse(tree)
        variables = _variables(tree)
        turn = 1 + sum(1 for _ in _all_nodes(tree)) // _NODES_PER_STEP
        code = _environment.compile(within_budget(tree))
        template = CompiledJinja.from_code(_environment, code, GLOBALS)
    except TemplateSyntaxError as error:
        raise _located(str(error.message), text, error.lineno) from None
    except (RecursionError, MemoryError, SyntaxError):
        raise TemplateError("the template is nested too deeply for Jinja2") from None
    except Exception as error:  # such as a number that Python does not read
        raise TemplateError(f"the template cannot be compiled: {error}") from error
    return JinjaTemplate(text, variables, template, turn)


def has_statements(text: str) -> bool:
    """Whether a text is Jinja2 beyond doubt: it parses, and has a statement such as `{% if %}`."""
    try:
        tree = _parse(text)
        return next(tree.find_all(_STATEMENTS), None) is not None or any(
            kind == "raw_begin" for _, kind, _ in _environment.lex(text)
        )
    except Exception:  # noqa: BLE001 - whatever keeps it from being read, it is not Jinja2 beyond doubt
        return False


def flat_pieces(text: str) -> list[tuple[str, str | None]] | None:
    """The template as pairs of literal text and the name after it; None if it does more than substitute."""
    pieces: list[tuple[str, str | None]] = []
    literal = ""
    for statement in _parse(text).body:
        if not isinstance(statement, nodes.Output):
            return None
        for node in statement.nodes:
            if isinstance(node, nodes.TemplateData):
                literal += node.data
            elif isinstance(node, nodes.Name):
                pieces.append((literal, node.name))
                literal = ""
            else:
                return None
    return [*pieces, (literal, None)]


def _parse(text: str) -> nodes.Template:
    tokens = 0
    for line, kind, _ in _environment.lex(text):
        tokens += kind != "data"
        if tokens > MAX_TOKENS:
            raise TemplateSyntaxError(f"a template of more than {MAX_TOKENS:,} tokens", line)
    return _environment.parse(text)


def _refuse(tree: nodes.Template) -> None:
    for node in tree.find_all(_REFUSED):
        word = "import" if isinstance(node, nodes.FromImport) else type(node).__name__.lower()
        raise TemplateSyntaxError(f"{{% {word} %}} is not available: a prompt is one file", node.lineno)


def _variables(tree: nodes.Template) -> tuple[str, ...]:
    """What the caller must give: no loop variable, nothing set, no macro, and no global that is called."""
    free = meta.find_undeclared_variables(tree)
    called = {id(call.node) for call in tree.find_all(nodes.Call) if isinstance(call.node, nodes.Name)}
    uses = [
        node
        for node in tree.find_all(nodes.Name)
        if node.ctx == "load" and node.name in free and not (node.name in GLOBALS and id(node) in called)
    ]
    return tuple(dict.fromkeys(node.name for node in sorted(uses, key=lambda node: node.lineno)))


def _all_nodes(node: nodes.Node) -> Iterator[nodes.Node]:
    stack = [node]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(node.iter_child_nodes())


def _substituted(source: str, shown: Mapping[str, str]) -> Iterator[str]:
    """The source with each `{{ name }}` of `shown` replaced, outside of comments and raw blocks."""
    source = source.replace("\r\n", "\n").replace("\r", "\n")  # as the lexer reads it
    done = at = 0
    tag: list[tuple[str, str]] = []
    for _, kind, value in _environment.lex(source):
        start = source.index(value, at)  # the lexer leaves out white space that a `{{-` strips
        at = start + len(value)
        if kind == "variable_begin":
            opening, tag = start, []
        if kind != "whitespace":
            tag.append((kind, value))
        if kind == "variable_end" and [part[0] for part in tag] == ["variable_begin", "name", kind]:
            (_, begin), (_, name), (_, end) = tag
            if name in shown and (begin, end) == ("{{", "}}"):
                yield source[done:opening] + shown[name]
                done = at
    yield source[done:]


def _located(message: str, text: str, line: int) -> TemplateError:
    start = 0
    for _ in range(line - 1):
        start = text.find("\n", start) + 1
    tags = [at for at in (text.find(mark, start) for mark in ("{%", "{{", "{#")) if at >= 0]
    tag = min(tags, default=start)
    return fault(message, text, tag if place(text, tag)[0] == line else start)
