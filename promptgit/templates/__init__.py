"""Templates: three syntaxes, chat messages, and the contract of variables.

compile_text        one text -> Template
compile_template    a text or a list of messages -> CompiledPrompt
Formatter     a template with its contract, as a version holds them -> format(values)
"""

from __future__ import annotations

from promptgit.templates.base import Template
from promptgit.templates.formatter import Formatter
from promptgit.templates.prompt import ChatPrompt, CompiledPrompt, TextPrompt, compile_template
from promptgit.templates.syntaxes import DEFAULT_SYNTAX, SYNTAXES, compile_text
from promptgit.templates.variables import VariableSpec, contract

TYPE_CHECKING = False
if TYPE_CHECKING:
    from promptgit.templates.convert import to_double_brace, to_single_brace
    from promptgit.templates.infer import infer_older_syntax, infer_syntax

__all__ = [
    "DEFAULT_SYNTAX",
    "SYNTAXES",
    "ChatPrompt",
    "CompiledPrompt",
    "Formatter",
    "Template",
    "TextPrompt",
    "VariableSpec",
    "compile_template",
    "compile_text",
    "contract",
    "infer_older_syntax",
    "infer_syntax",
    "to_double_brace",
    "to_single_brace",
]

_LATER = {  # what a load and a format never need
    "infer_older_syntax": "promptgit.templates.infer",
    "infer_syntax": "promptgit.templates.infer",
    "to_double_brace": "promptgit.templates.convert",
    "to_single_brace": "promptgit.templates.convert",
}


def __getattr__(name: str) -> object:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_LATER[name]), name)
