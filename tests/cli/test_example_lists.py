"""The example lists are what their script makes, and match as they are meant to."""

import runpy
from collections import Counter
from pathlib import Path

from cli.files import read_request
from cli.progress import Progress
from cli.request_run import Listed, RequestOutcome, request_run
from connector.list_files import ListFile
from tests.connector.three_nodes import ThreeNodes

EXAMPLES = Path(__file__).parents[2] / "examples"
MADE = runpy.run_path(str(EXAMPLES / "make_lists.py"))


def run(name: str, files: dict[str, Path]) -> RequestOutcome:
    request = read_request(EXAMPLES / f"{name}.request.json")
    listed = [
        Listed(name=who, source=ListFile(path=path, identifiers=request.identifiers))
        for who, path in files.items()
    ]
    return request_run(ThreeNodes(test=False), request, listed, Progress(is_quiet=True))


def test_the_files_are_what_the_script_makes() -> None:
    for path, text in MADE["files"]().items():
        assert path.read_text(encoding="utf-8") == text


def test_the_match_is_what_the_lists_come_to() -> None:
    files = {"Requester": EXAMPLES / "phishing.indicators.csv"}
    files |= {path.stem: path for path in sorted((EXAMPLES / "phishing.holdings").iterdir())}
    outcome = run("phishing", files)
    section = outcome.document["match"]
    held = Counter(place for seen in MADE["SEEN"].values() for place in seen)
    assert section["organisations"]["count"] == len(MADE["SEEN"])
    assert section["indicators"]["count"] == len(held)
    shown = {row["value"]: row["organisations"] for row in section["per_indicator"]}
    assert shown == {MADE["indicator"](p)[1]: n for p, n in held.items() if n >= 3}
    (report,) = outcome.left_out.values()
    assert [one.row for one in report.dropped] == [62, 63]
    assert len(outcome.hits["insurer"].items or ()) == 1
    assert outcome.hits["pharmacy"].hit is False


def test_the_comparison_is_what_the_lists_come_to() -> None:
    files = {name: EXAMPLES / f"registers.{name}.txt" for name in MADE["CASES"]}
    section = run("registers", files).document["compare"]
    police, register = (set(path.read_text().splitlines()) for path in files.values())
    assert section["intersection"]["count"] == len(police & register)
    assert section["union"]["count"] == len(police | register)
