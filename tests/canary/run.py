"""One survey with the canary among its respondents, from opening to erasing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from time import monotonic, sleep
from typing import Any

from cli.coordinator import Coordinator
from cli.progress import Progress
from cli.reachable import Reachable
from cli.respondents import Respondents
from cli.survey_run import coordinator_of
from cli.terms import terms_by_orders
from connector.http import Receiver
from connector.respondent import Ticket, manifest_fetch
from mpcengine.protocol.manifest import Manifest
from mpcengine.protocol.package import Package
from mpcengine.protocol.receipt import Receipt
from mpcengine.protocol.survey import parse_survey
from tests.canary.respondent import ANSWER, Respondent

OTHERS = 6
SECONDS = 180.0
ANSWERS: dict[str, Any] = {"colour": "red", "number": ANSWER}
DEFINITION: dict[str, Any] = {
    "format": "drempel-survey/1",
    "title": {"en": "Canaries"},
    "min_count": 2,
    "questions": [
        {
            "id": "colour",
            "kind": "single",
            "title": {"en": "Which?"},
            "required": True,
            "options": ["red", "green"],
        },
        {
            "id": "number",
            "kind": "number",
            "title": {"en": "How many?"},
            "required": True,
            "min": 0,
            "max": 1_999_999_999,
        },
    ],
}


@dataclass(slots=True)
class Run:
    """A survey that is open and answered by everybody; the canary's code is the first."""

    federation: Reachable
    coordinator: Coordinator
    survey_id: str
    manifest: Manifest
    who: Respondent
    ticket: Ticket
    package: Package
    codes: Sequence[str]
    others: Sequence[tuple[Ticket, Receipt]]

    def close(self) -> None:
        """Have the survey closed, released and erased at all three nodes."""
        self.coordinator.order(self.survey_id, self.manifest, "close")
        self.coordinator.wait(
            self.survey_id, ("released", "withheld"), seconds=SECONDS, tell=lambda _: None
        )
        for node in self.federation.nodes.values():
            wait_for(partial(self._is_erased, node))

    def _is_erased(self, node: Receiver) -> bool:
        return bool(node.get(f"jobs/{self.manifest.digest}").get("state") == "erased")


def begin(federation: Reachable, hers: Reachable) -> Run:
    """Open a survey and have the others answer it, then the canary."""
    coordinator = coordinator_of(federation)
    survey = parse_survey(DEFINITION)
    survey_id = coordinator.create(survey)
    codes = coordinator.invite(survey_id, OTHERS + 1)
    terms = terms_by_orders(survey_id, survey, OTHERS + 1, "normal")
    proposed = coordinator.prepare(terms)
    coordinator.publish(survey_id, proposed)
    manifest = manifest_fetch(federation.relay, survey_id, federation.nodes_file)
    others = Respondents(federation=federation, manifest=manifest)
    quiet = Progress(is_quiet=True)
    with quiet.counting("", OTHERS) as counter:
        tickets = others.tickets(codes[1:], counter)
        rows = [{"colour": "green", "number": number} for number in range(OTHERS)]
        receipts = others.send(tickets, rows, counter)
    who = Respondent(federation=hers, manifest=manifest, code=codes[0])
    ticket = who.ticket()
    package = who.package(ticket, ANSWERS)
    who.send(package)
    return Run(
        federation=federation,
        coordinator=coordinator,
        survey_id=survey_id,
        manifest=manifest,
        who=who,
        ticket=ticket,
        package=package,
        codes=codes,
        others=list(zip(tickets, receipts, strict=True)),
    )


def wait_for(is_so: Callable[[], bool]) -> None:
    """Wait until something is so; fail after SECONDS."""
    deadline = monotonic() + SECONDS
    while not is_so():
        assert monotonic() < deadline
        sleep(0.1)
