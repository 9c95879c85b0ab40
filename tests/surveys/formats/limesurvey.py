"""LimeSurvey files for tests: rows as versions 3 and 6 dump them."""

from xml.sax.saxutils import escape

Row = dict[str, str]


def lss(**sections: list[Row]) -> bytes:
    """Return a structure file with these sections."""
    parts = [
        f"<{name}><rows>"
        + "".join(
            "<row>" + "".join(f"<{k}>{escape(v)}</{k}>" for k, v in row.items()) + "</row>"
            for row in rows
        )
        + f"</rows></{name}>"
        for name, rows in sections.items()
    ]
    head = "<LimeSurveyDocType>Survey</LimeSurveyDocType><DBVersion>617</DBVersion>"
    start = "<?xml version='1.0' encoding='UTF-8'?>"
    return f"{start}<document>{head}{''.join(parts)}</document>".encode()


HEADS: dict[str, list[Row]] = {
    "surveys": [{"sid": "1", "language": "nl", "additional_languages": "en"}],
    "surveys_languagesettings": [
        {
            "surveyls_language": "en",
            "surveyls_title": "Poll",
            "surveyls_welcometext": "<p>Hi</p>",
        },
        {"surveyls_language": "nl", "surveyls_title": "Peiling", "surveyls_welcometext": "Dag"},
    ],
    "groups": [{"gid": "1", "group_order": "1", "grelevance": ""}],
}


def question(qid: int, kind: str, code: str, **more: str) -> Row:
    """Return a row of questions."""
    row = {"qid": str(qid), "gid": "1", "parent_qid": "0", "type": kind, "title": code}
    return {**row, "question_order": str(qid), "mandatory": "N", "relevance": "1", **more}


def said(qid: int, nl: str, en: str, help_nl: str = "") -> list[Row]:
    """Return a question's texts, as since version 4."""
    return [
        {"qid": str(qid), "question": nl, "help": help_nl, "language": "nl"},
        {"qid": str(qid), "question": en, "help": "", "language": "en"},
    ]
