"""Shapes of the node's interface, for its OpenAPI document; views read strictly themselves."""

from rest_framework import serializers


class IdentityOut(serializers.Serializer[object]):
    node = serializers.ChoiceField(choices=["a", "b", "c"])
    index = serializers.IntegerField(min_value=1, max_value=3)
    name = serializers.CharField()
    identity_key = serializers.CharField(help_text="base64 of 32 bytes")


class IntroductionOut(serializers.Serializer[object]):
    node = serializers.ChoiceField(choices=["a", "b", "c"])
    nodes = serializers.CharField(help_text="digest of the nodes file's canonical JSON")
    signature = serializers.CharField(help_text="base64 of 64 bytes")


class SurveyKeysIn(serializers.Serializer[object]):
    coordinator = serializers.CharField(help_text="base64 of 32 bytes")
    signature = serializers.CharField(help_text="base64 of 64 bytes")


class SurveyKeysOut(serializers.Serializer[object]):
    share_key = serializers.CharField()
    outer_key = serializers.CharField()
    issuer_key = serializers.CharField(help_text="base64 of the RSA modulus, 256 bytes")
    issuer_proof = serializers.CharField(help_text="base64 of 256 bytes")
    signature = serializers.CharField()


class ManifestIn(serializers.Serializer[object]):
    manifest = serializers.CharField(help_text="base64 of the canonical bytes")
    coordinator_signature = serializers.CharField()
    roster = serializers.ListField(child=serializers.CharField(), help_text="hex, ascending")


class ManifestSignatureOut(serializers.Serializer[object]):
    node = serializers.CharField()
    signature = serializers.CharField()


class SignaturesIn(serializers.Serializer[object]):
    signatures = serializers.DictField(child=serializers.CharField())


class StateOut(serializers.Serializer[object]):
    state = serializers.CharField()


class OrderIn(serializers.Serializer[object]):
    order = serializers.CharField(help_text="base64 of the canonical bytes")
    signature = serializers.CharField()


class TokenIn(serializers.Serializer[object]):
    manifest = serializers.CharField()
    blinded = serializers.CharField(help_text="base64 of 256 bytes, RFC 9474")
    code = serializers.CharField(
        required=False, help_text="base64 of this node's 32 bytes of the code"
    )
    partner_key = serializers.CharField(
        required=False, help_text="in place of a code: base64 of a partner's key, 65 bytes"
    )
    signature = serializers.CharField(
        required=False, help_text="the partner's: base64 of 64 bytes"
    )


class TokenOut(serializers.Serializer[object]):
    blind_signature = serializers.CharField(help_text="base64 of 256 bytes")


class PlaceOut(serializers.Serializer[object]):
    state = serializers.ChoiceField(choices=["taken", "later", "never"])
    confirmation = serializers.CharField(required=False, help_text="base64 of 64 bytes")
    code = serializers.CharField(required=False)


class IntakeOut(serializers.Serializer[object]):
    answers = PlaceOut(many=True, help_text="one for each parcel, in the order of the batch")


class PageOut(serializers.Serializer[object]):
    manifest = serializers.CharField()
    size = serializers.IntegerField(min_value=0, help_text="entries of the whole list")
    page = serializers.IntegerField(min_value=1)
    pages = serializers.IntegerField(min_value=1)


class AcceptedOut(PageOut):
    ids = serializers.ListField(child=serializers.CharField())


class SeenOut(PageOut):
    node = serializers.ChoiceField(choices=["a", "b", "c"])
    signature = serializers.CharField(help_text="base64 of 64 bytes, over the whole list")
    ids = serializers.ListField(child=serializers.CharField())


class RejectedEntryOut(serializers.Serializer[object]):
    id = serializers.CharField()
    reason = serializers.CharField()


class RejectedOut(PageOut):
    rejected = RejectedEntryOut(many=True)


class SignedLinesOut(serializers.Serializer[object]):
    node = serializers.CharField()
    signature = serializers.CharField(help_text="base64 of 64 bytes, of proof/<node>")


class ProofOut(serializers.Serializer[object]):
    manifest = serializers.CharField()
    transcript = serializers.CharField(help_text="base64 of drempel-coin-transcript/1")
    lines = SignedLinesOut(many=True)


class OutcomeOut(serializers.Serializer[object]):
    state = serializers.ChoiceField(choices=["released", "withheld"])
    reason = serializers.CharField(allow_null=True)
    statement = serializers.CharField()
    signature = serializers.CharField()


class JobOut(serializers.Serializer[object]):
    state = serializers.CharField()
    reason = serializers.CharField(allow_null=True)
    sentence = serializers.CharField(allow_null=True)
    round = serializers.IntegerField()
    attempt = serializers.IntegerField()


class SignedManifestOut(serializers.Serializer[object]):
    manifest = serializers.CharField()
    coordinator_signature = serializers.CharField()
    signatures = serializers.DictField(child=serializers.CharField())


class RequestKeyOut(serializers.Serializer[object]):
    share_key = serializers.CharField(help_text="base64 of 65 bytes")
    signature = serializers.CharField(help_text="base64 of 64 bytes")


class ApprovalIn(serializers.Serializer[object]):
    approval = serializers.CharField(help_text="base64 of the canonical bytes")
    signature = serializers.CharField(help_text="base64 of 64 bytes")


class RequestIn(serializers.Serializer[object]):
    manifest = serializers.CharField(help_text="base64 of the canonical bytes")
    requester_signature = serializers.CharField(help_text="base64 of 64 bytes")
    coordinator_signature = serializers.CharField(help_text="base64 of 64 bytes")
    approvals = ApprovalIn(many=True)


class ContactIn(serializers.Serializer[object]):
    """An owner's word on contact, with this node's sealed part."""

    contact = serializers.CharField(help_text="canonical JSON, base64")
    signature = serializers.CharField()
    part = serializers.CharField(help_text="sealed to this node, base64")


class EnvelopesOut(serializers.Serializer[object]):
    """Sealed cards: the requester's, and the holders' in an order that names nobody."""

    requester = serializers.CharField()
    holders = serializers.ListField(child=serializers.CharField())


class WithdrawalIn(serializers.Serializer[object]):
    withdrawal = serializers.CharField(help_text="base64 of the canonical bytes")
    signature = serializers.CharField(help_text="base64 of 64 bytes")


class RevocationIn(serializers.Serializer[object]):
    revocation = serializers.CharField(help_text="base64 of the canonical bytes")
    signature = serializers.CharField(help_text="base64 of 64 bytes")


class TakenBackOut(serializers.Serializer[object]):
    place = serializers.IntegerField()
    effect = serializers.ChoiceField(choices=["discarded", "stopped", "stands"])


class RequestSignatureOut(serializers.Serializer[object]):
    digest = serializers.CharField()
    signature = serializers.CharField(help_text="base64 of 64 bytes")


class SignedRequestOut(RequestIn):
    signatures = serializers.DictField(child=serializers.CharField())


class ConsentIn(serializers.Serializer[object]):
    consent = serializers.CharField(help_text="base64 of the canonical bytes")
    signature = serializers.CharField(help_text="base64 of 64 bytes")


class OwnerOut(serializers.Serializer[object]):
    owner = serializers.IntegerField(min_value=0, max_value=255)


class ConsentsOut(serializers.Serializer[object]):
    consents = ConsentIn(many=True)


class NonceOut(serializers.Serializer[object]):
    number = serializers.IntegerField(min_value=1, max_value=3)
    consents = serializers.CharField(help_text="32 bytes, hexadecimal")
    nonce = serializers.CharField(help_text="32 bytes, hexadecimal")
    signature = serializers.CharField(help_text="base64 of 64 bytes")


class OverflowIn(OwnerOut):
    number = serializers.IntegerField(min_value=1, max_value=3)
    signature = serializers.CharField(help_text="base64 of 64 bytes")


class ContributionIn(serializers.Serializer[object]):
    header = serializers.CharField(help_text="base64 of the canonical bytes")
    signature = serializers.CharField(help_text="base64 of 64 bytes")


class ContributionOut(OwnerOut):
    received = serializers.ListField(
        child=serializers.IntegerField(min_value=0), help_text="bytes of each bucket's part"
    )
    complete = serializers.BooleanField()


class ChunkOut(serializers.Serializer[object]):
    received = serializers.IntegerField(min_value=0)
    complete = serializers.BooleanField()
