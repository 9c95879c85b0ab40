"""The JSON of the ledger's own pages."""

from rest_framework import serializers


class NodeOut(serializers.Serializer[object]):
    """A node of the federation, as this portal's nodes file has it."""

    node = serializers.CharField()
    index = serializers.IntegerField()
    name = serializers.CharField()
    url = serializers.CharField()
    identity_key = serializers.CharField()
