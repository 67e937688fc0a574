"""Eco mode of UPS: less loss in the hours of a year, none of it where the worst is asked for."""

from dataclasses import replace

import numpy as np

from facility.physics.coupling import Stand
from power.physics.documents import NetworkInput


def in_eco_mode(network: NetworkInput, stand: Stand) -> Stand:
    """Return the stage with its conversions in eco mode, where they have one.

    For the hours of a year, in which the mains are good. Design point and outages keep the law of
    double conversion: a UPS leaves eco mode when its input is disturbed, and its room and feeder
    must bear that.
    """
    law = {
        item.id: item.eco_loss_coefficients
        for item in network.conversions
        if item.is_present(stand.stage) and item.eco_loss_coefficients is not None
    }
    if not law:
        return stand
    grid = stand.topology.grid
    table = grid.conversions
    coefficients = np.array(
        [law.get(name, tuple(own)) for name, own in zip(table.ids, table.coefficients, strict=True)]
    )
    changed = replace(grid, conversions=replace(table, coefficients=coefficients))
    return replace(stand, topology=replace(stand.topology, grid=changed))
