"""Read what an owner alone may learn: a holder's hits, the requester's counts per indicator.

Source: docs/protocol.md §19.10; corrections C4. Each component comes from two nodes and must be
the same from both; otherwise nothing is opened.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from connector.contributing import Participant
from connector.errors import Misbehaved
from connector.list_files import Source
from connector.list_words import values_find
from connector.splitting import Prepared
from mpcengine.protocol.canonical import JSON, Digest
from mpcengine.protocol.errors import InconsistentShares, ProtocolError
from mpcengine.protocol.hits import Hits
from mpcengine.protocol.identifiers import Identifier
from mpcengine.protocol.private_outcome import PrivatePlace, join_private, open_private
from mpcengine.protocol.request import HIT, ITEMS


@dataclass(frozen=True, slots=True)
class IndicatorCount:
    """Say how many organisations hold one of the requester's values, where that is shown."""

    identifier: Identifier
    organisations: int

    def to_json(self, *, with_type: bool) -> dict[str, JSON]:
        """Return the row of a result's ``per_indicator``, with its type if need be."""
        row: dict[str, JSON] = {
            "value": self.identifier.value,
            "organisations": self.organisations,
            "status": "released",
        }
        return {**row, "type": self.identifier.type} if with_type else row


def hits_read(participant: Participant, prepared: Prepared, source: Source) -> Hits:
    """Return a holder's hits: none told, whether any, or which of her values and rows.

    Raises ConnectorError, also where two nodes gave different copies of a component.
    """
    manifest = participant.manifest
    feedback = manifest.request.holder_feedback
    if feedback == HIT:
        told = private_bytes(participant, 0)[0]
        return Hits(hit=told != 0, items=None, lines=None)
    if feedback != ITEMS:
        return Hits(hit=None, items=None, lines=None)
    found = []
    for bucket, (slots, real) in enumerate(zip(prepared.slots, prepared.real, strict=True)):
        packed = np.frombuffer(private_bytes(participant, bucket), dtype=np.uint8)
        flags = np.unpackbits(packed, bitorder="little")
        found.append(real[flags[slots] != 0])
    values = values_find(source, manifest.federation, np.concatenate(found))
    return Hits(
        hit=bool(values),
        items=tuple(sorted({identifier.value for identifier, _ in values.values()})),
        lines=tuple(sorted(row for _, rows in values.values() for row in rows)),
    )


def counts_read(
    participant: Participant, prepared: Prepared, source: Source
) -> list[IndicatorCount]:
    """Return the requester's counts per indicator that are shown, by value and type."""
    shown: dict[int, int] = {}
    for bucket, (slots, real) in enumerate(zip(prepared.slots, prepared.real, strict=True)):
        counts = np.frombuffer(private_bytes(participant, bucket), dtype=np.uint8)[slots]
        kept = counts != 0
        pairs = zip(real[kept].tolist(), counts[kept].tolist(), strict=True)
        shown.update(pairs)
    words = np.fromiter(shown, dtype=np.uint64, count=len(shown))
    values = values_find(source, participant.manifest.federation, words)
    rows = [IndicatorCount(values[word][0], count) for word, count in shown.items()]
    return sorted(rows, key=lambda row: (row.identifier.value, row.identifier.type))


def per_indicator(counts: Sequence[IndicatorCount]) -> list[JSON]:
    """Return the rows of a result's ``per_indicator``: types where one value has two."""
    seen = Counter(row.identifier.value for row in counts)
    return [row.to_json(with_type=seen[row.identifier.value] > 1) for row in counts]


def private_bytes(participant: Participant, bucket: int) -> bytes:
    """Return an owner's private outcome of a bucket, opened and compared.

    Raises Misbehaved for a message that is not what its node must have signed and sealed.
    """
    manifest, owner = participant.manifest, participant.owner
    return sealed_read(
        participant,
        f"requests/{manifest.digest}/private/{owner}/{bucket}",
        named=manifest.digest,
        bucket=bucket,
        size=manifest.private_bytes(owner, bucket),
    )


def sealed_read(
    participant: Participant, path: str, *, named: Digest, bucket: int, size: int
) -> bytes:
    """Return ``size`` bytes that each node sealed to this owner in shares, compared.

    ``named``: the digest of the manifest, or of the contact, that the places name. Raises
    Misbehaved for a message that is not what its node must have signed and sealed.
    """
    pairs = []
    for terms in participant.manifest.nodes:
        node = participant.nodes[terms.node]
        sealed, signature = node.get_signed(path)
        place = PrivatePlace(
            manifest=named, index=terms.index, owner=participant.owner, bucket=bucket
        )
        try:
            pair = open_private(
                participant.keys.seal,
                place,
                identity_key=terms.identity_key,
                size=size,
                sealed=sealed,
                signature=signature,
            )
        except ProtocolError as error:
            raise Misbehaved(
                node.name, f"{node.name}'s private outcome: {error.sentence}"
            ) from None
        pairs.append(pair)
    try:
        return join_private(pairs)
    except InconsistentShares as error:
        raise Misbehaved("The nodes", error.sentence) from None
