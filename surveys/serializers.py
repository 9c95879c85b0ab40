"""The JSON of the portal's interface, for checking input and for the OpenAPI document."""

from datetime import datetime

from rest_framework import serializers

from mpcengine.protocol.errors import MalformedMessage
from mpcengine.protocol.manifest import LARGEST_ROSTER, ROSTER_KINDS, TIMINGS, Window
from mpcengine.protocol.strict import parse_base64, parse_time


class Base64Field(serializers.CharField):
    """Bytes as standard base64 with padding."""

    def to_internal_value(self, data: object) -> bytes:  # type: ignore[override]  # DRF types the field by its JSON form
        """Return the bytes; refuse another form."""
        value = parse_base64(data)
        if value is None or len(value) > 65536:
            raise serializers.ValidationError("must be standard base64, with padding")
        return value


class MomentField(serializers.CharField):
    """A time as RFC 3339, UTC, whole seconds, ending in Z."""

    def to_internal_value(self, data: object) -> datetime:  # type: ignore[override]  # DRF types the field by its JSON form
        """Return the aware time; refuse another form."""
        try:
            return parse_time(data)
        except MalformedMessage as error:
            raise serializers.ValidationError(error.sentence) from None


class WindowIn(serializers.Serializer[object]):
    """From when until when something is taken."""

    opens = MomentField()
    closes = MomentField()

    @staticmethod
    def window(value: dict[str, datetime]) -> Window:
        """Return the checked value as the protocol has it."""
        return Window(opens=value["opens"], closes=value["closes"])


class SurveyIn(serializers.Serializer[object]):
    """A survey's definition, ``drempel-survey/1``, and how many will be invited (advice)."""

    definition = serializers.JSONField()
    expected = serializers.IntegerField(min_value=1, max_value=LARGEST_ROSTER, required=False)


class CreatedOut(serializers.Serializer[object]):
    """A new survey's id, and advice."""

    id = serializers.CharField()
    warnings = serializers.ListField(child=serializers.CharField())


class InvitationsIn(serializers.Serializer[object]):
    """How many invitation codes to make."""

    count = serializers.IntegerField(min_value=1, max_value=100_000)


class InvitationsOut(serializers.Serializer[object]):
    """New codes, shown once, and advice for the number now invited."""

    codes = serializers.ListField(child=serializers.CharField())
    invited = serializers.IntegerField()
    warnings = serializers.ListField(child=serializers.CharField())


class PartnerShape(serializers.Serializer[object]):
    """A partner and its P-256 key, base64 of 65 bytes."""

    name = serializers.CharField(max_length=200)
    key = serializers.CharField()


class PartnersIn(serializers.Serializer[object]):
    """Partners to invite in place of codes."""

    partners = PartnerShape(many=True)


class PartnersOut(serializers.Serializer[object]):
    """How many are invited now, and advice for that number."""

    invited = serializers.IntegerField()
    warnings = serializers.ListField(child=serializers.CharField())


class PartnersPage(serializers.Serializer[object]):
    """A page of the partners invited."""

    count = serializers.IntegerField()
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = PartnerShape(many=True)


class PrepareIn(serializers.Serializer[object]):
    """What a coordinator decides before the manifest is built."""

    coordinator_key = Base64Field()
    prepare_signature = Base64Field()
    timing = serializers.ChoiceField(choices=list(TIMINGS), default="normal")
    issuing = WindowIn()
    answering = WindowIn()
    flush_min = serializers.IntegerField(min_value=1, required=False, allow_null=True)
    give_up_after_days = serializers.IntegerField(
        min_value=1, max_value=365, required=False, allow_null=True
    )
    max_inconsistent = serializers.IntegerField(min_value=0, required=False, allow_null=True)


class PrepareOut(serializers.Serializer[object]):
    """The manifest's bytes to sign, base64, and their digest."""

    manifest = serializers.CharField()
    digest = serializers.CharField()


class PublishIn(serializers.Serializer[object]):
    """The coordinator's signature under the manifest."""

    signature = Base64Field()


class OrderIn(serializers.Serializer[object]):
    """A coordinator's order and its signature."""

    order = Base64Field()
    signature = Base64Field()


class JobOut(serializers.Serializer[object]):
    """Where a job stands, and each node's last known state."""

    state = serializers.CharField()
    reason_code = serializers.CharField(allow_null=True)
    reason = serializers.CharField(allow_null=True)
    nodes = serializers.DictField(child=serializers.CharField())


class SurveyOut(serializers.Serializer[object]):
    """A survey with the state of its job."""

    id = serializers.CharField()
    state = serializers.CharField()
    invited = serializers.IntegerField()
    roster = serializers.ChoiceField(choices=list(ROSTER_KINDS))
    manifest = serializers.CharField(allow_null=True)
    definition = serializers.JSONField()
    job = JobOut(allow_null=True)


class SurveyRow(serializers.Serializer[object]):
    """A survey in a list."""

    id = serializers.CharField()
    state = serializers.CharField()
    invited = serializers.IntegerField()


class SurveyPage(serializers.Serializer[object]):
    """One page of a list of surveys."""

    count = serializers.IntegerField()
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = SurveyRow(many=True)
