"""Where racks asked for would stand: on the committed plan and what is held on top of it."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from facility.kernel.documents import Document
from facility.kernel.errors import InputError
from facility.procurement.documents import FitItem, Placing, Shortage, Standing
from facility.scenarios.changes import AddRacks
from facility.scenarios.models import Hold, Scenario
from facility.scenarios.snapshot.apply import apply, usable_spots
from facility.scenarios.snapshot.picture import Picture
from facility.scenarios.snapshot.rooms import read_halls, read_racks, read_types
from facility.scenarios.snapshot.steps import read_steps

BASE = "@"  # what follows it names a later version of the same system type


@dataclass(slots=True)
class Ground:
    """The rooms of a site as its committed plan leaves them, while racks are put into them."""

    picture: Picture
    stage: int
    key_of_item: dict[str, str]
    changes: list[AddRacks] = field(default_factory=list)

    def usual(self, system: str, what: str) -> list[str | int]:
        """Return how racks of such a system are filled or used here, the most usual first."""
        return self._most(what, lambda other: other.partition(BASE)[0] == system)

    def usual_work(self, system: str) -> str:
        """Return the work of such systems here, or of their like: with chips, or without any."""
        systems = self.picture.systems
        has_chips = self.picture.system(system).n_chips > 0
        alike = self._most("workload", lambda other: (systems[other].n_chips > 0) == has_chips)
        return str([*self.usual(system, "workload"), *alike, ""][0])

    def _most(self, what: str, of: Callable[[str], bool]) -> list[str | int]:
        found = Counter(
            getattr(content, what)
            for rack in self.picture.racks.live.values()
            for content in rack.contents
            if of(content.system)
        )
        return [value for value, _ in sorted(found.items(), key=lambda e: (-e[1], str(e[0])))]

    def n_usable(self, system: str, hall: str) -> int:
        """Return how many such racks find a supplied and cooled place in a hall."""
        return len(usable_spots(self.picture, self.picture.system(system), hall))

    def put(self, change: AddRacks) -> tuple[str, ...]:
        """Place racks that were counted before, and return the names they get."""
        before = set(self.picture.racks.live)
        apply(change, self.picture, self.stage, "extra")
        self.changes.append(change)
        return tuple(name for name in self.picture.racks.live if name not in before)


def survey(scenario: Scenario) -> Ground:
    """Read the rooms of the plan's site and apply the plan to them.

    Networks and machines are left out: they decide no place, and the run looks at them later. So
    problems that changes to them meet here mean nothing and are not told.
    """
    picture = Picture(continuous_ratio=1.0)
    types = read_types(scenario.site, picture)
    read_racks(scenario.site, picture, read_halls(scenario.site, picture))
    steps = read_steps(scenario, (), picture)
    for stage, step in enumerate(steps):
        for path, change in step.changes:
            apply(change, picture, stage, path)
    return Ground(picture, len(steps), {row.item: row.key for row in types if row.item})


def place(
    ground: Ground, items: Sequence[FitItem], holds: Iterable[Hold]
) -> tuple[Placing, tuple[Document, ...]]:
    """Place the holds, then the items in order; return where, and the changes that do it.

    Raises
    ------
    InputError
        An item names what the site does not have; with every problem.
    """
    ground.picture.problems.clear()
    known = [_known(ground, item, f"items.{place}") for place, item in enumerate(items)]
    if ground.picture.problems:
        raise InputError(ground.picture.problems)
    n_held = sum(_put_hold(ground, hold) for hold in holds)
    standing: list[Standing] = []
    short: list[Shortage] = []
    for number, item in enumerate(known):
        stands = list(_put_item(ground, number, item))
        n_placed = sum(part.n_racks for part in stands)
        standing += stands
        if n_placed < item.n_racks:
            short.append(_shortage(ground, number, item, n_placed))
    notes = tuple(note for pair in zip(items, known, strict=True) for note in _notes(*pair))
    placing = Placing(
        standing=tuple(standing), short=tuple(short), n_held_racks=n_held, notes=notes
    )
    return placing, tuple(ground.changes)


def _known(ground: Ground, item: FitItem, path: str) -> FitItem:
    """Return the item with what it leaves open filled in as the site does it."""
    picture = ground.picture
    key = ground.key_of_item.get(item.system, item.system)
    names = [*picture.version_of, *ground.key_of_item]
    if not picture.known(f"{path}.system", "system type", key, names):
        return item
    n_systems = item.n_systems or int((ground.usual(key, "n_systems") or [1])[0])
    workload = item.workload or ground.usual_work(key)
    if item.workload is None and not workload:
        message = f"nothing like {key} works on the site; name one of {list(picture.workloads)}"
        picture.problem(f"{path}.workload", "missing", message)
    elif workload:
        picture.known(f"{path}.workload", "workload", workload, picture.workloads)
    if item.hall is not None:
        picture.known(f"{path}.hall", "hall", item.hall, picture.halls)
    return item.model_copy(update={"system": key, "n_systems": n_systems, "workload": workload})


def _notes(asked: FitItem, known: FitItem) -> Iterator[str]:
    """Say what was filled in."""
    if asked.n_systems is None:
        yield f"{known.system}: {known.n_systems} in each rack, as the question leaves it open."
    if asked.workload is None:
        yield f"{known.system}: works as {known.workload}, as its like does on the site."


def _put_hold(ground: Ground, hold: Hold) -> int:
    """Place what is held, as far as there is room, and return how many racks that is."""
    key, hall = hold.system.key, hold.hall.tag
    if key not in ground.picture.version_of:
        return 0  # what is wrong with the type is told when the document is built
    work = ground.usual_work(key)
    n_racks = min(hold.n_racks, ground.n_usable(key, hall))
    if not n_racks or not work:
        return 0
    n_systems = int((ground.usual(key, "n_systems") or [1])[0])
    ground.put(AddRacks(hall=hall, system=key, n_systems=n_systems, n_racks=n_racks, workload=work))
    return n_racks


def _put_item(ground: Ground, number: int, item: FitItem) -> Iterator[Standing]:
    left = item.n_racks
    for hall in _halls(ground, item):
        n_racks = min(left, ground.n_usable(item.system, hall))
        if not n_racks:
            continue
        change = AddRacks(
            hall=hall,
            system=item.system,
            n_systems=item.n_systems or 1,
            n_racks=n_racks,
            workload=item.workload or "",
        )
        yield Standing(
            item=number,
            system=change.system,
            hall=hall,
            n_systems=change.n_systems,
            workload=change.workload,
            n_racks=n_racks,
            racks=ground.put(change),
        )
        left -= n_racks


def _halls(ground: Ground, item: FitItem) -> list[str]:
    """Return the halls to try: the one asked for, or those with such systems, then by room."""
    if item.hall is not None:
        return [item.hall]
    alike = Counter(
        rack.hall
        for rack in ground.picture.racks.live.values()
        for content in rack.contents
        if content.system.partition(BASE)[0] == item.system
    )
    room = {hall: ground.n_usable(item.system, hall) for hall in ground.picture.halls}
    # A hall that takes all of them is better than two that share them.
    return sorted(room, key=lambda h: (room[h] < item.n_racks, -alike[h], -room[h], h))


def _shortage(ground: Ground, number: int, item: FitItem, n_placed: int) -> Shortage:
    where = item.hall or "the site"
    label = ground.picture.system(item.system).label
    return Shortage(
        item=number,
        system=item.system,
        n_asked=item.n_racks,
        n_placed=n_placed,
        message=(
            f"{where} has {n_placed} supplied and cooled places left for {label}, "
            f"{item.n_racks} are asked for."
        ),
    )
