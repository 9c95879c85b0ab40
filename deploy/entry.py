"""Make a container's own folders, then become the command: ``deploy.entry COMMAND…``.

The root file system is read only, and numba insists on a folder that it can write to and that
nobody else can. The compiled loops were made when the image was, for the machine that built it;
they are copied into the scratch folder, which is this user's alone and gone with the container.
On another kind of processor numba compiles them anew, there, in a few seconds.
"""

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

COMPILED = Path(os.environ.get("DREMPEL_COMPILED", "/opt/drempel/numba"))
PRIVATE = 0o700
PRIVATE_FILE = 0o600


def private_folder(path: Path) -> None:
    """Make a folder that only this user can look into."""
    path.mkdir(mode=PRIVATE, parents=True, exist_ok=True)


def loops_copy(compiled: Path, cache: Path) -> None:
    """Fill numba's folder with the compiled loops, unless it is filled already."""
    private_folder(cache)
    if compiled.is_dir() and not any(cache.iterdir()):
        shutil.copytree(compiled, cache, dirs_exist_ok=True)
        # Modes are copied too, and the image's folders need not be writable.
        for path in (cache, *cache.rglob("*")):
            path.chmod(PRIVATE if path.is_dir() else PRIVATE_FILE)


def main(command: Sequence[str]) -> None:
    """Prepare, then run the command in this process's place: it gets the signals."""
    os.umask(0o077)
    for variable in ("DREMPEL_DATA", "TMPDIR"):
        if variable in os.environ:
            private_folder(Path(os.environ[variable]))
    if "NUMBA_CACHE_DIR" in os.environ:
        loops_copy(COMPILED, Path(os.environ["NUMBA_CACHE_DIR"]))
    os.execvp(command[0], list(command))  # noqa: S606 - the container's own command


if __name__ == "__main__":
    main(sys.argv[1:])
