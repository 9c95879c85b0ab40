"""What the relay does: registers surveys, takes parcels, takes orders.

A parcel is stored, in a transaction, before the promise to deliver it is signed; taking it
again gives the same promise. Nothing is stored or logged about who sent it, or when; what is in
it, the relay cannot see.
"""

from dataclasses import dataclass

from django.db import transaction

import faults
from mpcengine.protocol.canonical import JSON, canonical
from mpcengine.protocol.errors import MalformedMessage, PolicyRefused
from mpcengine.protocol.manifest import Manifest
from mpcengine.protocol.orders import CLOSE, parse_order, verify_order
from mpcengine.protocol.outer import check_parcel, parcel_hash, parcel_manifest
from mpcengine.protocol.receipt import promise_body
from mpcengine.protocol.signedmanifest import parse_signed_manifest, verify_signed_manifest
from mpcengine.protocol.signing import LABEL_PROMISE, sign
from problems import Conflict
from relay.booths import booth_store
from relay.intake import Arrival, check_intake, parcel_store
from relay.keys import nodes_file, public_key, signing_key
from relay.models import RelayedOrder, RelayedSurvey
from relay.selectors import manifest_of, survey_get
from security_events import emit

# Every survey within the limits of docs/protocol.md §5.4 stays below it.
LARGEST_PARCEL = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What a sender gets back: the parcel's hash and the relay's signature for its bytes."""

    parcel: str
    survey: str
    promise: bytes


def survey_register(*, signed_manifest: JSON) -> RelayedSurvey:
    """Store a signed manifest after checking all four signatures and that the nodes are ours.

    Run for the portal. Registering the same manifest again changes nothing. Raises
    ProtocolError, or Conflict if the survey id belongs to another manifest (protocol §9).
    """
    signed = parse_signed_manifest(signed_manifest)
    manifest = verify_signed_manifest(signed, nodes_file())
    _check_ours(manifest)
    with transaction.atomic():
        row, is_new = RelayedSurvey.objects.get_or_create(
            survey_id=manifest.survey_id,
            defaults={
                "digest": manifest.digest,
                "signed_manifest": canonical(signed.to_json()).decode(),
            },
        )
        if is_new:
            booth_store(row, manifest)
            emit("survey.opened", manifest=manifest.digest, survey=manifest.survey_id)
    if row.digest != manifest.digest:
        raise Conflict("survey.other_manifest", "The survey id belongs to another manifest.")
    return row


def parcel_take(*, parcel: bytes) -> Promise:
    """Store one parcel and return the signed promise for exactly these bytes.

    Checks what can be seen of it: survey, length, version, and whether parcels are taken now
    (protocol §8.4). Whether it holds an answer only nodes can tell. Taking the same parcel
    again changes nothing. Raises Missing, Conflict, ProtocolError, or Unavailable where too
    many wait.
    """
    digest = parcel_manifest(parcel)
    if digest is None:
        raise MalformedMessage("parcel.length", "The parcel has another length.")
    check_parcel(manifest_of(digest), parcel)
    check_intake(survey_get(digest=digest))
    parcel_store(Arrival(survey=digest, parcel=parcel))
    promise = sign(signing_key(), LABEL_PROMISE, promise_body(digest, parcel))
    return Promise(parcel=parcel_hash(parcel).hex(), survey=digest, promise=promise)


def order_take(*, order: bytes, signature: bytes) -> RelayedSurvey:
    """Take a coordinator's signed order to open answering or to close (protocol §9).

    The same order again changes nothing. Raises Missing or ProtocolError. Kill points
    ``relay.<order>.before_write``, ``.after_write``, ``.after_commit``.
    """
    parsed = parse_order(order)
    verify_order(order, signature, manifest_of(parsed.manifest).coordinator.key)
    point = f"relay.{parsed.order}"
    faults.point(f"{point}.before_write")
    with transaction.atomic():
        survey = RelayedSurvey.objects.select_for_update().get(digest=parsed.manifest)
        _, is_new = RelayedOrder.objects.get_or_create(
            survey=survey, kind=parsed.order, defaults={"order": order, "signature": signature}
        )
        if is_new:
            survey.is_answering = True
            survey.is_closed = survey.is_closed or parsed.order == CLOSE
            survey.save(update_fields=["is_answering", "is_closed"])
            _order_tell(parsed.order, manifest=parsed.manifest)
        faults.point(f"{point}.after_write")
    faults.point(f"{point}.after_commit")
    return survey


def _check_ours(manifest: Manifest) -> None:
    if manifest.relay.key != public_key():
        raise PolicyRefused("relay.key", "The manifest names another relay's key.")
    if manifest.parcel_length > LARGEST_PARCEL:
        raise PolicyRefused(
            "relay.parcel_length",
            f"An answer to this survey has {manifest.parcel_length} bytes; this relay takes "
            f"{LARGEST_PARCEL} at most; ask fewer or shorter questions.",
        )


def _order_tell(order: str, *, manifest: str) -> None:
    if order == CLOSE:
        emit("survey.closed", manifest=manifest, reason="order")
    else:
        emit("survey.answering_opened", manifest=manifest)
