"""Start, freeze, kill and end the topology's processes on one machine, each as its own user.

Every process leads a session of its own and dies with the process that started it (see
``cli/embedded/launcher.py``). Killing takes whatever it has started with it: PostgreSQL's
servers make sessions of their own, so descendants are counted, not sessions.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep

import psutil

from cli.embedded import launcher
from cli.errors import CliError

ONCE_SECONDS = 90.0
END_SECONDS = 30.0
POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """How one process is started: the topology's command, filled in for this machine.

    ``user`` and ``group`` None: as whoever starts it.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    output: Path
    folder: Path
    interpreter: Path
    user: int | None = None
    group: int | None = None


@dataclass(slots=True)
class Running:
    """One started process; ``started`` keeps how, to start it again."""

    start: Start
    process: "subprocess.Popen[bytes]"

    @property
    def pid(self) -> int:
        """Return the process id."""
        return self.process.pid

    def is_alive(self) -> bool:
        """Tell whether it has not ended."""
        return self.process.poll() is None

    def family(self) -> list[psutil.Process]:
        """Return it and all it has started, children first."""
        try:
            own = psutil.Process(self.pid)
            return [*reversed(own.children(recursive=True)), own]
        except psutil.NoSuchProcess:
            return []


@dataclass(slots=True)
class Processes:
    """All processes of one topology; ``history`` is every start there was, for tests."""

    running: dict[str, Running] = field(default_factory=dict)
    history: list[Start] = field(default_factory=list)

    def start(self, start: Start) -> Running:
        """Start a process that goes on until it is stopped."""
        found = Running(start, _spawn(start))
        self.running[start.name] = found
        self.history.append(start)
        return found

    def run(self, starts: Sequence[Start]) -> None:
        """Run processes that end, at the same time; raise CliError if one does not end well."""
        begun = [self.start(one) for one in starts]
        deadline = monotonic() + ONCE_SECONDS
        for one in begun:
            try:
                status = one.process.wait(max(0.0, deadline - monotonic()))
            except subprocess.TimeoutExpired:
                status = None
            del self.running[one.start.name]
            if status != 0:
                kill(one)
                raise CliError(f"{one.start.name} did not end well{last_line(one.start)}")

    def check(self) -> None:
        """Raise CliError if a process has ended that nobody has stopped."""
        for one in self.running.values():
            if not one.is_alive():
                raise CliError(f"{one.start.name} has ended{last_line(one.start)}")

    def kill(self, name: str) -> None:
        """Kill a process and everything it has started, at once (SIGKILL)."""
        kill(self.running.pop(name))

    def send(self, name: str, number: int) -> None:
        """Send a signal to a process and all it has started: SIGSTOP, SIGCONT."""
        for one in self.running[name].family():
            one.send_signal(number)

    def end(self, names: Sequence[str], number: int = signal.SIGTERM) -> float:
        """Ask processes to end (by their leaders); return the seconds until none is left.

        What is left after END_SECONDS is killed; the seconds then say so.
        """
        found = [self.running.pop(name) for name in names]
        families = [member for one in found for member in one.family()]
        begun = monotonic()
        for one in found:
            one.process.send_signal(number)
        while monotonic() - begun < END_SECONDS:
            for one in found:
                one.process.poll()
            if not any(_is_there(member) for member in families):
                return monotonic() - begun
            sleep(POLL_SECONDS)
        for one in found:
            kill(one)
        return monotonic() - begun

    def again(self, name: str) -> Running:
        """Start a process as it was started last."""
        return self.start(next(one for one in reversed(self.history) if one.name == name))

    def stop(self) -> None:
        """Kill everything; calling it again does no harm."""
        kill(*self.running.values())
        self.running.clear()


def kill(*given: Running) -> None:
    """Kill processes and their descendants; return when they are gone."""
    # Stopped first: what is being killed starts nobody else meanwhile.
    for one in given:
        _send(one, signal.SIGSTOP)
    families = [member for one in given for member in one.family()]
    for member in families:
        _send(member, signal.SIGKILL)
    for one in given:
        one.process.wait()
    psutil.wait_procs(families, timeout=END_SECONDS)


def last_line(start: Start) -> str:
    """Return the end of a process's output, for a sentence about its failure."""
    try:
        lines = start.output.read_text("utf-8", "replace").strip().splitlines()
    except OSError:
        lines = []
    return f"; its last words were: {lines[-1][:300].rstrip('.')}." if lines else "."


def _spawn(start: Start) -> "subprocess.Popen[bytes]":
    tied = (str(start.interpreter), "-I", "-S", launcher.__file__, str(os.getpid()))
    with start.output.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 - the topology's own command
            [*tied, *start.command],
            cwd=start.folder,
            env=dict(start.environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=start.user,
            group=start.group,
            extra_groups=None if start.user is None else [],
            umask=0o077,
        )


def _send(process: "psutil.Process | Running", number: int) -> None:
    with suppress(psutil.NoSuchProcess, ProcessLookupError):
        os.kill(process.pid, number)


def _is_there(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def interpreter_make(folder: Path) -> Path:
    """Return an interpreter that any user of this machine can run, with our packages.

    Our own, unless it lies where others may not look; then the system's, if it is of the same
    version, in an environment that borrows our packages.
    """
    own = Path(sys.executable)
    if all(one.stat().st_mode & 0o001 for one in own.resolve().parents):
        return own
    system = Path("/usr/bin", f"python{sys.version_info[0]}.{sys.version_info[1]}")
    if not system.exists():
        raise CliError(f"Other users cannot run {own}; install Python where they can.")
    environment = folder / "python"
    subprocess.run(  # noqa: S603 - the system's interpreter
        [str(system), "-m", "venv", "--without-pip", str(environment)], check=True
    )
    packages = next(Path(one) for one in sys.path if one.endswith("site-packages"))
    target = next(environment.glob("lib/*/site-packages"))
    (target / "borrowed.pth").write_text(f"import site; site.addsitedir({str(packages)!r})\n")
    # The lock asks for this package below Python 3.11.3; ours may be newer than the system's.
    (target / "async_timeout.py").write_text("from asyncio import timeout as timeout\n")
    return environment / "bin" / "python"
