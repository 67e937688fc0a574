import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facility.kernel.errors import InputError
from power.physics.contingency import failover
from power.physics.documents import Consumer, Conversion, Feed, Node, TransferSwitch
from power.physics.outages import credible_outages
from power.physics.redundancy import redundancy
from tests.power.sites import site
from tests.power.test_contingency import distributed


def all_pairs(k):
    return [(a, b) for a in range(k) for b in range(a)]


def modules(n, kw, *, n_modules=1, n_redundant_modules=0):
    """N equal UPS with joined outputs and one load on them."""
    base = distributed(1, [], kw=kw)
    ups = tuple(
        Conversion(
            id=f"U{i}",
            kind="ups",
            input_node="grid",
            output_node="out 0",
            rating_kw=kw,
            rating_kva=kw,
            loss_coefficients=(0, 0, 0),
            n_modules=n_modules,
            n_redundant_modules=n_redundant_modules,
        )
        for i in range(n)
    )
    load = Consumer(id="load", kind="rack", feeds=(Feed(node="out 0", share_ratio=1.0),))
    return base.model_copy(update={"conversions": ups, "consumers": (load,)})


def catcher(n_active, kw):
    """Each active UPS behind a static switch whose other side is one common reserve."""
    base = distributed(n_active + 1, [], kw=kw)
    numbers = range(n_active)
    return base.model_copy(
        update={
            "nodes": (*base.nodes, *(Node(id=f"block {i}", voltage_v=400) for i in numbers)),
            "transfer_switches": tuple(
                TransferSwitch(
                    id=f"STS{i}",
                    kind="static",
                    output_node=f"block {i}",
                    preferred_node=f"out {i}",
                    alternate_node=f"out {n_active}",
                    transfer_s=0.004,
                )
                for i in numbers
            ),
            "consumers": tuple(
                Consumer(
                    id=f"load {i}", kind="rack", feeds=(Feed(node=f"block {i}", share_ratio=1.0),)
                )
                for i in numbers
            ),
        }
    )


@pytest.mark.reference
@pytest.mark.parametrize("k", [3, 4, 5])
def test_k_to_make_k_less_one_over_all_pairs_follows_the_arithmetic(k):
    # White Paper 75: (k-1)/k in normal operation; every survivor takes 1/(k-1) of what is lost.
    pairs = all_pairs(k)
    network = distributed(k, pairs, kw=1000.0)
    found = redundancy(network, np.full(len(pairs), 1000.0 * (k - 1) / len(pairs)))
    share = (k - 1) / k
    (scheme,) = found.schemes
    assert (scheme.name, scheme.label) == ("distributed redundant", f"{k}N/{k - 1}")
    assert scheme.normal_ratio == pytest.approx(share)
    assert scheme.worst_ratio == pytest.approx(1.0)
    assert scheme.is_covered
    expected = np.full((k, k), 1000 * share / (k - 1))
    np.fill_diagonal(expected, 0.0)
    assert found.moved_kw == pytest.approx(expected)
    assert np.diag(found.after_kw) == pytest.approx(np.zeros(k))


@pytest.mark.reference
def test_unbalanced_pairs_show_in_the_matrix_and_overload_one_survivor():
    # Loads 0-1, 0-1, 0-2 of 600 kW: the mean of the survivors would be 900, the real one 1500.
    found = redundancy(distributed(3, [(0, 1), (0, 1), (0, 2)], kw=1000.0), np.full(3, 600.0))
    assert found.normal_kw == pytest.approx([900, 600, 300])
    assert found.moved_kw == pytest.approx(np.array([[0, 600, 300], [600, 0, 0], [300, 0, 0]]))
    (scheme,) = found.schemes
    assert scheme.worst_ratio == pytest.approx(1.5)
    assert (scheme.worst_lost, scheme.worst_survivor) == ("U1", "U0")
    assert not scheme.is_covered
    assert found.carries.tolist() == [[True, True, False]] * 2 + [[True, False, True]]
    assert not found.takes_over.any()


@pytest.mark.reference
def test_two_systems_at_half_load_are_2n_and_above_it_are_not_covered():
    network = distributed(2, [(0, 1)] * 3, kw=1000.0)
    for total, covered in ((1000.0, True), (1100.0, False)):
        (scheme,) = redundancy(network, np.full(3, total / 3)).schemes
        assert scheme.name == "2N"
        assert scheme.normal_ratio == pytest.approx(total / 2000)
        assert scheme.worst_ratio == pytest.approx(total / 1000)
        assert scheme.is_covered is covered


@pytest.mark.reference
def test_a_catcher_idles_and_takes_a_whole_block():
    found = redundancy(catcher(3, 1000.0), np.array([900.0, 800.0, 1000.0]))
    (scheme,) = found.schemes
    assert scheme.name == "isolated redundant"
    assert scheme.label == "3+1"
    assert scheme.reserve == ("U3",)
    assert found.normal_kw == pytest.approx([900, 800, 1000, 0])
    assert found.moved_kw[:, 3] == pytest.approx([900, 800, 1000, 0])
    assert scheme.worst_ratio == pytest.approx(1.0)
    assert scheme.is_covered
    assert found.takes_over[:, 3].all()
    assert not found.carries[:, 3].any()


@pytest.mark.reference
def test_modules_on_one_bus_are_n_plus_what_their_load_leaves():
    # Four of 500 kW with 1400 kW: three carry it (N+1); with 900 kW two do (N+2); with 1600, N.
    network = modules(4, 500.0)
    for load, label, ratio in (
        *((1400, "N+1", 1400 / 1500), (900, "N+2", 0.6), (1600, "N", 1.067)),
        (0, "N+3", 0.0),
    ):
        found = redundancy(network, np.array([float(load)]))
        (scheme,) = found.schemes
        assert found.systems[0].name == "U0+U1+U2+U3"
        assert scheme.label == label
        assert scheme.normal_ratio == pytest.approx(load / 2000)
        assert scheme.worst_ratio == pytest.approx(ratio, abs=1e-3)
        assert scheme.is_covered is (label != "N")


@pytest.mark.reference
def test_of_unequal_modules_the_largest_is_the_one_to_lose():
    # 500 + 300 kW with 400 kW: without the larger 300 kW are left.
    network = modules(2, 500.0)
    small = network.conversions[1].model_copy(update={"rating_kw": 300.0})
    network = network.model_copy(update={"conversions": (network.conversions[0], small)})
    (scheme,) = redundancy(network, np.array([400.0])).schemes
    assert scheme.label == "N"
    assert scheme.worst_ratio == pytest.approx(400 / 300)
    assert not scheme.is_covered


@pytest.mark.reference
def test_one_unit_is_n_unless_it_has_spare_modules_inside():
    plain = redundancy(modules(1, 500.0), np.array([400.0])).schemes[0]
    assert (plain.label, plain.dark_kw, plain.is_covered) == ("N", 400.0, False)
    inside = modules(1, 500.0, n_modules=6, n_redundant_modules=1)
    spare = redundancy(inside, np.array([400.0])).schemes[0]
    assert (spare.label, spare.dark_kw, spare.is_covered) == ("N+1", 0.0, True)
    assert spare.worst_ratio == pytest.approx(0.8)


def test_a_load_on_one_cord_makes_a_pair_mixed_and_says_what_goes_dark():
    network = distributed(2, [(0, 1)], kw=1000.0)
    single = Consumer(id="one cord", kind="rack", feeds=(Feed(node="out 0", share_ratio=1.0),))
    network = network.model_copy(update={"consumers": (*network.consumers, single)})
    (scheme,) = redundancy(network, np.array([500.0, 70.0])).schemes
    assert scheme.name == "mixed"
    assert scheme.dark_kw == pytest.approx(70)
    assert not scheme.is_covered


def test_halls_that_share_nothing_have_schemes_of_their_own():
    network = site(halls=2)
    found = redundancy(network, np.full(len(network.consumers), 30.0))
    assert [scheme.systems for scheme in found.schemes] == [
        ("UPS-0A", "UPS-0B"),
        ("UPS-1A", "UPS-1B"),
    ]
    assert {scheme.name for scheme in found.schemes} == {"2N"}
    cooling = [i for i, c in enumerate(network.consumers) if c.kind == "cooling"]
    assert not found.carries[cooling].any()


def test_other_groups_than_conversions_may_be_asked_about():
    network = site(halls=1)
    kw = np.full(len(network.consumers), 30.0)
    found = redundancy(network, kw, groups=[("SUB-0A",), ("SUB-0B",)])
    # Cooling hangs on one board each, so it goes dark with it.
    assert found.schemes[0].name == "mixed"
    assert found.schemes[0].dark_kw == pytest.approx(30)
    with pytest.raises(InputError, match="with a rating is 'SUB-X'"):
        redundancy(network, kw, groups=[("SUB-X",)])


def test_boards_with_a_rating_may_be_asked_about():
    network = site(halls=1)
    boards = ("UPS-IN-0A", "UPS-IN-0B")
    rated = tuple(
        n.model_copy(update={"rating_a": 2000.0}) if n.id in boards else n for n in network.nodes
    )
    network = network.model_copy(update={"nodes": rated})
    kw = np.full(len(network.consumers), 30.0)
    found = redundancy(network, kw, groups=[(name,) for name in boards])
    racks = np.array([c.kind == "rack" for c in network.consumers])
    assert found.carries[racks].all()
    assert not found.carries[~racks].any()
    (scheme,) = found.schemes
    assert scheme.name == "2N"
    assert scheme.worst_ratio == pytest.approx(30.0 * racks.sum() / (3**0.5 * 0.415 * 2000))
    with pytest.raises(InputError, match="with a rating is 'BOARD-0A'"):
        redundancy(network, kw, groups=[("BOARD-0A",)])


def test_the_load_after_a_loss_is_that_of_the_load_flow():
    network = distributed(4, [(0, 1), (0, 2), (1, 3), (2, 3), (0, 3)], kw=1000.0)
    kw = np.array([200.0, 300.0, 150.0, 250.0, 100.0])
    found = redundancy(network, kw)
    for i, system in enumerate(found.systems):
        outage = [o for o in credible_outages(network) if o.objects == system.members]
        table = failover(network, kw, outages=outage)
        for j in set(range(4)) - {i}:
            expected = max(found.after_kw[i, j], found.normal_kw[j])
            assert table.conversions.failover_kw[j] == pytest.approx(expected, rel=1e-9)


@pytest.mark.property
@given(
    st.integers(2, 5),
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.floats(0, 500)), max_size=8),
)
def test_what_is_lost_is_moved_or_dark(k, loads):
    loads = [(a % k, b % k, kw) for a, b, kw in loads if a % k != b % k]
    network = distributed(k, [(a, b) for a, b, _ in loads], kw=1000.0)
    found = redundancy(network, np.array([kw for _, _, kw in loads]))
    assert found.moved_kw.sum(axis=1) + found.dark_kw == pytest.approx(found.normal_kw, abs=1e-6)
    assert found.normal_kw.sum() == pytest.approx(sum(kw for _, _, kw in loads), abs=1e-6)
