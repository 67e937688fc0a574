"""A physics docstring names exactly the parameters that the function has.

A formula is a public function that takes any array; it always lists its parameters.
"""

import ast
import re

from tests.architecture.source import FUNCTIONS, name, physics_modules, tree

SECTION = re.compile(r"^(\w[\w ]*)\n-{3,}\n", re.MULTILINE)


def parameters(function):
    """Return the names in the signature."""
    a = function.args
    plain = [*a.posonlyargs, *a.args, *a.kwonlyargs]
    return [arg.arg for arg in (*plain, a.vararg, a.kwarg) if arg is not None]


def documented(docstring):
    """Return the names in the Parameters section, or None where there is none."""
    parts = SECTION.split(docstring)
    sections = dict(zip(parts[1::2], parts[2::2], strict=True))
    if "Parameters" not in sections:
        return None
    heads = re.findall(r"^(\S.*?) ?(?::.*)?$", sections["Parameters"], re.MULTILINE)
    return [part.strip().lstrip("*") for head in heads for part in head.split(",")]


def public_functions():
    """Yield the public functions of physics modules, with where they stand."""
    for path in physics_modules():
        for node in tree(path).body:
            if isinstance(node, FUNCTIONS) and not node.name.startswith("_"):
                yield f"{name(path)}:{node.lineno} {node.name}", node


def takes_arrays(function):
    """Return whether a caller may hand in any array: that is what makes it a formula."""
    a = function.args
    annotations = [arg.annotation for arg in (*a.posonlyargs, *a.args, *a.kwonlyargs)]
    return any("ArrayLike" in ast.unparse(text) for text in annotations if text is not None)


def test_a_parameters_section_names_exactly_the_parameters():
    wrong = {}
    for where, function in public_functions():
        said = documented(ast.get_docstring(function) or "")
        if said is not None and sorted(said) != sorted(parameters(function)):
            wrong[where] = f"documents {said}, has {parameters(function)}"
    assert wrong == {}


def test_every_formula_has_a_parameters_section():
    formulas = [(where, f) for where, f in public_functions() if takes_arrays(f)]
    assert len(formulas) > 20
    assert [where for where, f in formulas if documented(ast.get_docstring(f) or "") is None] == []


def test_a_section_is_read_with_its_types_and_pairs():
    docstring = (
        "One.\n\nParameters\n----------\nx_kw : float\n    Text: more.\na, b : int\n    Both.\n\n"
        "Returns\n-------\nfloat\n    Text.\n"
    )
    assert documented(docstring) == ["x_kw", "a", "b"]
