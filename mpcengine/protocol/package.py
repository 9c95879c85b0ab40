"""The one thing a respondent sends: three tokens, three envelopes, one signature.

Source: docs/protocol.md §8. All packages of a survey have the same length. The id of a package
is SHA-256 over its signed body, so that two signatures over one body are one package.
"""

import hashlib
from dataclasses import dataclass
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from mpcengine.protocol.canonical import Digest, digest_bytes, digest_from_bytes
from mpcengine.protocol.codec import Reader, Writer
from mpcengine.protocol.eligibility import TOKEN_BYTES, token_verify
from mpcengine.protocol.envelope import HIGHEST_REVISION
from mpcengine.protocol.errors import MalformedMessage
from mpcengine.protocol.signing import (
    LABEL_PACKAGE,
    POINT_BYTES,
    SIGNATURE_BYTES,
    one_time_sign,
    one_time_verify,
    point_bytes,
)

VERSION = 2
_FIXED = 1 + 32 + POINT_BYTES + 1 + 3 * TOKEN_BYTES + SIGNATURE_BYTES

Three = tuple[bytes, bytes, bytes]


class PackageTerms(Protocol):
    """What a manifest says about its packages; ``manifest.Manifest`` satisfies it."""

    @property
    def digest(self) -> Digest:
        """Digest of the manifest."""

    @property
    def issuer_keys(self) -> Three:
        """The three nodes' 256-byte issuer keys, in order of index."""

    @property
    def envelope_length(self) -> int:
        """Length in bytes of each envelope."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One respondent's answer as it travels; tokens and envelopes in order of node index."""

    manifest: Digest
    one_time_key: bytes
    revision: int
    tokens: Three
    envelopes: Three
    signature: bytes

    @property
    def body(self) -> bytes:
        """Return the signed bytes, without label and signature."""
        return package_body(
            manifest=self.manifest,
            one_time_key=self.one_time_key,
            revision=self.revision,
            tokens=self.tokens,
            envelopes=self.envelopes,
        )

    @property
    def package_id(self) -> str:
        """Return SHA-256 of the body as 64 hexadecimal digits."""
        return hashlib.sha256(self.body).hexdigest()

    def encode(self) -> bytes:
        """Return body ‖ signature; ``package_length`` bytes."""
        return self.body + self.signature

    @classmethod
    def decode(cls, data: bytes, envelope_length: int) -> "Package":
        """Read a package; raise MalformedMessage unless every byte is in its place."""
        reader = Reader(data)
        if reader.u8() != VERSION:
            raise MalformedMessage("package.version", "This package version is not known.")
        manifest = digest_from_bytes(reader.fixed(32))
        one_time_key = reader.fixed(POINT_BYTES)
        revision = _revision(reader.u8())
        tokens = _three(reader, TOKEN_BYTES)
        envelopes = _three(reader, envelope_length)
        signature = reader.fixed(SIGNATURE_BYTES)
        reader.end()
        return cls(
            manifest=manifest,
            one_time_key=one_time_key,
            revision=revision,
            tokens=tokens,
            envelopes=envelopes,
            signature=signature,
        )


def package_length(envelope_length: int) -> int:
    """Return the length in bytes of every package of a survey."""
    return _FIXED + 3 * envelope_length


def package_body(
    *, manifest: Digest, one_time_key: bytes, revision: int, tokens: Three, envelopes: Three
) -> bytes:
    """Return version ‖ digest ‖ one-time key ‖ revision ‖ 3 tokens ‖ 3 envelopes.

    Raises MalformedMessage if a part has another length or envelopes differ in length.
    """
    writer = Writer().u8(VERSION).fixed(digest_bytes(manifest), 32)
    writer.fixed(one_time_key, POINT_BYTES).u8(_revision(revision))
    for token in tokens:
        writer.fixed(token, TOKEN_BYTES)
    for envelope in envelopes:
        writer.fixed(envelope, len(envelopes[0]))
    return writer.end()


def sign_package(
    private: EllipticCurvePrivateKey,
    *,
    manifest: Digest,
    revision: int,
    tokens: Three,
    envelopes: Three,
) -> Package:
    """Return the package signed by the respondent's one-time key."""
    one_time_key = point_bytes(private)
    body = package_body(
        manifest=manifest,
        one_time_key=one_time_key,
        revision=revision,
        tokens=tokens,
        envelopes=envelopes,
    )
    return Package(
        manifest=manifest,
        one_time_key=one_time_key,
        revision=revision,
        tokens=tokens,
        envelopes=envelopes,
        signature=one_time_sign(private, LABEL_PACKAGE, body),
    )


def verify_package(manifest: PackageTerms, package: Package) -> None:
    """Check a package against its manifest: survey, lengths, signature and three tokens.

    Returns nothing; raises MalformedMessage or BadSignature. Whether envelopes open is known
    only to the nodes, after the freeze.
    """
    if package.manifest != manifest.digest:
        raise MalformedMessage("package.manifest", "This package is for another survey.")
    if any(len(part) != manifest.envelope_length for part in package.envelopes):
        raise MalformedMessage("package.length", "An envelope has another length.")
    _revision(package.revision)
    # Tokens first: they cost a third of the other signature, so rubbish is refused sooner.
    for issuer, token in zip(manifest.issuer_keys, package.tokens, strict=True):
        token_verify(issuer, package.manifest, package.one_time_key, token)
    one_time_verify(package.one_time_key, LABEL_PACKAGE, package.body, package.signature)


def _three(reader: Reader, length: int) -> Three:
    return (reader.fixed(length), reader.fixed(length), reader.fixed(length))


def _revision(value: int) -> int:
    if not 0 <= value <= HIGHEST_REVISION:
        raise MalformedMessage("package.revision", "A revision is 0 to 7.")
    return value
