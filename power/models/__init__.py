"""The electrical plant as built, and which racks and rows hang on which node."""

from power.models.base import NetworkObject, Path
from power.models.loads import HouseLoad, Phases, RackFeed, RowTap, StaticLoad
from power.models.network import (
    CoolingStage,
    Impedance,
    Line,
    Node,
    Shunt,
    Switch,
    TransferSwitch,
    Transformer,
)
from power.models.studies import BandLimit, ElectricalStudy, MaintenancePair, RampLimit
from power.models.supply import (
    Battery,
    Conversion,
    Genset,
    RegulatedGenerator,
    Source,
)

__all__ = (
    "BandLimit",
    "Battery",
    "Conversion",
    "CoolingStage",
    "ElectricalStudy",
    "Genset",
    "HouseLoad",
    "Impedance",
    "Line",
    "MaintenancePair",
    "NetworkObject",
    "Node",
    "Path",
    "Phases",
    "RackFeed",
    "RampLimit",
    "RegulatedGenerator",
    "RowTap",
    "Shunt",
    "Source",
    "StaticLoad",
    "Switch",
    "TransferSwitch",
    "Transformer",
)
