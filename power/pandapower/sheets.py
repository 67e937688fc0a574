"""Tables of pandapower while they fill, and what found no place in them."""

from dataclasses import dataclass, field

from facility.kernel.errors import Problem
from facility.kernel.fields import Staged
from power.pandapower.writing import Cell

KW_PER_MW = 1000.0
V_PER_KV = 1000.0
A_PER_KA = 1000.0
PERCENT = 100.0
TABLES = (
    *("bus", "ext_grid", "gen", "load", "sgen", "shunt", "line", "trafo", "impedance", "switch"),
)


@dataclass(slots=True)
class Sheets:
    """Tables that fill row by row; buses by the name of their node."""

    tables: dict[str, list[dict[str, Cell]]] = field(
        default_factory=lambda: {name: [] for name in TABLES}
    )
    bus: dict[str, int] = field(default_factory=dict)
    notes: list[Problem] = field(default_factory=list)

    def add_bus(self, name: str, voltage_v: float) -> int:
        """Add a bus and return its index."""
        self.bus[name] = len(self.tables["bus"])
        self.put("bus", name=name, vn_kv=voltage_v / V_PER_KV, type="b", in_service=True)
        return self.bus[name]

    def put(self, table: str, **values: Cell) -> None:
        """Add a row."""
        self.tables[table].append(values)

    def note(self, item: Staged, message: str) -> None:
        """Remember that an object is not, or not as such, in the tables."""
        self.notes.append(Problem(item.id, "not_represented", message))


Pairs = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]


def put_impedance(
    sheets: Sheets, name: str, buses: tuple[int, int], base_mva: float, values: Pairs
) -> None:
    """Add an impedance between two buses, per unit of a base. [MVA]."""
    there, back, first, second = values
    sheets.put(
        "impedance",
        name=name,
        from_bus=buses[0],
        to_bus=buses[1],
        rft_pu=there[0],
        xft_pu=there[1],
        rtf_pu=back[0],
        xtf_pu=back[1],
        gf_pu=first[0],
        bf_pu=first[1],
        gt_pu=second[0],
        bt_pu=second[1],
        sn_mva=base_mva,
        in_service=True,
    )


def put_shunt(sheets: Sheets, name: str, bus: int, rated_kv: Cell, power: complex) -> None:
    """Add a shunt that consumes a power at its rated voltage. [MW, Mvar]."""
    sheets.put(
        "shunt",
        name=name,
        bus=bus,
        vn_kv=rated_kv,
        p_mw=power.real,
        q_mvar=power.imag,
        step=1,
        max_step=1,
        in_service=True,
    )
