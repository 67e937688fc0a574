"""Solve a frozen document on this machine. Needs no database, no broker, no worker."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import BaseCommand

from facility.kernel.errors import ConvergenceError, InputError
from facility.physics.simulate import Answer, simulate
from facility.scenarios.bundle import read_input, result_bundle
from facility.scenarios.files import (
    BAD_INPUT,
    INTERRUPTED,
    NOT_SOLVED,
    problem_lines,
    write_whole,
)
from facility.sites.arrays import as_carried


class Command(BaseCommand):
    """Read a document, solve it, write the answer; the exit code says how it went."""

    help = (
        "Solve an input document (.json) or bundle (.zip). Exit code 0: solved; 2: the input "
        "cannot be used, one line for each reason; 3: the solver did not converge; 130: stopped."
    )
    requires_system_checks: list[str] = []  # noqa: RUF012 - Django's own declaration

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the input and the place of the answer."""
        parser.add_argument("input", type=Path, help="input.json or bundle.zip")
        parser.add_argument(
            "--output",
            type=Path,
            required=True,
            help="result.json, or result.zip with the hourly series beside it",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Solve, or say why not and leave nothing behind."""
        output: Path = options["output"]
        try:
            frozen = read_input(options["input"])
            show = self._progress if options["verbosity"] > 1 else None
            arrays = {name: as_carried(array) for name, array in frozen.arrays.items()}
            answer = simulate(frozen.document, arrays, on_progress=show)
            write_whole(output, self._bytes(answer, output))
        except InputError as error:
            self._stop(BAD_INPUT, *problem_lines(error))
        except ConvergenceError as error:
            self._stop(NOT_SOLVED, f"not solved: {error}")
        except KeyboardInterrupt:
            self._stop(INTERRUPTED, "stopped; nothing was written")
        for line in answer.result.answer:
            self.stdout.write(line)

    def _bytes(self, answer: Answer, output: Path) -> bytes:
        """Return what the file will hold: the document as a worker stores it, or a bundle."""
        if output.suffix.lower() == ".zip":
            return result_bundle(answer.result, answer.series.values())
        return answer.result.canonical_bytes()

    def _progress(self, step: str, ratio: float) -> None:
        self.stderr.write(f"{ratio:4.0%} {step}")

    def _stop(self, code: int, *lines: str) -> NoReturn:
        self.stderr.write("\n".join(lines))
        sys.exit(code)
