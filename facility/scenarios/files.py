"""What the commands share: exit codes, problems as lines, files that are whole or not there."""

import os
import tempfile
from pathlib import Path
from typing import Final

from facility.kernel.errors import InputError, Problem

BAD_INPUT: Final = 2
NOT_SOLVED: Final = 3
INTERRUPTED: Final = 130
_READABLE_BY_ALL = 0o644


def problem_lines(error: InputError) -> list[str]:
    """Return one line for each problem: path and message, whatever was in the input."""
    return [" ".join(f"{p.path}: {p.message}".split()) for p in error.problems]


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is never seen half written.

    Raises
    ------
    InputError
        The file cannot be written there.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise _cannot(path, error) from error
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        part.chmod(_READABLE_BY_ALL)
        part.replace(path)
    except OSError as error:
        raise _cannot(path, error) from error
    finally:
        part.unlink(missing_ok=True)


def _cannot(path: Path, error: OSError) -> InputError:
    reason = (error.strerror or "unknown reason").lower()
    return InputError([Problem(str(path), "unwritable", f"cannot be written: {reason}")])
