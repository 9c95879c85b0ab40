"""Addresses, pins and certificates that cannot work are refused before a process serves."""

import json
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from config import checks_transport
from tests.mpcengine.cast import Federation
from tests.mpcengine.conftest import federation
from tests.roles.test_system_checks import ids
from tests.roles.tls_server import Paper, make_paper

__all__ = ["federation"]


@pytest.fixture
def paper(tmp_path: Path, settings: Settings) -> Paper:
    made = make_paper(tmp_path / "tls")
    settings.TLS_CERTIFICATE_FILE = str(made.certificate)
    settings.TLS_KEY_FILE = str(made.key)
    return made


def rewrite(federation: Federation, **changes: Any) -> None:
    path = federation.folder / "nodes.json"
    nodes = json.loads(path.read_text())
    nodes["nodes"] = [{**row, **changes} for row in nodes["nodes"]]
    path.write_text(json.dumps(nodes))


def test_it_wants_https_outside_embedded(federation: Federation, settings: Settings) -> None:
    settings.ROLE = "portal"
    assert ids(checks_transport.check_addresses(None)) == []
    settings.EMBEDDED = False
    assert ids(checks_transport.check_addresses(None)) == ["drempel.E020"] * 4
    rewrite(federation, url="https://node.example")
    assert ids(checks_transport.check_addresses(None)) == ["drempel.E020"]
    settings.RELAY_URL = "https://relay.example"
    assert ids(checks_transport.check_addresses(None)) == []


def test_a_node_shows_what_is_pinned(
    federation: Federation, paper: Paper, settings: Settings
) -> None:
    settings.ROLE, settings.NODE_NAME = "node", "b"
    assert ids(checks_transport.check_own_pin(None)) == []
    other = f"sha256:{'1' * 64}"
    rewrite(federation, pin=other)
    assert ids(checks_transport.check_own_pin(None)) == ["drempel.E021"]
    rewrite(federation, next_pin=f"sha256:{paper.pin.hex()}")
    assert ids(checks_transport.check_own_pin(None)) == []


def test_it_wants_a_certificate_of_its_key_that_is_not_over(
    paper: Paper, tmp_path: Path, settings: Settings
) -> None:
    assert ids(checks_transport.check_certificate(None)) == []
    settings.TLS_KEY_FILE = str(make_paper(tmp_path / "other").key)
    assert ids(checks_transport.check_certificate(None)) == ["drempel.E022"]
    old = make_paper(tmp_path / "old", age_days=60)
    settings.TLS_CERTIFICATE_FILE, settings.TLS_KEY_FILE = str(old.certificate), str(old.key)
    assert ids(checks_transport.check_certificate(None)) == ["drempel.E022"]
    settings.TLS_CERTIFICATE_FILE = str(paper.key)
    assert ids(checks_transport.check_certificate(None)) == ["drempel.E022"]
