"""Swings of load at the connection point: ramps, spectrum, voltage, flicker, batteries."""
