"""``drempel verify``: does everything in a result follow from what the nodes signed?"""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from cli.errors import BadInput

if TYPE_CHECKING:
    from cli.results import ReadResult
    from mpcengine.protocol.nodesfile import NodesFile

HELP = "check a result's signatures, root, shares and every number that follows"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare ``RESULT.json [--nodes NODES.json [--lists]] [--json]``."""
    parser.add_argument("result", metavar="RESULT.json", type=Path)
    parser.add_argument("--nodes", metavar="NODES.json", type=Path, help="who the nodes are")
    parser.add_argument(
        "--lists", action="store_true", help="read the nodes' published lists, too"
    )
    parser.add_argument("--json", action="store_true", help="print a machine-readable verdict")


def run(arguments: argparse.Namespace) -> int:
    """Verify, and say in one line what was and what was not checked."""
    from cli.files import read_nodes  # noqa: PLC0415 - arguments are checked before
    from cli.results import read_result  # noqa: PLC0415

    if arguments.lists and arguments.nodes is None:
        raise BadInput("--lists needs --nodes NODES.json: whose lists are to be read?")
    nodes = None if arguments.nodes is None else read_nodes(arguments.nodes)
    result = read_result(arguments.result, nodes)
    lists, silent = _lists(arguments, result, nodes)
    if arguments.json:
        found = result.verification
        verdict = {
            "verified": True,
            "state": found.state,
            "manifest": found.manifest,
            "nodes_checked": found.nodes_checked,
            **({"lists": lists, "lists_complete": not silent} if lists else {}),
        }
        print(json.dumps(verdict))
    else:
        _tell(arguments, result, lists)
    # Asked for and not done is no success, whatever the file alone says.
    return 1 if silent else 0


def _lists(
    arguments: argparse.Namespace, result: "ReadResult", nodes: "NodesFile | None"
) -> tuple[dict[str, str], list[str]]:
    from cli.results import is_request  # noqa: PLC0415
    from cli.verifying import lists_check  # noqa: PLC0415

    if not arguments.lists or nodes is None:
        return {}, []
    if is_request(result.document):
        raise BadInput("--lists: nodes publish no lists of a match or a comparison.")
    return lists_check(result, nodes, arguments.result)


def _tell(arguments: argparse.Namespace, result: "ReadResult", lists: dict[str, str]) -> None:
    from cli.results import PER_INDICATOR_SAID, has_own_part  # noqa: PLC0415

    if result.verification.nodes_checked:
        print(f"{arguments.result}: consistent, and signed by the nodes of {arguments.nodes}.")
    else:
        print(f"{arguments.result}: consistent; who the nodes are was not checked.")
    if has_own_part(result.document):
        print(PER_INDICATOR_SAID)
    for node, line in lists.items():
        print(f"  node {node}: {line}")
