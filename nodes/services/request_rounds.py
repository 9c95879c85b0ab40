"""What the parties of a request compute, round by round, and whether what they gave fits.

Source: docs/protocol.md §16.8 and §19.8. A bucket's round is a job of its own (`parts`).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping

from django.db import connection

from mpcengine.protocol import request_stages as stages
from mpcengine.protocol.canonical import JSON, Digest, digest_bytes
from mpcengine.protocol.field import ELEMENT_BYTES
from mpcengine.protocol.partywire import CAUSE_OTHER, Failure
from mpcengine.protocol.request import MATCH
from mpcengine.protocol.request_manifest_parts import FIRST
from mpcengine.protocol.request_statement import VALUE_NAMES
from mpcengine.protocol.wordswire import (
    HITS_ARRAY,
    MERGE,
    ORDER_ARRAY,
    SHOWN_ARRAY,
    VALUES_ARRAY,
    EarlierSet,
    WordsList,
    WordsSpec,
    counts_array,
    first_array,
    flag_words,
    other_array,
)
from nodes.keystore import node_index, node_name
from nodes.models import Job, JobOutput, JobState
from nodes.party_process import PartyAttempt
from nodes.selectors import request_of
from nodes.selectors_requests import ORDERED, buckets_of, used_lists
from nodes.selectors_requests import OUTCOME as OUTCOME_STAGE
from nodes.services.attempts import CONNECT_SECONDS, STALL_SECONDS, party_peers
from nodes.services.fault_choice import party_fault_take
from nodes.services.leases import job_move
from nodes.services.list_parts import list_parts
from nodes.services.settling import request_root, true_sizes
from nodes.services.stages import stage_say

_BASE_SECONDS = 120.0
_SECONDS_PER_MILLION_WORDS = 60.0
_COMPONENTS = 2
_BYTES_A_WORD = 8
_MISFIT = Failure(cause=CAUSE_OTHER, peer=0, detail="the arrays are not those of the round")


class WordsRound(ABC):
    """What rounds of words have in common: a spec, and blocks that go in and come back."""

    opened = ""

    def __init__(self, job: Job, whole: Job) -> None:
        self.job, self.whole = job, whole
        self.manifest = request_of(whole)
        self.owners = used_lists(whole)

    def misfit(self, arrays: Mapping[str, bytes]) -> Failure | None:
        """Return a failure if the party's arrays are not those of the round."""
        wanted = {name: _block_bytes(words) for name, words in self.sizes().items()}
        is_fit = {name: len(words) for name, words in arrays.items()} == wanted
        return None if is_fit else _MISFIT

    def check(self, arrays: Mapping[str, bytes]) -> None:  # noqa: B027 - meant for all rounds
        """Find nothing to say against: what comes back is shared."""

    @abstractmethod
    def sizes(self) -> dict[str, int]:
        """Return the number of words of each array that comes back."""

    @property
    def named(self) -> Digest:
        """Return the digest by which the three parties name what they compute."""
        return self.whole.digest

    def root(self) -> Digest:
        """Return the root of what the three parties compute with."""
        return request_root(self.whole)

    def lists(self) -> tuple[WordsList, ...]:
        """Return whose words go in, and how many in each bucket."""
        return tuple(
            WordsList(owner=owner, words=self.manifest.capacity(owner)) for owner in self.owners
        )

    def start_with(
        self,
        party: PartyAttempt,
        blocks: Iterable[bytes],
        *,
        bucket: int = 0,
        request: JSON = None,
        earlier: tuple[EarlierSet, ...] = (),
    ) -> None:
        """Start the party with the lists that are used, and feed it ``blocks``."""
        manifest = self.manifest
        lists = self.lists()
        buckets = 1 if self.job.round == MERGE else manifest.buckets
        total = buckets * sum(one.words for one in lists)
        total += sum(one.buckets * one.words for one in earlier)
        spec = WordsSpec(
            job=self.named,
            attempt=self.job.attempt,
            round=self.job.round,
            index=node_index(),
            listen_fd=party.listen_fd,
            certificate=party.certificate,
            private_key=party.private_key,
            pin=digest_bytes(party.pin).hex(),
            peers=party_peers(self.job),
            root=self.root(),
            buckets=manifest.buckets,
            bucket=bucket,
            lists=lists,
            deadline_seconds=_deadline(total),
            connect_seconds=CONNECT_SECONDS,
            stall_seconds=STALL_SECONDS,
            request=request,
            earlier=earlier,
            fault=party_fault_take(),
        )
        party.start(spec, _released(blocks))


class OrderRound(WordsRound):
    """Round ``order``: one shared bit an owner, is the list strictly increasing."""

    opened = ORDERED

    def start(self, party: PartyAttempt) -> None:
        """Start the party with every bucket of every list."""
        self.start_with(party, self._blocks())

    def sizes(self) -> dict[str, int]:
        """Return the size of the one array: a word a list."""
        return {ORDER_ARRAY: len(self.owners)}

    def fix(self) -> None:
        """Store this node's two components of the bits: from here on none is recomputed."""
        first, second = _components(_output(self.job, ORDER_ARRAY))
        bits = {
            owner: (_word(first, place) & 1, _word(second, place) & 1)
            for place, owner in enumerate(self.owners)
        }
        message = stages.Ordered(manifest=self.whole.digest, node=node_name(), bits=bits)
        stage_say(self.job, ORDERED, stages.build_ordered(message))

    def _blocks(self) -> Iterator[bytes]:
        parts = list_parts(self.whole)
        for owner in self.owners:
            for bucket in range(self.manifest.buckets):
                yield from parts.block(owner, bucket)


class MergeRound(WordsRound):
    """Round ``merge`` of one bucket: flags of what owner 0 and each other owner both have."""

    def __init__(self, job: Job, whole: Job, fixed: Callable[[], object]) -> None:
        super().__init__(job, whole)
        self._fixed = fixed

    def start(self, party: PartyAttempt) -> None:
        """Start the party with this bucket of every list."""
        self.start_with(party, self._blocks(), bucket=self.job.part)

    def sizes(self) -> dict[str, int]:
        """Return the sizes of two arrays of flags for each owner but the first."""
        first = flag_words(self.manifest.capacity(FIRST))
        sizes: dict[str, int] = {}
        for owner in self.owners[1:]:
            sizes[first_array(owner)] = first
            sizes[other_array(owner)] = flag_words(self.manifest.capacity(owner))
        return sizes

    def fix(self) -> None:
        """End this part, and let what waits for it go on."""
        job_move(self.job, JobState.FIXED, write=self._fixed, due_at=None)

    def _blocks(self) -> Iterator[bytes]:
        parts = list_parts(self.whole)
        for owner in self.owners:
            yield from parts.block(owner, self.job.part)


class OutcomeRound(WordsRound):
    """Round ``outcome``: values under the rules, and what is some owner's alone; all shared."""

    opened = OUTCOME_STAGE

    def start(self, party: PartyAttempt) -> None:
        """Start the party with the true sizes and all flags in owner 0's order."""
        self.start_with(party, self._blocks(), request=self.manifest.request.to_json())

    def sizes(self) -> dict[str, int]:
        """Return the sizes of values, verdicts and private parts."""
        manifest = self.manifest
        names = len(VALUE_NAMES[manifest.kind])
        sizes = {VALUES_ARRAY: names, SHOWN_ARRAY: names}
        if manifest.kind == MATCH:
            words = -(-manifest.capacity(FIRST) // _BYTES_A_WORD)
            for bucket in range(manifest.buckets):
                sizes[counts_array(bucket)] = words
            if manifest.request.shares_hits:
                sizes[HITS_ARRAY] = len(self.owners) - 1
        return sizes

    def fix(self) -> None:
        """Compute nothing more: what the round gave is opened as it is."""
        job_move(self.job, JobState.FIXED)

    def _blocks(self) -> Iterator[bytes]:
        sizes, buckets = true_sizes(self.whole), range(self.manifest.buckets)
        for owner in self.owners:
            for bucket in buckets:
                yield sizes[owner, bucket]
        for owner in self.owners[1:]:
            for part in buckets_of(self.whole).order_by("part"):
                yield _output(part, first_array(owner))


def block_components(job: Job, name: str) -> tuple[bytes, bytes]:
    """Return this node's two components of an array that a fixed round gave (secret)."""
    return _components(_output(job, name))


def word_at(component: bytes, place: int) -> int:
    """Return a word of a component."""
    return _word(component, place)


def _output(job: Job, name: str) -> bytes:
    return bytes(JobOutput.objects.get(job=job, round=job.round, name=name).words)


def _components(block: bytes) -> tuple[bytes, bytes]:
    half = len(block) // _COMPONENTS
    return block[:half], block[half:]


def _word(component: bytes, place: int) -> int:
    start = place * ELEMENT_BYTES
    return int.from_bytes(component[start : start + ELEMENT_BYTES], "little")


def _block_bytes(words: int) -> int:
    return _COMPONENTS * words * ELEMENT_BYTES


def _released(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield blocks in the thread that feeds a party, and let go of its database connection."""
    try:
        yield from blocks
    finally:
        connection.close()


def _deadline(words: int) -> float:
    return _BASE_SECONDS + _SECONDS_PER_MILLION_WORDS * words / 1e6
