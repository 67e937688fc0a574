"""Documents, arrays, errors and checks: the ground everything else stands on."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facility.kernel.arrays import array_digest, plain
from facility.kernel.checks import as_float
from facility.kernel.documents import Document
from facility.kernel.errors import Cancelled, ConvergenceError, FacilityError, InputError, Problem
from facility.kernel.fields import Name, Positive, Staged


class Thing(Staged):
    label: Name = "thing"
    rating_kw: Positive


class Box(Document):
    things: tuple[Thing, ...]
    note: str = ""


def test_a_document_names_every_problem_with_its_path():
    with pytest.raises(InputError) as caught:
        Box.parse({"things": [{"id": "", "rating_kw": -1.0}, {"id": "a"}], "colour": "red"})
    found = {problem.path: problem.code for problem in caught.value.problems}
    assert found == {
        "things.0.id": "string_too_short",
        "things.0.rating_kw": "greater_than",
        "things.1.rating_kw": "missing",
        "colour": "extra_forbidden",
    }
    for path in found:
        assert path in str(caught.value)


def test_a_document_of_another_shape_is_refused_as_a_whole():
    with pytest.raises(InputError) as caught:
        Box.parse([1, 2])
    assert caught.value.problems[0].path == "(document)"
    with pytest.raises(InputError):
        Box.parse_json(b'{"things": [')


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_is_not_a_number_enters_no_document(value):
    with pytest.raises(InputError):
        Thing.parse({"id": "a", "rating_kw": value})
    with pytest.raises(InputError):
        Thing.parse_json('{"id": "a", "rating_kw": NaN}')


def test_equal_documents_have_one_text_however_they_were_built():
    first = Box.parse({"note": "ä", "things": [{"rating_kw": 1, "id": "a"}]})
    second = Box.parse_json('{"things": [{"id": "a", "rating_kw": 1.0}], "note": "\\u00e4"}')
    assert first.canonical_bytes() == second.canonical_bytes()
    assert first.digest() == second.digest()
    assert first.digest() == hashlib.sha256(first.canonical_bytes()).hexdigest()
    assert Box.parse_json(first.canonical_bytes()) == first


@given(st.floats(min_value=1e-300, max_value=1e12))
def test_a_number_keeps_its_last_bit_through_the_text(value):
    thing = Thing(id="a", rating_kw=value)
    assert Thing.parse_json(thing.canonical_bytes()).rating_kw == value


def test_a_document_cannot_be_changed():
    thing = Thing(id="a", rating_kw=1.0)
    with pytest.raises(ValueError, match="frozen"):
        thing.rating_kw = 2.0


def test_a_staged_thing_is_there_from_its_first_stage_until_it_is_gone():
    thing = Thing(id="a", rating_kw=1.0, from_stage=1, until_stage=3)
    assert [thing.is_present(stage) for stage in range(5)] == [False, True, True, False, False]
    assert Thing(id="a", rating_kw=1.0).is_present(99)


def test_the_address_of_an_array_is_that_of_type_shape_and_plain_bytes():
    table = np.arange(6.0).reshape(2, 3)
    wanted = hashlib.sha256(b"<f8:2,3:" + table.tobytes()).hexdigest()
    assert array_digest(table) == wanted
    assert array_digest(np.asfortranarray(table)) == wanted
    assert array_digest(table.astype(">f8")) == wanted
    assert array_digest(table.T) != wanted
    assert array_digest(table.astype(np.float32)) != wanted
    assert plain(table.astype(">f8")).dtype.str == "<f8"


def test_numbers_enter_as_finite_floats_within_their_bounds():
    assert as_float("x", [1, 2]).dtype == np.float64
    assert as_float("x", 3).shape == ()
    for bad, code in (([1.0, np.nan], "not_finite"), ([-0.1], "too_small"), ([1.1], "too_large")):
        with pytest.raises(InputError) as caught:
            as_float("x", bad, minimum=0.0, maximum=1.0)
        assert [(p.path, p.code) for p in caught.value.problems] == [("x", code)]


def test_a_list_handed_in_stays_as_it_was():
    given_list = [1, 2]
    as_float("x", given_list)[0] = 9.0
    assert given_list == [1, 2]


def test_errors_carry_what_a_person_needs_and_a_stable_code():
    problems = [Problem("a.b", "missing", "is missing"), Problem("c", "unknown", "is unknown")]
    error = InputError(iter(problems))
    assert error.problems == tuple(problems)
    assert str(error) == "a.b: is missing; c: is unknown"
    assert isinstance(error, ValueError)
    late = ConvergenceError("the flow", 7, 0.5, 1e-6)
    assert "the flow: residual 0.5 is above 1e-06 after 7 iterations" in str(late)
    codes = [kind.code for kind in (InputError, ConvergenceError, Cancelled)]
    assert codes == ["invalid_input", "not_converged", "cancelled"]
    assert all(
        issubclass(kind, FacilityError) for kind in (InputError, ConvergenceError, Cancelled)
    )
