"""Write files that only their owner may read, whole and for good or not at all."""

import os
import secrets
from pathlib import Path

OWNER_ONLY = 0o600


def private_write(target: Path, text: str) -> None:
    """Let the file appear with mode 0600, or leave what was there; raise OSError."""
    draft = target.with_name(f".{target.name}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    folder_settle(target.parent)


def folder_settle(folder: Path) -> None:
    """Have the folder's new name for a file survive a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
