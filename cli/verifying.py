"""Check a verified result against what its nodes publish: the lists behind the numbers."""

from pathlib import Path

from cli.answering import nodes_of
from cli.errors import CliError
from cli.results import ReadResult
from connector.checks import checks_verify
from connector.errors import ConnectorError, Misbehaved
from connector.lists import Published, published_read
from mpcengine.protocol.manifest import Manifest, parse_manifest
from mpcengine.protocol.nodesfile import NodesFile
from mpcengine.protocol.strict import parse_base64


def lists_check(
    result: ReadResult, nodes: NodesFile, path: Path
) -> tuple[dict[str, str], list[str]]:
    """Return by node what its lists show, and the nodes that gave none; all are read whole.

    Raises CliError if a list does not give what its node signed, if a node has signed something
    else than the file says, or if no node answers.
    """
    proof = result.document["proof"]
    manifest = parse_manifest(parse_base64(proof["manifest"]["manifest"]) or b"")
    signed = {one["node"]: parse_base64(one["statement"]) for one in proof["nodes"]}
    lines: dict[str, str] = {}
    silent: list[str] = []
    for name, receiver in nodes_of(nodes.nodes, nodes).items():
        key = nodes.named(name).identity_key
        try:
            found = published_read(
                receiver, node=name, identity_key=key, manifest=manifest.digest
            )
            if found.is_released:
                checks_verify(receiver, manifest, found)
        except Misbehaved as error:
            raise CliError(f"{path} does not verify: {error.sentence}") from None
        except ConnectorError as error:
            lines[name] = f"not checked: {error.sentence}"
            silent.append(name)
            continue
        lines[name] = _line(found, signed.get(name), manifest, path)
    if len(silent) == len(lines):
        raise CliError("No node answers; the lists were not checked.")
    return lines, silent


def _line(found: Published, signed: bytes | None, manifest: Manifest, path: Path) -> str:
    if signed is not None and found.signed != signed:
        raise CliError(
            f"{path} does not verify: node {found.node} publishes another statement."
        )
    if found.is_released:
        counts = f"{len(found.accepted)} counted, {len(found.rejected)} not"
        return f"its lists give the root and the verdict it signed ({counts})"
    if found.seen is None:
        return "publishes no list"
    size = manifest.roster.size
    if len(found.seen) != size:
        raise CliError(
            f"{path} does not verify: node {found.node}'s list tells how many answered; it has "
            f"{len(found.seen)} entries where {size} were invited."
        )
    return f"its list has the roster's size ({size}) and tells no number"
