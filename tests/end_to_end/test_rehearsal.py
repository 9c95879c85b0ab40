"""``drempel rehearse``: invented respondents answer a live federation, marked as such."""

import json
from pathlib import Path

import pytest

from cli.embedded.federation import Federation
from cli.files import write_json
from cli.results import survey_of
from tests.end_to_end.harness import counts_of, drempel, one_question, sentence_of

ROWS = ["x"] * 12 + ["y"] * 13 + ["z"] * 11


@pytest.fixture
def given(federation: Federation, tmp_path: Path) -> dict[str, Path | str]:
    """Return the arguments of a rehearsal, by option; files are a coordinator's own."""
    house = federation.house
    survey, answers = tmp_path / "survey.json", tmp_path / "answers.csv"
    write_json(survey, one_question("xyz", min_count=10).to_json())
    answers.write_text("\n".join(["pick", *ROWS]), "utf-8")
    return {
        "survey": survey,
        "answers": answers,
        "--portal": house.portal_url,
        "--relay": house.relay_url,
        "--nodes": house.folder / "nodes.json",
        "--token-file": house.token_file,
        "--signing-key": house.folder / "coordinator" / "signing.pem",
        "--out": tmp_path / "result.json",
    }


def rehearse(given: dict[str, Path | str], *more: str) -> "tuple[int, str, str]":
    plain = [given["survey"], given["answers"]]
    options = [part for key, value in given.items() if key[0] == "-" for part in (key, value)]
    done = drempel("rehearse", *plain, *options, *more)
    return done.returncode, done.stdout, sentence_of(done) if done.returncode else ""


def test_it_runs_a_survey_with_invented_respondents(given: dict[str, Path | str]) -> None:
    code, told, _ = rehearse(given, "--json")
    assert code == 0
    assert json.loads(told)["state"] == "released"
    document = json.loads(Path(given["--out"]).read_text("utf-8"))
    counts = counts_of(document)
    assert [counts["pick", (option,)] for option in "xyz"] == [12, 13, 11]
    assert dict(survey_of(document).title) == {"en": "Rehearsal: One question"}
    verified = drempel("verify", given["--out"], "--nodes", given["--nodes"])
    assert verified.returncode == 0
    assert "signed by the nodes" in verified.stdout


@pytest.mark.parametrize(
    ("option", "content"),
    [
        ("--nodes", "{}"),
        ("--signing-key", "no key"),
        ("--token-file", ""),
        ("answers", "pick\nw\n"),
        ("survey", "{}"),
    ],
)
def test_it_refuses_a_file_that_is_wrong(
    option: str, content: str, given: dict[str, Path | str], tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text(content, "utf-8")
    wrong.chmod(0o600)
    code, _, sentence = rehearse({**given, option: wrong})
    assert code == 2, sentence
    assert not Path(given["--out"]).exists()


def test_it_takes_no_token_that_others_can_read(
    given: dict[str, Path | str], tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text("open to all", "utf-8")
    token.chmod(0o644)
    code, _, sentence = rehearse({**given, "--token-file": token})
    assert code == 2
    assert "0600" in sentence
    assert "open to all" not in sentence


def test_it_calls_no_other_machine_in_the_clear(given: dict[str, Path | str]) -> None:
    code, _, sentence = rehearse({**given, "--relay": "http://relay.example"})
    assert code == 2
    assert "--relay" in sentence


def test_it_says_that_a_node_refuses(given: dict[str, Path | str], tmp_path: Path) -> None:
    survey = tmp_path / "small.json"
    write_json(survey, one_question("xyz", min_count=3).to_json())
    code, _, sentence = rehearse({**given, "survey": survey})
    assert code in {2, 3}, sentence
    assert not Path(given["--out"]).exists()
