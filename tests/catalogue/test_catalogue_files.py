"""Every file of the catalogue: its form, its sources, and what physics allows."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

from facility.catalogue.documents import CatalogueItem, Fact
from facility.catalogue.lookup import KINDS, all_items, warning_texts
from facility.catalogue.reader import sources, warnings

ROOT = Path(__file__).resolve().parents[2]
BTU_H_PER_KW = 3412.14
PAGES_WITH_UNITS = ("units.md", "catalogue.md")
# Counts, curves, and the dimensionless names that docs/units.md allows.
UNITLESS = re.compile(
    r"^n_|_coefficients$|exponent|effectiveness|cop|power_factor|x_over_r|^ph_range$|^release_year$|^cycles_of_"
)
ITEMS = [item for items in all_items().values() for item in items]


def value(item: CatalogueItem, name: str) -> object:
    fact = item.facts.get(name)
    return None if fact is None else fact.value


def numbers(fact: Fact) -> list[float]:
    found = fact.value if isinstance(fact.value, tuple) else (fact.value,)
    return [float(entry) for entry in found if isinstance(entry, int | float)]


def of_kind(kind: str) -> list[CatalogueItem]:
    return list(all_items()[kind])


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: f"{item.kind}/{item.id}")
def test_an_item_follows_the_schema_of_its_kind(item):
    assert item.schema_version == KINDS[item.kind].schema
    assert warning_texts(item) is not None


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: f"{item.kind}/{item.id}")
def test_every_fact_has_known_sources_and_an_earned_confidence(item):
    for name, fact in item.facts.items():
        assert set(fact.sources) <= sources().keys(), name
        read = {sources()[key].read for key in fact.sources}
        if fact.confidence in {"vendor", "standard", "measured"} and fact.read == "direct":
            assert read & {"direct", "excerpt"}, f"{name} was read by nobody"
        if fact.confidence == "unverified":
            assert read == {"none"}, f"{name} has a document, so it is an estimate at least"
        if fact.confidence == "estimate":
            assert fact.method or fact.read == "second_hand", f"{name} hides its method"


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: f"{item.kind}/{item.id}")
def test_idle_power_stays_below_the_highest_power(item):
    for low, high in (("idle_w", "max_w"), ("host_idle_kw", "host_max_kw"), ("cap_min_w", "max_w")):
        lower, upper = value(item, low), value(item, high)
        if lower is not None and upper is not None:
            assert lower <= upper


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: f"{item.kind}/{item.id}")
def test_a_range_goes_upwards(item):
    for name, fact in item.facts.items():
        if "_range" in name and isinstance(fact.value, tuple):
            assert len(fact.value) == 2, name
            assert fact.value[0] < fact.value[1], name


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: f"{item.kind}/{item.id}")
def test_efficiencies_and_shares_are_fractions(item):
    for name, fact in item.facts.items():
        if name.endswith("_ratio"):
            # Part-load ranges of chillers go above full load: the only ratio beyond one.
            top = 1.2 if name == "part_load_range_ratio" else 1.0
            assert all(0.0 <= number <= top for number in numbers(fact)), name
        if ("efficiency" in name and name.endswith("_ratio")) or name.startswith("round_trip"):
            assert all(0.5 < number <= 1.0 for number in numbers(fact)), name
        if name == "efficiency_pct":
            assert all(97.0 < number < 100.0 for number in numbers(fact)), name


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: f"{item.kind}/{item.id}")
def test_columns_of_one_table_have_one_length(item):
    lengths = {
        len(fact.value)
        for name, fact in item.facts.items()
        if isinstance(fact.value, tuple)
        and (name.startswith("table_") or name in {"load_pu", "curve_efficiency_ratio"})
    }
    assert len(lengths) <= 1


@pytest.mark.parametrize("item", of_kind("accelerators"), ids=lambda item: item.id)
def test_temperature_limits_of_a_chip_are_in_order(item):
    limits = [value(item, name) for name in ("limit_c", "slowdown_c", "shutdown_c")]
    given = [limit for limit in limits if limit is not None]
    assert given == sorted(given)


@pytest.mark.parametrize("item", of_kind("servers"), ids=lambda item: item.id)
def test_heat_of_a_server_is_its_power_or_a_warning_says_not(item):
    heat, power_kw = value(item, "heat_btu_h"), value(item, "max_kw")
    if heat is not None and power_kw is not None:
        differs = abs(heat / BTU_H_PER_KW / power_kw - 1.0) > 0.02
        assert differs == ("dgx-h100-heat" in item.warnings)


@pytest.mark.parametrize("item", of_kind("chillers"), ids=lambda item: item.id)
def test_chiller_curves_are_near_one_at_their_own_rating_point(item):
    if "cap_fun_t_coefficients" not in item.facts:
        return
    x = value(item, "rating_evaporator_leaving_c")
    y = value(item, "rating_condenser_entering_c")
    terms = (1.0, x, x * x, y, y * y, x * y)
    for name in ("cap_fun_t_coefficients", "eir_fun_t_coefficients"):
        ratio = sum(a * term for a, term in zip(value(item, name), terms, strict=True))
        assert ratio == pytest.approx(1.0, abs=0.06), name
    assert sum(value(item, "eir_fun_plr_coefficients")) == pytest.approx(1.0, abs=0.01)
    low, high = value(item, "evaporator_leaving_range_c")
    assert low <= x <= high


def test_every_cdu_states_its_approach_or_warns():
    for item in of_kind("cdus"):
        assert ("approach_k" in item.facts) != ("cdu-approach" in item.warnings), item.id


def test_every_limit_read_as_a_margin_warns():
    for item in of_kind("accelerators"):
        fact = item.facts.get("limit_c")
        if fact is not None and fact.confidence == "estimate":
            assert "limit-readings-are-margins" in item.warnings, item.id


def test_every_efficiency_limit_of_the_rule_warns_about_its_test_point():
    for item in ITEMS:
        if "test_load_pu" in item.facts:
            assert "doe-test-point" in item.warnings, item.id


def test_every_warning_but_those_on_telemetry_stands_on_an_item():
    used = {key for item in ITEMS for key in item.warnings}
    assert warnings().keys() - used == {"dcgm-renaming", "redfish-cdu-mockup"}
    assert len(warnings()) == 19


def test_every_source_is_used():
    used = {key for item in ITEMS for fact in item.facts.values() for key in fact.sources}
    assert sources().keys() == used


def test_losses_of_the_unit_substation_give_back_the_efficiency_of_the_rule():
    item = next(i for i in of_kind("transformers") if i.id.startswith("us-unit-substation-3750"))
    no_load_w, load_w = value(item, "no_load_loss_w"), value(item, "load_loss_w")
    loss_w = no_load_w + load_w * 0.5**2
    output_w = 3_750_000 * 0.5
    assert output_w / (output_w + loss_w) == pytest.approx(0.9954, abs=1e-6)


def test_loss_laws_follow_the_curves_they_were_fitted_to():
    for kind in ("ups", "supplies", "dc_distribution"):
        for item in of_kind(kind):
            if "loss_coefficients" not in item.facts or "load_pu" not in item.facts:
                continue
            a, b, c = value(item, "loss_coefficients")
            curve = zip(value(item, "load_pu"), value(item, "curve_efficiency_ratio"), strict=True)
            for p, efficiency in curve:
                if item.id == "80plus-titanium-230v" and p == 1.0:
                    continue
                law = p / (p + a + b * p + c * p * p)
                assert law == pytest.approx(efficiency, abs=0.012), (item.id, p)


def test_a_peak_withstand_is_two_to_three_times_the_short_time_current():
    for item in of_kind("switchgear"):
        short_time_ka, peak_ka = value(item, "short_time_ka"), value(item, "peak_ka")
        if short_time_ka is not None and peak_ka is not None:
            assert 2.0 <= peak_ka / short_time_ka <= 2.7, item.id


def test_short_circuit_power_and_current_of_a_network_agree():
    for item in of_kind("grid_connections"):
        power_mva, current_ka = value(item, "short_circuit_mva"), value(item, "short_circuit_ka")
        if power_mva is not None and current_ka is not None:
            by_current = 3**0.5 * value(item, "rated_kv") * current_ka
            assert by_current == pytest.approx(power_mva, rel=0.01), item.id


def test_a_breaker_breaks_what_its_highest_level_breaks():
    for item in of_kind("breakers"):
        levels = value(item, "breaking_levels_ka")
        if levels is not None:
            assert value(item, "breaking_ka") == max(levels.values()), item.id


def test_every_kind_of_equipment_has_items_of_makers():
    for kind in ("switchgear", "breakers", "transfer_switches", "panels", "dc_distribution"):
        makers = {item.vendor for item in of_kind(kind)} - {"generic"}
        assert len(makers) >= 3, kind


def test_tables_that_grow_with_size_grow():
    for item in of_kind("transformer_tables"):
        sizes = value(item, "rated_kva")
        assert all(small < large for small, large in pairwise(sizes))


def test_the_page_of_the_catalogue_carries_every_warning():
    page = (ROOT / "docs" / "catalogue.md").read_text(encoding="utf-8")
    for key, text in warnings().items():
        assert f"| `{key}` | {text} |" in page


def test_every_number_says_its_unit():
    pages = [(ROOT / "docs" / name).read_text(encoding="utf-8") for name in PAGES_WITH_UNITS]
    suffixes = tuple({s for page in pages for s in re.findall(r"\| `(_\w+)` \|", page)})
    faults = {
        f"{item.kind}/{item.id}: {name}"
        for item in ITEMS
        if item.kind != "economics"
        for name, fact in item.facts.items()
        if is_number(fact.value) and not name.endswith(suffixes) and not UNITLESS.search(name)
    }
    assert faults == set()


def is_number(value: object) -> bool:
    entries = value if isinstance(value, tuple) else (value,)
    return all(isinstance(e, int | float) and not isinstance(e, bool) for e in entries)
