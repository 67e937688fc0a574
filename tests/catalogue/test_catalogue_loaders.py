"""Typed documents: units changed at the door, provenance kept, nothing invented."""

import pytest

from facility.catalogue.documents import CatalogueItem
from facility.catalogue.fields import CatalogueDocument, Field, build, entry, scaled
from facility.catalogue.lookup import KINDS, items
from facility.kernel.errors import InputError
from power.catalogue import equipment
from power.catalogue import loader as power
from racks.catalogue import loader as racks
from racks.catalogue.systems import (
    network_system,
    rack_system_system,
    server_system,
    storage_system,
)
from thermal.catalogue import loader as thermal

LOADERS = {
    "accelerators": racks.accelerator,
    "servers": racks.server,
    "rack_systems": racks.rack_system,
    "racks": racks.cabinet,
    "network": racks.network_device,
    "storage": racks.storage_device,
    "cdus": thermal.cdu,
    "cold_plates": thermal.cold_plate,
    "rear_doors": thermal.rear_door,
    "air_units": thermal.air_unit,
    "chillers": thermal.chiller,
    "heat_rejection": thermal.heat_rejection,
    "immersion": thermal.immersion,
    "coolants": thermal.coolant,
    "ups": power.ups,
    "supplies": power.supply,
    "transformers": power.transformer,
    "gensets": power.genset,
    "batteries": power.battery,
    "distribution": power.distribution,
    "switchgear": equipment.switchgear,
    "breakers": equipment.breaker,
    "transfer_switches": equipment.transfer_switch,
    "panels": equipment.panel,
    "compensation": equipment.compensation,
    "dc_distribution": equipment.dc_distribution,
    "grid_connections": equipment.grid_connection,
}
CASES = [(kind, item_id) for kind in LOADERS for item_id in items(kind)]


@pytest.mark.parametrize(("kind", "item_id"), CASES)
def test_every_item_loads_and_accounts_for_every_field(kind, item_id):
    document = LOADERS[kind](item_id)
    shared = CatalogueDocument.model_fields.keys()
    for name in type(document).model_fields.keys() - shared:
        given = getattr(document, name) not in (None, ())
        assert given == (name in document.provenance), name


def test_the_efficiency_table_of_the_rule_loads_as_fractions():
    table = power.efficiency_table("doe-liquid-3ph-2029")
    at = dict(zip(table.rated_kva, table.efficiency_ratio, strict=True))
    assert at[3750] == pytest.approx(0.9954)
    assert table.test_load_pu == 0.5


def test_the_loss_table_loads_in_kilowatts():
    table = power.loss_table("eu-tier2-oil")
    assert dict(zip(table.rated_kva, table.load_loss_kw, strict=True))[1000] == pytest.approx(7.6)


def test_units_change_at_the_door():
    cdu = thermal.cdu("vertiv-coolchip-cdu-1350")
    assert cdu.secondary_flow_m3_h == pytest.approx(1800 * 60 / 1000)
    server = racks.server("nvidia-dgx-b200")
    assert server.air_flow_m3_s == pytest.approx(0.7315, abs=1e-4)
    assert (server.inlet_min_c, server.inlet_max_c) == (10.0, 35.0)
    main = power.transformer("us-substation-120mva-230-34-5kv")
    assert main.hv_voltage_v == pytest.approx(230_000)
    assert main.impedance_ratio == pytest.approx(0.14)
    assert main.load_loss_kw == pytest.approx(420)
    assert main.stages_kva == pytest.approx((72_000, 96_000, 120_000))


def test_provenance_names_the_fact_and_how_far_it_was_read():
    source = thermal.cdu("vertiv-coolchip-cdu-1350").provenance["secondary_flow_m3_h"]
    assert source.fact == "secondary_flow_l_min"
    assert (source.confidence, source.read) == ("vendor", "second_hand")


def test_what_nobody_states_is_none():
    assert racks.accelerator("aws-trainium1").max_w is None
    assert racks.accelerator("amd-mi455x").max_w is None
    assert thermal.cdu("coolit-chx750").approach_k is None


def test_an_unknown_item_names_the_nearest():
    with pytest.raises(InputError, match="did you mean 'coolit-chx2000'"):
        thermal.cdu("coolit-chx-2000")


class Thing(CatalogueDocument):
    length_m: float | None = None


def thing(value):
    fact = {"value": value, "sources": ["nbx"], "confidence": "vendor"}
    return CatalogueItem.parse(
        {
            "id": "a-thing",
            "kind": "racks",
            "name": "A thing",
            "vendor": "generic",
            "status": "reference",
            "schema": "rack/1",
            "revision": 1,
            "facts": {"length_mm": fact, "second_mm": fact},
        }
    )


def test_the_first_fact_that_is_there_wins():
    fields = (Field("length_m", "absent"), Field("length_m", "length_mm", scaled(1e-3)))
    assert build(Thing, thing(1500), fields).length_m == pytest.approx(1.5)


@pytest.mark.parametrize("convert", [scaled(1e-3), entry(2)])
@pytest.mark.parametrize("value", ["long", True, (1, 2, "x")])
def test_a_fact_of_another_shape_is_refused_by_name(convert, value):
    with pytest.raises(InputError, match=r"racks/a-thing: facts\.length_mm"):
        build(Thing, thing(value), (Field("length_m", "length_mm", convert),))


def test_a_value_the_document_refuses_is_named_with_its_item():
    with pytest.raises(InputError, match="racks/a-thing: length_m"):
        build(Thing, thing("long"), (Field("length_m", "length_mm"),))


def input_kw(system, *, chip_w, host_kw, fan_flow):
    """Power at the input by hand: fans by the exponent of the derivation, supplies by their law."""
    output = system.n_chips * chip_w / 1000 + host_kw + system.fan_design_kw * fan_flow**2.8
    a, b, c = system.supply_coefficients
    p = output / system.supply_rated_kw
    return output + system.supply_rated_kw * (a + b * p + c * p * p)


@pytest.mark.parametrize(
    ("item_id", "plateau_kw"),
    [
        ("dell-poweredge-xe9680-h100", 8.03),
        ("lenovo-sr680a-v3-8xb200-air", 10.5),
        ("lenovo-sr780a-v3-8xb200-liquid", 10.05),
    ],
)
def test_host_and_fans_give_back_the_measured_plateau(item_id, plateau_kw):
    system = server_system(item_id)
    power_kw = input_kw(
        system, chip_w=system.chip.reference_w, host_kw=system.host_max_kw, fan_flow=0.7
    )
    assert power_kw == pytest.approx(plateau_kw, rel=0.02)


@pytest.mark.parametrize(
    ("item_id", "idle_w", "idle_kw", "tolerance"),
    [
        ("nvidia-dgx-h100-h200", 74.6, 2.37, 0.08),
        ("lenovo-sr680a-v3-8xb200-air", 195, 2.88, 0.05),
        ("lenovo-sr780a-v3-8xb200-liquid", 195, 2.35, 0.05),
    ],
)
def test_host_and_fans_give_back_measured_idle_power(item_id, idle_w, idle_kw, tolerance):
    system = server_system(item_id)
    power_kw = input_kw(system, chip_w=idle_w, host_kw=system.host_idle_kw, fan_flow=0.35)
    assert power_kw == pytest.approx(idle_kw, rel=tolerance)


@pytest.mark.parametrize(
    ("item_id", "nominal_kw"), [("nvidia-gb200-nvl72", 120.0), ("nvidia-gb300-nvl72", 135.0)]
)
def test_the_split_of_a_rack_gives_back_its_nominal_power(item_id, nominal_kw):
    system = rack_system_system(item_id)
    power_kw = input_kw(
        system, chip_w=system.chip.reference_w, host_kw=system.host_max_kw, fan_flow=0.7
    )
    assert power_kw == pytest.approx(nominal_kw, rel=0.01)


def test_an_air_cooled_chip_stays_below_its_limit_at_the_measured_inlet():
    for item_id in ("dell-poweredge-xe9680-h100", "lenovo-sr680a-v3-8xb200-air"):
        system = server_system(item_id)
        sink = system.chip_cooling
        slot_k_per_w = sink.conduction_k_per_w + sink.convection_k_per_w
        rise_k = sink.preheat_k + slot_k_per_w * system.chip.cap_w
        assert 24.0 + rise_k < system.chip.limit_c


def test_idle_power_is_brought_to_the_reference_temperature():
    chip = server_system("nvidia-dgx-b200").chip
    assert chip.idle_w == pytest.approx(195 + 1.0 * (60 - 45))


def test_a_system_names_every_fact_it_lacks():
    with pytest.raises(InputError) as caught:
        server_system("dell-xe9680-mi300x")
    paths = {problem.path for problem in caught.value.problems}
    assert "servers/dell-xe9680-mi300x: host_max_kw" in paths
    assert "servers/dell-xe9680-mi300x: supply_rated_kw" in paths


def test_switches_and_storage_are_constant_loads():
    switch = network_system("nvidia-qm9700")
    assert switch.host_idle_kw == switch.host_max_kw == pytest.approx(0.69)
    assert storage_system("generic-nvme-storage-node").nameplate_kw == pytest.approx(3.0)


def test_chiller_curves_reach_the_simulation():
    curves = thermal.chiller_curves("trane-cvhe-1442kw-6-61cop-vsd")
    assert curves.cap_fun_t_coefficients[0] == pytest.approx(0.4007341)
    assert (curves.leaving_low_c, curves.leaving_high_c) == (4.44, 8.89)
    assert (curves.condenser_low_c, curves.condenser_high_c) == (12.78, 35.0)
    with pytest.raises(InputError, match="cap_fun_t_coefficients"):
        thermal.chiller_curves("carrier-19dv")


def test_a_liquid_filled_transformer_brings_its_thermal_constants():
    thermal_data = power.oil_thermal("us-substation-120mva-230-34-5kv")
    assert (thermal_data.oil_time_min, thermal_data.winding_time_min) == (150, 7)
    assert thermal_data.top_oil_rise_k + thermal_data.hot_spot_rise_k == 80
    with pytest.raises(InputError, match="top_oil_rise_k"):
        power.oil_thermal("us-pdu-1000kva-480-415v")


def test_every_kind_with_machines_has_a_loader():
    without = {kind for kind, entry in KINDS.items() if entry.schema == "rule/1"}
    assert KINDS.keys() - LOADERS.keys() == without | {
        "fabrics",
        "transformer_tables",
        "economics",
    }


def test_a_switchgear_brings_what_a_node_is_checked_against():
    gear = equipment.switchgear("abb-unigear-zs1-24kv")
    assert (gear.voltage_v, gear.rating_a, gear.short_circuit_ka) == (24_000, 3150, 31.5)
    assert gear.short_circuit_peak_ka == pytest.approx(31.5 * 2.5, abs=0.01)
    board = equipment.switchgear("siemens-gm-sg-15kv")
    assert board.provenance["short_circuit_ka"].fact == "breaking_ka"


def test_a_breaker_tells_its_standard_from_its_fully_rated_version():
    breaker = equipment.breaker("schneider-powerpact-p")
    assert (breaker.rating_a, breaker.short_circuit_ka) == (1200, 100)
    assert (breaker.continuous_ratio, breaker.continuous_option_ratio) == (0.8, 1.0)
    assert equipment.breaker("schneider-masterpact-mtz1-ul1066").continuous_ratio == 1.0


def test_transfer_times_are_seconds_and_ranges_give_their_largest_size():
    assert equipment.transfer_switch("vertiv-liebert-sts2").transfer_s == pytest.approx(0.004)
    assert equipment.transfer_switch("cummins-otpc").rating_a == 4000
    assert equipment.panel("eaton-powerpak-2").rating_kva == 400
    assert equipment.panel("abb-rpp").n_poles == 320


def test_reactive_power_and_grids_come_in_the_units_of_the_project():
    assert equipment.compensation("generic-mv-capacitor-10mvar").reactive_kvar == 10_000
    place = equipment.grid_connection("uk-132kv")
    assert (place.voltage_v, place.usual_min_kw, place.usual_max_kw) == (132_000, 50_000, 300_000)
    assert equipment.dc_distribution("delta-800vdc-660kw").output_v == 800


def test_a_load_tap_changer_has_sixteen_steps_each_way():
    main = power.transformer("us-substation-100mva-230-34-5kv-ltc")
    assert (main.tap_min, main.tap_max, main.tap_side) == (-16, 16, "lv")
    assert main.tap_step_ratio == pytest.approx(0.00625)
    assert main.stage_classes == ("onan", "onaf", "of")
    assert power.oil_thermal("us-substation-100mva-230-34-5kv-ltc").cooling == "of"


def test_sets_and_ups_bring_steps_and_windows():
    assert power.genset("kohler-kd3300-e").block_ratio == 1.0
    assert power.genset("cat-c175-16").block_ratio == pytest.approx(0.2)
    unit = power.ups("schneider-galaxy-vl")
    assert (unit.input_low_pu, unit.input_high_pu) == (0.85, 1.15)
