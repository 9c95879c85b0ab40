"""Two surveys that differ only in who answered, and in what order, look the same at the portal.

Every page and every answer of the interface that their coordinator can get, at three moments,
with ids, digests and signatures taken out. Nine are invited and six answer: the first six in
order, or the last six backwards.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import urllib3

from cli.embedded.federation import COORDINATOR, Federation, Options, running
from cli.respondents import Respondents
from cli.survey_run import _wait_until_open, coordinator_of
from cli.terms import STRICT, terms_by_orders
from connector.respondent import manifest_fetch
from mpcengine.protocol.orders import CLOSE, OPEN_ANSWERING
from tests.end_to_end.harness import QUIET, one_question

INVITED, ANSWERING = 9, 6
ANSWERS = [{"pick": "left"}] * 4 + [{"pick": "right"}] * 2
# Ids, digests, signatures, keys, roots and the times that the coordinator chose herself.
NAMED = re.compile(
    r"sha256:[0-9a-f]{64}|[0-9a-f]{32,64}|[A-Za-z0-9+/]{40,}={0,2}|\d{4}-\d\d-\d\d[T ][\d:.]+Z?"
    r"|\b[0-9a-f]{8}\b|csrfmiddlewaretoken[^>]*|\d{1,2}:\d\d( [ap]\.?m\.?)?"
)
# A time that comes with an answer would be new between the first moment and the second.
TIMES = re.compile(r"\d{4}-\d\d-\d\d[T ][\d:.]+Z?|(?<![a-z0-9])\d{1,2}:\d\d")
PAGES = ("surveys/{}", "surveys/{}/results", "results/{}/nl", "results/{}/en")
FILES = tuple(f"surveys/{{}}/results/drempel.{kind}" for kind in ("csv", "sps", "json"))
INTERFACE = ("surveys/{}", "surveys/{}/result", "surveys/{}/partners")


class Looker:
    """Carol in a browser and with her program."""

    def __init__(self, federation: Federation) -> None:
        house = federation.house
        self.url, self.portal = house.portal_url, federation.portal
        self.pool = urllib3.PoolManager(retries=False)
        self.cookies: dict[str, str] = {}
        self.times: list[set[str]] = []
        password = house.password_file.read_text("utf-8").strip()
        page = self.get("account/sign-in")
        self.post("account/sign-in", page, login=COORDINATOR, password=password)

    def get(self, path: str) -> str:
        answer = self._call("GET", path)
        return f"{answer.status} {answer.data.decode('utf-8', 'replace')}"

    def post(self, path: str, page: str, **fields: str) -> None:
        token = re.findall(r'csrfmiddlewaretoken" value="([^"]+)"', page)[0]
        self._call("POST", path, {**fields, "csrfmiddlewaretoken": token})

    def _call(self, method: str, path: str, fields: dict[str, str] | None = None) -> Any:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Cookie": cookies, "Referer": self.url, "Accept-Language": "en"}
        if fields is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        answer = self.pool.request(
            method,
            f"{self.url}/{path}",
            body=urlencode(fields) if fields is not None else None,
            headers=headers,
            redirect=False,
        )
        for cookie in answer.headers.getlist("Set-Cookie"):
            name, _, rest = cookie.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        return answer

    def everything(self, survey: str) -> dict[str, str]:
        """Return all that is to be had about a survey, without what names it."""
        found = {path: self.get(path.format(survey)) for path in (*PAGES, *FILES)}
        program = {"Authorization": f"Token {self.portal.token}"}
        for path in INTERFACE:
            address = f"{self.url}/api/v1/{path.format(survey)}"
            answer = self.pool.request("GET", address, headers=program)
            found[f"api {path}"] = f"{answer.status} {answer.data.decode()}"
        self.times.append({time for text in found.values() for time in TIMES.findall(text)})
        # Whether a node had already erased its pieces when it was last asked is chance.
        return {
            path: NAMED.sub("…", text).replace('"erased"', '"released"')
            for path, text in found.items()
        }


def survey_run_by(
    federation: Federation, looker: Looker, who: Sequence[int]
) -> list[dict[str, str]]:
    """Run a survey that these invited answer, one after the other; return what was seen."""
    survey = one_question(["left", "right"], min_count=1)
    coordinator = coordinator_of(federation)
    survey_id = coordinator.create(survey)
    claims = coordinator.invite(survey_id, INVITED)
    terms = terms_by_orders(survey_id, survey, INVITED, STRICT)
    proposed = coordinator.prepare(terms)
    coordinator.publish(survey_id, proposed)
    manifest = manifest_fetch(federation.relay, survey_id, federation.nodes_file)
    respondents = Respondents(federation=federation, manifest=manifest)
    with QUIET.counting("codes", len(who)) as counter:
        tickets = respondents.tickets([claims[place] for place in who], counter)
    seen = [looker.everything(survey_id)]
    coordinator.order(survey_id, manifest, OPEN_ANSWERING)
    _wait_until_open(federation, manifest)
    with QUIET.counting("answers", len(who)) as counter:
        respondents.send(tickets, ANSWERS, counter)
    seen.append(looker.everything(survey_id))
    coordinator.order(survey_id, manifest, CLOSE)
    coordinator.wait(survey_id, ("released",), seconds=120, tell=lambda _text: None)
    page = looker.get(f"surveys/{survey_id}/results")
    looker.post(f"surveys/{survey_id}/results/publicity", page, public="yes")
    return [*seen, looker.everything(survey_id)]


@pytest.mark.slow
def test_the_portal_shows_nothing_of_who_answered(tmp_path: Path) -> None:
    with running(Options(folder=tmp_path / "house", is_test=True)) as federation:
        looker = Looker(federation)
        first = survey_run_by(federation, looker, range(ANSWERING))
        last = survey_run_by(
            federation, looker, range(INVITED - 1, INVITED - 1 - ANSWERING, -1)
        )
    for moment, (one, other) in enumerate(zip(first, last, strict=True)):
        for path, text in one.items():
            assert text == other[path], (moment, path)
    done = first[-1]
    assert all(done[path].startswith("200 ") for path in (*PAGES, *FILES))
    assert '"count": 4' in done["api surveys/{}/result"].replace('"count":4', '"count": 4')
    for before, during, after in (looker.times[:3], looker.times[3:]):
        assert before
        assert during <= before
        assert after <= before
