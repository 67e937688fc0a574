"""The answer to a pandapower network, by pandapower's own indices."""

from collections.abc import Iterator, Mapping
from typing import Literal

import numpy as np

from facility.kernel.documents import Document
from facility.kernel.errors import InputError, Problem
from power.pandapower.elements import SIDES, Element, elements_of
from power.pandapower.flows import Flows, Places, solve_normal
from power.pandapower.mapping import Mapped, map_net
from power.pandapower.outages import OutageRecord, outage_records
from power.pandapower.tables import Row, read_net

PERCENT = 100.0
ENDS = {"l": "line", "t": "trafo", "t3": "trafo3w"}


class Voltage(Document):
    """Voltage of one bus; None where nothing feeds it or it is out of service."""

    vm_pu: float | None
    va_degree: float | None


class Carried(Document):
    """What one branch carries; the loading is None where a bus is dead or no rating is given."""

    loading_percent: float | None
    pl_mw: float
    ql_mvar: float


class LeftOut(Document):
    """Something of the file that is not, or not as such, in the network that was solved."""

    path: str
    code: str
    message: str


class LoadFlowAnswer(Document):
    """The load flow of a pandapower network."""

    transformer_model: Literal["t", "pi"]
    bus: dict[int, Voltage]
    line: dict[int, Carried]
    trafo: dict[int, Carried]
    trafo3w: dict[int, Carried]
    losses_mw: float
    not_represented: tuple[LeftOut, ...]
    contingencies: tuple[OutageRecord, ...] | None = None


def solve_net(
    text: str | bytes, *, trafo_model: str | None = None, contingencies: bool = False
) -> LoadFlowAnswer:
    """Return the load flow of the JSON text of a pandapower network.

    Parameters
    ----------
    text : str or bytes
        Written by ``pandapower.to_json``.
    trafo_model : {"t", "pi"}, optional
        By default what the options in the file say, or "t".
    contingencies : bool
        Whether every line and transformer is taken out of service in turn.

    Raises
    ------
    InputError
        With every problem, by table, index and column.
    ConvergenceError
        There is no solution.
    """
    mapped = map_net(read_net(text), trafo_model=trafo_model)
    try:
        places, flows = solve_normal(mapped)
    except InputError as error:
        raise readable(mapped, error) from error
    elements = {table: tuple(elements_of(mapped, places, table)) for table in SIDES}
    answer = _answer(mapped, places, elements, flows)
    if not contingencies:
        return answer
    records = outage_records(mapped, places, elements)
    return answer.model_copy(update={"contingencies": tuple(records)})


def _answer(
    mapped: Mapped,
    places: Places,
    elements: Mapping[str, tuple[Element, ...]],
    flows: Flows,
) -> LoadFlowAnswer:
    carried = {table: _carried_by(mapped, places, table, elements[table], flows) for table in SIDES}
    return LoadFlowAnswer(
        transformer_model=mapped.options.trafo_model,
        bus=dict(_voltages(mapped, places, flows)),
        line=carried["line"],
        trafo=carried["trafo"],
        trafo3w=carried["trafo3w"],
        losses_mw=sum(item.pl_mw for table in carried.values() for item in table.values()),
        not_represented=tuple(
            LeftOut(path=item.path, code=item.code, message=item.message)
            for item in mapped.left_out
        ),
    )


def _voltages(mapped: Mapped, places: Places, flows: Flows) -> Iterator[tuple[int, Voltage]]:
    for index in mapped.net.table("bus").rows:
        node = places.node.get(mapped.bus.get(index, ""))
        if node is None or not flows.node_live[node, 0]:
            yield index, Voltage(vm_pu=None, va_degree=None)
            continue
        voltage = flows.node_pu[node, 0]
        yield (
            index,
            Voltage(vm_pu=float(abs(voltage)), va_degree=float(np.angle(voltage, deg=True))),
        )


def _carried_by(
    mapped: Mapped,
    places: Places,
    table: str,
    elements: tuple[Element, ...],
    flows: Flows,
) -> dict[int, Carried]:
    """Return what every element of a table carries; one out of the network carries nothing."""
    answer: dict[int, Carried] = {}
    present = {element.row.index: element for element in elements}
    for row in mapped.net.table(table):
        element = present.get(row.index)
        if element is None:
            loading = 0.0 if _all_fed(mapped, places, row, flows) else None
            answer[row.index] = Carried(loading_percent=loading, pl_mw=0.0, ql_mvar=0.0)
            continue
        loss = complex(element.lost_mva(flows)[0])
        loading = float(element.current_loading(flows)[0]) if element.is_fed(flows) else np.nan
        answer[row.index] = Carried(
            loading_percent=loading * PERCENT if np.isfinite(loading) else None,
            pl_mw=loss.real,
            ql_mvar=loss.imag,
        )
    return answer


def _all_fed(mapped: Mapped, places: Places, row: Row, flows: Flows) -> bool:
    """Return whether what is out of the network ends at live buses and not at open switches."""
    nodes = [
        places.node.get(mapped.bus.get(row.whole(f"{side}_bus"), "")) for side in SIDES[row.table]
    ]
    opened = any(
        ENDS.get(switch.text("et")) == row.table
        and switch.whole("element") == row.index
        and not switch.flag("closed", default=True)
        for switch in mapped.net.table("switch")
    )
    return not opened and all(node is not None and flows.node_live[node, 0] for node in nodes)


def readable(mapped: Mapped, error: InputError) -> InputError:
    """Return an error of the network document with the names of elements instead of places."""
    document = mapped.network
    problems = []
    for problem in error.problems:
        group, _, rest = problem.path.partition(".")
        number, _, column = rest.partition(".")
        items = getattr(document, group, ())
        path, message = problem.path, problem.message
        if number.isdigit() and int(number) < len(items):
            name = items[int(number)].id
            path = f"{name}.{column}" if column else name
            message = message.removeprefix(f"{name}: ")
        problems.append(Problem(path, problem.code, message))
    return InputError(problems)
