"""A slow network between parties on one machine: every byte arrives some time later.

``python -m benchmarks.delay SECONDS DESCRIPTOR:PORT …`` passes connections to each inherited
socket on to a port of this machine, both ways, each byte SECONDS after it came. Nothing is
dropped and rates are not limited.
"""

import asyncio
import contextlib
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping

_READ_BYTES = 2**18
# What one direction may have under way: 1 Gbit/s for 125 ms, and more.
_MOST_PIECES = 256


@contextlib.contextmanager
def delayed(ports: Mapping[int, int], seconds: float) -> Iterator[dict[int, int]]:
    """Give each port a slower one, ``seconds`` away, until the block ends."""
    listeners = {name: socket.create_server(("127.0.0.1", 0)) for name in ports}
    pairs = [f"{listeners[name].fileno()}:{port}" for name, port in ports.items()]
    process = subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, "-m", "benchmarks.delay", str(seconds), *pairs],
        pass_fds=[listener.fileno() for listener in listeners.values()],
    )
    try:
        yield {name: listener.getsockname()[1] for name, listener in listeners.items()}
    finally:
        process.kill()
        process.wait()
        for listener in listeners.values():
            listener.close()


async def serve(seconds: float, ports: Mapping[int, int]) -> None:
    """Serve the sockets with these descriptors until killed."""
    servers = []
    for descriptor, port in ports.items():

        async def call(
            reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int = port
        ) -> None:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
            await asyncio.gather(
                _pass_on(reader, far_writer, seconds), _pass_on(far_reader, writer, seconds)
            )

        listener = socket.socket(fileno=descriptor)
        servers.append(await asyncio.start_server(call, sock=listener, limit=_READ_BYTES))
    await asyncio.gather(*(server.serve_forever() for server in servers))


async def _pass_on(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float
) -> None:
    """Copy one direction; each piece leaves ``seconds`` after it came."""
    loop = asyncio.get_running_loop()
    pieces: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_MOST_PIECES)

    async def leave() -> None:
        while True:
            due, piece = await pieces.get()
            await asyncio.sleep(max(0.0, due - loop.time()))
            if not piece:
                writer.close()
                return
            writer.write(piece)
            await writer.drain()

    leaving = loop.create_task(leave())
    with contextlib.suppress(OSError):
        while piece := await reader.read(_READ_BYTES):
            await pieces.put((loop.time() + seconds, piece))
    await pieces.put((loop.time() + seconds, b""))
    with contextlib.suppress(OSError):
        await leaving


def main() -> int:
    """Read the command line and serve."""
    seconds, *pairs = sys.argv[1:]
    ports = {int(fd): int(port) for fd, _, port in (pair.partition(":") for pair in pairs)}
    asyncio.run(serve(float(seconds), ports))
    return 0


if __name__ == "__main__":
    sys.exit(main())
