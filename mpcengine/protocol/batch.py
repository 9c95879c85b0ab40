"""Agree on the one batch that is counted: lists, union, revisions, root, verdict.

Source: docs/protocol.md §10; corrections B3, C6, C10. Pure: nodes store and send, this module
decides. Package ids are 64 hexadecimal digits; every list of them is ascending and distinct.
"""

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mpcengine.protocol.canonical import Digest, digest, digest_bytes
from mpcengine.protocol.codec import Writer
from mpcengine.protocol.errors import MalformedMessage
from mpcengine.protocol.signing import (
    LABEL_COMMIT,
    LABEL_ROOT,
    LABEL_VERDICT,
    signed_bytes,
)

ID_BYTES = 32
SALT_BYTES = 32
# An id counts when this many nodes hold its bytes: a sole claimant may be inventing it.
HOLDERS_NEEDED = 2
SUPERSEDED = "superseded"
CANNOT_UNSEAL = "cannot be unsealed"
INCONSISTENT = "inconsistent"
NOT_BITS = "not bits"
CONSTRAINT = "constraint"
# What the proof of a report can fail in, in the order in which it is looked at (§18.4).
PROOF_REASONS = (INCONSISTENT, NOT_BITS, CONSTRAINT)
REJECTION_REASONS = (CANNOT_UNSEAL, CONSTRAINT, INCONSISTENT, NOT_BITS, SUPERSEDED)
_ID = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Name a package of the batch by what decides between revisions."""

    package: str
    one_time_key: bytes
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Hold the outcome of comparing what nodes hold: ids that count, and ids struck."""

    ids: tuple[str, ...]
    struck: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """Name a package that is not counted, and why."""

    package: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Say of every package of a batch whether it is counted."""

    accepted: tuple[str, ...]
    rejected: tuple[Rejected, ...]

    @property
    def inconsistent(self) -> int:
        """Return how many packages were rejected for a cause that a node could have made."""
        return sum(entry.reason in (CANNOT_UNSEAL, INCONSISTENT) for entry in self.rejected)

    def totals(self) -> tuple[tuple[str, int], ...]:
        """Return each reason with its number of packages, reasons ascending."""
        counts = ((r, sum(e.reason == r for e in self.rejected)) for r in REJECTION_REASONS)
        return tuple((reason, count) for reason, count in counts if count)


def pack_ids(ids: Sequence[str]) -> bytes:
    """Return ascending distinct ids as 32 bytes each; raise MalformedMessage otherwise."""
    if any(_ID.fullmatch(package) is None for package in ids):
        raise MalformedMessage("ids.form", "A package id is 64 lower-case hexadecimal digits.")
    if any(a >= b for a, b in itertools.pairwise(ids)):
        raise MalformedMessage("ids.order", "A list of package ids is ascending and distinct.")
    return bytes.fromhex("".join(ids))


def unpack_ids(data: bytes) -> tuple[str, ...]:
    """Read ids of 32 bytes each, ascending and distinct; raise MalformedMessage otherwise."""
    if len(data) % ID_BYTES:
        raise MalformedMessage("ids.form", "A list of package ids has 32 bytes an id.")
    text = data.hex()
    ids = tuple(text[at : at + 2 * ID_BYTES] for at in range(0, len(text), 2 * ID_BYTES))
    pack_ids(ids)
    return ids


def list_commitment(manifest: Digest, salt: bytes, ids: Sequence[str]) -> Digest:
    """Return the commitment to a list: SHA-256(label ‖ 0 ‖ digest ‖ salt ‖ ids).

    ``salt`` is 32 fresh random bytes, kept until the list itself is sent.
    """
    if len(salt) != SALT_BYTES:
        raise MalformedMessage("list.salt", "A list's salt has 32 bytes.")
    body = digest_bytes(manifest) + salt + pack_ids(ids)
    return digest(signed_bytes(LABEL_COMMIT, body))


def check_list(commitment: Digest, manifest: Digest, salt: bytes, ids: Sequence[str]) -> None:
    """Return nothing if a list is the one committed to; raise MalformedMessage otherwise."""
    if list_commitment(manifest, salt, ids) != commitment:
        raise MalformedMessage(
            "list.commitment", "A list is not the one its node committed to."
        )


def union_ids(lists: Iterable[Iterable[str]]) -> tuple[str, ...]:
    """Return every id that any list holds, ascending."""
    return tuple(sorted(set(itertools.chain.from_iterable(lists))))


def held_batch(held: Sequence[Iterable[str]]) -> Batch:
    """Return the ids that at least two of three nodes hold, and those struck.

    ``held`` gives, node by node, the ids whose bytes the node has and has verified. A node that
    lacks an id of the batch must fetch it before it signs the root.
    """
    if len(held) != 3:
        raise MalformedMessage("held.nodes", "Three nodes must say what they hold.")
    sets = [set(ids) for ids in held]
    everything = sorted(set.union(*sets))
    counts = {package: sum(package in one for one in sets) for package in everything}
    return Batch(
        ids=tuple(package for package in everything if counts[package] >= HOLDERS_NEEDED),
        struck=tuple(package for package in everything if counts[package] < HOLDERS_NEEDED),
    )


def choose_revisions(entries: Iterable[Entry]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the ids that count and the superseded ids, both ascending.

    Of one one-time key the highest revision counts; of several packages with that revision the
    one with the smallest id. All others are superseded and must never be unsealed.
    """
    best: dict[bytes, Entry] = {}
    everything: list[str] = []
    for entry in entries:
        everything.append(entry.package)
        held = best.get(entry.one_time_key)
        if held is None or _rank(entry) < _rank(held):
            best[entry.one_time_key] = entry
    counted = {entry.package for entry in best.values()}
    if len(set(everything)) != len(everything):
        raise MalformedMessage("ids.order", "A package stands twice in one batch.")
    return tuple(sorted(counted)), tuple(sorted(set(everything) - counted))


def batch_root(manifest: Digest, ids: Sequence[str]) -> Digest:
    """Return the root of a batch: SHA-256(label ‖ 0 ‖ digest ‖ ids that count, ascending)."""
    return digest(signed_bytes(LABEL_ROOT, digest_bytes(manifest) + pack_ids(ids)))


def join_verdicts(
    counted: Sequence[str], superseded: Sequence[str], cannot_unseal: Sequence[Iterable[str]]
) -> Verdict:
    """Return the joint verdict: counted ids without those that any node cannot unseal.

    ``cannot_unseal`` has one list a node. Raises MalformedMessage for an id not in the batch.
    """
    if len(cannot_unseal) != 3:
        raise MalformedMessage("verdict.nodes", "Three nodes must give their verdict.")
    broken = set(union_ids(cannot_unseal))
    if not broken <= set(counted):
        raise MalformedMessage("verdict.unknown", "A verdict names a package not in the batch.")
    rejected = [Rejected(package=package, reason=CANNOT_UNSEAL) for package in broken]
    rejected += [Rejected(package=package, reason=SUPERSEDED) for package in superseded]
    return Verdict(
        accepted=tuple(package for package in counted if package not in broken),
        rejected=tuple(sorted(rejected, key=lambda entry: entry.package)),
    )


def strike_invalid(verdict: Verdict, reasons: Sequence[str | None]) -> Verdict:
    """Return the verdict of unsealing after the proofs of what it accepts were checked.

    ``reasons`` has one entry for each accepted id, in order: None, or one of PROOF_REASONS.
    Raises MalformedMessage ``verdict.reasons`` for another number of entries or another reason.
    """
    known = all(reason is None or reason in PROOF_REASONS for reason in reasons)
    if len(reasons) != len(verdict.accepted) or not known:
        raise MalformedMessage("verdict.reasons", "A verdict has one known reason a package.")
    pairs = list(zip(verdict.accepted, reasons, strict=True))
    struck = [Rejected(package=one, reason=reason) for one, reason in pairs if reason]
    rejected = sorted([*verdict.rejected, *struck], key=lambda entry: entry.package)
    accepted = tuple(package for package, reason in pairs if reason is None)
    return Verdict(accepted=accepted, rejected=tuple(rejected))


def verdict_digest(manifest: Digest, verdict: Verdict) -> Digest:
    """Return the digest of a verdict.

    SHA-256 over label ‖ 0 ‖ digest ‖ u32 number accepted ‖ ids ‖ u32 number rejected ‖ for each
    rejected id, ascending: id ‖ u32 length of the reason ‖ reason (UTF-8).
    """
    rejected_ids = pack_ids([entry.package for entry in verdict.rejected])
    writer = Writer().fixed(digest_bytes(manifest), 32).u32(len(verdict.accepted))
    writer.fixed(pack_ids(verdict.accepted), ID_BYTES * len(verdict.accepted))
    writer.u32(len(verdict.rejected))
    for place, entry in enumerate(verdict.rejected):
        writer.fixed(rejected_ids[place * ID_BYTES : (place + 1) * ID_BYTES], ID_BYTES)
        writer.prefixed(entry.reason.encode("utf-8"))
    return digest(signed_bytes(LABEL_VERDICT, writer.end()))


def _rank(entry: Entry) -> tuple[int, str]:
    return (-entry.revision, entry.package)
