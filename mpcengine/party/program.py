"""Run one party from its spec to its outcome: the thread that holds this room together.

``python -m mpcengine.party`` calls ``main``: read the spec, connect, compute, agree on the end,
write the outcome; or write one line that names the cause and exit with its code.
Source: docs/protocol.md §16.
"""

import asyncio
import logging
import os
import resource
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np

from mpcengine.circuits.runtime import Vector
from mpcengine.party import isolated, rows
from mpcengine.party.failure import PartyFailure
from mpcengine.party.session import Session
from mpcengine.party.vectors import PartyVectors
from mpcengine.party.words import PartyWords, Shares
from mpcengine.protocol.checkwire import (
    CHECK_ROUND,
    VALUES,
    CheckSpec,
    is_check,
    parse_check,
)
from mpcengine.protocol.errors import MalformedMessage
from mpcengine.protocol.partywire import (
    CAUSE_BAD_SPEC,
    CAUSE_OTHER,
    EXIT_BAD_SPEC,
    EXIT_DONE,
    EXIT_OTHER,
    Failure,
    PartySpec,
    encode_failure,
    encode_outcome,
    parse_spec,
)
from mpcengine.protocol.wordswire import AnySpec, WordsSpec, is_words, parse_words

STDIN, STDOUT, STDERR = 0, 1, 2
# A party may use 2 GiB (DESIGN 11); above this the system refuses and only this party ends.
MEMORY_LIMIT_BYTES = 3 * 2**30


def die_if(fault: str | None, point: str) -> None:
    """Kill this process if the kill point asked for is this one (recovery tests only)."""
    if fault == point:
        os.kill(os.getpid(), signal.SIGKILL)


@dataclass(slots=True, kw_only=True)
class _Task:
    """Give a computation its session and a clock for its phases."""

    session: Session
    seconds: dict[str, float] = field(default_factory=dict)
    _since: float = field(default_factory=time.monotonic)

    def figures(self) -> dict[str, float]:
        """Return figures of this kind of task beside the common ones."""
        return {}

    def phase(self, name: str) -> None:
        """End the phase ``name``: what passed since the last one counts as its time."""
        now = time.monotonic()
        key = f"seconds_{name}"
        self.seconds[key] = self.seconds.get(key, 0.0) + now - self._since
        self._since = now

    def fault(self, point: str) -> None:
        """Kill this process if its spec asks for it here (recovery tests only)."""
        die_if(self.session.spec.fault, point)


@dataclass(slots=True, kw_only=True)
class Task(_Task):
    """Give a round of a survey its spec, its vectors and its rows."""

    spec: PartySpec
    vectors: PartyVectors

    def chunks(self) -> AsyncIterator[Vector]:
        """Yield the rows on standard input, a matrix of about 4 MiB at a time."""
        return rows.chunks(STDIN, self.spec.rows, self.spec.width)


@dataclass(slots=True, kw_only=True)
class WordsTask(_Task):
    """Give a round of matching its spec, its neighbours and its shares."""

    spec: WordsSpec
    words: PartyWords

    def figures(self) -> dict[str, float]:
        """Return how many messages of words were sent, and how often this party waited."""
        return {"messages": float(self.words.messages), "waits": float(self.words.waits)}

    def blocks(self) -> AsyncIterator[Shares]:
        """Yield the blocks on standard input in order, each an array (2, words)."""
        return rows.blocks(STDIN, self.spec.blocks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Give a check its spec and its rows; it has no vectors and no session."""

    spec: CheckSpec

    def chunks(self) -> AsyncIterator[Vector]:
        """Yield the rows on standard input, a matrix of about 4 MiB at a time."""
        return rows.chunks(STDIN, self.spec.rows, self.spec.words)


AnyTask = TypeVar("AnyTask", bound=_Task)
Work = Callable[[Task], Awaitable[Mapping[str, Vector]]]
Checking = Callable[[Check], Awaitable[Vector]]
Matching = Callable[[WordsTask], Awaitable[Mapping[str, Vector]]]


async def _nothing_to_check(_check: Check) -> Vector:
    raise PartyFailure("bad_spec", detail="this program checks no reports")


async def _nothing_to_match(_task: WordsTask) -> Mapping[str, Vector]:
    raise PartyFailure("bad_spec", detail="this program matches no lists")


def main(
    work: Work, checking: Checking = _nothing_to_check, matching: Matching = _nothing_to_match
) -> int:
    """Run what the spec on standard input is for; return the exit code.

    0: the outcome is on standard output; 2: the spec or the rows are wrong; 3: a named cause
    about a peer or a limit; 1: anything else. One JSON line on standard error unless 0.
    """
    _limit_process()
    try:
        body = rows.read_frame(STDIN)
        if is_check(body):
            outcome = asyncio.run(_checked(parse_check(body), checking))
        elif is_words(body):
            words = parse_words(body)
            isolated.load()
            outcome = asyncio.run(_attempt(words, partial(_words_task, words), matching))
        else:
            spec = parse_spec(body)
            isolated.load()
            outcome = asyncio.run(_attempt(spec, partial(_survey_task, spec), work))
    except MalformedMessage as error:
        return _say(Failure(cause=CAUSE_BAD_SPEC, peer=0, detail=error.sentence), EXIT_BAD_SPEC)
    except PartyFailure as named:
        is_spec = named.failure.cause == CAUSE_BAD_SPEC
        return _say(named.failure, EXIT_BAD_SPEC if is_spec else named.exit_code)
    except Exception as error:  # noqa: BLE001 (its message may hold a value: only its type)
        return _say(Failure(cause=CAUSE_OTHER, peer=0, detail=type(error).__name__), EXIT_OTHER)
    _write(STDOUT, outcome)
    return EXIT_DONE


def _survey_task(spec: PartySpec, session: Session) -> Task:
    return Task(spec=spec, session=session, vectors=PartyVectors(session))


def _words_task(spec: WordsSpec, session: Session) -> WordsTask:
    return WordsTask(spec=spec, session=session, words=PartyWords(session, spec))


async def _attempt(
    spec: AnySpec,
    task_for: Callable[[Session], AnyTask],
    work: Callable[[AnyTask], Awaitable[Mapping[str, Vector]]],
) -> bytes:
    session = Session(spec)
    started = time.monotonic()
    tasks: list[AnyTask] = []

    async def compute(connected: Session) -> Mapping[str, Vector]:
        task = task_for(connected)
        task.seconds["seconds_connect"] = time.monotonic() - started
        task.fault("party.connected")
        tasks.append(task)
        return await work(task)

    arrays = await session.run(compute)
    tasks[0].fault("party.before_outcome")
    return _outcome(tasks[0], arrays)


async def _checked(spec: CheckSpec, checking: Checking) -> bytes:
    started = time.monotonic()
    values = np.ascontiguousarray(await checking(Check(spec=spec)), dtype="<u8")
    die_if(spec.fault, "check.before_outcome")
    figures = {"seconds_check": time.monotonic() - started, "peak_rss_mb": _peak_mb()}
    head = encode_outcome(CHECK_ROUND, [(VALUES, values.size)], figures=figures)
    return head + values.tobytes()


def _outcome(task: _Task, arrays: Mapping[str, Vector]) -> bytes:
    figures = {
        **task.seconds,
        **task.figures(),
        "bytes_sent": float(task.session.bytes_sent),
        "rounds": float(task.session.rounds),
        "cpu_seconds": time.process_time(),
        "peak_rss_mb": _peak_mb(),
    }
    head = encode_outcome(
        task.session.spec.round,
        [(name, len(array)) for name, array in arrays.items()],
        notices=task.session.notices,
        figures=figures,
    )
    return head + b"".join(array.astype("<u8").tobytes() for array in arrays.values())


def _peak_mb() -> float:
    """Return this program's own peak: getrusage also counts whoever started it, at the fork."""
    with Path("/proc/self/status").open(encoding="ascii", errors="replace") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _limit_process() -> None:
    # No core file and no log line may ever hold a share.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES))
    logging.getLogger().addHandler(logging.NullHandler())
    logging.disable(logging.CRITICAL)


def _say(failure: Failure, code: int) -> int:
    _write(STDERR, encode_failure(failure))
    return code


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
