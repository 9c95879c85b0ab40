"""Write one example of every format: ``python -m tests.vectors.make_examples``."""

import json
from pathlib import Path

from mpcengine.protocol.canonical import JSON, digest_bytes
from mpcengine.protocol.hits import Hits
from mpcengine.protocol.nodesfile import entry_document
from mpcengine.protocol.orders import OPEN_ANSWERING, build_order
from mpcengine.protocol.partners import PartnersFile
from mpcengine.protocol.policy import default_policy
from mpcengine.protocol.receipt import NodeAddress, Receipt, confirmation_body
from mpcengine.protocol.request_result import assemble_request_result
from mpcengine.protocol.signing import LABEL_CONFIRMATION, LABEL_PROMISE, public_bytes, sign
from tests.vectors.cast import SURVEY, cast, seed
from tests.vectors.job import answer, job
from tests.vectors.make_contact import contact_examples
from tests.vectors.make_partners import NAMES, partner
from tests.vectors.make_request import header
from tests.vectors.request_cast import (
    MATCH_REQUEST,
    consents,
    request_manifest,
    sign_request_manifest,
    sign_statements,
    statements,
)

PER_INDICATOR = {"value": "192.0.2.7", "organisations": 3, "status": "released"}
FOLDER = Path(__file__).parents[2] / "examples" / "formats"


def examples() -> dict[str, JSON]:
    """Return a document of each format, all about the same finished job."""
    signed = cast().signed
    policy = default_policy(coordinators=(public_bytes(cast().coordinator),))
    return {
        "survey": SURVEY,
        "answers": {"format": "drempel-answers/1", "answers": answer(0)},
        "nodes": cast().nodes.to_json(),
        "node-entry": entry_document(cast().nodes.nodes[0]),
        "policy": policy.to_json(),
        "partners": PartnersFile(partners=tuple(partner(name) for name in NAMES)).to_json(),
        "services": {
            "format": "drempel-services/1",
            "postgresql": {
                "host": "127.0.0.1",
                "port": 5432,
                "user": "postgres",
                "password_file": "postgresql-password",
            },
            "redis": {"host": "127.0.0.1", "port": 6379},
        },
        "manifest": json.loads(signed.manifest),
        "order": json.loads(build_order(signed.digest, OPEN_ANSWERING)),
        "receipt": receipt().to_json(),
        "statement": json.loads(job().statements[0]),
        "result": job().result,
        **request_examples(),
        **contact_examples(),
    }


def request_examples() -> dict[str, JSON]:
    """Return a document of each format of requests, all about the same match."""
    data, signatures = sign_statements(
        statements("match", {"organisations": 4, "indicators": None})
    )
    manifest = request_manifest()
    signed = sign_request_manifest(manifest)
    hits = Hits(hit=True, items=("192.0.2.7",), lines=(12,))
    return {
        "request": MATCH_REQUEST,
        "request-manifest": json.loads(manifest.raw),
        "consent": json.loads(consents()[1][0]),
        "contribution": json.loads(header()[1]),
        "request-statement": json.loads(data[0]),
        "match-result": assemble_request_result(
            signed, data, signatures, per_indicator=[PER_INDICATOR]
        ),
        "hits": hits.to_json(),
    }


def receipt() -> Receipt:
    """Return the receipt of a package that the relay promised to deliver, and node a took."""
    manifest, content = cast().signed.digest, seed("content of a package")
    body = digest_bytes(manifest) + content
    own = confirmation_body(manifest, 1, content)
    confirmation = sign(cast().identity[0], LABEL_CONFIRMATION, own)
    return Receipt(
        manifest=manifest,
        package=job().ids[1],
        revision=0,
        content=content.hex(),
        relay_url=cast().manifest.relay.url,
        relay_key=public_bytes(cast().relay),
        promise=sign(cast().relay, LABEL_PROMISE, body),
        nodes=tuple(
            NodeAddress(
                node=entry.node,
                url=entry.url,
                identity_key=entry.identity_key,
                confirmation=confirmation if entry.node == "a" else b"",
            )
            for entry in cast().nodes.nodes
        ),
    )


def text_of(document: JSON) -> str:
    """Return the text of an example's file."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Write every example."""
    FOLDER.mkdir(exist_ok=True)
    for name, document in examples().items():
        (FOLDER / f"{name}.json").write_text(text_of(document), encoding="utf-8")


if __name__ == "__main__":
    main()
