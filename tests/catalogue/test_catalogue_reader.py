"""Reading folders: every problem at once, and the nearest match for a wrong name."""

import pytest

from facility.catalogue.documents import CatalogueItem, Fact
from facility.catalogue.lookup import all_items, find, items
from facility.catalogue.reader import load_folder, read_folder
from facility.kernel.errors import InputError

GOOD = """
id = "{id}"
kind = "ups"
name = "{name}"
vendor = "generic"
status = "reference"
schema = "ups/1"
revision = 1

[facts.rated_kw]
value = 500
sources = ["{source}"]
confidence = "{confidence}"
"""


def write(folder, *, file="a-ups.toml", **changes):
    fields = {"id": "a-ups", "name": "A UPS", "source": "nbx", "confidence": "vendor", **changes}
    (folder / file).write_text(GOOD.format(**fields), encoding="utf-8")


def problems(folder):
    with pytest.raises(InputError) as caught:
        read_folder(folder, "ups")
    return {(p.path, p.code) for p in caught.value.problems}


def test_a_good_file_is_read(tmp_path):
    write(tmp_path)
    assert read_folder(tmp_path, "ups")["a-ups"].facts["rated_kw"].value == 500


def test_all_problems_of_all_files_come_at_once(tmp_path):
    write(tmp_path, file="one.toml", source="nobody")
    (tmp_path / "two.toml").write_text("id = 'two'\nid = 'two'", encoding="utf-8")
    (tmp_path / "three.toml").write_text("id = 'three'\nmass = 1", encoding="utf-8")
    found = problems(tmp_path)
    assert ("ups/one.toml: id", "id") in found
    assert ("ups/one.toml: facts.rated_kw", "unknown_source") in found
    assert ("ups/two.toml: (file)", "toml") in found
    assert ("ups/three.toml: mass", "extra_forbidden") in found


def test_two_items_of_one_name_are_refused(tmp_path):
    write(tmp_path)
    write(tmp_path, file="b-ups.toml", id="b-ups")
    assert problems(tmp_path) == {("ups/b-ups.toml: name", "duplicate")}


def test_a_file_in_the_wrong_folder_is_refused(tmp_path):
    write(tmp_path)
    with pytest.raises(InputError, match="does not name the folder"):
        read_folder(tmp_path, "cdus")


@pytest.mark.parametrize(
    ("source", "confidence", "code"),
    [
        ("tt-dccci-unknown", "vendor", "unknown_source"),
        ("vertiv-sl80005", "vendor", "not_read"),
        ("engineering", "measured", "not_sourced"),
        ("nbx", "unverified", "sourced"),
    ],
)
def test_confidence_has_to_be_earned(tmp_path, source, confidence, code):
    write(tmp_path, source=source, confidence=confidence)
    assert ("ups/a-ups.toml: facts.rated_kw", code) in problems(tmp_path)


def test_an_estimate_without_a_method_is_refused():
    with pytest.raises(InputError, match="method"):
        Fact.parse({"value": 1, "sources": ["nbx"], "confidence": "estimate"})


def test_what_nobody_has_read_is_unverified_and_only_that():
    fact = {"value": 1, "sources": ["engineering"], "confidence": "unverified"}
    assert Fact.parse(fact).read == "none"
    with pytest.raises(InputError, match="nobody has read"):
        Fact.parse({**fact, "read": "direct"})
    with pytest.raises(InputError, match="nobody has read"):
        Fact.parse({**fact, "confidence": "vendor", "read": "none"})


def test_a_fact_without_a_value_says_why():
    with pytest.raises(InputError, match="note"):
        Fact.parse({"sources": ["nbx"], "confidence": "vendor"})


def test_an_unknown_warning_is_refused(tmp_path):
    write(tmp_path)
    text = (
        (tmp_path / "a-ups.toml")
        .read_text()
        .replace("revision = 1", 'revision = 1\nwarnings = ["boo"]')
    )
    (tmp_path / "a-ups.toml").write_text(text)
    assert problems(tmp_path) == {("ups/a-ups.toml: warnings", "unknown_warning")}


def test_an_unknown_id_names_the_nearest():
    with pytest.raises(InputError, match="did you mean 'nvidia-b200-sxm'"):
        find("accelerators", "nvidia-b200")


def test_an_unknown_kind_names_the_nearest():
    with pytest.raises(InputError, match="did you mean 'chillers'"):
        items("chiller")


def test_a_name_far_from_all_others_gets_no_advice():
    with pytest.raises(InputError) as caught:
        find("accelerators", "zzzz")
    assert "did you mean" not in str(caught.value)


def test_folders_are_read_once():
    assert load_folder("racks.catalogue", "servers") is load_folder("racks.catalogue", "servers")


def test_the_index_holds_every_kind_with_its_items():
    index = all_items()
    assert len(index["accelerators"]) >= 36
    assert all(index.values())
    assert all(isinstance(item, CatalogueItem) for item in index["ups"])


def test_an_item_lists_what_nobody_has_checked():
    assert "input_power_factor" in find("ups", "generic-eco").unverified()
