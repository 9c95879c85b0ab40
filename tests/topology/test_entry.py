"""A container's entry fills numba's folder from an image in which nothing can be written."""

from pathlib import Path

from deploy.entry import loops_copy


def test_it_makes_the_copied_loops_its_users_own(tmp_path: Path) -> None:
    compiled, cache = tmp_path / "compiled", tmp_path / "cache"
    (compiled / "kernels").mkdir(parents=True)
    (compiled / "kernels" / "one.nbi").write_bytes(b"loops")
    (compiled / "kernels" / "one.nbi").chmod(0o444)
    for path in (compiled / "kernels", compiled):
        path.chmod(0o555)
    loops_copy(compiled, cache)
    modes = {
        str(one.relative_to(tmp_path)): one.stat().st_mode & 0o777 for one in cache.rglob("*")
    }
    assert modes == {"cache/kernels": 0o700, "cache/kernels/one.nbi": 0o600}
    assert cache.stat().st_mode & 0o777 == 0o700
    for path in (compiled, compiled / "kernels"):
        path.chmod(0o755)


def test_it_keeps_what_is_there(tmp_path: Path) -> None:
    compiled, cache = tmp_path / "compiled", tmp_path / "cache"
    for folder, text in ((compiled, "from the image"), (cache, "compiled here")):
        folder.mkdir()
        (folder / "one.nbi").write_text(text)
    loops_copy(compiled, cache)
    assert (cache / "one.nbi").read_text() == "compiled here"
