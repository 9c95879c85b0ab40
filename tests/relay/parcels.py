"""Parcels of respondents who answer nothing real: the relay cannot open them."""

import os

from mpcengine.protocol.manifest import Manifest
from mpcengine.protocol.outer import CONTENT_KEY_BYTES, seal_parcel
from mpcengine.protocol.package import Package, sign_package
from mpcengine.protocol.signing import generate_p256_key, point_bytes
from tests.mpcengine.cast import Federation


def package_for(federation: Federation, manifest: Manifest) -> Package:
    """Return a package that verifies, with random bytes for envelopes."""
    private = generate_p256_key()
    point = point_bytes(private)
    first, second, third = (
        node.issuer.token(manifest.digest, point) for node in federation.nodes
    )
    length = manifest.envelope_length
    return sign_package(
        private,
        manifest=manifest.digest,
        revision=0,
        tokens=(first, second, third),
        envelopes=(os.urandom(length), os.urandom(length), os.urandom(length)),
    )


def wrapped(manifest: Manifest, package: Package) -> bytes:
    """Return a package in a parcel."""
    key = os.urandom(CONTENT_KEY_BYTES)
    return seal_parcel(manifest, package=package.encode(), content_key=key)


def parcel_for(federation: Federation, manifest: Manifest) -> bytes:
    """Return a parcel with a package that verifies."""
    return wrapped(manifest, package_for(federation, manifest))


def rubbish_for(manifest: Manifest) -> bytes:
    """Return what has the form of a parcel, and nothing in it."""
    head = b"\x01" + bytes.fromhex(manifest.digest.removeprefix("sha256:"))
    return head + os.urandom(manifest.parcel_length - len(head))
