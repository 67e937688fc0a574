"""Solve a pandapower network on this machine. Needs no database and no pandapower."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import BaseCommand

from facility.kernel.errors import ConvergenceError, InputError, Problem
from facility.scenarios.files import (
    BAD_INPUT,
    INTERRUPTED,
    NOT_SOLVED,
    problem_lines,
    write_whole,
)
from power.pandapower.answer import LoadFlowAnswer, solve_net


class Command(BaseCommand):
    """Read a network, solve it, write the answer; the exit code says how it went."""

    help = (
        "Solve the load flow of a pandapower network (JSON) and answer by its own indices. Exit "
        "code 0: solved; 2: the file cannot be used, one line for each reason; 3: there is no "
        "solution; 130: stopped. What is not in the network as it stands in the file is listed."
    )
    requires_system_checks: list[str] = []  # noqa: RUF012 - Django's own declaration

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the network, the place of the answer and what it is to hold."""
        parser.add_argument("input", type=Path, help="written by pandapower.to_json")
        parser.add_argument("--output", type=Path, required=True, help="result.json")
        parser.add_argument(
            "--contingencies",
            action="store_true",
            help="take every line and transformer out of service in turn",
        )
        parser.add_argument(
            "--transformer-model",
            "--trafo-model",
            choices=("t", "pi"),
            help="where no-load admittances sit; by default as the file says, else t",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Solve, or say why not and leave nothing behind."""
        try:
            answer = solve_net(
                read_file(options["input"]),
                trafo_model=options["transformer_model"],
                contingencies=options["contingencies"],
            )
            write_whole(options["output"], answer.canonical_bytes())
        except InputError as error:
            self._stop(BAD_INPUT, *problem_lines(error))
        except ConvergenceError as error:
            self._stop(NOT_SOLVED, f"not solved: {error}")
        except KeyboardInterrupt:
            self._stop(INTERRUPTED, "stopped; nothing was written")
        for item in answer.not_represented:
            self.stderr.write(f"{item.path}: {item.message}")
        self.stdout.write(sentence(answer))

    def _stop(self, code: int, *lines: str) -> NoReturn:
        self.stderr.write("\n".join(lines))
        sys.exit(code)


def read_file(path: Path) -> bytes:
    """Return the content of a file.

    Raises
    ------
    InputError
        It cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise InputError([Problem(str(path), "unreadable", f"cannot be read: {reason}")]) from error


def sentence(answer: LoadFlowAnswer) -> str:
    """Return the answer in one line."""
    fed = {index: item.vm_pu for index, item in answer.bus.items() if item.vm_pu is not None}
    lowest = min(fed, key=lambda index: fed[index])
    return (
        f"{len(fed)} of {len(answer.bus)} buses fed, lowest voltage {fed[lowest]:.4f} p.u. at bus "
        f"{lowest}, losses {answer.losses_mw:.6g} MW"
    )
