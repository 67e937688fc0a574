"""The page that works the demo out by hand says what the rows say."""

import re
from pathlib import Path

import pytest

from tests.demo.arithmetic import carried_kw, side, sides
from thermal.models import CoolingUnit

pytestmark = pytest.mark.django_db

PAGE = Path(__file__).parents[2] / "docs" / "demo-site.md"
TEXT = PAGE.read_text(encoding="utf-8")


def numbers(line):
    """Return the numbers of the cells of a table line."""
    cells = re.sub(r"[|*%,]|kW", lambda m: " " if m[0] == "|" else "", line).split()
    return [float(cell) for cell in cells]


def lines_after(heading):
    """Return the body lines of the first table whose head starts so."""
    body = TEXT[TEXT.index(heading) :].split("\n")[2:]
    return [line for line in body[: body.index("")] if line.startswith("|")]


def test_each_pair_carries_what_the_page_says(demo):
    found = sides(demo)
    table = [numbers(line) for line in lines_after("| Pair | Racks |")]
    assert [row[0] for row in table] == list(range(1, 13))
    for pair, _, it, pdu, cdu, out, out_ratio, into, fans, kva, kva_ratio in table:
        for path in "AB":
            load = found[f"{path}{int(pair):02d}"]
            said = [load.it_kw, load.pdu_loss_kw, load.cdu_kw, load.ups_out_kw, load.ups_in_kw]
            assert [it, pdu, cdu, out, into] == pytest.approx(said, abs=0.6)
            assert (fans, kva) == pytest.approx((load.fans_kw, load.kva), abs=0.6)
            assert out_ratio == pytest.approx(100 * load.ups_out_kw / 3500.0, abs=0.06)
            assert kva_ratio == pytest.approx(100 * load.kva / 3750.0, abs=0.06)


def test_the_expansion_loads_a_side_as_the_page_says(demo):
    for line in lines_after("| After phase |"):
        phase, per_busway, busway, out, _, kva, _ = numbers(line)
        load = side(4 * per_busway * 155.0, cdu_kw=8.5, fans_kw=20.0)
        assert per_busway == 2 * phase
        assert busway == pytest.approx(per_busway * 155.0)
        assert (out, kva) == pytest.approx((load.ups_out_kw, load.kva), abs=0.6)


def test_the_totals_of_the_page_are_those_of_the_racks(demo):
    as_built = sum(kw for name, kw in carried_kw(demo).items() if re.fullmatch(r"A\d\d", name))
    assert f"| As built | {as_built:,.0f} |" in TEXT
    assert f"| With the plan | {as_built + 144 * 155.0:,.0f} |" in TEXT


def test_as_many_machines_stand_as_the_page_says(demo):
    for name in ("HALL-A", "HALL-B", "HALL-C"):
        (line,) = (text for text in TEXT.split("\n") if re.match(rf"\| {name} \| [\d,]+ \|", text))
        counts = [int(n) + 1 for n in re.findall(r"(\d+) \+ 1", line)]
        units = CoolingUnit.objects.filter(hall__tag=name)
        there = [units.filter(kind=kind).count() for kind in ("crah", "cdu")]
        assert counts == [count for count in there if count]
    for words, kind in (("chillers", "chiller"), ("towers", "tower"), ("pads", "dry_cooler")):
        (line,) = (text for text in lines_after("| Loop |") if words in text)
        assert int(line.split("|")[-2]) == CoolingUnit.objects.filter(kind=kind).count()
