"""How the portal's mail leaves: by a server, as files in embedded mode, or not at all."""

from typing import Any

from config import env

SMTP_PORTS = {"tls": 465, "starttls": 587, "none": 25}
HTTPS_PORT = 443
SECONDS = 10
SENDER = "drempel@localhost"


def public_url(service: env.PortalService) -> str:
    """Return the address in front of every link that leaves the portal."""
    if service.embedded:
        return f"http://localhost:{service.port}"
    own_port = service.tls_key_file is not None and service.port != HTTPS_PORT
    return f"https://{service.hosts[0]}" + (f":{service.port}" if own_port else "")


def mail(service: env.PortalService) -> dict[str, Any]:
    """Return Django's mail settings, and whether links are mailed, handed over, or both."""
    found: dict[str, Any] = {
        "MAIL_IS_SENT": service.embedded or service.mail_host is not None,
        "LINKS_ARE_PRINTED": service.embedded or service.mail_host is None,
        "DEFAULT_FROM_EMAIL": service.mail_from or SENDER,
        "EMAIL_TIMEOUT": SECONDS,
    }
    if service.mail_host is not None:
        security = service.mail_security or "starttls"
        password = service.mail_password_file
        return found | {
            "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "EMAIL_HOST": service.mail_host,
            "EMAIL_PORT": service.mail_port or SMTP_PORTS[security],
            "EMAIL_USE_SSL": security == "tls",
            "EMAIL_USE_TLS": security == "starttls",
            "EMAIL_HOST_USER": service.mail_user or "",
            "EMAIL_HOST_PASSWORD": env.password_text(password, embedded=service.embedded),
        }
    if service.embedded:
        return found | {
            "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "EMAIL_FILE_PATH": str(service.mail_dir or service.data_dir / "mail"),
        }
    return found | {"EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend"}
