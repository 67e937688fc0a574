"""Switchgear, breakers, panels and the other equipment between the machines, in project units."""

from facility.catalogue.fields import (
    KW_PER_MW,
    V_PER_KV,
    CatalogueDocument,
    Field,
    build,
    entry,
    scaled,
)
from facility.catalogue.lookup import find

KVAR_PER_MVAR = 1000.0
S_PER_MS = 1e-3


class SwitchgearItem(CatalogueDocument):
    """A medium-voltage switchgear or a low-voltage board.

    ``short_circuit_ka`` is the short-time current of the busbar or, where that is not stated, what
    its breakers break.
    """

    voltage_v: float | None = None
    rating_a: float | None = None
    ratings_a: tuple[float, ...] = ()
    feeder_rating_a: float | None = None
    short_circuit_ka: float | None = None
    short_circuit_s: float | None = None
    short_circuit_peak_ka: float | None = None


class BreakerItem(CatalogueDocument):
    """A circuit breaker of one frame. ``short_circuit_ka`` is the highest it is sold with."""

    voltage_v: float | None = None
    rating_a: float | None = None
    ratings_a: tuple[float, ...] = ()
    short_circuit_ka: float | None = None
    short_time_ka: float | None = None
    making_peak_ka: float | None = None
    continuous_ratio: float | None = None
    continuous_option_ratio: float | None = None


class TransferSwitchItem(CatalogueDocument):
    """An automatic or a static transfer switch; ``transfer_s`` is the time without supply."""

    voltage_v: float | None = None
    rating_a: float | None = None
    ratings_a: tuple[float, ...] = ()
    transfer_s: float | None = None
    retransfer_s: float | None = None
    short_circuit_ka: float | None = None
    efficiency_ratio: float | None = None
    continuous_ratio: float | None = None


class PanelItem(CatalogueDocument):
    """A floor PDU, with its transformer, or a remote power panel, without."""

    rating_kva: float | None = None
    hv_voltage_v: float | None = None
    lv_voltage_v: float | None = None
    rating_a: float | None = None
    n_poles: int | None = None
    n_panelboards: int | None = None
    short_circuit_ka: float | None = None
    continuous_ratio: float | None = None


class CompensationItem(CatalogueDocument):
    """A capacitor bank, a reactor or a converter that does their work; the size is positive."""

    voltage_v: float | None = None
    reactive_kvar: float | None = None
    n_steps: int | None = None
    response_s: float | None = None
    loss_w_per_kvar: float | None = None


class DcDistributionItem(CatalogueDocument):
    """A rectifier, a power rack or a solid-state transformer with DC at its output.

    ``loss_coefficients`` are a, b, c of ``P_in = P_out + rating (a + b p + c p^2)``.
    """

    rating_kw: float | None = None
    input_v: float | None = None
    output_v: float | None = None
    efficiency_ratio: float | None = None
    load_pu: tuple[float, ...] = ()
    curve_efficiency_ratio: tuple[float, ...] = ()
    loss_coefficients: tuple[float, float, float] | None = None
    input_power_factor: float | None = None
    n_supplies: int | None = None
    storage_kw: float | None = None


class GridConnectionItem(CatalogueDocument):
    """What the network offers at one voltage."""

    voltage_v: float | None = None
    short_circuit_mva: float | None = None
    short_circuit_ka: float | None = None
    x_over_r: float | None = None
    usual_min_kw: float | None = None
    usual_max_kw: float | None = None


_VOLTAGE = (Field("voltage_v", "rated_v"), Field("voltage_v", "rated_kv", scaled(V_PER_KV)))

_SWITCHGEAR = (
    *_VOLTAGE,
    Field("rating_a", "busbar_a"),
    Field("ratings_a", "busbar_ratings_a"),
    Field("feeder_rating_a", "feeder_a"),
    Field("short_circuit_ka", "short_time_ka"),
    Field("short_circuit_ka", "breaking_ka"),
    Field("short_circuit_s", "short_time_s"),
    Field("short_circuit_peak_ka", "peak_ka"),
)

_BREAKER = (
    Field("voltage_v", "breaking_v"),
    *_VOLTAGE,
    Field("rating_a", "frame_a"),
    Field("rating_a", "rated_range_a", entry(1)),
    Field("ratings_a"),
    Field("short_circuit_ka", "breaking_ka"),
    Field("short_time_ka"),
    Field("making_peak_ka"),
    Field("continuous_ratio"),
    Field("continuous_option_ratio"),
)

_TRANSFER_SWITCH = (
    *_VOLTAGE,
    Field("rating_a"),
    Field("rating_a", "rated_range_a", entry(1)),
    Field("ratings_a"),
    Field("transfer_s", "transfer_ms", scaled(S_PER_MS)),
    Field("retransfer_s"),
    Field("short_circuit_ka", "withstand_ka"),
    Field("efficiency_ratio"),
    Field("continuous_ratio"),
)

_PANEL = (
    Field("rating_kva", "rated_kva"),
    Field("rating_kva", "rated_range_kva", entry(1)),
    Field("hv_voltage_v", "primary_v"),
    Field("lv_voltage_v", "secondary_v"),
    Field("rating_a", "main_breaker_a"),
    Field("rating_a", "main_breaker_range_a", entry(1)),
    Field("n_poles"),
    Field("n_poles", "n_poles_range", entry(1)),
    Field("n_panelboards"),
    Field("short_circuit_ka"),
    Field("continuous_ratio"),
)

_COMPENSATION = (
    *_VOLTAGE,
    Field("voltage_v", "rated_range_kv", entry(1, V_PER_KV)),
    Field("reactive_kvar"),
    Field("reactive_kvar", "reactive_mvar", scaled(KVAR_PER_MVAR)),
    Field("n_steps"),
    Field("response_s", "response_ms", scaled(S_PER_MS)),
    Field("loss_w_per_kvar"),
)

_DC_DISTRIBUTION = (
    Field("rating_kw", "rated_kw"),
    Field("input_v"),
    Field("output_v"),
    Field("efficiency_ratio"),
    Field("load_pu"),
    Field("curve_efficiency_ratio"),
    Field("loss_coefficients"),
    Field("input_power_factor"),
    Field("n_supplies"),
    Field("storage_kw"),
)

_GRID_CONNECTION = (
    *_VOLTAGE,
    Field("short_circuit_mva"),
    Field("short_circuit_ka"),
    Field("x_over_r"),
    Field("usual_min_kw", "usual_range_mw", entry(0, KW_PER_MW)),
    Field("usual_min_kw", "usual_from_mw", scaled(KW_PER_MW)),
    Field("usual_max_kw", "usual_range_mw", entry(1, KW_PER_MW)),
)


def switchgear(item_id: str) -> SwitchgearItem:
    """Return one switchgear or board, or raise `InputError` naming the nearest match."""
    return build(SwitchgearItem, find("switchgear", item_id), _SWITCHGEAR)


def breaker(item_id: str) -> BreakerItem:
    """Return one circuit breaker, or raise `InputError` naming the nearest match."""
    return build(BreakerItem, find("breakers", item_id), _BREAKER)


def transfer_switch(item_id: str) -> TransferSwitchItem:
    """Return one transfer switch, or raise `InputError` naming the nearest match."""
    return build(TransferSwitchItem, find("transfer_switches", item_id), _TRANSFER_SWITCH)


def panel(item_id: str) -> PanelItem:
    """Return one floor PDU or power panel, or raise `InputError` naming the nearest match."""
    return build(PanelItem, find("panels", item_id), _PANEL)


def compensation(item_id: str) -> CompensationItem:
    """Return one capacitor bank or reactor, or raise `InputError` naming the nearest match."""
    return build(CompensationItem, find("compensation", item_id), _COMPENSATION)


def dc_distribution(item_id: str) -> DcDistributionItem:
    """Return one source of DC, or raise `InputError` naming the nearest match."""
    return build(DcDistributionItem, find("dc_distribution", item_id), _DC_DISTRIBUTION)


def grid_connection(item_id: str) -> GridConnectionItem:
    """Return one connection to the network, or raise `InputError` naming the nearest match."""
    return build(GridConnectionItem, find("grid_connections", item_id), _GRID_CONNECTION)
