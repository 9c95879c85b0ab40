"""Owners verify first, hand in what is missing, and begin again when a list does not fit."""

import itertools
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cli.asking import Asking
from connector import splitting
from connector.contributing import (
    OwnerKeys,
    Participant,
    nonce_wait,
    request_fetch,
)
from connector.errors import Misbehaved, Unreachable
from connector.http import Receiver
from connector.list_words import WordList, words_fix
from connector.splitting import BucketFull
from mpcengine.protocol.contribution import LARGEST_CHUNK
from mpcengine.protocol.envelope import generate_share_key, share_public
from mpcengine.protocol.manifest_parts import Coordinator, Window
from mpcengine.protocol.request_manifest import (
    Owner,
    Requester,
    RequestManifest,
    build_request_manifest,
)
from mpcengine.protocol.signing import public_bytes
from tests.connector.three_nodes import ThreeNodes
from tests.vectors.cast import ed25519
from tests.vectors.request_cast import APPROVERS, request_terms

SECONDS = 5.0


class Comparison:
    """A published comparison of two lists, in two buckets."""

    def __init__(self, nodes: ThreeNodes, *, size: int = 4096, buckets: int = 2) -> None:
        self.nodes = nodes
        self.keys = [
            OwnerKeys(sign=Ed25519PrivateKey.generate(), seal=generate_share_key())
            for _ in range(2)
        ]
        asker = Ed25519PrivateKey.generate()
        asking = Asking(
            federation=nodes, requester=asker, approvers=tuple(map(ed25519, APPROVERS))
        )
        request_id = secrets.token_hex(16)
        now = datetime.now(UTC).replace(microsecond=0)
        window = Window(opens=now, closes=now + timedelta(hours=1))
        terms = replace(
            request_terms("compare"),
            request_id=request_id,
            requester=Requester(name="Asker", key=public_bytes(asker)),
            coordinator=Coordinator(name="Carol", key=public_bytes(nodes.coordinator)),
            owners=tuple(
                Owner(
                    owner=place,
                    name=f"Owner {place}",
                    role="holder",
                    key=public_bytes(one.sign),
                    seal_key=share_public(one.seal),
                )
                for place, one in enumerate(self.keys)
            ),
            nodes=asking.share_keys(request_id),
            first_size=size,
            other_size=size,
            buckets=buckets,
            consenting=window,
            contributing=window,
        )
        self.manifest = build_request_manifest(terms)
        asking.publish(self.manifest)

    def owner(self, place: int, nodes: Mapping[str, Receiver] | None = None) -> Participant:
        return Participant(
            manifest=self.manifest,
            owner=place,
            keys=self.keys[place],
            nodes=self.nodes.nodes if nodes is None else nodes,
        )


def words(count: int) -> WordList:
    return words_fix(np.arange(count, dtype=np.uint64) * np.uint64(7919))


@pytest.fixture
def comparison() -> Comparison:
    return Comparison(ThreeNodes())


@pytest.fixture
def folders(tmp_path: Path) -> Iterator[Path]:
    return _made(tmp_path)


def _made(folder: Path) -> Iterator[Path]:
    for number in itertools.count():
        (folder / str(number)).mkdir()
        yield folder / str(number)


def test_it_takes_a_request_that_all_signed_and_no_other(comparison: Comparison) -> None:
    nodes, digest = comparison.nodes, comparison.manifest.digest
    assert request_fetch(nodes.nodes, digest, nodes.nodes_file) == comparison.manifest
    with pytest.raises(Misbehaved, match="another key"):
        request_fetch(nodes.nodes, digest, ThreeNodes().nodes_file)
    other = Comparison(nodes).manifest.digest
    nodes.jobs[digest] = nodes.jobs[other]
    with pytest.raises(Misbehaved, match="another request"):
        request_fetch(nodes.nodes, digest, nodes.nodes_file)
    nodes.jobs[digest].signed["signatures"] = dict.fromkeys("abc", "A" * 86 + "==")
    with pytest.raises(Misbehaved, match="does not hold"):
        request_fetch(nodes.nodes, digest, nodes.nodes_file)


def test_it_waits_for_the_nonce_and_gives_up(comparison: Comparison) -> None:
    comparison.owner(0).consent(words(3))
    with pytest.raises(Unreachable, match="in time"):
        nonce_wait(comparison.nodes.nodes, comparison.manifest, number=1, seconds=0.0)


def test_it_takes_no_nonce_that_nodes_do_not_agree_on(comparison: Comparison) -> None:
    for place in (0, 1):
        comparison.owner(place).consent(words(3))
    nodes = comparison.nodes
    nodes.identity[1], nodes.identity[2] = nodes.identity[2], nodes.identity[1]
    with pytest.raises(Misbehaved, match="nonce"):
        nonce_wait(nodes.nodes, comparison.manifest, number=1, seconds=SECONDS)


def consented(comparison: Comparison, *lists: WordList) -> None:
    for place, own in enumerate(lists):
        comparison.owner(place).consent(own)


def test_it_sends_again_only_what_is_missing(
    comparison: Comparison, folders: Iterator[Path]
) -> None:
    own = words(50)
    consented(comparison, own, words(3))
    owner = comparison.owner(0)
    prepared = owner.contribute(own, next(folders), seconds=SECONDS)
    nodes, job = comparison.nodes, comparison.nodes.jobs[comparison.manifest.digest]
    sent = [call for call in nodes.calls if call[1] == "PUT" and "contributions" in call[2]]
    assert len(sent) == 3 * comparison.manifest.buckets
    nodes.calls.clear()
    owner.hand_in(prepared)
    assert [call for call in nodes.calls if call[1] == "PUT"] == []
    half = job.parts[2, 0, 1][:100]
    job.parts[2, 0, 1] = half
    owner.hand_in(prepared)
    assert [call[2].split("/")[-2:] for call in nodes.calls if call[1] == "PUT"] == [
        ["1", "100"]
    ]
    assert job.parts[2, 0, 1] == prepared.part(1, 2).read_bytes()


def test_a_long_part_travels_in_chunks(
    monkeypatch: pytest.MonkeyPatch, folders: Iterator[Path]
) -> None:
    assert LARGEST_CHUNK == 4 * 2**20
    monkeypatch.setattr("connector.contributing.LARGEST_CHUNK", 1000)
    comparison = Comparison(ThreeNodes(), size=1024, buckets=1)
    comparison.nodes.lost_answers = 3
    own = words(900)
    consented(comparison, own, words(3))
    prepared = comparison.owner(0).contribute(own, next(folders), seconds=SECONDS)
    job = comparison.nodes.jobs[comparison.manifest.digest]
    for index in (1, 2, 3):
        assert job.parts[index, 0, 0] == prepared.part(0, index).read_bytes()


def crowded(times: int) -> Callable[..., Any]:
    """Return a placing of words that puts all into bucket 0 for so many first nonces."""
    seen: list[bytes] = []
    real = splitting.buckets_of

    def placed(nonce: bytes, listed: Any) -> Any:
        if nonce not in seen:
            seen.append(nonce)
        if seen.index(nonce) < times and len(listed) > 1000:
            return np.zeros(len(listed), dtype=np.uint8)
        return real(nonce, listed)

    return placed


def test_a_list_that_does_not_fit_waits_for_the_next_nonce(
    comparison: Comparison, monkeypatch: pytest.MonkeyPatch, folders: Iterator[Path]
) -> None:
    monkeypatch.setattr(splitting, "buckets_of", crowded(2))
    own = words(4096)
    consented(comparison, own, words(3))
    prepared = comparison.owner(0).contribute(own, next(folders), seconds=SECONDS)
    assert prepared.number == 3
    assert sum(map(len, prepared.real)) == 4096
    later = comparison.owner(1).contribute(words(3), next(folders), seconds=SECONDS, number=3)
    assert later.number == 3


def test_after_three_nonces_the_owner_is_absent(
    comparison: Comparison, monkeypatch: pytest.MonkeyPatch, folders: Iterator[Path]
) -> None:
    monkeypatch.setattr(splitting, "buckets_of", crowded(9))
    own = words(4096)
    consented(comparison, own, words(3))
    with pytest.raises(BucketFull):
        comparison.owner(0).contribute(own, next(folders), seconds=SECONDS)
    job = comparison.nodes.jobs[comparison.manifest.digest]
    assert 0 not in job.headers


def test_nothing_secret_stands_in_a_representation(comparison: Comparison) -> None:
    own = words(3)
    manifest: RequestManifest = comparison.manifest
    assert manifest.owners[0].name == "Owner 0"
    assert "salt" not in repr(own)
    assert "Ed25519" not in repr(comparison.owner(0))
