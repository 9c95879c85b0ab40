"""Write a whole, harmless service file for a role, and run management commands under it."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROLES = ("portal", "relay", "node")
SECRET = "0" * 48


def _secret(path: Path) -> str:
    path.write_text(SECRET, "utf-8")
    path.chmod(0o600)
    return str(path)


def _plain(path: Path) -> str:
    path.write_text("{}", "utf-8")
    return str(path)


def service_members(role: str, folder: Path) -> dict[str, object]:
    """Return the members of a role's service file, after making the files it names."""
    members: dict[str, object] = {
        "role": role,
        "embedded": True,
        "data_dir": str(folder),
        "port": 8001,
        "broker_dir": str(folder / "broker"),
        "secret_key_file": _secret(folder / "secret-key"),
        "log_file": str(folder / "log.txt"),
        "nodes_file": _plain(folder / "nodes.json"),
    }
    if role == "portal":
        members["relay_url"] = "http://127.0.0.1:8002"
        members["relay_token_file"] = _secret(folder / "relay-token")
        members["second_factor_key_file"] = _secret(folder / "second-factor-key")
    elif role == "relay":
        members["signing_key_file"] = _secret(folder / "signing.pem")
        members["portal_token_file"] = _secret(folder / "portal-token")
    else:
        members |= {"node": "b", "index": 2, "name": "Bram's node", "party_host": "127.0.0.1"}
        members["identity_key_file"] = _secret(folder / "identity.pem")
        members["policy_file"] = _plain(folder / "policy.json")
    return members


def on_services(role: str, folder: Path) -> dict[str, object]:
    """Return the members of a file that names PostgreSQL and Redis, embedded or not."""
    members = service_members(role, folder)
    del members["broker_dir"]
    members |= {
        "database_host": "127.0.0.1",
        "database_name": "packages",
        "database_user": "packages",
        "database_password_file": _secret(folder / "database-password"),
        "redis_host": "127.0.0.1",
    }
    if role == "node":
        members |= {"issuing_database_name": "issuing", "issuing_database_user": "issuing"}
    return members


def guarded(role: str, folder: Path) -> dict[str, object]:
    """Return the members of a file outside the embedded layer."""
    more = {"embedded": False, "behind_proxy": True, "hosts": ["drempel.example"]}
    return on_services(role, folder) | more


def environment(role: str, folder: Path, members: dict[str, object]) -> dict[str, str]:
    """Write the service file and return the environment of a process of that role."""
    named = folder / "service.json"
    named.write_text(json.dumps(members), "utf-8")
    cache = folder / "numba"
    cache.mkdir(mode=0o700, exist_ok=True)
    kept = {key: value for key, value in os.environ.items() if key in {"PATH", "HOME", "LANG"}}
    return {
        **kept,
        "DREMPEL_CONFIG": str(named),
        "DJANGO_SETTINGS_MODULE": f"config.settings.{role}",
        "NUMBA_CACHE_DIR": str(cache),
    }


def manage(environ: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one management command under a role's real settings."""
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *arguments],
        env=environ,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
