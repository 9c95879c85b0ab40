"""Write the made-up lists of the examples: `python examples/make_lists.py`.

The same seed always gives the same files, on every machine; a test compares them. All names end
in ``.example`` or ``.test``, all addresses are of documentation ranges.
"""

import hashlib
from pathlib import Path

HERE = Path(__file__).parent
SEED = "drempel example lists, 2026"
HOLDERS = ("gp-union", "hospital-north", "hospital-south", "insurer", "laboratory", "pharmacy")
INDICATORS = 60
SEEN = {
    "hospital-north": range(24),
    "hospital-south": range(12, 30),
    "laboratory": range(18, 26),
    "insurer": range(20, 21),
}
OWN_LINES = 600
CASES = {"police": range(2400), "register": range(1900, 5200)}


def number(name: str) -> int:
    """Return a number that depends on the name only."""
    return int.from_bytes(hashlib.sha256(f"{SEED}/{name}".encode()).digest()[:8], "big")


def indicator(place: int) -> tuple[str, str]:
    """Return an indicator of the attack, as its type and canonical value."""
    drawn = number(f"indicator {place}")
    if place % 3 == 0:
        return "ipv4", f"203.0.113.{place}"
    if place % 3 == 1:
        return "domain", f"login-{drawn % 10**6}.example"
    return "url", f"https://pay-{drawn % 10**6}.example/invoice?id={place}"


def defused(kind: str, value: str, place: int) -> str:
    """Return an indicator as people pass it on."""
    if place % 4:
        return value
    text = value.replace("http", "hxxp", 1) if kind == "url" else value
    head, dot, tail = text.partition(".")
    return f"{head}[{dot}]{tail}"


def indicators() -> str:
    """Return the requester's list; two of its rows are no values."""
    rows = ["type,value"]
    for place in range(INDICATORS):
        kind, value = indicator(place)
        rows.append(f"{kind},{defused(kind, value, place)}")
    rows += ["domain,localhost", "ipv4,203.0.113"]
    return "\n".join(rows) + "\n"


def holding(name: str) -> str:
    """Return what an organisation has seen: its own traffic, and perhaps the attack."""
    rows = ["type,value"]
    for place in range(OWN_LINES):
        drawn = number(f"{name} {place}")
        if drawn % 2:
            rows.append(f"ipv4,198.51.100.{drawn // 2 % 256}")
        else:
            rows.append(f"domain,Site-{drawn // 2 % 10**5}.test")
    rows += [",".join(indicator(place)) for place in SEEN.get(name, ())]
    return "\n".join(sorted(rows[1:], key=lambda row: number(f"{name} {row}"))) + "\n"


def cases(name: str) -> str:
    """Return a register's case numbers."""
    return "".join(f"case {number(f'case {place}') % 10**9:09d}\n" for place in CASES[name])


def files() -> dict[Path, str]:
    """Return every file with its text."""
    holdings = {HERE / "phishing.holdings" / f"{name}.csv": holding(name) for name in HOLDERS}
    registers = {HERE / f"registers.{name}.txt": cases(name) for name in CASES}
    return {HERE / "phishing.indicators.csv": indicators(), **holdings, **registers}


def main() -> None:
    """Write all lists beside this file."""
    for path, text in files().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
