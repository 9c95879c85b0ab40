"""``drempel local survey``: a survey from two files to a signed result, all on this machine."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from cli.errors import BadInput

if TYPE_CHECKING:
    from mpcengine.protocol.result import Verification

HELP = "run a survey through three nodes on this machine, from its files to its result"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare ``survey SURVEY.json ANSWERS.csv --out RESULT.json``."""
    kinds = parser.add_subparsers(dest="kind", metavar="KIND", required=True)
    survey = kinds.add_parser(
        "survey", help="every row of a file answers a survey", description=HELP
    )
    survey.add_argument("survey", metavar="SURVEY.json", type=Path)
    survey.add_argument("answers", metavar="ANSWERS.csv", type=Path)
    survey.add_argument("--out", metavar="RESULT.json", type=Path, required=True)
    survey.add_argument("--keep", metavar="DIR", type=Path, help="keep all services' data")
    survey.add_argument(
        "--services",
        metavar="FILE",
        type=Path,
        help="run on the PostgreSQL and Redis that this file names",
    )
    survey.add_argument(
        "--roster",
        choices=("code", "key"),
        default="code",
        help="rows answer with invitation codes, or with partners' keys made for them",
    )
    survey.add_argument("--json", action="store_true", help="print a machine-readable summary")


def run(arguments: argparse.Namespace) -> int:
    """Check both files and the places to write, then run, then write the result."""
    # Imported here: bad arguments are answered before the protocol is loaded.
    from cli.embedded.federation import Options, running  # noqa: PLC0415
    from cli.embedded.house import partners_confirm  # noqa: PLC0415
    from cli.embedded.services_file import services_read  # noqa: PLC0415
    from cli.files import check_output, read_answer_rows, read_survey, write_json  # noqa: PLC0415
    from cli.partners import partners_make, partners_named  # noqa: PLC0415
    from cli.progress import Progress  # noqa: PLC0415
    from cli.survey_run import survey_run  # noqa: PLC0415

    survey = read_survey(arguments.survey)
    answers = read_answer_rows(arguments.answers, survey)
    services = None if arguments.services is None else services_read(arguments.services)
    partners = partners_make(len(answers)) if arguments.roster == "key" else None
    check_output(arguments.out)
    _check_keep(arguments.keep)
    progress = Progress(is_quiet=arguments.json)
    progress.step("Starting a portal, a relay and three nodes on this machine")
    with running(Options(folder=arguments.keep, services=services)) as federation:
        if partners is not None:
            partners_confirm(federation.house, partners_named(partners))
        outcome = survey_run(federation, survey, answers, progress, partners)
        progress.step("Stopping")
    write_json(arguments.out, outcome.document)
    found = outcome.verification
    print_outcome(found, arguments.out, seconds=progress.seconds if arguments.json else None)
    return 0


def print_outcome(found: "Verification", out: Path, *, seconds: float | None) -> None:
    """Say how a survey ended, in a sentence or, with ``seconds``, as one JSON line."""
    if seconds is None:
        print(_sentence(found.state, found.reason, out))
        return
    summary = {
        "state": found.state,
        "reason": found.reason,
        "manifest": found.manifest,
        "accepted": found.accepted,
        "result": str(out),
        "seconds": round(seconds, 2),
    }
    print(json.dumps(summary))


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


def _sentence(state: str, reason: str | None, out: Path) -> str:
    if state == "released":
        return f"The result is in {out}; 'drempel show {out}' prints its tables."
    return f"The result is withheld ({reason}); {out} says so and holds no number."
