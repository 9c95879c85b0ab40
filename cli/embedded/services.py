"""Say how each embedded process is started: arguments and environment, no secret in either."""

import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from cli.embedded.house import House, role_of

ROOT = Path(__file__).resolve().parents[2]
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TZ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """Hold one process to start: its name, arguments, environment, output file and sockets."""

    name: str
    arguments: tuple[str, ...]
    environment: dict[str, str]
    output: Path
    sockets: tuple[int, ...]
    stop_signal: int = signal.SIGTERM


def web_program(house: House, service: str, socket: int) -> Program:
    """Return the web process of a service, which takes callers from a socket we hold."""
    arguments = (
        "gunicorn",
        "config.wsgi:application",
        *("--config", str(Path(__file__).with_name("gunicorn_conf.py"))),
        *("--bind", f"fd://{socket}"),
        *("--worker-tmp-dir", str(house.scratch)),
        *("--log-level", "warning"),
    )
    # On SIGQUIT gunicorn ends its worker without waiting for idle connections.
    return _program(house, service, "web", arguments, signal.SIGQUIT, (socket,))


def worker_program(house: House, service: str) -> Program:
    """Return the worker process of a service."""
    arguments = (
        "celery",
        *("-A", "config.celery", "worker", "-P", "solo", "--loglevel", "WARNING"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat", "-n", service),
    )
    # Celery takes seconds to end; a killed worker loses nothing, because the row is the queue.
    return _program(house, service, "worker", arguments, signal.SIGKILL)


def manage_program(house: House, service: str, *arguments: str) -> Program:
    """Return a management command under a service's settings; it runs once and ends."""
    return _program(house, service, arguments[0], ("django", *arguments), signal.SIGTERM)


def base_environment(scratch: Path) -> dict[str, str]:
    """Return what every process of ours gets, and nothing else of ours."""
    kept = {key: os.environ[key] for key in _KEPT if key in os.environ}
    return {
        **kept,
        "TMPDIR": str(scratch),
        "PYTHONUNBUFFERED": "1",
        # One thread a process: fifteen processes share the machine.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


def _program(
    house: House,
    service: str,
    kind: str,
    arguments: tuple[str, ...],
    stop_signal: int,
    sockets: tuple[int, ...] = (),
) -> Program:
    own = house.service_folder(service)
    return Program(
        name=f"{service} {kind}",
        arguments=(sys.executable, "-m", *arguments),
        environment={
            **base_environment(house.scratch),
            "DREMPEL_CONFIG": str(own / "service.json"),
            "DJANGO_SETTINGS_MODULE": f"config.settings.{role_of(service)}",
            "NUMBA_CACHE_DIR": str(house.numba_cache),
        },
        output=own / f"{kind}.out",
        sockets=sockets,
        stop_signal=stop_signal,
    )
