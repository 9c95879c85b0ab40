"""The compiled loops start from a private cache, and never compile during a call."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mpcengine.kernels import compiled, warm


def start(cache: Path) -> float:
    begin = time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "mpcengine.kernels.warm"],
        check=True,
        env={**os.environ, "NUMBA_CACHE_DIR": str(cache)},
    )
    return time.monotonic() - begin


def test_it_finds_no_wrong_result() -> None:
    assert warm.warm() == 0


def test_it_fills_a_private_cache_and_starts_faster_from_it(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    cache.mkdir(mode=0o700)
    first = start(cache)
    assert list(cache.rglob("*.nbc"))
    assert start(cache) < first


@pytest.mark.parametrize("name", ["multiply", "dot", "combine", "power", "add_columns"])
def test_it_has_one_signature_each_and_takes_no_other(name: str) -> None:
    loop = getattr(compiled, name)
    assert len(loop.signatures) == 1
    with pytest.raises(TypeError):
        loop(1.5, 2.5)
