"""Take what was erased out of SQLite's write-ahead files; other databases have none."""

import logging

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections

from nodes.routers import ISSUING

logger = logging.getLogger(__name__)


def wal_truncate(*aliases: str) -> None:
    """Write the databases' logs back into them (default: both) and empty the log files.

    A log keeps every page as it was once written, so a deleted key stays in it until then.
    Waits for readers (BUSY_SECONDS); where they do not end, the next call or a worker's start
    does it. Not inside a transaction.
    """
    for alias in aliases or (DEFAULT_DB_ALIAS, ISSUING):
        if connections[alias].vendor != "sqlite":
            continue
        try:
            with connections[alias].cursor() as cursor:
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                is_busy = bool(cursor.fetchone()[0])
        except DatabaseError:
            is_busy = True
        if is_busy:
            logger.warning("the write-ahead file of %s could not be emptied", alias)
