"""Make this node's share key of a request, on the word of a coordinator the operator knows."""

from dataclasses import dataclass

from django.db import transaction

from mpcengine.protocol.envelope import generate_share_key, share_public
from mpcengine.protocol.errors import PolicyRefused
from mpcengine.protocol.request_manifest import prepare_request_body, request_keys_body
from mpcengine.protocol.signing import LABEL_PREPARE_REQUEST, LABEL_REQUEST_KEYS, verify
from nodes.keystore import node_index, node_sign, share_key_wrap
from nodes.models import SurveyKeys
from nodes.policy import operator_policy
from problems import Conflict
from security_events import emit, key_id


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestKeyAnswer:
    """Carry the share key (65 bytes) of a request and this node's signature over it."""

    share_key: bytes
    signature: bytes


def request_key_create(
    *, request_id: str, coordinator: bytes, signature: bytes
) -> RequestKeyAnswer:
    """Return this node's share key, made at the first call and the same ever after.

    Raises MalformedMessage, BadSignature, PolicyRefused for a coordinator the operator does
    not know, Conflict where the id belongs to another coordinator or to a survey. Source:
    docs/protocol.md §19.5.
    """
    verify(coordinator, LABEL_PREPARE_REQUEST, prepare_request_body(request_id), signature)
    if coordinator not in operator_policy().coordinators:
        emit(
            "manifest.refused",
            outcome="failure",
            survey=request_id,
            reason="policy.coordinator",
        )
        raise PolicyRefused(
            "policy.coordinator",
            "This node's operator does not know the coordinator key; ask it to add the key.",
        )
    own = _key(request_id, coordinator)
    body = request_keys_body(
        request_id=request_id, index=node_index(), share_key=bytes(own.public)
    )
    return RequestKeyAnswer(
        share_key=bytes(own.public), signature=node_sign(LABEL_REQUEST_KEYS, body)
    )


def _key(request_id: str, coordinator: bytes) -> SurveyKeys:
    row = SurveyKeys.objects.filter(pk=request_id).first()
    if row is None:
        share = generate_share_key()
        fresh = SurveyKeys(
            survey_id=request_id,
            coordinator=coordinator,
            public=share_public(share),
            wrapped=share_key_wrap(share, request_id),
        )
        with transaction.atomic():
            # Two calls at once make two keys; the first stored is the one both answer with.
            SurveyKeys.objects.bulk_create([fresh], ignore_conflicts=True)
            row = SurveyKeys.objects.get(pk=request_id)
            if bytes(row.public) == fresh.public:
                key = key_id(bytes(row.public))
                emit("key.created", key=key, key_kind="share", survey=request_id)
    if bytes(row.coordinator) != coordinator or row.outer_public:
        raise Conflict("request.id_taken", "This id is another coordinator's or a survey's.")
    return row
