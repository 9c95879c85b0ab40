"""Sealed packages of respondents who answer nothing real: the relay cannot open them."""

import os

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from mpcengine.protocol.manifest import Manifest
from mpcengine.protocol.package import Package, sign_package
from mpcengine.protocol.signing import generate_p256_key, point_bytes
from tests.mpcengine.cast import Federation


def package_for(
    federation: Federation,
    manifest: Manifest,
    *,
    signed_by: Federation | None = None,
    private: EllipticCurvePrivateKey | None = None,
    revision: int = 0,
) -> Package:
    """Return a package that verifies, with random bytes for envelopes."""
    private = generate_p256_key() if private is None else private
    point = point_bytes(private)
    issuers = (signed_by or federation).nodes
    first, second, third = (node.issuer.token(manifest.digest, point) for node in issuers)
    length = manifest.envelope_length
    return sign_package(
        private,
        manifest=manifest.digest,
        revision=revision,
        tokens=(first, second, third),
        envelopes=(os.urandom(length), os.urandom(length), os.urandom(length)),
    )
