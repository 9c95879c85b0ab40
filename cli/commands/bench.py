"""``drempel bench``: the performance cases of benchmarks/, one JSON line a case."""

import argparse
import json

HELP = "measure performance cases, side by side with their bounds"
SECONDS = 3600


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare ``[CASE …] [--seed SEED] [--engine ENGINE] [--throttle N] [--json]``."""
    parser.add_argument("cases", metavar="CASE", nargs="*", help="which cases; all if none")
    parser.add_argument("--seed", help="of the made-up answers; the same seed, the same data")
    parser.add_argument(
        "--engine",
        help="of the case prove: python (default), node or chromium (the booth's code)",
    )
    parser.add_argument(
        "--throttle", type=int, default=1, help="make Chromium's page so many times slower"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON line a case")


def run(arguments: argparse.Namespace) -> int:
    """Run each case as a process of its own and print its figures."""
    from cli.benching import ENGINES, case_names, case_run, figures_text  # noqa: PLC0415 - arguments first
    from cli.errors import BadInput  # noqa: PLC0415
    from cli.progress import Progress  # noqa: PLC0415

    known = case_names()
    for name in arguments.cases:
        if name not in known:
            raise BadInput(f"There is no case '{name}'; the cases are {', '.join(known)}.")
    if arguments.engine not in {None, *ENGINES}:
        raise BadInput(
            f"There is no engine '{arguments.engine}'; there are {', '.join(ENGINES)}."
        )
    if not 1 <= arguments.throttle <= 20:
        raise BadInput("--throttle is a number from 1 to 20.")
    progress = Progress(is_quiet=arguments.json)
    for name in arguments.cases or known:
        progress.step(f"Measuring {name}")
        given = {"seed": arguments.seed, "engine": arguments.engine}
        for figures in case_run(name, SECONDS, throttle=arguments.throttle, **given):
            print(json.dumps(figures) if arguments.json else figures_text(figures), flush=True)
    return 0
