"""What portal and relay refuse for reasons of their own, with the HTTP status that fits.

Refusal
├── Malformed     400  the call does not have the form it must have
├── Missing       404  there is no such thing, or it is not yours
├── Conflict      409  the state of things does not allow it
└── Unavailable   503  a node or the relay is silent; try again
"""

from typing import ClassVar

from mpcengine.protocol.errors import ProtocolError


class Refusal(ProtocolError):  # noqa: N818  # named for what happened, as in protocol.errors
    """Carry a stable code and a sentence, as every error of the protocol, and a status."""

    status: ClassVar[int] = 400


class Malformed(Refusal):
    """The call does not have the form it must have."""


class Missing(Refusal):
    """There is no such thing, or it is not yours: the same answer for both."""

    status: ClassVar[int] = 404


class Conflict(Refusal):
    """The state of things does not allow it."""

    status: ClassVar[int] = 409


class Unavailable(Refusal):
    """A node or the relay is silent; the same call may succeed later."""

    status: ClassVar[int] = 503
