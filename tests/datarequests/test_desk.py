"""The portal serves the desk's modules as they are, and a page that runs nothing else."""

import hashlib
import re
from base64 import b64encode

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory

from datarequests import desk
from mpcengine.models import NodeRecord
from mpcengine.protocol.boothpage import integrity
from mpcengine.protocol.submission import verify_registered_key
from tests.protocol.vectors import load

pytestmark = pytest.mark.django_db


def page() -> HttpResponse:
    request = RequestFactory().get("/")
    return desk.desk_render(request, "datarequests/program.html", {}, entry="desk/keys.js")


def test_it_serves_every_module_byte_for_byte() -> None:
    for name, data in desk.modules().items():
        answer = Client().get(f"/modules/{desk.release()}/{name}")
        assert answer.content == data
        assert integrity(answer.content) == desk.integrities()[name]
    assert Client().get(f"/modules/{'0' * 32}/desk/keys.js").status_code == 404
    assert Client().get(f"/modules/{desk.release()}/desk/../keys.js").status_code == 404


def test_a_page_runs_the_modules_with_their_integrity_and_calls_the_nodes_alone() -> None:
    NodeRecord.objects.create(
        node="a", index=1, name="A", url="https://a.example:8443/node", identity_key=b"\x01"
    )
    answer = page()
    text, policy = answer.content.decode(), answer.headers["Content-Security-Policy"]
    found = re.search(r'<script type="importmap">(.*?)</script>', text)
    assert found is not None
    digest = b64encode(hashlib.sha256(found[1].encode()).digest()).decode()
    assert f"script-src 'self' 'sha256-{digest}';" in policy
    assert "connect-src 'self' https://a.example:8443;" in policy
    assert "unsafe" not in policy
    assert f'integrity="{desk.integrities()["desk/keys.js"]}"' in text


def test_it_reads_what_the_browser_registers() -> None:
    for case in load("desk")["registered"]:
        data, signature = bytes.fromhex(case["bytes"]), bytes.fromhex(case["signature"])
        assert verify_registered_key(data, signature).role == case["role"]
