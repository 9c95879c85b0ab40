"""Partners answer with their keys, from an invitation to a signed result."""

import json
from pathlib import Path

import pytest

from cli.embedded.federation import Federation
from cli.embedded.house import partners_confirm
from cli.errors import NodeRefused
from cli.files import read_answer_rows, read_survey
from cli.partners import Keys, partners_make, partners_named
from cli.survey_run import Outcome, survey_run
from connector.answers_csv import Answers
from mpcengine.protocol.manifest import Roster, parse_manifest
from mpcengine.protocol.partners import partner_entry
from mpcengine.protocol.roster import roster_root
from mpcengine.protocol.signedmanifest import parse_signed_manifest, verify_signed_manifest
from mpcengine.protocol.signing import generate_p256_key, point_bytes
from mpcengine.protocol.survey import Survey
from tests.end_to_end.harness import (
    EXAMPLES,
    QUIET,
    counts_of,
    drempel,
    expected_counts,
    layout_of,
    one_question,
)

MIN_COUNT = 10


@pytest.fixture(scope="module")
def survey() -> Survey:
    return read_survey(EXAMPLES / "ict-resilience.survey.json")


@pytest.fixture(scope="module")
def answers(survey: Survey) -> list[Answers]:
    return read_answer_rows(EXAMPLES / "ict-resilience.answers.csv", survey)


@pytest.fixture(scope="module")
def partners(answers: list[Answers]) -> Keys:
    return partners_make(len(answers))


@pytest.fixture(scope="module")
def outcome(
    federation: Federation, survey: Survey, answers: list[Answers], partners: Keys
) -> Outcome:
    partners_confirm(federation.house, partners_named(partners))
    return survey_run(federation, survey, answers, QUIET, partners)


def test_it_counts_what_the_partners_answered(
    federation: Federation,
    outcome: Outcome,
    survey: Survey,
    answers: list[Answers],
    partners: Keys,
) -> None:
    document = outcome.document
    assert (document["state"], document["accepted"]) == ("released", len(answers))
    found, expected = counts_of(document), expected_counts(layout_of(survey), answers)
    shown = {place: count for place, count in found.items() if count is not None}
    assert len(shown) > len(found) // 2
    assert shown == {place: expected[place] for place in shown}
    signed = parse_signed_manifest(document["proof"]["manifest"])
    root = roster_root(sorted(partner_entry(point_bytes(key)) for key in partners))
    roster = verify_signed_manifest(signed, federation.nodes_file).roster
    assert roster == Roster(kind="key", size=len(partners), roots=(root,) * 3)


def test_rows_of_a_file_answer_with_keys_on_one_machine(tmp_path: Path) -> None:
    out = tmp_path / "result.json"
    files = (EXAMPLES / "ict-resilience.survey.json", EXAMPLES / "ict-resilience.answers.csv")
    done = drempel("local", "survey", *files, "--out", out, "--roster", "key", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["accepted"] == 200
    signed = parse_signed_manifest(json.loads(out.read_text("utf-8"))["proof"]["manifest"])
    assert parse_manifest(signed.manifest).roster.kind == "key"


def test_a_puppet_of_the_portals_is_refused_by_the_nodes(
    federation: Federation, outcome: Outcome, partners: Keys
) -> None:
    """A6, over real HTTP: nine keys that no operator confirmed, and one victim."""
    assert outcome.document["state"] == "released"
    puppets = [partners[0], *(generate_p256_key() for _ in range(9))]
    survey = one_question(["yes", "no"], min_count=MIN_COUNT)
    answers: list[Answers] = [{"pick": "yes"}] * 10
    with pytest.raises(NodeRefused, match="not confirmed 9 of the partners"):
        survey_run(federation, survey, answers, QUIET, puppets)


def test_nearly_the_same_partners_are_refused_by_the_nodes(
    federation: Federation, outcome: Outcome, partners: Keys
) -> None:
    """A3, over real HTTP: all confirmed, one left out."""
    assert outcome.document["state"] == "released"
    survey = one_question(["yes", "no"], min_count=MIN_COUNT)
    fewer = partners[1:]
    answers: list[Answers] = [{"pick": "yes"}] * len(fewer)
    with pytest.raises(NodeRefused, match="nearly the same partners"):
        survey_run(federation, survey, answers, QUIET, fewer)
