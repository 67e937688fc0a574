"""Documents spoilt at one place each: an answer or every problem, never a crash, never a NaN."""

import copy
import json
import random

import pytest

from facility.kernel.errors import ConvergenceError, InputError
from facility.physics.documents import FacilityInput
from facility.physics.simulate import simulate
from tests.facility.small_site import small_document, small_input

N_SPOILT = 120
NUMBERS = (-1, 0, 1e308, 1e6, 1e-9, 200.0, "x", None)
TEXTS = ("", "nowhere", "x" * 100, 5, None, "POI", "LV-A1")


def places(node, at=()):
    """Yield the path of every value and every list of a document."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from places(value, (*at, key))
    elif isinstance(node, list):
        yield at, node
        for number, value in enumerate(node):
            yield from places(value, (*at, number))
    else:
        yield at, node


def spoilt(value, dice):
    if isinstance(value, bool):
        return dice.choice([not value, None, 3])
    if isinstance(value, int | float):
        return dice.choice([*NUMBERS, value * 100, value / 100, -value])
    if isinstance(value, str):
        return dice.choice(TEXTS)
    if isinstance(value, list):
        return dice.choice([[], value * 2, None])
    return dice.choice([0, "x"])


@pytest.mark.slow
@pytest.mark.property
def test_a_spoilt_document_is_answered_or_refused():
    dice = random.Random(20261125)  # noqa: S311 - a fixed draw, nothing to guard
    plain = small_document()
    plain["stages"] = plain["stages"][:1]
    plain["analyses"] = [a | {"stages": [0]} for a in plain["analyses"] if a["kind"] != "year"]
    plain = json.loads(json.dumps(plain))
    _, arrays = small_input()
    everywhere = list(places(plain))
    refused = named = unsolved = 0
    for _ in range(N_SPOILT):
        data = copy.deepcopy(plain)
        *path, last = (place := dice.choice(everywhere))[0]
        node = data
        for step in path:
            node = node[step]
        node[last] = spoilt(place[1], dice)
        try:
            simulate(FacilityInput.parse(data), arrays).result.canonical_bytes()
        except InputError as error:
            refused += 1
            named += all(problem.path and problem.message for problem in error.problems)
        except ConvergenceError:
            unsolved += 1
    assert named == refused
    assert refused > N_SPOILT / 4
    assert unsolved < N_SPOILT / 20
