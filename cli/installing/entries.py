"""Put entries of nodes or of partners together, and say what people compare by phone."""

from collections.abc import Sequence
from pathlib import Path

from cli.errors import BadInput
from cli.files import read_json
from mpcengine.protocol.canonical import JSON, Digest, canonical, digest, digest_bytes
from mpcengine.protocol.errors import ProtocolError
from mpcengine.protocol.nodesfile import (
    NODE_NAMES,
    NodeEntry,
    NodesFile,
    entry_document,
    parse_node_entry,
    parse_nodes_file,
)
from mpcengine.protocol.partners import PartnersFile, parse_partners_file

GROUP = 4


def entry_read(path: Path) -> NodeEntry:
    """Return the entry in a ``drempel-node-entry/1`` file; raise BadInput."""
    try:
        return parse_node_entry(read_json(path))
    except ProtocolError as error:
        raise BadInput(f"{path}: {error.sentence}") from None


def entries_join(entries: Sequence[NodeEntry]) -> NodesFile:
    """Return the nodes file of three operators' entries, in any order; raise BadInput."""
    found = {entry.node: entry for entry in entries}
    missing = [name for name in NODE_NAMES if name not in found]
    if len(entries) != len(NODE_NAMES) or missing:
        lacking = f"; node {missing[0]} is missing" if missing else ""
        raise BadInput(f"Three entries are needed, of the nodes a, b and c{lacking}.")
    if len({entry.url for entry in entries}) != len(entries):
        raise BadInput("Two of the entries have the same address; ask their operators.")
    nodes = NodesFile(nodes=tuple(found[name] for name in NODE_NAMES))
    try:
        # Read once more: what is not a nodes file must not become one.
        return parse_nodes_file(nodes.to_json())
    except ProtocolError as error:
        raise BadInput(f"The three entries do not fit together: {error.sentence}") from None


def partners_join(files: Sequence[PartnersFile]) -> PartnersFile:
    """Return one file of all partners; the same one twice is one. Raises BadInput."""
    found = tuple(dict.fromkeys(one for file in files for one in file.partners))
    try:
        return parse_partners_file(PartnersFile(partners=found).to_json())
    except ProtocolError as error:
        raise BadInput(f"The partners do not fit into one file: {error.sentence}") from None


def document_digest(document: JSON) -> Digest:
    """Return the digest of a document's canonical JSON: the same however it is laid out."""
    return digest(canonical(document))


def spoken(value: Digest) -> str:
    """Return a digest in groups of four for reading out: ``3f2a 91bc …``."""
    text = digest_bytes(value).hex()
    groups = [text[place : place + GROUP] for place in range(0, len(text), GROUP)]
    return " ".join(groups)


def entry_spoken(entry: NodeEntry) -> str:
    """Return an entry's fingerprint as operators read it out."""
    return spoken(document_digest(entry_document(entry)))
