"""The few marks that drawings are made of. x and width in %, y and height in rem.

So bars stretch with their column while text keeps the reader's own size, and a telephone, a
desk and a sheet of paper use one drawing. No script, no style, no viewBox.
"""

import textwrap
from collections.abc import Sequence
from html import escape

# A label's lines hold this many characters, so that they fit a screen of 320 px.
LINE_CHARACTERS = 32
LINE_HEIGHT = 1.3


def number(value: float) -> str:
    """Return a length without needless zeros."""
    return f"{value:.3f}".rstrip("0").rstrip(".")


def lines_of(text: str, width: int = LINE_CHARACTERS) -> list[str]:
    """Return a label's lines."""
    return textwrap.wrap(text, width) or [""]


class Drawing:
    """Collect marks from the top down; ``y`` is where the next one goes."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.y = 0.0
        self._marks: list[str] = []

    def text(
        self,
        words: str,
        *,
        x: str = "0",
        y: float,
        kind: str = "",
        dx: str = "",
    ) -> None:
        """Write one line; ``kind`` are classes of the stylesheet."""
        place = f' x="{x}"' if x != "0" else ""
        shift = f' dx="{dx}"' if dx else ""
        classes = f' class="{kind}"' if kind else ""
        self._marks.append(
            f'<text{classes}{place}{shift} y="{number(y)}rem">{escape(words)}</text>'
        )

    def label(self, words: str, *, said: bool, x: str = "0", kind: str = "") -> None:
        """Write a label of as many lines as it needs, and go below it."""
        classes = " ".join(part for part in (kind, "said" if said else "") if part)
        for line in lines_of(words):
            self.text(line, x=x, y=self.y + 1.05, kind=classes)
            self.y += LINE_HEIGHT

    def bar(self, *, x: float, width: float, y: float, height: float, kind: str) -> None:
        """Draw a bar; a hatched one has the kind ``hatch``."""
        fill = f' fill="url(#{self.name})"' if kind == "hatch" else f' class="{kind}"'
        place = f' x="{number(x)}%"' if x else ""
        self._marks.append(
            f'<rect{fill}{place} y="{number(y)}rem" width="{number(width)}%"'
            f' height="{number(height)}rem"/>'
        )

    def sill(self, y: float) -> None:
        """Draw the line: what stands above it may be known."""
        self.bar(x=0, width=100, y=y, height=0.25, kind="sill")

    def hidden_field(self, labels: Sequence[tuple[str, bool]], word: str) -> None:
        """Draw what is hidden below the line: a row for each, all alike, in given order."""
        self.sill(self.y)
        self.y += 0.25
        wrapped = [lines_of(label, LINE_CHARACTERS - 10) for label, _ in labels]
        height = sum(0.7 + LINE_HEIGHT * len(lines) for lines in wrapped) + 0.25
        self.bar(x=0, width=100, y=self.y, height=height, kind="hatch")
        for (_, said), lines in zip(labels, wrapped, strict=True):
            kind = "halo said" if said else "halo"
            self.text(word, x="100%", dx="-.5rem", y=self.y + 1.4, kind="halo e")
            for place, line in enumerate(lines):
                self.text(line, x=".5rem", y=self.y + 1.4 + LINE_HEIGHT * place, kind=kind)
            self.y += 0.7 + LINE_HEIGHT * len(lines)
        self.y += 0.25

    def svg(self, said: str) -> str:
        """Return the drawing; ``said`` is all of it in words."""
        return (
            f'<svg class="chart" role="img" aria-label="{escape(said, quote=True)}"'
            f' height="{number(self.y)}rem">{pattern(self.name)}{"".join(self._marks)}</svg>'
        )


def pattern(name: str) -> str:
    """Return the hatching, which means "not told" and is used for nothing else."""
    return (
        f'<defs><pattern id="{name}" width="8" height="8" patternUnits="userSpaceOnUse"'
        ' patternTransform="rotate(45)"><path class="hl" d="M.5 0v8"/></pattern></defs>'
    )
