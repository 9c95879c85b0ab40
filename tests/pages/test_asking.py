"""A question on the portal's pages, at real nodes: asked, approved, answered, read.

Five people in five browsers (who asks, the coordinator, two approvers, a holder) and two
holders with connectors.
"""

import json
from pathlib import Path
from threading import Thread

import pytest
from pytest_django import Settings

from connector.contributing import OwnerKeys, Participant
from connector.list_files import ListFile
from connector.list_words import words_read
from datarequests.models import DataRequest, OrganisationKey, SignedObject
from mpcengine.models import NodeRecord
from mpcengine.protocol.request_manifest import RequestManifest, parse_request_manifest
from mpcengine.protocol.strict import to_base64
from tests.datarequests.cast import Actor, approver, carol, holder, rosa
from tests.datarequests.steps import drive
from tests.nodes.conftest import nodes
from tests.nodes.harness import Nodes
from tests.pages.conftest import Open, Watched

__all__ = ["nodes"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
ROWS = 2_000
SERVICES = ("node-a", "node-b", "node-c")


class _NoForeign(list[str]):
    """Nodes are elsewhere by design; the page's policy names them, and nobody else."""

    def append(self, fault: str) -> None:
        if not fault.startswith("foreign http://127.0.0.1:"):
            super().append(fault)


class Desk:
    """A person at her browser."""

    def __init__(self, window: Open, who: Actor) -> None:
        self.who, self.watched = who, window()
        self.watched.faults = _NoForeign()
        self.page = self.watched.page
        self.watched.sign_in(who.user.email)

    def key(self) -> OrganisationKey:
        """Make the key of her role; return what the portal got."""
        self.watched.go("/questions")
        self.page.locator("[data-make-key]").click()
        self.page.locator("[data-there=yes]").wait_for()
        return OrganisationKey.objects.get(person=self.who.user)

    def open(self, number: str) -> None:
        self.watched.go(f"/questions/{number}")

    def sign(self, number: str, name: str) -> None:
        """Press a button that signs, and wait until the page says so."""
        self.open(number)
        button = self.page.locator(f"[data-sign={name}]")
        button.click()
        button.wait_for(state="detached")

    def press(self, number: str, words: str) -> None:
        self.open(number)
        self.watched.press(words)


def nodes_know(nodes: Nodes, settings: Settings, coordinator: OrganisationKey) -> None:
    """Enter the nodes at the portal, and the coordinator's key at the nodes."""
    settings.NODES_FILE = str(nodes.house.folder / "nodes.json")
    for entry in nodes.house.nodes.nodes:
        NodeRecord.objects.update_or_create(
            node=entry.node,
            defaults={
                "index": entry.index,
                "name": entry.name,
                "url": entry.url,
                "identity_key": entry.identity_key,
            },
        )
    for service in SERVICES:
        path = nodes.house.folder / service / "policy.json"
        policy = json.loads(path.read_text("utf-8"))
        policy["coordinators"].append(to_base64(bytes(coordinator.sign_key)))
        path.write_text(json.dumps(policy), encoding="utf-8")


def write(desk: Desk) -> str:
    """Write a question as a person does; return its number."""
    desk.watched.go("/questions/new")
    page = desk.page
    page.locator("[name=title_en]").fill("Who has seen these addresses?")
    page.locator("[name=purpose_en]").fill("To warn those who were attacked.")
    page.locator("[name=identifier][value=ipv4]").check()
    page.locator("[name=list_size]").select_option("64")
    page.locator("[name=min_count]").fill("3")
    page.locator("main form button[type=submit]").click()
    page.wait_for_url("**/questions/*")
    return desk.watched.place().rpartition("/")[2]


def prepare(desk: Desk, number: str) -> None:
    """Choose everybody there is."""
    desk.watched.go(f"/questions/{number}/prepare")
    page = desk.page
    for name in ("holders", "approvers"):
        for box in page.locator(f"[name={name}]").all():
            box.check()
    page.locator("[name=holder_size]").select_option("2048")
    page.locator("#prepare-send:enabled").click()
    page.wait_for_url(f"**/questions/{number}")


def by_connector(manifest: RequestManifest, one: Actor, nodes: Nodes, folder: Path) -> Thread:
    """Have a holder answer with a connector: two of the addresses."""
    owner = next(own for own in manifest.owners if own.name == one.user.organisation.name)
    folder.mkdir()
    path = folder / "list.csv"
    path.write_text("192.0.2.1\n192.0.2.2\n192.0.2.3\n", encoding="utf-8")
    source = ListFile(path=path, identifiers=manifest.request.identifiers)
    words = words_read(source, manifest.federation)
    participant = Participant(
        manifest=manifest,
        owner=owner.owner,
        keys=OwnerKeys(sign=one.private, seal=one.seal),
        nodes=nodes.receivers,
    )
    participant.consent(words)
    parts = folder / "parts"
    parts.mkdir()
    thread = Thread(
        target=lambda: participant.contribute(words, parts, seconds=120), daemon=True
    )
    thread.start()
    return thread


def in_page(watched: Watched, path: Path, address: str) -> None:
    """Answer in the page with a file."""
    page = watched.page
    watched.go(address)
    page.locator("#checked").wait_for()
    page.locator("#take").click()
    page.locator("#file").set_input_files(path)
    page.locator("#columns select").nth(1).wait_for()
    assert page.locator("#columns select").nth(1).input_value() == "ipv4"
    page.locator("#read").click()
    page.locator("#agree").click()


def addresses(path: Path, count: int) -> Path:
    """Write a table of so many addresses: the first few are asked for, the others are not."""
    values = [
        f"192.0.2.{n}" if n <= 40 else f"10.{n >> 8}.{n & 255}.7" for n in range(1, count)
    ]
    lines = "".join(f"2026-11-02;{one}\n" for one in values)
    path.write_text("when;dst ip\n" + lines, encoding="utf-8")
    return path


def approved(asker: Desk, coordinator: Desk, approvers: tuple[Desk, Desk]) -> str:
    """Bring a question from its draft to the nodes; return its number."""
    number = write(asker)
    asker.sign(number, "submission")
    coordinator.press(number, "Take it in")
    prepare(coordinator, number)
    for desk in (asker, coordinator):
        desk.sign(number, "manifest")
    for desk in approvers:
        desk.sign(number, "approval")
    coordinator.press(number, "Bring it to the nodes")
    drive()
    return number


def holder_key(desk: Desk) -> None:
    """Make a holder's keys in her inbox."""
    desk.watched.go("/holding")
    desk.page.locator("#keys-make").click()
    desk.page.locator("#keys-there").wait_for()


def history_holds(desk: Desk, number: str) -> None:
    """The history shows what was signed, and the portal has nobody's consent."""
    desk.watched.go(f"/questions/{number}/history")
    assert desk.page.locator(".note.ok").count() == 1
    assert desk.page.locator("tbody tr").count() == 5
    held = b"".join(bytes(one.body) for one in SignedObject.objects.all())
    assert b"drempel-consent" not in held


@pytest.mark.timeout(600)
def test_it_goes_from_a_draft_to_an_answer(
    window: Open, nodes: Nodes, settings: Settings, tmp_path: Path
) -> None:
    people = [rosa(), carol(), approver(), approver("bea", "Works council")]
    asker, coordinator, amir, bea = (Desk(window, one) for one in people)
    connected = [holder("hana", "Harbour"), holder("henk", "Water board")]
    hugo = Desk(window, holder())
    for one in connected:
        one.register()
    keys = [desk.key() for desk in (asker, coordinator, amir, bea)]
    nodes_know(nodes, settings, keys[1])
    holder_key(hugo)
    number = approved(asker, coordinator, (amir, bea))
    row = DataRequest.objects.get(pk=number)
    manifest = parse_request_manifest(bytes(row.versions.get().manifest or b""))
    threads = [
        by_connector(manifest, one, nodes, tmp_path / str(place))
        for place, one in enumerate(connected)
    ]
    in_page(asker.watched, addresses(tmp_path / "asked.csv", 31), f"/questions/{number}/list")
    in_page(hugo.watched, addresses(tmp_path / "own.csv", ROWS), f"/holding/{number}")
    for desk in (asker, hugo):
        desk.page.locator("#sent").wait_for(timeout=60_000)
    for thread in threads:
        thread.join(60)

    def is_released() -> bool:
        drive()
        return DataRequest.objects.get(pk=number).state == "released"

    nodes.wait(is_released, 90)
    for desk in (asker, coordinator, amir):
        desk.watched.go(f"/questions/{number}/result")
        numbers = desk.page.locator("main tbody td").all_inner_texts()
        assert numbers == ["3", "hidden"]
    hugo.page.locator("#hits-table").wait_for(timeout=60_000)
    assert hugo.page.locator("#hits-rows tr").count() == 30
    history_holds(bea, number)
