"""Take a data folder for one federation alone, and write private files into it."""

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.errors import BadInput, CliError
from private_files import OWNER_ONLY, folder_settle, private_write

PRIVATE_FOLDER = 0o700
PRIVATE_FILE = OWNER_ONLY


def folder_make(folder: Path) -> None:
    """Make a private folder, with its parents; raise BadInput if that cannot be."""
    try:
        folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise BadInput(f"{folder} is a file or lies in one; name a folder.") from None
    except OSError as error:
        raise BadInput(
            f"The folder {folder} cannot be made ({os.strerror(error.errno or 0)}); "
            "name another one."
        ) from None


@contextmanager
def folder_held(folder: Path) -> Iterator[None]:
    """Hold a folder for this process alone; the kernel lets go of it when we end.

    Raises BadInput if another process holds it, or if nothing can be written there.
    """
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise BadInput(f"The folder {folder} cannot be written to; name another one.")
    # The folder itself is locked: nothing of a lock stays behind in it.
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _lock(descriptor, folder)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise BadInput(
            f"{folder} is in use by another drempel; stop that one or name another folder."
        ) from None
    except OSError as error:
        raise CliError(f"{folder} cannot be locked: {os.strerror(error.errno or 0)}.") from None


def write_private(path: Path, text: str) -> None:
    """Let a file of mode 0600 appear at ``path`` whole and for good, or not at all.

    Raises CliError if it cannot be written.
    """
    try:
        private_write(path, text)
    except OSError as error:
        raise CliError(f"{path} cannot be written: {os.strerror(error.errno or 0)}.") from error


def write_new(path: Path, text: str) -> None:
    """Let a file of mode 0600 appear at ``path``; raise BadInput if one is there already."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    if not path.parent.is_dir():
        raise BadInput(f"The folder {path.parent} is not there; make it first.")
    write_private(draft, text)
    try:
        # A link, unlike a move, never takes the place of what is there.
        path.hardlink_to(draft)
        folder_settle(path.parent)
    except FileExistsError:
        raise BadInput(f"{path} is there already; name another file.") from None
    except OSError as error:
        raise CliError(f"{path} cannot be written: {os.strerror(error.errno or 0)}.") from error
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def folder_new(folder: Path) -> Iterator[Path]:
    """Yield a private draft of ``folder``, which appears whole at the end of the block.

    Raises BadInput if something is there already: nothing is ever overwritten.
    """
    try:
        if os.path.lexists(folder) and (not folder.is_dir() or any(folder.iterdir())):
            raise BadInput(f"{folder} holds something already; name a new or an empty folder.")
        if not folder.parent.is_dir():
            raise BadInput(f"The folder {folder.parent} is not there; make it first.")
        draft = folder.with_name(f".{folder.name}.{secrets.token_hex(8)}")
        draft.mkdir(mode=PRIVATE_FOLDER)
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise BadInput(
            f"The folder {folder} cannot be made ({reason}); name another."
        ) from None
    try:
        yield draft
        folder_settle(draft)
        # Fails, as it should, if somebody else has put something there meanwhile.
        draft.replace(folder)
        folder_settle(folder.parent)
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise CliError(f"The folder {folder} cannot be made: {reason}.") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
