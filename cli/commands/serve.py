"""``drempel serve``: a portal, a relay and three nodes on this machine, until Ctrl-C."""

import argparse
from pathlib import Path

HELP = "run a portal, a relay and three nodes on this machine until Ctrl-C"
PORT = 8000


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare ``[--port 8000] [--data DIR] [--services FILE]``."""
    parser.add_argument("--port", type=int, default=PORT, help="the portal's port")
    parser.add_argument("--data", metavar="DIR", type=Path, help="keep all data here")
    parser.add_argument(
        "--services",
        metavar="FILE",
        type=Path,
        help="run on the PostgreSQL and Redis that this file names",
    )


def run(arguments: argparse.Namespace) -> int:
    """Start, print where everything is, and serve."""
    from cli.embedded.federation import Options, running  # noqa: PLC0415 - arguments first
    from cli.embedded.services_file import services_read  # noqa: PLC0415
    from cli.errors import BadInput  # noqa: PLC0415
    from cli.folders import folder_make  # noqa: PLC0415
    from cli.progress import Progress  # noqa: PLC0415
    from cli.serving import serve_until_stopped  # noqa: PLC0415

    if not 0 <= arguments.port < 65536:
        raise BadInput("--port must be from 0 to 65535; 0 chooses a free one.")
    services = None if arguments.services is None else services_read(arguments.services)
    if arguments.data is not None:
        folder_make(arguments.data)
    Progress().step("Starting a portal, a relay and three nodes on this machine")
    options = Options(folder=arguments.data, portal_port=arguments.port, services=services)
    with running(options) as federation:
        return serve_until_stopped(federation)
