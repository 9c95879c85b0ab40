"""Real respondents with an exact oracle: respondent i alone picks option i.

A lost answer is a 0 in the result, a doubled one a 2. Every call of theirs, and what it was
answered, is kept: a refusal must say when to come back, and nothing may be a fault of ours.
"""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, cast

import urllib3

from cli.reachable import Live
from cli.survey_run import coordinator_of
from cli.terms import terms_by_orders
from connector.errors import Unreachable
from connector.http import Receiver
from connector.respondent import (
    manifest_fetch,
    package_seal,
    ticket_draw,
    ticket_fetch,
)
from connector.sending import package_send, package_wrap
from mpcengine.protocol.encoding import encode_answers
from mpcengine.protocol.manifest import Manifest
from mpcengine.protocol.orders import CLOSE
from mpcengine.protocol.receipt import Receipt
from mpcengine.protocol.result import verify_result
from mpcengine.protocol.survey import Survey, parse_survey
from tests.end_to_end.harness import counts_of

PATIENCE_SECONDS = 5.0
# How long a respondent goes on trying, and a coordinator waits for a result.
LONGEST_SECONDS = 200.0
RELEASED = "released"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call and its answer; status 0: none came."""

    at: float
    receiver: str
    method: str
    path: str
    status: int
    retry_after: str | None


@dataclass(slots=True)
class Recorder:
    """Stands before a pool and notes what every call was answered."""

    receiver: str
    pool: urllib3.PoolManager
    calls: list[Call]

    def request(self, method: str, url: str, **options: Any) -> urllib3.BaseHTTPResponse:
        path = url.partition("/api/v1/")[2].partition("/")[0]
        try:
            answer = self.pool.request(method, url, **options)
        except Exception:
            self._note(method, path, 0, None)
            raise
        self._note(method, path, answer.status, answer.headers.get("Retry-After"))
        return answer

    def _note(self, method: str, path: str, status: int, retry_after: str | None) -> None:
        self.calls.append(
            Call(
                at=time.monotonic(),
                receiver=self.receiver,
                method=method,
                path=path,
                status=status,
                retry_after=retry_after,
            )
        )


def recorded(live: Live, calls: list[Call]) -> Live:
    """Return the federation with every call noted in ``calls``."""

    def one(receiver: Receiver) -> Receiver:
        pool = Recorder(receiver.name, receiver.pool, calls)
        return replace(
            receiver, pool=cast("urllib3.PoolManager", pool), patience=PATIENCE_SECONDS
        )

    return replace(
        live,
        portal=one(live.portal),
        relay=one(live.relay),
        nodes={name: one(receiver) for name, receiver in live.nodes.items()},
    )


def witness_survey(count: int) -> Survey:
    """Return a survey with one option a respondent."""
    return parse_survey(
        {
            "format": "drempel-survey/1",
            "title": {"en": "Witnesses"},
            "min_count": 1,
            "questions": [
                {
                    "id": "witness",
                    "kind": "single",
                    "title": {"en": "Witness"},
                    "required": True,
                    "options": [f"o{number}" for number in range(count)],
                    "extremes": "show",
                    "nonresponse": "show",
                }
            ],
        }
    )


@dataclass(slots=True)
class Witnesses:
    """One survey and its respondents, who try until they are told that it was accepted."""

    live: Live
    survey_id: str
    manifest: Manifest
    codes: Sequence[str]
    calls: list[Call]
    receipts: dict[int, Receipt] = field(default_factory=dict)
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(8))
    stop: threading.Event = field(default_factory=threading.Event)

    def answer(self, numbers: Sequence[int]) -> list[Future[None]]:
        """Let some respondents answer, from threads; each goes on until it is accepted."""
        return [self.pool.submit(self._answer, number) for number in numbers]

    def _answer(self, number: int) -> None:
        drawn, deadline = ticket_draw(self.manifest), time.monotonic() + LONGEST_SECONDS
        parcel = None
        while not self.stop.is_set() and time.monotonic() < deadline:
            with suppress(Unreachable):
                if parcel is None:
                    ticket = ticket_fetch(
                        self.live.nodes, self.manifest, self.codes[number], drawn
                    )
                    record = encode_answers(self.manifest.layout, {"witness": f"o{number}"})
                    package = package_seal(self.manifest, ticket, record)
                    parcel = package_wrap(self.manifest, package)
                self.receipts[number] = package_send(self.live.relay, self.manifest, parcel)
                return
            time.sleep(0.5)
        raise TimeoutError(f"respondent {number} was never accepted")

    def close(self) -> None:
        """Have the coordinator close the survey; again until the portal has taken it."""
        coordinator = coordinator_of(self.live)
        deadline = time.monotonic() + LONGEST_SECONDS
        while True:
            try:
                coordinator.order(self.survey_id, self.manifest, CLOSE)
            except Unreachable:
                assert time.monotonic() < deadline
                time.sleep(0.5)
            else:
                return

    def job(self) -> dict[str, Any]:
        """Return the portal's view of the job, or nothing while it cannot say."""
        with suppress(Unreachable):
            found: dict[str, Any] = (
                coordinator_of(self.live).view(self.survey_id).get("job") or {}
            )
            return found
        return {}

    def wait_for_result(self) -> dict[str, Any]:
        """Return the released and verified result."""
        deadline = time.monotonic() + LONGEST_SECONDS
        while (job := self.job()).get("state") != RELEASED:
            assert job.get("state") not in {"withheld", "failed"}, job
            assert time.monotonic() < deadline, job
            time.sleep(0.2)
        document: dict[str, Any] = coordinator_of(self.live).result(self.survey_id)
        verify_result(document, self.live.nodes_file)
        return document

    def check(self, document: dict[str, Any]) -> None:
        """Check that every accepted answer counts once, and that nothing else does."""
        count = len(self.codes)
        counts = counts_of(document)
        assert sorted(self.receipts) == list(range(count))
        assert document["accepted"] == count
        assert document["rejected"] == []
        assert [counts["witness", (f"o{n}",)] for n in range(count)] == [1] * count

    def check_calls(self) -> None:
        """Check that nothing was a fault of ours, and every refusal says when to return."""
        assert [call for call in self.calls if call.status == 500] == []
        silent = [
            c for c in self.calls if c.status == 503 and not (c.retry_after or "").isdigit()
        ]
        assert silent == []

    def between(self, receiver: str, since: float, until: float) -> list[Call]:
        """Return the calls to one receiver that were answered in a stretch of time."""
        return [c for c in self.calls if c.receiver == receiver and since <= c.at <= until]

    def end(self) -> None:
        """Let no respondent go on."""
        self.stop.set()
        self.pool.shutdown(cancel_futures=True)


def publish(live: Live, count: int) -> Witnesses:
    """Publish a survey for ``count`` respondents, forwarded at once, and return them."""
    calls: list[Call] = []
    noted = recorded(live, calls)
    coordinator = coordinator_of(replace(noted, portal=replace(noted.portal, patience=60.0)))
    survey = witness_survey(count)
    survey_id = coordinator.create(survey)
    codes = coordinator.invite(survey_id, count)
    terms = terms_by_orders(survey_id, survey, count, "immediate")
    proposed = coordinator.prepare(terms)
    coordinator.check(proposed, terms)
    coordinator.publish(survey_id, proposed)
    relay = replace(noted.relay, patience=60.0)
    manifest = manifest_fetch(relay, survey_id, live.nodes_file)
    return Witnesses(noted, survey_id, manifest, codes, calls)
