"""``drempel verify``: does everything in a result follow from what the nodes signed?"""

import argparse
import json
from pathlib import Path

HELP = "check a result's signatures, root, shares and every number that follows"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare ``RESULT.json [--nodes NODES.json] [--json]``."""
    parser.add_argument("result", metavar="RESULT.json", type=Path)
    parser.add_argument("--nodes", metavar="NODES.json", type=Path, help="who the nodes are")
    parser.add_argument("--json", action="store_true", help="print a machine-readable verdict")


def run(arguments: argparse.Namespace) -> int:
    """Verify, and say in one line what was and what was not checked."""
    from cli.files import read_nodes  # noqa: PLC0415 - arguments are checked before
    from cli.results import read_result  # noqa: PLC0415

    nodes = None if arguments.nodes is None else read_nodes(arguments.nodes)
    found = read_result(arguments.result, nodes).verification
    if arguments.json:
        verdict = {
            "verified": True,
            "state": found.state,
            "manifest": found.manifest,
            "nodes_checked": found.nodes_checked,
        }
        print(json.dumps(verdict))
    elif found.nodes_checked:
        print(f"{arguments.result}: consistent, and signed by the nodes of {arguments.nodes}.")
    else:
        print(f"{arguments.result}: consistent; who the nodes are was not checked.")
    return 0
