"""Bundles: a document and the arrays it names in one zip file that another machine can read.

``input.json`` or ``result.json`` beside ``arrays/<sha256>.npy``. Files come from strangers, so
nothing is unpacked to disk, nothing is unpickled, and sizes are looked at before anything is read.
"""

import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

import numpy as np

from facility.kernel.documents import Document
from facility.kernel.errors import InputError, Problem
from facility.physics.documents import ArrayRef, FacilityInput
from facility.physics.results import FacilityResult
from facility.scenarios.snapshot import Snapshot
from facility.sites.arrays import Table, as_carried, check_table, digest
from facility.sites.services import shipped_years

INPUT_NAME: Final = "input.json"
RESULT_NAME: Final = "result.json"
LARGEST_DOCUMENT_BYTES = 256 * 1024 * 1024
LARGEST_BYTES = 1024 * 1024 * 1024
MOST_MEMBERS = 10_000
_ARRAY_NAME = re.compile(r"^arrays/([0-9a-f]{64})\.npy$")
_ZIP_MAGIC = b"PK"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_BYTES_PER_MB = 1024 * 1024
_ENCRYPTED = 0x1


def read_input(path: Path) -> Snapshot:
    """Read a bundle, or a plain JSON document whose weather is a year that ships with us.

    Raises
    ------
    InputError
        The file cannot be used; says everything that is wrong with it.
    """
    raw = _contents(path)
    if raw.startswith(_ZIP_MAGIC):
        text, arrays = _unzip(raw, INPUT_NAME)
        document = FacilityInput.parse_json(text)
        _check_references(document.array_refs(), arrays)
        return Snapshot(document, arrays)
    document = FacilityInput.parse_json(_text(raw))
    return Snapshot(document, _shipped(document))


def read_result(path: Path) -> tuple[FacilityResult, dict[str, Table]]:
    """Read the bundle of a result.

    Raises
    ------
    InputError
        The file cannot be used; says everything that is wrong with it.
    """
    text, arrays = _unzip(_contents(path), RESULT_NAME)
    result = FacilityResult.parse_json(text)
    _check_references(_series(result), arrays)
    return result, arrays


def input_bundle(frozen: Snapshot) -> bytes:
    """Return the bundle of a frozen document; equal documents give equal bytes."""
    return _zip(INPUT_NAME, frozen.document, frozen.arrays.values())


def result_bundle(result: FacilityResult, arrays: Iterable[Table]) -> bytes:
    """Return the bundle of a result with its hourly series.

    Raises
    ------
    InputError
        The result names a series that is not among the arrays.
    """
    by_digest = {digest(array): array for array in arrays}
    _check_references(_series(result), by_digest)
    return _zip(RESULT_NAME, result, by_digest.values())


def _contents(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > LARGEST_BYTES:
            raise InputError([_too_large(path.name, size, LARGEST_BYTES)])
        raw = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise InputError([Problem(str(path), "unreadable", f"cannot be read: {reason}")]) from error
    if not raw.strip():
        raise InputError([Problem(str(path), "empty", "the file is empty")])
    return raw


def _text(raw: bytes) -> bytes:
    """Return what is worth parsing as JSON; say what pydantic would say less plainly."""
    if len(raw) > LARGEST_DOCUMENT_BYTES:
        raise InputError([_too_large("(document)", len(raw), LARGEST_DOCUMENT_BYTES)])
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        message = "is neither a bundle (zip) nor JSON text in UTF-8"
        raise InputError([Problem("(document)", "not_text", message)]) from error
    return raw.removeprefix(b"\xef\xbb\xbf")


def _too_large(path: str, size: int, limit: int) -> Problem:
    message = f"has {size / _BYTES_PER_MB:.0f} MB; at most {limit / _BYTES_PER_MB:.0f} MB are read"
    return Problem(path, "too_large", message)


# --- Writing ----------------------------------------------------------------------------------


def _zip(name: str, document: Document, arrays: Iterable[Table]) -> bytes:
    stream = io.BytesIO()
    members = {f"arrays/{digest(array)}.npy": _npy(array) for array in arrays}
    with zipfile.ZipFile(stream, "w") as archive:
        for member, content in [(name, document.canonical_bytes()), *sorted(members.items())]:
            entry = zipfile.ZipInfo(member, date_time=_EPOCH)
            archive.writestr(entry, content, compress_type=zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def _npy(array: Table) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, as_carried(array), version=(1, 0), allow_pickle=False)
    return stream.getvalue()


# --- Reading ----------------------------------------------------------------------------------


def _unzip(raw: bytes, name: str) -> tuple[bytes, dict[str, Table]]:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            members = archive.infolist()
            problems = list(_member_problems(members, name))
            if problems:
                raise InputError(problems)
            contents = {member.filename: archive.read(member) for member in members}
    except (zipfile.BadZipFile, NotImplementedError, zlib.error, EOFError, OSError) as error:
        raise InputError([Problem("(bundle)", "damaged", "is not a sound zip file")]) from error
    text = _text(contents.pop(name))
    return text, _arrays(contents)


def _member_problems(members: list[zipfile.ZipInfo], name: str) -> Iterator[Problem]:
    names = [member.filename for member in members]
    if len(members) > MOST_MEMBERS:
        yield Problem("(bundle)", "too_many", f"holds {len(members)} files")
        return
    if name not in names:
        yield Problem("(bundle)", "missing", f"holds no {name}")
    total = sum(member.file_size for member in members)
    if total > LARGEST_BYTES:
        yield _too_large("(bundle)", total, LARGEST_BYTES)
    for member in members:
        path = ascii(member.filename).strip("'\"")
        if member.filename != name and not _ARRAY_NAME.match(member.filename):
            yield Problem(path, "unknown_member", f"is neither {name} nor arrays/<sha256>.npy")
        if member.flag_bits & _ENCRYPTED:
            yield Problem(path, "encrypted", "is encrypted")
        if names.count(member.filename) > 1:
            yield Problem(path, "duplicate", "is there more than once")


def _arrays(contents: Mapping[str, bytes]) -> dict[str, Table]:
    found: dict[str, Table] = {}
    problems: list[Problem] = []
    for name, content in contents.items():
        sha256 = name.removeprefix("arrays/").removesuffix(".npy")
        try:
            array = _read_npy(content)
        except (ValueError, TypeError, SyntaxError) as error:
            problems.append(Problem(name, "not_npy", f"is no NumPy array of numbers: {error}"))
            continue
        if digest(array) != sha256:
            problems.append(Problem(name, "wrong_hash", "its bytes do not have this hash"))
        found[sha256] = array
    if problems:
        raise InputError(problems)
    return found


def _read_npy(content: bytes) -> Table:
    """Read an array without trusting the size its header claims."""
    stream = io.BytesIO(content)
    version = np.lib.format.read_magic(stream)
    if version != (1, 0):
        raise ValueError("unknown version of the format")
    shape, is_fortran, dtype = np.lib.format.read_array_header_1_0(stream)
    if dtype.kind != "f" or dtype.itemsize not in (4, 8):
        raise ValueError(f"holds {dtype}")
    body = content[stream.tell() :]
    size = dtype.itemsize
    for length in shape:
        size *= length
    if size != len(body):
        raise ValueError("its header does not fit its length")
    flat: Table = np.frombuffer(body, dtype=dtype)
    array: Table = flat.reshape(shape, order="F" if is_fortran else "C")
    return array


def _check_references(
    references: Iterable[tuple[str, ArrayRef]], arrays: Mapping[str, Table]
) -> None:
    """Refuse a bundle whose arrays are not exactly those the document describes."""
    problems: list[Problem] = []
    unnamed = set(arrays)
    for path, ref in references:
        unnamed.discard(ref.sha256)
        if ref.sha256 not in arrays:
            message = f"the array {ref.sha256} is not in the bundle"
            problems.append(Problem(f"{path}.sha256", "missing_array", message))
            continue
        problems += _shape_problems(path, ref, arrays[ref.sha256])
    for sha256 in sorted(unnamed):
        message = "is not named by the document"
        problems.append(Problem(f"arrays/{sha256}.npy", "unknown_member", message))
    if problems:
        raise InputError(problems)


def _shape_problems(path: str, ref: ArrayRef, array: Table) -> Iterator[Problem]:
    try:
        check_table(array, n_columns=len(ref.columns), path=path)
    except InputError as error:
        yield from error.problems
        return
    if array.shape[0] != ref.n_rows:
        message = f"says {ref.n_rows} rows, its array has {array.shape[0]}"
        yield Problem(f"{path}.n_rows", "shape", message)


def _shipped(document: FacilityInput) -> dict[str, Table]:
    weather = document.weather
    for year in shipped_years():
        if year.sha256 == weather.sha256:
            arrays: dict[str, Table] = {year.sha256: year.table}
            _check_references(document.array_refs(), arrays)
            return arrays
    message = (
        f"{weather.sha256} is not one of the weather years that come with Headroom; "
        "give a bundle (zip) that holds the array"
    )
    raise InputError([Problem("weather.sha256", "missing_array", message)])


def _series(result: FacilityResult) -> Iterator[tuple[str, ArrayRef]]:
    for number, stage in enumerate(result.stages):
        if stage.year and stage.year.series:
            yield f"stages.{number}.year.series", stage.year.series


def schema_text(document: type[Document], *, mode: str) -> str:
    """Return the published JSON Schema of a document, the same text every time."""
    schema = document.model_json_schema(
        mode="serialization" if mode == "serialization" else "validation"
    )
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
    return json.dumps(schema, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
