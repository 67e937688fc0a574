"""Bundles carry documents between machines and let nothing else in."""

import io
import json
import zipfile

import numpy as np
import pytest

from facility.kernel.errors import InputError
from facility.scenarios import bundle
from facility.sites.services import shipped_names


@pytest.fixture(scope="module")
def raw(frozen):
    return bundle.input_bundle(frozen)


def members_of(raw):
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def refused(tmp_path, content, name="file.zip"):
    """Return path and message of every problem of a file with this content."""
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        bundle.read_input(path)
    return {problem.path: problem.message for problem in caught.value.problems}


def npy(array, **options):
    stream = io.BytesIO()
    np.save(stream, array, **options)
    return stream.getvalue()


def test_a_bundle_comes_back_as_it_went(tmp_path, frozen, raw):
    path = tmp_path / "bundle.zip"
    path.write_bytes(raw)
    back = bundle.read_input(path)
    assert back.document == frozen.document
    assert back.document.canonical_bytes() == frozen.document.canonical_bytes()
    for sha256, array in frozen.arrays.items():
        np.testing.assert_array_equal(back.arrays[sha256], array)


def test_equal_documents_give_equal_bundles(frozen, raw):
    assert bundle.input_bundle(frozen) == raw


def test_a_bundle_holds_nothing_but_text_and_arrays(raw, frozen):
    sha256 = frozen.document.weather.sha256
    members = members_of(raw)
    assert sorted(members) == [f"arrays/{sha256}.npy", "input.json"]
    assert np.load(io.BytesIO(members[f"arrays/{sha256}.npy"]), allow_pickle=False).shape[0] == 8760


def test_plain_json_works_on_a_weather_year_that_ships_with_us(tmp_path, frozen):
    path = tmp_path / "input.json"
    path.write_bytes(frozen.document.canonical_bytes())
    back = bundle.read_input(path)
    assert list(back.arrays) == [frozen.document.weather.sha256]


def test_plain_json_may_be_indented_and_start_with_a_byte_order_mark(tmp_path, frozen):
    path = tmp_path / "input.json"
    text = json.dumps(json.loads(frozen.document.canonical_bytes()), indent=2)
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert bundle.read_input(path).document.digest() == frozen.document.digest()


def edited(frozen, edit):
    data = json.loads(frozen.document.canonical_bytes())
    edit(data)
    return json.dumps(data).encode()


def test_other_weather_needs_a_bundle(tmp_path, frozen):
    content = edited(frozen, lambda data: data["weather"].update(sha256="0" * 64))
    assert "give a bundle" in refused(tmp_path, content)["weather.sha256"]
    assert len(shipped_names()) == 6


@pytest.mark.parametrize("content", [b"", b"  \n"])
def test_an_empty_file_is_said_to_be_empty(tmp_path, content):
    assert list(refused(tmp_path, content).values()) == ["the file is empty"]


def test_a_file_that_is_not_there_is_said_to_be_missing(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        bundle.read_input(tmp_path / "nothing.json")
    with pytest.raises(InputError, match="cannot be read"):
        bundle.read_input(tmp_path)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"{", "Invalid JSON"),
        (b"hello", "Invalid JSON"),
        (b"\x89PNG\r\n\x1a\n\xff\xfe", "neither a bundle"),
        (b"[" * 100_000, "Invalid JSON"),
        (b"[]", "object"),
        (b"null", "object"),
        (b"PK\x03\x04 not really", "zip"),
    ],
)
def test_what_is_neither_bundle_nor_document_is_refused_in_words(tmp_path, content, word):
    assert any(word in message for message in refused(tmp_path, content).values())


def test_a_document_of_another_version_is_refused(tmp_path, frozen):
    content = edited(frozen, lambda data: data.update(schema_version="facility-input/9"))
    assert "facility-input/1" in refused(tmp_path, content)["schema_version"]


def test_every_fault_of_a_document_is_said_with_its_path(tmp_path, frozen):
    def spoil(data):
        data["site"]["latitude_deg"] = float("nan")
        data["site"]["elevation"] = 3
        data["design_point"]["dry_bulb_c"] = "warm"
        del data["title"]

    found = refused(tmp_path, edited(frozen, spoil))
    assert "finite" in found["site.latitude_deg"]
    assert "not permitted" in found["site.elevation"]
    assert "design_point.dry_bulb_c" in found
    assert "title" in found


@pytest.mark.parametrize(
    "name",
    [
        "../escape.txt",
        "/etc/passwd",
        "arrays/../input.json",
        "arrays/short.npy",
        "arrays/",
        "notes.txt",
        "arrays/" + "A" * 64 + ".npy",
    ],
)
def test_a_member_of_another_name_is_refused(tmp_path, raw, name):
    found = refused(tmp_path, zipped({**members_of(raw), name: b"x"}))
    assert any("arrays/<sha256>.npy" in message for message in found.values())
    assert not (tmp_path.parent / "escape.txt").exists()


def test_a_bundle_without_document_is_refused(tmp_path):
    assert refused(tmp_path, zipped({}))["(bundle)"] == "holds no input.json"


def test_a_missing_array_is_named(tmp_path, raw):
    document = {"input.json": members_of(raw)["input.json"]}
    assert "not in the bundle" in refused(tmp_path, zipped(document))["weather.sha256"]


def test_an_array_with_another_hash_is_refused(tmp_path, raw, frozen):
    name = f"arrays/{frozen.document.weather.sha256}.npy"
    members = members_of(raw) | {name: npy(np.zeros((8760, 3)))}
    assert "hash" in refused(tmp_path, zipped(members))[name]


def test_an_array_the_document_does_not_name_is_refused(tmp_path, raw):
    array = np.zeros((2, 2))
    name = f"arrays/{bundle.digest(array)}.npy"
    found = refused(tmp_path, zipped(members_of(raw) | {name: npy(array)}))
    assert found[name] == "is not named by the document"


def test_an_array_of_another_shape_than_the_document_says_is_refused(tmp_path, raw, frozen):
    members = members_of(raw)
    members["input.json"] = edited(frozen, lambda data: data["weather"].update(n_rows=24))
    assert "8760" in refused(tmp_path, zipped(members))["weather.n_rows"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x93NUMPY",
        b"rubbish",
        npy(np.array([{"a": 1}], dtype=object), allow_pickle=True),
        npy(np.arange(4)),
        npy(np.zeros((4, 3)))[:-8],
        npy(np.zeros((4, 3))).replace(b"(4, 3)", b"(9, 9)"),
        npy(np.zeros((4, 3))).replace(b"'<f8'", b"'<x8'"),
    ],
)
def test_what_is_no_array_of_numbers_is_refused(tmp_path, raw, frozen, content):
    name = f"arrays/{frozen.document.weather.sha256}.npy"
    found = refused(tmp_path, zipped(members_of(raw) | {name: content}))
    assert "no NumPy array" in found[name]


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(bundle, "LARGEST_BYTES", 1024 * 1024)
    bomb = zipped({"input.json": bytes(8 * 1024 * 1024)})
    assert len(bomb) < 20_000
    assert "at most 1 MB" in refused(tmp_path, bomb)["(bundle)"]


def test_a_huge_document_is_refused_before_it_is_parsed(tmp_path, monkeypatch):
    monkeypatch.setattr(bundle, "LARGEST_DOCUMENT_BYTES", 1024 * 1024)
    content = b"[" + b" " * (2 * 1024 * 1024)
    assert "2 MB" in refused(tmp_path, content)["(document)"]


def test_an_oversized_file_is_refused_before_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(bundle, "LARGEST_BYTES", 10)
    assert "too large" not in refused(tmp_path, b"x" * 100)
    with pytest.raises(InputError, match="at most"):
        bundle.read_input(tmp_path / "file.zip")


def test_a_damaged_bundle_is_refused(tmp_path, raw):
    broken = bytearray(raw)
    broken[len(raw) // 2] ^= 0xFF
    assert "sound zip" in refused(tmp_path, bytes(broken))["(bundle)"]
    assert "sound zip" in refused(tmp_path, raw[: len(raw) // 2])["(bundle)"]


def test_an_encrypted_or_repeated_member_is_refused(tmp_path, raw):
    stream = io.BytesIO(raw)
    with zipfile.ZipFile(stream, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("input.json", b"{}")
    assert "more than once" in refused(tmp_path, stream.getvalue())["input.json"]
    marked = bytearray(zipped({"input.json": b"{}"}))
    marked[marked.index(b"PK\x01\x02") + 8] |= 1
    assert "encrypted" in refused(tmp_path, bytes(marked))["input.json"]
