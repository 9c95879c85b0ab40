"""The product's party, which afterwards replays its own messages bare: the case's bound.

The replay sends vectors of the same lengths over the same connections in the same order, with
one multiplication and one recombination a word between them: the least that any protocol of
this kind must do for these messages.
"""

import sys
from collections.abc import Mapping

from mpcengine.circuits.runtime import Vector
from mpcengine.kernels import field61
from mpcengine.party.program import Task, main
from mpcengine.party.rounds import compute_round
from mpcengine.party.vectors import PartyVectors


class Recorder:
    """Hand a circuit its vectors and note how long each exchange was."""

    def __init__(self, vectors: PartyVectors) -> None:
        self.index = vectors.index
        self.lengths: list[dict[int, int]] = []
        self._vectors = vectors

    async def exchange(self, outgoing: Mapping[int, Vector]) -> Mapping[int, Vector]:
        """Exchange, and note how long each peer's vector was."""
        self.lengths.append({peer: len(vector) for peer, vector in outgoing.items()})
        return await self._vectors.exchange(outgoing)

    def stream(self, subset: tuple[int, int], count: int) -> Vector:
        """Return the pair's next elements."""
        return self._vectors.stream(subset, count)

    def fresh(self, count: int) -> Vector:
        """Return elements of our own."""
        return self._vectors.fresh(count)


async def measured(task: Task) -> Mapping[str, Vector]:
    """Compute the round, then the bare replay; both times stand in the outcome's figures."""
    recorder, vectors = Recorder(task.vectors), task.vectors
    task.vectors = recorder  # type: ignore[assignment]
    before = task.session.bytes_sent
    arrays = await compute_round(task)
    task.seconds["round_bytes"] = float(task.session.bytes_sent - before)
    task.seconds["round_rounds"] = float(len(recorder.lengths))
    longest = max(max(lengths.values()) for lengths in recorder.lengths)
    material = task.vectors.fresh(longest)
    # The parties meet first, so that the replay's clock starts for all at once.
    await vectors.exchange(dict.fromkeys(task.session.connections, field61.vector([1])))
    task.phase("meeting")
    for lengths in recorder.lengths:
        own = material[: max(lengths.values())]
        product = field61.multiply(own, own)
        arrived = await vectors.exchange(
            {peer: product[:length] for peer, length in lengths.items()}
        )
        parts = [part for part in arrived.values() if len(part) == len(product)]
        if parts:
            field61.combine(product, parts[0], parts[-1], (3, -3, 1))
    task.phase("bare")
    return arrays


if __name__ == "__main__":
    sys.exit(main(measured))
