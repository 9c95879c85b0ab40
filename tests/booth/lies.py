"""Lie to a browser: change what relay and nodes answer, on its way."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Route

_OF_THE_WAY = {"content-encoding", "content-length", "transfer-encoding", "connection"}


@dataclass
class Answer:
    """An answer on its way: ``kind`` is what the browser wants it for (document, script, …)."""

    path: str
    kind: str
    headers: dict[str, str]
    body: str


Lie = Callable[[Answer], None]


def lied_to(context: BrowserContext, lie: Lie) -> None:
    """Let ``lie`` change every answer to a GET from now on."""

    def handle(route: Route) -> None:
        if route.request.method != "GET":
            route.continue_()
            return
        found = route.fetch()
        kept = {name: said for name, said in found.headers.items() if name not in _OF_THE_WAY}
        answer = Answer(
            path=urlsplit(route.request.url).path,
            kind=route.request.resource_type,
            headers=kept,
            body=found.body().decode(),
        )
        lie(answer)
        route.fulfill(status=found.status, headers=answer.headers, body=answer.body)

    context.route("**/*", handle)
