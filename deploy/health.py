"""``python -m deploy.health web|worker``: exit with 0 if the service in this container is well.

For a container's health check: reads the service file that DREMPEL_CONFIG names, asks the web
process over TLS under the service's own first name, or looks whether the worker runs.
"""

import http.client
import json
import os
import ssl
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import psutil

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


def is_worker_well(_service: Mapping[str, Any]) -> bool:
    """Tell whether the worker runs, and is not stopped or dead with nobody to bury it."""
    ill = {psutil.STATUS_ZOMBIE, psutil.STATUS_STOPPED, psutil.STATUS_DEAD}
    for process in psutil.process_iter(["cmdline", "status"]):
        if "celery" in (process.info["cmdline"] or ()):
            return process.info["status"] not in ill
    return False


def main(kind: str) -> int:
    """Return 0 if the service is well, else 1."""
    kinds: Mapping[str, Callable[[Mapping[str, Any]], bool]] = {
        "web": is_web_well,
        "worker": is_worker_well,
    }
    service = json.loads(Path(os.environ["DREMPEL_CONFIG"]).read_bytes())
    return 0 if kinds[kind](service) else 1


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
    sys.exit(main(sys.argv[1]))
