"""A relay in a thread that serves one signed booth, and lies as a test says.

What it serves unchanged is what the real one serves; ``tests/booth/test_watching.py`` looks at
both with the same eyes.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from booth.files import MEDIA_TYPES, booth_files
from booth.terms import booth_of, booth_pages, page_source
from mpcengine.protocol.boothpage import content_policy, file_path, page_path
from mpcengine.protocol.canonical import canonical
from mpcengine.protocol.manifest import Manifest, build_manifest
from mpcengine.protocol.signedmanifest import SignedManifest
from tests.vectors.cast import sign_manifest, terms

SURE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@dataclass
class Answer:
    """What is served at a path, for a test to change."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Relay:
    """A running relay: where, what it holds, what it was asked, and its lies."""

    url: str
    manifest: Manifest
    signed: SignedManifest
    answers: dict[str, Answer]
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    # Called with a copy of every answer before it is sent.
    lie: Callable[[str, Answer], None] = lambda _path, _answer: None

    @property
    def link(self) -> str:
        return self.url + page_path(self.manifest.survey_id)

    @property
    def pages(self) -> list[str]:
        """The paths of all pages."""
        return [path for path in self.answers if path.startswith("/answer/")]

    def module(self, name: str) -> str:
        """The path of a file."""
        return file_path(self.manifest.booth.release, name)


@contextmanager
def running() -> Iterator[Relay]:
    """Serve a booth until the block ends."""
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        relay = _relay(f"http://127.0.0.1:{server.server_address[1]}")
        server.RequestHandlerClass = _handler(relay)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield relay
        finally:
            server.shutdown()
            thread.join()


def _relay(url: str) -> Relay:
    sample = terms()
    where = replace(sample.relay, url=url)
    manifest = build_manifest(replace(sample, relay=where, booth=booth_of))
    signed = sign_manifest(manifest)
    return Relay(url=url, manifest=manifest, signed=signed, answers=_answers(manifest, signed))


def _answers(manifest: Manifest, signed: SignedManifest) -> dict[str, Answer]:
    survey_id, booth = manifest.survey_id, manifest.booth
    policy = content_policy(page_source(manifest), booth.release, booth.files)
    pages = booth_pages(page_source(manifest))
    html = {**SURE, "Content-Type": "text/html; charset=utf-8"}
    html["Content-Security-Policy"] = policy
    found = {
        page_path(survey_id, language): Answer(200, dict(html), page)
        for language, page in pages.items()
    }
    for language in pages:
        found[page_path(survey_id, language)].headers["ETag"] = f'"{booth.pages[language]}"'
    found[page_path(survey_id)] = found[page_path(survey_id, "en")]
    for path, body in booth_files().items():
        kind = MEDIA_TYPES["." + path.rpartition(".")[2]]
        own = Answer(200, {**SURE, "Content-Type": kind}, body)
        found[file_path(booth.release, path)] = own
    told = canonical(signed.to_json())
    found[f"/api/v1/manifests/{survey_id}"] = Answer(200, {**SURE}, told)
    text = canonical({**signed.to_json(), "manifest": manifest.raw.decode()})
    json = {**SURE, "Content-Type": "application/json"}
    found[f"/api/v1/manifests/{survey_id}/text"] = Answer(200, json, text)
    return found


def _handler(relay: Relay) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            relay.asked.append((self.path, dict(self.headers.items())))
            known = relay.answers.get(self.path) or Answer(404, {}, b"{}")
            answer = replace(known, headers=dict(known.headers))
            relay.lie(self.path, answer)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: object) -> None:
            """Stay quiet."""

    return Handler
