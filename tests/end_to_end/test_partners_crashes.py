"""Nodes die while they open a survey of partners and issue to them; each counts once."""

import pytest

from cli.embedded.federation import Federation
from cli.embedded.house import partners_confirm
from cli.partners import partners_make, partners_named
from cli.survey_run import survey_run
from connector.answers_csv import Answers
from tests.end_to_end.harness import QUIET, counts_of, one_question

PEOPLE = 6
# Each lies between two of: the roster in the ledger, the job open, the entry spent with its
# evidence, the blind signature sent.
KILLS = {
    "opening": [
        ("node-a", "nodes.open.before_write"),
        ("node-b", "nodes.open.after_write"),
        ("node-c", "nodes.open.after_commit"),
    ],
    "issuing": [
        ("node-a", "nodes.token.before_write"),
        ("node-b", "nodes.token.after_write"),
        ("node-c", "nodes.token.after_commit"),
    ],
}


@pytest.mark.parametrize("when", KILLS)
def test_every_partner_counts_once(lenient: Federation, when: str) -> None:
    partners = partners_make(PEOPLE)
    partners_confirm(lenient.house, partners_named(partners))
    options = [f"o{number}" for number in range(PEOPLE)]
    answers: list[Answers] = [{"pick": option} for option in options]
    armed = [lenient.house.fault_folder(service) / point for service, point in KILLS[when]]
    for path in armed:
        path.touch()
    survey = one_question(options, min_count=1)
    document = survey_run(lenient, survey, answers, QUIET, partners).document
    assert not any(path.exists() for path in armed)
    assert counts_of(document) == {("pick", (option,)): 1 for option in options}
