"""The demo's rooms, rows, racks and what is in them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from facility.scenarios.demo.ledger import Ledger
from facility.scenarios.demo.stated import stated
from facility.sites.models import Building, Hall, Row
from racks.catalogue.loader import cabinet, rack_system
from racks.models import Equipment, Rack, SystemType, WorkloadProfile

COLD_AISLE_M = 1.8
HOT_AISLE_M = 1.2
ROW_DEPTH_M = 1.2
WALL_STRIP_M = 2.4
CROSS_AISLE_M = 2.0
N_BUSWAYS_PER_PAIR = 4
N_SECTIONS = 2
_CABINET_MASS_KG = 180.0
_UP_DEG, _DOWN_DEG = 90.0, 270.0


@dataclass(frozen=True, slots=True)
class Fill:
    """What stands on the first places of every busway, and on the one after them."""

    system: str
    n_systems: int
    n_racks: int
    cooling: str
    workloads: tuple[str, ...]
    n_network: int
    n_storage: int


@dataclass(frozen=True, slots=True)
class HallPlan:
    """A hall of the demo: its rows, the pairs of unit substations that feed it, its racks.

    Rows stand back to back in twos around hot aisles, in ``n_blocks`` blocks side by side. A
    busway runs along ``n_places / n_busways_per_row`` places of one row, or, where it runs
    ``across``, over one place of every row.
    """

    tag: str
    letter: str
    name: str
    pairs: tuple[int, ...]
    n_rows: int
    n_blocks: int
    n_places: int
    pitch_m: float
    side_m: float
    breaker_a: float
    floor_limit_kg_m2: float
    circuit: str = ""
    n_busways_per_row: int = 1
    across: bool = False
    fill: Fill | None = None

    @property
    def n_busways(self) -> int:
        """Busways of one path in the hall."""
        return len(self.pairs) * N_BUSWAYS_PER_PAIR

    @property
    def row_length_m(self) -> float:
        """From end to end of a row."""
        return self.n_places * self.pitch_m

    @property
    def width_m(self) -> float:
        """Of the room, along its rows."""
        blocks_m = self.n_blocks * self.row_length_m + (self.n_blocks - 1) * CROSS_AISLE_M
        return blocks_m + 2 * self.side_m

    @property
    def depth_m(self) -> float:
        """Of the room, across its rows."""
        n_twos = self.n_rows // self.n_blocks // 2
        two_m = 2 * ROW_DEPTH_M + HOT_AISLE_M
        return n_twos * two_m + (n_twos + 1) * COLD_AISLE_M + 2 * WALL_STRIP_M

    def busway_at(self, row: int, position: int) -> tuple[int, int]:
        """Return busway and section, both from 0, over a place of a row counted from 0."""
        if self.across:
            return position - 1, row * N_SECTIONS // self.n_rows
        run = self.n_places // self.n_busways_per_row
        busway = row * self.n_busways_per_row + (position - 1) // run
        return busway, int((position - 1) % run >= (run + 1) // N_SECTIONS)

    def busway_name(self, side: str, busway: int) -> str:
        """Return the end of the tags of a busway, counted from 0: ``A04-2``."""
        pair = self.pairs[busway // N_BUSWAYS_PER_PAIR]
        return f"{side}{pair:02d}-{busway % N_BUSWAYS_PER_PAIR + 1}"

    def places(self) -> Iterator[tuple[int, int]]:
        """Yield every place as row from 0 and position from 1."""
        for row in range(self.n_rows):
            for position in range(1, self.n_places + 1):
                yield row, position


HALLS = (
    HallPlan(
        "HALL-A", "A", "Air, 8-way H100", (1, 2, 3), 12, 2, 21, 0.8, 3.0, 100.0, 1200.0,
        fill=Fill("dgx-h100", 4, 20, "air", ("interactive-inference", "batch-inference"), 8, 4),
    ),
    HallPlan(
        "HALL-B", "B", "Hybrid, 8-way B200", (4, 5, 6, 7), 16, 2, 18, 0.8, 3.0, 100.0, 1200.0,
        circuit="TCS-B", fill=Fill("b200-liquid", 4, 14, "hybrid", ("fine-tuning",), 8, 4),
    ),
    HallPlan(
        "HALL-C", "C", "Liquid, GB200 NVL72", (8, 9, 10, 11, 12), 10, 1, 14, 0.6, 4.0, 300.0,
        2400.0, circuit="TCS-C", n_busways_per_row=2,
        fill=Fill("gb200-nvl72", 1, 6, "liquid", ("training",), 8, 4),
    ),
    HallPlan(
        "HALL-D", "D", "Empty, for the expansion", (13, 14, 15, 16, 17, 18), 6, 1, 24, 0.6, 8.0,
        300.0, 2400.0, circuit="TCS-D", across=True,
    ),
)  # fmt: skip
ELECTRICAL_ROOMS = {"A": "ER-A", "B": "ER-B"}
ELECTRICAL_WIDTH_M, ELECTRICAL_DEPTH_M = 90.0, 16.0


@dataclass(frozen=True, slots=True)
class RackPlace:
    """A rack with its place in the plan of its hall."""

    rack: Rack
    plan: HallPlan
    row: int
    position: int
    nameplate_kw: float


def halls(building: Building, ledger: Ledger) -> dict[str, Hall]:
    """Return the rooms by tag, not stored yet."""
    rooms = {plan.tag: _white_space(building, plan) for plan in HALLS}
    for side, tag in ELECTRICAL_ROOMS.items():
        rooms[tag] = Hall(
            building=building,
            tag=tag,
            name=f"Electrical room, path {side}",
            purpose=Hall.Purpose.ELECTRICAL,
            width_m=ELECTRICAL_WIDTH_M,
            depth_m=ELECTRICAL_DEPTH_M,
            floor_limit_kg_m2=2400.0,
            containment=Hall.Containment.NONE,
            supply_air_c=24.0,
            air_leakage_ratio=0.0,
            row_end_ratio=0.0,
        )
    _say_sources(ledger)
    return rooms


def _white_space(building: Building, plan: HallPlan) -> Hall:
    return Hall(
        building=building,
        tag=plan.tag,
        name=plan.name,
        width_m=round(plan.width_m, 2),
        depth_m=round(plan.depth_m, 2),
        floor_limit_kg_m2=plan.floor_limit_kg_m2,
        containment=Hall.Containment.HOT,
        supply_air_c=24.0,
        air_leakage_ratio=0.02,
        row_end_ratio=0.05,
    )


def rows(rooms: Mapping[str, Hall]) -> dict[tuple[str, int], Row]:
    """Return the rows by hall and number from 0, not stored yet."""
    return {
        (plan.tag, number): _row(rooms[plan.tag], plan, number)
        for plan in HALLS
        for number in range(plan.n_rows)
    }


def _row(hall: Hall, plan: HallPlan, number: int) -> Row:
    per_block = plan.n_rows // plan.n_blocks
    block, line = divmod(number, per_block)
    two, is_upper = divmod(line, 2)
    period_m = 2 * ROW_DEPTH_M + HOT_AISLE_M + COLD_AISLE_M
    first_m = WALL_STRIP_M + COLD_AISLE_M + ROW_DEPTH_M / 2
    y_m = first_m + two * period_m + is_upper * (ROW_DEPTH_M + HOT_AISLE_M)
    x_m = plan.side_m + block * (plan.row_length_m + CROSS_AISLE_M) + plan.pitch_m / 2
    return Row(
        hall=hall,
        tag=f"{plan.letter}{number + 1:02d}",
        x_m=round(x_m, 3),
        y_m=round(y_m, 3),
        pitch_m=plan.pitch_m,
        depth_m=ROW_DEPTH_M,
        front_deg=_UP_DEG if is_upper else _DOWN_DEG,
        n_positions=plan.n_places,
    )


def racks(
    row_rows: Mapping[tuple[str, int], Row],
    types: Mapping[str, SystemType],
    profiles: Mapping[str, WorkloadProfile],
) -> tuple[list[RackPlace], list[Equipment]]:
    """Return racks with their places, and their contents; neither stored yet."""
    placed: list[RackPlace] = []
    contents: list[Equipment] = []
    for plan in HALLS:
        for row, position, key, n_systems, workload in _content(plan):
            rack = _rack(row_rows[plan.tag, row], plan, position, key)
            system = types[key]
            nameplate_kw = n_systems * float(system.parameters["nameplate_kw"])
            placed.append(RackPlace(rack, plan, row, position, nameplate_kw))
            contents.append(
                Equipment(
                    rack=rack,
                    system=system,
                    workload=profiles[workload],
                    n_systems=n_systems,
                    lowest_unit=1,
                )
            )
    return placed, contents


N_SWITCHES_PER_RACK = 8
N_STORES_PER_RACK = 6


def _content(plan: HallPlan) -> Iterator[tuple[int, int, str, int, str]]:
    """Yield row, position, system, count and workload of every rack of a hall as built."""
    fill = plan.fill
    if fill is None:
        return
    run = plan.n_places // plan.n_busways_per_row
    for busway in range(plan.n_busways):
        row, start = busway // plan.n_busways_per_row, busway % plan.n_busways_per_row * run
        workload = fill.workloads[busway * len(fill.workloads) // plan.n_busways]
        for position in range(start + 1, start + fill.n_racks + 1):
            yield row, position, fill.system, fill.n_systems, workload
        if busway < fill.n_network:
            yield row, start + run, "qm9700", N_SWITCHES_PER_RACK, "infrastructure"
        elif busway < fill.n_network + fill.n_storage:
            yield row, start + run, "ddn-ai400x2", N_STORES_PER_RACK, "infrastructure"


def _rack(row: Row, plan: HallPlan, position: int, key: str) -> Rack:
    fill = plan.fill
    is_compute = fill is not None and key == fill.system
    is_whole_rack = key.endswith("nvl72")
    box = cabinet("generic-48u-800x1200")
    frame = rack_system("nvidia-gb200-nvl72") if is_whole_rack else box
    return Rack(
        hall=row.hall,
        row=row,
        position=position,
        tag=f"{row.tag}-{position:02d}",
        x_m=round(row.x_m + (position - 1) * row.pitch_m, 3),
        y_m=row.y_m,
        width_m=plan.pitch_m,
        depth_m=stated(frame, "depth_m"),
        front_deg=row.front_deg,
        n_rack_units=int(stated(box, "n_rack_units")),
        cabinet_mass_kg=0.0 if is_whole_rack else _CABINET_MASS_KG,
        cooling=fill.cooling if fill is not None and is_compute else Rack.Cooling.AIR,
    )


def _say_sources(ledger: Ledger) -> None:
    ledger.item(
        "halls[*].air_leakage_ratio",
        "cooling_rules/containment-leakage",
        "contained_range_ratio",
        "middle of the range",
    )
    ledger.item(
        "halls[*].row_end_ratio",
        "cooling_rules/containment-leakage",
        "row_end_range_ratio",
        "low end, since the aisles are contained",
    )
    ledger.item("halls[*].supply_air_c", "air_units/generic-crah-100", "rating_supply_c")
    ledger.default(
        "halls[*].floor_limit_kg_m2",
        "slab on grade 2,400 kg/m² under liquid-cooled racks, raised floor 1,200 kg/m² elsewhere",
    )
    ledger.default("rows[*]", "cold aisles of 1.8 m, hot aisles of 1.2 m, rows 1.2 m deep")
    ledger.item("racks[*].n_rack_units", "racks/generic-48u-800x1200", "n_rack_units")
    ledger.default(
        "racks[*].cabinet_mass_kg",
        "180 kg for an empty cabinet with rails and rack PDUs; 0 for rack-scale systems, "
        "whose mass includes it",
    )
    ledger.default(
        "racks[*].contents", "eight switches a network rack, six appliances a storage rack"
    )
