"""The small site with what the electrical studies ask about: batteries, sets, swings, ratings."""

import numpy as np

from facility.physics.documents import FacilityInput
from facility.physics.simulate import simulate
from tests.facility.small_site import array_hash, small_document, weather

SWING = {"low_ratio": 0.5, "period_s": 2.0, "duty_ratio": 0.7, "edge_s": 0.15}


def course():
    """Two hours of a measured course, a sample each 15 s: steps between two levels."""
    hours = np.arange(480) // 60
    return np.where(hours % 2 == 0, 900.0, 500.0)[:, None]


def document():
    """The site as plain data; utility loss, dips and swings are asked for at the first stage."""
    data = small_document()
    network = data["network"]
    for side in "AB":
        for number in (1, 2):
            _standby(network, f"{side}{number}", side)
    for node in network["nodes"]:
        if node["id"].startswith("SG-"):
            node |= {"short_circuit_ka": 25.0, "short_circuit_peak_ka": 63.0, "rating_a": 1200.0}
    network["sources"][0] |= {"power_factor_min": 0.95, "ramp_kw_per_min": 500.0}
    data["workloads"][1]["swing"] = SWING
    for consumer, phases in zip(network["consumers"][:2], ("L1L2", "L3"), strict=True):
        for feed in consumer["feeds"]:
            feed |= {"phases": phases, "rating_a": 400.0}
    year, contingency, headroom = data["analyses"]
    data["analyses"] = [
        year | {"stages": [0]},
        contingency | {"pairs": [["TX-A", "USS-B1"]]},
        headroom,
        {"kind": "utility_loss", "stages": [0], "duration_s": 1800.0},
        {"kind": "dips", "stages": [0], "dips": _dips()},
        _swings(),
    ]
    return data


def _standby(network, tag, side):
    """Put a generator set behind a transfer switch and a battery behind the UPS."""
    network["nodes"] += [
        {"id": f"GEN-{tag}", "voltage_v": 480.0, "path": side},
        {"id": f"ESS-{tag}", "voltage_v": 480.0, "path": side},
    ]
    switch = {"id": f"ATS-{tag}", "kind": "automatic", "output_node": f"ESS-{tag}"}
    switch |= {"preferred_node": f"LV-{tag}", "alternate_node": f"GEN-{tag}"}
    switch |= {"transfer_s": 0.1, "rating_a": 2000.0}
    network.setdefault("transfer_switches", []).append(switch)
    genset = {"id": f"GS-{tag}", "node": f"GEN-{tag}", "rating_class": "DCP", "rating_kw": 1500.0}
    genset |= {"rating_kva": 1875.0, "start_s": 10.0, "block_ratio": 0.6, "fuel_m3": 5.0}
    genset |= {"subtransient_ratio": 0.12, "fuel_l_per_kwh": 0.26}
    network.setdefault("gensets", []).append(genset)
    battery = {"id": f"BAT-{tag}", "conversion": f"UPS-{tag}", "power_kw": 1300.0}
    battery |= {"energy_kwh": 100.0, "efficiency_ratio": 0.96, "recharge_kw": 100.0}
    network.setdefault("batteries", []).append(battery)
    for item in network["conversions"]:
        if item["id"] == f"UPS-{tag}":
            item |= {"input_node": f"ESS-{tag}", "dip_count": 3, "dip_window_s": 60.0}
    for consumer in network["consumers"]:
        for feed in consumer["feeds"]:
            if feed["node"] == f"LV-{tag}":
                feed["node"] = f"ESS-{tag}"


def _dips():
    return [{"start_s": 15.0 * k, "residual_pu": 0.6, "duration_s": 0.1} for k in range(3)]


def _swings():
    measured = {"sha256": array_hash(course()), "columns": ["power_kw"], "n_rows": 480}
    return {
        "kind": "swings",
        "stages": [0],
        "windows": [
            {"window_s": 1.0, "rise_kw_per_s": 50.0, "drop_kw_per_s": 50.0},
            {"window_s": 60.0},
        ],
        "bands": [{"low_hz": 0.1, "high_hz": 0.8, "amplitude_ratio": 0.02}, {"low_hz": 5.0}],
        "limits": {"voltage_change_ratio": 0.03, "short_term_flicker_pu": 0.8},
        "duration_s": 60.0,
        "measured": measured | {"label": "Two levels", "source": "made for tests"},
    }


def solve():
    """Return the document, its arrays and the solver's answer."""
    given = FacilityInput.parse(document())
    arrays = {given.weather.sha256: weather(), array_hash(course()): course()}
    return given, arrays, simulate(given, arrays)
