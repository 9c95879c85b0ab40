"""Workbooks for tests: rows as a person types them."""

from io import BytesIO

import xlsxwriter

Row = dict[str, str]


def workbook(**sheets: list[Row]) -> bytes:
    """Return an .xlsx file with these sheets; columns in order of first use."""
    made = BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True, "strings_to_formulas": False}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            columns = list(dict.fromkeys(key for row in rows for key in row))
            for place, column in enumerate(columns):
                sheet.write_string(0, place, column)
            for at, row in enumerate(rows, start=1):
                for key, value in row.items():
                    sheet.write_string(at, columns.index(key), value)
    return made.getvalue()


NL, EN = "label::Nederlands (nl)", "label::English (en)"


def choices(name: str, *pairs: tuple[str, str, str]) -> list[Row]:
    """Return rows of the choices sheet: name, Dutch, English."""
    return [{"list_name": name, "name": key, NL: nl, EN: en} for key, nl, en in pairs]


YES_NO = choices("yn", ("1", "Ja", "Yes"), ("2", "Nee", "No"))
SIZES = choices(
    "size", ("small", "Klein", "Small"), ("medium", "Middel", "Medium"), ("big", "Groot", "Big")
)


def asked(kind: str, name: str, nl: str = "Vraag", en: str = "Question", **more: str) -> Row:
    """Return a row of the survey sheet."""
    return {"type": kind, "name": name, NL: nl, EN: en, **more}
