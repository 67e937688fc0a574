"""The site while a plan is applied to it: documents by kind and id, with the stages they live."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Generic, TypeVar

from facility.kernel.documents import Document
from facility.kernel.errors import InputError, Problem
from facility.kernel.fields import Staged
from facility.physics import documents as whole
from facility.physics.documents import Hall, Missing
from power.physics.documents import (
    Battery,
    Consumer,
    Conversion,
    Genset,
    GridSource,
    Impedance,
    Line,
    Node,
    RegulatedGenerator,
    Shunt,
    StaticLoad,
    Switch,
    TransferSwitch,
    Transformer,
)
from racks.physics.documents import Rack, System, Workload
from thermal.physics.documents import Cdu, Chiller, Circuit, Crah, DryCooler, HallAir, Loop, Tower

Unit = Crah | Cdu | Chiller | Tower | DryCooler
D = TypeVar("D", bound=Document)
S = TypeVar("S", bound=Staged)


class Register(Generic[S]):
    """Objects of one kind: those that stand now, and those that a later stage took away.

    An object that changes is the old one up to that stage and the new one from it on, both under
    the same id; so an id is unique at any one stage.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.live: dict[str, S] = {}
        self._gone: list[S] = []

    def put(self, item: S, stage: int) -> None:
        """Place an object, or replace the one of the same id, from a stage on."""
        if item.id in self.live:
            self.remove(item.id, stage)
        self.live[item.id] = item.model_copy(update={"from_stage": stage, "until_stage": None})

    def remove(self, name: str, stage: int) -> S:
        """Take an object away from a stage on."""
        old = self.live.pop(name)
        if old.from_stage < stage:
            self._gone.append(old.model_copy(update={"until_stage": stage}))
        return old

    def all(self) -> tuple[S, ...]:
        """Return every object of any stage, in an order that does not depend on how it came."""
        return tuple(
            sorted([*self.live.values(), *self._gone], key=lambda item: (item.id, item.from_stage))
        )


@dataclass(frozen=True, slots=True)
class Tap:
    """Places of a row that can be supplied from a node."""

    first: int
    last: int
    path: str
    node: str
    breaker_a: float
    phases: str


@dataclass(slots=True)
class RowPlaces:
    """A row of rack places: where they are, what can be connected there, which are taken."""

    hall: str
    tag: str
    x_m: float
    y_m: float
    pitch_m: float
    depth_m: float
    front_deg: float
    n_positions: int
    circuit: str | None = None
    taps: list[Tap] = field(default_factory=list)
    taken: set[int] = field(default_factory=set)

    def free(self) -> Iterator[int]:
        """Yield the free positions in order."""
        return (k for k in range(1, self.n_positions + 1) if k not in self.taken)

    def taps_at(self, position: int) -> list[Tap]:
        """Return what a rack at this position can be supplied from, by path."""
        here = [tap for tap in self.taps if tap.first <= position <= tap.last]
        return sorted(here, key=lambda tap: (tap.path, tap.node))

    def is_end(self, position: int) -> bool:
        """Whether the position is the first or the last of the row."""
        return position in (1, self.n_positions)


@dataclass(frozen=True, slots=True)
class Spot:
    """One position of a row."""

    row: RowPlaces
    position: int

    @property
    def id(self) -> str:
        """Name of the spot on the site, and of a rack that will stand there."""
        return f"{self.row.hall}/{self.row.tag}-{self.position:02d}"


@dataclass(slots=True)
class Picture:
    """The whole site, as far as the changes applied so far have brought it."""

    continuous_ratio: float
    problems: list[Problem] = field(default_factory=list)
    missing: dict[str, Missing] = field(default_factory=dict)
    noted: dict[str, whole.Provenance] = field(default_factory=dict)
    halls: dict[str, Hall] = field(default_factory=dict)
    workloads: dict[str, Workload] = field(default_factory=dict)
    systems: dict[str, System] = field(default_factory=dict)
    version_of: dict[str, str] = field(default_factory=dict)
    rows: list[RowPlaces] = field(default_factory=list)
    spot_of: dict[str, Spot] = field(default_factory=dict)
    cabinet_kg: dict[str, float] = field(default_factory=dict)
    power_factor_of: dict[str, float] = field(default_factory=dict)
    places: Register[whole.Place] = field(default_factory=lambda: Register("places"))
    racks: Register[Rack] = field(default_factory=lambda: Register("racks"))
    nodes: Register[Node] = field(default_factory=lambda: Register("network.nodes"))
    lines: Register[Line] = field(default_factory=lambda: Register("network.branches"))
    transformers: Register[Transformer] = field(
        default_factory=lambda: Register("network.branches")
    )
    impedances: Register[Impedance] = field(default_factory=lambda: Register("network.branches"))
    switches: Register[Switch] = field(default_factory=lambda: Register("network.switches"))
    sources: Register[GridSource] = field(default_factory=lambda: Register("network.sources"))
    conversions: Register[Conversion] = field(
        default_factory=lambda: Register("network.conversions")
    )
    consumers: Register[Consumer] = field(default_factory=lambda: Register("network.consumers"))
    transfer_switches: Register[TransferSwitch] = field(
        default_factory=lambda: Register("network.transfer_switches")
    )
    generators: Register[RegulatedGenerator] = field(
        default_factory=lambda: Register("network.generators")
    )
    static_loads: Register[StaticLoad] = field(
        default_factory=lambda: Register("network.static_loads")
    )
    shunts: Register[Shunt] = field(default_factory=lambda: Register("network.shunts"))
    gensets: Register[Genset] = field(default_factory=lambda: Register("network.gensets"))
    batteries: Register[Battery] = field(default_factory=lambda: Register("network.batteries"))
    loops: Register[Loop] = field(default_factory=lambda: Register("cooling.loops"))
    circuits: Register[Circuit] = field(default_factory=lambda: Register("cooling.circuits"))
    airs: Register[HallAir] = field(default_factory=lambda: Register("cooling.halls"))
    units: Register[Unit] = field(default_factory=lambda: Register("cooling.units"))

    def problem(self, path: str, code: str, message: str) -> None:
        """Note a problem; building goes on, so that all of them are found."""
        self.problems.append(Problem(path, code, message))

    def parse(self, path: str, document: type[D], data: object) -> D | None:
        """Read a row as a document, or note its problems under its own path."""
        try:
            return document.parse(data)
        except InputError as error:
            for found in error.problems:
                self.problem(f"{path}.{found.path}", found.code, found.message)
        return None

    def install(self, register: Register[S], document: type[S], data: dict[str, object]) -> None:
        """Read a row as built and place it."""
        item = self.parse(f"{register.name}[{data['id']}]", document, data)
        if item is not None:
            self.place(register, item)

    def place(self, register: Register[S], item: S) -> None:
        """Place an object as built; a tag used twice is a problem."""
        if item.id in register.live:
            path = f"{register.name}[{item.id}]"
            self.problem(path, "duplicate", f"two of these are called {item.id!r}")
        register.put(item, 0)

    def stands_in(self, path: str, stand_in: str, reason: str) -> None:
        """Note what was used where nobody gave a value."""
        self.missing.setdefault(path, Missing(path=path, stand_in=stand_in, reason=reason))

    def known(self, path: str, what: str, name: str, names: Iterable[str]) -> bool:
        """Whether a name is one of these; if not, note the problem with the nearest match."""
        choices = list(names)
        if name in choices:
            return True
        near = get_close_matches(name, choices, n=1, cutoff=0.4)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        self.problem(path, "unknown", f"there is no {what} {name!r}{hint}")
        return False

    def system(self, key: str) -> System:
        """Return a system type as it is used now, caps included."""
        return self.systems[self.version_of[key]]

    def free_spots(self, accept: Callable[[RowPlaces], bool] = lambda _: True) -> Iterator[Spot]:
        """Yield the free spots in the order of halls, rows and positions."""
        for row in self.rows:
            if accept(row):
                yield from (Spot(row, position) for position in row.free())

    def occupy(self, spot: Spot, rack: str, stage: int) -> None:
        """Take a spot for a rack from a stage on."""
        spot.row.taken.add(spot.position)
        self.spot_of[rack] = spot
        if spot.id in self.places.live:
            self.places.remove(spot.id, stage)

    def clear(self, rack: str, stage: int) -> None:
        """Free the spot of a rack from a stage on."""
        spot = self.spot_of.pop(rack, None)
        if spot:
            spot.row.taken.discard(spot.position)
            self.offer(spot, stage)

    def offer(self, spot: Spot, stage: int) -> None:
        """Say that a rack can be placed at a spot, if there is anything to supply it from."""
        taps = spot.row.taps_at(spot.position)
        if not taps:
            return
        data = {
            "id": spot.id,
            "hall": spot.row.hall,
            "circuit": spot.row.circuit,
            "taps": [
                {
                    "node": tap.node,
                    "share_ratio": 1 / len(taps),
                    "rating_a": tap.breaker_a,
                    "continuous_ratio": self.continuous_ratio,
                    "phases": tap.phases,
                }
                for tap in taps
            ],
        }
        place = self.parse(f"places[{spot.id}]", whole.Place, data)
        if place:
            self.places.put(place, stage)
