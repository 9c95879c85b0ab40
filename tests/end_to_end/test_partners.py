"""Partners answer with their keys, from an invitation to a signed result."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from cli.embedded.federation import Federation
from cli.embedded.house import partners_confirm
from cli.errors import NodeRefused
from cli.files import read_answer_rows, read_partners, read_survey
from cli.partners import Keys, partners_make, partners_named
from cli.respondents import Respondents
from cli.survey_run import Outcome, coordinator_of, survey_run
from cli.terms import terms_by_orders
from connector.answers_csv import Answers
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.manifest import Manifest, Roster, parse_manifest
from mpcengine.protocol.orders import CLOSE
from mpcengine.protocol.partners import PartnersFile, partner_entry
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


def test_a_partner_answers_at_the_command_line(federation: Federation, tmp_path: Path) -> None:
    """From enrolling to counted; a second answer in her name meets her own signature."""
    key, entry, joined = (tmp_path / name for name in ("key.pem", "entry.json", "joined.json"))
    entry.write_text(told("enrol", "--name", "Hospital North", "--out", key), "utf-8")
    others, rest = partners_make(11), tmp_path / "rest.json"
    rest.write_text(json.dumps(partners_named(others).to_json()), "utf-8")
    told("install", "partners", entry, rest, "--out", joined)
    survey_id, manifest = published(federation, read_partners(joined))
    answers, nodes = tmp_path / "answers.json", tmp_path / "nodes.json"
    answers.write_text(json.dumps({"format": "drempel-answers/1", "answers": {"pick": "yes"}}))
    nodes.write_text(json.dumps(federation.nodes_file.to_json()))
    link = f"{federation.relay.url}/answer/{survey_id}"
    given = ("answer", link, answers, "--nodes", nodes)
    kept = ("--attempt", tmp_path / "attempt", "--receipt", tmp_path / "receipt.json")
    keyed = (*given, "--key", key, "--partners")
    assert "not the list of partners" in told(*keyed, rest, *kept, code=2)
    assert "name your key with --key" in told(*given, *kept, code=2)
    said = told(*keyed, joined, *kept)
    assert "12 participants are invited. The list of participants was confirmed" in said
    again = ("--attempt", tmp_path / "again", "--receipt", tmp_path / "again.json")
    refused = told(*given, "--key", key, *again, code=3)
    assert "and a request signed with it is shown" in refused
    assert "Only the attempt that was begun then can go on" in refused
    document = answered(federation, survey_id, manifest, others)
    assert (document["state"], document["accepted"]) == ("released", 12)
    assert counts_of(document) == {("pick", ("yes",)): 12, ("pick", ("no",)): 0}
    assert "counted" in told("receipt", tmp_path / "receipt.json", "--nodes", nodes)


def published(federation: Federation, partners: PartnersFile) -> tuple[str, Manifest]:
    """Have the partners confirmed and invited, and publish a survey of one question."""
    partners_confirm(federation.house, partners)
    survey, coordinator = one_question(["yes", "no"], min_count=5), coordinator_of(federation)
    survey_id = coordinator.create(survey)
    root = coordinator.invite_partners(survey_id, partners)
    terms = terms_by_orders(survey_id, survey, len(partners.partners), "normal")
    terms = replace(terms, partners_root=root)
    proposed = coordinator.prepare(terms)
    coordinator.check(proposed, terms)
    coordinator.publish(survey_id, proposed)
    return survey_id, proposed


def answered(federation: Federation, survey_id: str, manifest: Manifest, others: Keys) -> JSON:
    """Let the others answer yes, close the survey, and return its result."""
    respondents = Respondents(federation=federation, manifest=manifest)
    with QUIET.counting("", len(others)) as counter:
        tickets = respondents.tickets(others, counter)
        respondents.send(tickets, [{"pick": "yes"}] * len(others), counter)
    coordinator = coordinator_of(federation)
    coordinator.order(survey_id, manifest, CLOSE)
    coordinator.wait(survey_id, ("released", "withheld"), seconds=120)
    return coordinator.result(survey_id)


def told(*arguments: object, code: int = 0) -> str:
    """Run ``drempel`` and return what it said, on stdout if it did what it was told."""
    done = drempel(*arguments)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stderr if code else done.stdout


def test_a_puppet_of_the_portals_is_refused_by_the_nodes(
    federation: Federation, outcome: Outcome, partners: Keys
) -> None:
    """A6, over real HTTP: nine keys that no operator confirmed, and one victim."""
    assert outcome.document["state"] == "released"
    partners_confirm(federation.house, partners_named(partners))
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
    partners_confirm(federation.house, partners_named(partners))
    survey = one_question(["yes", "no"], min_count=MIN_COUNT)
    fewer = partners[1:]
    answers: list[Answers] = [{"pick": "yes"}] * len(fewer)
    with pytest.raises(NodeRefused, match="nearly the same partners"):
        survey_run(federation, survey, answers, QUIET, fewer)
