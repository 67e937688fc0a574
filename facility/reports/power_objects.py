"""Every electrical object with rating, normal, failover and headroom: rows, groups, choices."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from facility.physics.results import ObjectLoad, StageResult
from facility.reports import numbers
from facility.reports.capacity import Part, parts_of
from facility.reports.levels import LEVELS
from facility.reports.tables import ObjectRow, object_rows
from facility.reports.words import NEAR_RATIO, grade, state_words

N_SHOWN = 6
"""So many rows of a group are shown before somebody asks for the rest."""
LEAST_SHOWN_KW = 0.05
"""Below this a difference of two large powers is rounding. [kW]."""
_ONLY: Mapping[str, float] = {"over": 1.0, "near": NEAR_RATIO}


@dataclass(frozen=True, slots=True)
class Row:
    """One object as its line of the table shows it."""

    level: str
    title: str
    hall: str
    load: ObjectLoad

    @property
    def worst_ratio(self) -> float:
        """The larger of the two loads over the rating."""
        return max(self.load.normal_ratio, self.load.failover_ratio)

    @property
    def grade(self) -> str:
        """Good, near or over."""
        return grade(self.worst_ratio)

    @property
    def name(self) -> str:
        """Its name; of a feed that of its load."""
        return self.load.id.partition("@")[0] if self.load.kind == "feed" else self.load.id

    @property
    def place(self) -> str:
        """Where it stands: of a feed its tap, of others their hall."""
        return self.load.id.partition("@")[2] if self.load.kind == "feed" else self.hall

    @property
    def rating(self) -> str:
        """Its limit in words; a contract is on real power."""
        return self._said(self.load.rating_kva)

    @property
    def normal(self) -> str:
        """Normal load in words."""
        is_real = self.load.kind == "grid"
        return self._said(self.load.normal_kw if is_real else self.load.normal_kva)

    @property
    def failover(self) -> str:
        """Failover load in words."""
        is_real = self.load.kind == "grid"
        return self._said(self.load.failover_kw if is_real else self.load.failover_kva)

    @property
    def headroom_n(self) -> str:
        """Own headroom with everything in service, in words."""
        return numbers.signed(self._said(self.load.headroom_n_kva))

    @property
    def headroom_n1(self) -> str:
        """Own headroom in the worst outage, in words."""
        return numbers.signed(self._said(self.load.headroom_n1_kva))

    def _said(self, value: float) -> str:
        shown = numbers.kw if self.load.kind == "grid" else numbers.kva
        return shown(_clean(value))

    @property
    def uncertainty_kw(self) -> float | None:
        """Supply uncertainty. [kW]."""
        return _known(self.load.supply_uncertainty_kw)

    @property
    def even_share_kw(self) -> float | None:
        """Even share. [kW]."""
        return _known(self.load.even_share_kw)

    @property
    def failover_kw(self) -> float | None:
        """Real power in the worst outage; a board is judged by its current alone. [kW]."""
        return None if self.load.kind == "board" else _clean(abs(self.load.failover_kw))

    @property
    def stranded_kw(self) -> float | None:
        """Stranded power. [kW]."""
        return _known(self.load.stranded_kw)

    @property
    def stranded_by(self) -> str:
        """What binds first instead, where anything is stranded."""
        return self.load.stranded_by if self.stranded_kw else ""

    @property
    def parts(self) -> tuple[Part, ...]:
        """Pieces of its bar: used, failover reserve, stranded, free or beyond the limit."""
        load, rating = self.load, self.load.rating_kva
        normal = load.normal_ratio * rating
        return parts_of(
            rating,
            used=normal,
            planned=0.0,
            reserve=max(load.failover_ratio * rating - normal, 0.0),
            stranded=self.stranded_kw or 0.0,
        )


def _clean(value: float) -> float:
    """Return a power without the noise of its arithmetic."""
    return 0.0 if abs(value) < LEAST_SHOWN_KW else value


def _known(value: float | None) -> float | None:
    return None if value is None else _clean(value)


@dataclass(frozen=True, slots=True)
class Group:
    """The objects of one level, hardest loaded first."""

    level: str
    title: str
    rows: Sequence[Row]

    @property
    def worst(self) -> Row:
        """The hardest loaded of them."""
        return self.rows[0]

    @property
    def n_over(self) -> int:
        """So many are over their limit."""
        return sum(row.grade == "over" for row in self.rows)

    @property
    def n_near(self) -> int:
        """So many are near it."""
        return sum(row.grade == "near" for row in self.rows)

    @property
    def stranded_most(self) -> Row | None:
        """The one with most stranded power; None where nothing is stranded."""
        row = max(self.rows, key=lambda row: row.stranded_kw or 0.0)
        return row if row.stranded_kw else None

    @property
    def shown(self) -> Sequence[Row]:
        """Those shown before somebody asks for all."""
        return self.rows[:N_SHOWN]

    @property
    def n_more(self) -> int:
        """So many are not shown."""
        return max(len(self.rows) - N_SHOWN, 0)


@dataclass(frozen=True, slots=True)
class Choice:
    """Which objects to show; empty: all of them."""

    level: str = ""
    path: str = ""
    hall: str = ""
    only: str = ""
    text: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was chosen."""
        return not (self.level or self.path or self.hall or self.only or self.text)

    @property
    def address(self) -> str:
        """The choice as the rest of an address."""
        return urlencode(
            {
                "level": self.level,
                "path": self.path,
                "hall": self.hall,
                "only": self.only,
                "q": self.text,
            }
        )

    def takes(self, row: Row) -> bool:
        """Return whether a row fits the choice."""
        return (
            self.level in {"", row.level}
            and self.path in {"", row.load.path}
            and self.hall in {"", row.hall}
            and row.worst_ratio > _ONLY.get(self.only, -1.0)
            and self.text.lower() in row.load.id.lower()
        )


def rows_of(stage: StageResult, known: Mapping[str, str]) -> tuple[Row, ...]:
    """Return every object of a stage, the hardest loaded first."""
    return tuple(_row(row) for row in object_rows(stage, known))


def _row(row: ObjectRow) -> Row:
    load = row.load
    # The feed of a rack carries the rack's name, which begins with its hall's.
    hall = load.id.partition("/")[0] if load.kind == "feed" and "/" in load.id else load.hall
    return Row(row.level, row.title, hall, load)


def groups_of(rows: Iterable[Row]) -> tuple[Group, ...]:
    """Return rows by level, in the order from the grid to the rack."""
    found: dict[str, list[Row]] = {level: [] for level in LEVELS}
    for row in rows:
        found[row.level].append(row)
    return tuple(
        Group(level, LEVELS[level], members) for level, members in found.items() if members
    )


def halls_in(rows: Iterable[Row]) -> tuple[str, ...]:
    """Return the halls that the objects serve."""
    return tuple(sorted({row.hall for row in rows} - {""}))


def paths_in(rows: Iterable[Row]) -> tuple[str, ...]:
    """Return the paths of supply that the objects belong to."""
    return tuple(sorted({row.load.path for row in rows} - {""}))


COLUMNS = (
    "rating_kva",
    "normal_kva",
    "normal_kw",
    "normal_ratio",
    "failover_kva",
    "failover_kw",
    "failover_ratio",
    "failover_state",
    "headroom_n_kva",
    "headroom_n1_kva",
    "even_share_kw",
    "supply_uncertainty_kw",
    "stranded_kw",
    "stranded_by",
    "year_max_ratio",
    "failover_year_ratio",
    "failover_year_state",
    "failover_year_hour",
)
"""What a file of objects carries of each, by the names of the result."""


def table(rows: Iterable[Row]) -> Iterator[list[object]]:
    """Yield objects as the lines of a file, the head first; what is unknown is empty."""
    yield ["object", "kind", "level", "path", "hall", *COLUMNS]
    for row in rows:
        load = row.load
        values = [getattr(load, name) for name in COLUMNS]
        shown = ["" if value is None else value for value in values]
        yield [load.id, load.kind, row.title, load.path, row.hall, *shown]


def answer(rows: Sequence[Row]) -> str:
    """Return in a sentence how many objects are near or over, and which is worst."""
    if not rows:
        return ""
    worst = max(rows, key=lambda row: row.worst_ratio)
    n_over = sum(row.grade == "over" for row in rows)
    n_near = sum(row.grade == "near" for row in rows)
    load = worst.load
    state = load.failover_state if load.failover_ratio > load.normal_ratio else "normal"
    with_state = f"with {state_words(state)}" if state.startswith("outage:") else "in normal"
    left = load.rating_kva * (1.0 - worst.worst_ratio)
    amount = numbers.kw(abs(left)) if load.kind == "grid" else numbers.kva(abs(left))
    end = f"{amount} {'beyond its rating' if left < 0 else 'below its limit'}"
    said = f"{numbers.percent(worst.worst_ratio)} {with_state}, {end}"
    return (
        f"Of {numbers.fixed(len(rows))} electrical objects {numbers.fixed(n_over)} are over their "
        f"limit and {numbers.fixed(n_near)} near it; {load.id} is worst: {said}."
    )
