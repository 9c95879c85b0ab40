"""The embedded layer: SQLite files and a folder as broker, all on one machine.

A layer, not a settings module of its own: each role's module calls it for the service file's
``embedded: true``. Used by ``make demo``, ``drempel local`` and the tests.
"""

from pathlib import Path
from typing import Any

BUSY_SECONDS = 30
POLL_SECONDS = 0.1

# Writers queue from BEGIN on (IMMEDIATE) instead of failing at their first write, and what a
# node has said to its peers survives a power cut (FULL). What is deleted is overwritten with
# zeros in the database file (secure_delete). The write-ahead file keeps older pages until it is
# emptied: a node does that when it has erased a survey (nodes/wal.py). Neither reaches what a
# disk or its backups keep.
PRAGMAS = (
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
    "PRAGMA secure_delete=ON;"
)


def sqlite(path: Path | str) -> dict[str, Any]:
    """Return the settings of one database file."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": BUSY_SECONDS,
            "transaction_mode": "IMMEDIATE",
            "init_command": PRAGMAS,
        },
    }


def folder_broker(folder: Path) -> dict[str, Any]:
    """Return Celery's transport options for a broker that is a folder; make the folder.

    The filesystem transport forgets late acknowledgement: a killed task is picked up by the
    reconciler, not by the broker.
    """
    queue = folder / "queue"
    control = folder / "control"
    for one in (queue, control):
        one.mkdir(mode=0o700, parents=True, exist_ok=True)
    return {
        "data_folder_in": str(queue),
        "data_folder_out": str(queue),
        "control_folder": str(control),
        "store_processed": False,
        "polling_interval": POLL_SECONDS,
    }
