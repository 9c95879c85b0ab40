"""Bodies are packed once, and each caller gets the form that it likes best."""

import gzip
import importlib
from types import SimpleNamespace

import brotli
import pytest
from django.http.request import HttpHeaders

from relay.packed import coding_chosen, pack, packed_response

BODY = b"the very same words, again and again, " * 200


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate", "gzip"),
        ("", "identity"),
        ("zstd", "identity"),
        ("br;q=0.5, gzip;q=0.8", "gzip"),
        ("br;q=0.8, gzip;q=0.5", "br"),
        ("br;q=0, gzip", "gzip"),
        ("br;q=0.0, gzip;q=0.000", "identity"),
        ("gzip;q=0.001", "gzip"),
        ("*", "br"),
        ("*;q=0.1, gzip", "gzip"),
        ("gzip;q=0, *;q=0.5", "br"),
        ("identity, gzip;q=0.5", "identity"),
        ("identity;q=0.5, gzip", "gzip"),
        (" BR ; Q=1.000 ", "br"),
        # What is none of these says nothing.
        ("br;q=2, gzip", "gzip"),
        ("br;q=-1, gzip;q=x", "identity"),
        ("brotli, xbr, gzipped", "identity"),
        (";q=1,,", "identity"),
    ],
)
def test_it_chooses_what_the_caller_likes_best(accepted: str, coding: str) -> None:
    assert coding_chosen(accepted) == coding


@pytest.mark.parametrize("coding", ["br", "gzip", "identity"])
def test_it_sends_the_form_that_it_names(coding: str) -> None:
    open_ = {"br": brotli.decompress, "gzip": gzip.decompress, "identity": bytes}[coding]
    headers = HttpHeaders({"HTTP_ACCEPT_ENCODING": coding})
    answer = packed_response(headers, pack(BODY), "text/css")
    assert open_(answer.content) == BODY
    assert answer.headers.get("Content-Encoding", "identity") == coding
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert answer.headers["Content-Type"] == "text/css"


def test_it_packs_a_body_to_the_same_bytes_every_time_and_brotli_smaller() -> None:
    assert pack(BODY) == pack(BODY)
    assert len(pack(BODY).br) < len(pack(BODY).gzip) < len(BODY)


def test_what_was_stored_before_is_packed_when_the_version_is_installed() -> None:
    """A survey under way goes on with the page that it has, in both forms."""
    row = SimpleNamespace(packed=gzip.compress(BODY), brotli=b"", saved=[])
    row.save = lambda **given: row.saved.append(given)
    objects = SimpleNamespace(iterator=lambda **_: [row])
    apps = SimpleNamespace(get_model=lambda *_: SimpleNamespace(objects=objects))
    migration = importlib.import_module("relay.migrations.0007_packed_twice")
    migration.pack_again(apps, None)
    assert brotli.decompress(row.brotli) == BODY
    assert row.saved == [{"update_fields": ["brotli"]}] * 2
