"""A feed of fewer conductors carries its power at more current in each of them."""

from math import sqrt

import pytest

from power.physics.contingency import failover
from power.physics.documents import NetworkInput
from tests.power.small import two_nodes


@pytest.mark.reference
@pytest.mark.parametrize(
    ("phases", "amperes"),
    [
        ("L1L2L3", 10_000.0 / (sqrt(3) * 415.0)),  # 13.9 A in each of three
        ("L1", 10_000.0 / (415.0 / sqrt(3))),  # 41.7 A against neutral
        ("L2L3", 10_000.0 / 415.0),  # 24.1 A between two
    ],
)
def test_a_feed_is_held_against_the_current_of_its_conductors(phases, amperes):
    data = two_nodes(voltage_v=415.0, resistance=1e-9).model_dump()
    data["consumers"][0]["feeds"] = [
        {"node": "end", "share_ratio": 1.0, "rating_a": 50.0, "phases": phases}
    ]
    feeds = failover(NetworkInput.parse(data), [10.0]).feeds
    assert feeds.normal_a[0] == pytest.approx(amperes, rel=1e-6)
    assert feeds.normal_ratio[0] == pytest.approx(amperes / 50.0, rel=1e-6)
