"""The service file as the doctor reads it: enough to look around, the rest is config.env's."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cli.errors import BadInput
from cli.files import read_json
from mpcengine.protocol.canonical import JSON

ROLES = ("portal", "relay", "node")
LONGEST_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Service:
    """A service file: where it is and what stands in it."""

    path: Path
    members: Mapping[str, JSON]

    @property
    def role(self) -> str:
        """Return ``portal``, ``relay`` or ``node``."""
        return str(self.members["role"])

    @property
    def is_node(self) -> bool:
        """Tell whether this is a node."""
        return self.role == "node"

    @property
    def is_embedded(self) -> bool:
        """Tell whether this is a service of ``drempel serve``."""
        return self.members.get("embedded") is True

    @property
    def folder(self) -> Path:
        """Return the folder of its data."""
        return Path(str(self.members["data_dir"]))

    def file(self, key: str) -> Path | None:
        """Return the file that a key names, or None without the key."""
        named = self.members.get(key)
        return Path(named) if isinstance(named, str) else None

    def text(self, key: str, otherwise: str = "") -> str:
        """Return a text member."""
        value = self.members.get(key, otherwise)
        return value if isinstance(value, str) else otherwise


def service_read(path: Path) -> Service:
    """Return a service file; raise BadInput if it is none."""
    members = read_json(path)
    if not isinstance(members, dict) or members.get("role") not in ROLES:
        raise BadInput(f"{path} is not the service file of a portal, relay or node.")
    folder = members.get("data_dir")
    if not isinstance(folder, str) or not Path(folder).is_absolute():
        raise BadInput(f'{path}: "data_dir" must be an absolute path.')
    return Service(path.absolute(), members)
