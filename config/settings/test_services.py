"""Databases of unit tests, in the PostgreSQL that DREMPEL_TEST_SERVICES names."""

import json
import os
import secrets
from pathlib import Path
from typing import Any

from psycopg import IsolationLevel


def databases() -> dict[str, Any]:
    """Return two databases under names that no other run has, or nothing."""
    path = os.environ.get("DREMPEL_TEST_SERVICES")
    if not path:
        return {}
    server = json.loads(Path(path).read_text("utf-8"))["postgresql"]
    mark = secrets.token_hex(5)
    return {
        alias: {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": server["host"],
            "PORT": str(server["port"]),
            "USER": server["user"],
            "NAME": f"drempel_u_{mark}_{alias}",
            "CONN_MAX_AGE": None,
            "OPTIONS": {"isolation_level": IsolationLevel.READ_COMMITTED},
        }
        for alias in ("default", "issuing")
    }
