"""The protocol's error tree; every error carries a stable code and one sentence.

ProtocolError
├── MalformedInput       a survey, answer, policy or nodes file breaks a rule at ``where``
├── MalformedMessage     bytes or JSON on the wire are not what their format says
├── BadSignature         a signature does not hold
├── BadEnvelope          a sealed share does not open
├── PolicyRefused        an operator's policy file says no
├── InconsistentShares   three shares do not lie on one line
└── DisclosureRefused    opened values break the release rules

No sentence ever contains an answer, a code, a share or a key.
"""


class ProtocolError(Exception):
    """Carry a stable dotted ``code`` and one ``sentence`` for a person.

    Source: docs/protocol.md §1.
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


class MalformedInput(ProtocolError):
    """Say which place of a person's file breaks which rule.

    ``where`` is a path such as ``questions[2].bins`` or the id of a question.
    """

    def __init__(self, code: str, sentence: str, *, where: str = "") -> None:
        super().__init__(code, sentence)
        self.where = where


class MalformedMessage(ProtocolError):
    """Refuse bytes or JSON that are not exactly what their format says."""


class BadSignature(ProtocolError):
    """Refuse a signature that does not hold under the key and label named."""


class BadEnvelope(ProtocolError):
    """Refuse a sealed share that does not open under the context given."""


class PolicyRefused(ProtocolError):
    """Report that an operator's own policy refuses a manifest."""


class InconsistentShares(ProtocolError):
    """Report three shares of one value that do not lie on one line."""


class DisclosureRefused(ProtocolError):
    """Report opened values that break the release rules (docs/protocol.md §12)."""
