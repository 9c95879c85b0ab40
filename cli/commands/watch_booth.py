"""``drempel watch-booth``: is the page that people get the one that was signed?"""

import argparse
import json
import secrets
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from cli.errors import FAILED, BadInput, CliError

if TYPE_CHECKING:
    from cli.watching import Look

HELP = "compare a survey's page, as anybody gets it, with the manifest that all nodes signed"
SHORTEST_PAUSE = 10
LONGEST_PAUSE = 7 * 24 * 3600


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare ``LINK [--nodes NODES.json] [--every SECONDS] [--json]``."""
    add = parser.add_argument
    add("link", metavar="LINK", help="the survey's link; its code is not needed, and not sent")
    add("--nodes", metavar="NODES.json", type=Path, help="who the nodes are")
    add("--every", metavar="SECONDS", type=int, help="go on looking, about this often")
    add("--json", action="store_true", help="print one machine-readable line a look")


def run(arguments: argparse.Namespace) -> int:
    """Look once, or until something differs; return 0 if all is as signed, 1 if not."""
    from cli.answering import link_read  # noqa: PLC0415 - arguments are checked before
    from cli.files import read_nodes  # noqa: PLC0415
    from cli.watching import booth_look  # noqa: PLC0415
    from connector.errors import ConnectorError  # noqa: PLC0415

    every = arguments.every
    if every is not None and not SHORTEST_PAUSE <= every <= LONGEST_PAUSE:
        raise BadInput(f"--every must be from {SHORTEST_PAUSE} to {LONGEST_PAUSE} seconds.")
    link = link_read(arguments.link)
    nodes = None if arguments.nodes is None else read_nodes(arguments.nodes)
    while True:
        try:
            look = booth_look(link, nodes)
        except ConnectorError as error:
            if every is None:
                raise CliError(error.sentence) from error
            print(f"drempel: {error.sentence}", file=sys.stderr, flush=True)
        else:
            _tell(look, is_json=arguments.json, is_identified=nodes is not None)
            if look.differences:
                return FAILED
        if every is None:
            return 0
        # Between half and one and a half of it: nobody knows when the next look comes.
        time.sleep(every * (0.5 + secrets.randbelow(1000) / 1000))


def _tell(look: "Look", *, is_json: bool, is_identified: bool) -> None:
    if is_json:
        told = {
            "same": not look.differences,
            "manifest": look.manifest,
            "release": look.release,
            "nodes_checked": is_identified,
            "differences": [
                {"what": one.what, "where": one.where, "sentence": one.sentence}
                for one in look.differences
            ],
        }
        print(json.dumps(told), flush=True)
        return
    if look.differences:
        print("This booth is not the one that was signed. Do not answer there; report it:")
        for one in look.differences:
            print(f"  {one.where}: {one.sentence}")
    else:
        print(f"Page, program and headers are those of the manifest {look.manifest}.")
    if not is_identified:
        print("Who the nodes are was not checked; --nodes NODES.json does that.")
    sys.stdout.flush()
