"""Who calls which prompt with what, read from Python code without running it; and types for those callers.

files      which files to read, and how: Python files and notebooks
names      the functions, classes and methods that load a prompt
values     what an expression may be, as far as it can be known
evaluate   expressions
flow       statements, scopes and classes
scan       the calls of one file
contracts  what a reference serves in one state of a registry
usages     findings: calls against a state, or against two
stubs      typed stubs of a registry
"""

from __future__ import annotations
