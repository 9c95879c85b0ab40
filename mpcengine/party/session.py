"""One attempt's connections from hello to farewell, and the reason when it ends early.

Beside the work three watches run: heartbeats, silence, and the total deadline. When something
is wrong the session waits a moment for a second witness, names one cause, tells the peers and
closes. Source: docs/protocol.md §16; study M5, M6, M7, M11.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from mpcengine.circuits.shuffle import TEXTS_CHANGED
from mpcengine.party import isolated
from mpcengine.party.connect import Connector
from mpcengine.party.connection import DONE, Connection
from mpcengine.party.failure import PartyFailure
from mpcengine.party.hello import make_hello
from mpcengine.protocol.errors import InconsistentShares
from mpcengine.protocol.partywire import CAUSE_BAD_SHARE, CAUSE_TEXTS_CHANGED
from mpcengine.protocol.wordswire import AnySpec

T = TypeVar("T")
# A dead peer is seen by both survivors within milliseconds; the second news settles who died.
_GRACE_SECONDS = 0.3
# After a failure nobody waits for a polite end: survivors must be gone within two seconds.
_CLOSING_SECONDS, _FAILED_CLOSING_SECONDS = 1.0, 0.2
_BEATS_PER_STALL = 6
_used: list[str] = []


class Session:
    """Hold one attempt's MPyC runtime and its two connections; one a process, used once."""

    def __init__(self, spec: AnySpec) -> None:
        # Keys and counters of a runtime must never serve two attempts (study M11).
        if _used:
            raise PartyFailure("internal", detail="a party process serves one attempt only")
        _used.append(spec.job)
        self.spec = spec
        self.runtime: Any = isolated.make_runtime(spec.index, self._computation_failed)
        self.rounds = 0
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._failures: dict[int, PartyFailure] = {}
        self._parent = os.getppid()
        self._connector = Connector(spec, make_hello(spec), self._pair_keys(), self._failed)
        self.connections: dict[int, Connection] = self._connector.connections

    @property
    def notices(self) -> list[tuple[str, int]]:
        """Return the refused connections as (event, peer), peer 0 if nobody's."""
        return self._connector.notices

    @property
    def bytes_sent(self) -> int:
        """Return the bytes of all frames sent so far, before TLS."""
        return sum(connection.nbytes_sent for connection in self.connections.values())

    def pair_key(self, peer: int) -> bytes:
        """Return MPyC's 16-byte key of this attempt that only we and ``peer`` hold."""
        low, high = sorted((self.spec.index - 1, peer - 1))
        return bytes(self.runtime._prss_keys[low, high])  # noqa: SLF001 (MPyC's PRSS keys)

    async def run(self, work: Callable[["Session"], Awaitable[T]]) -> T:
        """Connect, do ``work`` with this session, agree on the end, and return its result.

        Raises PartyFailure with the cause that the evidence supports best.
        """
        task = self._loop.create_task(self._work(work))
        watches = [self._loop.create_task(self._beat()), self._loop.create_task(self._watch())]
        try:
            ends: set[asyncio.Future[Any]] = {task, self._ended}
            await asyncio.wait(
                ends,
                timeout=self.spec.deadline_seconds,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if task.done() and task.exception() is None and not self._failures:
                return task.result()
            raise await self._reason(task)
        except PartyFailure as failure:
            self._leave(failure)
            raise
        finally:
            for each in (task, *watches):
                each.cancel()
            await self._close()

    async def _work(self, work: Callable[["Session"], Awaitable[T]]) -> T:
        await self._connector.connect()
        for peer, connection in self.connections.items():
            low, high = sorted((self.spec.index - 1, peer - 1))
            self.runtime._prss_keys[low, high] = connection.opened.result()  # noqa: SLF001
            self.runtime.parties[peer - 1].protocol = connection
        result = await work(self)
        # MPyC's own barrier at the end, through the closed codec: all three have computed.
        await self.runtime.transfer(self.spec.index)
        for connection in self.connections.values():
            connection.leave(DONE, 0)
        farewells = [connection.finished for connection in self.connections.values()]
        await asyncio.wait(farewells, timeout=_CLOSING_SECONDS)
        return result

    def _pair_keys(self) -> dict[int, bytes]:
        keys: dict[tuple[int, ...], bytes] = self.runtime._prss_keys  # noqa: SLF001
        return {high + 1: key for (_, high), key in keys.items()}

    def _failed(self, connection: Connection, failure: PartyFailure) -> None:
        if self.connections.get(connection.peer, connection) is not connection:
            return
        self._failures.setdefault(connection.peer, failure)
        if not self._ended.done():
            self._ended.set_result(None)

    def _computation_failed(self, error: BaseException) -> None:
        failure = _named(error)
        self._failures.setdefault(failure.failure.peer, failure)
        if not self._ended.done():
            self._ended.set_result(None)

    async def _reason(self, task: "asyncio.Task[T]") -> PartyFailure:
        if task.done() and task.exception() is not None and not self._failures:
            return _named(task.exception())
        if not self._failures:
            return self._too_late()
        if all(f.failure.cause == "peer_lost" for f in self._failures.values()):
            await asyncio.sleep(_GRACE_SECONDS)
            # The last shares may have come meanwhile: what they show says more than a leaving.
            found = task.exception() if task.done() and not task.cancelled() else None
            if isinstance(found, InconsistentShares):
                return _named(found)
        return self._best_supported()

    def _too_late(self) -> PartyFailure:
        awaited = sorted(p for p, c in self.connections.items() if c.is_waited_for)
        waiting = f"waiting for {awaited}" if awaited else "waiting for nobody"
        detail = f"not done within {self.spec.deadline_seconds:g} s, {waiting}"
        return PartyFailure("deadline", peer=awaited[0] if awaited else 0, detail=detail)

    def _best_supported(self) -> PartyFailure:
        failures = list(self._failures.values())
        for failure in failures:
            if failure.failure.cause != "peer_lost":
                return failure
        left: list[tuple[int, str, int]] = []
        for peer, failure in self._failures.items():
            connection = self.connections.get(peer)
            if connection is None or connection.farewell is None:
                return failure
            left.append((peer, *connection.farewell))
        return self._second_hand(*left[0])

    def _second_hand(self, leaver: int, cause: str, blamed: int) -> PartyFailure:
        # A peer that left may blame the other; we follow only if we see silence ourselves.
        other = self.connections.get(blamed)
        if other is not None and blamed != leaver:
            silent = self._loop.time() - other.heard_at
            if cause == "peer_stalled" and silent > 2 * self._beat_seconds:
                detail = f"silent for {silent:.1f} s, also for peer {leaver}"
                return PartyFailure(cause, peer=blamed, detail=detail)
        detail = f"left with {cause} of peer {blamed}"
        return PartyFailure("peer_lost", peer=leaver, detail=detail)

    @property
    def _beat_seconds(self) -> float:
        return min(5.0, self.spec.stall_seconds / _BEATS_PER_STALL)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self._beat_seconds)
            for connection in self.connections.values():
                connection.beat()

    async def _watch(self) -> None:
        while True:
            before = self._loop.time()
            await asyncio.sleep(self._beat_seconds)
            # When our own arithmetic held the loop, messages wait unread: nobody's silence.
            overslept = max(0.0, self._loop.time() - before - 2 * self._beat_seconds)
            for connection in list(self.connections.values()):
                connection.heard_at += overslept
                self._check_silence(connection)
            if os.getppid() != self._parent:
                # Nobody is left to take the outcome.
                os._exit(1)

    def _check_silence(self, connection: Connection) -> None:
        if connection.is_held_back:
            # We do not read: what the peer says cannot reach us.
            connection.heard_at = self._loop.time()
        silent = self._loop.time() - connection.heard_at
        is_done = connection.farewell is not None and not connection.is_waited_for
        if silent > self.spec.stall_seconds and not is_done and not connection.closed.done():
            detail = f"silent for {silent:.1f} s"
            if connection.is_waited_for:
                detail += ", a value is outstanding"
            self._failed(
                connection, PartyFailure("peer_stalled", peer=connection.peer, detail=detail)
            )

    def _leave(self, failure: PartyFailure) -> None:
        for connection in self.connections.values():
            connection.leave(failure.failure.cause, failure.failure.peer)

    async def _close(self) -> None:
        for connection in self.connections.values():
            connection.close_connection()
        waits = [connection.closed for connection in self.connections.values()]
        if waits:
            limit = _FAILED_CLOSING_SECONDS if self._failures else _CLOSING_SECONDS
            await asyncio.wait(waits, timeout=limit)


def _named(error: BaseException | None) -> PartyFailure:
    if isinstance(error, PartyFailure):
        return error
    if isinstance(error, InconsistentShares):
        is_text = error.code == TEXTS_CHANGED
        return PartyFailure(
            CAUSE_TEXTS_CHANGED if is_text else CAUSE_BAD_SHARE, detail=error.code
        )
    # The message may hold a value; type and place are enough to find the fault.
    trace = error.__traceback__ if error is not None else None
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace else "unknown place"
    return PartyFailure("internal", detail=f"{type(error).__name__} in {place}")
