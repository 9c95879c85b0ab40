"""``drempel show``: a result as tables that people read, or as CSV files."""

import argparse
import shutil
import sys
from pathlib import Path

from cli.phrases import LANGUAGES, reader_language

HELP = "print a result as tables, or write it as CSV files"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare ``RESULT.json [--csv DIR] [--language nl|en]``."""
    parser.add_argument("result", metavar="RESULT.json", type=Path)
    parser.add_argument("--csv", metavar="DIR", type=Path, help="write one CSV file per table")
    parser.add_argument("--language", choices=LANGUAGES, help="the reader's language")


def run(arguments: argparse.Namespace) -> int:
    """Verify the file against itself, then print it or write its CSV files."""
    from cli.csv_files import write_csv  # noqa: PLC0415 - arguments are checked before
    from cli.results import read_result  # noqa: PLC0415

    found = read_result(arguments.result)
    if arguments.csv is not None:
        for path in write_csv(arguments.csv, found.document):
            print(path)
        return 0
    print_result(found.document, language=arguments.language)
    return 0


def print_result(document: dict[str, object], *, language: str | None) -> None:
    """Print a verified result's tables to stdout in the reader's language."""
    from cli.render import Renderer  # noqa: PLC0415
    from cli.render_request import RequestRenderer  # noqa: PLC0415
    from cli.results import is_request, request_of, survey_of  # noqa: PLC0415
    from cli.titles import Titles  # noqa: PLC0415

    reader = language or reader_language()
    is_wide = (sys.stdout.encoding or "").lower().startswith("utf")
    columns = shutil.get_terminal_size().columns
    renderer: Renderer | RequestRenderer
    if is_request(document):
        rule = "─" if is_wide else "-"
        renderer = RequestRenderer(request_of(document), reader, rule, columns)
    else:
        bar = "█" if is_wide else "#"
        renderer = Renderer(Titles(survey_of(document), reader), bar, columns)
    print("\n".join(renderer.result(document)))
