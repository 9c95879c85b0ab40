"""Look at the services a process stands on, for ``drempel doctor``: one JSON line a part.

Lines come as they are found, so that a caller who stops waiting has what was seen until then.
An error is named by its class: its text may hold a value.
"""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from django.conf import settings
from django.core.checks import WARNING, CheckMessage, run_checks
from django.core.management.base import BaseCommand
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from redis import Redis
from redis.exceptions import RedisError

from config.broker_probe import broker_round_trip
from config.celery import app

Part = dict[str, Any]
# What a role of a running service must not be able to do.
_ROLE = (
    "SELECT rolsuper OR rolcreatedb OR rolcreaterole OR rolbypassrls,"
    " pg_catalog.has_schema_privilege(current_user, 'public', 'CREATE'),"
    " EXISTS (SELECT 1 FROM pg_catalog.pg_tables"
    "  WHERE schemaname = 'public' AND tableowner = current_user)"
    " FROM pg_catalog.pg_roles WHERE rolname = current_user"
)
_SETTINGS = ("server_version_num", "fsync", "synchronous_commit", "full_page_writes")
_POSTGRESQL = "postgresql"


class Command(BaseCommand):
    """Print what is found about databases, migrations, Redis, the broker and the checks."""

    help = "Print one JSON line about each service this process stands on."
    # Run below, and told like the rest.
    requires_system_checks: list[str] = []  # noqa: RUF012 - Django's own way to say it

    def handle(self, *_args: object, **_options: object) -> None:
        """Print every part; none of them ends the others."""
        self._say("redis", _redis)
        self._say("broker", broker_round_trip)
        reached = [alias for alias in settings.DATABASES if self._database(alias)]
        for alias in reached:
            self._say("migrations", partial(_migrations, alias), alias)
        self._say("checks", lambda: {"found": _checks(reached)})

    def _database(self, alias: str) -> bool:
        return self._say("database", partial(_database, alias), alias)

    def _say(self, name: str, look: Callable[[], Part], alias: str = "") -> bool:
        try:
            found, is_seen = look(), True
        except Exception as error:  # noqa: BLE001 - whatever ails a service, the others are told
            found, is_seen = {"error": type(error).__name__}, False
        self.stdout.write(json.dumps({"part": name, "alias": alias, **found}))
        self.stdout.flush()
        return is_seen


def _database(alias: str) -> Part:
    connection = connections[alias]
    with connection.cursor() as cursor:
        if connection.vendor != _POSTGRESQL:
            return {"vendor": connection.vendor}
        cursor.execute(_ROLE)
        can_administer, can_create, owns = cursor.fetchone()
        cursor.execute(
            "SELECT name, setting FROM pg_catalog.pg_settings WHERE name = ANY(%s)",
            [list(_SETTINGS)],
        )
        return {
            "vendor": connection.vendor,
            "can_administer": can_administer,
            "can_create": can_create or owns,
            "settings": dict(cursor.fetchall()),
        }


def _migrations(alias: str) -> Part:
    executor = MigrationExecutor(connections[alias])
    return {"missing": len(executor.migration_plan(executor.loader.graph.leaf_nodes()))}


def _checks(databases: list[str]) -> list[Part]:
    found = run_checks(databases=databases, include_deployment_checks=True)
    return [_told(one) for one in found if _is_operators(one) and not one.is_silenced()]


def _is_operators(one: CheckMessage) -> bool:
    """Tell whether a message is about this installation; the rest is about the program."""
    is_ours = str(one.id).startswith("drempel.") and one.level >= WARNING
    return is_ours or one.is_serious()


def _told(one: CheckMessage) -> Part:
    return {
        "id": one.id,
        "is_error": one.is_serious(),
        "text": str(one.msg).splitlines()[0],
        "hint": str(one.hint or ""),
    }


def _redis() -> Part:
    """Return how Redis keeps what it has; raise RedisError if it cannot be asked."""
    if settings.CELERY_BROKER_URL.startswith("filesystem:"):
        return {"vendor": "folder"}
    with app.connection_for_read() as connection:
        channel: Any = connection.default_channel
        client: Redis = channel.client
        persistence, memory = client.info("persistence"), client.info("memory")
        if not isinstance(persistence, dict) or not isinstance(memory, dict):
            raise RedisError
        return {
            "vendor": "redis",
            "is_kept": bool(persistence.get("aof_enabled")),
            "is_writing": persistence.get("aof_last_write_status") != "err",
            "eviction": memory.get("maxmemory_policy"),
        }
