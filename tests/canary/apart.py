"""Needles of who was invited and of what was answered, and the stores that hold either.

A store is what one thief could carry away by itself: a database with its side files, or all
that a service writes beside its databases (logs, events, its broker's folder, output).
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from mpcengine.protocol.roster import node_code, parse_code, roster_entry
from mpcengine.protocol.signing import point_bytes
from tests.canary.forms import Needle, needles_of
from tests.canary.house import Place
from tests.canary.run import Run
from tests.canary.sweep import Hit

INVITED, ANSWERED = "invited", "answered"
# A PostgreSQL server writes the changes of all its databases to one log, and keeps them until
# they are written over. docs/data-lifecycle.md says so; a node that must not have that gives
# ``issuing`` a server of its own.
WRITE_AHEAD = "write-ahead log"


def needles(run: Run) -> Iterator[Needle]:
    """Yield everybody's code in all that is made of it, and everybody's package id and key."""
    for code in run.codes:
        secret = parse_code(code)
        parts = [node_code(secret, run.survey_id, index) for index in (1, 2, 3)]
        texts = (code.encode(), code.upper().encode(), code.replace("-", "").encode())
        for one in (*texts, secret, *parts, *map(roster_entry, parts)):
            yield from needles_of(INVITED, one)
    everybody = [(run.ticket, run.package.package_id)]
    everybody += [(ticket, receipt.package) for ticket, receipt in run.others]
    for ticket, package_id in everybody:
        yield from needles_of(ANSWERED, bytes.fromhex(package_id))
        yield from needles_of(ANSWERED, point_bytes(ticket.private)[1:])


def stores_with_both(place: Place, hits: Iterable[Hit]) -> set[str]:
    """Return the stores in which something of both kinds lies."""
    found: dict[str, set[str]] = {}
    for hit in hits:
        found.setdefault(store_of(place, hit.path), set()).add(hit.canary)
    both = {store for store, kinds in found.items() if len(kinds) > 1}
    return {store for store in both if not store.endswith(WRITE_AHEAD)}


def stores_with(place: Place, hits: Iterable[Hit], kind: str) -> set[str]:
    """Return the stores in which something of one kind lies."""
    return {store_of(place, hit.path) for hit in hits if hit.canary == kind}


def store_of(place: Place, path: Path) -> str:
    """Return the store that a file is part of."""
    first, *rest = path.relative_to(place.folder).parts
    if first.endswith("-dump"):
        return f"{first.removesuffix('-dump')} {path.stem}"
    for service, cluster in place.clusters.items():
        if path.is_relative_to(cluster.data):
            return _in_cluster(place, service, path.relative_to(cluster.data).parts)
    if first == "house" and ".sqlite3" in path.name:
        return f"{rest[0]} {path.name.partition('.sqlite3')[0]}"
    return f"{rest[0]} files" if first == "house" and len(rest) > 1 else first


def _in_cluster(place: Place, service: str, parts: tuple[str, ...]) -> str:
    if parts[0] == "base":
        return f"{service} {place.oids.get((service, parts[1]), parts[1])}"
    return f"{service} {WRITE_AHEAD}" if parts[0] == "pg_wal" else f"{service} cluster"
