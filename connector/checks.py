"""Read how a released survey's reports were checked, and check it again.

Source: docs/protocol.md §14.3 and §18.4. Nothing a node says here is believed: it must give
what the node signed.
"""

from collections.abc import Sequence

from connector.errors import Misbehaved, Refused
from connector.http import Receiver
from connector.lists import Published
from mpcengine.protocol.batch import Rejected
from mpcengine.protocol.canonical import canonical
from mpcengine.protocol.errors import ProtocolError
from mpcengine.protocol.manifest import Manifest
from mpcengine.protocol.nodesfile import NODE_NAMES
from mpcengine.protocol.signing import SIGNATURE_BYTES
from mpcengine.protocol.strict import Fields, parse_base64
from mpcengine.protocol.validity_verdict import PublishedChecks, SignedLines, verify_checks


def checks_verify(receiver: Receiver, manifest: Manifest, published: Published) -> None:
    """Return nothing if coin and values give a node's published lists and signed verdict.

    ``published`` is of a released survey, read from the same node. Raises Unreachable, or
    Misbehaved if something is missing or does not follow.
    """
    try:
        found = _read(receiver, manifest)
        if published.statement is None:
            raise Misbehaved(receiver.name, f"{receiver.name} has signed no result.")
        verify_checks(
            manifest,
            published.statement,
            accepted=sorted(published.accepted),
            rejected=_rejected(published),
            published=found,
        )
    except ProtocolError as error:
        raise Misbehaved(receiver.name, f"{receiver.name}: {error.sentence}") from error
    except Refused as refused:
        sentence = f"{receiver.name} publishes nothing of how it checked answers."
        raise Misbehaved(receiver.name, sentence) from refused


def _read(receiver: Receiver, manifest: Manifest) -> PublishedChecks:
    path = f"lists/{manifest.digest}/proof"
    top = Fields(receiver.get(path), required=("manifest", "transcript", "lines"))
    rows = top.rows("lines", 3, 3, required=("node", "signature"))
    first, second, third = (
        SignedLines(
            # Canonical JSON: read and written again it gives the bytes that were signed.
            body=canonical(receiver.get(f"{path}/{row.choice('node', (node,))}")),
            signature=row.data("signature", SIGNATURE_BYTES),
        )
        for row, node in zip(rows, NODE_NAMES, strict=True)
    )
    transcript = parse_base64(top.raw("transcript")) or b""
    return PublishedChecks(transcript=transcript, lines=(first, second, third))


def _rejected(published: Published) -> Sequence[Rejected]:
    return [
        Rejected(package=package, reason=published.rejected[package])
        for package in sorted(published.rejected)
    ]
