"""Documents of transformers as arrays: one form for oil by IEC, oil by IEEE, and dry types."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Final, Literal

import numpy as np

from facility.kernel.checks import BoolArray, FloatArray
from facility.kernel.errors import InputError, Problem
from power.physics.documents import CoolingStage, DryThermal, OilThermal, Transformer
from power.physics.transformer_thermal.ageing import (
    DRY_INSULATION,
    NORMAL_PAPER,
    UPGRADED_PAPER,
    AgeingLaw,
    arrhenius,
)
from power.physics.transformer_thermal.constants import IEEE_EXPONENTS
from power.physics.transformer_thermal.harmonics import load_loss_ratio, winding_loss_ratio
from power.physics.transformer_thermal.limits import DRY_CURRENT_LIMIT_RATIO, loading_limits

Method = Literal["iec", "ieee"]

AT_ONCE_MIN: Final = 1e-6
"""Time constant of what follows without delay: the air around a dry type."""
NO_LIMIT_C: Final = 1e6


@dataclass(frozen=True, slots=True)
class ThermalParameters:
    """What the loading guides need of N transformers, each array of shape (N,).

    ``loss_ratio`` is load loss at rated current over no-load loss, ``current_base_ratio`` the
    full rating over that of the stage described; the two ``..._loss_ratio`` of harmonics raise load
    loss and winding loss. An ``ambient_c`` that is not ``outdoor`` replaces the outdoor
    temperature. It reaches the oil through the oil's delay, or without where ``ambient_at_once``. A
    dry type is a unit whose oil is air: no rise and no delay.
    """

    rating_kva: FloatArray
    current_base_ratio: FloatArray
    top_oil_rise_k: FloatArray
    hot_spot_rise_k: FloatArray
    loss_ratio: FloatArray
    load_loss_ratio: FloatArray
    winding_loss_ratio: FloatArray
    oil_time_min: FloatArray
    winding_time_min: FloatArray
    oil_exponent: FloatArray
    winding_exponent: FloatArray
    k11: FloatArray
    k21: FloatArray
    k22: FloatArray
    hot_spot_limit_c: FloatArray
    top_oil_limit_c: FloatArray
    current_limit_ratio: FloatArray
    outdoor: BoolArray
    ambient_c: FloatArray
    ambient_at_once: BoolArray
    ageing: AgeingLaw
    lower: "tuple[LowerStage, ...]" = ()

    def row(self, number: int) -> "ThermalParameters":
        """Return one unit, as arrays of shape (1,)."""
        one = slice(number, number + 1)
        arrays = {name: getattr(self, name)[one] for name in _ARRAYS}
        lower = tuple(stage.row(number) for stage in self.lower)
        return ThermalParameters(**arrays, ageing=self.ageing.row(number), lower=lower)

    def where(self, chosen: BoolArray, other: "ThermalParameters") -> "ThermalParameters":
        """Return these values where chosen (N,), else those of the other; lower stages stay."""
        arrays = {
            name: np.where(chosen, getattr(self, name), getattr(other, name)) for name in _ARRAYS
        }
        return ThermalParameters(**arrays, ageing=self.ageing, lower=self.lower)


@dataclass(frozen=True, slots=True)
class LowerStage:
    """A stage of cooling below the full one, of N units; ``exists`` says which have it.

    The next stage starts at ``start_c`` and stops at ``stop_c``, both (N,), of the top oil or,
    where ``by_hot_spot``, of the hot spot.
    """

    parameters: ThermalParameters
    exists: BoolArray
    by_hot_spot: BoolArray
    start_c: FloatArray
    stop_c: FloatArray

    def row(self, number: int) -> "LowerStage":
        """Return the stage of one unit, as arrays of shape (1,)."""
        one = slice(number, number + 1)
        return LowerStage(
            self.parameters.row(number),
            self.exists[one],
            self.by_hot_spot[one],
            self.start_c[one],
            self.stop_c[one],
        )


_FLAGS: Final = ("outdoor", "ambient_at_once")
_ARRAYS: Final = tuple(
    item.name for item in fields(ThermalParameters) if item.name not in ("ageing", "lower")
)


def thermal_parameters(
    transformers: Sequence[Transformer], *, method: Method | None = None
) -> ThermalParameters:
    """Return the parameters of transformers as arrays.

    Parameters
    ----------
    transformers : sequence of Transformer
        N units, liquid-filled or dry.
    method : {"iec", "ieee"} or None
        Equations for the liquid-filled: IEC 60076-7, or IEEE C57.91 clause 7 with its own exponents
        by class; None takes the method of each document. The ageing law is that of the paper.

    Returns
    -------
    ThermalParameters
        With as many lower stages as the unit with most has.

    Raises
    ------
    InputError
        A transformer has no thermal data, a liquid-filled one no no-load loss, or its cooling
        stages are not in order; every problem is named.

    Notes
    -----
    With k11 = k21 = k22 = 1 and twice the exponent m for the winding, the equations of IEC 60076-7
    are those of clause 7. The loss ratio of a lower stage goes with the square of its rating.
    """
    problems = [item for i, unit in enumerate(transformers) for item in _problems(i, unit)]
    if problems:
        raise InputError(problems)
    full = [
        _unit_values(unit, unit.thermal, method)
        for unit in transformers
        if unit.thermal is not None
    ]
    depth = max((len(unit.cooling_stages) for unit in transformers), default=0)
    lower = tuple(_lower_stage(transformers, full, k - depth, method) for k in range(depth))
    return _stacked(full, lower)


def _problems(number: int, unit: Transformer) -> Iterable[Problem]:
    path = f"transformers.{number}"
    if unit.thermal is None or (isinstance(unit.thermal, OilThermal) and unit.no_load_loss_kw == 0):
        yield Problem(path, "no_thermal_data", f"{unit.id} has no thermal data or no-load loss")
    stages = unit.cooling_stages
    if stages and isinstance(unit.thermal, DryThermal):
        yield Problem(path, "stages_of_dry", f"{unit.id} is dry and has cooling stages")
    ratings = [stage.rating_kva for stage in stages] + [unit.rating_kva]
    if any(upper <= lower for lower, upper in pairwise(ratings)):
        yield Problem(path, "stage_order", f"{unit.id}: rating_kva must rise from stage to stage")
    if any(stage.stop_c >= stage.start_c for stage in stages):
        yield Problem(path, "stage_order", f"{unit.id}: stop_c must be below start_c")


_Values = dict[str, float]


def _unit_values(
    unit: Transformer, thermal: OilThermal | DryThermal, method: Method | None
) -> _Values:
    common = {
        "rating_kva": unit.rating_kva * unit.derating_ratio,
        "current_base_ratio": 1.0,
        "load_loss_ratio": load_loss_ratio(unit.harmonics),
        "winding_loss_ratio": winding_loss_ratio(unit.harmonics),
    }
    if isinstance(thermal, DryThermal):
        return common | _dry_values(thermal)
    law = UPGRADED_PAPER if thermal.paper == "upgraded" else NORMAL_PAPER
    limits = loading_limits(unit.rating_kva, "normal_cyclic")
    return (
        common
        | _oil_values(thermal, method or thermal.method)
        | _site_values(thermal, law)
        | {
            "loss_ratio": unit.load_loss_kw / unit.no_load_loss_kw,
            "top_oil_limit_c": thermal.top_oil_limit_c,
            "current_limit_ratio": float(limits.current_ratio[0]),
        }
    )


def _oil_values(oil: OilThermal | CoolingStage, method: Method) -> _Values:
    values = {
        "top_oil_rise_k": oil.top_oil_rise_k,
        "hot_spot_rise_k": oil.hot_spot_rise_k,
        "oil_time_min": oil.oil_time_min,
        "winding_time_min": oil.winding_time_min,
    }
    if method == "iec":
        return values | {
            "oil_exponent": oil.oil_exponent,
            "winding_exponent": oil.winding_exponent,
            "k11": oil.k11_pu,
            "k21": oil.k21_pu,
            "k22": oil.k22_pu,
            "ambient_at_once": 0.0,
        }
    n, m = IEEE_EXPONENTS[oil.cooling]
    return values | {
        "oil_exponent": n,
        "winding_exponent": 2.0 * m,
        "k11": 1.0,
        "k21": 1.0,
        "k22": 1.0,
        "ambient_at_once": 1.0,
    }


def _dry_values(dry: DryThermal) -> _Values:
    return _site_values(dry, arrhenius(*DRY_INSULATION[dry.insulation])) | {
        "top_oil_rise_k": 0.0,
        "hot_spot_rise_k": dry.hot_spot_ratio * dry.winding_rise_k,
        "loss_ratio": 1.0,
        "oil_time_min": AT_ONCE_MIN,
        "winding_time_min": dry.winding_time_min,
        "oil_exponent": 1.0,
        "winding_exponent": dry.winding_exponent,
        "k11": 1.0,
        "k21": 1.0,
        "k22": 1.0,
        "ambient_at_once": 0.0,
        "top_oil_limit_c": NO_LIMIT_C,
        "current_limit_ratio": DRY_CURRENT_LIMIT_RATIO,
    }


def _site_values(thermal: OilThermal | DryThermal, law: tuple[float, float, float]) -> _Values:
    return {
        "hot_spot_limit_c": thermal.hot_spot_limit_c,
        "outdoor": float(thermal.ambient_c is None),
        "ambient_c": thermal.ambient_c or 0.0,
        "reference_c": law[0],
        "slope_per_k": law[1],
        "curvature_per_k": law[2],
    }


def _lower_stage(
    units: Sequence[Transformer], full: list[_Values], from_top: int, method: Method | None
) -> LowerStage:
    """Return one stage below the full one, counted from it: -1 is the next lower."""
    rows, stages = list(full), list[CoolingStage | None]()
    for k, unit in enumerate(units):
        has = len(unit.cooling_stages) >= -from_top
        stages.append(unit.cooling_stages[from_top] if has else None)
        stage = stages[-1]
        if stage is not None and isinstance(unit.thermal, OilThermal):
            base = unit.rating_kva / stage.rating_kva
            rows[k] = (
                full[k]
                | _oil_values(stage, method or unit.thermal.method)
                | {"current_base_ratio": base, "loss_ratio": full[k]["loss_ratio"] / base**2}
            )
    return LowerStage(
        parameters=_stacked(rows, ()),
        exists=np.array([stage is not None for stage in stages], dtype=np.bool_),
        by_hot_spot=np.array([bool(s and s.signal == "hot_spot") for s in stages], dtype=np.bool_),
        start_c=np.array([s.start_c if s else -NO_LIMIT_C for s in stages], dtype=np.float64),
        stop_c=np.array([s.stop_c if s else -NO_LIMIT_C for s in stages], dtype=np.float64),
    )


def _stacked(rows: list[_Values], lower: tuple[LowerStage, ...]) -> ThermalParameters:
    def column(name: str) -> FloatArray:
        return np.array([row[name] for row in rows], dtype=np.float64)

    arrays = {name: column(name) for name in _ARRAYS if name not in _FLAGS}
    law = AgeingLaw(column("reference_c"), column("slope_per_k"), column("curvature_per_k"))
    return ThermalParameters(
        **arrays,
        outdoor=column("outdoor").astype(np.bool_),
        ambient_at_once=column("ambient_at_once").astype(np.bool_),
        ageing=law,
        lower=lower,
    )
