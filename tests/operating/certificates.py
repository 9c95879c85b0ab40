"""An authority of one's own and a certificate for localhost, as a portal operator buys one."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


def authority_make(folder: Path) -> tuple[Path, Path, Path]:
    """Return a certificate for this machine, its key, and the authority's certificate.

    The key may be read by all: it is the test's, and each user's copy would be the same.
    """
    authority_key, key = generate_private_key(SECP256R1()), generate_private_key(SECP256R1())
    start = datetime.now(UTC) - timedelta(hours=1)
    issuer, name = _name("Authority of a test"), _name("localhost")
    common = x509.CertificateBuilder(
        issuer_name=issuer, not_valid_before=start, not_valid_after=start + timedelta(days=90)
    )
    authority = (
        common.subject_name(issuer)
        .public_key(authority_key.public_key())
        .serial_number(x509.random_serial_number())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(authority_key, SHA256())
    )
    names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    certificate = (
        common.subject_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(authority_key, SHA256())
    )
    paths = (folder / "web.pem", folder / "web-key.pem", folder / "authority.pem")
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for path, content in zip(
        paths,
        (certificate.public_bytes(Encoding.PEM), pem, authority.public_bytes(Encoding.PEM)),
        strict=True,
    ):
        path.write_bytes(content)
        path.chmod(0o644)
    return paths


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
