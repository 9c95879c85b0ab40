"""Run one request through a federation, from its lists to the verified result.

Requester, coordinator and every owner of a list act from this process, each with keys of its
own made for this run, over the HTTP that anybody else would use.
"""

import secrets
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cli.asking import Asking
from cli.contacting import NOBODY, OptIns, contacts_follow, contacts_say
from cli.errors import BadInput, CliError
from cli.progress import Progress
from cli.reachable import Reachable
from connector.contact import Found
from connector.contributing import OwnerKeys, Participant, request_fetch
from connector.errors import ConnectorError
from connector.list_files import ListFile, Report
from connector.list_words import WordList, words_read
from connector.private_outcomes import counts_read, hits_read, per_indicator
from connector.splitting import BucketFull, Prepared
from mpcengine.protocol.buckets import size_class
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.envelope import generate_share_key, share_public
from mpcengine.protocol.errors import MalformedInput, ProtocolError
from mpcengine.protocol.hits import Hits
from mpcengine.protocol.manifest_parts import Coordinator, Window
from mpcengine.protocol.request import COMPARE, Request
from mpcengine.protocol.request_manifest import (
    Approvals,
    Approver,
    Owner,
    Requester,
    RequestManifest,
    RequestTerms,
    SignedRequestManifest,
    build_request_manifest,
)
from mpcengine.protocol.request_manifest_parts import HOLDER, REQUESTER
from mpcengine.protocol.request_result import (
    assemble_request_result,
    verify_request_result,
)
from mpcengine.protocol.request_statement import RELEASED, parse_request_statement
from mpcengine.protocol.result import Verification
from mpcengine.protocol.signing import public_bytes
from mpcengine.protocol.words import federation_salt

RESULT_SECONDS = 3600.0
NONCE_SECONDS = 300.0
COORDINATOR_NAME = "Sample coordinator"
REQUESTER_NAME = "Requester"
# Two, as identifiers of persons ask for (docs/protocol.md §19.5).
APPROVERS = ("First approver", "Second approver")
REQUEST_ID_BYTES = 16
_SHOWN_ROWS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """Say whose list is in which file; a match's first is the requester's."""

    name: str
    source: ListFile


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestOutcome:
    """A finished request: its verified result; by name holders' hits, and cards they may read.

    ``left_out``: by file, what was left out of it.
    """

    document: JSON
    verification: Verification
    hits: dict[str, Hits]
    contacts: dict[str, Found]
    left_out: dict[str, Report]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seat:
    """One owner in this run: its list, words and keys."""

    listed: Listed
    words: WordList
    keys: OwnerKeys = field(repr=False)


def request_run(
    federation: Reachable,
    request: Request,
    lists: Sequence[Listed],
    progress: Progress,
    opted: OptIns = NOBODY,
) -> RequestOutcome:
    """Read lists, publish, consent, contribute, wait, verify, and open private outcomes.

    ``opted``: who is willing to be found, where the request offers contact.

    Raises BadInput for a list that cannot be read, NodeRefused, or CliError.
    """
    try:
        return _run(federation, request, lists, progress, opted)
    except ConnectorError as error:
        federation.look()
        raise CliError(f"{error.receiver}: {error.sentence}") from error


def _run(
    federation: Reachable,
    request: Request,
    lists: Sequence[Listed],
    progress: Progress,
    opted: OptIns,
) -> RequestOutcome:
    seats = _seated(federation, lists, progress)
    asker = Ed25519PrivateKey.generate() if request.kind == COMPARE else seats[0].keys.sign
    # Nobody but this process takes part: it approves as well, with keys made for this run.
    approvers = tuple(Ed25519PrivateKey.generate() for _ in APPROVERS)
    asking = Asking(federation=federation, requester=asker, approvers=approvers)
    progress.step("Publishing the request: three nodes check and sign its manifest")
    terms = _terms(federation, request, seats, asker)
    manifest = _built(asking, {**terms, "approvals": _approvals(approvers)})
    signed = asking.publish(manifest)
    # What the owners take part in is what the nodes give out, verified, not what we built.
    fetched = request_fetch(federation.nodes, manifest.digest, federation.nodes_file)
    participants = [
        Participant(manifest=fetched, owner=place, keys=seat.keys, nodes=federation.nodes)
        for place, seat in enumerate(seats)
    ]
    names = [seat.listed.name for seat in seats]
    _consented(participants, seats, progress)
    if fetched.decides_before:
        contacts_say(participants, names, opted, progress)
    with tempfile.TemporaryDirectory(prefix="drempel-parts-") as folder:
        prepared = _contributed(asking, participants, seats, progress, Path(folder))
        progress.step("Computing: nodes check the lists, compare them, apply the rules, sign")
        statements, signatures = asking.statements(manifest.digest, seconds=RESULT_SECONDS)
        if not prepared or parse_request_statement(statements[0]).state != RELEASED:
            document = _assembled(signed, statements, signatures, None)
            return _outcome(federation, document, {}, {}, seats)
        progress.step("Opening what is each owner's alone")
        counts, hits = _private(request, participants, prepared, seats)
    found = contacts_follow(participants, names, opted, progress, federation.look)
    own = found.pop(names[0], None)
    document = _assembled(signed, statements, signatures, counts, own)
    progress.step("Verifying the result against the nodes' signatures")
    return _outcome(federation, document, hits, found, seats)


def _seated(federation: Reachable, lists: Sequence[Listed], progress: Progress) -> list[_Seat]:
    salt = federation_salt([entry.identity_key for entry in federation.nodes_file.nodes])
    seats = []
    with progress.counting("Reading lists", len(lists)) as counter:
        for listed in lists:
            try:
                words = words_read(listed.source, salt)
            except MalformedInput as error:
                raise BadInput(f"{listed.source.path}: {error.sentence}") from None
            except OSError:
                raise BadInput(f"{listed.source.path} cannot be read.") from None
            keys = OwnerKeys(sign=Ed25519PrivateKey.generate(), seal=generate_share_key())
            seats.append(_Seat(listed=listed, words=words, keys=keys))
            counter.add()
    for seat in seats:
        for sentence in left_out_sentences(seat.listed.source.path, seat.words):
            progress.step(sentence)
    return seats


def left_out_sentences(path: Path, words: WordList) -> list[str]:
    """Return what was left out of a list, in a few lines that quote no value."""
    report = words.report
    if not report.left_out:
        return []
    shown = report.dropped[:_SHOWN_ROWS]
    lines = [f"{path}: {report.left_out} rows were left out"]
    lines += [f"  row {one.row}: the value {one.reason}" for one in shown]
    if report.left_out > len(shown):
        lines.append(f"  and {report.left_out - len(shown)} more")
    return lines


def _terms(
    federation: Reachable, request: Request, seats: Sequence[_Seat], asker: Ed25519PrivateKey
) -> dict[str, JSON]:
    now = datetime.now(UTC).replace(microsecond=0)
    opens = now - timedelta(minutes=5)
    name = REQUESTER_NAME if request.kind == COMPARE else seats[0].listed.name
    owners = tuple(
        Owner(
            owner=place,
            name=seat.listed.name,
            role=HOLDER if place or request.kind == COMPARE else REQUESTER,
            key=public_bytes(seat.keys.sign),
            seal_key=share_public(seat.keys.seal),
        )
        for place, seat in enumerate(seats)
    )
    others = max(len(seat.words.words) for seat in seats[1:])
    return {
        "request": request,
        "requester": Requester(name=name, key=public_bytes(asker)),
        "coordinator": Coordinator(
            name=COORDINATOR_NAME, key=public_bytes(federation.coordinator_key)
        ),
        "owners": owners,
        "first_size": size_class(len(seats[0].words.words)),
        "other_size": size_class(others),
        "consenting": Window(opens=opens, closes=now + timedelta(hours=6)),
        "contributing": Window(opens=opens, closes=now + timedelta(hours=12)),
    }


def _approvals(keys: Sequence[Ed25519PrivateKey]) -> Approvals:
    named = zip(APPROVERS, keys, strict=True)
    approvers = tuple(
        Approver(name=name, organisation=f"{name}'s board", key=public_bytes(key))
        for name, key in named
    )
    return Approvals(needed=len(approvers), approvers=approvers)


def _built(asking: Asking, terms: dict[str, JSON]) -> RequestManifest:
    """Have the nodes make their keys, and return the manifest with these terms."""
    request_id = secrets.token_hex(REQUEST_ID_BYTES)
    nodes = asking.share_keys(request_id)
    try:
        return build_request_manifest(RequestTerms(request_id=request_id, nodes=nodes, **terms))
    except ProtocolError as error:
        raise BadInput(error.sentence) from None


def _consented(
    participants: Sequence[Participant], seats: Sequence[_Seat], progress: Progress
) -> None:
    with progress.counting("Consenting, each with a fixed list", len(seats)) as counter:
        for participant, seat in zip(participants, seats, strict=True):
            participant.consent(seat.words)
            counter.add()


def _contributed(
    asking: Asking,
    participants: Sequence[Participant],
    seats: Sequence[_Seat],
    progress: Progress,
    folder: Path,
) -> list[Prepared]:
    """Return what was handed in; nothing if the nodes ended the job before."""
    digest = participants[0].manifest.digest

    def look() -> None:
        asking.federation.look()
        if asking.state(digest) is not None:
            raise _EndedError

    prepared: dict[int, Prepared] = {}

    def hand_in(place: int, number: int) -> None:
        own = folder / str(place)
        own.mkdir(exist_ok=True)
        prepared[place] = participants[place].contribute(
            seats[place].words, own, seconds=NONCE_SECONDS, number=number, look=look
        )

    try:
        with progress.counting("Sharing lists among the nodes", len(seats)) as counter:
            for place in range(len(seats)):
                hand_in(place, 1)
                counter.add()
        # A list that did not fit brought a later nonce for everybody.
        while stale := _stale(prepared):
            hand_in(*stale)
    except _EndedError:
        return []
    except BucketFull:
        raise CliError("A list does not fit its buckets, three times over.") from None
    return [prepared[place] for place in range(len(seats))]


def _stale(prepared: dict[int, Prepared]) -> tuple[int, int] | None:
    """Return an owner that handed in under an older nonce than another, and the later one."""
    latest = max(one.number for one in prepared.values())
    return next(
        ((place, latest) for place, one in prepared.items() if one.number < latest), None
    )


class _EndedError(Exception):
    """A node has ended the job while lists were still handed in."""


def _private(
    request: Request,
    participants: Sequence[Participant],
    prepared: Sequence[Prepared],
    seats: Sequence[_Seat],
) -> tuple[list[JSON] | None, dict[str, Hits]]:
    if request.kind == COMPARE:
        return None, {}
    counts = counts_read(participants[0], prepared[0], seats[0].listed.source)
    hits = {
        seat.listed.name: hits_read(participant, handed, seat.listed.source)
        for participant, handed, seat in zip(
            participants[1:], prepared[1:], seats[1:], strict=True
        )
    }
    return per_indicator(counts), hits


def _assembled(
    signed: SignedRequestManifest,
    statements: Sequence[bytes],
    signatures: Sequence[bytes],
    counts: Sequence[JSON] | None,
    found: Found | None = None,
) -> JSON:
    contacts = None if found is None else [one.to_json() for one in found.cards]
    try:
        return assemble_request_result(
            signed, statements, signatures, per_indicator=counts, contacts=contacts
        )
    except ProtocolError as error:
        raise CliError(f"The nodes' statements make no result: {error.sentence}") from None


def _outcome(
    federation: Reachable,
    document: JSON,
    hits: dict[str, Hits],
    contacts: dict[str, Found],
    seats: Sequence[_Seat],
) -> RequestOutcome:
    try:
        verification = verify_request_result(document, federation.nodes_file)
    except ProtocolError as error:
        raise CliError(f"The result does not verify: {error.sentence}") from error
    return RequestOutcome(
        document=document,
        verification=verification,
        hits=hits,
        contacts=contacts,
        left_out={
            str(seat.listed.source.path): seat.words.report
            for seat in seats
            if seat.words.report.left_out
        },
    )
