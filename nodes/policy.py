"""Read what this operator refuses, whom it knows and who the nodes are, from its own files.

All are read anew when their file changed, so that an operator need not restart anything. A
file that is missing or broken is this operator's affair: callers are told to come back, not
that they sent something wrong.
"""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from django.conf import settings

from mpcengine.protocol.canonical import JSON, parse_json
from mpcengine.protocol.errors import ProtocolError
from mpcengine.protocol.nodesfile import NodesFile, parse_nodes_file
from mpcengine.protocol.partners import parse_partners_file
from mpcengine.protocol.policy import Policy, parse_policy
from problems import Unavailable

Parsed = TypeVar("Parsed")


def operator_policy() -> Policy:
    """Return this operator's policy; raise Unavailable if its file is not one."""
    return _own(_policy, settings.POLICY_FILE)


def federation() -> NodesFile:
    """Return the three nodes; raise Unavailable if the file does not name them."""
    return _own(_nodes, settings.NODES_FILE)


def confirmed_partners(policy: Policy) -> frozenset[bytes]:
    """Return the entries of the partners this operator confirmed; none without a file.

    Raises Unavailable if the file is there and cannot be read.
    """
    if policy.partners_file is None:
        return frozenset()
    path = Path(settings.POLICY_FILE).parent / policy.partners_file
    return _own(_partners, str(path)) if path.exists() else frozenset()


def _own(read: Callable[[str, int], Parsed], path: str) -> Parsed:
    """Return a file of the operator's as last changed; raise Unavailable if it is broken."""
    try:
        return read(path, Path(path).stat().st_mtime_ns)
    except (OSError, ProtocolError) as error:
        raise Unavailable(
            "policy.unreadable",
            "This node's operator has a policy, nodes or partners file that cannot be read; "
            "tell the operator, and try again.",
        ) from error


@lru_cache(maxsize=2)
def _policy(path: str, _changed: int) -> Policy:
    return parse_policy(_json(path))


@lru_cache(maxsize=2)
def _nodes(path: str, _changed: int) -> NodesFile:
    return parse_nodes_file(_json(path))


@lru_cache(maxsize=2)
def _partners(path: str, _changed: int) -> frozenset[bytes]:
    return parse_partners_file(_json(path)).entries


def _json(path: str) -> JSON:
    return parse_json(Path(path).read_bytes(), file=True)
