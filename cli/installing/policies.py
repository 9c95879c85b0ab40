"""Write the policy that a new node starts with: narrower than what the product allows."""

from dataclasses import replace

from cli.errors import BadInput
from mpcengine.protocol.policy import Policy, default_policy
from mpcengine.protocol.signing import PUBLIC_KEY_BYTES
from mpcengine.protocol.strict import parse_base64

# An operator widens them knowingly; docs/operating-a-node.md says what each means.
FLOORS = {"person": 10, "organisation": 5}


def operator_policy(coordinators: tuple[bytes, ...]) -> Policy:
    """Return a careful policy that allows only these coordinators' keys to ask."""
    return replace(
        default_policy(coordinators=coordinators),
        floors=FLOORS,
        kinds=("survey",),
        timings=("strict", "normal"),
        min_roster=20,
        max_roster=100_000,
        max_questions=100,
        max_give_up_after_days=30,
        max_answering_days=120,
        extremes=False,
    )


def coordinator_key_read(text: str) -> bytes:
    """Return a coordinator's key as ``drempel install coordinator`` prints it."""
    key = parse_base64(text)
    if key is None or len(key) != PUBLIC_KEY_BYTES:
        raise BadInput(
            "--coordinator must be a key as 'drempel install coordinator' prints it."
        )
    return key
