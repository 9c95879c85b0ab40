"""Sign in by a token that is stored only as its digest."""

import stat
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import ApiToken, Organisation, Role, User
from accounts.people import password_set, person_changed, second_factor_reset
from accounts.selectors import user_get_by_token
from accounts.services import coordinator_create, token_issue
from tests.accounts.cast import PASSWORD, app_of, person

pytestmark = pytest.mark.django_db


def carol() -> User:
    return coordinator_create(
        email="Carol@Council.example", name="Carol", organisation="Council"
    )


def status_with(header: str | None) -> int:
    caller = APIClient()
    if header is not None:
        caller.credentials(HTTP_AUTHORIZATION=header)
    return caller.get("/api/v1/surveys").status_code


def test_it_signs_in_and_stores_only_a_digest() -> None:
    token = token_issue(user=carol(), name="laptop")
    assert status_with(f"Token {token}") == 200
    row = ApiToken.objects.get()
    assert token not in str(vars(row))
    assert len(token) >= len("drempel_") + 43


@pytest.mark.parametrize("wrong", [None, "Token", "Token x y", "Token drempel_x", "Basic eDp5"])
def test_it_lets_nobody_else_in(wrong: str | None) -> None:
    token_issue(user=carol(), name="laptop")
    assert status_with(wrong) == 401


def test_a_deleted_token_and_an_inactive_person_are_refused() -> None:
    user = carol()
    first = token_issue(user=user, name="one")
    ApiToken.objects.all().delete()
    second = token_issue(user=user, name="two")
    assert user_get_by_token(first) is None
    assert user_get_by_token(second) == user
    user.is_active = False
    user.save()
    assert user_get_by_token(second) is None


def test_it_stands_for_both_factors(settings: Settings) -> None:
    user = carol()
    token = token_issue(user=user, name="one")
    settings.SECOND_FACTOR_REQUIRED = True
    assert status_with(f"Token {token}") == 200  # of the command, for who cannot sign in
    password_set(user=user, password=PASSWORD)
    refused = APIClient().get("/api/v1/surveys", headers={"Authorization": f"Token {token}"})
    assert (refused.status_code, refused.json()["code"]) == (403, "account.second_factor")
    app_of(user)
    assert status_with(f"Token {token}") == 200


def test_it_ends_with_the_second_factor() -> None:
    user, olga = carol(), person("olga@drempel.example", role=Role.OPERATOR)
    app_of(user)
    token = token_issue(user=user, name="one")
    kept = token_issue(user=olga, name="two")
    second_factor_reset(people=[user], by=olga)
    assert user_get_by_token(token) is None
    assert user_get_by_token(kept) == olga


@pytest.mark.parametrize("change", ["disabled", "moved", "renamed"])
def test_it_ends_with_what_it_was_made_for(change: str) -> None:
    user, olga = carol(), person("olga@drempel.example", role=Role.OPERATOR)
    token_issue(user=user, name="one")
    before = User.objects.get(pk=user.pk)
    user.name = "Other"
    user.is_active = change != "disabled"
    if change == "moved":
        user.organisation = Organisation.objects.create(name="Hospital")
    user.save()
    person_changed(user=user, before=before, by=olga)
    assert ApiToken.objects.exists() == (change == "renamed")


def test_a_person_of_another_role_may_not_coordinate() -> None:
    user = carol()
    token = token_issue(user=user, name="one")
    User.objects.filter(pk=user.pk).update(role="auditor")
    assert status_with(f"Token {token}") == 403


def test_creating_a_coordinator_twice_is_one_person() -> None:
    assert carol() == carol()
    assert (User.objects.count(), Organisation.objects.count()) == (1, 1)
    assert not carol().has_usable_password()


def test_the_command_writes_the_token_where_only_its_owner_reads(tmp_path: Path) -> None:
    target = tmp_path / "token"
    call_command(
        "coordinator_create",
        "carol@council.example",
        "--organisation=Council",
        f"--token-file={target}",
    )
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    found = user_get_by_token(target.read_text())
    assert found is not None
    assert found.email == "carol@council.example"
