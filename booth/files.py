"""Give the files that a browser loads for the booth.

``client/src/booth`` and ``client/src/protocol`` hold the program, served byte for byte;
``static/drempel`` the styles, which the portal has too, here in one file. What else lies in
``client/src`` is the portal's own. They are read once in a process; changing one makes another
release.
"""

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from mpcengine.protocol.boothpage import integrity, release_of

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = ROOT / "client" / "src"
FOLDERS = ("booth", "protocol")
STYLE = "style/booth.css"
# In this order in one file, as a page with three links would read them.
STYLES = ("tokens.css", "base.css", "booth.css")
MEDIA_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
}


@cache
def booth_files() -> Mapping[str, bytes]:
    """Return every file by its path below ``/booth/<release>/``, sorted by path."""
    found = {
        path.relative_to(PROGRAM).as_posix(): path
        for folder in FOLDERS
        for path in (PROGRAM / folder).rglob("*")
        if path.suffix in MEDIA_TYPES
    }
    bodies = {path: file.read_bytes() for path, file in found.items()}
    styles = ROOT / "static" / "drempel"
    bodies[STYLE] = b"".join((styles / name).read_bytes() for name in STYLES)
    return MappingProxyType({path: bodies[path] for path in sorted(bodies)})


@cache
def files_table() -> Mapping[str, str]:
    """Return the integrity (``sha384-…``) of every file, by path."""
    return MappingProxyType({path: integrity(data) for path, data in booth_files().items()})


@cache
def booth_release() -> str:
    """Return the release of these files, 32 hexadecimal digits."""
    return release_of(files_table())


@cache
def booth_version() -> str:
    """Return a digest of everything a booth is made of: files, templates, words, renderer.

    A manifest built under one version has other pages than one built under another.
    """
    parts = [path for path in Path(__file__).parent.rglob("*") if path.is_file()]
    hashed = hashlib.sha256(booth_release().encode("ascii"))
    for path in sorted(path for path in parts if path.suffix != ".pyc"):
        hashed.update(hashlib.sha256(path.read_bytes()).digest())
    return hashed.hexdigest()
