"""``drempel receipt``: was this answer counted?"""

import argparse
import json
from pathlib import Path

from cli.errors import FAILED, BadInput

HELP = "say what became of an answer, from the whole lists that the nodes publish"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare ``RECEIPT.json [--nodes NODES.json] [--json]``."""
    parser.add_argument("receipt", metavar="RECEIPT.json", type=Path)
    parser.add_argument("--nodes", metavar="NODES.json", type=Path, help="who the nodes are")
    parser.add_argument("--json", action="store_true", help="print a machine-readable answer")


def run(arguments: argparse.Namespace) -> int:
    """Read all lists of all nodes, and say in one sentence what became of the package.

    No node is asked about it: whole lists come, and are looked through here.
    """
    from cli.answering import nodes_of  # noqa: PLC0415 - arguments are checked before
    from cli.files import read_nodes, read_receipt  # noqa: PLC0415
    from connector.receipts import receipt_check  # noqa: PLC0415

    receipt = read_receipt(arguments.receipt)
    nodes = None if arguments.nodes is None else read_nodes(arguments.nodes)
    if nodes is not None:
        for one in receipt.nodes:
            if nodes.named(one.node).identity_key != one.identity_key:
                raise BadInput(
                    f"{arguments.receipt} names another node {one.node} than "
                    f"{arguments.nodes}; ask who gave you the one or the other."
                )
    where = receipt.nodes if nodes is None else nodes.nodes
    fate = receipt_check(receipt, nodes_of(where, nodes), name=str(arguments.receipt))
    if arguments.json:
        told = {
            "outcome": fate.outcome.value,
            "sentence": fate.sentence,
            "package": receipt.package,
            "revision": receipt.revision,
            "nodes": dict(fate.nodes),
            "nodes_checked": nodes is not None,
        }
        print(json.dumps(told))
    else:
        print(fate.sentence)
        for node, line in fate.nodes.items():
            print(f"  node {node}: {line}")
        if nodes is None:
            print("Who the nodes are was not checked; --nodes NODES.json does that.")
    return 0 if fate.is_well else FAILED
