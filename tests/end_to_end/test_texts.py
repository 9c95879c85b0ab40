"""The example with texts, from its files to a verified result: some opened, some not."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from cli.embedded.federation import Federation
from cli.files import read_answer_rows, read_survey, write_json
from connector.answers_csv import Answers
from mpcengine.protocol.canonical import JSON
from tests.end_to_end.harness import EXAMPLES, drempel, run

SURVEY = read_survey(EXAMPLES / "suggestions.survey.json")


@pytest.fixture(scope="module")
def answers() -> list[Answers]:
    return read_answer_rows(EXAMPLES / "suggestions.answers.csv", SURVEY)


@pytest.fixture(scope="module")
def document(federation: Federation, answers: list[Answers]) -> dict[str, JSON]:
    document: dict[str, JSON] = run(federation, SURVEY, answers).document
    return document


@pytest.fixture(scope="module")
def result_file(document: dict[str, JSON], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("texts") / "result.json"
    write_json(path, document)
    return path


def ideas(answers: list[Answers]) -> Counter[str]:
    return Counter(str(row["idea"]) for row in answers if "idea" in row)


def test_it_opens_the_texts_of_a_shown_count_and_no_other(
    document: dict[str, JSON], answers: list[Answers]
) -> None:
    opened, closed = document["texts"]
    assert Counter(opened["answers"]) == ideas(answers)
    assert len(opened["answers"]) >= SURVEY.min_count
    assert (closed["status"], closed["answers"]) == ("withheld", None)
    # Two answered it: their texts stand nowhere in the file.
    secrets = [str(row["secret"]) for row in answers if "secret" in row]
    assert len(secrets) == 2
    assert not any(secret in str(document) for secret in secrets)


def test_it_shows_writes_and_verifies_them(
    result_file: Path, answers: list[Answers], federation: Federation, tmp_path: Path
) -> None:
    written = drempel("show", result_file, "--csv", tmp_path / "csv")
    assert written.returncode == 0, written.stderr
    shown = drempel("show", result_file, "--language", "en")
    assert shown.returncode == 0, shown.stderr
    said = " ".join(shown.stdout.split())
    assert {idea for idea in ideas(answers) if f"- {idea}" not in said} == set()
    assert "in an order that no node knows" in said
    with (tmp_path / "csv" / "_texts-idea.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert Counter(row["text"] for row in rows) == ideas(answers)
    assert not (tmp_path / "csv" / "_texts-secret.csv").exists()
    nodes = federation.house.folder / "nodes.json"
    verified = drempel("verify", result_file, "--nodes", nodes)
    assert verified.returncode == 0, verified.stderr


def test_it_notices_a_text_changed_in_the_file(
    document: dict[str, JSON], tmp_path: Path
) -> None:
    """Fails (the file is taken) if `result.verify_result` does not build texts anew."""
    first, second = document["texts"]
    changed = {**first, "answers": ["a text that nobody sent", *first["answers"][1:]]}
    write_json(tmp_path / "result.json", {**document, "texts": [changed, second]})
    refused = drempel("verify", tmp_path / "result.json")
    assert refused.returncode == 1
    assert "texts[0].answers[0]" in refused.stderr
