"""Make the certificate of a web address, and say by which pin peers know it.

Self-signed, P-256, for 397 days. Peers compare the pin and look at no date; the date is for the
operator: ``drempel doctor`` asks for a new key before it has passed, once a year, so that a
stolen one is of no use for ever and changing it (``next_pin``) is a habit.
"""

import ipaddress
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from cli.errors import BadInput
from cli.files import read_bytes
from cli.folders import write_private
from cli.installing.keys import Write
from mpcengine.protocol.canonical import Digest, digest
from mpcengine.protocol.signing import generate_p256_key

CERTIFICATE = "tls-certificate.pem"
CERTIFICATE_KEY = "tls-key.pem"
DAYS = 397
LONGEST_COMMON_NAME = 64


def certificate_make(folder: Path, host: str, write: Write = write_private) -> Path:
    """Write a fresh key and a self-signed certificate for ``host``; return the latter."""
    key = generate_p256_key()
    # A little in the past: a peer's clock may be behind ours.
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    # Told apart by a number: OpenSSL takes the first of several authorities of one name.
    number = x509.NameAttribute(NameOID.SERIAL_NUMBER, secrets.token_hex(8))
    common = x509.NameAttribute(NameOID.COMMON_NAME, host[:LONGEST_COMMON_NAME])
    name = x509.Name([common, number])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=DAYS))
        .add_extension(x509.SubjectAlternativeName([_name(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write(folder / CERTIFICATE_KEY, pem.decode("ascii"))
    path = folder / CERTIFICATE
    write(path, certificate.public_bytes(Encoding.PEM).decode("ascii"))
    return path


def certificate_load(path: Path) -> x509.Certificate:
    """Return the first certificate in a PEM file; raise BadInput if there is none."""
    try:
        return x509.load_pem_x509_certificate(read_bytes(path))
    except ValueError:
        raise BadInput(
            f"{path} does not hold a certificate (PEM); name another file."
        ) from None


def certificate_pin(path: Path) -> Digest:
    """Return the pin of the first certificate in a PEM file: the SHA-256 of its DER bytes."""
    return digest(certificate_load(path).public_bytes(Encoding.DER))


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
