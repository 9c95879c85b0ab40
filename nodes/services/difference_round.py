"""What parties compute of a question and its requester's earlier ones: a single bit.

Source: docs/protocol.md §16.8 and §19.15.
"""

from collections.abc import Iterator, Sequence

from mpcengine.protocol.difference import Near, build_near
from mpcengine.protocol.request_manifest_parts import FIRST
from mpcengine.protocol.wordswire import NEAR_ARRAY, EarlierSet
from nodes.keystore import node_name
from nodes.models import Job, RetainedSet
from nodes.party_process import PartyAttempt
from nodes.selectors_requests import NEAR
from nodes.services.difference_sets import set_blocks
from nodes.services.list_parts import list_parts
from nodes.services.request_rounds import WordsRound, block_components, word_at
from nodes.services.settling import true_sizes
from nodes.services.stages import stage_say


class DifferenceRound(WordsRound):
    """Round ``difference``: is the requester's list near one of those that count."""

    opened = NEAR

    def __init__(self, job: Job, earlier: Sequence[RetainedSet]) -> None:
        super().__init__(job, job)
        self.owners = (FIRST,)
        self._earlier = earlier

    def start(self, party: PartyAttempt) -> None:
        """Start the party with the requester's list, and then the earlier ones."""
        own = self.manifest.request.min_count
        earlier = tuple(
            EarlierSet(
                request=row.request,
                words=row.words,
                buckets=row.buckets,
                least=max(own, row.min_count),
            )
            for row in self._earlier
        )
        self.start_with(party, self._blocks(), earlier=earlier)

    def sizes(self) -> dict[str, int]:
        """Return the size of the one array: a word."""
        return {NEAR_ARRAY: 1}

    def fix(self) -> None:
        """Store this node's two components of the bit: from here on it is not recomputed."""
        first, second = block_components(self.job, NEAR_ARRAY)
        bit = (word_at(first, 0) & 1, word_at(second, 0) & 1)
        message = Near(manifest=self.job.digest, node=node_name(), bit=bit)
        stage_say(self.job, NEAR, build_near(message))

    def _blocks(self) -> Iterator[bytes]:
        parts, sizes = list_parts(self.job), true_sizes(self.job)
        buckets = range(self.manifest.buckets)
        for bucket in buckets:
            yield from parts.block(FIRST, bucket)
        for bucket in buckets:
            yield sizes[FIRST, bucket]
        for row in self._earlier:
            yield from set_blocks(row)
