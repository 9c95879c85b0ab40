"""Name why a job ends without a number; these words stand in signed statements."""

from enum import StrEnum


class Reason(StrEnum):
    """Say why a survey or a request is withheld (docs/protocol.md §13, §19)."""

    TOO_FEW = "fewer than min_count"
    NODE_LOST = "node lost"
    LOST = "lost"
    NO_COIN = "no joint coin"
    INCONSISTENT_SHARES = "inconsistent shares"
    DISCLOSURE = "disclosure check failed"
    TOO_MANY_INCONSISTENT = "too many inconsistent"
    PEER_EQUIVOCATED = "peer equivocated"
    PEERS_DISAGREE = "nodes disagree"
    PEER_WITHHELD = "another node withheld"
    COMPUTATION_FAILED = "computation failed"
    TEXTS_CHANGED = "texts changed"
    TOO_FEW_LISTS = "too few lists"
    NEAR = "near an earlier question"
    EARLIER_LOST = "earlier question lost"
    WITHDRAWN = "consent withdrawn"
    REVOKED = "approval revoked"
    HOLDER_SET = "holders differ by too few"


class MustWithhold(Exception):
    """Tell the driver to end the job without a number; ``detail`` goes into the incident."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.detail = detail
