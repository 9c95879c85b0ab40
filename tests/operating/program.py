"""Put Drempel where every user of this machine can run it, as an operator's root does."""

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from tests.operating.page import ROOT

OTHERS_ENTER = 0o001
OTHERS_READ = 0o004
_LEFT_OUT = (".git", ".venv", "build", "node_modules", "__pycache__", "*.egg-info", ".*_cache")


def program_place(folder: Path) -> Path:
    """Return a folder with Drempel and its environment that others can read.

    The repository itself, or, where its Python lies in somebody's private folder, a copy of
    both with the same packages.
    """
    if _is_open(Path(sys.executable).resolve()) and _is_open(ROOT / "manage.py"):
        return ROOT
    packages = Path(sysconfig.get_paths()["purelib"])
    assert _is_open(packages / "django" / "__init__.py"), "others cannot read the packages"
    code = folder / "code"
    shutil.copytree(ROOT, code, ignore=shutil.ignore_patterns(*_LEFT_OUT))
    _environment(code, _python(folder / "python"), packages)
    return code


def _python(folder: Path) -> Path:
    """Copy the Python that runs this test, without packages, and return its program."""
    base, version = Path(sys.base_prefix), f"python{sys.version_info[0]}.{sys.version_info[1]}"
    left_out = shutil.ignore_patterns("site-packages", "test", "config-*")
    shutil.copytree(base / "lib" / version, folder / "lib" / version, ignore=left_out)
    for library in (base / "lib").glob("libpython*.so*"):
        shutil.copy2(library, folder / "lib")
    (folder / "bin").mkdir()
    program = folder / "bin" / version
    # A Python built with a shared library looks for it where it was built.
    built, moved = str(base / "lib").encode(), b"$ORIGIN/../lib"
    content = (base / "bin" / version).read_bytes()
    program.write_bytes(content.replace(built + b"\0", moved.ljust(len(built), b"\0") + b"\0"))
    program.chmod(0o755)
    return program


def _environment(code: Path, python: Path, packages: Path) -> None:
    subprocess.run([python, "-m", "venv", "--without-pip", code / ".venv"], check=True)
    own = next((code / ".venv" / "lib").iterdir()) / "site-packages"
    (own / "drempel.pth").write_text(f"{code}\n{packages}\n", "utf-8")
    script = code / ".venv" / "bin" / "drempel"
    start = "import sys\nfrom cli.main import main\nsys.exit(main())\n"
    script.write_text(f"#!{code}/.venv/bin/python\n{start}", "utf-8")
    script.chmod(0o755)
    # make install finds done what making this environment has done.
    stamps = code / "build" / "stamps"
    stamps.mkdir(parents=True)
    for name in ("run", "test", "ready"):
        (stamps / name).touch()


def _is_open(path: Path) -> bool:
    """Tell whether any user can reach and read a file."""
    ways = all(one.stat().st_mode & OTHERS_ENTER for one in path.parents)
    return ways and bool(path.stat().st_mode & OTHERS_READ)
