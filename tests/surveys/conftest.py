"""Carol's programs, signed in, and a federation for her surveys."""

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from accounts.services import coordinator_create, token_issue
from tests.mpcengine.conftest import federation

__all__ = ["federation"]


@pytest.fixture
def sign_in(db: None) -> Callable[[str], APIClient]:  # noqa: ARG001  # asked for its effect
    """Return a function that signs a coordinator of an organisation in."""

    def caller_of(organisation: str) -> APIClient:
        user = coordinator_create(
            email=f"carol@{organisation}.example", name="Carol", organisation=organisation
        )
        caller = APIClient()
        token = token_issue(user=user, name="test")
        caller.credentials(HTTP_AUTHORIZATION=f"Token {token}")
        return caller

    return caller_of


@pytest.fixture
def carol(sign_in: Callable[[str], APIClient]) -> APIClient:
    return sign_in("council")
