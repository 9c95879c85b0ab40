"""Read what this operator refuses, and who the three nodes are, from the operator's own files.

Both are read anew when their file changed, so that an operator need not restart anything.
"""

from functools import lru_cache
from pathlib import Path

from django.conf import settings

from mpcengine.protocol.canonical import parse_json
from mpcengine.protocol.nodesfile import NodesFile, parse_nodes_file
from mpcengine.protocol.policy import Policy, parse_policy


def operator_policy() -> Policy:
    """Return this operator's policy; raise MalformedInput if the file is not one."""
    return _policy(*_version(settings.POLICY_FILE))


def federation() -> NodesFile:
    """Return the three nodes; raise MalformedInput if the file does not name them."""
    return _nodes(*_version(settings.NODES_FILE))


def _version(path: Path | str) -> tuple[str, int]:
    return str(path), Path(path).stat().st_mtime_ns


@lru_cache(maxsize=2)
def _policy(path: str, _changed: int) -> Policy:
    return parse_policy(parse_json(Path(path).read_bytes()))


@lru_cache(maxsize=2)
def _nodes(path: str, _changed: int) -> NodesFile:
    return parse_nodes_file(parse_json(Path(path).read_bytes()))
