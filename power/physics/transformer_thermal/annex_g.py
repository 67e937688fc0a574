"""IEEE C57.91 Annex G: oil in the ducts, resistance and viscosity by temperature, for days.

A nonlinear model, stepped through time for all units at once; a day takes a tenth of a second, a
year a minute. It needs a heat-run test and masses.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike

from facility.kernel.checks import BoolArray, FloatArray, as_float
from facility.kernel.errors import InputError, Problem
from power.physics.transformer_thermal.ageing import AGEING_ZERO_C

STEP_MIN: Final = 0.5
RATED_AMBIENT_C: Final = 30.0
VISCOSITY_K: Final = 2797.3
OIL_KG_PER_M3: Final = 875.3
STEEL_KJ_PER_KG_K: Final = 0.4643
OIL_KJ_PER_KG_K: Final = 1.8413
CONDUCTORS: Final[Mapping[str, tuple[float, float]]] = MappingProxyType(
    {"copper": (0.3849, 234.5), "aluminium": (0.8995, 225.0)}
)
"""Specific heat [kJ/(kg·K)] and temperature below which resistance would vanish, negated [°C]."""
EXPONENTS: Final[Mapping[str, tuple[float, float, float]]] = MappingProxyType(
    {
        "onan": (0.5, 0.8, 0.5),
        "onaf": (0.5, 0.9, 0.5),
        "of": (0.5, 0.9, 1.0),
        "od": (1.0, 1.0, 1.0),
    }
)
"""Exponents x of the duct oil, y of the average oil and z of top over bottom oil, by cooling."""
_S_PER_MIN: Final = 60.0


@dataclass(frozen=True, slots=True)
class AnnexGUnit:
    """A transformer from its heat-run test, losses at rated current and the rated winding.

    ``winding_loss_kw`` is the I²R loss, ``eddy_loss_kw`` that of the windings on top of it,
    ``hot_spot_eddy_ratio`` eddy over I²R loss where it is hottest. Rises are over the rated ambient
    of 30 °C.
    """

    cooling: Literal["onan", "onaf", "of", "od"]
    winding_loss_kw: float
    eddy_loss_kw: float
    stray_loss_kw: float
    core_loss_kw: float
    winding_rise_k: float
    hot_spot_rise_k: float
    top_oil_rise_k: float
    bottom_oil_rise_k: float
    winding_time_min: float
    core_coil_kg: float
    tank_kg: float
    oil_m3: float
    hot_spot_eddy_ratio: float = 0.0
    conductor: Literal["copper", "aluminium"] = "copper"

    @classmethod
    def of_test(
        cls, tested: "AnnexGUnit", *, current_ratio: float, tested_c: float
    ) -> "AnnexGUnit":
        """Return the unit with losses moved from test current and temperature to the rated ones.

        Parameters
        ----------
        tested : AnnexGUnit
            With the losses of the test.
        current_ratio : float
            Rated current over that of the test.
        tested_c : float
            Winding temperature to which the losses of the test refer. [°C]

        Returns
        -------
        AnnexGUnit

        Notes
        -----
        I²R loss goes with the resistance, eddy and stray loss with its inverse.
        """
        zero_c = CONDUCTORS[tested.conductor][1]
        warmer = (RATED_AMBIENT_C + tested.winding_rise_k + zero_c) / (tested_c + zero_c)
        values = {name: getattr(tested, name) for name in cls.__dataclass_fields__}
        square = current_ratio**2
        values["winding_loss_kw"] = tested.winding_loss_kw * square * warmer
        values["eddy_loss_kw"] = tested.eddy_loss_kw * square / warmer
        values["stray_loss_kw"] = tested.stray_loss_kw * square / warmer
        return cls(**values)


@dataclass(frozen=True, slots=True)
class AnnexGCourse:
    """Temperatures at the ends of intervals, each of shape (N, T)."""

    hot_spot_c: FloatArray
    winding_c: FloatArray
    top_oil_c: FloatArray
    bottom_oil_c: FloatArray


@dataclass(frozen=True, slots=True)
class _Rated:
    """The rated state of N units, each (N,): losses [kW], temperatures [°C], capacities [kJ/K]."""

    winding_kw: FloatArray
    eddy_kw: FloatArray
    stray_kw: FloatArray
    core_kw: FloatArray
    hot_spot_eddy_ratio: FloatArray
    winding_c: FloatArray
    hot_spot_c: FloatArray
    top_c: FloatArray
    bottom_c: FloatArray
    zero_c: FloatArray
    winding_kj_per_k: FloatArray
    body_kj_per_k: FloatArray
    exponents: FloatArray
    directed: BoolArray

    @classmethod
    def of(cls, units: Sequence[AnnexGUnit]) -> "_Rated":
        """Return the rated state; the capacity of the winding follows from its time constant."""

        def column(name: str) -> FloatArray:
            return np.array([getattr(unit, name) for unit in units], dtype=np.float64)

        heat, zero_c = np.array([CONDUCTORS[unit.conductor] for unit in units]).T
        winding_c = RATED_AMBIENT_C + column("winding_rise_k")
        top_c = RATED_AMBIENT_C + column("top_oil_rise_k")
        bottom_c = RATED_AMBIENT_C + column("bottom_oil_rise_k")
        loss_kw = column("winding_loss_kw") + column("eddy_loss_kw")
        above_k = winding_c - (top_c + bottom_c) / 2.0
        winding = _S_PER_MIN * loss_kw * column("winding_time_min") / above_k
        steel_kg = column("core_coil_kg") - winding / heat + column("tank_kg")
        oil_kg = OIL_KG_PER_M3 * column("oil_m3")
        return cls(
            winding_kw=column("winding_loss_kw"),
            eddy_kw=column("eddy_loss_kw"),
            stray_kw=column("stray_loss_kw"),
            core_kw=column("core_loss_kw"),
            hot_spot_eddy_ratio=column("hot_spot_eddy_ratio"),
            winding_c=winding_c,
            hot_spot_c=RATED_AMBIENT_C + column("hot_spot_rise_k"),
            top_c=top_c,
            bottom_c=bottom_c,
            zero_c=zero_c,
            winding_kj_per_k=winding,
            body_kj_per_k=STEEL_KJ_PER_KG_K * steel_kg + OIL_KJ_PER_KG_K * oil_kg,
            exponents=np.array([EXPONENTS[unit.cooling] for unit in units]).T,
            directed=np.array([unit.cooling == "od" for unit in units], dtype=np.bool_),
        )

    @property
    def oil_c(self) -> FloatArray:
        """Average of top and bottom oil. [°C]."""
        return np.asarray((self.top_c + self.bottom_c) / 2.0)


class _Stepper:
    """Temperatures of N units on their way: winding, hot spot, oil, and the oil in ducts."""

    def __init__(self, rated: _Rated, air_c: FloatArray) -> None:
        self.rated = rated
        self.winding, self.hot_spot, self.oil = air_c.copy(), air_c.copy(), air_c.copy()
        self.top, self.bottom, self.duct_top = air_c.copy(), air_c.copy(), air_c.copy()

    def step(self, current: FloatArray, air_c: FloatArray, minutes: float) -> None:
        """Advance by a short time at a constant current (N,) and air (N,)."""
        r, square = self.rated, current**2
        x, y, z = r.exponents
        warmer = (self.winding + r.zero_c) / (r.winding_c + r.zero_c)
        loss_kw = r.winding_kw + r.eddy_kw
        given_kw = square * (r.winding_kw * warmer + r.eddy_kw / warmer)
        ducts_c = (self.duct_top + self.bottom) / 2.0
        lost_kw = loss_kw * self._cooled((self.winding, ducts_c), (r.winding_c, r.oil_c))
        spot_oil_c = np.maximum(self.duct_top, self.top)
        spot_kw = self._hot_spot_kw(square, spot_oil_c)
        above = np.maximum(self.oil - air_c, 0.0) / (r.oil_c - RATED_AMBIENT_C)
        tank_ratio = above ** (1.0 / y)
        total_kw = loss_kw + r.stray_kw + r.core_kw
        to_oil_kw = lost_kw + square * r.stray_kw / warmer + r.core_kw - tank_ratio * total_kw
        seconds = _S_PER_MIN * minutes
        self.winding = self.winding + seconds * (given_kw - lost_kw) / r.winding_kj_per_k
        self.hot_spot = self.hot_spot + seconds * spot_kw / r.winding_kj_per_k
        self.oil = self.oil + seconds * to_oil_kw / r.body_kj_per_k
        half_k = tank_ratio**z * (r.top_c - r.bottom_c) / 2.0
        self.top, self.bottom = self.oil + half_k, self.oil - half_k
        self.duct_top = self.bottom + (lost_kw / loss_kw) ** x * (r.top_c - r.bottom_c)

    def _hot_spot_kw(self, square: FloatArray, oil_c: FloatArray) -> FloatArray:
        """Return heat given less heat lost at the hot spot, as if all the winding were like it."""
        r = self.rated
        warmer = (self.hot_spot + r.zero_c) / (r.hot_spot_c + r.zero_c)
        ohmic_kw = r.winding_kw * (r.hot_spot_c + r.zero_c) / (r.winding_c + r.zero_c)
        eddy_kw = r.hot_spot_eddy_ratio * ohmic_kw
        given_kw = square * (ohmic_kw * warmer + eddy_kw / warmer)
        ratio = self._cooled((self.hot_spot, oil_c), (r.hot_spot_c, r.top_c))
        return np.asarray(given_kw - ratio * (ohmic_kw + eddy_kw))

    def _cooled(
        self, now: tuple[FloatArray, FloatArray], rated: tuple[FloatArray, FloatArray]
    ) -> FloatArray:
        """Return heat from a winding to the oil beside it over the rated heat."""
        above = np.maximum(now[0] - now[1], 0.0) / (rated[0] - rated[1])
        film_k, rated_film_k = ((a + b) / 2.0 + AGEING_ZERO_C for a, b in (now, rated))
        thinner = np.exp(VISCOSITY_K * (1.0 / rated_film_k - 1.0 / film_k))
        return np.where(self.rated.directed, above, above**1.25 * thinner**0.25)


def annex_g_course(
    units: Sequence[AnnexGUnit], current_ratio: ArrayLike, *, ambient_c: ArrayLike, step_min: float
) -> AnnexGCourse:
    """Return temperatures for a course of current that starts cold.

    Parameters
    ----------
    units : sequence of AnnexGUnit
        N transformers.
    current_ratio : array_like, shape (N, T)
        Current over rated current, constant within each interval.
    ambient_c : array_like, shape (T,) or (N, T)
        Air around the units. [°C]
    step_min : float
        Length of an interval; stepped by half a minute or less. [min]

    Returns
    -------
    AnnexGCourse

    Raises
    ------
    InputError
        A value is not finite or out of bounds, shapes do not fit, or rises are not in order.

    Notes
    -----
    IEEE C57.91 Annex G with its constants for mineral oil, explicit steps in its order. Resistance
    rises with temperature, so a current without a steady state runs away, as it would.
    """
    problems = [
        Problem(f"units.{k}", "rise_order", "hot spot, winding and top oil must rise above the oil")
        for k, item in enumerate(units)
        if not _in_order(item)
    ]
    if problems:
        raise InputError(problems)
    current = np.atleast_2d(as_float("current_ratio", current_ratio, minimum=0.0, maximum=3.0))
    if current.shape[0] != len(units):
        raise InputError([Problem("current_ratio", "shape", "one row for each transformer")])
    air = np.broadcast_to(as_float("ambient_c", ambient_c, minimum=-60.0), current.shape)
    step = float(as_float("step_min", step_min, minimum=1e-3))
    pieces = int(np.ceil(step / STEP_MIN))
    stepper = _Stepper(_Rated.of(units), air[:, 0].copy())
    found = np.empty((4, *current.shape))
    for column in range(current.shape[1]):
        for _ in range(pieces):
            stepper.step(current[:, column], air[:, column], step / pieces)
        found[:, :, column] = stepper.hot_spot, stepper.winding, stepper.top, stepper.bottom
    return AnnexGCourse(*found)


def _in_order(unit: AnnexGUnit) -> bool:
    oil_k = (unit.top_oil_rise_k + unit.bottom_oil_rise_k) / 2.0
    return (
        unit.hot_spot_rise_k > unit.top_oil_rise_k > unit.bottom_oil_rise_k > 0.0
        and unit.hot_spot_rise_k >= unit.winding_rise_k > oil_k
    )
