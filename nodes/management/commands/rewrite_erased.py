"""Take what was erased out of PostgreSQL's table files; run as the owner of the tables."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connections

from nodes.wal import wal_truncate

_FOREIGN = """
SELECT count(*) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE nspname = 'public' AND relkind = 'r' AND NOT pg_has_role(relowner, 'USAGE')
"""


class Command(BaseCommand):
    """``rewrite_erased``: write every table again with the rows that are left.

    PostgreSQL keeps a changed or deleted row's old bytes in its table's file. The command
    copies each table into a new file and drops the old one. Each is locked while it is copied,
    which needs as much room as the table. ``docs/data-lifecycle.md`` says what is left then.
    """

    help = "write the tables again, so that erased rows are in no table file any more"

    def handle(self, *_: Any, **__: Any) -> None:
        """Rewrite the tables of both databases; raise CommandError if a role may not."""
        wal_truncate()
        for alias in connections:
            if connections[alias].vendor != "postgresql":
                continue
            try:
                _rewrite(alias)
            except DatabaseError as error:
                raise CommandError(
                    f"The tables of {alias} were not all rewritten ({type(error).__name__});"
                    " there must be room for the largest, and nobody may hold it for long."
                ) from None


def _rewrite(alias: str) -> None:
    connection = connections[alias]
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(_FOREIGN)
        if cursor.fetchone()[0]:
            # PostgreSQL would leave out another role's tables with no more than a warning.
            raise CommandError(f"The tables of {alias} are another role's; use migrate.json.")
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"VACUUM (FULL) {connection.ops.quote_name(table)}")
