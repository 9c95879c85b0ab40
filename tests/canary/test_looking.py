"""The sweep finds whatever form a secret takes, in whatever kind of file: it can fail."""

import base64
import json
import os
import sqlite3
from pathlib import Path
from urllib.parse import quote_from_bytes

import pytest

from tests.canary import sweep
from tests.canary.forms import element_needles, needles_of
from tests.canary.sweep import Haystack

SECRET = bytes(range(7, 39))
LONG = os.urandom(400)
ELEMENT = 2_305_843_009_213_600_001
HAYSTACK = Haystack(
    [
        *needles_of("secret", SECRET),
        *needles_of("long", LONG),
        *needles_of("text", b"drempel-canary/7"),
        *element_needles("element", ELEMENT),
    ]
)
PLANTS = {
    "raw": SECRET,
    "hex": SECRET.hex().encode(),
    "HEX": SECRET.hex().upper().encode(),
    "bytea": b"\\x" + SECRET.hex().encode(),
    "base64": base64.b64encode(SECRET),
    "base64 of more": base64.b64encode(b"x" + SECRET + b"yz"),
    "base64 of other": base64.b64encode(b"xy" + SECRET + b"z"),
    "base64url": base64.urlsafe_b64encode(b"xyz\xff\xfe\xfd" + SECRET),
    "percent": quote_from_bytes(SECRET, safe="").encode(),
    "begin of a long one": LONG[:30],
    "end of a long one": LONG[-30:],
    "middle of a long one": LONG[190:240],
    "a text in JSON": json.dumps({"agent": "drempel-canary/7 (x)"}).encode(),
    "a text in UTF-16": "drempel-canary/7".encode("utf-16-le"),
    "decimal": str(ELEMENT).encode(),
    "eight bytes": ELEMENT.to_bytes(8, "little"),
    "eight bytes, other order": ELEMENT.to_bytes(8, "big"),
    "eight bytes in hex": ELEMENT.to_bytes(8, "little").hex().encode(),
    "eight bytes in base64": base64.b64encode(b"0" + ELEMENT.to_bytes(8, "little")),
}


@pytest.mark.parametrize("form", PLANTS)
@pytest.mark.parametrize("place", [0, 1, 6, 16380, 16385])
def test_it_finds_every_form_anywhere(
    form: str, place: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "_PIECE", 16384)
    (tmp_path / "deep" / "er").mkdir(parents=True)
    path = tmp_path / "deep" / "er" / ".file"
    path.write_bytes(b"\xa5" * place + PLANTS[form] + b"\xa5" * 9)
    assert {hit.path for hit in HAYSTACK.sweep([tmp_path])} == {path}
    other = bytes(byte ^ 0x40 for byte in PLANTS[form])
    path.write_bytes(b"\xa5" * place + other + b"\xa5" * 9)
    assert HAYSTACK.sweep([tmp_path]) == set()


def test_it_finds_a_secret_in_a_files_name(tmp_path: Path) -> None:
    (tmp_path / f"{SECRET.hex()}.tmp").touch()
    (hit,) = HAYSTACK.sweep([tmp_path])
    assert (hit.canary, hit.form) == ("secret", "hex in its name")


def test_it_finds_what_a_database_deleted(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (a)")
        connection.execute("INSERT INTO t VALUES (?)", (SECRET,))
    assert HAYSTACK.sweep([tmp_path])
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA secure_delete=OFF")
        connection.execute("DELETE FROM t")
    assert HAYSTACK.sweep([tmp_path])


def test_it_finds_nothing_in_noise(tmp_path: Path) -> None:
    (tmp_path / "noise").write_bytes(os.urandom(30 * 2**20))
    assert HAYSTACK.sweep([tmp_path]) == set()
