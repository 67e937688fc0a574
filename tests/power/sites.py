"""A made-up site: two grid transformers, unit substations, UPS pairs, busways, racks on A and B."""

from power.physics.documents import (
    Consumer,
    Conversion,
    Feed,
    GridSource,
    Line,
    NetworkInput,
    Node,
    Outage,
    Switch,
    Transformer,
)


def site(
    *,
    halls: int = 2,
    busways: int = 3,
    taps: int = 3,
    racks_per_tap: int = 2,
    rack_kw: float = 40.0,
    dc_halls: int = 0,
) -> NetworkInput:
    """A and B side of every hall: substation, UPS and busways; racks draw from both."""
    nodes = [Node(id="POI", voltage_v=132e3)]
    branches, switches, conversions, consumers = [], [], [], []
    n_racks = busways * taps * racks_per_tap
    for side in "AB":
        nodes.append(Node(id=f"MV-{side}", voltage_v=33e3, path=side))
        branches.append(
            transformer(f"TX-{side}", ("POI", f"MV-{side}"), halls * n_racks * 1.6 * rack_kw)
        )
    switches.append(
        Switch(id="COUPLER", from_node="MV-A", to_node="MV-B", closed=True, rating_a=2500)
    )
    for hall in range(halls):
        is_dc = hall < dc_halls
        for side in "AB":
            key = f"{hall}{side}"
            nodes += [
                Node(id=f"RMU-{key}", voltage_v=33e3),
                Node(id=f"BOARD-{key}", voltage_v=415),
                Node(id=f"UPS-IN-{key}", voltage_v=415),
                Node(
                    id=f"UPS-OUT-{key}",
                    voltage_v=800 if is_dc else 415,
                    current="dc" if is_dc else "ac",
                ),
            ]
            branches += [
                cable(
                    f"MVC-{key}",
                    (f"MV-{side}", f"RMU-{key}"),
                    *(0.4 + 0.1 * hall, 0.12, 0.11, 250, 400),
                ),
                transformer(
                    f"SUB-{key}",
                    (f"RMU-{key}", f"BOARD-{key}"),
                    n_racks * 1.5 * rack_kw,
                    rated_v=(33e3, 433),
                ),
            ]
            switches.append(
                Switch(
                    id=f"IN-{key}", from_node=f"BOARD-{key}", to_node=f"UPS-IN-{key}", closed=True
                )
            )
            conversions.append(
                Conversion(
                    id=f"UPS-{key}",
                    kind="rectifier" if is_dc else "ups",
                    input_node=f"UPS-IN-{key}",
                    output_node=f"UPS-OUT-{key}",
                    rating_kw=n_racks * 1.2 * rack_kw,
                    rating_kva=n_racks * 1.2 * rack_kw,
                    loss_coefficients=(0.008, 0.0014, 0.0257),
                )
            )
            for way in range(busways):
                before = f"UPS-OUT-{key}"
                for tap in range(taps):
                    name = f"TAP-{key}-{way}-{tap}"
                    nodes.append(
                        Node(
                            id=name,
                            voltage_v=800 if is_dc else 415,
                            current="dc" if is_dc else "ac",
                        )
                    )
                    branches.append(
                        cable(
                            f"BUSWAY-{key}-{way}-{tap}", (before, name), 0.01, 0.03, 0.015, 0, 1250
                        )
                    )
                    before = name
            consumers.append(house(key, n_racks * rack_kw * 0.1))
        consumers += [
            Consumer(
                id=f"RACK-{hall}-{way}-{tap}-{i}",
                kind="rack",
                power_factor=0.98,
                feeds=tuple(
                    Feed(
                        node=f"TAP-{hall}{side}-{way}-{tap}",
                        share_ratio=0.5,
                        rating_a=100,
                        continuous_ratio=0.8,
                    )
                    for side in "AB"
                ),
            )
            for way in range(busways)
            for tap in range(taps)
            for i in range(racks_per_tap)
        ]
    return NetworkInput(
        frequency_hz=50,
        nodes=nodes,
        branches=branches,
        switches=switches,
        sources=[
            GridSource(
                id="GRID",
                node="POI",
                voltage_pu=1.0,
                short_circuit_mva=4000,
                x_over_r=10,
                contract_kw=500e3,
            )
        ],
        conversions=conversions,
        consumers=consumers,
        outages=[
            Outage(id=f"out {i}", label=i, objects=[i])
            for i in ("TX-A", "TX-B", "UPS-0A", "SUB-0B", "MV-A")
        ],
    )


def cable(name: str, ends: tuple[str, str], *values: float) -> Line:
    """Values: length, resistance, reactance and capacitance per km, rating."""
    length_km, resistance, reactance, capacitance, rating_a = values
    return Line(
        id=name,
        from_node=ends[0],
        to_node=ends[1],
        length_km=length_km,
        resistance_ohm_per_km=resistance,
        reactance_ohm_per_km=reactance,
        capacitance_nf_per_km=capacitance,
        rating_a=rating_a,
    )


def transformer(name, ends, kva, rated_v=(132e3, 33e3)) -> Transformer:
    return Transformer(
        id=name,
        hv_node=ends[0],
        lv_node=ends[1],
        rating_kva=kva,
        hv_voltage_v=rated_v[0],
        lv_voltage_v=rated_v[1],
        impedance_ratio=0.08,
        load_loss_kw=0.008 * kva,
        no_load_loss_kw=0.001 * kva,
        magnetising_ratio=0.002,
    )


def house(key, kw) -> Consumer:
    return Consumer(
        id=f"COOLING-{key}",
        kind="cooling",
        power_factor=0.95,
        feeds=(Feed(node=f"BOARD-{key}", share_ratio=1.0),),
    )
