"""What a service stands on: its own checks, tables, PostgreSQL, Redis, and its worker.

The checks need the service's settings, which this program never loads: a process of its own
does (``python -m django doctor_services``) and prints a line a part.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from cli.doctoring.finding import Finding, fail, ok, warn
from cli.doctoring.machine import ROOT
from cli.doctoring.service import Service

SECONDS = 8.0
# A worker touches this file at every look for work (liveness.py); the relay's longest piece of
# work between two looks is a batch on a slow line.
ALIVE = "worker.alive"
OLDEST = {"portal": 120.0, "node": 120.0, "relay": 360.0}
KEPT = ("PATH", "HOME", "LANG", "SSL_CERT_FILE")
_DATABASE = "Start PostgreSQL, or correct database_… in the service file."
_REDIS = "Start Redis, or correct redis_… in the service file."
_OLDEST_POSTGRESQL = 150_000

Part = dict[str, Any]


def standing(service: Service, seconds: float = SECONDS) -> Iterator[Finding]:
    """Run the service's own look at what it stands on, and judge it (D04 to D08).

    What has not answered after ``seconds`` is not waited for.
    """
    parts, refused = _look(service, seconds)
    if refused is not None:
        yield fail("D04", f"The service's settings do not load. {refused}".strip(), "")
        return
    judges = {
        "checks": _checks,
        "migrations": _migrations,
        "database": _database,
        "redis": _redis,
        "broker": _broker,
    }
    for part in parts:
        yield from judges[part["part"]](part)
    missing = judges.keys() - {"migrations"} - {part["part"] for part in parts}
    if missing:
        seen = f"No answer within {seconds:.0f} seconds about: {', '.join(sorted(missing))}."
        yield fail("D04", seen, "Look whether PostgreSQL and Redis are up.")


def _look(service: Service, seconds: float) -> tuple[list[Part], str | None]:
    """Return the parts that came in time, and why there are none if the process refused."""
    environment = {key: os.environ[key] for key in KEPT if key in os.environ}
    # Embedded, the services share one cache beside their folders.
    own = service.folder.parent if service.is_embedded else service.folder
    cache = os.environ.get("NUMBA_CACHE_DIR") or str(own / "numba")
    environment |= {
        "DREMPEL_CONFIG": str(service.path),
        "DJANGO_SETTINGS_MODULE": f"config.settings.{service.role}",
        "NUMBA_CACHE_DIR": cache,
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    with subprocess.Popen(
        [sys.executable, "-m", "django", "doctor_services"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            out, errors = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            out, _ = process.communicate()
            return [*_parts(out)], None
        finally:
            # Whatever stops us: nothing of ours goes on.
            process.kill()
    parts = [*_parts(out)]
    return parts, None if parts else _sentence(errors)


def _parts(text: str) -> Iterator[Part]:
    for line in text.splitlines():
        with suppress(ValueError):
            part = json.loads(line)
            if isinstance(part, dict):
                yield part


def _sentence(errors: str) -> str:
    """Return what a refused configuration says; nothing of any other error."""
    last = (errors.strip().splitlines() or [""])[-1]
    kind, _, sentence = last.partition(": ")
    return sentence if kind.endswith("BadConfiguration") else kind[:100]


def _checks(part: Part) -> Iterator[Finding]:
    if "error" in part:
        yield fail("D04", f"The system checks end with {part['error']}.", "Read log_file.")
        return
    for one in part["found"]:
        tell = fail if one["is_error"] else warn
        yield tell("D04", f"{one['text']} ({one['id']})", one["hint"])
    if not part["found"]:
        yield ok("D04", "The service's own checks find nothing.")


def _migrations(part: Part) -> Iterator[Finding]:
    name = part["alias"]
    if "error" in part:
        yield fail("D05", f"The tables of {name} cannot be read.", "Migrate; see the grants.")
    elif part["missing"]:
        seen = f"{part['missing']} migrations of {name} are missing."
        yield fail("D05", seen, "Run migrate with migrate.json.")
    else:
        yield ok("D05", f"All migrations of {name} are applied.")


def _database(part: Part) -> Iterator[Finding]:
    name = part["alias"]
    if "error" in part:
        yield fail("D06", f"The database {name} does not answer ({part['error']}).", _DATABASE)
    elif part["vendor"] != "postgresql":
        yield ok("D06", f"The database {name} is {part['vendor']}, as in embedded mode.")
    else:
        wrong = [*_database_wrong(part)]
        yield from (fail("D06", f"In {name}, {seen}.", do) for seen, do in wrong)
        if not wrong:
            yield ok(
                "D06", f"The database {name} answers; its role can do no more than needed."
            )


def _database_wrong(part: Part) -> Iterator[tuple[str, str]]:
    settings = part["settings"]
    if int(settings.get("server_version_num", 0)) < _OLDEST_POSTGRESQL:
        yield "PostgreSQL is older than 15", "Update it."
    if part["can_administer"]:
        yield "the service's role may administer", "Run deploy.make_databases again."
    if part["can_create"]:
        yield "the service's role may make tables", "Run deploy.make_databases again."
    for name in ("fsync", "synchronous_commit", "full_page_writes"):
        if settings.get(name) == "off":
            yield f"{name} is off", "Use deploy/postgresql.conf: a power cut loses answers."


def _redis(part: Part) -> Iterator[Finding]:
    if "error" in part:
        yield fail("D07", f"Redis does not answer ({part['error']}).", _REDIS)
        return
    if part["vendor"] != "redis":
        yield ok("D07", "The broker is a folder, as in embedded mode.")
        return
    wrong = []
    if not part["is_kept"]:
        wrong.append(warn("D07", "Redis keeps nothing (appendonly no).", "Set appendonly yes."))
    if not part["is_writing"]:
        wrong.append(fail("D07", "Redis cannot write its file.", "Make room on its disk."))
    if part["eviction"] != "noeviction":
        do = "Set maxmemory-policy noeviction."
        wrong.append(warn("D07", f"Redis may drop messages ({part['eviction']}).", do))
    yield from wrong or [ok("D07", "Redis keeps what it has and drops nothing.")]


def _broker(part: Part) -> Iterator[Finding]:
    if part.get("is_back"):
        yield ok("D08", "A message goes through the broker and back.")
    else:
        yield fail("D08", "A message does not come back from the broker.", _REDIS)


def worker(service: Service) -> Iterator[Finding]:
    """Ask when a worker last said that it lives (D09)."""
    path = service.folder / ALIVE
    try:
        age = time.time() - path.stat().st_mtime
    except OSError:
        age = None
    if age is None or age > OLDEST[service.role]:
        yield fail("D09", "No worker has looked for work lately.", "Start drempel-worker.")
    else:
        yield ok("D09", f"A worker was alive {max(age, 0):.0f} seconds ago.")
