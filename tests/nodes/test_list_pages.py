"""Lists come in pages and answer no question about a single package."""

import hashlib

import pytest
from rest_framework.test import APIClient

from mpcengine.protocol.batch import CANNOT_UNSEAL, pack_ids
from mpcengine.protocol.strict import to_base64
from nodes import views_lists
from nodes.models import Job, JobList, JobState, SeenList
from nodes.selectors import COUNTED, REASON_LISTS
from tests.nodes.anna import Anna
from tests.nodes.publishing import colour_survey

pytestmark = [
    pytest.mark.django_db(databases=["default", "issuing"]),
    pytest.mark.urls("config.urls_node"),
]
IDS = tuple(sorted(hashlib.sha256(bytes([n])).hexdigest() for n in range(7)))


@pytest.fixture
def digest(anna: Anna, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return a released survey with a list of seven, in pages of three."""
    monkeypatch.setattr(views_lists, "PAGE_ENTRIES", 3)
    _, job = anna.open(anna.draft(colour_survey()))
    SeenList.objects.create(job=job, ids=pack_ids(IDS), signature=b"s" * 64, keys=2)
    JobList.objects.create(job=job, name=COUNTED, ids=pack_ids(IDS))
    JobList.objects.create(job=job, name=REASON_LISTS[CANNOT_UNSEAL], ids=pack_ids(IDS[3:4]))
    Job.objects.filter(pk=job.pk).update(state=JobState.RELEASED, statement=b"x")
    return job.digest


@pytest.mark.parametrize(("name", "key"), [("seen", "ids"), ("accepted", "ids")])
def test_it_gives_a_list_page_by_page(digest: str, name: str, key: str) -> None:
    expected = IDS if name == "seen" else IDS[:3] + IDS[4:]
    http, found = APIClient(), []
    for page in (1, 2, 3)[: -(-len(expected) // 3)]:
        answer = http.get(f"/api/v1/lists/{digest}/{name}?page={page}").json()
        assert (answer["page"], answer["size"]) == (page, len(expected))
        assert answer["pages"] == -(-len(expected) // 3)
        found += answer[key]
    assert found == list(expected)
    first = http.get(f"/api/v1/lists/{digest}/{name}").json()
    assert first[key] == list(expected[:3])


def test_it_tells_who_signed_and_never_how_many_are_real(digest: str) -> None:
    answer = APIClient().get(f"/api/v1/lists/{digest}/seen?page=3").json()
    assert set(answer) == {"manifest", "node", "signature", "size", "page", "pages", "ids"}
    assert (answer["node"], answer["signature"]) == ("a", to_base64(b"s" * 64))


def test_it_gives_an_empty_list_one_page(digest: str) -> None:
    JobList.objects.filter(name=REASON_LISTS[CANNOT_UNSEAL]).delete()
    answer = APIClient().get(f"/api/v1/lists/{digest}/rejected").json()
    assert (answer["size"], answer["pages"], answer["rejected"]) == (0, 1, [])


@pytest.mark.parametrize(
    ("page", "status"),
    [("0", 400), ("-1", 400), ("x", 400), ("", 400), ("1" * 7, 400), ("²", 400), ("4", 404)],
)
def test_it_has_no_other_pages(digest: str, page: str, status: int) -> None:
    answer = APIClient().get(f"/api/v1/lists/{digest}/seen", {"page": page})
    assert answer.status_code == status
    assert answer.json()["code"] == "lists.page"


def test_it_cannot_be_asked_for_one_package(digest: str) -> None:
    http = APIClient()
    plain = http.get(f"/api/v1/lists/{digest}/seen").json()
    for key in ("id", "ids", "package", "search"):
        assert http.get(f"/api/v1/lists/{digest}/seen", {key: IDS[5]}).json() == plain
    assert http.get(f"/api/v1/lists/{digest}/seen/{IDS[0]}").status_code == 404
