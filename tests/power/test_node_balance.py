"""At every bus of made-up networks with every kind of object, power in is power out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from power.physics.documents import Conversion
from power.physics.moment import solve_moment
from power.physics.system import solve_system
from tests.power.parts import (
    generator,
    grid,
    line,
    load,
    network,
    nodes,
    rack,
    shunt,
    step_down,
    switch,
    transfer,
)

UPS = Conversion(
    id="UPS",
    kind="ups",
    input_node="C",
    output_node="U",
    rating_kw=800,
    rating_kva=900,
    loss_coefficients=(0.01, 0.002, 0.02),
)
names = st.sampled_from(["A", "B", "C", "D", "U", "X"])


@st.composite
def networks(draw):
    """A ring behind two sources; a UPS and a transfer switch; loads and shunts anywhere."""
    share = st.floats(0.0, 0.5)
    parts = [
        nodes("H", voltage_v=33e3),
        nodes("A", "B", "C", "D", "U", "X"),
        grid("H", mva=draw(st.none() | st.floats(100, 2000))),
        grid("D", name="G2", angle=draw(st.floats(-6, 6)), mva=draw(st.none() | st.just(300.0))),
        step_down("T", "H", "A", tap_position=draw(st.integers(-3, 3)), tap_step_ratio=0.0125),
        line("AB", "A", "B", nf=200),
        line("BC", "B", "C", us=30),
        line("CD", "C", "D"),
        switch("S", "A", "D", closed=draw(st.booleans())),
        transfer("STS", "X", "U", "B"),
        *(
            load(
                draw(names),
                draw(st.floats(-400, 500)),
                draw(st.floats(-200, 300)),
                name=f"D{i}",
                current=draw(share),
                impedance=draw(share),
            )
            for i in range(draw(st.integers(0, 4)))
        ),
        shunt(draw(names), draw(st.floats(0, 20)), draw(st.floats(-300, 300))),
        rack("R", draw(names)),
    ]
    if draw(st.booleans()):
        parts.append(generator("B", draw(st.floats(-300, 900)), draw(st.floats(0.99, 1.02))))
    return network(*parts, conversions=(UPS,))


@settings(max_examples=60, deadline=None)
@given(networks(), st.floats(0, 500), st.sampled_from([(), ("UPS",), ("AB",), ("C",), ("T",)]))
def test_power_balances_at_every_bus(site, kw, out):
    moment = solve_moment(site, [kw], out=frozenset(out))
    topology, grid_ = moment.topology, moment.topology.grid
    given_kva = np.zeros(topology.n_buses, dtype=complex)

    def add(node, power):
        np.add.at(given_kva, topology.bus_of_node[node], power)

    add(grid_.sources.node, moment.source_kva)
    add(grid_.generators.node, moment.generator_kva)
    add(grid_.conversions.output_node, moment.conversion_kva)
    add(grid_.branches.from_node, -moment.branch_from_kva)
    add(grid_.branches.to_node, -moment.branch_to_kva)
    add(grid_.static_loads.node, -moment.static_load_kva)
    add(grid_.shunts.node, -moment.shunt_kva)
    drawn = kw * topology.feed_share * (1 + 1j * grid_.feeds.tan)
    add(grid_.feeds.node, -drawn)
    part = moment.conversion_kva.real / 800
    loss = 800 * (0.01 + 0.002 * np.abs(part) + 0.02 * part**2) * topology.conversion_live
    taken = moment.conversion_kva.real + loss
    # A UPS that hands power back has a law of its own; only loads are made here where it is.
    if (part >= 0).all():
        add(grid_.conversions.input_node, -taken * (1 + 1j * grid_.conversions.input_tan))
        assert np.abs(given_kva).max() < 1e-8 * 1e3 + 10 * moment.mismatch_kva
        assert abs(moment.residual_kw) < 1e-4


def test_two_ideal_sources_at_different_angles_drive_power_through_what_joins_them():
    site = network(
        nodes("A", "B"),
        grid("A"),
        grid("B", name="G2", angle=-5.0),
        line("L", "A", "B", ohm=(0.0, 2.0)),
    )
    moment = solve_moment(site)
    flow_kw = 10e3**2 / 2.0 * np.sin(np.deg2rad(5.0)) / 1e3
    assert moment.source_kva.real == pytest.approx([flow_kw, -flow_kw], rel=1e-9)
    year = solve_system(site, np.zeros((0, 3)))
    assert year.source_kw == pytest.approx(np.repeat([[flow_kw], [-flow_kw]], 3, axis=1))


def test_equal_ideal_sources_at_one_bus_share_its_power():
    site = network(
        nodes("A", "B"), grid("A"), grid("B", name="G2"), switch("S", "A", "B"), load("A", 900.0)
    )
    assert solve_moment(site).source_kva == pytest.approx([450.0, 450.0])


def test_a_load_that_follows_the_voltage_does_so_where_a_ups_holds_it():
    ups = UPS.model_copy(update={"output_voltage_pu": 0.96, "input_node": "A"})
    site = network(nodes("A", "U"), grid("A"), load("U", 500.0, current=1.0), conversions=(ups,))
    moment = solve_moment(site)
    assert moment.static_load_kva[0] == pytest.approx(480.0)
    assert moment.conversion_kva[0] == pytest.approx(480.0)
