"""Write the made-up answers of the examples: `python examples/make_answers.py`.

The same seed always gives the same files, on every machine; a test compares them.
"""

import csv
import hashlib
import io
from datetime import date, timedelta
from pathlib import Path

HERE = Path(__file__).parent
SEED = "drempel examples, 2026"
RESPONDENTS = 200
TOO_FEW = 9
COLLEAGUES = 24


class Draws:
    """Give reproducible draws: SHA-256 of the seed and a counter."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._count = 0

    def below(self, bound: int) -> int:
        """Return a number from 0 to ``bound`` - 1; a bias of 2^-50 does no harm here."""
        self._count += 1
        block = hashlib.sha256(f"{self._seed}/{self._count}".encode()).digest()
        return int.from_bytes(block[:8], "big") % bound

    def chance(self, percent: int) -> bool:
        """Return True in ``percent`` of a hundred draws."""
        return self.below(100) < percent

    def pick(self, weights: dict[str, int]) -> str:
        """Return a key, each as likely as its weight."""
        place = self.below(sum(weights.values()))
        for key, weight in weights.items():
            if place < weight:
                return key
            place -= weight
        raise AssertionError("the weights add up to more than any place")

    def several(self, weights: dict[str, int], count: int) -> list[str]:
        """Return ``count`` different keys in the order drawn."""
        left = dict(weights)
        chosen = []
        for _ in range(count):
            chosen.append(self.pick(left))
            del left[chosen[-1]]
        return chosen


SECTORS = {"hospital": 25, "gp": 30, "elderly": 27, "laboratory": 18}
WATCH = {
    "hospital": {"own": 60, "supplier": 38, "nobody": 2},
    "gp": {"own": 3, "supplier": 62, "nobody": 35},
    "elderly": {"own": 25, "supplier": 45, "nobody": 30},
    "laboratory": {"own": 45, "supplier": 45, "nobody": 10},
}
HOURS = {"own": {"office": 55, "always": 45}, "supplier": {"office": 35, "always": 65}}
TOOLS = {"mfa": 40, "backup": 30, "edr": 16, "training": 24, "segments": 8}
INCIDENTS = {
    "hospital": {"0": 10, "1": 35, "5": 30, "20": 25},
    "gp": {"0": 55, "1": 40, "5": 5},
    "elderly": {"0": 30, "1": 40, "5": 20, "20": 10},
    "laboratory": {"0": 40, "1": 45, "5": 15},
}
WIDTHS = {"0": 1, "1": 4, "5": 15, "20": 60}
CONFIDENCE = {
    "own": {"1": 8, "2": 18, "3": 34, "4": 30, "5": 10},
    "supplier": {"1": 14, "2": 26, "3": 34, "4": 20, "5": 6},
    "nobody": {"1": 36, "2": 34, "3": 20, "4": 8, "5": 2},
}
NEEDS = {"people": 45, "money": 33, "law": 22}
MEASURES = {
    "mail": {"none": 14, "partly": 40, "done": 46},
    "web": {"none": 18, "partly": 44, "done": 38},
}
DEVICES = {
    "hospital": {"none": 22, "partly": 55, "done": 23},
    "gp": {"none": 55, "partly": 40, "done": 5},
    "elderly": {"none": 42, "partly": 46, "done": 12},
    "laboratory": {"none": 30, "partly": 40, "done": 30},
}
FIRST_DAY = date(2024, 1, 1)
DAYS = 1030


def respondent(draws: Draws) -> dict[str, str]:
    """Return one row: a care organisation whose answers hang together."""
    sector = draws.pick(SECTORS)
    watch = draws.pick(WATCH[sector])
    low = draws.pick(INCIDENTS[sector])
    row = {
        "sector": sector,
        "watch": watch,
        "hours": draws.pick(HOURS[watch]) if watch in HOURS else "",
        "tools": "|".join(sorted(draws.several(TOOLS, 1 + draws.below(3)))),
        "incidents": str(int(low) + draws.below(WIDTHS[low])),
        "confidence": draws.pick(CONFIDENCE[watch]),
        "priorities": ">".join(draws.several(NEEDS, 3)),
        **{f"measures.{name}": draws.pick(weights) for name, weights in MEASURES.items()},
        "measures.devices": draws.pick(DEVICES[sector]),
        "exercise": (FIRST_DAY + timedelta(days=draws.below(DAYS))).isoformat(),
    }
    for question, percent in (("tools", 12), ("incidents", 9), ("priorities", 10)):
        row[question] = "" if draws.chance(percent) else row[question]
    row["exercise"] = "" if draws.chance(20) else row["exercise"]
    return row


def few(draws: Draws) -> dict[str, str]:
    """Return one row of the survey that nine people answer."""
    return {"sector": draws.pick({"hospital": 1, "gp": 1}), "trust": str(1 + draws.below(5))}


IDEAS = {
    "later beginnen op maandag": 3,
    "ruilen zonder formulier": 3,
    "nooit meer dan drie nachten achter elkaar": 2,
    "het rooster twee maanden vooruit": 4,
    "fewer handovers, please": 1,
}
SECRETS = {"niemand leest de wensen": 1, "de teamleider ruilt het eerst": 1}


def colleague(draws: Draws, number: int) -> dict[str, str]:
    """Return one row of the survey with texts: most have an idea, two dare to say more."""
    return {
        "ward": draws.pick({"day": 1, "clinic": 1}),
        "idea": draws.pick(IDEAS) if draws.chance(70) else "",
        "secret": draws.pick(SECRETS) if number % 12 == 5 else "",
    }


def as_csv(rows: list[dict[str, str]]) -> str:
    """Return the rows as CSV with a header, lines ending in LF."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def files() -> dict[str, str]:
    """Return every file this script writes, by name."""
    many, nine, texts = Draws(SEED), Draws(f"{SEED}, withheld"), Draws(f"{SEED}, texts")
    colleagues = [colleague(texts, number) for number in range(COLLEAGUES)]
    return {
        "ict-resilience.answers.csv": as_csv([respondent(many) for _ in range(RESPONDENTS)]),
        "suggestions.answers.csv": as_csv(colleagues),
        "withheld.answers.csv": as_csv([few(nine) for _ in range(TOO_FEW)]),
    }


def main() -> None:
    """Write the files beside this script."""
    for name, text in files().items():
        (HERE / name).write_text(text, encoding="utf-8", newline="")


if __name__ == "__main__":
    main()
