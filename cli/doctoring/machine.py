"""What is seen without asking anybody: versions, files, disk, certificate, policy, ports."""

import importlib.metadata
import os
import re
import shutil
import socket
import stat
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cli.doctoring.finding import Finding, fail, ok, warn
from cli.doctoring.service import Service
from cli.errors import BadInput
from cli.files import read_json, read_partners
from cli.installing.certificates import certificate_load
from mpcengine.protocol.errors import ProtocolError
from mpcengine.protocol.policy import Policy, parse_policy

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "requirements" / "run.txt"
PYTHON = (3, 11)
DISK_WARN, DISK_FAIL = 0.15, 0.05
CERTIFICATE_DAYS = 14
OTHERS = 0o077
OTHERS_WRITE = 0o022
# Written by the service itself, so perhaps not there yet.
_LATER = {"log_file", "events_file"}
_PUBLIC = {"nodes_file", "policy_file", "tls_certificate_file", "database_ca_file"}
_PUBLIC |= {"redis_ca_file"}
_LOCKED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)


def versions() -> Iterator[Finding]:
    """Compare Python and every installed package with the lock (D01)."""
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < PYTHON:
        yield fail("D01", f"Python is {found}.", "Install 3.11 or newer.")
        return
    others = []
    locked: dict[str, set[str]] = {}
    for name, version in _LOCKED.findall(LOCK.read_text("utf-8")):
        # Some packages have a version for each Python.
        locked.setdefault(name, set()).add(version)
    for name, allowed in locked.items():
        try:
            installed = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # for another system or Python
        if installed not in allowed:
            others.append(f"{name} {installed} instead of {min(allowed)}")
    if others:
        yield fail("D01", f"Not as locked: {', '.join(others)[:200]}.", "Run make install.")
    else:
        yield ok("D01", f"Python {found}, packages as locked.")


def files(service: Service) -> Iterator[Finding]:
    """Look at modes and owners of the folder and of every file that is named (D02)."""
    wrong = [*_mode_of(service.folder, OTHERS), *_mode_of(service.path, OTHERS_WRITE)]
    for key in sorted(service.members):
        path = service.file(key) if key.endswith("_file") else None
        if path is None:
            continue
        if not path.is_file():
            wrong += [] if key in _LATER else [f"{path} ({key}) is not there"]
        else:
            wrong += _mode_of(path, OTHERS_WRITE if key in _PUBLIC else OTHERS)
    if wrong:
        do = "Secrets need mode 0600, the folder 0700, and this user as owner."
        yield fail("D02", f"{'; '.join(wrong)}.", do)
    else:
        yield ok("D02", "Files are there, private where they must be, and this user's.")


def _mode_of(path: Path, forbidden: int) -> list[str]:
    try:
        found = path.stat()
    except OSError:
        return [f"{path} cannot be looked at"]
    wrong = []
    if found.st_mode & forbidden:
        wrong.append(f"{path} has mode {stat.S_IMODE(found.st_mode):04o}")
    if found.st_uid not in {os.geteuid(), 0}:
        wrong.append(f"{path} belongs to another user")
    return wrong


def disk(service: Service) -> Iterator[Finding]:
    """Ask how much room is left where the data is (D10)."""
    usage = shutil.disk_usage(service.folder)
    share = usage.free / usage.total
    seen = f"{share:.0%} of the disk is free ({usage.free // 2**20} MB)."
    if share < DISK_FAIL:
        yield fail("D10", seen, "Make room now: soon nothing can be stored.")
    elif share < DISK_WARN:
        yield warn("D10", seen, "Make room.")
    else:
        yield ok("D10", seen)


def certificate(service: Service) -> Iterator[Finding]:
    """Ask how long the web certificate still runs (D17)."""
    path = service.file("tls_certificate_file")
    if path is None and service.is_embedded:
        yield ok("D17", "No TLS, as in embedded mode.")
        return
    if path is None:
        yield ok("D17", "TLS ends at your proxy: its certificate is yours to watch.")
        return
    try:
        ends = certificate_load(path).not_valid_after_utc
    except BadInput as error:
        yield fail("D17", error.sentence, "Make a new certificate.")
        return
    left = ends - datetime.now(UTC)
    seen = f"The web certificate runs until {ends:%Y-%m-%d}."
    if left < timedelta(0):
        yield fail("D17", seen, "Change it now; tell the other operators the new pin.")
    elif left < timedelta(days=CERTIFICATE_DAYS):
        yield warn("D17", seen, "Change it; tell the other operators the new pin first.")
    else:
        yield ok("D17", seen)


def policy(service: Service) -> Iterator[Finding]:
    """Ask whether policy and partners file are what they should be, and sane (D16)."""
    path = service.file("policy_file")
    if path is None:
        return
    try:
        found = parse_policy(read_json(path))
    except ProtocolError as error:
        yield fail("D16", f"The policy: {error.sentence}", "Every survey is refused.")
        return
    except BadInput as error:
        yield fail("D16", error.sentence, "Every survey is refused.")
        return
    odd = list(_odd(found))
    if found.test:
        yield fail("D16", "The policy is marked as a test's.", 'Take "test" out of it.')
    elif odd:
        yield warn("D16", f"The policy {'; '.join(odd)}.", "Did you mean that?")
    else:
        floors = ", ".join(f"{unit} {floor}" for unit, floor in sorted(found.floors.items()))
        yield ok("D16", f"The policy is in order; floors: {floors}.")
    if found.partners_file is not None:
        yield from _partners(path.parent / found.partners_file)


def _partners(path: Path) -> Iterator[Finding]:
    if not path.exists():
        return
    try:
        count = len(read_partners(path).partners)
    except BadInput as error:
        yield fail("D16", error.sentence, "Surveys among partners wait until it is mended.")
    else:
        yield ok("D16", f"Partners confirmed: {count}.")


def _odd(found: Policy) -> Iterator[str]:
    if not found.coordinators:
        yield "knows no coordinator and so refuses every survey"
    if found.min_roster < min(found.floors.values(), default=1):
        yield "allows fewer invited people than its floor"
    if found.extremes:
        yield "lets questions show what nearly all or nearly nobody chose"


def party_ports(service: Service) -> Iterator[Finding]:
    """Try whether parties could listen on their ports now (D14)."""
    if not service.is_node:
        return
    first, _, last = service.text("party_ports").partition("-")
    if not (first.isdecimal() and last.isdecimal()):
        yield ok("D14", "Parties listen on any free port.")
        return
    host = service.text("party_listen_host") or service.text("party_host")
    ports = range(int(first), int(last) + 1)
    if not _is_free(host, 0):
        do = "Name one of its own as party_listen_host."
        yield fail("D14", f"Parties cannot listen on {host}: no address of this machine.", do)
        return
    taken = [port for port in ports if not _is_free(host, port)]
    if len(taken) == len(ports):
        yield fail("D14", f"No party port of {first}-{last} is free.", "Name other ports.")
    elif taken:
        seen = f"{len(taken)} of {len(ports)} party ports are taken."
        yield warn("D14", seen, "All is well if a survey is being computed now.")
    else:
        yield ok("D14", f"Party ports {first}-{last} are free.")


def _is_free(host: str, port: int) -> bool:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family[0], socket.SOCK_STREAM) as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.bind(family[4])
    except OSError:
        return False
    return True
