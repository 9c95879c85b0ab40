"""Write the catalogue into docs/security-events.md as tables (``make schemas``)."""

from collections.abc import Iterator

from security_events.build import ROOT
from security_events.catalogue import CATALOGUE, Entry
from security_events.fields import FIELDS

PAGE = ROOT / "docs" / "security-events.md"
BEGIN = "<!-- make schemas -->\n\n"
END = "\n\n<!-- end -->"
_HEAD = (
    "| code | when | severity | category, type | OCSF | fields | |",
    "|---|---|---|---|---|---|---|",
)


def catalogue_lines() -> Iterator[str]:
    """Yield the lines of the table of events."""
    yield from _HEAD
    for code, entry in CATALOGUE.items():
        fields = ", ".join(f"`{name}`" for name in sorted(entry.fields))
        yield (
            f"| `{code}` | {entry.when} | {entry.severity} | {entry.category}, {entry.type} "
            f"| {entry.ocsf or '–'} | {fields} | {_mark(entry)} |"
        )


def field_lines() -> Iterator[str]:
    """Yield the lines of the table of fields."""
    yield from ("| field | in the line | meaning |", "|---|---|---|")
    for name, field in sorted(FIELDS.items()):
        yield f"| `{name}` | `{field.ecs}` | {field.meaning} |"


def _mark(entry: Entry) -> str:
    if entry.is_reserved:
        return "reserved"
    return "act" if entry.is_act else ""


def main() -> None:
    """Put the tables between the two marks of the document."""
    before, mark, rest = PAGE.read_text("utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    tables = "\n".join([*catalogue_lines(), "", *field_lines()])
    PAGE.write_text(f"{before}{mark}{tables}{END}{after}", "utf-8")


if __name__ == "__main__":
    main()
