"""What a browser may load and reach follows from the manifest."""

import base64
import hashlib
import json
from typing import Any

import pytest

from mpcengine.protocol.boothpage import (
    Booth,
    content_policy,
    file_path,
    first_language,
    import_map,
    integrity,
    page_path,
    parse_booth,
    release_of,
)
from mpcengine.protocol.errors import MalformedMessage
from mpcengine.protocol.strict import Fields
from tests.vectors.cast import cast

BOOTH = cast().manifest.booth
DOCUMENT: Any = json.loads(cast().manifest.raw)
KEYS = ("release", "files", "pages")


def test_it_reads_back_what_it_wrote() -> None:
    assert parse_booth(Fields(BOOTH.to_json(), required=KEYS)) == BOOTH
    assert DOCUMENT["booth"] == BOOTH.to_json()


def test_integrity_is_what_browsers_compute() -> None:
    # The example of W3C's Subresource Integrity, section 3.2.1.
    assert integrity(b"alert('Hello, world.');") == (
        "sha384-H8BRh8j48O9oYatfu5AZzq6A9RINhZO5H16dQZngK7T62em8MUt1FLm52t+eX6xO"
    )


def test_the_release_depends_on_every_path_and_hash() -> None:
    files = dict(BOOTH.files)
    assert release_of(dict(reversed(files.items()))) == BOOTH.release
    changed = [
        {**files, "booth/app.js": integrity(b"")},
        {**files, "booth/more.js": integrity(b"")},
        dict(list(files.items())[1:]),
        {path.replace("booth/", "boot/"): digest for path, digest in files.items()},
    ]
    assert len({BOOTH.release, *map(release_of, changed)}) == 5


def test_the_import_map_has_every_module_and_nothing_else() -> None:
    told = json.loads(import_map(BOOTH.release, BOOTH.files))
    assert told == {
        "integrity": {
            f"/booth/{BOOTH.release}/{path}": BOOTH.files[path]
            for path in ("booth/app.js", "protocol/bytes.js")
        }
    }
    assert "<" not in import_map(BOOTH.release, BOOTH.files)


def test_the_policy_names_relay_and_nodes_and_nothing_unsafe() -> None:
    policy = content_policy(DOCUMENT, BOOTH.release, BOOTH.files)
    hashed = hashlib.sha256(import_map(BOOTH.release, BOOTH.files).encode()).digest()
    told = base64.b64encode(hashed).decode()
    folder = f"http://127.0.0.1:9000/booth/{BOOTH.release}/"
    assert policy == (
        f"default-src 'none'; script-src {folder} 'sha256-{told}'; "
        f"style-src {folder}; img-src 'self'; connect-src 'self' http://127.0.0.1:9001 "
        "http://127.0.0.1:9002 http://127.0.0.1:9003; form-action 'none'; base-uri 'none'; "
        "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )
    assert "unsafe" not in policy


def test_addresses() -> None:
    assert page_path("ab" * 16) == "/answer/" + "ab" * 16
    assert page_path("ab" * 16, "nl") == "/answer/" + "ab" * 16 + "/nl"
    assert file_path("cd" * 16, "booth/app.js") == "/booth/" + "cd" * 16 + "/booth/app.js"


@pytest.mark.parametrize(
    ("title", "first"),
    [
        ({"en": "x"}, "en"),
        ({"nl": "x"}, "nl"),
        ({"de": "x", "nl": "x"}, "nl"),
        ({"de": "x"}, "en"),
        ({"en": "x", "nl": "x"}, "en"),
    ],
)
def test_the_first_language_is_one_that_survey_and_pages_have(
    title: dict[str, str], first: str
) -> None:
    assert first_language({"survey": {"title": title}}, ("nl", "en")) == first


@pytest.mark.parametrize(
    "path",
    [
        "/booth/app.js",
        "booth//app.js",
        "booth/../app.js",
        "booth/app.mjs",
        "booth/app.js.map",
        "booth/.app.js",
        "booth/a b.js",
        "booth/app.js?x",
        "a/b/c/d/e/f.js",
        "booth/" + "a" * 42 + ".js",
        "",
    ],
)
def test_it_refuses_paths_that_are_no_plain_names(path: str) -> None:
    files = {**BOOTH.files, path: integrity(b"")}
    named = Booth(release=release_of(files), files=files, pages=BOOTH.pages)
    with pytest.raises(MalformedMessage):
        parse_booth(Fields(named.to_json(), required=KEYS))


def test_it_bounds_files_and_pages() -> None:
    files = {f"m{i}.js": integrity(b"") for i in range(201)}
    languages = [a + b for a in "abcdefg" for b in "abcdefg"]
    for named in (
        Booth(release=release_of(files), files=files, pages=BOOTH.pages),
        Booth(
            release=BOOTH.release,
            files=BOOTH.files,
            pages=dict.fromkeys(languages, integrity(b"")),
        ),
    ):
        with pytest.raises(MalformedMessage):
            parse_booth(Fields(named.to_json(), required=KEYS))
