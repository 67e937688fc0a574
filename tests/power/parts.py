"""Short ways to say small networks with every kind of object."""

from power.physics.documents import (
    Consumer,
    Feed,
    GridSource,
    Line,
    NetworkInput,
    Node,
    RegulatedGenerator,
    Shunt,
    StaticLoad,
    Switch,
    TransferSwitch,
    Transformer,
)

VOLTAGE_V = 10e3


def nodes(*names, voltage_v=VOLTAGE_V, **fields):
    return tuple(Node(id=name, voltage_v=voltage_v, **fields) for name in names)


def line(name, start, end, *, ohm=(0.2, 0.3), nf=0.0, us=0.0, rating_a=None, **fields):
    return Line(
        id=name,
        from_node=start,
        to_node=end,
        length_km=1.0,
        resistance_ohm_per_km=ohm[0],
        reactance_ohm_per_km=ohm[1],
        capacitance_nf_per_km=nf,
        conductance_us_per_km=us,
        rating_a=rating_a,
        **fields,
    )


def grid(node, *, name="GRID", voltage_pu=1.0, angle=0.0, mva=None, **fields):
    return GridSource(
        id=name,
        node=node,
        voltage_pu=voltage_pu,
        voltage_deg=angle,
        short_circuit_mva=mva,
        **fields,
    )


def load(node, kw, kvar=0.0, *, name=None, current=0.0, impedance=0.0):
    return StaticLoad(
        id=name or f"load {node}",
        node=node,
        active_kw=kw,
        reactive_kvar=kvar,
        constant_current_ratio=current,
        constant_impedance_ratio=impedance,
    )


def shunt(node, kw=0.0, kvar=0.0, *, voltage_v=VOLTAGE_V):
    return Shunt(
        id=f"shunt {node}", node=node, voltage_v=voltage_v, active_kw=kw, reactive_kvar=kvar
    )


def generator(node, kw, voltage_pu, *, name=None, limits=(None, None)):
    return RegulatedGenerator(
        id=name or f"gen {node}",
        node=node,
        active_kw=kw,
        voltage_pu=voltage_pu,
        reactive_min_kvar=limits[0],
        reactive_max_kvar=limits[1],
    )


def transfer(name, output, preferred, alternate, **fields):
    return TransferSwitch(
        id=name,
        kind="static",
        output_node=output,
        preferred_node=preferred,
        alternate_node=alternate,
        transfer_s=0.004,
        **fields,
    )


def switch(name, start, end, *, closed=True, **fields):
    return Switch(id=name, from_node=start, to_node=end, closed=closed, **fields)


def step_down(name, hv, lv, **fields):
    """A 4 MVA transformer, 33 to 10 kV."""
    values = {
        "rating_kva": 4000.0,
        "hv_voltage_v": 33e3,
        "lv_voltage_v": VOLTAGE_V,
        "impedance_ratio": 0.08,
        "load_loss_kw": 30.0,
        "no_load_loss_kw": 4.0,
        "magnetising_ratio": 0.003,
    }
    return Transformer(id=name, hv_node=hv, lv_node=lv, **{**values, **fields})


def rack(name, *feed_nodes, **fields):
    feeds = tuple(Feed(node=node, share_ratio=1.0 / len(feed_nodes)) for node in feed_nodes)
    return Consumer(id=name, kind="rack", feeds=feeds, **fields)


def network(*parts, frequency_hz=50, **lists):
    """Sorts objects into the lists of a network by their kind."""
    groups = {
        Node: "nodes",
        Line: "branches",
        Transformer: "branches",
        GridSource: "sources",
        StaticLoad: "static_loads",
        Shunt: "shunts",
        RegulatedGenerator: "generators",
        TransferSwitch: "transfer_switches",
        Switch: "switches",
        Consumer: "consumers",
    }
    found = {group: [] for group in groups.values()}
    for part in parts:
        for item in part if isinstance(part, tuple) else (part,):
            found[groups.get(type(item), "branches")].append(item)
    return NetworkInput(frequency_hz=frequency_hz, **found, **lists)
