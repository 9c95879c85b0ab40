"""A coordinator whom the operator knows gets keys for her survey, always the same."""

import pytest

from mpcengine.protocol.blindrsa import check_modulus
from mpcengine.protocol.eligibility import possession_verify
from mpcengine.protocol.envelope import share_public
from mpcengine.protocol.errors import BadSignature, PolicyRefused
from mpcengine.protocol.orders import keys_body, prepare_body
from mpcengine.protocol.signing import (
    LABEL_KEYS,
    LABEL_PREPARE,
    p256_scalar,
    point_bytes,
    sign,
    verify,
)
from mpcengine.protocol.strict import to_base64
from nodes.issuing import IssuerPrivate
from nodes.keystore import (
    KeystoreError,
    issuer_key_unwrap,
    outer_key_unwrap,
    share_key_unwrap,
    wrapping_key_make,
)
from nodes.models import IssuerKey, SurveyKeys
from nodes.services.survey_keys import KeysAnswer, survey_keys_create
from problems import Conflict, Unavailable
from tests.nodes.anna import Anna
from tests.people import ANNA, CAROL, DANA, MALLORY, Person

pytestmark = pytest.mark.django_db(databases=["default", "issuing"])

SURVEY = "ab" * 16


def ask(person: Person, survey_id: str = SURVEY) -> KeysAnswer:
    signature = sign(person.signing_key, LABEL_PREPARE, prepare_body(survey_id))
    return survey_keys_create(
        survey_id=survey_id, coordinator=person.public_key, signature=signature
    )


@pytest.mark.usefixtures("anna")
def test_it_makes_keys_once_and_signs_them() -> None:
    keys = ask(CAROL)
    assert ask(CAROL) == keys
    body = keys_body(
        survey_id=SURVEY,
        index=1,
        share_key=keys.share_key,
        outer_key=keys.outer_key,
        issuer_key=keys.issuer_key,
    )
    verify(ANNA.public_key, LABEL_KEYS, body, keys.signature)
    check_modulus(keys.issuer_key)
    survey = bytes.fromhex(SURVEY)
    possession_verify(keys.issuer_key, survey, 1, ANNA.public_key, keys.issuer_proof)
    other = ask(CAROL, "cd" * 16)
    assert other.share_key != keys.share_key
    assert len({keys.share_key, keys.outer_key, other.outer_key}) == 3
    assert other.issuer_key != keys.issuer_key


@pytest.mark.usefixtures("anna")
def test_it_refuses_a_coordinator_the_operator_does_not_know() -> None:
    with pytest.raises(PolicyRefused, match="does not know"):
        ask(MALLORY)
    assert not SurveyKeys.objects.exists()


@pytest.mark.usefixtures("anna")
def test_it_refuses_a_signature_of_somebody_else() -> None:
    signature = sign(MALLORY.signing_key, LABEL_PREPARE, prepare_body(SURVEY))
    with pytest.raises(BadSignature):
        survey_keys_create(survey_id=SURVEY, coordinator=CAROL.public_key, signature=signature)


def test_it_refuses_a_survey_id_of_another_coordinator(anna: Anna) -> None:
    ask(CAROL)
    both = [CAROL.public_key, DANA.public_key]
    anna.write_policy({"coordinators": [to_base64(key) for key in both]})
    with pytest.raises(Conflict):
        ask(DANA)


@pytest.mark.usefixtures("anna")
def test_it_stores_its_private_keys_wrapped_for_this_survey_alone() -> None:
    keys = ask(CAROL)
    share, issuer = SurveyKeys.objects.get(), IssuerKey.objects.get()
    assert share_public(share_key_unwrap(bytes(share.wrapped), SURVEY)) == keys.share_key
    private = IssuerPrivate.from_bytes(issuer_key_unwrap(bytes(issuer.wrapped), SURVEY))
    assert private.modulus == keys.issuer_key
    assert private.p.to_bytes(128, "big") not in bytes(issuer.wrapped)
    with pytest.raises(KeystoreError):
        share_key_unwrap(bytes(share.wrapped), "cd" * 16)
    with pytest.raises(KeystoreError):
        issuer_key_unwrap(bytes(issuer.wrapped), "cd" * 16)
    outer = outer_key_unwrap(bytes(share.outer_wrapped), SURVEY)
    assert point_bytes(outer) == keys.outer_key
    assert p256_scalar(outer) not in bytes(share.outer_wrapped)
    for wrong in ("cd" * 16, SURVEY.upper()):
        with pytest.raises(KeystoreError):
            outer_key_unwrap(bytes(share.outer_wrapped), wrong)
    # A key wrapped for one purpose opens for no other.
    with pytest.raises(KeystoreError):
        issuer_key_unwrap(bytes(share.outer_wrapped), SURVEY)
    with pytest.raises(KeystoreError):
        outer_key_unwrap(b"", SURVEY)


def test_it_needs_no_private_wrapping_key_to_make_keys(anna: Anna) -> None:
    (anna.folder / "wrapping.key").unlink()
    ask(CAROL)
    assert not (anna.folder / "wrapping.key").exists()


def test_it_makes_no_keys_before_a_worker_made_the_wrapping_key(anna: Anna) -> None:
    for name in ("wrapping.key", "wrapping.key.pub"):
        (anna.folder / name).unlink()
    with pytest.raises(Unavailable) as refusal:
        ask(CAROL)
    assert refusal.value.code == "node.no_wrapping_key"
    assert not list(anna.folder.glob("wrapping*"))
    assert not SurveyKeys.objects.exists()
    wrapping_key_make()
    ask(CAROL)


def test_it_makes_a_wrapping_key_once_and_for_its_owner_alone(anna: Anna) -> None:
    path = anna.folder / "wrapping.key"
    before = path.read_bytes(), path.with_name("wrapping.key.pub").read_bytes()
    wrapping_key_make()
    assert before == (path.read_bytes(), path.with_name("wrapping.key.pub").read_bytes())
    assert path.stat().st_mode & 0o777 == 0o600


def test_it_opens_no_share_key_without_the_private_wrapping_key(anna: Anna) -> None:
    ask(CAROL)
    wrapped = bytes(SurveyKeys.objects.get().wrapped)
    (anna.folder / "wrapping.key").unlink()
    with pytest.raises(KeystoreError):
        share_key_unwrap(wrapped, SURVEY)
