"""The JSON of the relay's interface, for checking input and for the OpenAPI document."""

from rest_framework import serializers


class OrderIn(serializers.Serializer[object]):
    """A coordinator's order: its bytes and signature, base64."""

    order = serializers.CharField(max_length=4096)
    signature = serializers.CharField(max_length=128)


class OrderOut(serializers.Serializer[object]):
    """Where the survey's intake stands after an order."""

    survey = serializers.CharField()
    state = serializers.ChoiceField(choices=["waiting", "open", "closed"])


class RegisteredOut(serializers.Serializer[object]):
    """The digest under which a manifest is registered."""

    survey = serializers.CharField()


class PromiseOut(serializers.Serializer[object]):
    """The parcel's SHA-256 and the relay's signature over digest and that hash, base64."""

    parcel = serializers.CharField()
    promise = serializers.CharField()
    relay_key = serializers.CharField()


class ProgressOut(serializers.Serializer[object]):
    """Whether parcels are taken, and whether all that were taken are delivered."""

    state = serializers.ChoiceField(choices=["waiting", "open", "closed"])
    drained = serializers.BooleanField()


class RelayKeyOut(serializers.Serializer[object]):
    """The relay's public key, base64."""

    key = serializers.CharField()
