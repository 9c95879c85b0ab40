"""Conclude from three nodes' values which reports are rejected, and check that conclusion.

Source: docs/protocol.md §18.4 and §14.3. What is published of a released survey (the coin's
transcript, the three signed ``lines`` bodies, the lists) gives the signed verdict to anybody;
nothing of it is believed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mpcengine.protocol.batch import (
    CANNOT_UNSEAL,
    PROOF_REASONS,
    SUPERSEDED,
    Rejected,
    Verdict,
    strike_invalid,
    verdict_digest,
)
from mpcengine.protocol.canonical import Digest, digest
from mpcengine.protocol.codec import unpack_vector
from mpcengine.protocol.errors import MalformedMessage
from mpcengine.protocol.field import ELEMENT_BYTES
from mpcengine.protocol.manifest import Manifest
from mpcengine.protocol.signing import LABEL_LINES, verify
from mpcengine.protocol.statement import Statement
from mpcengine.protocol.validity_check import Weights, coin_weights, judge
from mpcengine.protocol.validity_messages import (
    Lines,
    check_same_terms,
    lines_digest,
    open_transcript,
    parse_lines,
)

# Reports whose values are held as numbers at once.
_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedLines:
    """Hold one node's ``lines`` body with its signature."""

    body: bytes
    signature: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedChecks:
    """Hold what the nodes publish of how reports were checked: nothing secret.

    ``lines`` stand in order of index.
    """

    transcript: bytes
    lines: tuple[SignedLines, SignedLines, SignedLines]


def judge_lines(weights: Weights, said: Sequence[Lines]) -> Iterator[str | None]:
    """Yield why each report is rejected, None where it is accepted, in order of ids.

    ``said`` are the three nodes' messages in order of index, of the same terms.
    Raises InconsistentShares ``lines.length`` for another number of values a report.
    """
    count, opened = said[0].count, said[0].opened
    for start in range(0, count, _AT_ONCE):
        rows = min(_AT_ONCE, count - start)
        first, last = start * opened * ELEMENT_BYTES, (start + rows) * opened * ELEMENT_BYTES
        parts = [unpack_vector(one.values[first:last], rows * opened) for one in said]
        for at in range(0, rows * opened, opened):
            yield judge(weights, [part[at : at + opened] for part in parts])


def unsealing_verdict(verdict: Verdict) -> Verdict:
    """Return the verdict of unsealing behind a final one: nobody was rejected by a proof."""
    invalid = [one.package for one in verdict.rejected if one.reason in PROOF_REASONS]
    before = [one for one in verdict.rejected if one.reason in (CANNOT_UNSEAL, SUPERSEDED)]
    return Verdict(
        accepted=tuple(sorted([*verdict.accepted, *invalid])), rejected=tuple(before)
    )


def verify_checks(
    manifest: Manifest,
    statement: Statement,
    *,
    accepted: Sequence[str],
    rejected: Sequence[Rejected],
    published: PublishedChecks,
) -> None:
    """Return nothing if lists, coin and values give the verdict that a released node signed.

    The lists are those of ``result.verify_lists``. Raises BadSignature for a body that its node
    did not sign, MalformedMessage for what does not follow: ``checks.coin``, ``checks.lines``,
    ``checks.terms``, ``checks.verdict``, or a code of §18.
    """
    verdict = Verdict(accepted=tuple(accepted), rejected=tuple(rejected))
    coin = _coin(manifest, statement, published.transcript)
    said = _said(manifest, statement, published)
    before = unsealing_verdict(verdict)
    plan = manifest.layout.proof
    terms = (
        manifest.digest,
        statement.root,
        statement.coin,
        verdict_digest(manifest.digest, before),
        len(before.accepted),
        plan.opened,
    )
    one = said[0]
    if (one.manifest, one.root, one.coin, one.verdict, one.count, one.opened) != terms:
        raise MalformedMessage("checks.terms", "The nodes' values are of another batch.")
    reasons = list(judge_lines(coin_weights(plan, coin), said))
    if strike_invalid(before, reasons) != verdict:
        raise MalformedMessage(
            "checks.verdict", "The nodes' values do not give the published lists."
        )


def _coin(manifest: Manifest, statement: Statement, transcript: bytes) -> bytes:
    if digest(transcript) != statement.coin:
        raise MalformedMessage("checks.coin", "The published coin is not the signed one.")
    root: Digest = statement.root or ""
    keys = [node.identity_key for node in manifest.nodes]
    return open_transcript(transcript, manifest=manifest.digest, root=root, identity_keys=keys)


def _said(
    manifest: Manifest, statement: Statement, published: PublishedChecks
) -> tuple[Lines, ...]:
    bodies = [one.body for one in published.lines]
    if lines_digest(bodies) != statement.lines:
        raise MalformedMessage("checks.lines", "The published values are not the signed ones.")
    for node, one in zip(manifest.nodes, published.lines, strict=True):
        verify(node.identity_key, LABEL_LINES, one.body, one.signature)
    said = tuple(parse_lines(body) for body in bodies)
    check_same_terms(said)
    return said
