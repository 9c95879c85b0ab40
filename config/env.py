"""Read the one file that says what this process is: the service file DREMPEL_CONFIG names.

Every key is known, typed and present, or the process does not start: BadConfiguration holds
one sentence that names the file and the key, never a value. Secrets are files of their own,
readable by their owner alone.
"""

import json
import os
import stat
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from types import UnionType
from typing import Any, TypeVar, get_args, get_type_hints

VARIABLE = "DREMPEL_CONFIG"
MIN_SECRET_CHARACTERS = 32
MAX_FILE_BYTES = 64 * 1024
MAX_PORT = 65535
OTHERS = 0o077


class BadConfiguration(Exception):
    """Say in one sentence what is wrong with the service file or with a file it names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What every role knows: where its data, broker, log and secret key are."""

    role: str
    embedded: bool
    data_dir: Path
    port: int
    broker_dir: Path
    secret_key_file: Path
    log_file: Path
    fault_dir: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalService(Service):
    """The portal: the nodes it works with, and its relay."""

    nodes_file: Path
    relay_url: str
    relay_token_file: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayService(Service):
    """The relay: the key of its promises, the nodes it forwards to, the portal's token."""

    signing_key_file: Path
    nodes_file: Path
    portal_token_file: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeService(Service):
    """A node: who it is, its operator's policy, the other nodes, where its parties listen."""

    node: str
    index: int
    name: str
    identity_key_file: Path
    policy_file: Path
    nodes_file: Path
    party_host: str
    wrapping_key_file: Path | None = None


ServiceT = TypeVar("ServiceT", bound=Service)

SECRET_FILES = frozenset(
    {
        "secret_key_file",
        "identity_key_file",
        "signing_key_file",
        "portal_token_file",
        "relay_token_file",
    }
)
# Checked where it is there: the first worker makes it, and an operator may keep it from the web
# process altogether.
WORKER_SECRET_FILES = frozenset({"wrapping_key_file"})
PLAIN_FILES = frozenset({"nodes_file", "policy_file"})


def portal_service() -> PortalService:
    """Return the portal's service file; raise BadConfiguration."""
    return _read(PortalService, "portal")


def relay_service() -> RelayService:
    """Return the relay's service file; raise BadConfiguration."""
    return _read(RelayService, "relay")


def node_service() -> NodeService:
    """Return a node's service file; raise BadConfiguration."""
    found = _read(NodeService, "node")
    if found.node not in {"a", "b", "c"} or found.index != "abc".index(found.node) + 1:
        raise BadConfiguration(
            'In the service file, "node" and "index" must be a and 1, b and 2, or c and 3.'
        )
    return found


def secret_text(path: Path) -> str:
    """Return the text of a secret file; raise BadConfiguration if others may read it."""
    require_private(path)
    text = path.read_text("utf-8").strip()
    if len(text) < MIN_SECRET_CHARACTERS:
        raise BadConfiguration(
            f"{path.name} must hold at least {MIN_SECRET_CHARACTERS} characters."
        )
    return text


def require_private(path: Path) -> None:
    """Raise BadConfiguration unless ``path`` is a plain file that only its owner can read."""
    try:
        found = path.lstat()
    except OSError:
        raise BadConfiguration(f"The secret file {path.name} is not there.") from None
    if not stat.S_ISREG(found.st_mode):
        raise BadConfiguration(f"The secret file {path.name} is not a plain file.")
    if found.st_mode & OTHERS:
        raise BadConfiguration(
            f"The secret file {path.name} can be read by others; give it mode 0600."
        )


def _read(kind: type[ServiceT], role: str) -> ServiceT:
    given = _load()
    if given.get("role") != role:
        raise BadConfiguration(f'The service file\'s "role" must be {role} for these settings.')
    types = get_type_hints(kind)
    needed = {one.name for one in fields(kind) if one.default is MISSING}
    for key in sorted(given.keys() - types.keys()):
        raise BadConfiguration(f'The service file has the unknown key "{key[:40]}".')
    for key in sorted(needed - given.keys()):
        raise BadConfiguration(f'The service file lacks the key "{key}".')
    typed: dict[str, Any] = {
        key: _typed(key, value, types[key]) for key, value in given.items()
    }
    service = kind(**typed)
    _require_sense(service, given)
    return service


def _load() -> Mapping[str, object]:
    named = os.environ.get(VARIABLE, "")
    if not named:
        raise BadConfiguration(f"Set {VARIABLE} to the path of this process's service file.")
    try:
        content = Path(named).read_bytes()
    except OSError:
        raise BadConfiguration(f"The service file {VARIABLE} names cannot be read.") from None
    try:
        value = json.loads(content, object_pairs_hook=_distinct)
    except (ValueError, RecursionError):
        raise BadConfiguration(
            "The service file is not JSON in which every key stands once."
        ) from None
    if not isinstance(value, dict) or len(content) > MAX_FILE_BYTES:
        raise BadConfiguration("The service file must be one JSON object of at most 64 kB.")
    return value


def _distinct(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _typed(key: str, value: object, wanted: object) -> object:
    if isinstance(wanted, UnionType):
        wanted = next(one for one in get_args(wanted) if one is not type(None))
    if wanted is Path:
        return _path(key, value)
    if not isinstance(wanted, type) or type(value) is not wanted or value == "":
        name = getattr(wanted, "__name__", "value")
        raise BadConfiguration(f'In the service file, "{key}" must be of type {name}.')
    return value


def _path(key: str, value: object) -> Path:
    if not isinstance(value, str) or not value or not Path(value).is_absolute():
        raise BadConfiguration(f'In the service file, "{key}" must be an absolute path.')
    return Path(value)


def _require_sense(service: Service, given: Mapping[str, object]) -> None:
    """Refuse values that are well typed and still cannot be meant."""
    if not service.embedded:
        # Other databases and brokers come with the compose layer; until then nobody may
        # believe that an embedded one is a production service.
        raise BadConfiguration(
            'In the service file, "embedded" must be true: no other way yet.'
        )
    if not 0 < service.port <= MAX_PORT:
        raise BadConfiguration('In the service file, "port" must be from 1 to 65535.')
    relay_url = getattr(service, "relay_url", "http://")
    if not relay_url.startswith(("http://", "https://")):
        raise BadConfiguration('In the service file, "relay_url" must be an http(s) address.')
    for key in sorted((SECRET_FILES | WORKER_SECRET_FILES) & given.keys()):
        path = getattr(service, key)
        if key in SECRET_FILES or os.path.lexists(path):
            require_private(path)
    for key in sorted(PLAIN_FILES & given.keys()):
        if not getattr(service, key).is_file():
            raise BadConfiguration(f'The file named by "{key}" is not there.')
