"""Move a request from one state to another: the one place where its state changes."""

from django.db import transaction

from datarequests.models import DataRequest
from datarequests.states import RequestState, may_follow
from problems import Conflict
from security_events import emit, emit_anyway, pseudonym


def request_locked(row: DataRequest) -> DataRequest:
    """Return the request's row, locked until the transaction ends; call it inside one."""
    return DataRequest.objects.select_for_update().get(pk=row.pk)


def check_state(row: DataRequest, *states: RequestState) -> None:
    """Raise Conflict ``request.state`` unless the request is in one of these states."""
    if row.state not in states:
        raise Conflict(
            "request.state",
            f"The request is {row.state}; this can be done while it is {', '.join(states)}.",
        )


def request_move(
    row: DataRequest,
    to: RequestState,
    *,
    by: object = None,
    code: str = "",
    reason: str = "",
) -> None:
    """Write a new state with its reason, and tell of it; inside the caller's transaction.

    ``by``: the person's id, None where the nodes are the reason. Raises Conflict
    ``request.state`` for a move that the table does not have, EventsDown.
    """
    if not may_follow(row.state, to):
        raise Conflict("request.state", f"A request that is {row.state} does not become {to}.")
    with transaction.atomic():
        row.state, row.reason_code, row.reason = to, code[:100], reason[:400]
        row.save()
        if by is None:
            emit_anyway("request.moved", survey=row.pk, state=to.value)
        else:
            emit("request.moved", survey=row.pk, state=to.value, person=pseudonym(str(by)))
