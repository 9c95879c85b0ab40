"""``drempel demo``, which ``make demo`` calls: a sample survey to its end, then it serves."""

import argparse
from pathlib import Path

HELP = "run a sample survey to its end, print its tables, then serve"


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
    """Run the example survey through the real protocol, print it, and serve unless --once."""
    from cli.commands.serve import PORT  # noqa: PLC0415 - arguments first
    from cli.commands.show import print_result  # noqa: PLC0415
    from cli.embedded.federation import Options, running  # noqa: PLC0415
    from cli.embedded.ports import is_free  # noqa: PLC0415
    from cli.embedded.services_file import services_read  # noqa: PLC0415
    from cli.files import read_answer_rows, read_survey  # noqa: PLC0415
    from cli.progress import Progress  # noqa: PLC0415
    from cli.serving import EXAMPLE_ANSWERS, EXAMPLE_SURVEY, serve_until_stopped  # noqa: PLC0415
    from cli.survey_run import survey_run  # noqa: PLC0415

    services = None if arguments.services is None else services_read(arguments.services)
    survey = read_survey(EXAMPLE_SURVEY)
    answers = read_answer_rows(EXAMPLE_ANSWERS, survey)
    progress = Progress()
    port = PORT if not arguments.once and is_free(PORT) else 0
    if not arguments.once and not port:
        progress.step(f"Port {PORT} is taken by another program; the portal gets a free one")
    progress.step("Starting a portal, a relay and three nodes on this machine")
    with running(Options(portal_port=port, services=services)) as federation:
        outcome = survey_run(federation, survey, answers, progress)
        print_result(outcome.document, language=None)
        if arguments.once:
            return 0
        return serve_until_stopped(federation)
