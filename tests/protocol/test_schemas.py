"""Every format has a schema file, and schemas agree with the code that reads the formats."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from mpcengine.protocol.canonical import canonical
from mpcengine.protocol.consent import parse_consent
from mpcengine.protocol.contact import parse_contact
from mpcengine.protocol.contact_card import parse_card
from mpcengine.protocol.contact_details import parse_contact_details
from mpcengine.protocol.contribution import parse_contribution
from mpcengine.protocol.encoding import parse_answers
from mpcengine.protocol.errors import MalformedInput, ProtocolError
from mpcengine.protocol.hits import parse_hits
from mpcengine.protocol.manifest import SUITE
from mpcengine.protocol.nodesfile import parse_node_entry, parse_nodes_file
from mpcengine.protocol.orders import OPEN_ANSWERING, build_order, parse_order
from mpcengine.protocol.partners import parse_partners_file
from mpcengine.protocol.policy import default_policy, parse_policy
from mpcengine.protocol.receipt import parse_receipt
from mpcengine.protocol.request import parse_request
from mpcengine.protocol.request_manifest import parse_request_manifest
from mpcengine.protocol.request_statement import (
    build_request_statement,
    parse_request_statement,
    withheld_request,
)
from mpcengine.protocol.schemas import MANIFEST_SCHEMA, SCHEMAS, schema_files
from mpcengine.protocol.schemas_check import check_shape, compile_schema
from mpcengine.protocol.signing import public_bytes
from mpcengine.protocol.statement import build_statement, withheld_statement
from mpcengine.protocol.survey import parse_survey
from tests.protocol.vectors import load
from tests.vectors.cast import cast
from tests.vectors.job import job
from tests.vectors.make_examples import FOLDER as EXAMPLES
from tests.vectors.make_examples import examples, text_of
from tests.vectors.request_cast import COMPARE_REQUEST, MATCH_REQUEST, request_manifest
from tests.vectors.survey_cases import SAMPLE

JSON = Any
FOLDER = Path(__file__).parents[2] / "docs" / "schemas"
PARSERS: dict[str, Callable[[JSON], object]] = {
    "drempel-survey/1": parse_survey,
    "drempel-answers/1": parse_answers,
    "drempel-nodes/1": parse_nodes_file,
    "drempel-node-entry/1": parse_node_entry,
    "drempel-policy/1": parse_policy,
    "drempel-partners/1": parse_partners_file,
    "drempel-receipt/1": parse_receipt,
    "drempel-request/1": parse_request,
    "drempel-hits/1": parse_hits,
    "drempel-request-manifest/1": lambda doc: parse_request_manifest(canonical(doc)),
    "drempel-consent/1": lambda doc: parse_consent(canonical(doc)),
    "drempel-contribution/1": lambda doc: parse_contribution(canonical(doc)),
    "drempel-contact/1": lambda doc: parse_contact(canonical(doc)),
    "drempel-card/1": parse_card,
    "drempel-contact-details/1": parse_contact_details,
    "drempel-request-statement/1": lambda doc: parse_request_statement(canonical(doc)),
}


def good_documents() -> dict[str, list[JSON]]:
    """Return documents of every format, as the code writes them."""
    digest = cast().signed.digest
    withheld = withheld_statement(node="a", manifest=digest, reason="min_count")
    no_match = withheld_request(node="a", manifest=digest, reason="too few lists")
    policy = default_policy(coordinators=(public_bytes(cast().coordinator),), test=True)
    more: dict[str, list[JSON]] = {
        "drempel-survey/1": [SAMPLE, parse_survey(SAMPLE).to_json()],
        "drempel-policy/1": [policy.to_json()],
        "drempel-statement/1": [json.loads(build_statement(withheld))],
        "drempel-result/1": load("result")["good"],
        "drempel-request/1": [parse_request(MATCH_REQUEST).to_json(), COMPARE_REQUEST],
        "drempel-request-manifest/1": [json.loads(request_manifest("compare").raw)],
        "drempel-request-statement/1": [json.loads(build_request_statement(no_match))],
    }
    found: dict[str, list[JSON]] = {}
    for document in examples().values():
        found.setdefault(document["format"], []).append(document)
    return {name: documents + more.get(name, []) for name, documents in found.items()}


GOOD = good_documents()


def test_it_has_the_files_that_the_code_gives() -> None:
    files = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    assert files == schema_files()


def test_it_has_an_example_of_every_format_that_the_code_gives() -> None:
    files = {path.name: path.read_text(encoding="utf-8") for path in EXAMPLES.glob("*.json")}
    assert files == {f"{name}.json": text_of(document) for name, document in examples().items()}
    assert {document["format"] for document in examples().values()} == SCHEMAS.keys()


@pytest.mark.parametrize("name", SCHEMAS)
def test_it_is_a_valid_schema_that_describes_every_node(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])
    for node in _nodes(SCHEMAS[name]):
        assert "description" in node, node


@pytest.mark.parametrize("name", SCHEMAS)
def test_it_takes_good_documents_and_refuses_another_key_or_version(name: str) -> None:
    validator = compile_schema(SCHEMAS[name])
    for good in GOOD[name]:
        check_shape(validator, good, area="test")
        for change, code in (({"extra": 1}, "unknown_key"), ({"format": f"{name}0"}, "value")):
            with pytest.raises(MalformedInput) as refused:
                check_shape(validator, {**good, **change}, area="test")
            assert refused.value.code == f"test.{code}"


@pytest.mark.parametrize("name", SCHEMAS)
def test_it_and_the_parsers_demand_the_same_keys(name: str) -> None:
    validator = compile_schema(SCHEMAS[name])
    good = GOOD[name][0]
    for key in good:
        smaller = {other: value for other, value in good.items() if other != key}
        by_schema = _passes(lambda doc: check_shape(validator, doc, area="test"), smaller)
        if name in PARSERS:
            assert by_schema == _passes(PARSERS[name], smaller), key


def test_it_reads_a_released_result_with_every_kind_of_table() -> None:
    ids = {table["id"] for table in job().result["tables"]}
    assert {"sector", "tools", "incidents", "priorities", "sector*trust"} <= ids


def test_it_names_the_suite_of_the_code() -> None:
    suite = MANIFEST_SCHEMA["properties"]["suite"]["properties"]
    assert {role: part["const"] for role, part in suite.items()} == SUITE


@pytest.mark.parametrize(
    "name",
    [
        "drempel-nodes/1",
        "drempel-policy/1",
        "drempel-partners/1",
        "drempel-receipt/1",
        "drempel-request/1",
        "drempel-hits/1",
        "drempel-consent/1",
        "drempel-contribution/1",
        "drempel-request-manifest/1",
        "drempel-request-statement/1",
    ],
)
@pytest.mark.parametrize("value", [None, 7, 1.5, "x" * 400, [], {}], ids=str)
def test_it_refuses_no_less_than_the_parser_at_the_top(name: str, value: JSON) -> None:
    # A document that the parser takes must pass its schema.
    validator = compile_schema(SCHEMAS[name])
    good = GOOD[name][0]
    for key in good:
        document = {**good, key: value}
        if _passes(PARSERS[name], document):
            check_shape(validator, document, area="test")


def test_it_reads_orders_as_the_schema_says() -> None:
    order = GOOD["drempel-order/1"][0]
    assert parse_order(build_order(order["manifest"], order["order"])).order == OPEN_ANSWERING


def _passes(check: Any, document: JSON) -> bool:
    try:
        check(document)
    except ProtocolError:
        return False
    return True


def _nodes(schema: JSON) -> list[JSON]:
    """Return every node that constrains a value, but references and branches."""
    found = []
    if isinstance(schema, dict):
        if {"type", "enum", "const", "pattern"} & schema.keys():
            found.append(schema)
        for key, inner in schema.items():
            if key in {"properties", "$defs"}:
                found += [node for part in inner.values() for node in _nodes(part)]
            elif key in {"items", "additionalProperties", "propertyNames", "then"}:
                found += _nodes(inner)
            elif key in {"allOf", "anyOf"}:
                found += [node for part in inner for node in _nodes(part)]
    return found
