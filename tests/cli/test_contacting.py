"""Who may be found in a run: named, with details of their own or invented ones."""

import pytest

from cli.contacting import NOBODY, contact_path, details_read, opt_ins_read
from cli.errors import BadInput
from cli.files import read_request
from cli.local_lists import hits_path
from cli.serving import EXAMPLE_HOLDINGS, EXAMPLE_OPT_INS, EXAMPLE_REQUEST

NAMES = ["Requester", "hospital-north", "pharmacy", "insurer"]
EXAMPLES = EXAMPLE_HOLDINGS.parent


def test_it_takes_details_from_a_file_or_invents_them() -> None:
    opted = opt_ins_read(EXAMPLE_OPT_INS, NAMES, read_request(EXAMPLE_REQUEST))
    north, pharmacy = opted.of("hospital-north"), opted.of("pharmacy")
    assert north == details_read(EXAMPLES / "hospital-north.contact.json")
    assert pharmacy is not None
    assert pharmacy.organisation == "pharmacy"
    # Who asks for contact is in; who was not named says no.
    assert opted.of("Requester") is not None
    assert opted.of("insurer") is None


@pytest.mark.parametrize(
    ("request_name", "option", "said"),
    [
        ("phishing", "insurer", "contact is 'none'"),
        ("phishing-contact", "nobody", "has the name nobody"),
        ("phishing-contact", "insurer=formats/hits.json", "is not a known key"),
        ("phishing-contact", "insurer=nothing.json", "is not there"),
    ],
)
def test_it_refuses_opt_ins_that_lead_nowhere(
    request_name: str, option: str, said: str
) -> None:
    request = read_request(EXAMPLES / f"{request_name}.request.json")
    with pytest.raises(BadInput, match=said):
        opt_ins_read([option.replace("=", f"={EXAMPLES}/")], NAMES, request)


def test_it_has_nobody_and_nothing_without_contact() -> None:
    request = read_request(EXAMPLES / "phishing.request.json")
    assert opt_ins_read([], NAMES, request) == NOBODY
    out = EXAMPLES / "r.json"
    assert contact_path(out, "a").parent == hits_path(out, "a").parent
