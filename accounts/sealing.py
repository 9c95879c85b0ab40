"""Seal second factors in the database with the portal's own keys, and seal them anew.

The first line of the key file seals; every line opens. A new first line and ``sealed_anew``
take an old key out of use, and nobody notices.
"""

from base64 import urlsafe_b64encode

from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import transaction

LABEL = b"drempel.second-factor/1"
# Where allauth keeps what is sealed: the secret of an app, the seed of recovery codes.
SEALED = ("secret", "seed")


def sealed(text: str) -> str:
    """Seal a text with the current key."""
    return _keys().encrypt(text.encode()).decode("ascii")


def opened(sealed_text: str) -> str:
    """Open what ``sealed`` made, with the current or an earlier key."""
    return _keys().decrypt(sealed_text.encode("ascii")).decode()


@transaction.atomic
def sealed_anew() -> int:
    """Seal everything with the current key; return how many second factors were sealed."""
    keys, changed = _keys(), 0
    for factor in Authenticator.objects.select_for_update().order_by("pk"):
        found = {name: factor.data[name] for name in SEALED if name in factor.data}
        if found:
            anew = {name: keys.rotate(text.encode("ascii")) for name, text in found.items()}
            factor.data |= {name: text.decode("ascii") for name, text in anew.items()}
            factor.save(update_fields=["data"])
            changed += 1
    return changed


def _keys() -> MultiFernet:
    return MultiFernet([_key(secret) for secret in settings.SECOND_FACTOR_KEYS])


def _key(secret: str) -> Fernet:
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=LABEL).derive(secret.encode())
    return Fernet(urlsafe_b64encode(key))
