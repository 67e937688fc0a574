"""Bad input: each fault with its object and field, one by one and all at once."""

from copy import deepcopy

import pytest

from facility.kernel.errors import InputError
from power.physics.documents import NetworkInput
from power.physics.network import assemble
from power.physics.reading import read_network
from power.physics.validation import check
from tests.power.parts import generator, grid, line, load, network, nodes, rack, step_down, transfer

CABLE = {"length_km": 1.0, "resistance_ohm_per_km": 0.1, "reactance_ohm_per_km": 0.1}
UPS = {
    "kind": "ups",
    "rating_kw": 100,
    "rating_kva": 100,
    "loss_coefficients": [0.01, 0.0, 0.02],
}
SET = {
    "rating_class": "ESP",
    "rating_kw": 800,
    "rating_kva": 1000,
    "start_s": 10,
    "block_ratio": 0.5,
}
CELL = {"power_kw": 100, "energy_kwh": 10, "efficiency_ratio": 0.95, "recharge_kw": 10}
SWITCH = {"kind": "static", "transfer_s": 0.01}


def unit(name, **fields):
    return {
        "kind": "transformer",
        "id": name,
        "hv_node": "HV",
        "lv_node": "MV",
        "rating_kva": 4000,
        "hv_voltage_v": 33e3,
        "lv_voltage_v": 10e3,
        "impedance_ratio": 0.08,
        "load_loss_kw": 30,
        "no_load_loss_kw": 4,
        **fields,
    }


def sound():
    """A network without a fault, as it comes from JSON."""
    return {
        "frequency_hz": 50,
        "nodes": [
            {"id": "HV", "voltage_v": 33e3},
            *({"id": name, "voltage_v": 10e3} for name in ("MV", "BOARD", "PANEL", "OUT")),
            {"id": "LONELY", "voltage_v": 10e3},
        ],
        "branches": [
            unit("T1"),
            unit("T2"),
            {"kind": "line", "id": "C1", "from_node": "MV", "to_node": "BOARD", **CABLE},
            {"kind": "line", "id": "C2", "from_node": "BOARD", "to_node": "PANEL", **CABLE},
        ],
        "sources": [{"id": "GRID", "node": "HV", "voltage_pu": 1.0, "short_circuit_mva": 500.0}],
        "transfer_switches": [
            {
                "id": "STS",
                "output_node": "OUT",
                "preferred_node": "BOARD",
                "alternate_node": "PANEL",
                **SWITCH,
            }
        ],
        "conversions": [],
        "consumers": [{"id": "R1", "kind": "rack", "feeds": [{"node": "OUT", "share_ratio": 1.0}]}],
        "static_loads": [{"id": "D1", "node": "PANEL", "active_kw": 10}],
        "gensets": [{"id": "GS1", "node": "BOARD", **SET}],
        "batteries": [{"id": "B1", "node": "BOARD", **CELL}],
    }


def sound_with_ratings():
    data = sound()
    for row in data["branches"]:
        if row["kind"] == "line":
            row["rating_a"] = 400
    return data


def put(data, path, value):
    """Set what stands at a dotted path, or delete it where the value is `del`."""
    *way, last = path.split(".")
    for part in way:
        data = data[int(part)] if part.isdigit() else data[part]
    if value is del_:
        del data[last]
    elif last == "+":
        data.append(value)
    else:
        data[int(last) if last.isdigit() else last] = value


del_ = object()

FAULTS = [
    # what is changed, then path and name of the object in the message
    ([("sources", [])], "sources", ""),
    ([("nodes.+", {"id": "X", "voltage_v": 10e3}), ("consumers.0.feeds.0.node", "X")],
     "consumers.0.feeds", "R1"),
    ([("static_loads.0.node", "LONELY")], "static_loads.0.node", "D1"),
    ([("branches.2.resistance_ohm_per_km", 0), ("branches.2.reactance_ohm_per_km", 0)],
     "branches.2.reactance_ohm_per_km", "C1"),
    ([("branches.1.shift_deg", 30)], "branches.1.shift_deg", "T2"),
    ([("branches.2.rating_a", -5)], "branches.2.rating_a", "C1"),
    ([("branches.2.rating_a", del_)], "branches.2.rating_a", "C1"),
    ([("branches.0.rating_kva", 0)], "branches.0.rating_kva", "T1"),
    ([("consumers.0.feeds.0.node", "nowhere")], "consumers.0.feeds.0.node", "R1"),
    ([("branches.0.tap_position", 5), ("branches.0.tap_min", -4), ("branches.0.tap_max", 4)],
     "branches.0.tap_position", "T1"),
    ([("branches.0.tap_position", -5), ("branches.0.tap_min", -4)],
     "branches.0.tap_position", "T1"),
    ([("branches.0.tap_min", 3), ("branches.0.tap_max", 1)], "branches.0.tap_max", "T1"),
    ([("branches.0.regulator", {"node": "MV", "target_pu": 1.0, "half_band_pu": 0.01})],
     "branches.0.tap_min", "T1"),
    ([("branches.0.impedance_ratio", 0)], "branches.0.impedance_ratio", "T1"),
    ([("transfer_switches.0.alternate_node", "PANNEL")],
     "transfer_switches.0.alternate_node", "STS"),
    ([("transfer_switches.0.alternate_node", "BOARD")],
     "transfer_switches.0.alternate_node", "STS"),
    ([("transfer_switches.0.alternate_node", "HV")],
     "transfer_switches.0.alternate_node", "STS"),
    ([("static_loads.0.node", "PANNEL")], "static_loads.0.node", "D1"),
    ([("static_loads.0.constant_current_ratio", 0.7),
      ("static_loads.0.constant_impedance_ratio", 0.7)],
     "static_loads.0.constant_current_ratio", "D1"),
    ([("gensets.0.node", "PANNEL")], "gensets.0.node", "GS1"),
    ([("batteries.0.node", "PANNEL")], "batteries.0.node", "B1"),
    ([("batteries.0.conversion", "UPS")], "batteries.0.node", "B1"),
    ([("batteries.0.conversion", "UPS")], "batteries.0.conversion", "B1"),
    ([("batteries.0.node", None)], "batteries.0.conversion", "B1"),
]  # fmt: skip


def problems_of(data):
    with pytest.raises(InputError) as caught:
        read_network(data)
    return {problem.path: problem for problem in caught.value.problems}


def test_the_sound_network_is_read():
    assert read_network(sound_with_ratings()).nodes[0].id == "HV"


@pytest.mark.parametrize(("changes", "path", "name"), FAULTS)
def test_each_fault_is_told_with_its_object_and_field(changes, path, name):
    data = sound_with_ratings()
    for place, value in changes:
        put(data, place, deepcopy(value))
    found = problems_of(data)
    assert path in found
    assert found[path].message.startswith(f"{name}: " if name else "there is no grid")
    # Nothing is blamed for what another object does wrong.
    groups = {place.rsplit(".", 1)[0] if "feeds" not in place else place for place in found}
    assert len(groups) <= 2


def test_all_faults_come_at_once():
    data = sound_with_ratings()
    data["nodes"] += [{"id": f"N{i}", "voltage_v": 10e3} for i in range(3)]
    data["branches"] += [
        unit("T3", shift_deg=30),
        unit("T4", tap_position=9, tap_min=-4, tap_max=4),
        {"kind": "line", "id": "C3", "from_node": "MV", "to_node": "N0", **CABLE, "rating_a": -1},
        {"kind": "line", "id": "C4", "from_node": "MV", "to_node": "PANEL", **CABLE},
        {"kind": "line", "id": "Z1", "from_node": "BOARD", "to_node": "PANEL", **CABLE,
         "rating_a": 9, "resistance_ohm_per_km": 0, "reactance_ohm_per_km": 0},
        {"kind": "line", "id": "Z2", "from_node": "PANEL", "to_node": "BOARD", **CABLE,
         "rating_a": 9, "resistance_ohm_per_km": 0, "reactance_ohm_per_km": 0},
    ]  # fmt: skip
    data["sources"][0]["until_stage"] = 3
    data["consumers"] += [
        {"id": "R2", "kind": "rack", "feeds": [{"node": "nowhere", "share_ratio": 1.0}]},
        {"id": "R3", "kind": "rack", "feeds": [{"node": "LONELY", "share_ratio": 1.0}]},
        # Behind the line that cannot be read nothing can be said.
        {"id": "R4", "kind": "rack", "feeds": [{"node": "N0", "share_ratio": 1.0}]},
    ]
    data["transfer_switches"].append(
        {"id": "STS2", "output_node": "N1", "preferred_node": "BOARDS", "alternate_node": "MV",
         **SWITCH}
    )  # fmt: skip
    data["static_loads"].append({"id": "D2", "node": "PANNEL", "active_kw": 1})
    data["gensets"].append({"id": "GS2", "node": "BORD", **SET})
    data["batteries"] += [
        {"id": "B2", "node": "BORD", **CELL},
        {"id": "B3", **CELL},
        {"id": "B4", "node": "BOARD", "conversion": "UPS", **CELL},
    ]
    assert set(problems_of(data)) == {
        "branches.4.shift_deg",
        "branches.5.tap_position",
        "branches.6.rating_a",
        "branches.7.rating_a",
        "branches.8.reactance_ohm_per_km",
        "branches.9.reactance_ohm_per_km",
        "consumers.1.feeds.0.node",
        "consumers.2.feeds",
        "transfer_switches.1.preferred_node",
        "static_loads.1.node",
        "gensets.1.node",
        "batteries.1.node",
        "batteries.2.conversion",
        "batteries.3.node",
        "batteries.3.conversion",
        "sources",
    }


def test_a_stage_without_a_source_is_named():
    data = sound_with_ratings()
    data["sources"][0]["until_stage"] = 2
    assert "at stage 2" in problems_of(data)["sources"].message


def test_objects_keep_their_numbers_when_others_cannot_be_read():
    data = sound_with_ratings()
    data["branches"][0]["rating_kva"] = -1
    data["branches"][3]["to_node"] = "PANNEL"
    found = problems_of(data)
    assert set(found) == {"branches.0.rating_kva", "branches.3.to_node"}
    assert found["branches.3.to_node"].message.startswith("C2: there is no node 'PANNEL'")


@pytest.mark.parametrize("data", [None, [], "text", {"nodes": 3}, {"nodes": [1]}, {}])
def test_what_is_no_network_is_refused(data):
    with pytest.raises(InputError):
        read_network(data)


def test_a_frequency_that_cannot_be_read_hides_nothing():
    data = sound_with_ratings()
    data["frequency_hz"], data["gensets"][0]["node"] = 55, "PANNEL"
    assert set(problems_of(data)) == {"frequency_hz", "gensets.0.node"}


def test_assembling_names_the_objects_too():
    data = sound_with_ratings()
    data["branches"][3]["to_node"] = "PANNEL"
    with pytest.raises(InputError, match="C2: there is no node 'PANNEL'; did you mean 'PANEL'"):
        assemble(NetworkInput.parse(data))


def codes(site):
    return {(problem.path, problem.code) for problem in check(site)}


def test_a_ring_of_closed_switches_is_fine():
    data = sound_with_ratings()
    data["switches"] = [
        {"id": "S1", "from_node": "BOARD", "to_node": "PANEL", "closed": True},
        {"id": "S2", "from_node": "PANEL", "to_node": "BOARD", "closed": True},
    ]
    data["transfer_switches"] = []
    data["consumers"] = []
    assert check(read_network(data)) == []


def test_phase_shifters_may_lie_beside_other_transformers():
    def beside(**fields):
        return network(
            nodes("H", voltage_v=33e3),
            nodes("L"),
            grid("H"),
            step_down("T1", "H", "L", shift_deg=30.0),
            step_down("T2", "H", "L", **fields),
        )

    assert codes(beside(shift_deg=0.0)) == {("branches.1.shift_deg", "vector_group")}
    assert codes(beside(shift_deg=30.0, tap_step_deg=1.0, tap_position=3)) == set()
    assert codes(beside(shift_deg=0.0, tap_step_deg=1.0, tap_position=3)) == {
        ("branches.1.shift_deg", "vector_group")
    }
    assert codes(beside(shift_deg=24.5)) == set()


def test_connections_thirty_degrees_apart_are_refused_and_nearer_ones_not():
    def two(angle):
        return network(
            nodes("A", "B"), grid("A"), grid("B", name="G2", angle=angle), line("L", "A", "B")
        )

    assert codes(two(20.0)) == codes(two(-29.0)) == set()
    assert codes(two(30.0)) == {("sources.1.voltage_deg", "vector_group")}


def test_a_connection_behind_a_vector_group_stands_at_its_angle():
    def behind(angle):
        return network(
            nodes("H", voltage_v=33e3),
            nodes("L"),
            grid("H"),
            step_down("T", "H", "L", shift_deg=30.0),
            grid("L", name="G2", angle=angle, mva=100),
        )

    assert codes(behind(-30.0)) == codes(behind(-35.0)) == set()
    assert codes(behind(30.0)) == codes(behind(0.0)) == {("sources.1.voltage_deg", "vector_group")}


def test_voltages_held_at_one_bus_must_agree():
    site = network(
        nodes("A"), grid("A"), generator("A", 1.0, 1.02), generator("A", 1.0, 1.0, name="h")
    )
    assert codes(site) == {("generators.0.voltage_pu", "two_sources")}
    angles = network(nodes("A"), grid("A"), grid("A", name="G2", angle=5.0))
    assert codes(angles) == {("sources.1.voltage_pu", "two_sources")}


def test_what_has_no_supply_because_of_another_fault_is_not_blamed():
    site = network(
        nodes("A", "B", "C"),
        grid("A"),
        line("L", "A", "Bx"),
        transfer("T", "C", "nowhere", "B"),
        rack("R", "C"),
        load("B", 1.0),
    )
    assert {path for path, _ in codes(site)} == {
        "branches.0.to_node",
        "transfer_switches.0.preferred_node",
    }
