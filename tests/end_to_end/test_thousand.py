"""A thousand respondents over HTTP, ten of them crooked, a relay that drops, a node away.

Tokens come from three nodes. Then one that shows no list before the end is gone, its port too,
for the whole of answering, and back after the two others have closed. The relay promises
everything and forgets one parcel in fifty: twenty. Ten of those look at their receipts, see
nothing, and give their parcel to the nodes themselves; ten do not.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from time import monotonic, sleep

import pytest

from cli.coordinator import Coordinator
from cli.progress import Progress
from cli.respondents import Respondents
from cli.survey_run import coordinator_of
from cli.terms import STRICT, terms_by_orders
from connector.errors import ConnectorError
from connector.http import Receiver
from connector.lists import published_read
from connector.receipts import Outcome, receipt_check
from connector.respondent import Ticket, manifest_fetch, package_seal
from connector.sending import Parcel, package_deliver, package_send, package_wrap
from mpcengine.protocol.encoding import encode_answers
from mpcengine.protocol.manifest import Manifest
from mpcengine.protocol.orders import build_order
from mpcengine.protocol.padding import early_publisher
from mpcengine.protocol.receipt import Receipt
from mpcengine.protocol.result import verify_result
from mpcengine.protocol.signing import LABEL_ORDER, sign
from mpcengine.protocol.strict import to_base64
from tests.end_to_end.absent import Stage, stage
from tests.end_to_end.crooked import WAYS
from tests.end_to_end.dropping import ONE_IN, is_dropped
from tests.end_to_end.harness import (
    counts_of,
    drempel,
    expected_counts,
    layout_of,
    one_question,
)
from tests.storage import ask

PEOPLE, CROOKED = 1000, 10
DROPPED = PEOPLE // ONE_IN
OPTIONS = tuple(f"o{number}" for number in range(8))
SURVEY = one_question(OPTIONS, min_count=5)
SECONDS = 300.0


@dataclass(slots=True)
class Person:
    """One respondent: what she answers, how she cheats if she does, and what she holds."""

    number: int
    reason: str | None = None
    parcel: Parcel | None = None
    receipt: Receipt | None = None

    @property
    def answers(self) -> dict[str, object]:
        """Return her answers; every option has another number of people."""
        return {"pick": OPTIONS[self.number * self.number % 89 % len(OPTIONS)]}

    @property
    def is_dropped(self) -> bool:
        """Tell whether the relay is to forget her parcel; crooked ones arrive."""
        return self.number >= PEOPLE - DROPPED

    @property
    def is_direct(self) -> bool:
        """Tell whether she looks, and goes to the nodes herself."""
        return self.is_dropped and self.number % 2 == 0

    @property
    def counts(self) -> bool:
        """Tell whether her answer is to be counted."""
        return self.reason is None and (self.is_direct or not self.is_dropped)


@dataclass(slots=True)
class Thousand:
    """The survey under way."""

    stage: Stage
    coordinator: Coordinator
    survey_id: str
    manifest: Manifest
    relay: Receiver
    people: list[Person] = field(default_factory=list)

    @property
    def there(self) -> str:
        """Return the names of the two nodes that stay: who publishes early is one of them."""
        shows = early_publisher(self.manifest.digest)
        return "".join(sorted({shows, *[one for one in "abc" if one != shows][:1]}))

    @property
    def away(self) -> str:
        """Return the service of the node that is gone while people answer."""
        return f"node-{({*'abc'} - {*self.there}).pop()}"

    @property
    def nodes(self) -> dict[str, Receiver]:
        """Return the nodes, who are asked once."""
        found = self.stage.federation.nodes
        return {name: replace(one, patience=0.0) for name, one in found.items()}

    def close_at(self, names: str) -> None:
        """Hand the coordinator's order to close to some nodes."""
        data = build_order(self.manifest.digest, "close")
        signature = sign(self.stage.federation.coordinator_key, LABEL_ORDER, data)
        body = {"order": to_base64(data), "signature": to_base64(signature)}
        for name in names:
            self.stage.federation.nodes[name].send("POST", "orders", body)

    def receipt_of(self, person: Person) -> Outcome:
        """Return what her receipt says now."""
        assert person.receipt is not None
        return receipt_check(person.receipt, self.nodes).outcome


def each(act: Callable[[Person], None], people: Sequence[Person]) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(act, people))


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = monotonic() + SECONDS
    while not is_so():
        assert monotonic() < deadline
        sleep(0.2)


def sealed(manifest: Manifest, person: Person, ticket: Ticket) -> Parcel:
    """Return her parcel, closed anew until the relay's choice is the one planned for her."""
    record = encode_answers(manifest.layout, person.answers)
    ways = dict(WAYS)
    make = package_seal if person.reason is None else ways[person.reason]
    package = make(manifest, ticket, record)
    while True:
        parcel = package_wrap(manifest, package)
        if is_dropped(parcel.content) == person.is_dropped:
            return parcel


@pytest.fixture
def thousand(monkeypatch: pytest.MonkeyPatch) -> Iterator[Thousand]:
    """Publish, invite, issue with three nodes, take one away, and open answering."""
    with stage(monkeypatch) as on:
        federation = on.federation
        coordinator = coordinator_of(federation)
        survey_id = coordinator.create(SURVEY)
        codes = coordinator.invite(survey_id, PEOPLE)
        terms = terms_by_orders(survey_id, SURVEY, PEOPLE, STRICT)
        coordinator.publish(survey_id, coordinator.prepare(terms))
        manifest = manifest_fetch(federation.relay, survey_id, federation.nodes_file)
        with Progress(is_quiet=True).counting("", PEOPLE) as counter:
            everybody = Respondents(federation=federation, manifest=manifest)
            tickets = everybody.tickets(codes, counter)
        url = on.start_beside("relay", "tests.end_to_end.dropping:application")
        relay = replace(federation.relay, url=url)
        found = Thousand(on, coordinator, survey_id, manifest, relay)
        on.take_away(found.away)
        coordinator.order(survey_id, manifest, "open-answering")
        wait_until(lambda: is_open(relay, manifest))
        found.people = [person(number) for number in range(PEOPLE)]

        def send(one: Person) -> None:
            one.parcel = sealed(manifest, one, tickets[one.number])
            one.receipt = package_send(relay, manifest, one.parcel)

        each(send, found.people)
        yield found


def person(number: int) -> Person:
    return Person(number, WAYS[number % len(WAYS)][0] if number < CROOKED else None)


def is_open(relay: Receiver, manifest: Manifest) -> bool:
    try:
        return bool(relay.get(f"surveys/{manifest.digest}").get("state") == "open")
    except ConnectorError:
        return False


def seen_at(thousand: Thousand, name: str) -> frozenset[str]:
    entry = thousand.manifest.node(name)
    return (
        published_read(
            thousand.stage.federation.nodes[name],
            node=name,
            identity_key=entry.identity_key,
            manifest=thousand.manifest.digest,
        ).seen
        or frozenset()
    )


def deliver_after_looking(thousand: Thousand) -> None:
    """Let those the relay forgot look at their receipts, and half of them act on it."""
    arrived = {p.parcel.package for p in thousand.people if p.parcel and not p.is_dropped}
    # Lists grow by whole groups: the last few who came are in none yet.
    shows = early_publisher(thousand.manifest.digest)
    wait_until(
        lambda: len(arrived - seen_at(thousand, shows)) < 2 * thousand.manifest.flush_min
    )
    dropped = [one for one in thousand.people if one.is_dropped]
    assert len(dropped) == DROPPED == 20
    assert {thousand.receipt_of(one) for one in dropped} == {Outcome.ON_ITS_WAY}
    assert not {one.parcel.package for one in dropped if one.parcel} & seen_at(thousand, shows)
    for one in dropped:
        if one.is_direct:
            assert one.parcel is not None
            one.receipt = package_deliver(
                thousand.nodes, thousand.manifest, one.parcel, one.receipt
            )
            signed = [entry.node for entry in one.receipt.nodes if entry.confirmation]
            assert signed == list(thousand.there)


def close(thousand: Thousand) -> None:
    """Close two nodes while one is away, then bring it back and wait for the result."""
    coordinator, survey_id = thousand.coordinator, thousand.survey_id
    coordinator.order(survey_id, thousand.manifest, "close")
    wait_until(lambda: not is_open(thousand.relay, thousand.manifest))
    arrived = sum(one.counts or one.reason is not None for one in thousand.people)
    for name in thousand.there:
        wait_until(partial(has_all, thousand, f"node-{name}", arrived))
    thousand.close_at(thousand.there)
    thousand.stage.bring_back(thousand.away)
    coordinator.wait(survey_id, ("released", "withheld"), seconds=SECONDS)


def has_all(thousand: Thousand, service: str, number: int) -> bool:
    own = thousand.stage.federation.house.service_folder(service)
    rows, _ = ask(own, "SELECT count(*) FROM nodes_storedpackage")
    return bool(rows[0][0] == number)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_it_counts_exactly_the_valid_answers_that_arrived(
    thousand: Thousand, tmp_path: Path
) -> None:
    deliver_after_looking(thousand)
    close(thousand)
    document = thousand.coordinator.result(thousand.survey_id)
    verify_result(document, thousand.stage.federation.nodes_file)
    counted = [one for one in thousand.people if one.counts]
    assert document["accepted"] == len(counted) == PEOPLE - CROOKED - DROPPED // 2
    reasons = [one.reason for one in thousand.people if one.reason is not None]
    assert document["rejected"] == [
        {"reason": reason, "count": reasons.count(reason)} for reason in sorted(set(reasons))
    ]
    expected = expected_counts(layout_of(SURVEY), [one.answers for one in counted])
    assert {place: n for place, n in expected.items() if place[1] != ("not_shown",)} == {
        place: n for place, n in counts_of(document).items() if place in expected
    }
    check_receipts(thousand, tmp_path)


def check_receipts(thousand: Thousand, tmp_path: Path) -> None:
    """Everybody's receipt says what became of her, and shows the relay what it forgot."""
    looking = [one for one in thousand.people if one.is_dropped or one.reason is not None]
    for one in [*looking, *thousand.people[CROOKED : CROOKED + 5]]:
        wanted = Outcome.COUNTED if one.counts else Outcome.MISSING
        assert thousand.receipt_of(one) == (wanted if one.reason is None else Outcome.REJECTED)
    lost = next(one for one in looking if not one.counts and one.reason is None)
    path, nodes = tmp_path / "receipt.json", tmp_path / "nodes.json"
    assert lost.receipt is not None
    path.write_text(json.dumps(lost.receipt.to_json()), "utf-8")
    nodes.write_text(json.dumps(thousand.stage.federation.nodes_file.to_json()), "utf-8")
    told = drempel("receipt", path, "--nodes", nodes)
    assert told.returncode == 1
    assert "the relay promised to deliver your answer" in told.stdout
    assert str(path) in told.stdout
