"""A year of transformer temperatures at 15 minutes, ours beside transformer-thermal-model's."""

import numpy as np

from power.physics.documents import OilThermal, Transformer
from power.physics.transformer_thermal import (
    ThermalParameters,
    ThermalState,
    steady_state,
    thermal_course,
    thermal_parameters,
)
from tests.benchmarks.campus import timed, year_factor
from tests.benchmarks.peers.environment import Peer
from tests.benchmarks.records import record

TRANSFORMERS = 44
STEPS = 35_040
STEP_MIN = 15
SAME_K = 1e-6
# Medium power transformer, ONAN (IEC 60076-7, table 5).
SPECS = {
    "no_load_loss": 1000.0,
    "load_loss": 6000.0,
    "nom_load_sec_side": 1.0,
    "top_oil_temp_rise": 52.0,
    "winding_oil_gradient": 20.0,
    "hot_spot_fac": 1.3,
    "time_const_oil": 210.0,
    "time_const_windings": 10.0,
    "oil_const_k11": 0.5,
    "winding_const_k21": 2,
    "winding_const_k22": 2,
    "oil_exp_x": 0.8,
    "winding_exp_y": 1.3,
    "end_temp_reduction": 0.0,
    "amb_temp_surcharge": 0.0,
}


def transformer_year():
    """Top oil, hot spot and ageing of every transformer at every step."""
    current_ratio, ambient_c = year()
    parameters = parameters_of(SPECS, TRANSFORMERS)
    tables = {"specs": SPECS, "step_min": STEP_MIN}
    arrays = {"current_ratio": current_ratio, "ambient_c": ambient_c}
    ours_s, peer_s = [], []
    with Peer("thermal", "thermal_year", tables, **arrays) as peer:
        for _turn in range(2):
            for _ in range(3):
                course, seconds = timed(ours, parameters, current_ratio, ambient_c)
                ours_s.append(seconds)
            peer_s.append(peer.run())
        their = peer.answer()
    far_k = max(
        np.abs(course.top_oil_c - their["top_oil_c"][:, 1:]).max(),
        np.abs(course.hot_spot_c - their["hot_spot_c"][:, 1:]).max(),
    )
    return record(
        "power/transformer-year",
        min(ours_s),
        peer="transformer-thermal-model",
        peer_version=peer.versions["transformer-thermal-model"],
        peer_s=min(peer_s),
        agrees=bool(far_k <= SAME_K),
        ratio_min=60.0,
    )


def year():
    """Return currents (transformers, steps) and ambient (steps,), the first sample the start."""
    rows = np.repeat(year_factor(TRANSFORMERS), 4, axis=0)
    quarter = np.arange(STEPS)
    wave = 0.1 * np.sin(2.0 * np.pi * quarter / 7.0)
    season = 12.0 - 10.0 * np.cos(2.0 * np.pi * quarter / STEPS)
    daily = 5.0 * np.sin(2.0 * np.pi * quarter / 96.0)
    return np.ascontiguousarray((rows + wave[:, np.newaxis]).clip(0.05).T), season + daily


def ours(parameters: ThermalParameters, current_ratio, ambient_c):
    """Return the course; a sample of the peer acts on the interval that ends with it."""
    start: ThermalState = steady_state(
        parameters, current_ratio[:, 0], ambient_c=np.full(TRANSFORMERS, ambient_c[0])
    )
    return thermal_course(
        parameters,
        current_ratio[:, 1:],
        ambient_c=ambient_c[1:],
        step_min=STEP_MIN,
        start=start,
    )


def parameters_of(specs, count):
    """Return the peer's data sheet as ours, once for each transformer."""
    oil = OilThermal(
        standard="iec",
        paper="normal",
        top_oil_rise_k=specs["top_oil_temp_rise"],
        hot_spot_rise_k=specs["hot_spot_fac"] * specs["winding_oil_gradient"],
        oil_time_min=specs["time_const_oil"],
        winding_time_min=specs["time_const_windings"],
        oil_exponent=specs["oil_exp_x"],
        winding_exponent=specs["winding_exp_y"],
        k11_pu=specs["oil_const_k11"],
        k21_pu=specs["winding_const_k21"],
        k22_pu=specs["winding_const_k22"],
        hot_spot_limit_c=120.0,
        top_oil_limit_c=105.0,
    )
    transformer = Transformer(
        id="transformer",
        hv_node="high",
        lv_node="low",
        rating_kva=1000.0,
        hv_voltage_v=33_000.0,
        lv_voltage_v=415.0,
        impedance_ratio=0.07,
        load_loss_kw=1e-3 * specs["load_loss"],
        no_load_loss_kw=1e-3 * specs["no_load_loss"],
        thermal=oil,
    )
    return thermal_parameters([transformer] * count)
