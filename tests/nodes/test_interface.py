"""The node over HTTP: strict bodies, problem documents, nothing published too early."""

import pytest
from rest_framework.test import APIClient

from mpcengine.protocol.codec import pack_batch
from mpcengine.protocol.messages import PeerMessage, sign_peer_message
from mpcengine.protocol.roster import node_code
from mpcengine.protocol.signedrequest import SignedRequest, sign_request, verify_evidence
from mpcengine.protocol.signing import LABEL_MANIFEST, generate_p256_key, verify
from mpcengine.protocol.strict import parse_base64, to_base64
from nodes.models import Job, JobState
from nodes.peer_client import SIGNATURE_HEADER
from tests.nodes.anna import Anna, wrapped
from tests.nodes.publishing import colour_survey
from tests.people import ANNA, BRAM

pytestmark = [
    pytest.mark.django_db(databases=["default", "issuing"]),
    pytest.mark.urls("config.urls_node"),
]


@pytest.fixture
def http() -> APIClient:
    return APIClient()


def problem_code(answer: object) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]  # type: ignore[attr-defined]  # a response


def test_it_says_who_it_is(anna: Anna, http: APIClient) -> None:
    found = http.get("/api/v1/keys").json()
    assert (found["node"], found["index"]) == ("a", 1)
    assert parse_base64(found["identity_key"]) == ANNA.public_key
    assert http.get("/api/v1/health").json()["status"] == "ok"
    assert anna.folder.joinpath("identity.pem").exists()


def test_it_takes_a_survey_from_keys_to_packages(anna: Anna, http: APIClient) -> None:
    draft = anna.draft(colour_survey())
    manifest = anna.manifest(draft)
    proposed = http.post(
        "/api/v1/manifests",
        {
            "manifest": to_base64(manifest.raw),
            "coordinator_signature": to_base64(draft.sign_manifest(manifest)),
            "roster": [entry.hex() for entry in draft.roster(1)],
        },
        format="json",
    )
    signature = parse_base64(proposed.json()["signature"]) or b""
    verify(ANNA.public_key, LABEL_MANIFEST, manifest.raw, signature)
    named = {node: to_base64(one) for node, one in anna.signatures(manifest).items()}
    path = f"/api/v1/manifests/{manifest.digest}"
    opened = http.put(f"{path}/signatures", {"signatures": named}, format="json")
    assert opened.json() == {"state": "open"}
    assert http.get(path).json()["signatures"] == named
    one = anna.package(draft, manifest, 0, "red")
    taken = http.post(
        "/api/v1/packages",
        pack_batch([wrapped(manifest, one), one.encode()]),
        content_type="application/octet-stream",
    )
    first, second = taken.json()["answers"]
    assert (first["state"], len(parse_base64(first["confirmation"]) or b"")) == ("taken", 64)
    assert second == {"state": "never", "code": "parcel.length"}
    assert one.package_id not in taken.content.decode()
    body, own = draft.order(manifest, "close")
    closed = http.post(
        "/api/v1/orders",
        {"order": to_base64(body), "signature": to_base64(own)},
        format="json",
    )
    assert closed.json() == {"state": "closing"}
    assert http.get(f"/api/v1/jobs/{manifest.digest}").json()["state"] == "closing"


def test_it_answers_a_token_and_its_refusals(anna: Anna, http: APIClient) -> None:
    draft = anna.draft(colour_survey())
    manifest, _ = anna.open(draft)
    body = {
        "manifest": manifest.digest,
        "code": to_base64(node_code(draft.codes[0], draft.survey_id, 1)),
        "blinded": to_base64(bytes(255) + b"\x02"),
    }
    first = http.post("/api/v1/tokens", body, format="json").json()
    assert set(first) == {"blind_signature"}
    assert http.post("/api/v1/tokens", body, format="json").json() == first
    other = body | {"blinded": to_base64(bytes(255) + b"\x03")}
    again = http.post("/api/v1/tokens", other, format="json")
    assert problem_code(again) == (409, "token.already_issued")
    assert again.headers["Content-Type"] == "application/problem+json"
    unknown = http.post("/api/v1/tokens", body | {"code": to_base64(bytes(32))}, format="json")
    assert problem_code(unknown) == (403, "token.unknown_code")
    extra = http.post("/api/v1/tokens", body | {"name": "Rosa"}, format="json")
    assert problem_code(extra) == (400, "json.unknown_key")


def test_it_shows_a_partner_her_own_earlier_request(anna: Anna, http: APIClient) -> None:
    partner = generate_p256_key()
    anna.confirm([partner])
    manifest, _ = anna.open(anna.draft(colour_survey(), partners=[partner]))

    def body(number: int) -> tuple[SignedRequest, dict[str, str]]:
        blinded = number.to_bytes(256, "big")
        one = sign_request(partner, manifest=manifest.digest, index=1, blinded=blinded)
        members = {
            "partner_key": to_base64(one.key),
            "blinded": to_base64(blinded),
            "signature": to_base64(one.signature),
        }
        return one, {"manifest": manifest.digest, **members}

    (earlier, first), (asked, second) = body(2), body(3)
    assert http.post("/api/v1/tokens", first, format="json").status_code == 200
    again = http.post("/api/v1/tokens", second, format="json")
    assert problem_code(again) == (409, "token.already_issued")
    shown = parse_base64(again.json()["evidence"]) or b""
    assert verify_evidence(shown, asked) == earlier
    unsigned = http.post(
        "/api/v1/tokens", second | {"signature": to_base64(bytes(64))}, format="json"
    )
    assert problem_code(unsigned) == (403, "signature.invalid")
    assert "evidence" not in unsigned.json()
    both = second | {"code": to_base64(bytes(32))}
    assert problem_code(http.post("/api/v1/tokens", both, format="json"))[0] == 400


def test_it_publishes_nothing_before_the_end(anna: Anna, http: APIClient) -> None:
    manifest, job = anna.open(anna.draft(colour_survey()))
    for path in ("lists/{}/accepted", "lists/{}/rejected", "lists/{}/seen", "results/{}"):
        assert http.get("/api/v1/" + path.format(manifest.digest)).status_code == 404
    Job.objects.filter(pk=job.pk).update(
        state=JobState.ERASED, reason="node lost", statement=b"x", statement_signature=b"y"
    )
    assert problem_code(http.get(f"/api/v1/lists/{manifest.digest}/accepted"))[0] == 404
    assert http.get(f"/api/v1/results/{manifest.digest}").json()["state"] == "withheld"


@pytest.mark.usefixtures("anna")
def test_it_refuses_bodies_that_are_not_what_they_should_be(http: APIClient) -> None:
    octets = "application/octet-stream"
    assert (
        http.post("/api/v1/packages", b"\x00\x00\x00\x01", content_type=octets).status_code
        == 400
    )
    assert http.post("/api/v1/packages", b"", content_type=octets).status_code == 400
    assert http.post("/api/v1/packages", {}, format="json").status_code == 415
    assert http.post("/api/v1/orders", [1], format="json").status_code == 400
    assert http.post("/api/v1/tokens", "{", content_type="application/json").status_code == 400
    assert http.get("/api/v1/jobs/sha256:00").status_code == 404


def test_it_answers_signed_messages_of_its_peers_only(anna: Anna, http: APIClient) -> None:
    manifest, _ = anna.open(anna.draft(colour_survey()))
    message = PeerMessage(
        label="exchange",
        sender="b",
        receiver="a",
        job=manifest.digest,
        epoch="commit",
        nonce=bytes(16),
        body=b"",
    )
    data, signature = sign_peer_message(BRAM.signing_key, message)
    path, kind = "/api/v1/peer/exchange", "application/json"
    headers = {SIGNATURE_HEADER: to_base64(signature)}
    assert http.post(path, data, content_type=kind, headers=headers).status_code == 202
    assert http.post(path, data, content_type=kind).status_code == 400
    forged = {SIGNATURE_HEADER: to_base64(bytes(64))}
    assert http.post(path, data, content_type=kind, headers=forged).status_code == 403
    wrong = "/api/v1/peer/packages"
    assert http.post(wrong, data, content_type=kind, headers=headers).status_code == 400
