"""Load-flow methods by name: constant-power loads on a linear network."""

from power.physics.loadflow.chord import solve_chord
from power.physics.loadflow.core import Method
from power.physics.loadflow.zbus import solve_zbus

METHODS: dict[str, Method] = {"chord": solve_chord, "zbus": solve_zbus}
"""``chord`` needs fewer iterations; ``zbus`` is the plain fixed point to compare it with."""

__all__ = ["METHODS"]
