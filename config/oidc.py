"""Read the file that names the OpenID Connect providers, each for one organisation.

``{"providers": [{"id", "name", "organisation", "server_url", "client_id",
"client_secret_file"}]}``. A provider signs in people of its organisation only, who must be
invited already, by an address the provider says is verified. Its secret is a file of its own.
"""

import json
import re
from pathlib import Path
from typing import Any

from config.env import BadConfiguration, password_text

MEMBERS = frozenset(
    {"id", "name", "organisation", "server_url", "client_id", "client_secret_file"}
)
_ID = re.compile(r"[a-z0-9-]{1,40}")


def oidc_apps(path: Path | None) -> list[dict[str, Any]]:
    """Return allauth's description of every provider; raise BadConfiguration."""
    if path is None:
        return []
    try:
        read = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        raise BadConfiguration(f"{path.name} is not readable JSON.") from None
    listed = read.get("providers") if isinstance(read, dict) else None
    if not isinstance(listed, list):
        raise BadConfiguration(f'{path.name} must have the one member "providers", a list.')
    apps = [_app(path.name, one) for one in listed]
    if len({app["provider_id"] for app in apps}) != len(apps):
        raise BadConfiguration(f"{path.name} has two providers of one id.")
    return apps


def _app(file: str, given: object) -> dict[str, Any]:
    if (
        not isinstance(given, dict)
        or given.keys() != MEMBERS
        or not all(isinstance(value, str) and value for value in given.values())
    ):
        raise BadConfiguration(f"{file}: a provider has exactly {', '.join(sorted(MEMBERS))}.")
    secret = Path(given["client_secret_file"])
    if not _ID.fullmatch(given["id"]) or not secret.is_absolute():
        raise BadConfiguration(f"{file}: an id is a-z, 0-9 and -; a secret's path is absolute.")
    if not given["server_url"].startswith("https://"):
        raise BadConfiguration(f"{file}: a provider's server_url begins with https://.")
    return {
        "provider_id": given["id"],
        "name": given["name"],
        "client_id": given["client_id"],
        "secret": password_text(secret, embedded=False),
        "settings": {
            "server_url": given["server_url"],
            "organisation": given["organisation"],
            "oauth_pkce_enabled": True,
        },
    }
