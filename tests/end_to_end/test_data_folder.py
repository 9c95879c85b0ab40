"""A kept data folder goes on where it stopped: same keys, same ports, same answers."""

from pathlib import Path

import pytest

from cli.embedded.federation import Federation, Options, running
from cli.progress import Counter
from cli.respondents import Respondents
from cli.survey_run import coordinator_of
from cli.terms import terms_by_orders
from connector.respondent import Ticket, manifest_fetch
from mpcengine.protocol.orders import CLOSE
from mpcengine.protocol.result import verify_result
from tests.end_to_end.harness import counts_of, one_question
from tests.storage import lent

NOBODY = Counter(None)
OPTIONS = ("left", "right")
ANSWERS = [{"pick": OPTIONS[number % 2]} for number in range(12)]


def _publish(federation: Federation) -> tuple[str, list[Ticket]]:
    coordinator = coordinator_of(federation)
    survey = one_question(OPTIONS, min_count=5)
    survey_id = coordinator.create(survey)
    codes = coordinator.invite(survey_id, len(ANSWERS))
    manifest = coordinator.prepare(terms_by_orders(survey_id, survey, len(ANSWERS), "normal"))
    coordinator.publish(survey_id, manifest)
    respondents = Respondents(federation=federation, manifest=manifest)
    tickets = respondents.tickets(codes, NOBODY)
    respondents.send(tickets[:4], ANSWERS[:4], NOBODY)
    return survey_id, tickets


@pytest.mark.slow
def test_a_survey_goes_on_after_everything_was_stopped(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with running(Options(folder=folder, services=lent())) as federation:
        survey_id, tickets = _publish(federation)
        ports = dict(federation.house.ports)
    assert folder.is_dir()
    with running(Options(folder=folder, services=lent())) as federation:
        assert dict(federation.house.ports) == ports
        coordinator = coordinator_of(federation)
        manifest = manifest_fetch(federation.relay, survey_id, federation.house.nodes)
        respondents = Respondents(federation=federation, manifest=manifest)
        respondents.send(tickets[4:], ANSWERS[4:], NOBODY)
        coordinator.order(survey_id, manifest, CLOSE)
        assert coordinator.wait(survey_id, ("released", "withheld"), seconds=120) == "released"
        document = coordinator.result(survey_id)
        verify_result(document, federation.house.nodes)
    counts = counts_of(document)
    assert document["accepted"] == len(ANSWERS)
    assert [counts["pick", (option,)] for option in OPTIONS] == [6, 6]
