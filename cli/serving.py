"""Serve a federation until somebody stops it, with a sample survey and ways to sign in."""

import json
import shlex
from pathlib import Path
from time import sleep

from cli.coordinator import Coordinator
from cli.embedded.federation import COORDINATOR, Federation
from cli.embedded.house import House
from cli.embedded.services import ROOT
from cli.errors import CliError
from cli.files import read_survey
from cli.folders import write_private
from cli.signals import Stopped
from cli.survey_run import coordinator_of
from cli.terms import terms_by_orders
from connector.errors import ConnectorError
from mpcengine.protocol.boothpage import page_path

EXAMPLE_SURVEY = ROOT / "examples" / "ict-resilience.survey.json"
EXAMPLE_ANSWERS = ROOT / "examples" / "ict-resilience.answers.csv"
# One of those who opt in has a hit, the other has none.
EXAMPLE_OPT_INS = (
    f"hospital-north={ROOT / 'examples' / 'hospital-north.contact.json'}",
    "pharmacy",
)
EXAMPLE_REQUEST = ROOT / "examples" / "phishing-contact.request.json"
EXAMPLE_INDICATORS = ROOT / "examples" / "phishing.indicators.csv"
EXAMPLE_HOLDINGS = ROOT / "examples" / "phishing.holdings"
ONE_ANSWER = ROOT / "examples" / "ict-resilience.answers.json"
INVITED = 20
SHOWN_CODES = 3
LOOK_SECONDS = 0.5


def serve_until_stopped(federation: Federation) -> int:
    """Print addresses, sign-ins and the sample survey, then wait for a signal; return 0."""
    print("\n".join(addresses(federation.house)))
    print("\n".join(_sample(federation)))
    try:
        # Said inside the block: whoever reads it may press Ctrl-C at once.
        print("\nCtrl-C stops everything.", flush=True)
        while True:
            federation.supervisor.check()
            sleep(LOOK_SECONDS)
    except Stopped:
        print("\nStopping.", flush=True)
        return 0


def addresses(house: House) -> list[str]:
    """Return lines with every address and ways to sign in; they hold no secret."""
    rows = [("portal", house.portal_url), ("relay", house.relay_url)]
    rows += [(entry.name, entry.url) for entry in house.nodes.nodes]
    wide = max(len(name) for name, _ in rows)
    token = house.token_file.read_text("utf-8").strip()
    write_private(house.header_file, f"Authorization: Token {token}\n")
    header = shlex.quote(f"@{house.header_file}")
    return [
        "",
        "  What each answers, as OpenAPI:",
        *(f"  {name:<{wide}}  {url}/api/schema/" for name, url in rows),
        "",
        f"  Sign in at {house.portal_url}/ as {COORDINATOR}, the sample coordinator.",
        f"  Her password: {house.password_file}",
        "  For programs:",
        f"  curl -H {header} {house.portal_url}/api/v1/surveys",
        f"  Her API token: {house.token_file}",
        f"  Her signing key, which the portal never sees: {_key(house.folder)}",
    ]


def _key(folder: Path) -> Path:
    return folder / "coordinator" / "signing.pem"


def _sample(federation: Federation) -> list[str]:
    """Publish the sample survey, once for a data folder, and return how to answer it."""
    kept = federation.house.folder / "coordinator" / "sample.json"
    if kept.exists():
        return ["", f"  The sample survey and its invitation codes: {kept}"]
    try:
        survey_id, codes = _publish(coordinator_of(federation))
    except ConnectorError as error:
        raise CliError(error.sentence) from error
    write_private(kept, json.dumps({"survey": survey_id, "codes": codes}, indent=1))
    return [
        "",
        f"  Sample survey {survey_id}, open for {INVITED} people with a code, such as",
        *(f"    {code}" for code in codes[:SHOWN_CODES]),
        f"  (all codes: {kept})",
        "  To answer as one of them in a browser, in English or, with /nl/, in Dutch:",
        *(
            f"    {_link(federation.relay.url, survey_id, one, codes[0])}"
            for one in ("en", "nl")
        ),
        "  To answer without one, at another terminal in Drempel's folder:",
        f"    {_answering(federation.relay.url, survey_id, codes[1])}",
    ]


def _link(relay_url: str, survey_id: str, language: str, code: str) -> str:
    # The code stands after #, which no browser sends to anybody.
    return f"{relay_url}{page_path(survey_id, language)}#{code}"


def _answering(relay_url: str, survey_id: str, code: str) -> str:
    link = shlex.quote(f"{relay_url}{page_path(survey_id)}#{code}")
    return f".venv/bin/drempel answer {link} {shlex.quote(str(ONE_ANSWER))}"


def _publish(coordinator: Coordinator) -> tuple[str, list[str]]:
    survey = read_survey(EXAMPLE_SURVEY)
    survey_id = coordinator.create(survey)
    codes = coordinator.invite(survey_id, INVITED)
    terms = terms_by_orders(survey_id, survey, INVITED, "normal")
    manifest = coordinator.prepare(terms)
    coordinator.check(manifest, terms)
    coordinator.publish(survey_id, manifest)
    return survey_id, codes
