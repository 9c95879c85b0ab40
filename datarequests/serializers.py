"""The JSON of the interface of data requests, for the OpenAPI document.

Input is read strictly in the views; signatures, keys and bodies are standard base64.
"""

from rest_framework import serializers

from datarequests.models import KeyRole
from datarequests.states import RequestState
from mpcengine.protocol.request import KINDS


class DraftIn(serializers.Serializer[object]):
    """A question, ``drempel-request/1``, and the size class of the first list."""

    definition = serializers.JSONField()
    list_size = serializers.IntegerField(min_value=64, max_value=1 << 24)


class BytesOut(serializers.Serializer[object]):
    """Bytes to sign, base64, the label they are signed under, and their digest."""

    body = serializers.CharField()
    under = serializers.CharField()
    digest = serializers.CharField()


class SignedByKeyIn(serializers.Serializer[object]):
    """A signature, and the number of the key that made it."""

    key = serializers.IntegerField()
    signature = serializers.CharField()


class RequestRow(serializers.Serializer[object]):
    """A request in a list."""

    id = serializers.CharField()
    kind = serializers.ChoiceField(choices=list(KINDS))
    state = serializers.ChoiceField(choices=RequestState.values)
    version = serializers.IntegerField()
    title = serializers.DictField(child=serializers.CharField())
    organisation = serializers.CharField()
    created_at = serializers.CharField()
    changed_at = serializers.CharField()


class ApproverOut(serializers.Serializer[object]):
    """Somebody who is asked to approve, and what she decided."""

    approver = serializers.IntegerField()
    name = serializers.CharField()
    organisation = serializers.CharField()
    decision = serializers.CharField(allow_null=True)


class ApprovalsOut(serializers.Serializer[object]):
    """How many approvals are needed, and who is asked."""

    needed = serializers.IntegerField()
    approvers = ApproverOut(many=True)


class InvitationOut(serializers.Serializer[object]):
    """A holder in the manifest; ``own``: the reader's organisation."""

    owner = serializers.IntegerField()
    organisation = serializers.CharField()
    key = serializers.IntegerField()
    own = serializers.BooleanField()


class RequestOut(RequestRow):
    """A request with everything that its people may see."""

    definition = serializers.JSONField()
    list_size = serializers.IntegerField()
    reason_code = serializers.CharField(allow_null=True)
    reason = serializers.CharField(allow_null=True)
    submission_digest = serializers.CharField(allow_null=True)
    manifest_digest = serializers.CharField(allow_null=True)
    approvals = ApprovalsOut(allow_null=True)
    invitations = InvitationOut(many=True)
    job = serializers.JSONField(allow_null=True)
    signed_request = serializers.JSONField(allow_null=True)


class RequestPage(serializers.Serializer[object]):
    """One page of a list of requests."""

    count = serializers.IntegerField()
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = RequestRow(many=True)


class KeyIn(serializers.Serializer[object]):
    """A key that signed for itself: ``drempel-registered-key/1``, and a name for people."""

    name = serializers.CharField(max_length=100)
    registered = serializers.CharField()
    signature = serializers.CharField()


class KeyOut(serializers.Serializer[object]):
    """An organisation's key."""

    id = serializers.IntegerField()
    role = serializers.ChoiceField(choices=KeyRole.values)
    name = serializers.CharField()
    organisation = serializers.CharField()
    person = serializers.CharField()
    own = serializers.BooleanField()
    sign_key = serializers.CharField()
    seal_key = serializers.CharField(allow_null=True)
    created_at = serializers.CharField()
    revoked_at = serializers.CharField(allow_null=True)


class KeyPage(serializers.Serializer[object]):
    """One page of keys."""

    count = serializers.IntegerField()
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = KeyOut(many=True)


class RegisterRow(serializers.Serializer[object]):
    """A question in the public register."""

    id = serializers.CharField()
    title = serializers.DictField(child=serializers.CharField())
    purpose = serializers.DictField(child=serializers.CharField())
    asker = serializers.CharField()
    kind = serializers.CharField()
    state = serializers.ChoiceField(choices=RequestState.values)
    submitted_at = serializers.CharField()


class RegisterPage(serializers.Serializer[object]):
    """One page of the register."""

    count = serializers.IntegerField()
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = RegisterRow(many=True)


class SignedOut(serializers.Serializer[object]):
    """Something a person signed: its bytes, the key, the signature, the hash before it."""

    number = serializers.IntegerField()
    version = serializers.IntegerField()
    kind = serializers.CharField()
    organisation = serializers.CharField()
    person = serializers.CharField()
    key = serializers.CharField()
    body = serializers.CharField()
    signature = serializers.CharField()
    previous = serializers.CharField()
    created_at = serializers.CharField()


class HistoryOut(serializers.Serializer[object]):
    """What was signed about a request, in order; ``whole``: the chain holds."""

    whole = serializers.BooleanField()
    signed = SignedOut(many=True)


class SignatureIn(serializers.Serializer[object]):
    """A signature, base64."""

    signature = serializers.CharField()


class ReasonIn(serializers.Serializer[object]):
    """Why, in a sentence for who asked."""

    reason = serializers.CharField(max_length=400)


class RequestWindowIn(serializers.Serializer[object]):
    """From when until when: RFC 3339, UTC, whole seconds."""

    opens = serializers.CharField()
    closes = serializers.CharField()


class RequestPrepareIn(serializers.Serializer[object]):
    """What a coordinator decides before the manifest is built."""

    key = serializers.IntegerField()
    signature = serializers.CharField()
    holders = serializers.ListField(child=serializers.IntegerField())
    approvers = serializers.ListField(child=serializers.IntegerField())
    needed = serializers.IntegerField(min_value=0, max_value=16)
    holder_size = serializers.IntegerField(min_value=64, max_value=1 << 24)
    consenting = RequestWindowIn()
    contributing = RequestWindowIn()
    give_up_after_days = serializers.IntegerField(min_value=1, max_value=365)


class RequestOrderIn(serializers.Serializer[object]):
    """A coordinator's order (``close-consents`` or ``close``) and its signature."""

    order = serializers.CharField()
    signature = serializers.CharField()
