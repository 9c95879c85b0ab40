"""A respondent leaves no trace in any file of any service beyond what the table allows.

Everything is looked for while the survey is open, after everything has gone wrong, and again
once it is erased and all processes have ended.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from cli.embedded.ports import listen, port_of
from cli.embedded.services import web_program
from connector.errors import Unreachable
from mpcengine.protocol.codec import pack_batch
from tests.canary.allowed import allowed, too_many
from tests.canary.forms import needles_of
from tests.canary.house import Place, embedded_place, services_place, topology_place
from tests.canary.respondent import Respondent, everything_wrong
from tests.canary.run import ANSWERS, Run, begin, wait_for
from tests.canary.sweep import Haystack, by_canary, files_under

Open = Callable[[Path], AbstractContextManager[Place]]
EXPECTED = {
    "again": 201,
    # The relay cannot tell: what is no answer, the nodes refuse.
    "replayed": 201,
    "forged": 201,
    "another version": 400,
    "cut": 400,
    "without a parcel, to the relay": 400,
    "without a parcel": 200,
    "wrong code": 403,
    "other key": 409,
    "broken json": 400,
    "straight to a node": 200,
    "relay: code as address": 404,
    "portal: code in the query": 200,
}


@pytest.fixture
def folder() -> Iterator[Path]:
    """Return a folder into which PostgreSQL's user can go, too."""
    with tempfile.TemporaryDirectory(prefix="drempel-canary-") as made:
        yield Path(made)


@pytest.fixture(
    params=[
        pytest.param(embedded_place, id="embedded", marks=pytest.mark.files),
        pytest.param(topology_place, id="topology", marks=pytest.mark.services),
        pytest.param(services_place, id="services", marks=pytest.mark.services),
    ]
)
def opened(request: pytest.FixtureRequest) -> Open:
    kind: Open = request.param
    return kind


@pytest.mark.timeout(600)
def test_a_respondent_leaves_what_the_table_says_and_no_more(
    opened: Open, folder: Path
) -> None:
    with opened(folder) as place:
        run = begin(place.federation, place.hers)
        wrong = everything_wrong(run.who, run.ticket, run.package)
        assert wrong | EXPECTED == wrong
        # Who sends on while the answer is there already may find the line cut.
        assert wrong["oversize"] in {413, 0}
        services_fail(place, run)
        haystack = Haystack(run.who.needles())
        place.dump()
        while_open = haystack.sweep([place.folder])
        assert too_many(place, while_open, "open") == set()
        swept = {path.name for path in files_under([place.folder])}
        assert {"events.jsonl", "log.txt"} <= swept
        assert {"web.out", "node-a-web.txt"} & swept
        if place.clusters:
            assert {"PG_VERSION", "000000010000000000000001"} <= swept
        # Where she must be found: a sweep that finds nothing has looked nowhere.
        found = by_canary(while_open)
        assert {"package", "package id", "one-time key", "code, hashed"} <= found.keys()
        assert {"parcel", "parcel hash"} <= found.keys()
        keys = wrapped_keys(place)
        run.close()
        place.dump()
        assert too_many(place, haystack.sweep([place.folder]), "erased") == set()
        rewrite_as_told(place, run.who, keys)
    assert too_many(place, haystack.sweep([place.folder]), "erased") == set()


def wrapped_keys(place: Place) -> list[bytes]:
    """Return node a's wrapped share key and issuer key, on services."""
    if not place.clusters:
        return []
    found, cluster = [], place.clusters["node-a"]
    for database in cluster.oids():
        is_issuing = database.endswith("issuing")
        table = "nodes_issuerkey" if is_issuing else "nodes_surveykeys"
        with psycopg.connect(cluster.conninfo(database)) as connection:
            query = f"SELECT wrapped FROM {table}"  # noqa: S608 - a constant
            found += [bytes(row[0]) for row in connection.execute(query.encode())]
    assert len(found) == 2
    return found


def rewrite_as_told(place: Place, who: Respondent, keys: list[bytes]) -> None:
    """Do at node a what the document tells an operator who wants no old pages."""
    if not place.clusters:
        return
    cluster = place.clusters["node-a"]
    base = [cluster.data / "base"]
    wrapped = [needle for key in keys for needle in needles_of("wrapped key", key)]
    haystack = Haystack([*who.needles(), *wrapped])
    cluster.execute("CHECKPOINT")
    assert "wrapped key" in by_canary(haystack.sweep(base))
    place.run("node-a", "rewrite_erased")
    cluster.execute("CHECKPOINT")
    assert by_canary(haystack.sweep(base)).keys() == {"package id"}


def services_fail(place: Place, run: Run) -> None:
    """Kill node c's processes, and where there is one the relay's and node a's PostgreSQL."""
    who = run.who
    corrected = who.package(run.ticket, ANSWERS | {"number": 0}, revision=1)
    hit = [("node-c", "web"), ("node-c", "worker")]
    hit += [(name, "database") for name in ("relay", "node-a") if name in place.clusters]
    for service, kind in hit:
        place.kill(service, kind)
    if place.clusters:
        impatient = replace(who.relay, patience=0.0)
        with pytest.raises(Unreachable):
            impatient.send_octets("packages", who.parcel(corrected).content)
        node = place.hers.nodes["a"]
        batch = pack_batch([who.parcel(corrected).content])
        assert who.call(node, "POST", "api/v1/packages", batch) >= 500
    for service, kind in reversed(hit):
        place.heal(service, kind)
    who.send(corrected)
    wait_for(lambda: place.federation.nodes["c"].get("health").get("status") == "ok")


@pytest.fixture
def answered(folder: Path) -> Iterator[tuple[Place, Respondent]]:
    with embedded_place(folder) as place:
        yield place, begin(place.federation, place.hers).who


def test_it_is_caught_when_logs_are_not_quiet(answered: tuple[Place, Respondent]) -> None:
    """The same relay with Django's own formatter and levels: the sweep must see it."""
    place, who = answered
    haystack = Haystack(who.needles())
    with listen(0) as socket:
        assert place.house is not None
        assert place.supervisor is not None
        quiet = web_program(place.house, "relay", socket.fileno())
        program = replace(
            quiet,
            name="relay loose",
            arguments=tuple(
                "tests.canary.loose:application" if one == "config.wsgi:application" else one
                for one in quiet.arguments
            ),
        )
        place.supervisor.start(program)
        base = replace(who.relay, url=f"http://127.0.0.1:{port_of(socket)}")
        assert who.call(base, "GET", f"x/{who.code}") == 404
        wait_for(lambda: bool(too_many(place, haystack.sweep([place.folder]), "open")))
    (found,) = too_many(place, haystack.sweep([place.folder]), "open")
    assert found.startswith("code (raw)")
    assert found.endswith("log.txt")


@pytest.mark.services
@pytest.mark.timeout(600)
def test_it_is_caught_when_postgresql_is_not_quiet_or_something_is_planted(
    folder: Path,
) -> None:
    with services_place(folder) as place:
        relay = place.clusters["relay"]
        relay.execute("ALTER SYSTEM SET log_statement = 'all'")
        relay.execute("SELECT pg_reload_conf()")
        run = begin(place.federation, place.hers)
        haystack = Haystack(run.who.needles())
        place.dump()
        found = too_many(place, haystack.sweep([place.folder]), "open")
        assert any("relay-postgresql/data/log" in one for one in found)
        relay.execute("ALTER SYSTEM RESET log_statement")
        relay.execute("SELECT pg_reload_conf()")
        plants = planted(place, run.who.code)
        for plant in plants.values():
            plant()
        place.dump()
        found = too_many(place, haystack.sweep([place.folder]), "open")
        codes = [one for one in found if one.startswith("code (")]
        assert {spot for spot in plants if not any(spot in one for one in codes)} == set()


def planted(place: Place, code: str) -> dict[str, Callable[[], object]]:
    """Return for each kind of file a way to put the code there, and what its path holds."""
    house, clusters = place.folder / "house", place.clusters

    def append(path: Path) -> Callable[[], object]:
        def act() -> None:
            with path.open("a", encoding="utf-8") as file:
                file.write(code.encode().hex())

        return act

    def told(service: str, database: str) -> Callable[[], object]:
        statement = f"CREATE TABLE planted AS SELECT '{code}'::text AS code"
        return lambda: clusters[service].execute(statement, database)

    return {
        "node-a/log.txt": append(house / "node-a" / "log.txt"),
        "relay/events.jsonl": append(house / "relay" / "events.jsonl"),
        "portal/web.out": append(house / "portal" / "web.out"),
        "node-b/worker.out": append(house / "node-b" / "worker.out"),
        "house/tmp": append(house / "tmp" / "left"),
        "house/numba": append(house / "numba" / "left.nbi"),
        "node-c-redis": append(place.folder / "node-c-redis" / "appendonlydir" / "left"),
        "node packages": told("node-a", "packages"),
        "node issuing": told("node-b", "issuing"),
        "portal": told("portal", "portal"),
    }


def test_the_table_allows_no_secret_and_nothing_outside_databases() -> None:
    table = allowed()
    assert {one.what for one in table} == {
        "code, hashed",
        "package",
        "parcel",
        "parcel hash",
        "envelope",
        "token",
        "one-time key",
        "package id",
    }
    assert {one.where for one in table} == {"portal", "relay", "node packages", "node issuing"}
    assert {one.what for one in table if one.phase == "erased"} == {"package id"}
