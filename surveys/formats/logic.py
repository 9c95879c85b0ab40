"""Read the small conditions of XLSForm, LimeSurvey and SurveyJS as one tree.

What a tree cannot hold (sums, dates of today, regular expressions) raises Unreadable. Nothing
is evaluated but the tree.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

Given = str | int | None
LONGEST = 4000
DEEPEST = 30
HERE = "."  # the question itself, in a constraint

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<var>\$\{\s*[^{}]+?\s*\}|\{\s*[^{}]+?\s*\})
    | (?P<text>'[^']*'|"[^"]*")
    | (?P<number>-?\d+(?:\.\d+)?)
    | (?P<op><=|>=|!=|<>|==|=|<|>)
    | (?P<word>&&|\|\||!)
    | (?P<mark>[()\[\],])
    | (?P<name>[A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z_][A-Za-z0-9_-]*)*|\.)
    )""",
    re.VERBOSE,
)
_OPS = {
    "=": "=", "==": "=", "!=": "!=", "<>": "!=", "<": "<", ">": ">", "<=": "<=", ">=": ">=",
    "eq": "=", "ne": "!=", "lt": "<", "gt": ">", "le": "<=", "ge": ">=",
    "equal": "=", "notequal": "!=", "less": "<", "greater": ">",
}  # fmt: skip
_SUFFIX = re.compile(r"\.(NAOK|value|shown|code)$")


class Unreadable(ValueError):
    """A condition says more than a tree of comparisons."""


@dataclass(frozen=True, slots=True)
class Compare:
    """Compare a variable with a constant; an empty text stands for "no answer"."""

    var: str
    op: str
    value: str


@dataclass(frozen=True, slots=True)
class Join:
    """Join parts: ``every`` of them, or at least one."""

    parts: tuple["Node", ...]
    every: bool


@dataclass(frozen=True, slots=True)
class Not:
    """Turn a part round."""

    part: "Node"


Node = Compare | Join | Not


def parse_condition(text: str) -> Node:
    """Return the tree of a condition; raise Unreadable for what a tree cannot hold."""
    if len(text) > LONGEST:
        raise Unreadable
    reader = _Reader(list(_tokens(text)))
    node = reader.either(0)
    if reader.rest:
        raise Unreadable
    return node


def variables(node: Node) -> set[str]:
    """Return the names a condition looks at."""
    if isinstance(node, Compare):
        return {node.var}
    if isinstance(node, Not):
        return variables(node.part)
    return set().union(*(variables(part) for part in node.parts))


def constants(node: Node) -> set[str]:
    """Return the values a condition compares with."""
    if isinstance(node, Compare):
        return {node.value}
    if isinstance(node, Not):
        return constants(node.part)
    return set().union(*(constants(part) for part in node.parts))


def conjuncts(node: Node) -> tuple[Node, ...]:
    """Return the parts that all must hold; one part if nothing joins them."""
    if isinstance(node, Join) and node.every:
        return tuple(inner for part in node.parts for inner in conjuncts(part))
    return (node,)


def is_true(node: Node, given: Given) -> bool:
    """Tell whether a condition on one variable holds where it was answered with ``given``."""
    if isinstance(node, Not):
        return not is_true(node.part, given)
    if isinstance(node, Join):
        met = (is_true(part, given) for part in node.parts)
        return all(met) if node.every else any(met)
    if given is None:
        empty = node.value == ""
        return empty if node.op == "=" else node.op == "!=" and not empty
    return _compared(str(given), node.op, node.value)


def whole(text: str) -> int | None:
    """Return a text that is a whole number, also as ``5.0``; None otherwise."""
    found = re.fullmatch(r"(-?\d{1,16})(?:\.0+)?", text.strip())
    return int(found[1]) if found else None


def _compared(left: str, op: str, right: str) -> bool:
    numbers = whole(left), whole(right)
    if None not in numbers:
        low, high = numbers
        order = (low > high) - (low < high)  # type: ignore[operator]  # neither is None here
    elif op in {"=", "!="}:
        order = left != right
    elif re.fullmatch(r"\d{4}-\d\d-\d\d", left) and re.fullmatch(r"\d{4}-\d\d-\d\d", right):
        order = (left > right) - (left < right)
    else:
        return False
    return {
        "=": order == 0, "!=": order != 0, "<": order < 0, ">": order > 0,
        "<=": order <= 0, ">=": order >= 0,
    }[op]  # fmt: skip


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    place, text = 0, text.rstrip()
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None:
            raise Unreadable
        place = found.end()
        yield str(found.lastgroup), found[str(found.lastgroup)]


class _Reader:
    """Read tokens by recursive descent, at most DEEPEST deep."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.rest = tokens[::-1]

    def either(self, depth: int) -> Node:
        """Read parts of which one must hold."""
        return self._joined(depth, ("or", "||"), every=False)

    def _joined(self, depth: int, words: tuple[str, ...], *, every: bool) -> Node:
        if depth > DEEPEST:
            raise Unreadable
        parts = [self._part(depth, every=every)]
        while self._is_word(*words):
            self.rest.pop()
            parts.append(self._part(depth, every=every))
        return parts[0] if len(parts) == 1 else Join(tuple(parts), every)

    def _part(self, depth: int, *, every: bool) -> Node:
        if not every:
            return self._joined(depth, ("and", "&&"), every=True)
        if self._is_word("not", "!"):
            self.rest.pop()
            return Not(self._part(depth + 1, every=True))
        if self._is_mark("("):
            self.rest.pop()
            node = self.either(depth + 1)
            self._expect(")")
            return node
        return self._comparison()

    def _comparison(self) -> Node:
        if self._is_word("selected"):
            self.rest.pop()
            self._expect("(")
            var = self._variable()
            self._expect(",")
            node = Compare(var, "=", self._constant())
            self._expect(")")
            return node
        if self._is_word("is_empty"):
            self.rest.pop()
            self._expect("(")
            var = self._variable()
            self._expect(")")
            return Compare(var, "=", "")
        if self.rest and self.rest[-1][0] in {"text", "number"}:
            raise Unreadable
        return self._compared(self._variable())

    def _compared(self, var: str) -> Node:
        kind, word = self._pop()
        op = _OPS.get(word.lower())
        if op is not None:
            return Compare(var, op, self._constant())
        if kind == "name" and word.lower() in {"empty", "notempty"}:
            return Compare(var, "=" if word.lower() == "empty" else "!=", "")
        if kind == "name" and word.lower() in {"anyof", "noneof"}:
            listed: Node = Join(
                tuple(Compare(var, "=", one) for one in self._list()), every=False
            )
            return listed if word.lower() == "anyof" else Not(listed)
        raise Unreadable

    def _list(self) -> list[str]:
        self._expect("[")
        values = [self._constant()]
        while self._is_mark(","):
            self.rest.pop()
            values.append(self._constant())
        self._expect("]")
        return values

    def _variable(self) -> str:
        kind, word = self._pop()
        if kind == "var":
            return word.strip("${} \t\r\n")
        if kind != "name":
            raise Unreadable
        if self._is_mark("("):
            if word not in {"count-selected", "string-length"}:
                raise Unreadable
            self.rest.pop()
            inner = self._variable()
            self._expect(")")
            return f"{word}:{inner}"
        return _SUFFIX.sub("", word)

    def _constant(self) -> str:
        kind, word = self._pop()
        if kind == "text":
            return word[1:-1]
        if kind == "number":
            return word
        if kind == "name" and word == "date" and self._is_mark("("):
            self.rest.pop()
            value = self._constant()
            self._expect(")")
            return value
        if kind == "name" and word in {"true", "false"}:
            return word
        raise Unreadable

    def _pop(self) -> tuple[str, str]:
        if not self.rest:
            raise Unreadable
        return self.rest.pop()

    def _expect(self, mark: str) -> None:
        if self._pop() != ("mark", mark):
            raise Unreadable

    def _is_mark(self, mark: str) -> bool:
        return bool(self.rest) and self.rest[-1] == ("mark", mark)

    def _is_word(self, *words: str) -> bool:
        return (
            bool(self.rest)
            and self.rest[-1][0] in {"word", "name"}
            and self.rest[-1][1].lower() in words
        )
