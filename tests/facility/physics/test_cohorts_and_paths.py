"""Which racks are solved as one, and which objects feed one hall alone."""

import pytest

from facility.kernel.errors import InputError
from facility.physics.chain import above, halls_served, upstream
from facility.physics.cohorts import cohorts
from facility.physics.documents import FacilityInput
from tests.facility.physics.cases import named, site


def groups(data, stage=0):
    return cohorts(FacilityInput.parse(data), stage)


def test_racks_are_one_cohort_by_hall_place_contents_and_circuit():
    found = groups(site())
    assert [(item.hall, item.n_racks, item.row_end) for item in found] == [
        ("HALL-1", 2, True),
        ("HALL-1", 8, False),
        ("HALL-2", 4, False),
    ]
    assert [item.id for item in found] == ["HALL-1#1", "HALL-1#2", "HALL-2#3"]
    assert found[1].nameplate_kw == pytest.approx(40.8)
    assert found[1].n_chips == 32
    assert found[2].label == "1 × NVL72"


def test_a_rack_that_comes_later_joins_its_cohort_at_its_stage():
    assert [item.n_racks for item in groups(site(), stage=1)] == [2, 8, 6]


def test_racks_of_other_work_are_a_cohort_of_their_own():
    data = site()
    data["racks"][4]["contents"] = [{"system": "h100", "n_systems": 4, "workload": "training"}]
    assert [item.n_racks for item in groups(data)] == [2, 7, 1, 4]


def test_every_unknown_content_is_named():
    data = site()
    data["racks"][0]["contents"] = [{"system": "h200", "n_systems": 1, "workload": "rest"}]
    data["racks"][3]["contents"] = [{"system": "b200", "n_systems": 1, "workload": "serving"}]
    with pytest.raises(InputError) as caught:
        groups(data)
    assert [problem.path for problem in caught.value.problems] == [
        "racks[HALL-1/A01].contents.system",
        "racks[HALL-1/A01].contents.workload",
        "racks[HALL-1/A04].contents.system",
    ]


def test_the_way_from_a_busway_to_the_grid_passes_the_tie_both_ways():
    network = FacilityInput.parse(site()).network
    found = above("BW-A1", upstream(network, 0))
    assert found[:4] == ("PDU-A1", "UPS-A1", "USS-A1", "CAB-A1")
    assert set(found[4:]) == {"TX-A", "TX-B", "TIE", "GRID"}


def test_an_open_tie_leads_nowhere():
    data = site()
    data["network"]["switches"][0]["closed"] = False
    network = FacilityInput.parse(data).network
    assert "TX-B" not in above("BW-A1", upstream(network, 0))


def test_an_object_belongs_to_a_hall_only_if_no_other_hangs_on_it():
    data = site()
    served = halls_served(FacilityInput.parse(data), 0)
    assert served["USS-A1"] == served["PDU-B1"] == served["UPS-B1"] == "HALL-1"
    assert served["CAB-A2"] == "HALL-2"
    assert "TX-A" not in served
    assert "GRID" not in served
    named(data["network"]["consumers"], "HALL-1/A03")["feeds"][0]["node"] = "BW-A2"
    assert "USS-A2" not in halls_served(FacilityInput.parse(data), 0)
