"""Open this node's parts of owners' lists, one bucket at a time and in memory only.

Source: docs/protocol.md §19.4 and §19.7; corrections B7.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from mpcengine.protocol.contribution import OpenedPart, PartPlace, matches_header, open_part
from mpcengine.protocol.errors import BadEnvelope
from mpcengine.protocol.request_manifest import RequestManifest
from mpcengine.protocol.words import WORD_BYTES
from nodes.keystore import node_index, share_key_unwrap
from nodes.models import Job, ListPart, StoredContribution, SurveyKeys
from nodes.selectors import request_of
from nodes.selectors_requests import header_of, settled_number


@dataclass(slots=True, kw_only=True, repr=False)
class ListParts:
    """Open parts of the contributions that count in one request. Holds the share key."""

    job: Job
    manifest: RequestManifest
    number: int
    _private: EllipticCurvePrivateKey = field(repr=False)

    def opened(self, owner: int, bucket: int) -> OpenedPart | None:
        """Return this node's two components of a bucket; None if the part is not usable.

        It does not open, or a component is not the one in the owner's header.
        """
        place = PartPlace(
            manifest=self.job.digest, owner=owner, number=self.number, bucket=bucket
        )
        try:
            part = open_part(
                self._private,
                place,
                index=node_index(),
                capacity=self.manifest.capacity(owner),
                sealed=self._sealed(owner, bucket),
            )
        except BadEnvelope:
            return None
        header = header_of(self.job, owner, self.number)
        is_the_headers = matches_header(part, header, index=node_index(), bucket=bucket)
        return part if is_the_headers else None

    def block(self, owner: int, bucket: int) -> Iterator[bytes]:
        """Yield a bucket as the party reads it: both components, without the true size.

        Raises BadEnvelope for a part that is not usable: it was, when it was compared.
        """
        part = self.opened(owner, bucket)
        if part is None:
            raise BadEnvelope("part.changed", "A part that opened opens no more.")
        for component in part.components:
            yield component[:-WORD_BYTES]

    def _sealed(self, owner: int, bucket: int) -> bytes:
        row = ListPart.objects.get(
            contribution=StoredContribution.objects.get(
                job=self.job, owner=owner, number=self.number
            ),
            bucket=bucket,
        )
        chunks = row.chunks.order_by("offset").values_list("data", flat=True)
        return b"".join(bytes(data) for data in chunks.iterator(chunk_size=4))


def list_parts(job: Job) -> ListParts:
    """Return what opens the parts of a request; raise KeystoreError without its share key."""
    wrapped = SurveyKeys.objects.get(pk=job.survey_id).wrapped
    return ListParts(
        job=job,
        manifest=request_of(job),
        number=settled_number(job),
        _private=share_key_unwrap(bytes(wrapped), job.survey_id),
    )


def true_size(part: OpenedPart) -> bytes:
    """Return both components (16 bytes) of a bucket's last word: how many words are real."""
    first, second = part.components
    return first[-WORD_BYTES:] + second[-WORD_BYTES:]
