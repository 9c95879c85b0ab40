"""No store holds both who was invited and what was answered (attack A25), for everybody.

Codes in every form and part, roster entries; package ids and one-time keys: raw, hex, base64
and more, in every database, log, event, broker's file and output, while the survey is open and
after it was erased. Planted in each kind of store, they are found.
"""

import base64
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from mpcengine.protocol.roster import node_code, roster_entry
from mpcengine.protocol.signing import point_bytes
from tests.canary.apart import ANSWERED, INVITED, needles, stores_with, stores_with_both
from tests.canary.house import Place, embedded_place, services_place
from tests.canary.respondent import everything_wrong
from tests.canary.run import Run, begin
from tests.canary.sweep import Haystack

NODES = ("node-a", "node-b", "node-c")


@pytest.fixture(
    params=[
        pytest.param(embedded_place, id="embedded", marks=pytest.mark.files),
        pytest.param(services_place, id="services", marks=pytest.mark.services),
    ]
)
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    kind: Callable[[Path], AbstractContextManager[Place]] = request.param
    with tempfile.TemporaryDirectory(prefix="drempel-apart-") as made, kind(Path(made)) as one:
        yield one


def both(place: Place, haystack: Haystack) -> set[str]:
    place.dump()
    return stores_with_both(place, haystack.sweep([place.folder]))


@pytest.mark.timeout(600)
def test_no_store_holds_both_who_was_invited_and_what_was_answered(place: Place) -> None:
    run = begin(place.federation, place.hers)
    everything_wrong(run.who, run.ticket, run.package)
    haystack = Haystack(needles(run))
    assert both(place, haystack) == set()
    # A search that finds nothing has looked nowhere: each kind is where it belongs.
    hits = haystack.sweep([place.folder])
    assert {f"{node} issuing" for node in NODES} <= stores_with(place, hits, INVITED)
    assert {f"{node} packages" for node in NODES} <= stores_with(place, hits, ANSWERED)
    run.close()
    assert both(place, haystack) == set()
    if not place.clusters:
        for store, plant in plants(place, run).items():
            plant()
            assert store in both(place, haystack), store


def plants(place: Place, run: Run) -> dict[str, Callable[[], object]]:
    """Return for each kind of store a way to put both there."""
    house = place.folder / "house"
    entry = roster_entry(node_code(run.codes[3], run.survey_id, 2))
    key = point_bytes(run.others[2][0].private)
    package_id = run.others[2][1].package

    def row(path: Path, *values: object) -> None:
        with sqlite3.connect(path) as connection:
            connection.execute("CREATE TABLE planted (one, two)")
            connection.execute("INSERT INTO planted VALUES (?, ?)", values)

    def line(path: Path, *values: str) -> int:
        with path.open("a", encoding="utf-8") as file:
            return file.write(" ".join(values) + "\n")

    nodes_table = house / "node-b" / "packages.sqlite3"
    return {
        "node-b packages": lambda: row(nodes_table, entry, package_id),
        "node-c issuing": lambda: row(house / "node-c" / "issuing.sqlite3", entry.hex(), key),
        "relay relay": lambda: row(house / "relay" / "relay.sqlite3", run.codes[1], package_id),
        "portal portal": lambda: row(house / "portal" / "portal.sqlite3", entry, package_id),
        "node-a files": lambda: line(
            house / "node-a" / "log.txt", base64.b64encode(entry).decode(), package_id
        ),
        "portal files": lambda: (
            line(house / "portal" / "worker.out", run.codes[2]),
            line(house / "portal" / "events.jsonl", base64.b64encode(key).decode()),
        ),
    }
