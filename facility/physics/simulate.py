"""The whole facility: one frozen document and its arrays in, one frozen result and series out."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from facility.kernel.arrays import array_digest
from facility.kernel.checks import FloatArray
from facility.kernel.errors import InputError, Problem
from facility.kernel.units import HOURS_PER_YEAR
from facility.physics.answers import answer
from facility.physics.documents import ArrayRef, FacilityInput
from facility.physics.ledger import Solved, balances, findings, model_assumptions, notices
from facility.physics.results import FacilityResult
from facility.physics.stage import solve_stage
from facility.physics.stand import prepare_stages
from facility.physics.year import Float32Array
from thermal.physics.weather import OutdoorAir, outdoor_air

SOLVER_VERSION = "0.2.0"
LOAD_COLUMNS = ("power_kw",)
WEATHER_COLUMNS = ("dry_bulb_c", "relative_humidity_ratio", "pressure_kpa")

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Answer:
    """The result document and the series it names, by their address."""

    result: FacilityResult
    series: dict[str, Float32Array]


def simulate(
    document: FacilityInput,
    arrays: Mapping[str, FloatArray],
    on_progress: Progress | None = None,
) -> Answer:
    """Solve one frozen document.

    Pure: no clock, no randomness, no input or output. The same document and solver version give
    the same answer, bit for bit on one machine.

    Parameters
    ----------
    document : FacilityInput
        The site, its stages and the analyses asked for.
    arrays : mapping of str to ndarray
        What the document names, by SHA-256.
    on_progress : callable, optional
        Called with the step in words and the share done, 0 to 1; may raise `Cancelled`.

    Returns
    -------
    Answer

    Raises
    ------
    InputError
        The document contradicts itself or an array is missing; with every problem.
    ConvergenceError
        A state has no solution or was not found.
    Cancelled
        The callback raised it.
    """
    tell = on_progress or (lambda step, ratio: None)
    tell("Checking the input", 0.0)
    stands = prepare_stages(document)
    air = _weather(document, arrays)
    solved: list[Solved] = []
    series: dict[str, Float32Array] = {}
    for stage, stand in enumerate(stands):
        label = document.stages[stage].label

        def told(step: str, share: float, *, stage: int = stage, label: str = label) -> None:
            tell(f"{label}: {step}", (stage + share) / len(document.stages))

        item, year = solve_stage(document, stand, air, arrays, told)
        solved.append(item)
        if year is not None and year.result.series is not None:
            series[year.result.series.sha256] = year.series
    tell("Writing the answer", 1.0)
    results = tuple(item.result for item in solved)
    result = FacilityResult(
        solver_version=SOLVER_VERSION,
        input_sha256=document.digest(),
        title=document.title,
        answer=answer(document, results),
        balances=balances(solved),
        stages=results,
        findings=findings(document, solved),
        notices=notices(document, solved),
        assumptions=(*document.provenance, *model_assumptions()),
        missing=document.missing,
    )
    return Answer(result, series)


def _weather(document: FacilityInput, arrays: Mapping[str, FloatArray]) -> OutdoorAir:
    """Return the year's air after checking that every array is the one the document means."""
    reference = document.weather
    problems = [
        problem
        for path, ref in document.array_refs()
        for problem in _array_problems(path, ref, arrays)
    ]
    if reference.columns != WEATHER_COLUMNS:
        wanted = ", ".join(WEATHER_COLUMNS)
        problems.append(Problem("weather.columns", "unexpected", f"must be {wanted}"))
    if reference.n_rows != HOURS_PER_YEAR:
        problems.append(Problem("weather.n_rows", "unexpected", f"must be {HOURS_PER_YEAR}"))
    problems += [
        Problem(f"{path}.columns", "unexpected", "must be power_kw")
        for path, ref in document.array_refs()
        if ref is not reference and ref.columns != LOAD_COLUMNS
    ]
    if problems:
        raise InputError(problems)
    found = arrays[reference.sha256]
    return outdoor_air(found[:, 0], relative_humidity_ratio=found[:, 1], pressure_kpa=found[:, 2])


def _array_problems(
    path: str, reference: ArrayRef, arrays: Mapping[str, FloatArray]
) -> Iterator[Problem]:
    """Yield why an array is not the one that a document means."""
    found = arrays.get(reference.sha256)
    if found is None:
        yield Problem(f"{path}.sha256", "missing", "the array did not come along")
    elif found.shape != (reference.n_rows, len(reference.columns)):
        yield Problem(path, "shape", f"the array has the shape {found.shape}")
    elif array_digest(found) != reference.sha256:
        yield Problem(f"{path}.sha256", "damaged", "the array has another hash")
