"""The services layer: PostgreSQL and Redis, for one machine's tests and for operators alike.

A layer beside ``embedded``; each role's module asks ``storage`` for the one that its service
file names. Which settings the PostgreSQL and Redis servers themselves need is said in
``deploy/postgresql.conf`` and ``docs/operating-a-node.md``, and checked (drempel.E016, E018).
"""

import ssl
from typing import Any
from urllib.parse import quote

from psycopg import IsolationLevel

from config import env
from config.settings.embedded import folder_broker, sqlite

# Seconds. A call waits for a connection at most CONNECT + POOL, and is then told to come back
# (problems.py). A pool gives up a dead server soon, so that it finds the living one soon.
CONNECT_SECONDS = 3
POOL_SECONDS = 5.0
RECONNECT_SECONDS = 4.0
IDLE_SECONDS = 60.0
# Eight threads of a web process, each with one connection at a time; a worker has one thread
# that works and a few that look for work.
POOL_MOST = 10
# Milliseconds, kept by the server: what a stuck or frozen process may hold up. A frozen worker
# loses its transaction, and so its row locks, before others give up waiting for them.
STATEMENT_MS = 120_000
LOCK_MS = 30_000
IDLE_IN_TRANSACTION_MS = 25_000

# Redis carries wake-up calls only: the row is the queue (studies 4.2). A message that nobody
# acknowledged comes back after VISIBLE seconds, looked for every 5.
VISIBLE_SECONDS = 600
RESTORE_SECONDS = 5
REDIS_CONNECT_SECONDS = 2.0
REDIS_SECONDS = 5.0


def postgresql(service: env.Service, *, name: str, user: str, password: str) -> dict[str, Any]:
    """Return the settings of one PostgreSQL database, behind a pool of this process's own."""
    server_side = {
        "statement_timeout": STATEMENT_MS,
        "lock_timeout": LOCK_MS,
        "idle_in_transaction_session_timeout": IDLE_IN_TRANSACTION_MS,
    }
    options: dict[str, Any] = {
        "pool": {
            "min_size": 0,
            "max_size": POOL_MOST,
            "timeout": POOL_SECONDS,
            "max_idle": IDLE_SECONDS,
            "reconnect_timeout": RECONNECT_SECONDS,
        },
        "isolation_level": IsolationLevel.READ_COMMITTED,
        "connect_timeout": CONNECT_SECONDS,
        "tcp_user_timeout": int(POOL_SECONDS * 1000),
        "keepalives_idle": 10,
        "gssencmode": "disable",
        "application_name": f"drempel-{service.role}",
        "options": " ".join(f"-c {key}={value}" for key, value in server_side.items()),
    }
    if service.database_ca_file is not None:
        options["sslmode"] = "verify-full"
        options["sslrootcert"] = str(service.database_ca_file)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": service.database_host,
        "PORT": str(service.database_port),
        "NAME": name,
        "USER": user,
        "PASSWORD": password,
        "CONN_MAX_AGE": 0,  # the pool keeps connections, not a thread
        "CONN_HEALTH_CHECKS": True,  # what died while it rested is not handed out
        "OPTIONS": options,
        "TEST": {"TEMPLATE": "template0"},
    }


def databases(service: env.Service, files: dict[str, str]) -> dict[str, Any]:
    """Return a role's DATABASES; ``files`` names the SQLite file of each alias."""
    if not service.is_on_services:
        return {alias: sqlite(service.data_dir / name) for alias, name in files.items()}
    found = {
        "default": postgresql(
            service,
            name=service.database_name or "",
            user=service.database_user or "",
            password=env.password_text(
                service.database_password_file, embedded=service.embedded
            ),
        )
    }
    if isinstance(service, env.NodeService):
        found["issuing"] = postgresql(
            service,
            name=service.issuing_database_name or "",
            user=service.issuing_database_user or "",
            password=env.password_text(
                service.issuing_database_password_file, embedded=service.embedded
            ),
        )
    return found


def broker(service: env.Service) -> dict[str, Any]:
    """Return Celery's settings of the broker, folder or Redis.

    The password is a setting of its own: a URL is what gets printed.
    """
    if service.redis_host is None:
        if service.broker_dir is None:
            raise env.BadConfiguration('The service file lacks the key "broker_dir".')
        return {
            "CELERY_BROKER_URL": "filesystem://",
            "CELERY_BROKER_TRANSPORT_OPTIONS": folder_broker(service.broker_dir),
        }
    scheme = "redis" if service.redis_ca_file is None else "rediss"
    host = quote(service.redis_host, safe=":[]")
    found: dict[str, Any] = {
        "CELERY_BROKER_URL": f"{scheme}://{host}:{service.redis_port}/{service.redis_number}",
        "CELERY_BROKER_TRANSPORT_OPTIONS": {
            "visibility_timeout": VISIBLE_SECONDS,
            "unacked_restore_interval": RESTORE_SECONDS,
            "unacked_restore_throttle": 1,
            "global_keyprefix": service.redis_prefix or "",
            "socket_connect_timeout": REDIS_CONNECT_SECONDS,
            "socket_timeout": REDIS_SECONDS,
            "socket_keepalive": True,
        },
    }
    if service.redis_user is not None:
        found["CELERY_BROKER_USER"] = service.redis_user
    if service.redis_password_file is not None:
        found["CELERY_BROKER_PASSWORD"] = env.password_text(
            service.redis_password_file, embedded=service.embedded
        )
    if service.redis_ca_file is not None:
        found["CELERY_BROKER_USE_SSL"] = {
            "ssl_cert_reqs": ssl.CERT_REQUIRED,
            "ssl_ca_certs": str(service.redis_ca_file),
        }
    return found
