"""The connector's error tree; every error says in one sentence what happened and who said so.

ConnectorError
├── Unreachable   nobody answered, or not in time, or "later": the same call may succeed again
├── Refused       the receiver said no, with a stable code and a sentence
└── Misbehaved    the answer is not what the interface says, or a signature in it does not hold

No sentence ever contains an answer, a code or a key.
"""


class ConnectorError(Exception):
    """Name the ``receiver`` of a call that did not succeed, and say why in one sentence."""

    def __init__(self, receiver: str, sentence: str) -> None:
        super().__init__(sentence)
        self.receiver = receiver
        self.sentence = sentence


class Unreachable(ConnectorError):
    """Nobody answered in time, or the receiver asked to come back later.

    ``cause`` is one of ``pinned_http``'s words: only "unreachable" is worth another try.
    """

    def __init__(self, receiver: str, sentence: str, *, cause: str = "unreachable") -> None:
        super().__init__(receiver, sentence)
        self.cause = cause


class Misbehaved(ConnectorError):
    """The receiver answered with something its interface does not know."""


class Refused(ConnectorError):
    """The receiver refused; all but the sentence is of its problem document.

    ``evidence``: what the receiver shows for it, not verified; mostly there is none.
    """

    def __init__(
        self,
        receiver: str,
        sentence: str,
        *,
        status: int,
        code: str,
        where: str = "",
        evidence: bytes = b"",
    ) -> None:
        super().__init__(receiver, sentence)
        self.status = status
        self.code = code
        self.where = where
        self.evidence = evidence
