"""``drempel demo``, called by ``make demo``: a survey and a match to the end; then serving."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cli.contacting import OptIns
    from cli.request_run import Listed
    from mpcengine.protocol.request import Request

HELP = "run a sample survey and a sample match to their ends, print them, then serve"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare ``[--once] [--services FILE]``."""
    parser.add_argument("--once", action="store_true", help="stop after the results")
    parser.add_argument(
        "--services",
        metavar="FILE",
        type=Path,
        help="run on the PostgreSQL and Redis that this file names",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the examples through the real protocol, print results, and serve unless --once."""
    from cli.commands.serve import PORT  # noqa: PLC0415 - arguments first
    from cli.commands.show import print_result  # noqa: PLC0415
    from cli.embedded.federation import Options, running  # noqa: PLC0415
    from cli.embedded.ports import is_free  # noqa: PLC0415
    from cli.embedded.services_file import services_read  # noqa: PLC0415
    from cli.files import read_answer_rows, read_survey  # noqa: PLC0415
    from cli.progress import Progress  # noqa: PLC0415
    from cli.request_run import request_run  # noqa: PLC0415
    from cli.serving import (  # noqa: PLC0415
        EXAMPLE_ANSWERS,
        EXAMPLE_SURVEY,
        serve_until_stopped,
    )
    from cli.survey_run import survey_run  # noqa: PLC0415

    services = None if arguments.services is None else services_read(arguments.services)
    survey = read_survey(EXAMPLE_SURVEY)
    answers = read_answer_rows(EXAMPLE_ANSWERS, survey)
    request, lists, opted = _sample_match()
    progress = Progress()
    port = PORT if not arguments.once and is_free(PORT) else 0
    if not arguments.once and not port:
        progress.step(f"Port {PORT} is taken by another program; the portal gets a free one")
    progress.step("Starting a portal, a relay and three nodes on this machine")
    with running(Options(portal_port=port, services=services)) as federation:
        outcome = survey_run(federation, survey, answers, progress)
        print_result(outcome.document, language=None)
        print()
        match = request_run(federation, request, lists, progress, opted)
        print_result(match.document, language=None)
        if arguments.once:
            return 0
        return serve_until_stopped(federation)


def _sample_match() -> "tuple[Request, list[Listed], OptIns]":
    """Read the sample match: the question, everybody's list, and who may be found."""
    from cli.contacting import opt_ins_read  # noqa: PLC0415
    from cli.files import read_request  # noqa: PLC0415
    from cli.local_lists import lists_named  # noqa: PLC0415
    from cli.serving import (  # noqa: PLC0415
        EXAMPLE_HOLDINGS,
        EXAMPLE_INDICATORS,
        EXAMPLE_OPT_INS,
        EXAMPLE_REQUEST,
    )

    request = read_request(EXAMPLE_REQUEST)
    lists = lists_named(request, EXAMPLE_INDICATORS, EXAMPLE_HOLDINGS)
    opted = opt_ins_read(EXAMPLE_OPT_INS, [one.name for one in lists], request)
    return request, lists, opted
