"""Contact by the console script: exactly those who opted in and have a hit, and nobody else."""

import json
from pathlib import Path

import pytest

from tests.end_to_end.harness import drempel

# Of 25 holders seven have a hit; three of those opt in, and two of the others do.
HELD: dict[int, range] = {
    3: range(20),
    4: range(15),
    7: range(12),
    9: range(10),
    12: range(10),
    17: range(5),
    25: range(5, 6),
}
OPTED_WITH_HIT = (3, 9, 25)
OPTED_WITHOUT = (1, 18)
HOLDERS = 25


def name(place: int) -> str:
    return f"holder-{place:02}"


def lists(folder: Path) -> None:
    folder.mkdir()
    for place in range(1, HOLDERS + 1):
        own = [f"item {number}" for number in HELD.get(place, range(0))]
        own += [f"own {place} {number}" for number in range(30)]
        (folder / f"{name(place)}.txt").write_text("\n".join(own) + "\n", encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["pre", "post"])
def test_a_match_of_25_holders_introduces_exactly_three(tmp_path: Path, mode: str) -> None:
    definition = {
        "format": "drempel-request/1",
        "kind": "match",
        "title": {"en": "t"},
        "purpose": {"en": "p"},
        "identifier": "opaque",
        "min_organisations": 3,
        "min_count": 5,
        "contact": mode,
    }
    request, indicators = tmp_path / "request.json", tmp_path / "indicators.txt"
    request.write_text(json.dumps(definition), encoding="utf-8")
    asked = "".join(f"item {number}\n" for number in range(40))
    indicators.write_text(asked, encoding="utf-8")
    lists(tmp_path / "lists")
    opted = [("--opt-in", name(place)) for place in OPTED_WITH_HIT + OPTED_WITHOUT]
    out = tmp_path / "result.json"
    done = drempel(
        *("local", "match", request, "--indicators", indicators),
        *("--holdings", tmp_path / "lists", "--out", out, "--json"),
        *(part for pair in opted for part in pair),
        timeout=500,
    )
    assert done.returncode == 0, done.stderr
    section = json.loads(out.read_text(encoding="utf-8"))["match"]
    assert section["organisations"]["count"] == len(HELD)
    assert section["indicators"]["count"] == 20
    for place in range(1, HOLDERS + 1):
        hits = json.loads((tmp_path / f"{name(place)}.hits.json").read_text())
        assert hits["hit"] == (place in HELD)
        assert len(hits["items"]) == len(HELD.get(place, range(0)))
        contacts = json.loads((tmp_path / f"{name(place)}.contact.json").read_text())
        found = [row["card"]["organisation"] for row in contacts["contacts"]]
        assert found == (["Requester"] if place in OPTED_WITH_HIT else [])
    found = [row["card"]["organisation"] for row in section["contacts"]]
    assert found == [name(place) for place in OPTED_WITH_HIT]
    assert drempel("verify", out).returncode == 0
    assert name(3) in drempel("show", out).stdout
