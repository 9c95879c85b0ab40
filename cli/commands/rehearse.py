"""``drempel rehearse``: a survey with invented respondents through a live federation."""

import argparse
from pathlib import Path

HELP = "let invented respondents answer a survey of a live federation, marked as a rehearsal"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare where the federation is, who asks, the survey, its answers and the result."""
    add = parser.add_argument
    add("survey", metavar="SURVEY.json", type=Path)
    add("answers", metavar="ANSWERS.csv", type=Path, help="one invented respondent a row")
    add("--portal", metavar="URL", required=True)
    add("--relay", metavar="URL", required=True)
    add("--nodes", metavar="NODES.json", type=Path, required=True, help="who the nodes are")
    add("--token-file", metavar="FILE", type=Path, required=True, help="an API token's file")
    add("--signing-key", metavar="KEY.pem", type=Path, required=True, help="the coordinator's")
    add("--out", metavar="RESULT.json", type=Path, required=True)
    add("--json", action="store_true", help="print a machine-readable summary")


def run(arguments: argparse.Namespace) -> int:
    """Check all that is given, run the survey, and write its verified result."""
    from cli.commands.local import print_outcome  # noqa: PLC0415 - arguments first
    from cli.files import (  # noqa: PLC0415
        check_output,
        read_answer_rows,
        read_nodes,
        read_secret,
        read_survey,
        write_json,
    )
    from cli.installing.addresses import receiver_read  # noqa: PLC0415
    from cli.installing.keys import signing_key_load  # noqa: PLC0415
    from cli.progress import Progress  # noqa: PLC0415
    from cli.reachable import live  # noqa: PLC0415
    from cli.rehearsing import rehearsal_of  # noqa: PLC0415
    from cli.survey_run import survey_run  # noqa: PLC0415

    survey = rehearsal_of(read_survey(arguments.survey))
    answers = read_answer_rows(arguments.answers, survey)
    check_output(arguments.out)
    federation = live(
        portal_url=receiver_read(arguments.portal, "--portal"),
        relay_url=receiver_read(arguments.relay, "--relay"),
        nodes_file=read_nodes(arguments.nodes),
        coordinator_key=signing_key_load(arguments.signing_key),
        token=read_secret(arguments.token_file),
    )
    progress = Progress(is_quiet=arguments.json)
    outcome = survey_run(federation, survey, answers, progress)
    write_json(arguments.out, outcome.document)
    seconds = progress.seconds if arguments.json else None
    print_outcome(outcome.verification, arguments.out, seconds=seconds)
    return 0
