"""The one exception by which an attempt ends, with a cause from a closed list.

Source: docs/protocol.md §16.
"""

from mpcengine.protocol.partywire import CAUSES, EXIT_NAMED, EXIT_OTHER, Failure


class PartyFailure(Exception):
    """End this attempt for ``cause``; ``peer`` is the index it is about, 0 for none.

    ``detail`` names fields, limits and seconds only: it is logged by the node, so it never
    holds a share, a key or bytes that a peer sent.
    """

    def __init__(self, cause: str, *, peer: int = 0, detail: str) -> None:
        super().__init__(f"{cause} (peer {peer}): {detail}")
        self.failure = Failure(cause=cause, peer=peer, detail=detail)

    @property
    def exit_code(self) -> int:
        """Return 3 for the named causes of the protocol, 1 for anything else."""
        return EXIT_NAMED if self.failure.cause in CAUSES else EXIT_OTHER
