"""``drempel enrol``: make a partner's key, and the entry that operators confirm."""

import argparse
import json
import sys
from pathlib import Path

HELP = "make a partner's key and print the entry that operators and coordinators get"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare ``--name NAME`` and ``--out KEY.pem`` or ``--show KEY.pem``."""
    parser.add_argument("--name", required=True, help="what your organisation is called")
    either = parser.add_mutually_exclusive_group(required=True)
    either.add_argument("--out", metavar="KEY.pem", type=Path, help="make a key here")
    either.add_argument("--show", metavar="KEY.pem", type=Path, help="print its entry again")


def run(arguments: argparse.Namespace) -> int:
    """Make or read the key; print its entry, and what to do with it beside."""
    from cli.errors import BadInput  # noqa: PLC0415 - arguments first
    from cli.folders import write_new  # noqa: PLC0415
    from cli.installing.entries import spoken  # noqa: PLC0415
    from cli.installing.keys import partner_key_load, partner_key_make  # noqa: PLC0415
    from mpcengine.protocol.errors import ProtocolError  # noqa: PLC0415
    from mpcengine.protocol.partners import (  # noqa: PLC0415
        Partner,
        PartnersFile,
        parse_partners_file,
    )
    from mpcengine.protocol.signing import generate_p256_key, point_bytes  # noqa: PLC0415

    def document(key: bytes) -> PartnersFile:
        one = Partner(name=arguments.name.strip(), key=key)
        try:
            # Read once more: what is not a partners file must not be given out as one.
            return parse_partners_file(PartnersFile(partners=(one,)).to_json())
        except ProtocolError:
            raise BadInput("--name must be 1 to 200 printable characters.") from None

    # A name that will not do must not leave a key behind.
    document(point_bytes(generate_p256_key()))
    if arguments.show is not None:
        key = partner_key_load(arguments.show)
    else:
        key = partner_key_make(arguments.out, write_new)
    made = document(point_bytes(key))
    print(json.dumps(made.to_json(), ensure_ascii=False, indent=1))
    print(
        "Give this to the three operators and the coordinator, the key to nobody; read each "
        "operator its fingerprint by phone:\n" + spoken(made.partners[0].fingerprint),
        file=sys.stderr,
    )
    return 0
