"""Read ``drempel-services/1``: the PostgreSQL and Redis that an embedded federation runs on.

Source: docs/services-file.md. Both belong to somebody else: the federation makes roles and
databases of its own there, under names nobody else has, and takes them away again.
"""

from dataclasses import dataclass
from pathlib import Path

from cli.errors import BadInput
from cli.files import read_json
from deploy.make_databases import Admin
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.errors import ProtocolError
from mpcengine.protocol.strict import Fields

SERVICES_FORMAT = "drempel-services/1"
MAX_PORT = 65535
MAX_NAME = 63


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """How to enter both servers; ``templates`` begins the names of databases made before."""

    admin: Admin
    redis_host: str
    redis_port: int
    redis_password_file: Path | None
    templates: str | None = None


def services_read(path: Path) -> Services:
    """Return what a services file names; raise BadInput."""
    value = read_json(path)
    try:
        return services_parse(value, path.resolve().parent)
    except ProtocolError as error:
        raise BadInput(f"{path}: {error.sentence}") from None


def services_parse(value: JSON, folder: Path) -> Services:
    """Return what the document names; paths may be relative to ``folder``.

    Raises MalformedInput with the path of what is wrong, BadInput for a password file.
    """
    top = Fields(value, required=("format", "postgresql", "redis"), file=True)
    top.choice("format", (SERVICES_FORMAT,))
    server = top.fields(
        "postgresql",
        required=("host", "port", "user"),
        optional=("password_file", "templates"),
    )
    redis = top.fields("redis", required=("host", "port"), optional=("password_file",))
    password = _file(server, folder)
    return Services(
        admin=Admin(
            host=server.text("host"),
            port=server.integer("port", 1, MAX_PORT),
            user=server.text("user", longest=MAX_NAME),
            password="" if password is None else _secret(password),
        ),
        redis_host=redis.text("host"),
        redis_port=redis.integer("port", 1, MAX_PORT),
        redis_password_file=_file(redis, folder),
        templates=server.text("templates", longest=30) if server.has("templates") else None,
    )


def _file(fields: Fields, folder: Path) -> Path | None:
    if not fields.has("password_file"):
        return None
    return folder / fields.text("password_file")


def _secret(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except (OSError, ValueError):
        raise BadInput(f"The password file {path} cannot be read.") from None
