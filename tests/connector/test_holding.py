"""A holder answers unattended: as far as it can, the same bytes after a kill, alike for all."""

import json
import secrets
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cli.asking import Asking
from connector.contributing import OwnerKeys, Participant, signed_request_check
from connector.errors import ConnectorError
from connector.hold_files import HoldingFolder
from connector.holding import Holder, Outcome
from connector.list_files import ListFile
from connector.list_words import words_read
from connector.standing import Standing, parse_standing
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.envelope import generate_share_key, share_public
from mpcengine.protocol.errors import BadSignature, MalformedInput
from mpcengine.protocol.manifest_parts import Coordinator, Window
from mpcengine.protocol.request_manifest import (
    Owner,
    Requester,
    RequestManifest,
    build_request_manifest,
)
from mpcengine.protocol.signing import public_bytes
from mpcengine.protocol.strict import to_base64
from tests.connector.three_nodes import ThreeNodes
from tests.vectors.cast import ed25519
from tests.vectors.request_cast import APPROVERS, request_manifest, request_terms

ASKED = "192.0.2.7\n198.51.100.24\n203.0.113.80\n"
EXAMPLE = Path(__file__).parents[2] / "examples" / "holding" / "hold.json"


def keys() -> OwnerKeys:
    return OwnerKeys(sign=Ed25519PrivateKey.generate(), seal=generate_share_key())


def terms_of(nodes: ThreeNodes, path: Path, **changes: JSON) -> dict[str, JSON]:
    rule = {
        "requesters": "any",
        "coordinators": [to_base64(public_bytes(nodes.coordinator))],
        "kinds": ["match"],
        "identifiers": ["ipv4", "domain"],
        "min_count": 5,
    }
    return {
        "format": "drempel-hold/1",
        "name": "Waterland",
        "nodes": "nodes.json",
        "list": {"path": str(path)},
        "consent": [rule | changes],
    }


@dataclass
class Match:
    """A published match of a requester and holders, at three nodes in this process."""

    nodes: ThreeNodes
    folder: Path
    keys: list[OwnerKeys]
    manifest: RequestManifest
    signed: JSON

    def lists(self, texts: list[str]) -> list[Path]:
        paths = [self.folder / f"{place}.csv" for place in range(len(texts))]
        for path, text in zip(paths, texts, strict=True):
            rows = "".join(f"ipv4,{line}\n" for line in text.splitlines())
            path.write_text(rows, encoding="utf-8")
        return paths

    def ask(self, path: Path) -> tuple[Participant, Callable[[], None]]:
        """Consent as the requester; return what hands the list in."""
        source = ListFile(path=path, identifiers=self.manifest.request.identifiers)
        words = words_read(source, self.manifest.federation)
        participant = Participant(
            manifest=self.manifest, owner=0, keys=self.keys[0], nodes=self.nodes.nodes
        )
        participant.consent(words)
        parts = self.folder / "parts"
        parts.mkdir()
        return participant, lambda: void(participant.contribute(words, parts, seconds=5))

    def holder(self, owner: int, path: Path, **changes: JSON) -> "Sat":
        standing = parse_standing(terms_of(self.nodes, path, **changes), self.folder)
        work = self.folder / f"work-{owner}"
        work.mkdir(exist_ok=True)
        return Sat(self, standing, self.keys[owner], HoldingFolder(work))


def void(_: object) -> None:
    """Throw a value away."""


class Sat:
    """A holder with its folder: ``go`` is one unattended call."""

    def __init__(
        self, match: Match, standing: Standing, own: OwnerKeys, folder: HoldingFolder
    ) -> None:
        self.match, self.folder = match, folder
        self.said: list[str] = []
        self.outcomes: list[Outcome] = []
        self.holder = Holder(
            standing=standing,
            keys=own,
            nodes=match.nodes.nodes,
            tell=self.said.append,
            keep=lambda _, outcome: self.outcomes.append(outcome),
        )

    def go(self, **more: bool) -> None:
        self.holder.step(self.match.signed, self.match.manifest, self.folder, **more)

    @property
    def left(self) -> set[str]:
        return {path.name for path in self.folder.path.iterdir()}


@pytest.fixture
def match(tmp_path: Path) -> Match:
    nodes = ThreeNodes()
    own = [keys() for _ in range(4)]
    asking = Asking(
        federation=nodes, requester=own[0].sign, approvers=tuple(map(ed25519, APPROVERS))
    )
    request_id = secrets.token_hex(16)
    now = datetime.now(UTC).replace(microsecond=0)
    window = Window(opens=now - timedelta(hours=1), closes=now + timedelta(hours=1))
    terms = replace(
        request_terms(),
        request_id=request_id,
        requester=Requester(name="Owner 0", key=public_bytes(own[0].sign)),
        coordinator=Coordinator(name="Carol", key=public_bytes(nodes.coordinator)),
        owners=tuple(
            Owner(
                owner=place,
                name=f"Owner {place}",
                role="holder" if place else "requester",
                key=public_bytes(one.sign),
                seal_key=share_public(one.seal),
            )
            for place, one in enumerate(own)
        ),
        nodes=asking.share_keys(request_id),
        consenting=window,
        contributing=window,
    )
    manifest = build_request_manifest(terms)
    signed = asking.publish(manifest).to_json()
    return Match(nodes, tmp_path, own, manifest, signed)


def test_it_goes_from_request_to_hits_in_three_calls(match: Match) -> None:
    paths = match.lists([ASKED, "192.0.2.7\n192.0.2.7\n10.0.0.1\n", "192.0.2.7\n", ""])
    _, hand_in = match.ask(paths[0])
    holders = [match.holder(owner, paths[owner]) for owner in (1, 2, 3)]
    for one in holders:
        one.go()
    # The last consent brought the nonce.
    states = [one.folder.load().state for one in holders]  # type: ignore[union-attr]
    assert states == ["consented", "consented", "handed_in"]
    hand_in()
    for _ in range(2):
        for one in holders:
            one.go()
    for one in holders:
        one.go()
        one.go()
    assert [one.outcomes[0].result["state"] for one in holders] == ["released"] * 3
    hits = [one.outcomes[0].hits for one in holders]
    assert [found and (found.hit, found.items, found.lines) for found in hits] == [
        (True, ("192.0.2.7",), (1, 2)),
        (True, ("192.0.2.7",), (1,)),
        (False, (), ()),
    ]
    for one in holders:
        assert len(one.outcomes) == 1
        # What held the list is gone; so is everything that led to it.
        assert one.left == {"state.json", "request.json"}
    assert not any("192.0.2" in said for one in holders for said in one.said)


def test_declining_makes_the_same_calls_and_sends_as_many_bytes(match: Match) -> None:
    paths = match.lists([ASKED, "192.0.2.7\n", "192.0.2.7\n", ""])
    _, hand_in = match.ask(paths[0])
    consents = match.holder(1, paths[1])
    refuses = match.holder(2, paths[2], min_count=6)
    decides = match.holder(3, paths[3])
    holders = [consents, refuses, decides]
    match.nodes.calls.clear()
    for one in holders:
        one.go(**({"takes_part": False} if one is decides else {}))
    hand_in()
    for _ in range(2):
        for one in holders:
            one.go()
    seen = []
    for owner in (1, 2, 3):
        mine = [call for call in match.nodes.calls if f"/{owner}" in call[2]]
        seen.append(Counter((i, m, p.replace(f"/{owner}/", "/·/")) for i, m, p in mine))
    assert seen[0] == seen[1] == seen[2]
    assert any("private" in path for _, _, path in seen[0])
    job = match.nodes.jobs[match.manifest.digest]
    sizes = {len(job.parts[2, owner, 0]) for owner in (1, 2, 3)}
    assert len(sizes) == 1
    assert [one.outcomes[0].hits is None for one in holders] == [False, True, True]


def test_it_is_silent_where_it_was_told_to(match: Match) -> None:
    paths = match.lists([ASKED, "192.0.2.7\n"])
    document = terms_of(match.nodes, paths[1], min_count=6) | {"otherwise": "silent"}
    one = match.holder(1, paths[1])
    one.holder = replace(one.holder, standing=parse_standing(document, match.folder))
    match.nodes.calls.clear()
    one.go()
    assert (match.nodes.calls, one.left) == ([], set())


@pytest.mark.parametrize("after", ["begin", "consent", "keep", "hand_in"])
def test_a_kill_at_any_step_changes_no_byte(
    match: Match, monkeypatch: pytest.MonkeyPatch, after: str
) -> None:
    paths = match.lists([ASKED, "192.0.2.7\n", "192.0.2.7\n", "192.0.2.7\n"])
    _, hand_in = match.ask(paths[0])
    holders = [match.holder(owner, paths[owner]) for owner in (1, 2, 3)]
    place = {"begin": HoldingFolder, "keep": HoldingFolder}.get(after, Participant)
    real = getattr(place, after)
    killed = threading.Event()

    def kill(self: object, *given: object, **more: object) -> object:
        found = real(self, *given, **more)
        if not killed.is_set():
            killed.set()
            raise KeyboardInterrupt
        return found

    monkeypatch.setattr(place, after, kill)
    for one in holders[1:] if after in {"keep", "hand_in"} else []:
        one.go()
    steps, waiting = 0, [hand_in]
    while not all(one.outcomes for one in holders):
        for one in holders:
            try:
                one.go()
            except KeyboardInterrupt:
                steps += 1
        if len(match.nodes.jobs[match.manifest.digest].consents) == 4 and waiting:
            waiting.pop()()
    assert steps == 1
    # ``ThreeNodes`` asserts that a header once taken never comes again with other bytes.
    assert [one.outcomes[0].hits.hit for one in holders if one.outcomes[0].hits] == [True] * 3
    job = match.nodes.jobs[match.manifest.digest]
    assert sorted(job.headers) == [0, 1, 2, 3]


def test_it_takes_nothing_that_is_not_signed_by_all(match: Match) -> None:
    known = match.nodes.nodes_file
    assert signed_request_check(match.signed, known).digest == match.manifest.digest
    wrong = {**match.signed, "requester_signature": match.signed["coordinator_signature"]}
    with pytest.raises(BadSignature):
        signed_request_check(wrong, known)
    others = replace(known, nodes=ThreeNodes().nodes_file.nodes)
    with pytest.raises(Exception, match=r"nodes|node"):
        signed_request_check(match.signed, others)


def test_a_list_that_is_too_long_is_told_and_nothing_is_sent(match: Match) -> None:
    rows = "".join(f"198.51.100.{n}\n203.0.113.{n}\n" for n in range(100))
    (_, path) = match.lists([ASKED, rows])
    one = match.holder(1, path)
    match.nodes.calls.clear()
    with pytest.raises(MalformedInput, match="200 values"):
        one.go()
    assert match.nodes.calls == []


def test_it_is_not_asked_where_it_is_not_invited(match: Match) -> None:
    (_, path) = match.lists([ASKED, "192.0.2.7\n"])
    one = match.holder(1, path)
    one.holder = replace(one.holder, keys=keys())
    one.go()
    assert one.left == set()


def test_a_node_that_is_away_costs_only_time(match: Match) -> None:
    (_, path) = match.lists([ASKED, "192.0.2.7\n"])
    one = match.holder(1, path)
    match.nodes.lost_answers = 0
    nodes = dict(match.nodes.nodes)
    nodes["c"] = replace(nodes["c"], pool=_Away(), patience=0.0)  # type: ignore[arg-type]
    one.holder = replace(one.holder, nodes=nodes)
    with pytest.raises(ConnectorError):
        one.go()
    assert one.folder.load().state == "fixed"  # type: ignore[union-attr]
    one.holder = replace(one.holder, nodes=match.nodes.nodes)
    one.go()
    assert one.folder.load().state == "consented"  # type: ignore[union-attr]


class _Away:
    def request(self, *_given: object, **_more: object) -> None:
        raise OSError


def test_the_example_says_what_it_means() -> None:
    standing = parse_standing(json.loads(EXAMPLE.read_text()), EXAMPLE.parent)
    assert standing.list.path.is_file()
    assert standing.nodes.is_file()
    assert all(path.is_file() for path in standing.list.warninglists)
    assert (standing.otherwise, standing.sightings) == ("decline", ("misp", "stix"))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("format", "drempel-hold/2"),
        ("otherwise", "shout"),
        ("list", {"path": "x", "form": "table"}),
        ("list", {"path": "x", "columns": {"a": "ipv4"}}),
        ("list", {"path": "x", "form": "table", "columns": {"a": "shoe-size"}}),
        ("consent", [{"requesters": "any"}]),
        ("sightings", ["csv"]),
        ("surprise", 1),
    ],
)
def test_it_refuses_terms_that_are_none(key: str, value: JSON) -> None:
    document = json.loads(EXAMPLE.read_text()) | {key: value}
    with pytest.raises(MalformedInput) as caught:
        parse_standing(document, EXAMPLE.parent)
    assert key in (caught.value.where or caught.value.sentence)


def test_every_part_of_a_rule_counts() -> None:
    manifest = request_manifest()
    rule = {
        "requesters": [to_base64(manifest.requester.key)],
        "coordinators": [to_base64(manifest.coordinator.key)],
        "kinds": ["match"],
        "identifiers": ["ipv4", "domain"],
        "min_count": 5,
        "min_organisations": 3,
    }

    def covered(**changes: JSON) -> bool:
        document = json.loads(EXAMPLE.read_text()) | {"consent": [rule | changes]}
        return parse_standing(document, EXAMPLE.parent).takes_part(manifest)

    assert covered()
    for changes in (
        {"requesters": [to_base64(bytes(32))]},
        {"coordinators": [to_base64(bytes(32))]},
        {"kinds": ["compare"]},
        {"identifiers": ["ipv4"]},
        {"min_count": 6},
        {"min_organisations": 4},
    ):
        assert not covered(**changes)
