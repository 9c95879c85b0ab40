"""Let every row of a file answer by its own right, through HTTP, several at a time."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TypeVar

from cli.progress import Counter
from cli.reachable import Reachable
from connector.claims import Claim
from connector.respondent import Ticket, package_seal, ticket_fetch
from connector.sending import package_send, package_wrap
from mpcengine.protocol.encoding import Answers, encode_answers, encode_texts
from mpcengine.protocol.manifest import Manifest
from mpcengine.protocol.receipt import Receipt

THREADS = min(8, 4 * (os.cpu_count() or 2))
CHUNK = 50

Item = TypeVar("Item")
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True, kw_only=True)
class Respondents:
    """All respondents of one survey, as calls to a federation's relay and nodes."""

    federation: Reachable
    manifest: Manifest

    def tickets(self, claims: Sequence[Claim], counter: Counter) -> list[Ticket]:
        """Exchange every claim for three tokens; all before anybody answers (strict timing)."""
        nodes = self.federation.nodes
        return self._each(lambda one: ticket_fetch(nodes, self.manifest, one), claims, counter)

    def send(
        self, tickets: Sequence[Ticket], answers: Sequence[Answers], counter: Counter
    ) -> list[Receipt]:
        """Seal and send everybody's answers, and return the receipts in order."""

        def answer(pair: tuple[Ticket, Answers]) -> Receipt:
            record = encode_answers(self.manifest.layout, pair[1])
            texts = encode_texts(self.manifest.layout, pair[1])
            package = package_seal(self.manifest, pair[0], record, texts=texts)
            parcel = package_wrap(self.manifest, package)
            return package_send(self.federation.relay, self.manifest, parcel)

        return self._each(answer, list(zip(tickets, answers, strict=True)), counter)

    def _each(
        self, act: Callable[[Item], Made], items: Sequence[Item], counter: Counter
    ) -> list[Made]:
        """Call ``act`` on every item in several threads; the first error ends them all."""
        stop = self.federation.stop

        def some(chunk: Sequence[Item]) -> list[Made]:
            made = []
            for item in chunk:
                if stop.is_set():
                    break
                made.append(act(item))
                counter.add()
            return made

        chunks = [items[place : place + CHUNK] for place in range(0, len(items), CHUNK)]
        pool = ThreadPoolExecutor(THREADS, thread_name_prefix="respondent")
        try:
            futures = [pool.submit(some, chunk) for chunk in chunks]
            wait(futures, return_when=FIRST_EXCEPTION)
            for future in futures:
                if future.done() and future.exception() is not None:
                    future.result()
            return [one for future in futures for one in future.result()]
        finally:
            # On an error or a signal the threads must not go on calling, nor keep us waiting.
            pool.shutdown(wait=False, cancel_futures=True)
