"""A year of temperatures of many transformers by transformer-thermal-model."""

from importlib.metadata import version

import numpy as np
import pandas as pd
from transformer_thermal_model.aging import days_aged
from transformer_thermal_model.cooler import CoolerType
from transformer_thermal_model.model import Model
from transformer_thermal_model.schemas import InputProfile, UserTransformerSpecifications
from transformer_thermal_model.schemas.thermal_model.initial_state import InitialLoad
from transformer_thermal_model.transformer import PaperInsulationType, PowerTransformer

from tests.benchmarks.peers.serve import serve


def prepare(tables, arrays):
    """Return the run over all transformers and steps."""
    current, ambient = arrays["current_ratio"], arrays["ambient_c"]
    index = pd.date_range("2025-01-01", periods=ambient.size, freq=f"{tables['step_min']}min")
    specs = UserTransformerSpecifications(**tables["specs"])

    def run():
        results = [one(row, ambient, index, specs) for row in current]
        return lambda: {
            "top_oil_c": np.array([oil for oil, _, _ in results]),
            "hot_spot_c": np.array([spot for _, spot, _ in results]),
            "aged_days": np.array([days for _, _, days in results]),
        }

    return run


def one(current, ambient, index, specs):
    """Return oil and hot-spot temperature and the days aged of one transformer."""
    profile = InputProfile.create(
        datetime_index=index, load_profile=current, ambient_temperature_profile=ambient
    )
    transformer = PowerTransformer(user_specs=specs, cooling_type=CoolerType.ONAN)
    start = InitialLoad(initial_load=current[0])
    answer = Model(profile, transformer, initial_condition=start).run()
    days = days_aged(answer.hot_spot_temp_profile, PaperInsulationType.NORMAL)
    return answer.top_oil_temp_profile.to_numpy(), answer.hot_spot_temp_profile.to_numpy(), days


if __name__ == "__main__":
    serve(prepare, {"transformer-thermal-model": version("transformer-thermal-model")})
