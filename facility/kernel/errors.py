"""The failures a person can act on. Anything else is a bug and has to surface as one."""

from collections.abc import Iterable
from dataclasses import dataclass


class FacilityError(Exception):
    """Base of every expected failure. ``code`` is stable, documented and safe to branch on."""

    code = "facility_error"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with an input, addressed by its dotted path in the document or form."""

    path: str
    code: str
    message: str


class InputError(FacilityError, ValueError):
    """The input cannot be solved as written. Carries every problem found, not just the first."""

    code = "invalid_input"

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{p.path}: {p.message}" for p in self.problems))


class ConvergenceError(FacilityError, RuntimeError):
    """An iteration stopped before its tolerance; the figures say how far away it was."""

    code = "not_converged"

    def __init__(self, where: str, iterations: int, residual: float, tolerance: float) -> None:
        self.where = where
        self.iterations = iterations
        self.residual = residual
        self.tolerance = tolerance
        super().__init__(
            f"{where}: residual {residual:.3g} is above {tolerance:.3g} "
            f"after {iterations} iterations"
        )


class Cancelled(FacilityError):  # noqa: N818 - a state, not an error
    """The person who asked for the work no longer wants it. Raised by progress callbacks."""

    code = "cancelled"
