"""Lines, transformers, impedances and switches as rows of pandapower's tables."""

import cmath
import math
from collections.abc import Mapping

from facility.kernel.fields import Staged
from power.pandapower.sheets import (
    A_PER_KA,
    KW_PER_MW,
    PERCENT,
    V_PER_KV,
    Sheets,
    put_impedance,
    put_shunt,
)
from power.pandapower.writing import Cell
from power.physics.documents import Impedance, Line, NetworkInput, Transformer
from power.physics.moment import Moment
from power.physics.network import Topology

SAME_RATIO = 1e-9


def taps_at(topology: Topology, moment: Moment) -> dict[str, int]:
    """Return where the tap of every branch stands."""
    return dict(zip(topology.grid.branches.ids, moment.tap_position.tolist(), strict=True))


def put_branches(sheets: Sheets, present: NetworkInput, taps: Mapping[str, int]) -> None:
    """Add lines, transformers and impedances between AC nodes."""
    for item in present.branches:
        ends = [sheets.bus.get(name) for name in item.ends]
        if ends[0] is None or ends[1] is None:
            sheets.note(item, "direct current, which these tables do not know")
            continue
        buses = ends[0], ends[1]
        if isinstance(item, Line):
            _put_line(sheets, item, buses)
        elif isinstance(item, Transformer):
            _put_transformer(sheets, item, buses, taps[item.id])
        elif _turns(item):
            _put_shifter(sheets, item, buses)
        else:
            values = (item.from_to_pu, item.to_from_pu, item.from_shunt_pu, item.to_shunt_pu)
            put_impedance(sheets, item.id, buses, item.rating_kva / KW_PER_MW, values)


def _turns(item: Impedance) -> bool:
    """Return whether both directions differ by an angle alone: a shift, not an asymmetry."""
    there, back = complex(*item.from_to_pu), complex(*item.to_from_pu)
    return there != back and math.isclose(abs(there), abs(back), rel_tol=SAME_RATIO)


def _put_shifter(sheets: Sheets, item: Impedance, buses: tuple[int, int]) -> None:
    """Add a two-port that shifts the phase as a transformer with a shunt at each end.

    pandapower starts from angles that know of shifts of transformers alone.
    """
    there, back = complex(*item.from_to_pu), complex(*item.to_from_pu)
    angle = cmath.phase(back / there) / 2.0
    z = back * cmath.exp(-1j * angle)
    if z.imag < 0:
        angle, z = angle + math.pi, -z
    base_mva = item.rating_kva / KW_PER_MW
    rated_kv = [sheets.tables["bus"][bus]["vn_kv"] for bus in buses]
    values: dict[str, Cell] = {
        **_NO_TAPS,
        "name": item.id,
        "hv_bus": buses[0],
        "lv_bus": buses[1],
        "sn_mva": base_mva,
        "vn_hv_kv": rated_kv[0],
        "vn_lv_kv": rated_kv[1],
        "vk_percent": abs(z) * PERCENT,
        "vkr_percent": z.real * PERCENT,
        "pfe_kw": 0.0,
        "i0_percent": 0.0,
        "shift_degree": math.degrees(angle),
    }
    sheets.put("trafo", **{name: values[name] for name in _TRAFO})
    ends = ((there, item.from_shunt_pu), (back, item.to_shunt_pu))
    for (series, shunt), bus, kv in zip(ends, buses, rated_kv, strict=True):
        left = (1.0 / series + complex(*shunt) - 1.0 / z) * base_mva
        name = f"{item.id} shunt {bus}"
        put_shunt(sheets, name, bus, kv, left.conjugate())
    sheets.note(item, "a shift of phase in an impedance: a transformer and two shunts")


def _put_line(sheets: Sheets, line: Line, buses: tuple[int, int]) -> None:
    rated = line.rating_a
    sheets.put(
        "line",
        name=line.id,
        std_type=None,
        from_bus=buses[0],
        to_bus=buses[1],
        length_km=line.length_km,
        r_ohm_per_km=line.resistance_ohm_per_km,
        x_ohm_per_km=line.reactance_ohm_per_km,
        c_nf_per_km=line.capacitance_nf_per_km,
        g_us_per_km=line.conductance_us_per_km,
        max_i_ka=None if rated is None else rated / A_PER_KA,
        df=line.derating_ratio,
        parallel=line.n_parallel,
        type=None,
        in_service=True,
    )


_NO_TAPS: dict[str, Cell] = {
    "std_type": None,
    **dict.fromkeys(f"tap{n}_{name}" for n in ("", "2") for name in ("side", "changer_type")),
    **dict.fromkeys(f"tap{n}_{name}" for n in ("", "2") for name in ("min", "max")),
    **{f"tap{n}_{name}": 0.0 for n in ("", "2") for name in ("neutral", "pos")},
    **{f"tap{n}_step_{name}": 0.0 for n in ("", "2") for name in ("percent", "degree")},
    "tap_dependency_table": False,
    "leakage_resistance_ratio_hv": 0.5,
    "leakage_reactance_ratio_hv": 0.5,
    "parallel": 1,
    "df": 1.0,
    "in_service": True,
}
_TRAFO = (
    "name",
    "hv_bus",
    "lv_bus",
    "sn_mva",
    "vn_hv_kv",
    "vn_lv_kv",
    "vk_percent",
    "vkr_percent",
    "pfe_kw",
    "i0_percent",
    "shift_degree",
    *_NO_TAPS,
)
"""The columns, in one order for all rows."""


def _put_transformer(
    sheets: Sheets, item: Transformer, buses: tuple[int, int], position: int
) -> None:
    tap: dict[str, Cell] = {
        "tap_side": item.tap_side,
        "tap_neutral": 0.0,
        "tap_min": item.tap_min,
        "tap_max": item.tap_max,
        "tap_pos": float(position),
    }
    # A tap changer of pandapower changes the turns or, ideally, the angle: two where both change.
    second: dict[str, Cell] = {f"tap2{name[3:]}": value for name, value in tap.items()}
    values: dict[str, Cell] = {
        **_NO_TAPS,
        "name": item.id,
        "hv_bus": buses[0],
        "lv_bus": buses[1],
        "sn_mva": item.rating_kva / KW_PER_MW,
        "vn_hv_kv": item.hv_voltage_v / V_PER_KV,
        "vn_lv_kv": item.lv_voltage_v / V_PER_KV,
        "vk_percent": item.impedance_ratio * PERCENT,
        "vkr_percent": item.load_loss_kw / item.rating_kva * PERCENT,
        "pfe_kw": item.no_load_loss_kw,
        "i0_percent": item.magnetising_ratio * PERCENT,
        "shift_degree": item.shift_deg,
        **tap,
        **second,
        "tap_step_percent": item.tap_step_ratio * PERCENT,
        "tap_changer_type": "Ratio" if item.tap_step_ratio else None,
        "tap2_step_degree": item.tap_step_deg,
        "tap2_changer_type": "Ideal" if item.tap_step_deg else None,
        "leakage_resistance_ratio_hv": item.hv_leakage_ratios[0],
        "leakage_reactance_ratio_hv": item.hv_leakage_ratios[1],
    }
    sheets.put("trafo", **{name: values[name] for name in _TRAFO})
    if item.regulator is not None:
        sheets.note(item, f"its regulator; the tap stands at {position}, where it left it")


def put_switches(sheets: Sheets, present: NetworkInput, topology: Topology) -> None:
    """Add switches, and every transfer switch as two of them."""
    for item in present.switches:
        pair = (item.from_node, item.to_node)
        _put_switch(sheets, item, item.id, pair, (item.closed, item.rating_a))
    positions = topology.transfer_position.tolist()
    for transfer, position in zip(present.transfer_switches, positions, strict=True):
        supplies = (("preferred", transfer.preferred_node), ("alternate", transfer.alternate_node))
        for place, (side, node) in enumerate(supplies, start=1):
            state = (position == place, transfer.rating_a)
            pair = (transfer.output_node, node)
            _put_switch(sheets, transfer, f"{transfer.id} {side}", pair, state)
        sheets.note(transfer, "its automatic transfer; it is a pair of switches as it stands now")


def _put_switch(
    sheets: Sheets,
    item: Staged,
    name: str,
    nodes: tuple[str, str],
    state: tuple[bool, float | None],
) -> None:
    first, second = (sheets.bus.get(node) for node in nodes)
    closed, rating_a = state
    if first is None or second is None:
        sheets.note(item, "direct current, which these tables do not know")
        return
    sheets.put(
        "switch",
        name=name,
        bus=first,
        element=second,
        et="b",
        type="CB",
        closed=closed,
        z_ohm=0.0,
        in_ka=None if rating_a is None else rating_a / A_PER_KA,
    )
