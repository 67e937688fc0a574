"""Functions fit on a screen and modules can be read in one sitting."""

import ast

from tests.architecture.source import FUNCTIONS, modules, name, tree

LONGEST_FUNCTION = 60
LONGEST_MODULE = 500


def n_lines(function):
    """Return the lines of a function without its docstring."""
    first = function.body[0]
    has_docstring = ast.get_docstring(function, clean=False) is not None
    docstring = first.end_lineno - first.lineno + 1 if has_docstring else 0
    return function.end_lineno - function.lineno + 1 - docstring


def test_no_function_is_longer_than_a_screen():
    long = [
        f"{name(path)}:{node.lineno} {node.name} has {n_lines(node)} lines"
        for path in modules()
        for node in ast.walk(tree(path))
        if isinstance(node, FUNCTIONS) and n_lines(node) > LONGEST_FUNCTION
    ]
    assert long == []


def test_no_module_is_longer_than_a_sitting():
    counts = {name(path): len(path.read_text("utf-8").splitlines()) for path in modules()}
    assert {where: n for where, n in counts.items() if n > LONGEST_MODULE} == {}
