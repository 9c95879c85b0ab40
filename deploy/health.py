"""``python -m deploy.health``: exit with 0 if this container's web process is ready.

For a container's health check: asks the web process over TLS, under the first of its names that
the service file (DREMPEL_CONFIG) has. A worker's is ``python -m config.alive``.
"""

import http.client
import json
import os
import ssl
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SECONDS = 4.0
PATH = "/api/v1/health"
LOOPBACK = "127.0.0.1"


def is_web_well(service: Mapping[str, Any]) -> bool:
    """Tell whether the web process answers that it is well, under the certificate it should."""
    connection = _connection(service)
    try:
        connection.request(
            "GET", PATH, headers={"Host": (service.get("hosts") or [LOOPBACK])[0]}
        )
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def main() -> int:
    """Return 0 if the service is well, else 1."""
    service = json.loads(Path(os.environ["DREMPEL_CONFIG"]).read_bytes())
    return 0 if is_web_well(service) else 1


def _connection(service: Mapping[str, Any]) -> http.client.HTTPConnection:
    port = int(service["port"])
    if "tls_certificate_file" not in service:
        return http.client.HTTPConnection(LOOPBACK, port, timeout=SECONDS)
    # Exactly this certificate, whoever signed it; its names are for callers from outside.
    context = ssl.create_default_context(cafile=service["tls_certificate_file"])
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.check_hostname = False
    return http.client.HTTPSConnection(LOOPBACK, port, timeout=SECONDS, context=context)


if __name__ == "__main__":
    sys.exit(main())
