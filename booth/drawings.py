"""Draw the few pictures of the page as SVG, sized in rem and per cent (look, section 4)."""

from booth.markup import Markup, element
from booth.said import Reader

SHAPE_BARS = 20
WARNING = "M8 2 1.5 14h13ZM8 6.5v3.5m0 1.6v.4"
DONE = "M2.5 8.5 6 12l7.5-8"
WAITING = "M8 4v4.5l3 2M8 1.5a6.5 6.5 0 1 0 .1 0Z"


def icon(path: str) -> Markup:
    """Return one of the signs that stand beside a word, hidden from readers."""
    return element(
        "svg", element("path", d=path), class_="i", viewBox="0 0 16 16", aria_hidden="true"
    )


def arrow() -> Markup:
    """Return the sign for "onward"."""
    return icon("M2.5 8h10m-4-4.5L13 8l-4.5 4.5")


def stair(reader: Reader, at: int) -> Markup:
    """Return the four steps as a stair, the one numbered ``at`` (from 0) marked as here."""
    steps = []
    for place, name in enumerate(("read", "questions", "review", "sent")):
        label = element("span", reader.words(f"stair_{name}"))
        here = "step" if place == at else None
        done = "done" if place < at else None
        steps.append(element("li", label, class_=done, aria_current=here))
    return element("ol", steps, class_="stair")


def silhouette(label: str) -> Markup:
    """Return twenty bars on the line; the script gives them the heights of a code."""
    bars = [
        element("rect", class_="bar", x=f"{0.6 + 5 * at:.1f}%", width="3.8%")
        for at in range(SHAPE_BARS)
    ]
    sill = element("rect", class_="sill", y="4rem", width="100%", height=".25rem")
    return element(
        "svg",
        bars,
        sill,
        class_="chart",
        id="shape",
        role="img",
        aria_label=label,
        height="4.25rem",
    )


def line_chart(reader: Reader, least: int) -> Markup:
    """Return the example of a result: two answers above the line, two hidden below it."""
    words, most = reader.words, max(41, 4 * least + 1)
    pattern = element(
        "pattern",
        element("path", class_="hl", d="M.5 0v8"),
        id="h1",
        width="8",
        height="8",
        patternUnits="userSpaceOnUse",
        patternTransform="rotate(45)",
    )
    hidden = [
        [
            _text(words(f"line_{name}"), class_="halo said", x=".5rem", y=y),
            _text(words("hidden"), class_="halo e", x="100%", dx="-.5rem", y=y),
        ]
        for name, y in (("c", "7.65rem"), ("d", "9.65rem"))
    ]
    return element(
        "svg",
        element("defs", pattern),
        _bar(words("line_a"), most, "86.0%", ("1.05rem", "1.4rem", "2.15rem")),
        _bar(
            words("line_b"),
            least + 6,
            f"{86 * (least + 6) / (most):.1f}%",
            ("3.9rem", "4.25rem", "5rem"),
        ),
        element("rect", class_="sill", y="6rem", width="100%", height=".25rem"),
        element("rect", y="6.25rem", width="100%", height="4.25rem", fill="url(#h1)"),
        hidden,
        class_="chart",
        role="img",
        aria_label=words("line_chart"),
        height="10.5rem",
    )


def _bar(label: str, count: int, width: str, places: tuple[str, str, str]) -> list[Markup]:
    text, bar, value = places
    return [
        _text(label, class_="said", y=text),
        element("rect", class_="bar", y=bar, width=width, height=".875rem"),
        _text(str(count), class_="v", x=width, dx=".5rem", y=value),
    ]


def _text(content: str, **attributes: str) -> Markup:
    return element("text", content, **attributes)
