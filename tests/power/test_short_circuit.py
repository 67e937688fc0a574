import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facility.kernel.errors import InputError
from power.physics.documents import (
    Battery,
    Conversion,
    Genset,
    GridSource,
    Impedance,
    Line,
    NetworkInput,
    Node,
    RegulatedGenerator,
    Switch,
    Transformer,
)
from power.physics.fault_network import FaultBasis
from power.physics.short_circuit import short_circuit, short_circuit_margins
from tests.power.loadflow_cases import network_of, read
from tests.power.sites import site

COLD = FaultBasis(conductor_c=20.0)


def board(*, short_circuit_mva=None, **more):
    """A grid, a 3 MVA transformer of 7 % and its board."""
    return NetworkInput(
        frequency_hz=50,
        nodes=[Node(id="mv", voltage_v=33e3), Node(id="lv", voltage_v=415, **more)],
        branches=[
            Transformer(
                id="T",
                hv_node="mv",
                lv_node="lv",
                rating_kva=3000,
                hv_voltage_v=33e3,
                lv_voltage_v=433,
                impedance_ratio=0.07,
                load_loss_kw=0.0,
                no_load_loss_kw=3.0,
                magnetising_ratio=0.01,
                tap_position=2,
                tap_step_ratio=0.025,
            )
        ],
        sources=[
            GridSource(
                id="G",
                node="mv",
                voltage_pu=1.03,
                short_circuit_mva=short_circuit_mva,
                x_over_r=10,
            )
        ],
    )


@pytest.mark.reference
def test_the_small_campus_agrees_with_pandapower():
    tables = read("loadflow/campus_small")["network"]
    bus = {row["name"]: str(row["id"]) for row in tables["bus"]}
    basis = FaultBasis(conductor_c=20.0, low_voltage_tolerance_percent=6)
    levels = short_circuit(network_of(tables), basis=basis)
    for fault in read("short_circuit/campus_small_3ph_max")["faults"]:
        i = levels.node_ids.index(bus[fault["bus"]])
        assert levels.initial_ka[i] == pytest.approx(fault["ikss_ka"], rel=1e-11)
        assert levels.peak_ka[i] == pytest.approx(fault["ip_ka"], rel=1e-9)
        assert levels.resistance_ohm[i] == pytest.approx(fault["rk_ohm"], rel=1e-10)
        assert levels.reactance_ohm[i] == pytest.approx(fault["xk_ohm"], rel=1e-10)


def small_site():
    """The network of the second file, with its generator sets and its battery."""
    tables = read("short_circuit/small_site_3ph")["network"]
    gensets = [
        Genset(
            id=f"set {row['id']}",
            node=str(row["bus"]),
            rating_class="ESP",
            rating_kva=1e3 * row["sn_mva"],
            rating_kw=1e3 * row["sn_mva"] * row["cos_phi"],
            subtransient_ratio=row["xdss_pu"],
            start_s=10,
            block_ratio=0.5,
        )
        for row in tables["genset"]
    ]
    return tables, network_of(tables).model_copy(update={"gensets": tuple(gensets)})


def battery_of(row):
    return Battery(
        id="store",
        node=str(row["bus"]),
        power_kw=1e3 * row["sn_mva"],
        energy_kwh=1.0,
        efficiency_ratio=0.95,
        recharge_kw=0.0,
    )


@pytest.mark.reference
@pytest.mark.parametrize("number", range(6))
def test_ring_coupled_boards_generator_sets_and_battery_agree_with_pandapower(number):
    case = read("short_circuit/small_site_3ph")["cases"][number]
    tables, network = small_site()
    supply = case["name"].split()[0]
    if "battery" in case["name"]:
        row = tables["battery"][0]
        network = network.model_copy(update={"batteries": (battery_of(row),)})
    levels = short_circuit(
        network,
        case="maximum" if case["case"] == "max" else "minimum",
        supply=supply,
        basis=FaultBasis(
            conductor_c=20.0,
            fault_c=160.0,
            low_voltage_tolerance_percent=case["lv_tol_percent"],
            converter_ratio=1.2,
        ),
    )
    assert levels.kind == ("network",) * 7
    assert levels.initial_ka == pytest.approx(case["ikss_ka"], rel=1e-10)
    assert levels.resistance_ohm == pytest.approx(case["rk_ohm"], rel=1e-8)
    assert levels.reactance_ohm == pytest.approx(case["xk_ohm"], rel=1e-8)
    if supply == "utility":
        assert levels.peak_ka == pytest.approx(case["ip_ka"], rel=1e-8)


@pytest.mark.reference
def test_three_mva_of_seven_per_cent_give_sixty_kiloampere():
    # K_T = 0.95 * 1.05 / (1 + 0.6 * 0.07); Z = 0.07 * 0.433^2 / 3; c = 1.05; stiff grid.
    basis = FaultBasis(low_voltage_tolerance_percent=6)
    levels = short_circuit(board(), basis=basis)
    corrected = 0.95 * 1.05 / 1.042 * 0.07 * 433**2 / 3e6
    by_hand = 1.05 * 415 / 3**0.5 / corrected / 1e3
    assert levels.kind == ("unlimited", "network")
    assert levels.initial_ka[1] == pytest.approx(by_hand, rel=1e-12)
    assert levels.initial_ka[1] == pytest.approx(60.0, rel=0.01)
    # Without resistance the first wave is displaced in full.
    assert levels.peak_factor[1] == pytest.approx(2.0)
    assert levels.peak_ka[1] == pytest.approx(2.0 * 2**0.5 * by_hand)


@pytest.mark.reference
def test_a_grid_alone_gives_its_short_circuit_power_whatever_the_voltage_factor():
    # c Un / sqrt 3 over c Un^2 / Sk: Sk / (sqrt 3 Un).
    for case in ("maximum", "minimum"):
        levels = short_circuit(board(short_circuit_mva=500.0), case=case)
        assert levels.initial_ka[0] == pytest.approx(500 / 3**0.5 / 33)
        assert levels.peak_factor[0] == pytest.approx(1.02 + 0.98 * np.exp(-0.3))


@pytest.mark.reference
def test_a_set_alone_gives_its_subtransient_current_and_the_standard_peak():
    # K_G = 1.1 / (1 + 0.14 * 0.6); I = 1.1 / (K_G X''d) * In; kappa at R = 0.15 X''d.
    genset = Genset(
        id="S",
        node="lv",
        rating_class="ESP",
        rating_kw=2000,
        rating_kva=2500,
        start_s=10,
        block_ratio=0.5,
        subtransient_ratio=0.14,
    )
    network = board().model_copy(update={"gensets": (genset,)})
    levels = short_circuit(network, supply="gensets")
    rated_ka = 2.5 / 3**0.5 / 0.415
    assert levels.initial_ka[1] == pytest.approx((1 + 0.14 * 0.6) / 0.14 * rated_ka)
    assert levels.peak_factor[1] == pytest.approx(1.02 + 0.98 * np.exp(-0.45))
    # Five to ten times less than the grid gives is the rule for larger grids; here about half.
    assert levels.initial_ka[1] < short_circuit(network).initial_ka[1]


@pytest.mark.reference
def test_behind_an_ups_the_inverters_limit_the_current():
    # Two units of 500 kVA on one bus: 2 * 1.2 * 500 / (sqrt 3 * 415).
    units = [
        Conversion(
            id=f"U{i}",
            kind="ups",
            input_node="lv",
            output_node="out",
            rating_kw=450,
            rating_kva=500,
            loss_coefficients=(0, 0, 0),
        )
        for i in range(2)
    ]
    base = board()
    network = base.model_copy(
        update={
            "nodes": (
                *base.nodes,
                Node(id="out", voltage_v=415),
                Node(id="rack", voltage_v=415),
                Node(id="dc", voltage_v=800, current="dc"),
                Node(id="island", voltage_v=415),
            ),
            "conversions": tuple(units),
            "branches": (
                *base.branches,
                Line(
                    id="L",
                    from_node="out",
                    to_node="rack",
                    length_km=0.1,
                    resistance_ohm_per_km=0.1,
                    reactance_ohm_per_km=0.1,
                    rating_a=100,
                ),
            ),
        }
    )
    levels = short_circuit(network)
    assert levels.kind == ("unlimited", "network", "converter", "converter", "dc", "dead")
    expected = 2 * 1.2 * 500 / (3**0.5 * 415)
    assert levels.initial_ka[2:] == pytest.approx([expected, expected, 0, 0])
    assert levels.converter_ka[2:] == pytest.approx([expected, expected, 0, 0])
    assert levels.peak_ka[3] == pytest.approx(2**0.5 * expected)
    one = short_circuit(network, out=frozenset(["U0"]))
    assert one.initial_ka[3] == pytest.approx(expected / 2)


@pytest.mark.reference
def test_the_convention_without_corrections_agrees_with_power_grid_model():
    # Its convention: c Un behind 1 / Sk unscaled, no K_T. Where there is neither a transformer nor
    # a difference in c, a stated power of Sk / c makes both the same circuit.
    pgm = pytest.importorskip("power_grid_model")
    kind, data = pgm.ComponentType, pgm.DatasetType.input
    node = pgm.initialize_array(data, kind.node, 3)
    node["id"], node["u_rated"] = [0, 1, 2], 20e3
    line = pgm.initialize_array(data, kind.line, 3)
    line["id"] = [10, 11, 12]
    line["from_node"], line["to_node"] = [0, 1, 2], [1, 2, 0]
    line["from_status"] = line["to_status"] = 1
    line["r1"], line["x1"] = [0.3, 0.2, 0.5], [0.2, 0.1, 0.6]
    line["c1"], line["tan1"], line["i_n"] = 1e-15, 0.0, 1.0
    line["r0"], line["x0"], line["c0"], line["tan0"] = 1.0, 1.0, 1e-15, 0.0
    source = pgm.initialize_array(data, kind.source, 1)
    source["id"], source["node"], source["status"] = 20, 0, 1
    source["u_ref"], source["sk"], source["rx_ratio"] = 1.0, 300e6 / 1.1, 0.1
    fault = pgm.initialize_array(data, kind.fault, 1)
    fault["id"], fault["status"], fault["fault_object"] = 30, 1, 0
    fault["fault_type"] = pgm.FaultType.three_phase
    inputs = {kind.node: node, kind.line: line, kind.source: source, kind.fault: fault}
    nodes = [Node(id=str(i), voltage_v=20e3) for i in range(3)]
    lines = [
        Line(
            id=f"L{i}",
            from_node=str(i),
            to_node=str((i + 1) % 3),
            length_km=1.0,
            resistance_ohm_per_km=line["r1"][i],
            reactance_ohm_per_km=line["x1"][i],
            rating_a=100,
        )
        for i in range(3)
    ]
    grid = GridSource(id="G", node="0", voltage_pu=1.0, short_circuit_mva=300.0, x_over_r=10)
    network = NetworkInput(frequency_hz=50, nodes=nodes, branches=lines, sources=[grid])
    levels = short_circuit(network, basis=COLD)
    for i in range(3):
        fault["fault_object"] = i
        answer = pgm.PowerGridModel(inputs, system_frequency=50).calculate_short_circuit(
            short_circuit_voltage_scaling=pgm.ShortCircuitVoltageScaling.maximum
        )
        assert levels.initial_ka[i] == pytest.approx(
            answer[kind.fault]["i_f"][0, 0] / 1e3, rel=1e-9
        )


def test_levels_are_held_against_boards_and_switches():
    base = board(short_circuit_ka=50.0, short_circuit_peak_ka=200.0)
    network = base.model_copy(
        update={
            "nodes": (*base.nodes, Node(id="next", voltage_v=415)),
            "switches": (
                Switch(
                    id="CB", from_node="lv", to_node="next", closed=False, short_circuit_ka=65.0
                ),
                Switch(id="weak", from_node="lv", to_node="next", closed=True, short_circuit_ka=25),
            ),
        }
    )
    levels = short_circuit(network)
    margins = {(m.id, m.quantity): m for m in short_circuit_margins(network, levels)}
    assert set(margins) == {
        ("lv", "initial"), ("lv", "peak"), ("CB", "initial"), ("weak", "initial")
    }  # fmt: skip
    assert not margins["lv", "initial"].holds
    assert margins["lv", "initial"].level_ka == pytest.approx(levels.initial_ka[1])
    assert margins["lv", "peak"].holds == (levels.peak_ka[1] <= 200.0)
    assert margins["CB", "initial"].kind == "switch"
    assert margins["CB", "initial"].holds
    assert not margins["weak", "initial"].holds


def test_a_board_at_an_ideal_grid_holds_no_rating():
    base = board()
    rated = base.nodes[0].model_copy(update={"short_circuit_ka": 25.0})
    network = base.model_copy(update={"nodes": (rated, base.nodes[1])})
    (margin,) = short_circuit_margins(network, short_circuit(network))
    assert margin.level_ka is None
    assert not margin.holds


def test_the_stated_temperature_of_conductors_is_taken_back_to_twenty_degrees():
    _, network = small_site()
    cold = short_circuit(network, basis=COLD)
    hot = short_circuit(network, basis=FaultBasis(conductor_c=90.0))
    assert np.all(hot.initial_ka[1:] > cold.initial_ka[1:])
    lines = tuple(
        item.model_copy(update={"resistance_ohm_per_km": 1.28 * item.resistance_ohm_per_km})
        if isinstance(item, Line)
        else item
        for item in network.branches
    )
    warmed = network.model_copy(update={"branches": lines})
    again = short_circuit(warmed, basis=FaultBasis(conductor_c=90.0))
    assert again.initial_ka == pytest.approx(cold.initial_ka, rel=1e-12)


def test_what_nobody_stated_is_named():
    generator = RegulatedGenerator(id="chp", node="lv", active_kw=100, voltage_pu=1.0)
    reactor = Impedance(
        id="X", from_node="lv", to_node="end", rating_kva=1e3,
        from_to_pu=(0.0, 0.1), to_from_pu=(0.0, 0.1),
    )  # fmt: skip
    base = board()
    network = base.model_copy(
        update={
            "nodes": (*base.nodes, Node(id="end", voltage_v=415)),
            "generators": (generator,),
            "branches": (*base.branches, reactor),
        }
    )
    levels = short_circuit(network)
    assert levels.unknown == ("chp",)
    assert levels.uncorrected == ("X",)
    assert levels.initial_ka[2] < levels.initial_ka[1]
    assert {a.confidence for a in levels.assumptions} >= {"standard", "estimate", "unverified"}


def test_no_supply_of_the_wanted_kind_is_an_input_error():
    with pytest.raises(InputError, match="nothing that can feed a fault"):
        short_circuit(board(), supply="gensets")
    genset = Genset(
        id="S",
        node="lv",
        rating_class="ESP",
        rating_kw=2000,
        rating_kva=2500,
        start_s=10,
        block_ratio=0.5,
    )
    with pytest.raises(InputError, match="no subtransient_ratio of 'S'"):
        short_circuit(board().model_copy(update={"gensets": (genset,)}), supply="gensets")


def test_the_mesh_factor_raises_the_peak_up_to_its_cap():
    plain = short_circuit(board(short_circuit_mva=500.0))
    meshed = short_circuit(board(short_circuit_mva=500.0), basis=FaultBasis(mesh_ratio=1.15))
    assert meshed.peak_factor[0] == pytest.approx(min(1.15 * plain.peak_factor[0], 2.0))
    assert meshed.peak_factor[1] == 1.8


@pytest.mark.property
@given(st.floats(50, 5000), st.floats(1.01, 3.0))
def test_a_stronger_grid_never_gives_less(short_circuit_mva, factor):
    less = short_circuit(board(short_circuit_mva=short_circuit_mva))
    more = short_circuit(board(short_circuit_mva=factor * short_circuit_mva))
    assert np.all(more.initial_ka > less.initial_ka)


@pytest.mark.property
def test_an_outage_never_raises_a_current_behind_the_grid():
    network = site()
    whole = short_circuit(network)
    for name in ("TX-A", "SUB-0A", "MVC-1B", "UPS-0A", "COUPLER"):
        part = short_circuit(network, out=frozenset([name]))
        assert np.all(part.initial_ka <= whole.initial_ka * (1 + 1e-9))
        assert np.isfinite(part.peak_ka).all()
