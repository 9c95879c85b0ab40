"""``drempel local``: a survey or a request from files to a signed result, on this machine."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from cli.errors import BadInput

if TYPE_CHECKING:
    from cli.embedded.federation import Options
    from cli.request_run import RequestOutcome
    from mpcengine.protocol.result import Verification

HELP = "run a survey, a match or a comparison through three nodes on this machine"
SURVEY_HELP = "run a survey through three nodes on this machine, from its files to its result"
MATCH_HELP = "ask whether anybody's list holds one of the requester's indicators"
COMPARE_HELP = "ask how much two or more lists overlap"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare ``survey``, ``match`` and ``compare`` with their files."""
    kinds = parser.add_subparsers(dest="kind", metavar="KIND", required=True)
    survey = kinds.add_parser(
        "survey", help="every row of a file answers a survey", description=SURVEY_HELP
    )
    match = kinds.add_parser("match", help=MATCH_HELP, description=MATCH_HELP)
    compare = kinds.add_parser("compare", help=COMPARE_HELP, description=COMPARE_HELP)
    _configure_survey(survey)
    _configure_match(match)
    compare.add_argument("request", metavar="REQUEST.json", type=Path)
    compare.add_argument(
        "--list", metavar="NAME=FILE", action="append", default=[], help="a list; two or more"
    )
    for lists in (match, compare):
        lists.add_argument(
            "--column", metavar="NAME", help="files are tables: the column that has the values"
        )
    for child in (survey, match, compare):
        _configure_all(child)


def _configure_survey(survey: argparse.ArgumentParser) -> None:
    survey.add_argument("survey", metavar="SURVEY.json", type=Path)
    survey.add_argument("answers", metavar="ANSWERS.csv", type=Path)
    survey.add_argument(
        "--roster",
        choices=("code", "key"),
        default="code",
        help="rows answer with invitation codes, or with partners' keys made for them",
    )


def _configure_match(match: argparse.ArgumentParser) -> None:
    match.add_argument("request", metavar="REQUEST.json", type=Path)
    match.add_argument(
        "--indicators", metavar="FILE", type=Path, required=True, help="the requester's list"
    )
    match.add_argument(
        "--holding", metavar="NAME=FILE", action="append", default=[], help="a holder's list"
    )
    match.add_argument(
        "--holdings", metavar="DIR", type=Path, help="a folder of holders' lists, by file name"
    )
    match.add_argument(
        "--opt-in",
        metavar="NAME[=FILE]",
        action="append",
        default=[],
        help="a holder who may be found, with contact details of her own if FILE is given",
    )


def _configure_all(child: argparse.ArgumentParser) -> None:
    child.add_argument("--out", metavar="RESULT.json", type=Path, required=True)
    child.add_argument("--keep", metavar="DIR", type=Path, help="keep all services' data")
    child.add_argument(
        "--services",
        metavar="FILE",
        type=Path,
        help="run on the PostgreSQL and Redis that this file names",
    )
    child.add_argument("--json", action="store_true", help="print a machine-readable summary")


def run(arguments: argparse.Namespace) -> int:
    """Check files and places to write, then run, then write the result."""
    return _survey(arguments) if arguments.kind == "survey" else _request(arguments)


def _survey(arguments: argparse.Namespace) -> int:
    # Imported here: bad arguments are answered before the protocol is loaded.
    from cli.embedded.federation import running  # noqa: PLC0415
    from cli.embedded.house import partners_confirm  # noqa: PLC0415
    from cli.files import check_output, read_answer_rows, read_survey, write_json  # noqa: PLC0415
    from cli.partners import partners_make, partners_named  # noqa: PLC0415
    from cli.progress import Progress  # noqa: PLC0415
    from cli.survey_run import survey_run  # noqa: PLC0415

    survey = read_survey(arguments.survey)
    answers = read_answer_rows(arguments.answers, survey)
    partners = partners_make(len(answers)) if arguments.roster == "key" else None
    check_output(arguments.out)
    options = _options(arguments)
    progress = Progress(is_quiet=arguments.json)
    progress.step("Starting a portal, a relay and three nodes on this machine")
    with running(options) as federation:
        if partners is not None:
            partners_confirm(federation.house, partners_named(partners))
        outcome = survey_run(federation, survey, answers, progress, partners)
        progress.step("Stopping")
    write_json(arguments.out, outcome.document)
    found = outcome.verification
    print_outcome(found, arguments.out, seconds=progress.seconds if arguments.json else None)
    return 0


def _request(arguments: argparse.Namespace) -> int:
    from cli.contacting import opt_ins_read  # noqa: PLC0415
    from cli.embedded.federation import running  # noqa: PLC0415
    from cli.files import check_output, read_request  # noqa: PLC0415
    from cli.local_lists import check_hits, lists_of  # noqa: PLC0415
    from cli.progress import Progress  # noqa: PLC0415
    from cli.request_run import request_run  # noqa: PLC0415

    request = read_request(arguments.request)
    lists = lists_of(arguments, request)
    check_output(arguments.out)
    check_hits(arguments.out, lists)
    names = [one.name for one in lists]
    opted = opt_ins_read(getattr(arguments, "opt_in", []), names, request)
    options = _options(arguments)
    progress = Progress(is_quiet=arguments.json)
    progress.step("Starting three nodes on this machine")
    with running(options) as federation:
        outcome = request_run(federation, request, lists, progress, opted)
        progress.step("Stopping")
    hits, cards = _write(outcome, arguments.out)
    if arguments.json:
        summary = _request_summary(outcome, arguments.out, hits, cards, progress.seconds)
        print(json.dumps(summary))
        return 0
    found = outcome.verification
    print(_sentence(found.state, found.reason, arguments.out, what="numbers"))
    if hits:
        print(f"Holders' own hits: {', '.join(map(str, hits.values()))}.")
    if cards:
        print(f"Cards that holders may read: {', '.join(map(str, cards.values()))}.")
    return 0


def _write(outcome: "RequestOutcome", out: Path) -> tuple[dict[str, Path], dict[str, Path]]:
    """Write the result and what is some holder's own; return those files by name."""
    from cli.contacting import contact_path, contacts_document  # noqa: PLC0415
    from cli.files import write_json  # noqa: PLC0415
    from cli.local_lists import hits_path  # noqa: PLC0415

    hits = {name: hits_path(out, name) for name in outcome.hits}
    for name, own in outcome.hits.items():
        write_json(hits[name], own.to_json())
    cards = {name: contact_path(out, name) for name in outcome.contacts}
    for name, found in outcome.contacts.items():
        write_json(cards[name], contacts_document(outcome.verification.manifest, found))
    write_json(out, outcome.document)
    return hits, cards


def _request_summary(
    outcome: "RequestOutcome",
    out: Path,
    hits: dict[str, Path],
    cards: dict[str, Path],
    seconds: float,
) -> dict[str, object]:
    contacts = {name: str(path) for name, path in cards.items()}
    return {
        **_summary(outcome.verification, out, seconds),
        "hits": {name: str(path) for name, path in hits.items()},
        **({"contacts": contacts} if contacts else {}),
        "left_out": {
            path: {
                "count": report.left_out,
                "rows": [{"row": one.row, "reason": one.reason} for one in report.dropped],
            }
            for path, report in outcome.left_out.items()
        },
    }


def _options(arguments: argparse.Namespace) -> "Options":
    from cli.embedded.federation import Options  # noqa: PLC0415
    from cli.embedded.services_file import services_read  # noqa: PLC0415

    services = None if arguments.services is None else services_read(arguments.services)
    _check_keep(arguments.keep)
    return Options(folder=arguments.keep, services=services)


def print_outcome(found: "Verification", out: Path, *, seconds: float | None) -> None:
    """Say how a survey ended, in a sentence or, with ``seconds``, as one JSON line."""
    if seconds is None:
        print(_sentence(found.state, found.reason, out))
        return
    print(json.dumps(_summary(found, out, seconds)))


def _summary(found: "Verification", out: Path, seconds: float) -> dict[str, object]:
    return {
        "state": found.state,
        "reason": found.reason,
        "manifest": found.manifest,
        "accepted": found.accepted,
        "result": str(out),
        "seconds": round(seconds, 2),
    }


def _check_keep(keep: Path | None) -> None:
    from cli.folders import folder_make  # noqa: PLC0415 - arguments first

    if keep is None:
        return
    try:
        if keep.exists() and (not keep.is_dir() or any(keep.iterdir())):
            raise BadInput(f"{keep} of --keep holds something; name a new or an empty folder.")
        if not keep.resolve().parent.is_dir():
            raise BadInput(f"The folder {keep.parent} of --keep is not there; make it first.")
    except OSError:
        raise BadInput(f"The folder {keep} of --keep cannot be looked into.") from None
    folder_make(keep)


def _sentence(state: str, reason: str | None, out: Path, what: str = "tables") -> str:
    if state == "released":
        return f"The result is in {out}; 'drempel show {out}' prints its {what}."
    return f"The result is withheld ({reason}); {out} says so and holds no number."
