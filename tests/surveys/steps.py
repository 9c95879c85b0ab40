"""What Carol's program does, step by step, over the portal's interface."""

from datetime import UTC, datetime, timedelta
from typing import Any

from rest_framework.test import APIClient

from mpcengine.protocol.manifest import Manifest, parse_manifest
from mpcengine.protocol.orders import prepare_body
from mpcengine.protocol.signing import LABEL_MANIFEST, LABEL_PREPARE, sign
from mpcengine.protocol.strict import format_time, parse_base64, to_base64
from tests.mpcengine.cast import CAROL, CAROL_KEY, DEFINITION, order_of

SURVEYS = "/api/v1/surveys"


def create(carol: APIClient, **changes: Any) -> str:
    answer = carol.post(SURVEYS, {"definition": {**DEFINITION, **changes}}, format="json")
    assert answer.status_code == 201, answer.json()
    return str(answer.json()["id"])


def invite(carol: APIClient, survey: str, count: int) -> Any:
    return carol.post(f"{SURVEYS}/{survey}/invitations", {"count": count}, format="json")


def terms(survey: str, **changes: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    window = {
        "opens": format_time(now - timedelta(hours=1)),
        "closes": format_time(now + timedelta(hours=1)),
    }
    return {
        "coordinator_key": to_base64(CAROL_KEY),
        "prepare_signature": to_base64(sign(CAROL, LABEL_PREPARE, prepare_body(survey))),
        "timing": "normal",
        "issuing": window,
        "answering": window,
        **changes,
    }


def prepare(carol: APIClient, survey: str, given: dict[str, Any]) -> Any:
    return carol.post(f"{SURVEYS}/{survey}/prepare", given, format="json")


def manifest_in(answer: Any) -> Manifest:
    data = parse_base64(answer.json()["manifest"])
    assert data is not None
    return parse_manifest(data)


def publish(carol: APIClient, survey: str, manifest: Manifest) -> Any:
    signature = to_base64(sign(CAROL, LABEL_MANIFEST, manifest.raw))
    return carol.post(f"{SURVEYS}/{survey}/publish", {"signature": signature}, format="json")


def order(carol: APIClient, survey: str, manifest: Manifest, kind: str) -> Any:
    body, signature = order_of(manifest, kind)
    given = {"order": to_base64(body), "signature": to_base64(signature)}
    return carol.post(f"{SURVEYS}/{survey}/orders", given, format="json")


def published(carol: APIClient, count: int = 20) -> tuple[str, Manifest]:
    survey = create(carol)
    invite(carol, survey, count)
    manifest = manifest_in(prepare(carol, survey, terms(survey)))
    assert publish(carol, survey, manifest).status_code == 200
    return survey, manifest
