"""Make this node's keys for a survey, on the word of a coordinator the operator knows.

And destroy the one that issues, as soon as nothing more is to be issued with it.
"""

from dataclasses import dataclass

from django.db import transaction

from mpcengine.protocol.eligibility import possession_message
from mpcengine.protocol.envelope import generate_share_key, share_public
from mpcengine.protocol.errors import PolicyRefused
from mpcengine.protocol.orders import keys_body, prepare_body, survey_id_bytes
from mpcengine.protocol.signing import (
    LABEL_KEYS,
    LABEL_PREPARE,
    generate_p256_key,
    point_bytes,
    verify,
)
from nodes.issuing import issuer_make
from nodes.keystore import (
    identity_public,
    issuer_key_wrap,
    node_index,
    node_sign,
    outer_key_wrap,
    share_key_wrap,
)
from nodes.models import IssuerKey, SurveyKeys
from nodes.policy import operator_policy
from problems import Conflict
from security_events import emit, emit_anyway, key_id


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysAnswer:
    """Carry the three public keys of a survey and this node's signature over them.

    ``issuer_proof`` is the issuer key's own signature: that it is this node's.
    """

    share_key: bytes
    outer_key: bytes
    issuer_key: bytes
    issuer_proof: bytes
    signature: bytes


def survey_keys_create(*, survey_id: str, coordinator: bytes, signature: bytes) -> KeysAnswer:
    """Return this node's keys of a survey, made at the first call and the same ever after.

    Raises BadSignature, PolicyRefused for a coordinator the operator does not know, Conflict
    where the survey id belongs to another coordinator. Source: docs/protocol.md §9.
    """
    verify(coordinator, LABEL_PREPARE, prepare_body(survey_id), signature)
    if coordinator not in operator_policy().coordinators:
        emit(
            "manifest.refused", outcome="failure", survey=survey_id, reason="policy.coordinator"
        )
        raise PolicyRefused(
            "policy.coordinator",
            "This node's operator does not know the coordinator key; ask it to add the key.",
        )
    issuer = _issuer_key(survey_id)
    own = _opening_keys(survey_id, coordinator)
    body = keys_body(
        survey_id=survey_id,
        index=node_index(),
        share_key=bytes(own.public),
        outer_key=bytes(own.outer_public),
        issuer_key=bytes(issuer.public),
    )
    return KeysAnswer(
        share_key=bytes(own.public),
        outer_key=bytes(own.outer_public),
        issuer_key=bytes(issuer.public),
        issuer_proof=bytes(issuer.proof),
        signature=node_sign(LABEL_KEYS, body),
    )


def issuer_key_erase(survey_id: str) -> None:
    """Destroy the private issuer key of a survey; does nothing where it is gone.

    On SQLite the write-ahead file still has it until ``wal_truncate``.
    """
    rows = IssuerKey.objects.filter(pk=survey_id).exclude(wrapped=b"")
    row = rows.first()
    if row is not None and rows.update(wrapped=b""):
        # A full disk of events must not keep a secret alive.
        key = key_id(bytes(row.public))
        emit_anyway("key.destroyed", key=key, key_kind="issuer", survey=survey_id)


def _issuer_key(survey_id: str) -> IssuerKey:
    row = IssuerKey.objects.filter(pk=survey_id).first()
    if row is None:
        identity = identity_public()
        private, proof = issuer_make(
            possession_message(survey_id_bytes(survey_id), node_index(), identity)
        )
        fresh = IssuerKey(
            survey_id=survey_id,
            public=private.modulus,
            wrapped=issuer_key_wrap(private.to_bytes(), survey_id),
            proof=proof,
        )
        # Two calls at once make two keys; the first stored is the one both answer with.
        IssuerKey.objects.bulk_create([fresh], ignore_conflicts=True)
        row = IssuerKey.objects.get(pk=survey_id)
        _tell_made("issuer", survey_id, bytes(row.public), bytes(fresh.public))
    return row


def _opening_keys(survey_id: str, coordinator: bytes) -> SurveyKeys:
    """Return the keys that open envelopes and parcels, made if there are none."""
    row = SurveyKeys.objects.filter(pk=survey_id).first()
    if row is None:
        share, outer = generate_share_key(), generate_p256_key()
        fresh = SurveyKeys(
            survey_id=survey_id,
            coordinator=coordinator,
            public=share_public(share),
            wrapped=share_key_wrap(share, survey_id),
            outer_public=point_bytes(outer),
            outer_wrapped=outer_key_wrap(outer, survey_id),
        )
        with transaction.atomic():
            SurveyKeys.objects.bulk_create([fresh], ignore_conflicts=True)
            row = SurveyKeys.objects.get(pk=survey_id)
            _tell_made("share", survey_id, bytes(row.public), bytes(fresh.public))
            made = bytes(row.outer_public), bytes(fresh.outer_public)
            _tell_made("outer", survey_id, *made)
    if bytes(row.coordinator) != coordinator:
        raise Conflict("survey.other_coordinator", "Another coordinator has this survey id.")
    return row


def _tell_made(kind: str, survey_id: str, stored: bytes, fresh: bytes) -> None:
    """Tell of a key if the one stored is the one made here, not another call's."""
    if stored == fresh:
        emit("key.created", key=key_id(stored), key_kind=kind, survey=survey_id)
