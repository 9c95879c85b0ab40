"""What every role's settings take from its service file, whatever the role."""

from typing import Any

from config import env
from config.log import events_path, logging_settings
from config.settings.services import broker

# Outside the embedded layer several workers share the rows, and nobody watches the clock.
RECONCILE_SECONDS = 15.0


def served(service: env.Service) -> dict[str, Any]:
    """Return the settings: who and where this is, how it is met, its broker and its log."""
    paths = (getattr(service, key, None) for key in sorted(env.SECRET_FILES))
    found: dict[str, Any] = {
        "ROLE": service.role,
        "EMBEDDED": service.embedded,
        "DATA_DIR": str(service.data_dir),
        "FAULT_DIR": str(service.fault_dir or ""),
        "SECRET_KEY": env.secret_text(service.secret_key_file),
        "SECRET_FILES": tuple(str(path) for path in paths if path is not None),
        "EVENTS_FILE": str(events_path(service)),
        "LISTEN_HOST": service.listen_host,
        "TLS_CERTIFICATE_FILE": str(service.tls_certificate_file or ""),
        "TLS_KEY_FILE": str(service.tls_key_file or ""),
        "BEHIND_PROXY": service.behind_proxy,
        "LOGGING": logging_settings(service.log_file),
        **broker(service),
    }
    if service.hosts:
        found["ALLOWED_HOSTS"] = list(service.hosts)
    if not service.embedded:
        found["RECONCILE_SECONDS"] = RECONCILE_SECONDS
    return found
