"""The example survey, from its files to a signed result that says what the file says."""

import csv
import secrets
from dataclasses import replace
from pathlib import Path

import pytest

from cli.embedded.federation import Federation
from cli.errors import CliError
from cli.files import read_answer_rows, read_survey, write_json
from cli.survey_run import Outcome, coordinator_of
from cli.terms import STRICT, terms_by_orders
from connector.answers_csv import Answers
from connector.errors import Misbehaved, Refused
from connector.respondent import manifest_fetch
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.disclosure import reference_round_one, reference_round_two
from mpcengine.protocol.draws import DRAW_BITS, draw_labels
from mpcengine.protocol.layout import Layout
from mpcengine.protocol.pattern import Pattern
from mpcengine.protocol.receipt import parse_receipt
from mpcengine.protocol.signing import LABEL_MANIFEST, sign
from mpcengine.protocol.strict import to_base64
from mpcengine.protocol.survey import Survey
from tests.end_to_end.harness import (
    EXAMPLES,
    counts_of,
    drempel,
    expected_counts,
    layout_of,
    pattern_of,
    run,
    totals_of,
)

RUNS_OF_THE_REFERENCE = 400


@pytest.fixture(scope="module")
def survey() -> Survey:
    return read_survey(EXAMPLES / "ict-resilience.survey.json")


@pytest.fixture(scope="module")
def answers(survey: Survey) -> list[Answers]:
    return read_answer_rows(EXAMPLES / "ict-resilience.answers.csv", survey)


@pytest.fixture(scope="module")
def layout(survey: Survey) -> Layout:
    return layout_of(survey)


@pytest.fixture(scope="module")
def outcome(federation: Federation, survey: Survey, answers: list[Answers]) -> Outcome:
    return run(federation, survey, answers)


@pytest.fixture(scope="module")
def result_file(outcome: Outcome, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("result") / "result.json"
    write_json(path, outcome.document)
    return path


def test_it_counts_every_row_of_the_file(outcome: Outcome, answers: list[Answers]) -> None:
    assert outcome.document["state"] == "released"
    assert outcome.document["accepted"] == len(answers) == 200
    assert outcome.document["rejected"] == []


def test_it_gives_the_files_counts_in_every_released_cell(
    outcome: Outcome, layout: Layout, answers: list[Answers]
) -> None:
    found, expected = counts_of(outcome.document), expected_counts(layout, answers)
    assert found.keys() == expected.keys()
    shown = {place: count for place, count in found.items() if count is not None}
    assert shown == {place: expected[place] for place in shown}
    # Neither everything nor nothing: both halves of the gate were at work.
    assert len(found) > len(shown) > len(found) / 2


def test_it_hides_every_count_below_min_count(
    outcome: Outcome, layout: Layout, answers: list[Answers], survey: Survey
) -> None:
    found, expected = counts_of(outcome.document), expected_counts(layout, answers)
    small = {p for p, count in expected.items() if 0 < count < survey.min_count}
    assert small
    assert all(found[place] is None for place in small)


def test_it_gives_the_files_mean_and_variance(outcome: Outcome, answers: list[Answers]) -> None:
    values = [row["incidents"] for row in answers if row.get("incidents") is not None]
    (row,) = outcome.document["statistics"]
    mean = sum(values) / len(values)
    assert row["n"] == len(values)
    assert row["mean"]["value"] == pytest.approx(mean, rel=1e-15)
    variance = sum((value - mean) ** 2 for value in values) / (len(values) - 1)
    assert row["variance"]["value"] == pytest.approx(variance, rel=1e-12)


def test_it_hides_what_some_run_of_the_plain_reference_hides(
    outcome: Outcome, layout: Layout, answers: list[Answers], survey: Survey
) -> None:
    """The draws are secret, so a table's pattern must be one that some draws lead to."""
    totals = totals_of(layout, answers)
    found = pattern_of(layout, outcome.document)
    possible: dict[str, set[tuple[bool, ...]]] = {}
    for _ in range(RUNS_OF_THE_REFERENCE):
        pattern = _reference(layout, totals, len(answers), survey.min_count, found)
        for table, flags in pattern.tables.items():
            possible.setdefault(table, set()).add(flags)
        assert pattern.nulls == found.nulls
    assert possible.keys() == found.tables.keys()
    strange = {t for t, flags in found.tables.items() if flags not in possible[t]}
    assert not strange


def test_it_gives_every_respondent_a_receipt_that_stands_in_the_public_lists(
    outcome: Outcome, federation: Federation
) -> None:
    digest = outcome.verification.manifest
    lists = [node.get(f"lists/{digest}/accepted")["ids"] for node in federation.nodes.values()]
    receipts = [parse_receipt(receipt.to_json()) for receipt in outcome.receipts]
    assert lists[0] == lists[1] == lists[2] == sorted(one.package for one in receipts)


def test_show_prints_the_tables_in_eighty_columns(result_file: Path) -> None:
    done = drempel("show", result_file, "--language", "nl")
    assert done.returncode == 0, done.stderr
    assert "Wat voor organisatie bent u?" in done.stdout
    assert "verborgen" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_show_writes_csv_files_with_empty_hidden_cells(
    result_file: Path, tmp_path: Path, outcome: Outcome
) -> None:
    done = drempel("show", result_file, "--csv", tmp_path / "tables")
    assert done.returncode == 0, done.stderr
    found = counts_of(outcome.document)
    text = (tmp_path / "tables" / "sector+watch.csv").read_text("utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    assert len(rows) == 12
    for row in rows:
        count = found["sector*watch", (row["sector"], row["watch"])]
        assert row["count"] == ("" if count is None else str(count))
    assert (tmp_path / "tables" / "_statistics.csv").exists()


def test_verify_says_what_it_checked(result_file: Path, federation: Federation) -> None:
    alone = drempel("verify", result_file)
    assert alone.returncode == 0
    assert "consistent; who the nodes are was not checked" in alone.stdout
    nodes = drempel("verify", result_file, "--nodes", federation.house.folder / "nodes.json")
    assert nodes.returncode == 0
    assert "signed by the nodes of" in nodes.stdout


def test_verify_refuses_other_nodes(
    result_file: Path, federation: Federation, tmp_path: Path
) -> None:
    nodes = federation.house.nodes.to_json()
    entries: JSON = nodes["nodes"]
    keys = [entry["identity_key"] for entry in entries]
    for entry, key in zip(entries, [keys[1], keys[0], keys[2]], strict=True):
        entry["identity_key"] = key
    write_json(tmp_path / "nodes.json", nodes)
    done = drempel("verify", result_file, "--nodes", tmp_path / "nodes.json")
    assert done.returncode == 1
    assert "another key than the nodes file" in done.stderr


def test_a_manifest_changed_after_signing_is_refused_by_the_nodes(
    federation: Federation, survey: Survey
) -> None:
    coordinator = coordinator_of(federation)
    survey_id = coordinator.create(survey)
    coordinator.invite(survey_id, 30)
    manifest = coordinator.prepare(terms_by_orders(survey_id, survey, 30, STRICT))
    signature = sign(coordinator.key, LABEL_MANIFEST, manifest.raw)
    changed = manifest.raw.replace(b'"min_count":10', b'"min_count":9')
    assert changed != manifest.raw
    for data, code in ((changed, "signature.invalid"), (manifest.raw, "roster.root")):
        body = {
            "manifest": to_base64(data),
            "coordinator_signature": to_base64(signature),
            "roster": ["00" * 32],
        }
        for node in federation.nodes.values():
            with pytest.raises(Refused) as refusal:
                node.send("POST", "manifests", body)
            # Unchanged it gets further: to the roster, which is not the manifest's.
            assert refusal.value.code == code


def test_a_respondent_refuses_a_manifest_with_another_signature(
    federation: Federation, outcome: Outcome
) -> None:
    nodes = federation.house.nodes
    first, second, third = nodes.nodes
    strangers = replace(
        nodes, nodes=(replace(first, identity_key=second.identity_key), second, third)
    )
    manifest = manifest_fetch(federation.relay, outcome.survey_id, nodes)
    assert manifest.digest == outcome.verification.manifest
    with pytest.raises(Misbehaved):
        manifest_fetch(federation.relay, outcome.survey_id, strangers)


def test_a_portal_that_changes_the_survey_gets_no_signature(
    federation: Federation, survey: Survey
) -> None:
    coordinator = coordinator_of(federation)
    survey_id = coordinator.create(survey)
    coordinator.invite(survey_id, 30)
    terms = terms_by_orders(survey_id, survey, 30, STRICT)
    manifest = coordinator.prepare(terms)
    coordinator.check(manifest, terms)
    for asked in (
        replace(terms, survey=replace(survey, min_count=11)),
        replace(terms, invited=31),
        replace(terms, timing="normal"),
    ):
        with pytest.raises(CliError):
            coordinator.check(manifest, asked)


def _reference(
    layout: Layout, totals: list[int], accepted: int, min_count: int, found: Pattern
) -> Pattern:
    """Run the plain reference once with fresh draws; round two follows the pattern found."""
    plan = layout.plan
    labels = [*draw_labels(plan, 1), *draw_labels(plan, 2)]
    draws = {label: secrets.randbits(DRAW_BITS) for label in labels}
    # The squares of the example are far from any bound; zero keeps both statistics open.
    squares = [0] * len(plan.statistics)
    first = reference_round_one(plan, totals, squares, accepted, min_count, draws)
    second = reference_round_two(plan, totals, found, min_count, draws)
    return Pattern(tables={**first.tables, **second.tables}, nulls=first.nulls, statistics={})
