"""Start processes, start those again that die, and leave none behind.

Every process is the leader of its own session and is tied to this process by the kernel (see
``launcher``). Stopping asks politely, waits a little, then kills whatever is left in those
sessions. All starting and stopping is under one lock, so that nothing starts after the stop.
"""

import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

import psutil

from cli.embedded.services import ROOT, Program
from cli.errors import CliError
from cli.signals import shielded

POLL_SECONDS = 0.1
GRACE_SECONDS = 3.0
FIRST_WAIT_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 5.0
SETTLED_SECONDS = 20.0
MOST_RESTARTS = 8
_LAUNCHER = Path(__file__).with_name("launcher.py")


@dataclass(slots=True)
class _Running:
    program: Program
    process: subprocess.Popen[bytes]
    started: float
    is_service: bool
    deaths: int = 0
    due: float | None = None


class Supervisor:
    """Hold the processes of one embedded federation; ``failed`` names one that was given up."""

    def __init__(self) -> None:
        self.failed: str | None = None
        self._running: dict[str, _Running] = {}
        self._sessions: set[int] = set()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        # Children die with the thread that started them, so one thread lives as long as they.
        self._watcher = threading.Thread(target=self._watch, name="supervisor", daemon=True)

    def start(self, program: Program) -> None:
        """Start a service; it is started again whenever it ends by itself."""
        with shielded(), self._lock:
            process = self._spawn(program)
            self._running[program.name] = _Running(
                program, process, monotonic(), is_service=True
            )
        if not self._watcher.is_alive() and not self._stopping.is_set():
            self._watcher.start()

    def run(self, program: Program, seconds: float) -> None:
        """Run a program to its end; raise CliError if it fails or takes too long."""
        with shielded(), self._lock:
            process = self._spawn(program)
            self._running[program.name] = _Running(
                program, process, monotonic(), is_service=False
            )
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired:
            status = None
        self._forget(program.name, process)
        if status != 0:
            raise CliError(f"The step '{program.name}' did not end well{_last_line(program)}.")

    def check(self) -> None:
        """Raise CliError if a service keeps dying."""
        if self.failed is not None:
            program = self._running[self.failed].program
            raise CliError(f"The process '{self.failed}' keeps ending{_last_line(program)}.")

    def pids(self) -> dict[str, int]:
        """Return the process id of every service that runs now."""
        return {name: one.process.pid for name, one in self._running.items() if one.is_service}

    def stop(self) -> None:
        """End every process; return when none is left. Calling it again does no harm."""
        self._stopping.set()
        with self._lock:
            for one in self._running.values():
                _ask_to_stop(one)
            deadline = monotonic() + GRACE_SECONDS
            while monotonic() < deadline and any(
                one.process.poll() is None for one in self._running.values()
            ):
                sleep(0.02)
            for _ in range(3):
                self._kill_sessions()
            for one in self._running.values():
                one.process.wait()

    def _spawn(self, program: Program) -> subprocess.Popen[bytes]:
        if self._stopping.is_set():
            raise CliError("The embedded federation is being stopped.")
        with open(program.output, "ab", opener=_private) as output:
            launcher = (sys.executable, "-I", "-S", str(_LAUNCHER), str(os.getpid()))
            process = subprocess.Popen(  # noqa: S603 - our own argument list
                [*launcher, *program.arguments],
                cwd=ROOT,
                env=program.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                umask=0o077,
                pass_fds=program.sockets,
            )
        self._sessions.add(process.pid)
        return process

    def _forget(self, name: str, process: subprocess.Popen[bytes]) -> None:
        # A number that is free again may be given to a stranger: nothing dead stays listed.
        with self._lock:
            _kill_session(process.pid)
            process.wait()
            self._sessions.discard(process.pid)
            self._running.pop(name, None)

    def _watch(self) -> None:
        while not self._stopping.wait(POLL_SECONDS):
            with self._lock:
                for one in self._running.values():
                    if one.is_service and not self._stopping.is_set():
                        self._look_after(one)

    def _look_after(self, one: _Running) -> None:
        now = monotonic()
        if one.process.poll() is None:
            return
        if one.due is None:
            # What a dead service started must not outlive it: its successor starts afresh.
            _kill_session(one.process.pid)
            self._sessions.discard(one.process.pid)
            one.deaths = 1 if now - one.started > SETTLED_SECONDS else one.deaths + 1
            wait = FIRST_WAIT_SECONDS * 2 ** (one.deaths - 1)
            one.due = now + min(wait, LONGEST_WAIT_SECONDS)
        if one.deaths > MOST_RESTARTS:
            self.failed = one.program.name
        elif now >= one.due:
            one.process = self._spawn(one.program)
            one.started, one.due = now, None

    def _kill_sessions(self) -> None:
        for session in self._sessions:
            _kill_session(session)


def _ask_to_stop(one: _Running) -> None:
    # The leader alone: gunicorn then ends its worker itself, and is there to bury it.
    if one.process.poll() is None:
        one.process.send_signal(one.program.stop_signal)


def _kill_session(session: int) -> None:
    """Kill every process whose session was begun by the process ``session``."""
    for pid in psutil.pids():
        try:
            if os.getsid(pid) == session and pid != os.getpid():
                os.kill(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue


def _last_line(program: Program) -> str:
    try:
        lines = program.output.read_text("utf-8", "replace").strip().splitlines()
    except OSError:
        lines = []
    return f"; its last words were: {lines[-1][:300].rstrip('.')}" if lines else ""


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
