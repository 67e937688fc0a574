"""Conversion constants. Units change only at the doors named in ``docs/units.md``."""

KELVIN_AT_0_C = 273.15
"""Absolute temperature of the ice point. [K]"""

W_PER_KW = 1000.0
VA_PER_KVA = 1000.0
PA_PER_KPA = 1000.0
S_PER_H = 3600.0
MIN_PER_H = 60.0
L_PER_M3 = 1000.0
SQRT_3 = 3.0**0.5
"""Line-to-line over line-to-neutral voltage of a balanced three-phase system."""

HOURS_PER_YEAR = 8760
"""Hours of the model year: local standard time, no leap day."""
