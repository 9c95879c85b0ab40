"""Read the one file that says what this process is: the service file DREMPEL_CONFIG names.

Every key is known, typed and present, or the process does not start: BadConfiguration holds
one sentence that names the file and the key, never a value. Secrets are files of their own,
readable by their owner alone.
"""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from config.sense import BadConfiguration, require_own, require_private, require_sense
from config.service_file import (
    SECRET_FILES,
    NodeService,
    PortalService,
    PortRange,
    RelayService,
    Service,
)

VARIABLE = "DREMPEL_CONFIG"
MIN_SECRET_CHARACTERS = 32
MIN_PASSWORD_CHARACTERS = 16
MAX_FILE_BYTES = 64 * 1024
_PORTS = re.compile(r"([0-9]{1,5})-([0-9]{1,5})")
_TYPE_NAMES: Mapping[object, str] = {str: "str", int: "int", bool: "bool"}

ServiceT = TypeVar("ServiceT", bound=Service)

__all__ = [
    "SECRET_FILES",
    "BadConfiguration",
    "NodeService",
    "PortRange",
    "PortalService",
    "RelayService",
    "Service",
    "node_service",
    "password_text",
    "portal_service",
    "relay_service",
    "require_own",
    "require_private",
    "secret_lines",
    "secret_text",
]


def portal_service() -> PortalService:
    """Return the portal's service file; raise BadConfiguration."""
    return _read(PortalService, "portal")


def relay_service() -> RelayService:
    """Return the relay's service file; raise BadConfiguration."""
    return _read(RelayService, "relay")


def node_service() -> NodeService:
    """Return a node's service file; raise BadConfiguration."""
    return _read(NodeService, "node")


def secret_text(path: Path) -> str:
    """Return the text of a secret file; raise BadConfiguration if others may read it."""
    require_private(path)
    text = path.read_text("utf-8").strip()
    if len(text) < MIN_SECRET_CHARACTERS:
        raise BadConfiguration(
            f"{path.name} must hold at least {MIN_SECRET_CHARACTERS} characters."
        )
    return text


def secret_lines(path: Path) -> tuple[str, ...]:
    """Return the secrets of a file with one a line, the current one first.

    Raises BadConfiguration if others may read the file, or if one is short or doubled.
    """
    lines = tuple(line.strip() for line in secret_text(path).splitlines())
    if min(map(len, lines)) < MIN_SECRET_CHARACTERS or len(set(lines)) != len(lines):
        raise BadConfiguration(
            f"{path.name} must hold lines of at least {MIN_SECRET_CHARACTERS} characters, each"
            " once."
        )
    return lines


def password_text(path: Path | None, *, embedded: bool) -> str:
    """Return the password a service is reached with, or nothing where no file is named.

    Raises BadConfiguration if others may read the file, or if the password is too short for
    anything but an embedded federation.
    """
    if path is None:
        return ""
    require_private(path)
    text = path.read_text("utf-8").strip()
    if not text or (not embedded and len(text) < MIN_PASSWORD_CHARACTERS):
        raise BadConfiguration(
            f"{path.name} must hold at least {MIN_PASSWORD_CHARACTERS} characters."
        )
    return text


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
    require_sense(service, given)
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
    if wanted is PortRange:
        return _ports(key, value)
    if get_origin(wanted) is tuple:
        return _names(key, value)
    if not isinstance(wanted, type) or type(value) is not wanted or value == "":
        name = _TYPE_NAMES.get(wanted, "value")
        raise BadConfiguration(f'In the service file, "{key}" must be of type {name}.')
    return value


def _path(key: str, value: object) -> Path:
    if not isinstance(value, str) or not value or not Path(value).is_absolute():
        raise BadConfiguration(f'In the service file, "{key}" must be an absolute path.')
    return Path(value)


def _ports(key: str, value: object) -> PortRange:
    found = _PORTS.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise BadConfiguration(f'In the service file, "{key}" must be like "9001-9016".')
    return PortRange(first=int(found[1]), last=int(found[2]))


def _names(key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        raise BadConfiguration(f'In the service file, "{key}" must be a list of texts.')
    if len(set(value)) != len(value):
        raise BadConfiguration(f'In the service file, "{key}" names something twice.')
    return tuple(value)
