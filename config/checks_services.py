"""Refuse services that would leak, lose or be open; some of it only the servers can tell.

drempel.E009  a secret in the environment, outside the embedded layer
drempel.E010  a secret file of another user, or of an odd mode, outside the embedded layer
drempel.E011  a database that is not PostgreSQL, outside the embedded layer
drempel.E012  a broker that is not Redis, outside the embedded layer
drempel.E013  neither TLS here nor a proxy that ends it, outside the embedded layer
drempel.E014  no host names, or a wildcard, outside the embedded layer
drempel.E015  issuing and packages share a role (nodes)
drempel.E016  PostgreSQL writes rows, statements or times where nobody should find them
drempel.E017  the service's database role may do more than read and write rows
drempel.E018  Redis forgets or evicts wake-up calls, or lets anybody in
drempel.E019  PostgreSQL or Redis cannot be asked

E016 to E019 ask the servers: ``check --deploy --database default --database issuing``. E017 and
E018 are not asked by ``migrate``, whose role owns the tables and needs no Redis.
"""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import redis
from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import Error as DatabaseFault
from django.db import connections

from config.env import BadConfiguration, require_own

Found = list[CheckMessage]
Apps = Sequence[AppConfig] | None

POSTGRESQL = "django.db.backends.postgresql"
REDIS_SECONDS = 3.0
_SECRET_NAME = re.compile(r"PASSWORD|PASSWD|SECRET|TOKEN|PRIVATE_?KEY|API_?KEY|CREDENTIAL")
# Names that say where a secret is, not what it is.
_PLACE_NAME = re.compile(r"(_FILE|_DIR|_DIRECTORY|_PATH|PGPASSFILE)$")
_PASSWORD_IN_URL = re.compile(r"[a-z+]+://[^/@\s]*:[^/@\s]+@")
_LEAST_SECRET = 16
# What a server may say in its log and keep beside its rows (deploy/postgresql.conf).
QUIET: Mapping[str, frozenset[str]] = {
    "log_error_verbosity": frozenset({"terse"}),
    "log_min_error_statement": frozenset({"panic"}),
    "log_statement": frozenset({"none"}),
    "log_duration": frozenset({"off"}),
    "log_min_duration_statement": frozenset({"-1"}),
    "log_min_duration_sample": frozenset({"-1"}),
    "log_transaction_sample_rate": frozenset({"0"}),
    "log_parameter_max_length": frozenset({"0", "0B"}),
    "log_parameter_max_length_on_error": frozenset({"0", "0B"}),
    "track_commit_timestamp": frozenset({"off"}),
    "fsync": frozenset({"on"}),
    "full_page_writes": frozenset({"on"}),
    "synchronous_commit": frozenset({"on", "remote_write", "remote_apply", "local"}),
    "password_encryption": frozenset({"scram-sha-256"}),
}
# In log_line_prefix: host, host with port, user. A respondent's request has none of ours.
_LOUD_PREFIX = re.compile(r"%-?\d*[hru]")
_OWNED = """
SELECT rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls
    OR has_database_privilege(current_database(), 'CREATE')
    OR has_schema_privilege('public', 'CREATE')
    OR EXISTS (SELECT 1 FROM pg_class WHERE relowner = pg_roles.oid)
    OR EXISTS (SELECT 1 FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
               WHERE nspname = 'public' AND relkind IN ('r', 'p')
               AND has_table_privilege(pg_class.oid, 'TRUNCATE, REFERENCES, TRIGGER'))
FROM pg_roles WHERE rolname = current_user
"""
_PUBLIC = """
SELECT EXISTS (SELECT 1 FROM pg_database, aclexplode(coalesce(datacl, acldefault('d', datdba)))
               WHERE datname = current_database() AND grantee = 0)
"""


@register()
def check_environment(app_configs: Apps, **_: Any) -> Found:
    """Refuse secrets in the environment: children, crash reports and the user can read it."""
    del app_configs
    if settings.EMBEDDED:
        return []
    known = tuple(_secrets(settings.SECRET_FILES))
    return [
        Error(f"The variable {name} holds a secret; name a file instead.", id="drempel.E009")
        for name, value in sorted(os.environ.items())
        if _is_secret(name, value, known)
    ]


def _is_secret(name: str, value: str, known: tuple[str, ...]) -> bool:
    upper = name.upper()
    by_name = bool(_SECRET_NAME.search(upper)) and not _PLACE_NAME.search(upper)
    by_value = bool(_PASSWORD_IN_URL.search(value)) or any(one in value for one in known)
    return bool(value) and (by_name or by_value)


def _secrets(paths: Iterable[str]) -> Iterable[str]:
    for path in paths:
        try:
            text = Path(path).read_text("utf-8").strip()
        except (OSError, ValueError):
            continue
        if len(text) >= _LEAST_SECRET:
            yield text


@register()
def check_secret_owners(app_configs: Apps, **_: Any) -> Found:
    """Require every secret file to be the service's own user's, of mode 0400 or 0600."""
    del app_configs
    found: Found = []
    for name in () if settings.EMBEDDED else settings.SECRET_FILES:
        try:
            require_own(Path(name))
        except BadConfiguration as error:
            found.append(Error(str(error), id="drempel.E010"))
    return found


@register()
def check_served(app_configs: Apps, **_: Any) -> Found:
    """Outside the embedded layer, require PostgreSQL, Redis, TLS or a proxy, and hosts."""
    del app_configs
    if settings.EMBEDDED:
        return []
    found: Found = []
    if any(one["ENGINE"] != POSTGRESQL for one in settings.DATABASES.values()):
        found.append(Error("Every database must be PostgreSQL.", id="drempel.E011"))
    if not settings.CELERY_BROKER_URL.startswith(("redis://", "rediss://")):
        found.append(Error("The broker must be Redis.", id="drempel.E012"))
    if not settings.TLS_KEY_FILE and not settings.BEHIND_PROXY:
        found.append(Error("TLS must end here or at a proxy.", id="drempel.E013"))
    hosts = settings.ALLOWED_HOSTS
    if not hosts or any(host.startswith((".", "*")) for host in hosts):
        found.append(Error("Host names must be listed one by one.", id="drempel.E014"))
    return found


@register()
def check_issuing_role(app_configs: Apps, **_: Any) -> Found:
    """Require two database roles of a node that is on PostgreSQL."""
    del app_configs
    databases = settings.DATABASES
    if settings.ROLE != "node" or databases["default"]["ENGINE"] != POSTGRESQL:
        return []
    if databases["default"]["USER"] == databases["issuing"]["USER"]:
        return [Error("Who may answer and what was answered share a role.", id="drempel.E015")]
    return []


@register(Tags.database)
def check_quiet_server(
    app_configs: Apps, databases: Sequence[str] | None = None, **_: Any
) -> Found:
    """Refuse a PostgreSQL that writes what tables leave out; settings we may not see pass."""
    del app_configs
    found: Found = []
    for alias in _asked(databases):
        rows = _rows(alias, "SELECT name, setting FROM pg_settings", found)
        server = {str(name): str(value) for name, value in rows}
        loud = [key for key, fine in QUIET.items() if server.get(key, min(fine)) not in fine]
        if _LOUD_PREFIX.search(server.get("log_line_prefix", "")):
            loud.append("log_line_prefix")
        found += [
            Error(
                f"PostgreSQL's {key} of the database {alias} must be as in"
                " deploy/postgresql.conf.",
                id="drempel.E016",
            )
            for key in loud
        ]
    return found


@register(Tags.database, deploy=True)
def check_database_role(
    app_configs: Apps, databases: Sequence[str] | None = None, **_: Any
) -> Found:
    """Require a role that reads and writes rows and nothing else, in a database of its own."""
    del app_configs
    found: Found = []
    for alias in _asked(databases):
        for query in (_OWNED, _PUBLIC):
            if _rows(alias, query, found)[:1] == [(True,)]:
                sentence = (
                    f"The service's role may do too much in the database {alias}, or everybody"
                    " may enter it (python -m deploy.make_databases)."
                )
                found.append(Error(sentence, id="drempel.E017"))
    return found


def _asked(databases: Sequence[str] | None) -> list[str]:
    if settings.EMBEDDED:
        return []
    return [one for one in databases or () if connections[one].vendor == "postgresql"]


def _rows(alias: str, query: str, found: Found) -> list[tuple[Any, ...]]:
    try:
        with connections[alias].cursor() as cursor:
            cursor.execute(query)
            return list(cursor.fetchall())
    except DatabaseFault:
        sentence = f"The database {alias} does not answer."
        if all(one.msg != sentence for one in found):
            found.append(Error(sentence, id="drempel.E019"))
        return []


@register(Tags.database, deploy=True)
def check_broker(app_configs: Apps, databases: Sequence[str] | None = None, **_: Any) -> Found:
    """Refuse a Redis that forgets at a restart, evicts, or needs no password."""
    del app_configs
    if settings.EMBEDDED or not databases:
        return []
    try:
        with _redis() as client:
            kept = client.info("persistence").get("aof_enabled")
            policy = client.info("memory").get("maxmemory_policy")
        is_open = _lets_anybody_in()
    except redis.RedisError:
        return [Error("Redis does not answer.", id="drempel.E019")]
    return [
        *([] if kept == 1 else [Error("Redis must have appendonly on.", id="drempel.E018")]),
        *(
            []
            if policy == "noeviction"
            else [Error("Redis must have the policy noeviction.", id="drempel.E018")]
        ),
        *(
            [Error("Redis must ask everybody for a password.", id="drempel.E018")]
            if is_open
            else []
        ),
    ]


def _lets_anybody_in() -> bool:
    """Tell whether Redis takes a command from somebody without a password.

    That we have one says little: the user ``default`` may have none.
    """
    try:
        with _redis(user=None, password=None) as nobody:
            nobody.ping()
    except redis.AuthenticationError:
        return False
    except redis.ResponseError:
        return True
    return True


def _redis(**login: str | None) -> "redis.Redis":
    tls = getattr(settings, "CELERY_BROKER_USE_SSL", None) or {}
    own = {
        "user": getattr(settings, "CELERY_BROKER_USER", None),
        "password": getattr(settings, "CELERY_BROKER_PASSWORD", None),
    }
    given = own | login
    client: redis.Redis = redis.Redis.from_url(
        settings.CELERY_BROKER_URL,
        username=given["user"],
        password=given["password"],
        socket_connect_timeout=REDIS_SECONDS,
        socket_timeout=REDIS_SECONDS,
        **({"ssl_ca_certs": tls["ssl_ca_certs"]} if tls else {}),
    )
    return client
