"""Bars of a one-way table for the PDF report: on the line, hidden ones hatched below it."""

from reportlab.lib import colors
from reportlab.platypus import Flowable

from surveys.reporting import model
from surveys.reporting.sentences import said_number
from surveys.reporting.words import Words

ROW = 22.0
HIDDEN_ROW = 14.0
LONGEST = 0.82
BAR = colors.HexColor("#1d6b54")
LINE = colors.HexColor("#b87a0b")
HATCH = colors.HexColor("#83918b")
INK = colors.HexColor("#14201b")


class BarsFlowable(Flowable):  # type: ignore[misc]  # reportlab has no types
    """Draw what ``charts`` draws as bars: shown ones to scale, hidden ones all alike."""

    def __init__(self, table: model.Table, words: Words, width: float, font: str) -> None:
        super().__init__()
        self.words, self.width, self.font = words, width, font
        self.shown = [row for row in table.rows if row.cells[0].count is not None]
        self.below = [row for row in table.rows if row.cells[0].count is None]
        self.height = ROW * len(self.shown) + 4 + HIDDEN_ROW * len(self.below)

    def wrap(self, *_: object) -> tuple[float, float]:
        """Return the room it takes, in points."""
        return self.width, self.height

    def draw(self) -> None:
        """Draw from the top down."""
        canvas, y = self.canv, self.height
        most = max((row.cells[0].count or 0 for row in self.shown), default=1) or 1
        for row in self.shown:
            length = self.width * LONGEST * (row.cells[0].count or 0) / most
            self._text(row.label, 0, y - 8)
            canvas.setFillColor(BAR)
            canvas.rect(0, y - 19, length, 8, stroke=0, fill=1)
            self._text(said_number(row.cells[0], self.words), length + 4, y - 18)
            y -= ROW
        canvas.setFillColor(LINE)
        canvas.rect(0, y - 2.5, self.width, 2.5, stroke=0, fill=1)
        self._hidden(y - 2.5)

    def _hidden(self, top: float) -> None:
        if not self.below:
            return
        height = HIDDEN_ROW * len(self.below)
        self._hatch(top, height)
        for place, row in enumerate(self.below):
            y = top - HIDDEN_ROW * place - 10
            self._text(row.label, 4, y)
            word = self.words.say("hidden")
            self._text(word, self.width - 4 - 5 * len(word), y)

    def _hatch(self, top: float, height: float) -> None:
        canvas = self.canv
        canvas.saveState()
        path = canvas.beginPath()
        path.rect(0, top - height, self.width, height)
        canvas.clipPath(path, stroke=0)
        canvas.setStrokeColor(HATCH)
        canvas.setLineWidth(0.4)
        x = -height
        while x < self.width:
            canvas.line(x, top - height, x + height, top)
            x += 6
        canvas.restoreState()

    def _text(self, text: str, x: float, y: float) -> None:
        canvas = self.canv
        canvas.setFillColor(INK)
        canvas.setFont(self.font, 8)
        canvas.drawString(x, y, text if len(text) <= 90 else f"{text[:89]}…")
