"""People of this machine, made for the test and gone after it: a user each, with values."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep

import psutil

BLOCK_SECONDS = 400
GONE_SECONDS = 35.0


@dataclass(slots=True)
class Person:
    """Somebody with a user name and the values that a page asks for."""

    user: str
    values: Mapping[str, str]
    told: list[str] = field(default_factory=list)

    @property
    def home(self) -> Path:
        """Return the home folder, which the page's own command makes."""
        return Path("/var/lib") / self.user

    def runs(self, text: str, *, as_root: bool = False) -> "subprocess.CompletedProcess[str]":
        """Run commands as a shell would, in the home folder, with the values."""
        own: dict[str, object] = {"cwd": "/"}
        if not as_root:
            entry = pwd.getpwnam(self.user)
            own = {"cwd": self.home, "user": entry.pw_uid, "group": entry.pw_gid}
            own["extra_groups"] = []
        done = subprocess.run(  # type: ignore[call-overload]  # options by who runs it
            ["bash", "-eu", "-o", "pipefail", "-c", text],
            env={"HOME": str(self.home), "LANG": "C.UTF-8", **self.values},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=BLOCK_SECONDS,
            **own,
        )
        self.told.append(done.stdout)
        found: subprocess.CompletedProcess[str] = done
        return found

    def processes(self) -> list[psutil.Process]:
        """Return this person's living processes."""
        try:
            number = pwd.getpwnam(self.user).pw_uid
        except KeyError:
            return []
        found = []
        for process in psutil.process_iter():
            try:
                if number in process.uids() and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except psutil.NoSuchProcess:
                continue
        return found

    def leave(self) -> None:
        """End this person's processes, and take user and home away."""
        deadline = monotonic() + GONE_SECONDS
        while (left := self.processes()) and monotonic() < deadline:
            for process in left:
                try:
                    process.kill()
                except psutil.NoSuchProcess:
                    continue
            sleep(0.05)
        subprocess.run(["userdel", self.user], check=False, capture_output=True)
        shutil.rmtree(self.home, ignore_errors=True)

    def is_gone(self) -> bool:
        """Tell whether nothing of this person is left."""
        is_user = any(one.pw_name == self.user for one in pwd.getpwall())
        return not is_user and not os.path.lexists(self.home)
