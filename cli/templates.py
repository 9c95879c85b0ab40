"""Make the templates of embedded mode: ``python -m cli.templates``, for ``make install``."""

import sys

from cli.embedded.templates import templates_ready
from cli.errors import CliError

if __name__ == "__main__":
    try:
        templates_ready()
    except CliError as error:
        sys.exit(error.sentence)
