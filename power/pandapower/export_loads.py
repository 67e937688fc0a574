"""Loads of one bus as rows of pandapower, which gives a bus one voltage dependence."""

from dataclasses import dataclass

from facility.kernel.errors import Problem
from power.pandapower.sheets import PERCENT, Sheets


@dataclass(frozen=True, slots=True)
class Drawn:
    """Power of one load [MW, Mvar], and its parts of constant current and of impedance."""

    node: str
    name: str
    power: complex
    current: float = 0.0
    impedance: float = 0.0


def put_loads(sheets: Sheets, loads: list[Drawn]) -> None:
    """Add the loads of one bus, as one where any of them follows the voltage."""
    if not any(item.current or item.impedance for item in loads):
        for item in loads:
            _put_load(sheets, item.node, item.name, item.power)
        return
    shares = _shares(loads)
    if shares is None:
        for item in loads:
            _put_load(sheets, item.node, item.name, item.power)
            text = "its voltage dependence: at its bus there are loads and infeeds"
            sheets.notes.append(Problem(item.name, "not_represented", text))
        return
    name = loads[0].name if len(loads) == 1 else f"{loads[0].name} and {len(loads) - 1} more"
    total = sum((item.power for item in loads), 0j)
    _put_load(sheets, loads[0].node, name, total, shares)


Shares = tuple[float, float, float, float]
"""Constant-current part of P and of Q, constant-impedance part of P and of Q."""
NO_SHARES = (0.0, 0.0, 0.0, 0.0)


def _shares(loads: list[Drawn]) -> Shares | None:
    """Return the parts of all loads together, or None where they are none between 0 and 1."""
    active = [item.power.real for item in loads]
    reactive = [item.power.imag for item in loads]
    currents = [item.current for item in loads]
    impedances = [item.impedance for item in loads]
    found = [
        _mean(powers, parts) for parts in (currents, impedances) for powers in (active, reactive)
    ]
    current_p, current_q, impedance_p, impedance_q = found
    sums = current_p + impedance_p, current_q + impedance_q
    if not all(0.0 <= value <= 1.0 for value in (*found, *sums)):
        return None
    return current_p, current_q, impedance_p, impedance_q


def _mean(powers: list[float], parts: list[float]) -> float:
    total = sum(powers)
    part = sum(power * share for power, share in zip(powers, parts, strict=True))
    if part == 0:
        return 0.0
    return part / total if total else float("inf")


def _put_load(
    sheets: Sheets,
    node: str,
    name: str,
    power: complex,
    shares: Shares = NO_SHARES,
) -> None:
    current_p, current_q, impedance_p, impedance_q = shares
    sheets.put(
        "load",
        name=name,
        bus=sheets.bus[node],
        p_mw=power.real,
        q_mvar=power.imag,
        const_z_p_percent=impedance_p * PERCENT,
        const_z_q_percent=impedance_q * PERCENT,
        const_i_p_percent=current_p * PERCENT,
        const_i_q_percent=current_q * PERCENT,
        sn_mva=None,
        scaling=1.0,
        type="wye",
        in_service=True,
    )
