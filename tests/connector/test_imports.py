"""Lists out of MISP, STIX and tables, what warning lists leave out, and sightings back."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from stix2patterns.v21.pattern import Pattern

from connector.imports.misp import misp_file, misp_offers
from connector.imports.sightings import misp_sightings, stix_bundle, stix_pattern, typed
from connector.imports.stix import stix_file
from connector.imports.tables import TableFile
from connector.imports.warninglists import Cleared, warning_list_read
from connector.list_files import Report, Source
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.errors import MalformedInput
from mpcengine.protocol.identifiers import TYPES, Identifier

EXAMPLES = Path(__file__).parents[2] / "examples" / "holding"
ALL = TYPES
SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
MOMENT = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
COLUMNS = {"dst ip": "address", "dst host": "domain"}


def read(source: Source) -> tuple[list[tuple[int, str, str]], Report]:
    taken: list[tuple[int, str, str]] = []
    report = source.read(lambda row, found: taken.append((row, found.type, found.value)))
    assert report.taken == len(taken)
    return taken, report


def test_it_reads_attributes_composites_and_objects_of_misp() -> None:
    taken, report = read(misp_file(EXAMPLES / "misp-event.json", ALL))
    assert taken == [
        (1, "ipv4", "192.0.2.7"),
        (2, "ipv4", "198.51.100.24"),
        (3, "domain", "login.waterland.example"),
        (3, "ipv4", "203.0.113.80"),
        (4, "filename", "factuur.pdf.exe"),
        (4, "hash", SHA256),
        (5, "url", "https://login.waterland.example/aanmelden"),
        (10, "ipv6", "2001:db8::7"),
        (11, "asn", "AS64496"),
    ]
    assert [(one.row, one.reason) for one in report.dropped] == [
        (6, "is not marked for detection (to_ids)"),
        (7, "has the MISP type ssdeep, which cannot be compared"),
        (8, "is no IPv4 address such as 192.0.2.7"),
        (9, "was deleted in MISP"),
    ]


def test_it_takes_what_is_not_marked_for_detection_when_asked() -> None:
    taken, report = read(misp_file(EXAMPLES / "misp-event.json", ("domain",), is_all=True))
    assert [value for _, _, value in taken] == ["login.waterland.example", "www.example.org"]
    reasons = {one.reason for one in report.dropped}
    assert "has a type that this question does not ask for" in reasons


@pytest.mark.parametrize("wrap", ["response", "list", "attributes"])
def test_it_knows_what_the_interface_of_misp_answers(wrap: str) -> None:
    attribute: JSON = {"type": "domain", "to_ids": "1", "value": "a.example"}
    document: JSON = {
        "response": {"response": [{"Event": {"Attribute": [attribute]}}]},
        "list": [{"Event": {"Attribute": [attribute]}}],
        "attributes": {"response": {"Attribute": [attribute]}},
    }[wrap]
    (found,) = misp_offers(document, is_all=False)
    assert (found.row, getattr(found, "text", None)) == (1, "a.example")


@pytest.mark.parametrize(
    "attribute", [{"type": 5}, {"type": "domain|ip", "value": "a.example"}]
)
def test_it_leaves_out_attributes_that_are_none(attribute: dict[str, Any]) -> None:
    document = {"Attribute": [{"to_ids": True, "value": "x", **attribute}]}
    (found,) = misp_offers(document, is_all=False)
    assert not hasattr(found, "text")


def test_it_refuses_a_file_of_another_kind(tmp_path: Path) -> None:
    for name, text in (("a", "{}"), ("b", "[1, 2]"), ("c", "not json"), ("d", '{"a":1,"a":2}')):
        path = tmp_path / name
        path.write_text(text)
        with pytest.raises(MalformedInput):
            read(misp_file(path, ALL))
        with pytest.raises(MalformedInput):
            read(stix_file(path, ALL))


def test_it_reads_patterns_and_observables_of_stix() -> None:
    taken, report = read(stix_file(EXAMPLES / "stix-bundle.json", ALL))
    assert taken == [
        (2, "ipv4", "192.0.2.7"),
        (2, "ipv4", "198.51.100.24"),
        (2, "domain", "login.waterland.example"),
        (3, "hash", SHA256),
        (7, "ipv6", "2001:db8::7"),
        (8, "hash", "d41d8cd98f00b204e9800998ecf8427e"),
        (8, "filename", "factuur.pdf.exe"),
        (9, "asn", "AS64496"),
        (10, "cve", "CVE-2026-12345"),
    ]
    assert [(one.row, one.reason) for one in report.dropped] == [
        (3, "is a comparison that is not = or IN"),
        (4, "is a pattern in another language than STIX"),
        (5, "is an indicator that was revoked"),
        (6, "is a pattern that cannot be read"),
        (8, "is a hash that cannot be compared"),
        (11, "is an object that cannot be compared"),
    ]


def test_it_survives_patterns_made_to_harm(tmp_path: Path) -> None:
    deep = "[" + "(" * 900 + "url:value = 'x'" + ")" * 900 + "]"
    long = "[url:value = '" + "a" * 20_000 + "']"
    objects = [{"type": "indicator", "pattern": one} for one in (deep, long)]
    path = tmp_path / "bundle.json"
    path.write_text(json.dumps({"type": "bundle", "objects": objects}))
    taken, report = read(stix_file(path, ALL))
    assert (taken, report.left_out) == ([], 2)


def test_it_reads_the_columns_that_count() -> None:
    source = TableFile(
        path=EXAMPLES / "traffic.csv", identifiers=("ipv4", "ipv6", "domain"), columns=COLUMNS
    )
    taken, report = read(source)
    assert taken[:3] == [
        (2, "ipv4", "192.0.2.7"),
        (2, "domain", "login.waterland.example"),
        (3, "ipv4", "198.51.100.24"),
    ]
    assert (6 - 1, "ipv6", "2001:db8::7") in taken
    assert [(one.row, one.reason) for one in report.dropped] == [
        (6, "is no IPv4 address such as 192.0.2.7"),
        (6, "is one label, not a domain such as example.org"),
    ]


@pytest.mark.parametrize("columns", [{"src": "ipv4"}, {"dst ip": "shoe-size"}])
def test_it_refuses_columns_that_are_not_there(columns: dict[str, str]) -> None:
    with pytest.raises(MalformedInput):
        read(TableFile(path=EXAMPLES / "traffic.csv", identifiers=ALL, columns=columns))


def test_it_says_what_warning_lists_leave_out() -> None:
    plain = TableFile(
        path=EXAMPLES / "traffic.csv", identifiers=("ipv4", "ipv6", "domain"), columns=COLUMNS
    )
    names = ("own-network", "known-sites")
    lists = [warning_list_read(EXAMPLES / f"{name}.warninglist.json") for name in names]
    taken, report = read(Cleared(plain, lists))
    values = [value for _, _, value in taken]
    assert "10.1.2.3" not in values
    assert "www.example.org" not in values
    assert "192.0.2.7" in values
    assert report.grouped()[-2:] == [
        ("is on the warning list “Own network (invented)”", 1, [4]),
        ("is on the warning list “Sites everybody visits (invented)”", 1, [5]),
    ]


@pytest.mark.parametrize(
    ("kind", "entries", "hit", "miss"),
    [
        ("string", ["Example.ORG"], ("domain", "example.org"), ("domain", "a.example.org")),
        ("substring", ["tracker"], ("url", "http://tracker.example/"), ("domain", "a.example")),
        ("regex", ["/^ad[0-9]+\\./i"], ("domain", "ad7.example"), ("domain", "bad7.example")),
        ("hostname", ["a.example"], ("email", "x@b.a.example"), ("domain", "ba.example")),
        ("cidr", ["2001:db8::/32"], ("ipv6", "2001:db8::7"), ("ipv4", "192.0.2.7")),
    ],
)
def test_it_knows_every_kind_of_warning_list(
    tmp_path: Path, kind: str, entries: list[str], hit: tuple[str, str], miss: tuple[str, str]
) -> None:
    path = tmp_path / "list.json"
    path.write_text(json.dumps({"name": "N", "type": kind, "list": entries}))
    found = warning_list_read(path)
    assert found.has(Identifier(*hit))
    assert not found.has(Identifier(*miss))


@pytest.mark.parametrize(
    "document",
    [[], {"type": "cidr"}, {"type": "x", "list": []}, {"type": "cidr", "list": ["nonsense"]},
     {"type": "regex", "list": ["("]}],
)  # fmt: skip
def test_it_refuses_what_is_no_warning_list(tmp_path: Path, document: JSON) -> None:
    path = tmp_path / "list.json"
    path.write_text(json.dumps(document))
    with pytest.raises(MalformedInput):
        warning_list_read(path)


HITS = [
    Identifier("ipv4", "192.0.2.7"),
    Identifier("hash", SHA256),
    Identifier("filename", "it's\\here.exe"),
    Identifier("asn", "AS64496"),
    Identifier("cidr", "2001:db8::/64"),
    Identifier("iban", "NL91ABNA0417164300"),
]


def test_it_writes_misp_sightings() -> None:
    found = misp_sightings(HITS, source="Waterland", moment=MOMENT)
    assert [one["values"] for one in found] == [[hit.value] for hit in HITS]
    assert {(one["type"], one["source"], one["timestamp"]) for one in found} == {
        ("0", "Waterland", int(MOMENT.timestamp()))
    }


def test_it_writes_a_bundle_that_it_reads_again(tmp_path: Path) -> None:
    bundle = stix_bundle(HITS, source="Waterland", moment=MOMENT)
    kinds = [one["type"] for one in bundle["objects"]]
    assert kinds == ["identity", *["indicator", "sighting"] * 5]
    known = {one["id"] for one in bundle["objects"]}
    for one in bundle["objects"]:
        if one["type"] == "sighting":
            assert {one["sighting_of_ref"], *one["where_sighted_refs"]} <= known
        if one["type"] == "indicator":
            Pattern(one["pattern"])
    path = tmp_path / "bundle.json"
    path.write_text(json.dumps(bundle))
    taken, report = read(stix_file(path, ALL))
    named = [Identifier(kind, value) for _, kind, value in taken]
    assert (named, report.left_out) == ([hit for hit in HITS if stix_pattern(hit)], 0)


def test_it_finds_the_type_of_each_hit_again() -> None:
    asked = tuple({hit.type: None for hit in HITS if hit.type != "filename"})
    assert typed([hit.value for hit in HITS], (*asked, "filename")) == HITS
    assert typed(["NL91ABNA0417164300"], ("ipv4",)) == []
