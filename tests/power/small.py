"""The smallest network: one line between a source and a load."""

from power.physics.documents import Consumer, Feed, GridSource, Line, NetworkInput, Node


def two_nodes(*, voltage_v, resistance, reactance=0.0, current="ac", power_factor=1.0):
    return NetworkInput(
        frequency_hz=50,
        nodes=[
            Node(id="source", voltage_v=voltage_v),
            Node(id="start", voltage_v=voltage_v, current=current),
            Node(id="end", voltage_v=voltage_v, current=current),
        ][0 if current == "dc" else 1 :],
        branches=[
            Line(
                id="line",
                from_node="start",
                to_node="end",
                length_km=1.0,
                resistance_ohm_per_km=resistance,
                reactance_ohm_per_km=reactance,
                rating_a=1000,
            )
        ],
        sources=[
            GridSource(
                id="grid",
                node="source" if current == "dc" else "start",
                voltage_pu=1.0,
                short_circuit_mva=None,
            )
        ],
        conversions=[
            {
                "id": "rectifier",
                "kind": "rectifier",
                "input_node": "source",
                "output_node": "start",
                "rating_kw": 1000,
                "rating_kva": 1000,
                "loss_coefficients": (0, 0, 0),
            }
        ]
        if current == "dc"
        else [],
        consumers=[
            Consumer(
                id="load",
                kind="rack",
                power_factor=power_factor,
                feeds=(Feed(node="end", share_ratio=1.0),),
            )
        ],
    )
