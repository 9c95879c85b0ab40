"""``drempel doctor``: is this installation fit to run? One line a check."""

import argparse
import json
from pathlib import Path
from time import monotonic, sleep

HELP = "check an installation: versions, keys, clocks, peers, pins, broker, database, disk"
PAUSE_SECONDS = 1.0


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare ``SERVICE.json [--wait SECONDS] [--json]``."""
    parser.add_argument("service", metavar="SERVICE.json", type=Path, help="the service file")
    parser.add_argument(
        "--wait", metavar="SECONDS", type=int, default=0, help="look again until nothing FAILs"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Print what every check found; return 1 if one FAILs."""
    from cli.doctoring.doctor import examine  # noqa: PLC0415 - arguments first
    from cli.doctoring.finding import FAIL  # noqa: PLC0415
    from cli.doctoring.service import service_read  # noqa: PLC0415
    from cli.doctoring.standing import SECONDS  # noqa: PLC0415

    service = service_read(arguments.service)
    deadline = monotonic() + arguments.wait
    while True:
        found = examine(service, max(SECONDS, arguments.wait))
        has_failed = any(one.verdict == FAIL for one in found)
        if not has_failed or monotonic() > deadline:
            break
        sleep(PAUSE_SECONDS)
    if arguments.json:
        findings = [one.to_json() for one in found]
        print(json.dumps({"fit": not has_failed, "findings": findings}))
    else:
        print("\n".join(one.line() for one in found))
    return int(has_failed)
