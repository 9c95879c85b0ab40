"""Open this node's envelopes of a frozen batch, in memory only (docs/protocol.md §7, §10)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from mpcengine.protocol.envelope import open_vector
from mpcengine.protocol.errors import BadEnvelope
from mpcengine.protocol.field import ELEMENT_BYTES
from mpcengine.protocol.manifest import Manifest
from mpcengine.protocol.package import Package
from mpcengine.protocol.validity_plan import TextPlaces
from nodes.keystore import node_index, share_key_unwrap
from nodes.models import Job, StoredPackage, SurveyKeys

_AT_ONCE = 500


@dataclass(slots=True, kw_only=True, repr=False)
class Unsealed:
    """Hold opened share vectors in the order of ``ids``, and ids that did not open. Secret.

    A row has ``row_words`` elements: a report, until ``keep_answers`` leaves the first ``kept``
    of it, which are the record's ``width`` and the texts behind them.
    """

    width: int
    kept: int
    row_words: int
    ids: tuple[str, ...]
    words: bytearray
    broken: tuple[str, ...]

    def rows(self, accepted: Sequence[str]) -> Iterator[bytes]:
        """Yield the rows of ``accepted`` (ascending, all opened), a few hundred at a time."""
        return self._parts(accepted, [range(self.row_words)])

    def records(self, accepted: Sequence[str]) -> Iterator[bytes]:
        """Yield the records of ``accepted``: the first ``width`` words of their rows."""
        return self._parts(accepted, [range(self.width)])

    def texts(self, accepted: Sequence[str], places: Sequence[TextPlaces]) -> Iterator[bytes]:
        """Yield, for each of ``accepted``, "answered" and words of every text of ``places``."""
        columns = []
        for text in places:
            columns += [range(text.answered, text.answered + 1), text.words]
        return self._parts(accepted, columns)

    def _parts(self, accepted: Sequence[str], columns: Sequence[range]) -> Iterator[bytes]:
        size = self.row_words * ELEMENT_BYTES
        chosen = set(accepted)
        places = [place for place, one in enumerate(self.ids) if one in chosen]
        cuts = [(one.start * ELEMENT_BYTES, one.stop * ELEMENT_BYTES) for one in columns]
        view = memoryview(self.words)
        for start in range(0, len(places), _AT_ONCE):
            firsts = [place * size for place in places[start : start + _AT_ONCE]]
            yield b"".join(view[at + a : at + b] for at in firsts for a, b in cuts)

    def keep_answers(self) -> None:
        """Let go of everything but the first ``kept`` words of each row: records and texts.

        In place, so that memory holds no second copy. No reader of ``rows`` may be left.
        """
        size, kept = self.row_words * ELEMENT_BYTES, self.kept * ELEMENT_BYTES
        if size == kept:
            return
        for place in range(len(self.ids)):
            row = self.words[place * size : place * size + kept]
            self.words[place * kept : (place + 1) * kept] = row
        del self.words[len(self.ids) * kept :]
        self.row_words = self.kept


def batch_unseal(
    job: Job, manifest: Manifest, counted: Sequence[str], keep: Callable[[], None]
) -> Unsealed:
    """Open this node's envelope of every counted package; superseded ones stay sealed.

    ``counted`` ascending, all held. Calls ``keep`` now and then to renew the lease. What does
    not open, or is not a vector of the survey's words, is named in ``broken``.
    """
    wrapped = SurveyKeys.objects.get(pk=job.survey_id).wrapped
    private = share_key_unwrap(bytes(wrapped), job.survey_id)
    words = bytearray()
    opened: list[str] = []
    broken: list[str] = []
    for package_id, sealed in _sealed(job, counted, keep):
        share = _open(private, manifest, Package.decode(sealed, manifest.envelope_length))
        if share is None:
            broken.append(package_id)
        else:
            opened.append(package_id)
            words += share
    return Unsealed(
        width=manifest.width,
        kept=manifest.layout.proof.payload.stop,
        row_words=manifest.words,
        ids=tuple(opened),
        words=words,
        broken=tuple(broken),
    )


def _sealed(
    job: Job, counted: Sequence[str], keep: Callable[[], None]
) -> Iterator[tuple[str, bytes]]:
    for start in range(0, len(counted), _AT_ONCE):
        keep()
        part = counted[start : start + _AT_ONCE]
        rows = StoredPackage.objects.filter(job=job, package_id__in=part)
        for package_id, sealed in rows.order_by("package_id").values_list(
            "package_id", "sealed"
        ):
            yield package_id, bytes(sealed)


def _open(
    private: EllipticCurvePrivateKey, manifest: Manifest, package: Package
) -> bytes | None:
    index = node_index()
    try:
        return open_vector(
            private,
            manifest=manifest.digest,
            index=index,
            one_time_key=package.one_time_key,
            revision=package.revision,
            sealed=package.envelopes[index - 1],
            words=manifest.words,
        )
    except BadEnvelope:
        return None
