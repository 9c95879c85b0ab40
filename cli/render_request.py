"""Write a match or a comparison as plain lines; what is hidden has no size."""

import textwrap

from cli.phrases import PHRASES, reason_text
from cli.titles import printable_text
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.questions import Text
from mpcengine.protocol.request import COMPARE, MATCH
from mpcengine.protocol.request_manifest import RequestManifest
from mpcengine.protocol.request_statement import VALUE_NAMES

WIDTH = 80
NARROWEST = 32
NUMBER = 9
LONGEST_LABEL = 60


class RequestRenderer:
    """Write one result of a request for one reader."""

    def __init__(
        self, manifest: RequestManifest, language: str, rule: str = "─", width: int = WIDTH
    ) -> None:
        self.manifest = manifest
        self.language = language
        self.words = PHRASES[language]
        self.rule = rule
        self.width = min(WIDTH, max(width, NARROWEST))

    def result(self, document: JSON) -> list[str]:
        """Return the lines of a whole result."""
        request = self.manifest.request
        lines = [*self._wrapped(self._text(request.title)), ""]
        if document["state"] == "withheld":
            reason = reason_text(str(document["reason"]), self.language)
            lines += self._wrapped(self.words["withheld"].format(reason=reason))
        else:
            lines += self._numbers(document)
        nodes = [row["node"] for row in document["proof"]["nodes"]]
        phrase = self.words["signed" if len(nodes) == 3 else "signed_by"]
        return [*lines, "", *self._wrapped(phrase.format(nodes=", ".join(nodes)))]

    def _numbers(self, document: JSON) -> list[str]:
        kind = self.manifest.kind
        request, section = self.manifest.request, document[kind]
        lines = self._wrapped(self._rule(document["accepted"]))
        for row in document["rejected"]:
            lines += self._wrapped(self.words["lists_rejected"].format(n=row["count"]))
        lines.append("")
        names = VALUE_NAMES[kind]
        if kind == COMPARE and not request.list_sizes:
            names = names[:1]
        wide = max(len(self.words[name]) for name in names)
        for name in names:
            count = self._count(section[name]["count"])
            lines.append(f"  {self.words[name]:<{wide}}  {count:>{NUMBER}}")
        lines += self._indicators(section.get("per_indicator"))
        lines += self._contacts(section.get("contacts"))
        label = f"{self.words['label_all']}: {self.words[section['assurance']]}"
        return [*lines, "", *self._wrapped(label)]

    def _rule(self, accepted: int) -> str:
        request = self.manifest.request
        if self.manifest.kind == MATCH:
            least = request.min_organisations + int(request.leave_one_out)
            return self.words["match_rule"].format(
                n=accepted, organisations=least, k=request.min_count
            )
        return self.words["compare_rule"].format(n=accepted, k=request.min_count)

    def _indicators(self, rows: JSON) -> list[str]:
        if rows is None:
            return []
        lines = ["", self.words["per_indicator"], self.rule * self.width]
        if not rows:
            return [*lines, f"  {self.words['no_indicator']}"]
        values = [printable_text(row["value"]) for row in rows]
        wide = min(max(map(len, values)), LONGEST_LABEL, self.width - NUMBER - 4)
        for value, row in zip(values, rows, strict=True):
            parts = textwrap.wrap(value, wide) or [""]
            lines += [f"  {part}" for part in parts[:-1]]
            lines.append(f"  {parts[-1]:<{wide}}  {row['organisations']:>{NUMBER}}")
        return lines

    def _contacts(self, rows: JSON) -> list[str]:
        if rows is None:
            return []
        lines = ["", self.words["contacts"], self.rule * self.width]
        if not rows:
            return [*lines, f"  {self.words['no_contact']}"]
        for row in rows:
            card = row["card"]
            reach = [card["contact"], card["mail"], card["phone"], card["tlp"]]
            reach.append(f"{self.words['contact_until']} {card['expires'][:10]}")
            said = ", ".join(printable_text(part) for part in reach if part)
            lines += [
                f"  {line}" for line in self._wrapped(printable_text(card["organisation"]))
            ]
            lines += [f"    {line}" for line in textwrap.wrap(said, self.width - 4)]
        return lines

    def _text(self, text: Text) -> str:
        found = dict(text)
        return printable_text(found.get(self.language) or next(iter(found.values())))

    def _count(self, count: int | None) -> str:
        return self.words["hidden"] if count is None else str(count)

    def _wrapped(self, text: str) -> list[str]:
        return textwrap.wrap(text, self.width) or [""]
