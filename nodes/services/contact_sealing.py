"""Seal keys to the one owner that may open them: this node's two components, signed.

Source: docs/protocol.md §19.10 and §19.17. Equal sizes whoever has a hit or opted in.
"""

from collections.abc import Iterator

from mpcengine.protocol.contact_card import KEY_BYTES
from mpcengine.protocol.private_outcome import PrivatePlace, private_body, seal_private
from mpcengine.protocol.request_manifest_parts import FIRST
from mpcengine.protocol.signing import LABEL_PRIVATE
from mpcengine.protocol.wordswire import TO_HOLDERS_ARRAY, TO_REQUESTER_ARRAY
from nodes.keystore import node_index, node_sign
from nodes.models import Job, PrivateOutcome
from nodes.selectors import request_of
from nodes.selectors_contact import slot_owners, used_contacts
from nodes.services.request_rounds import block_components

_BUCKET = 0


def contact_sealed(job: Job, whole: Job) -> Iterator[PrivateOutcome]:
    """Yield what each owner gets of a contact, as unsaved rows.

    The requester: a key for each envelope, in their order; each holder: one key.
    """
    holders = used_contacts(job)[1:]
    keys = block_components(job, TO_REQUESTER_ARRAY)
    order = [holders.index(owner) for owner in slot_owners(job)]
    yield _sealed(job, whole, FIRST, (_ordered(keys[0], order), _ordered(keys[1], order)))
    keys = block_components(job, TO_HOLDERS_ARRAY)
    for place, owner in enumerate(holders):
        yield _sealed(job, whole, owner, (_key(keys[0], place), _key(keys[1], place)))


def _sealed(job: Job, whole: Job, owner: int, pair: tuple[bytes, bytes]) -> PrivateOutcome:
    place = PrivatePlace(manifest=job.digest, index=node_index(), owner=owner, bucket=_BUCKET)
    sealed = seal_private(request_of(whole).owners[owner].seal_key, place, pair)
    signature = node_sign(LABEL_PRIVATE, private_body(place, sealed))
    return PrivateOutcome(
        job=job, owner=owner, bucket=_BUCKET, sealed=sealed, signature=signature
    )


def _ordered(component: bytes, order: list[int]) -> bytes:
    return b"".join(_key(component, place) for place in order)


def _key(component: bytes, place: int) -> bytes:
    return component[place * KEY_BYTES : (place + 1) * KEY_BYTES]
