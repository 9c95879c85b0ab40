"""What a coordinator signs besides the manifest: making keys, opening answering, closing.

Source: docs/protocol.md §9. Orders are ``drempel-order/1``; nodes and relay verify each.
"""

from dataclasses import dataclass

from mpcengine.protocol.blindrsa import MODULUS_BYTES
from mpcengine.protocol.canonical import Digest, canonical, parse_canonical
from mpcengine.protocol.errors import MalformedMessage
from mpcengine.protocol.field import POINTS
from mpcengine.protocol.signing import (
    LABEL_ORDER,
    POINT_BYTES,
    verify,
)
from mpcengine.protocol.strict import Fields, is_hex

ORDER_FORMAT = "drempel-order/1"
OPEN_ANSWERING = "open-answering"
CLOSE = "close"
CLOSE_CONSENTS = "close-consents"
ORDERS = (OPEN_ANSWERING, CLOSE)
REQUEST_ORDERS = (CLOSE_CONSENTS, CLOSE)
SURVEY_ID_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Name the manifest and what is to happen to it."""

    manifest: Digest
    order: str


def build_order(manifest: Digest, order: str, *, orders: tuple[str, ...] = ORDERS) -> bytes:
    """Return the bytes of an order for the coordinator to sign under LABEL_ORDER.

    ``orders`` are those of the manifest's kind: ORDERS for surveys, REQUEST_ORDERS otherwise.
    """
    body = canonical({"format": ORDER_FORMAT, "manifest": manifest, "order": order})
    parse_order(body, orders=orders)
    return body


def parse_order(data: bytes, *, orders: tuple[str, ...] = ORDERS) -> Order:
    """Read an order; raise MalformedMessage if it is not exactly one."""
    top = Fields(parse_canonical(data), required=("format", "manifest", "order"))
    top.choice("format", (ORDER_FORMAT,))
    return Order(manifest=top.digest("manifest"), order=top.choice("order", orders))


def verify_order(
    data: bytes,
    signature: bytes,
    coordinator_key: bytes,
    *,
    orders: tuple[str, ...] = ORDERS,
) -> Order:
    """Return the order if the coordinator signed it; raise BadSignature otherwise."""
    verify(coordinator_key, LABEL_ORDER, data, signature)
    return parse_order(data, orders=orders)


def prepare_body(survey_id: str) -> bytes:
    """Return what a coordinator signs under LABEL_PREPARE to have keys made: 16 bytes."""
    return survey_id_bytes(survey_id)


def keys_body(
    *, survey_id: str, index: int, share_key: bytes, outer_key: bytes, issuer_key: bytes
) -> bytes:
    """Return what node ``index`` signs under LABEL_KEYS.

    Survey id (16 bytes) ‖ index (1) ‖ share key (65) ‖ outer key (65) ‖ issuer key (256).
    """
    if index not in POINTS:
        raise MalformedMessage("keys.form", "A node's index is 1, 2 or 3.")
    if len(share_key) != POINT_BYTES or len(outer_key) != POINT_BYTES:
        raise MalformedMessage("keys.form", "A share or outer key has 65 bytes.")
    if len(issuer_key) != MODULUS_BYTES:
        raise MalformedMessage("keys.form", "An issuer key has 256 bytes.")
    return survey_id_bytes(survey_id) + bytes((index,)) + share_key + outer_key + issuer_key


def survey_id_bytes(survey_id: str) -> bytes:
    """Return the 16 bytes of a survey id; raise MalformedMessage if it is not one."""
    if not is_hex(survey_id, SURVEY_ID_BYTES):
        raise MalformedMessage("survey_id.form", "A survey id is 32 hexadecimal digits.")
    return bytes.fromhex(survey_id)
