"""Ways to spoil the small site, and to solve what is left of it."""

import copy

import numpy as np

from facility.physics.documents import FacilityInput
from facility.physics.simulate import simulate
from tests.facility.small_site import small_document, weather, with_electrical_room

CANDIDATE = small_document()["analyses"][2]["candidate"]
CONTINGENCY = {"kind": "contingency", "stages": [0]}
HEADROOM = {"kind": "headroom", "stages": [0], "candidate": CANDIDATE}
YEAR = {"kind": "year", "stages": [0]}


def site(*analyses, electrical_room=False):
    """The site as fresh plain data, with the analyses asked for at its first stage."""
    data = copy.deepcopy(small_document())
    if electrical_room:
        data = with_electrical_room(data)
    data["stages"] = data["stages"][:1]
    data["analyses"] = list(analyses) or [CONTINGENCY]
    return data


def answer_of(data, on_progress=None):
    document = FacilityInput.parse(data)
    return simulate(document, {document.weather.sha256: weather()}, on_progress)


def result_of(data):
    return answer_of(data).result


def named(items, name):
    return next(item for item in items if item["id"] == name)


def drop(data, names):
    """Take racks, machines and their consumers out of the site."""
    for items in (data["racks"], data["cooling"]["units"], data["network"]["consumers"]):
        items[:] = [item for item in items if item["id"] not in names]
    return data


def without_liquid(data):
    """The site as an air hall alone."""
    gone = {item["id"] for item in data["racks"] if item["hall"] == "HALL-2"}
    kinds = ("cdu", "dry_cooler")
    gone |= {item["id"] for item in data["cooling"]["units"] if item["kind"] in kinds}
    gone |= {item["id"] for item in data["cooling"]["units"] if item.get("hall") == "HALL-2"}
    drop(data, gone | {"FWS/pumps"})
    data["cooling"]["circuits"] = []
    data["cooling"]["loops"] = [item for item in data["cooling"]["loops"] if item["id"] == "CHW"]
    data["cooling"]["halls"] = [item for item in data["cooling"]["halls"] if item["id"] != "HALL-2"]
    data["places"] = []
    return data


def close(value, wanted, rel=1e-9):
    return np.isclose(value, wanted, rtol=rel, atol=0.0)
