"""The digest of everything that must be the same at three parties before they compute.

Source: docs/protocol.md §16 (hello). Operators run one release: a party whose sources, Python,
numpy or MPyC differ is refused by the others, by the name of what differs.
"""

import hashlib
import platform
from importlib.metadata import version
from pathlib import Path

ROOMS = ("circuits", "kernels", "party", "protocol")


def code_digest(package: Path | None = None) -> str:
    """Return SHA-256 over the paths and bytes of the engine's four rooms, in hexadecimal.

    ``package`` is the folder ``mpcengine``; a test hands in a changed copy.
    """
    folder = package if package is not None else Path(__file__).resolve().parent.parent
    total = hashlib.sha256()
    for room in ROOMS:
        for path in sorted((folder / room).rglob("*.py")):
            name = path.relative_to(folder).as_posix().encode()
            data = path.read_bytes()
            total.update(b"%d:%s%d:" % (len(name), name, len(data)))
            total.update(data)
    return total.hexdigest()


def versions() -> dict[str, str]:
    """Return the versions that decide what a party computes: Python, numpy, numba, MPyC."""
    return {
        "python": platform.python_version(),
        "numpy": version("numpy"),
        "numba": version("numba"),
        "mpyc": version("mpyc"),
    }
