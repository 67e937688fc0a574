"""Lines, transformers, impedances and switches as rows of pandapower's tables."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from facility.kernel.fields import Staged
from power.pandapower.sheets import (
    A_PER_KA,
    KW_PER_MW,
    PERCENT,
    V_PER_KV,
    Sheets,
    put_impedance,
)
from power.physics.documents import Line, NetworkInput, Transformer
from power.physics.moment import Moment
from power.physics.network import Topology

if TYPE_CHECKING:
    from power.pandapower.writing import Cell


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
        else:
            values = (item.from_to_pu, item.to_from_pu, item.from_shunt_pu, item.to_shunt_pu)
            put_impedance(sheets, item.id, buses, item.rating_kva / KW_PER_MW, values)


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


def _put_transformer(
    sheets: Sheets, item: Transformer, buses: tuple[int, int], position: int
) -> None:
    turns, angle = item.tap_step_ratio != 0, item.tap_step_deg != 0
    tap: dict[str, Cell] = {
        "tap_side": item.tap_side,
        "tap_neutral": 0.0,
        "tap_min": item.tap_min,
        "tap_max": item.tap_max,
        "tap_pos": float(position),
    }
    # A tap changer of pandapower changes the turns or, ideally, the angle: two where both change.
    second: dict[str, Cell] = {f"tap2{name[3:]}": value for name, value in tap.items()}
    sheets.put(
        "trafo",
        name=item.id,
        std_type=None,
        hv_bus=buses[0],
        lv_bus=buses[1],
        sn_mva=item.rating_kva / KW_PER_MW,
        vn_hv_kv=item.hv_voltage_v / V_PER_KV,
        vn_lv_kv=item.lv_voltage_v / V_PER_KV,
        vk_percent=item.impedance_ratio * PERCENT,
        vkr_percent=item.load_loss_kw / item.rating_kva * PERCENT,
        pfe_kw=item.no_load_loss_kw,
        i0_percent=item.magnetising_ratio * PERCENT,
        shift_degree=item.shift_deg,
        **tap,
        tap_step_percent=item.tap_step_ratio * PERCENT,
        tap_step_degree=0.0,
        tap_changer_type="Ratio" if turns else None,
        **second,
        tap2_step_percent=0.0,
        tap2_step_degree=item.tap_step_deg,
        tap2_changer_type="Ideal" if angle else None,
        tap_dependency_table=False,
        leakage_resistance_ratio_hv=item.hv_leakage_ratios[0],
        leakage_reactance_ratio_hv=item.hv_leakage_ratios[1],
        parallel=1,
        df=1.0,
        in_service=True,
    )
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
