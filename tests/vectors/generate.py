"""Write every vector file of the protocol: ``python -m tests.vectors.generate``.

The files are plain JSON (hexadecimal bytes, decimal field elements); the browser code reads the
same ones. A test makes them anew and compares.
"""

import json
from collections.abc import Callable
from pathlib import Path

from mpcengine.protocol.canonical import JSON
from tests.vectors.make_answer import answers
from tests.vectors.make_canonicalisers import canonicalisers
from tests.vectors.make_contact import contact_vectors
from tests.vectors.make_desk import desk
from tests.vectors.make_envelope import envelopes
from tests.vectors.make_examples import main as write_examples
from tests.vectors.make_outer import parcels
from tests.vectors.make_package import batches, packages
from tests.vectors.make_partners import partners
from tests.vectors.make_primitives import (
    canonical_json,
    codec,
    codes_and_rosters,
    sharing,
    signing,
)
from tests.vectors.make_request import request_vectors, word_vectors
from tests.vectors.make_result import manifests, results
from tests.vectors.make_survey import encodings, layouts, surveys
from tests.vectors.make_tokens import tokens
from tests.vectors.make_validity import validity

HERE = Path(__file__).parent
FILES: dict[str, Callable[[], JSON]] = {
    "sharing": sharing,
    "canonical": canonical_json,
    "codec": codec,
    "signing": signing,
    "roster": codes_and_rosters,
    "envelope": envelopes,
    "token": tokens,
    "partner": partners,
    "package": packages,
    "outer": parcels,
    "answer": answers,
    "desk": desk,
    "batch": batches,
    "manifest": manifests,
    "result": results,
    "survey": surveys,
    "layout": layouts,
    "encoding": encodings,
    "validity": validity,
    "canonicalisers": canonicalisers,
    "words": word_vectors,
    "request": request_vectors,
    "contact": contact_vectors,
}


def text_of(name: str) -> str:
    """Return the text of one vector file."""
    return json.dumps(FILES[name](), indent=1, ensure_ascii=True) + "\n"


def main() -> None:
    """Write all files beside this one, and ``examples/formats`` of the same job."""
    for name in FILES:
        (HERE / f"{name}.json").write_text(text_of(name), encoding="utf-8")
    write_examples()


if __name__ == "__main__":
    main()
