"""Files appear whole or not at all."""

import json
import os
from pathlib import Path

import pytest

from cli import files
from cli.errors import BadInput, CliError
from cli.files import check_output, read_answer_rows, read_json, read_survey, write_json


def test_a_written_file_is_whole_and_alone(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    write_json(path, {"één": 1})
    write_json(path, {"één": 2})
    assert json.loads(path.read_text("utf-8")) == {"één": 2}
    assert [entry.name for entry in tmp_path.iterdir()] == ["result.json"]


def test_a_write_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "result.json"
    write_json(path, 1)

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("cli.files.os.fsync", fail)
    with pytest.raises(CliError) as error:
        write_json(path, 2)
    assert error.value.sentence == f"{path} cannot be written: No space left on device."
    assert json.loads(path.read_text("utf-8")) == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["result.json"]


@pytest.mark.parametrize("name", ["", "absent/result.json"])
def test_an_output_that_cannot_be_is_refused_before_work(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput):
        check_output(tmp_path / name)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as error:
        read_json(tmp_path)
    assert error.value.sentence == f"{tmp_path} is a folder; name a file."


def test_a_file_that_is_too_large_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "survey.json"
    path.write_text("[1, 2, 3]", "utf-8")
    monkeypatch.setattr(files, "LARGEST_FILE_BYTES", 5)
    with pytest.raises(BadInput):
        read_json(path)


def test_a_special_file_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(BadInput) as error:
            read_json(path)
        assert error.value.sentence == f"{path} is not a regular file; name one."


def test_a_byte_order_mark_is_passed_over_and_an_empty_file_is_called_so(
    tmp_path: Path,
) -> None:
    path = tmp_path / "survey.json"
    path.write_bytes(b"\xef\xbb\xbf[1]")
    assert read_json(path) == [1]
    path.write_bytes(b"\xef\xbb\xbf\n")
    with pytest.raises(BadInput) as error:
        read_json(path)
    assert error.value.sentence == f"{path} is empty; it must hold JSON."


def test_a_range_is_judged_by_the_real_number_of_rows(tmp_path: Path) -> None:
    question = {"id": "n", "kind": "number", "title": {"en": "N"}, "min": 0, "max": 2**29 - 1}
    value: dict[str, object] = {
        "format": "drempel-survey/1",
        "title": {"en": "T"},
        "min_count": 5,
    }
    value["questions"] = [{**question, "bins": [0, 5]}]
    write_json(tmp_path / "survey.json", value)
    survey = read_survey(tmp_path / "survey.json")
    rows = tmp_path / "answers.csv"
    rows.write_text("n\n1\n", "utf-8")
    assert len(read_answer_rows(rows, survey)) == 1
    rows.write_text("n\n1\n2\n", "utf-8")
    with pytest.raises(BadInput) as error:
        read_answer_rows(rows, survey)
    assert "answers of 2 respondents" in error.value.sentence
