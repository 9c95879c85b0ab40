"""Rosa's attempt in a file: nothing is lost in a crash, nothing is made twice, all is hers."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from connector import attempt, http
from connector.attempt import (
    attempt_digest,
    attempt_erase,
    attempt_kept,
    attempt_parcel,
    attempt_read,
    attempt_sent,
)
from connector.http import Receiver
from connector.respondent import Ticket, TicketDraw, ticket_fetch
from connector.sending import Parcel
from mpcengine.protocol.codec import unpack_vector
from mpcengine.protocol.encoding import encode_answers
from mpcengine.protocol.envelope import open_envelope
from mpcengine.protocol.errors import MalformedInput, ProtocolError
from mpcengine.protocol.manifest import Manifest
from mpcengine.protocol.outer import open_parcel
from mpcengine.protocol.package import Package, verify_package
from mpcengine.protocol.roster import code_from_bytes
from tests.connector.doubles import NodeDouble, Pool, receiver
from tests.vectors.cast import cast
from tests.vectors.job import answer

CODE = code_from_bytes(bytes(range(17)))
Fetch = Callable[[TicketDraw], Ticket]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "FIRST_WAIT_SECONDS", 0.001)


@pytest.fixture
def manifest() -> Manifest:
    return cast().manifest


@pytest.fixture
def pools(manifest: Manifest) -> dict[str, Pool]:
    return {n: Pool(NodeDouble(i, manifest).answer) for i, n in enumerate("abc", start=1)}


@pytest.fixture
def fetch(pools: dict[str, Pool], manifest: Manifest) -> Fetch:
    nodes: dict[str, Receiver] = {n: receiver(p, f"Node {n}") for n, p in pools.items()}
    return lambda drawn: ticket_fetch(nodes, manifest, CODE, drawn)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "rosa.attempt"


def inside(manifest: Manifest, parcel: Parcel) -> Package:
    data = open_parcel(cast().outer[0], manifest, index=1, parcel=parcel.content)
    return Package.decode(data, manifest.envelope_length)


def shares(manifest: Manifest, package: Package, index: int) -> list[int]:
    return unpack_vector(
        open_envelope(
            cast().share[index - 1],
            manifest=manifest.digest,
            index=index,
            one_time_key=package.one_time_key,
            revision=package.revision,
            sealed=package.envelopes[index - 1],
        ),
        (len(package.envelopes[0]) - 81) // 8,
    )


def test_it_gives_the_same_bytes_until_they_are_sent(
    manifest: Manifest, fetch: Fetch, path: Path
) -> None:
    first = attempt_parcel(path, manifest, answers=answer(0), fetch=fetch)
    assert attempt_parcel(path, manifest, answers=answer(40), fetch=fetch) == first
    assert attempt_kept(path, manifest) == first
    assert path.stat().st_mode & 0o077 == 0
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]
    package = inside(manifest, first)
    verify_package(manifest, package)
    assert (package.package_id, package.revision) == (first.package, first.revision)


def test_what_follows_what_was_sent_is_a_correction(
    manifest: Manifest, fetch: Fetch, path: Path, pools: dict[str, Pool]
) -> None:
    parcels = []
    for number in range(8):
        parcels.append(attempt_parcel(path, manifest, answers=answer(0), fetch=fetch))
        assert attempt_kept(path, manifest) == parcels[number]
        attempt_sent(path, manifest)
        assert attempt_kept(path, manifest) == parcels[number]
    packages = [inside(manifest, parcel) for parcel in parcels]
    assert [one.revision for one in packages] == list(range(8))
    assert len({one.one_time_key for one in packages}) == 1
    assert len({one.tokens for one in packages}) == 1
    assert sum(len(pool.calls) for pool in pools.values()) == 3
    with pytest.raises(MalformedInput) as caught:
        attempt_parcel(path, manifest, answers=answer(0), fetch=fetch)
    assert caught.value.code == "attempt.revisions"


def test_a_correction_shares_nothing_with_what_it_corrects(
    manifest: Manifest, fetch: Fetch, path: Path
) -> None:
    """Fails when ``package_seal`` is given the randomness of the revision before."""
    first = inside(manifest, attempt_parcel(path, manifest, answers=answer(0), fetch=fetch))
    attempt_sent(path, manifest)
    second = inside(manifest, attempt_parcel(path, manifest, answers=answer(0), fetch=fetch))
    assert not set(first.envelopes) & set(second.envelopes)
    assert not set(shares(manifest, first, 1)) & set(shares(manifest, second, 1))


@pytest.mark.parametrize("step", ["ticket_draw", "fetch", "package_seal", "package_wrap"])
def test_an_attempt_that_died_goes_on_with_its_key(
    manifest: Manifest,
    fetch: Fetch,
    pools: dict[str, Pool],
    path: Path,
    step: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def dying(real: Callable[..., object]) -> Callable[..., Ticket]:
        def die(*arguments: object) -> Ticket:
            real(*arguments)
            raise KeyboardInterrupt

        return die

    with monkeypatch.context() as patch:
        own = dying(fetch) if step == "fetch" else fetch
        if step != "fetch":
            patch.setattr(attempt, step, dying(getattr(attempt, step)))
        with pytest.raises(KeyboardInterrupt):
            attempt_parcel(path, manifest, answers=answer(0), fetch=own)
    verify_package(
        manifest,
        inside(manifest, attempt_parcel(path, manifest, answers=answer(0), fetch=fetch)),
    )
    asked = {json.loads(body)["blinded"] for p in pools.values() for _, _, body in p.calls}
    assert len(asked) == 3


def test_it_belongs_to_one_survey(manifest: Manifest, fetch: Fetch, path: Path) -> None:
    assert attempt_digest(path) is None
    attempt_parcel(path, manifest, answers=answer(0), fetch=fetch)
    assert attempt_digest(path) == manifest.digest
    document = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**document, "manifest": f"sha256:{'0' * 64}"}), "utf-8")
    with pytest.raises(MalformedInput):
        attempt_parcel(path, manifest, answers=answer(0), fetch=fetch)


def test_it_keeps_neither_answers_nor_shares_nor_code(
    manifest: Manifest, fetch: Fetch, path: Path
) -> None:
    """Fails when what blinded the tokens is kept beside them."""
    parcel = attempt_parcel(path, manifest, answers=answer(0), fetch=fetch)
    keys = {"format", "manifest", "one_time_key", "tokens"}
    keys |= {"package", "revision", "parcel", "sent"}
    assert set(json.loads(path.read_text("utf-8"))) == keys
    attempt_sent(path, manifest)
    assert set(json.loads(path.read_text("utf-8"))) == keys
    text = path.read_text("utf-8")
    package = inside(manifest, parcel)
    for index in (1, 2, 3):
        assert str(shares(manifest, package, index)[0]) not in text
    assert CODE not in text
    assert str(encode_answers(manifest.layout, answer(0))) not in text


def test_erased_it_is_gone_and_begins_anew(
    manifest: Manifest, fetch: Fetch, path: Path
) -> None:
    attempt_parcel(path, manifest, answers=answer(0), fetch=fetch)
    attempt_erase(path)
    attempt_erase(path)
    assert attempt_read(path, manifest) is None
    with pytest.raises(MalformedInput) as caught:
        attempt_kept(path, manifest)
    assert caught.value.code == "attempt.empty"


@pytest.mark.parametrize("key", ["package", "revision", "parcel", "sent", "one_time_key"])
def test_a_file_that_lost_something_is_refused(
    manifest: Manifest, fetch: Fetch, path: Path, key: str
) -> None:
    attempt_parcel(path, manifest, answers=answer(0), fetch=fetch)
    document = json.loads(path.read_text("utf-8"))
    del document[key]
    path.write_text(json.dumps(document), "utf-8")
    with pytest.raises(ProtocolError):
        attempt_read(path, manifest)
    for text in ("", "{", "[]", '{"format": "drempel-attempt/2"}'):
        path.write_text(text, "utf-8")
        with pytest.raises(ProtocolError):
            attempt_read(path, manifest)
