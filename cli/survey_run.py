"""Run one survey through a federation, from published to its verified result."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import monotonic, sleep

from cli.coordinator import Coordinator
from cli.errors import CliError
from cli.partners import Keys, partners_named
from cli.progress import Progress
from cli.reachable import Reachable
from cli.respondents import Respondents
from cli.terms import STRICT, terms_by_orders
from connector.claims import Claim
from connector.errors import ConnectorError
from connector.respondent import manifest_fetch
from mpcengine.protocol.canonical import JSON, Digest
from mpcengine.protocol.encoding import Answers
from mpcengine.protocol.errors import ProtocolError
from mpcengine.protocol.manifest import Manifest
from mpcengine.protocol.orders import CLOSE, OPEN_ANSWERING
from mpcengine.protocol.receipt import Receipt
from mpcengine.protocol.result import Verification, verify_result
from mpcengine.protocol.survey import Survey

RESULT_SECONDS = 1800.0
ORDER_SECONDS = 120.0
POLL_SECONDS = 0.05
STATES = ("released", "withheld")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A finished survey: its verified result, and the respondents' receipts in row order."""

    survey_id: str
    document: JSON
    verification: Verification
    receipts: tuple[Receipt, ...]


def survey_run(
    federation: Reachable,
    survey: Survey,
    answers: Sequence[Answers],
    progress: Progress,
    partners: Keys | None = None,
) -> Outcome:
    """Publish, invite, issue, answer, close, wait, and verify, in strict timing.

    With ``partners``, whom the nodes' operators have confirmed, every row answers with one of
    their keys in place of a code. Raises NodeRefused or CliError with one sentence.
    """
    try:
        return _run(federation, survey, answers, progress, partners)
    except ConnectorError as error:
        federation.look()
        raise CliError(f"{error.receiver}: {error.sentence}") from error


def _run(
    federation: Reachable,
    survey: Survey,
    answers: Sequence[Answers],
    progress: Progress,
    partners: Keys | None,
) -> Outcome:
    coordinator = coordinator_of(federation)
    progress.step("Publishing the survey: three nodes check and sign its manifest")
    survey_id = coordinator.create(survey)
    claims, root = _invited(coordinator, survey_id, len(answers), partners)
    terms = terms_by_orders(survey_id, survey, len(answers), STRICT)
    terms = replace(terms, partners_root=root)
    proposed = coordinator.prepare(terms)
    coordinator.check(proposed, terms)
    coordinator.publish(survey_id, proposed)
    manifest = manifest_fetch(federation.relay, survey_id, federation.nodes_file)
    respondents = Respondents(federation=federation, manifest=manifest)
    what = "codes" if partners is None else "signed requests"
    with progress.counting(f"Exchanging {what} for tokens", len(claims)) as counter:
        tickets = respondents.tickets(claims, counter)
    coordinator.order(survey_id, manifest, OPEN_ANSWERING)
    _wait_until_open(federation, manifest)
    with progress.counting("Sending sealed answers", len(claims)) as counter:
        receipts = respondents.send(tickets, answers, counter)
    progress.step("Closing: nodes freeze the batch, check, compute and sign")
    coordinator.order(survey_id, manifest, CLOSE)
    coordinator.wait(survey_id, STATES, seconds=RESULT_SECONDS, tell=progress.step)
    document = coordinator.result(survey_id)
    progress.step("Verifying the result against the nodes' signatures")
    return Outcome(
        survey_id=survey_id,
        document=document,
        verification=_verified(document, federation),
        receipts=tuple(receipts),
    )


def _invited(
    coordinator: Coordinator, survey_id: str, count: int, partners: Keys | None
) -> tuple[Sequence[Claim], Digest | None]:
    """Return by what right each row answers, and the root of the partners' roster, if any."""
    if partners is None:
        return coordinator.invite(survey_id, count), None
    return partners, coordinator.invite_partners(survey_id, partners_named(partners))


def coordinator_of(federation: Reachable) -> Coordinator:
    """Return the coordinator of a federation."""
    return Coordinator(
        key=federation.coordinator_key,
        portal=federation.portal,
        nodes=federation.nodes_file,
        relay_url=federation.relay.url,
        look=federation.look,
    )


def _wait_until_open(federation: Reachable, manifest: Manifest) -> None:
    """Return once the order has reached the relay, and packages are taken."""
    deadline = monotonic() + ORDER_SECONDS
    while federation.relay.get(f"surveys/{manifest.digest}").get("state") != "open":
        if monotonic() > deadline:
            raise CliError("The order to open answering does not reach the relay.")
        sleep(POLL_SECONDS)


def _verified(document: JSON, federation: Reachable) -> Verification:
    try:
        return verify_result(document, federation.nodes_file)
    except ProtocolError as error:
        raise CliError(f"The result does not verify: {error.sentence}") from error
