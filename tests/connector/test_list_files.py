"""Files of values are read as people make them; what is none is reported and left out."""

from pathlib import Path

import pytest

from connector.list_files import MOST_REPORTED, ListFile, Report, undefang
from mpcengine.protocol.errors import MalformedInput
from mpcengine.protocol.identifiers import Identifier


def read(
    tmp_path: Path, data: bytes, *identifiers: str, column: str | None = None
) -> tuple[list[tuple[int, Identifier]], Report]:
    path = tmp_path / "list.txt"
    path.write_bytes(data)
    found: list[tuple[int, Identifier]] = []
    source = ListFile(path=path, identifiers=identifiers, column=column)
    report = source.read(lambda row, one: found.append((row, one)))
    return found, report


def values(found: list[tuple[int, Identifier]]) -> list[tuple[int, str]]:
    return [(row, one.value) for row, one in found]


def test_it_reads_one_value_a_line(tmp_path: Path) -> None:
    data = b"\xef\xbb\xbfExample.org\r\n\r\n  *.example.net \nexample[.]com"
    found, report = read(tmp_path, data, "domain")
    assert values(found) == [(1, "example.org"), (3, "example.net"), (4, "example.com")]
    assert (report.taken, report.left_out, report.dropped) == (3, 0, [])


def test_it_reports_rows_that_are_no_value_and_quotes_none(tmp_path: Path) -> None:
    found, report = read(
        tmp_path, b"example.org\nlocalhost\n\xff\xfe.org\n192.0.2.7\n", "domain"
    )
    assert values(found) == [(1, "example.org")]
    assert [one.row for one in report.dropped] == [2, 3, 4]
    assert report.left_out == 3
    assert not any("localhost" in one.reason for one in report.dropped)


def test_it_keeps_a_count_of_more_than_it_reports(tmp_path: Path) -> None:
    _, report = read(tmp_path, b"x\n" * (MOST_REPORTED + 5), "ipv4")
    assert (report.left_out, len(report.dropped)) == (MOST_REPORTED + 5, MOST_REPORTED)


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("identifiers", [("domain",), ("domain", "ipv4")])
def test_an_empty_file_is_an_empty_list(
    tmp_path: Path, data: bytes, identifiers: tuple[str, ...]
) -> None:
    found, report = read(tmp_path, data, *identifiers)
    assert (found, report.left_out) == ([], 0)


@pytest.mark.parametrize("separator", [",", ";"])
def test_it_takes_a_column_of_a_table(tmp_path: Path, separator: str) -> None:
    rows = (("id", "Host", "note"), ("1", "example.org", "a"), ("2", '"example.net"', "b"))
    data = "\r\n".join(separator.join(row) for row in rows).encode()
    found, _ = read(tmp_path, data, "domain", column="host")
    assert values(found) == [(2, "example.org"), (3, "example.net")]


def test_it_says_that_a_column_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MalformedInput) as caught:
        read(tmp_path, b"id,name\n1,x\n", "domain", column="host")
    assert caught.value.where == "row 1"
    with pytest.raises(MalformedInput, match="'type'"):
        read(tmp_path, b"id,host\n1,x\n", "domain", "ipv4", column="host")


@pytest.mark.parametrize("header", [b"type,value\n", b"Value;Type;x\n", b""])
def test_a_list_of_types_has_two_columns(tmp_path: Path, header: bytes) -> None:
    rows = [(b"domain", b"example.org"), (b"IPv4", b"192.0.2.7"), (b"md5", b"00")]
    separator = b";" if b";" in header else b","
    if header.startswith(b"Value"):
        rows = [(value, kind) for kind, value in rows]
    data = header + b"\n".join(separator.join(row) for row in rows)
    found, report = read(tmp_path, data, "domain", "ipv4")
    assert [one for _, one in found] == [
        Identifier("domain", "example.org"),
        Identifier("ipv4", "192.0.2.7"),
    ]
    assert [one.row for one in report.dropped] == [4 if header else 3]


def test_a_value_with_commas_needs_no_quotes(tmp_path: Path) -> None:
    data = b'url,http://example.org/?a=1,2\nurl,"http://example.org/?b=1,2"\n'
    found, _ = read(tmp_path, data, "url", "domain")
    assert [one.value for _, one in found] == [
        "http://example.org/?a=1,2",
        "http://example.org/?b=1,2",
    ]


def test_a_mapped_address_counts_only_where_ipv4_is_asked(tmp_path: Path) -> None:
    found, report = read(tmp_path, b"::ffff:192.0.2.7\n", "ipv6")
    assert (found, report.left_out) == ([], 1)
    found, _ = read(tmp_path, b"type,value\nipv6,::ffff:192.0.2.7\n", "ipv4", "ipv6")
    assert [one for _, one in found] == [Identifier("ipv4", "192.0.2.7")]


@pytest.mark.parametrize(
    ("kind", "text", "plain"),
    [
        ("url", "hxxps://example[.]org/a", "https://example.org/a"),
        ("url", "hXXp[:]//example(.)org", "http://example.org"),
        ("url", "h**p://example[dot]org", "http://example.org"),
        ("url", "http[:]//example{.}org", "http://example.org"),
        ("url", "hxxp[://]example.org", "http://example.org"),
        ("url", "hxxp[:/]/example.org", "http://example.org"),
        ("domain", "example[.]org", "example.org"),
        ("ipv4", "192[.]0[.]2[.]7:443", "192.0.2.7"),
        ("ipv6", "[2001:db8::7]:443", "2001:db8::7"),
        ("ipv6", "2001[:]db8::7", "2001:db8::7"),
        ("email", "jan[at]example[.]org", "jan@example.org"),
        ("filename", "invoice[.]pdf", "invoice[.]pdf"),
        ("opaque", "hxxp://x", "hxxp://x"),
    ],
)
def test_it_undoes_what_defused_a_value(kind: str, text: str, plain: str) -> None:
    assert undefang(kind, text) == plain
