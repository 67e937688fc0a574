"""The demo's electrical plant while it is put together: rows of catalogue items by tag."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from facility.scenarios.demo.stated import stated
from facility.sites.models import Hall, Site, SiteScoped
from power.catalogue import loader
from power.models import (
    Battery,
    Conversion,
    CoolingStage,
    Genset,
    HouseLoad,
    Line,
    Node,
    Source,
    Switch,
    TransferSwitch,
    Transformer,
)

_M_PER_KM = 1000.0


@dataclass(slots=True)
class Network:
    """Everything electrical of the demo, not stored yet."""

    site: Site
    rooms: dict[str, Hall]
    nodes: dict[str, Node] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    transformers: list[Transformer] = field(default_factory=list)
    switches: list[Switch] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    conversions: list[Conversion] = field(default_factory=list)
    house_loads: list[HouseLoad] = field(default_factory=list)
    transfer_switches: list[TransferSwitch] = field(default_factory=list)
    gensets: list[Genset] = field(default_factory=list)
    batteries: list[Battery] = field(default_factory=list)
    cooling_stages: list[CoolingStage] = field(default_factory=list)

    def node(self, tag: str, voltage_v: float, path: str = "", room: str = "") -> Node:
        """Add a node."""
        hall = self.rooms.get(room)
        row = Node(site=self.site, tag=tag, voltage_v=voltage_v, path=path, hall=hall)
        self.nodes[tag] = row
        return row

    def section(self, tag: str, voltage_v: float, path: str = "") -> Node:
        """Add a bus section, whose loss is an outage of its own."""
        row = self.node(tag, voltage_v, path)
        row.is_bus_section = True
        return row

    def line(self, tag: str, ends: tuple[str, str], item_id: str, length_m: float) -> Line:
        """Add a line of a catalogue item."""
        item = loader.distribution(item_id)
        row = Line(
            site=self.site,
            tag=tag,
            item=f"distribution/{item_id}",
            from_node=self.nodes[ends[0]],
            to_node=self.nodes[ends[1]],
            length_km=length_m / _M_PER_KM,
            resistance_ohm_per_km=stated(item, "resistance_ohm_per_km"),
            reactance_ohm_per_km=stated(item, "reactance_ohm_per_km"),
            capacitance_nf_per_km=stated(item, "capacitance_nf_per_km"),
            rating_a=stated(item, "rating_a"),
        )
        self.lines.append(row)
        return row

    def transformer(
        self, tag: str, ends: tuple[str, str], item_id: str, thermal_class: str
    ) -> Transformer:
        """Add a transformer of a catalogue item."""
        item = loader.transformer(item_id)
        row = Transformer(
            site=self.site,
            tag=tag,
            item=f"transformers/{item_id}",
            hv_node=self.nodes[ends[0]],
            lv_node=self.nodes[ends[1]],
            rating_kva=stated(item, "rating_kva"),
            hv_voltage_v=stated(item, "hv_voltage_v"),
            lv_voltage_v=stated(item, "lv_voltage_v"),
            impedance_ratio=stated(item, "impedance_ratio"),
            load_loss_kw=stated(item, "load_loss_kw"),
            no_load_loss_kw=stated(item, "no_load_loss_kw"),
            magnetising_ratio=stated(item, "magnetising_ratio"),
            tap_step_ratio=stated(item, "tap_step_ratio"),
            thermal_class=thermal_class,
            standard=Transformer.Standard.IEEE,
        )
        self.transformers.append(row)
        return row

    def stored_in_order(self) -> Iterator[tuple[type[SiteScoped], Iterable[SiteScoped]]]:
        """Yield models with their rows, those first that others refer to."""
        yield Node, self.nodes.values()
        yield Line, self.lines
        yield Transformer, self.transformers
        yield Switch, self.switches
        yield Source, self.sources
        yield Conversion, self.conversions
        yield HouseLoad, self.house_loads
        yield TransferSwitch, self.transfer_switches
        yield Genset, self.gensets
        yield Battery, self.batteries
        yield CoolingStage, self.cooling_stages
