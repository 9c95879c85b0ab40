"""``drempel hold``: a holder of data answers requests, by hand or unattended."""

import argparse
import json
import secrets
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from cli.errors import FAILED, BadInput

if TYPE_CHECKING:
    from cli.holding import House
    from connector.list_files import Source

HELP = "hold data: check lists, answer requests, unattended too, and read your own hits"
SHORTEST_PAUSE, USUAL_PAUSE, LONGEST_PAUSE = 1, 60, 24 * 3600
FORMS = ("values", "table", "misp", "stix")


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the things a holder can do."""
    doing = parser.add_subparsers(dest="doing", metavar="DO", required=True)
    init = doing.add_parser("init", help="make keys and terms in a new folder")
    init.add_argument("folder", metavar="FOLDER", type=Path)
    init.add_argument("--name", required=True, help="what your organisation is called")
    init.add_argument("--nodes", metavar="NODES.json", type=Path, required=True)
    init.add_argument("--list", metavar="FILE", type=Path, required=True, help="your list")
    for name, words in (
        ("entry", "print the public keys that a coordinator needs"),
        ("requests", "say how far each request is"),
    ):
        doing.add_parser(name, help=words).add_argument("folder", metavar="FOLDER", type=Path)
    for name, words in (
        ("consent", "take part in one request"),
        ("refuse", "decline one request; to others it looks like taking part"),
    ):
        deciding = doing.add_parser(name, help=words)
        deciding.add_argument("folder", metavar="FOLDER", type=Path)
        deciding.add_argument("request", metavar="REQUEST", help="a file, address or digest")
    contact = doing.add_parser("contact", help="say whether to be found about one request")
    contact.add_argument("folder", metavar="FOLDER", type=Path)
    contact.add_argument("request", metavar="REQUEST", help="a file, address or digest")
    contact.add_argument("answer", choices=("yes", "no"))
    go = doing.add_parser("run", help="answer requests as the terms say, unattended")
    go.add_argument("folder", metavar="FOLDER", type=Path)
    go.add_argument("--once", action="store_true", help="go as far as possible now, and end")
    go.add_argument("--every", metavar="SECONDS", type=int, default=USUAL_PAUSE)
    check = doing.add_parser("check", help="read a list as a request would; nothing is sent")
    check.add_argument("request", metavar="REQUEST", type=Path)
    _configure_list(check)
    hits = doing.add_parser("sightings", help="write your own hits for MISP or as STIX 2.1")
    hits.add_argument("hits", metavar="HITS.json", type=Path)
    hits.add_argument("--form", choices=FORMS[2:], required=True)
    hits.add_argument("--identifier", metavar="TYPE", action="append", required=True)
    hits.add_argument("--name", required=True, help="what your organisation is called")
    hits.add_argument("--out", metavar="FILE", type=Path, required=True)


def _configure_list(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--data", metavar="FILE", type=Path, required=True, help="your list")
    add("--form", choices=FORMS, default=FORMS[0], help="what the file is (values)")
    add("--column", metavar="NAME", help="the column of the values, in a table of one type")
    add("--map", metavar="COLUMN=TYPE", action="append", default=[], help="form table")
    add("--all-attributes", action="store_true", help="form misp: also without to_ids")
    add("--warninglist", metavar="FILE", type=Path, action="append", default=[])
    add("--json", action="store_true", help="print machine-readable output")


def run(arguments: argparse.Namespace) -> int:
    """Do what is asked; return the exit code."""
    from cli.holding import house_make, house_open  # noqa: PLC0415 - arguments first

    doing = arguments.doing
    if doing == "check":
        return _check(arguments)
    if doing == "sightings":
        return _sightings(arguments)
    if doing == "init":
        house_make(
            arguments.folder, name=arguments.name, nodes=arguments.nodes, listed=arguments.list
        )
        print(
            f"{arguments.folder} holds your keys and terms; {arguments.folder}/hold.json says"
        )
        print("to what you agree beforehand: nothing yet. Give the coordinator this:")
    house = house_open(arguments.folder)
    if doing in {"init", "entry"}:
        print(json.dumps(house.entry, ensure_ascii=False))
        return 0
    if doing == "requests":
        return _requests(house)
    if doing == "run":
        return _run(house, arguments)
    manifest = house.request_add(_given(arguments.request))
    if doing == "contact":
        house.contact_decide(manifest, opts_in=arguments.answer == "yes")
    else:
        house.decide(manifest, takes_part=doing == "consent")
    print(f"{manifest.digest}: noted; 'drempel hold run' carries it out.")
    return 0


def _given(request: str) -> str:
    """Return a request as it is named, a file by its whole path."""
    is_elsewhere = request.startswith(("sha256:", "http://", "https://"))
    return request if is_elsewhere else str(Path(request).absolute())


def _run(house: "House", arguments: argparse.Namespace) -> int:
    from cli.folders import folder_held  # noqa: PLC0415
    from cli.holding import round_go  # noqa: PLC0415

    if not SHORTEST_PAUSE <= arguments.every <= LONGEST_PAUSE:
        raise BadInput(f"--every must be from {SHORTEST_PAUSE} to {LONGEST_PAUSE} seconds.")

    def tell(sentence: str) -> None:
        print(f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} {sentence}", flush=True)

    with folder_held(house.folder):
        while True:
            faults = round_go(house, tell)
            if arguments.once:
                return FAILED if faults else 0
            # Between half and one and a half of it: calls of holders do not come together.
            time.sleep(arguments.every * (0.5 + secrets.randbelow(1000) / 1000))


def _requests(house: "House") -> int:
    for _, manifest in house.requests():
        holding = house.work(manifest).load()
        state = "new" if holding is None else holding.state.replace("_", " ")
        reason = "" if holding is None or not holding.reason else f" ({holding.reason})"
        title = dict(manifest.request.title)
        text = title.get("en") or next(iter(title.values()))
        print(f"{manifest.digest}  {state}{reason}  {manifest.requester.name}: {text}")
    return 0


def _check(arguments: argparse.Namespace) -> int:
    from cli.files import read_request  # noqa: PLC0415
    from mpcengine.protocol.errors import MalformedInput  # noqa: PLC0415

    request = read_request(arguments.request)
    seen: set[tuple[str, str]] = set()
    try:
        source = _source(arguments, request.identifiers)
        report = source.read(lambda _, found: seen.add((found.type, found.value)))
    except MalformedInput as error:
        raise BadInput(f"{arguments.data}: {error.sentence}") from None
    except OSError as error:
        raise BadInput(f"{error.filename or arguments.data} cannot be read.") from None
    groups = report.grouped()
    if arguments.json:
        left = [{"reason": why, "count": count, "rows": at} for why, count, at in groups]
        told = {"taken": report.taken, "different": len(seen), "left_out": left}
        print(json.dumps(told, ensure_ascii=False))
        return 0
    print(f"{report.taken} values can be compared, {len(seen)} of them different.")
    if report.left_out:
        print(f"{report.left_out} are left out:")
    for why, count, at in groups:
        rows = ", ".join(map(str, at)) + (" …" if count > len(at) else "")
        print(f"  {count}: the value {why} (row {rows})")
    print("Nothing was sent.")
    return 0


def _source(arguments: argparse.Namespace, identifiers: tuple[str, ...]) -> "Source":
    from connector.standing import ListTerms  # noqa: PLC0415

    columns = dict(pair.split("=", 1) for pair in arguments.map if "=" in pair)
    if len(columns) != len(arguments.map) or bool(columns) != (arguments.form == "table"):
        raise BadInput("--form table needs --map COLUMN=TYPE for each column, others none.")
    terms = ListTerms(
        path=arguments.data,
        form=arguments.form,
        columns=columns,
        column=arguments.column,
        is_all=arguments.all_attributes,
        warninglists=tuple(arguments.warninglist),
    )
    return terms.source(identifiers)


def _sightings(arguments: argparse.Namespace) -> int:
    from cli.files import read_json  # noqa: PLC0415
    from cli.folders import write_new  # noqa: PLC0415
    from cli.holding import sightings_make  # noqa: PLC0415
    from mpcengine.protocol.errors import MalformedInput  # noqa: PLC0415
    from mpcengine.protocol.hits import parse_hits  # noqa: PLC0415
    from mpcengine.protocol.identifiers import TYPES  # noqa: PLC0415

    if unknown := set(arguments.identifier) - set(TYPES):
        raise BadInput(f"--identifier {sorted(unknown)[0]} is no type of identifier.")
    try:
        hits = parse_hits(read_json(arguments.hits))
    except MalformedInput as error:
        raise BadInput(f"{arguments.hits}: {error.sentence}") from None
    identifiers = tuple(name for name in TYPES if name in arguments.identifier)
    document = sightings_make(arguments.form, hits.items or (), identifiers, arguments.name)
    write_new(arguments.out, json.dumps(document, ensure_ascii=False, indent=1) + "\n")
    print(
        f"{len(hits.items or ())} values of your own hits, in {arguments.out}.", file=sys.stderr
    )
    return 0
