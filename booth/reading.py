"""Write what is read before the first question: who asks, who sees what, what to know."""

import base64
import hashlib

from booth import moments
from booth.drawings import arrow, line_chart
from booth.markup import Child, Markup, element, markup
from booth.said import Reader
from mpcengine.protocol.canonical import JSON

MARK_BYTES = 12
_SECONDS = {"text": 60, "ranking": 30, "date": 20}


def reading_write(reader: Reader) -> Markup:
    """Return the screen "read" as it stands without a script."""
    survey = reader.survey
    asker = reader.words("from", name=reader.document["coordinator"]["name"])
    introduction = survey.get("introduction")
    opening = element(
        "div",
        element("p", asker, class_="soft"),
        reader.said("h1", "title", survey["title"], tabindex="-1"),
        reader.said("p", "introduction", introduction, class_="said lead")
        if introduction
        else None,
        class_="flow",
    )
    rest = element(
        "div",
        _join(reader),
        _who(reader),
        _honest(reader),
        _line(reader),
        _how(reader),
        class_="flow",
    )
    grid = element("div", opening, _facts(reader), rest, class_="grid two")
    return element("div", grid, class_="screen", id="read")


def minutes_of(survey: JSON) -> int:
    """Return about how many minutes answering takes, reading included; at least 2."""
    seconds = 60
    for question in survey["questions"]:
        rows = len(question.get("rows", ()))
        seconds += 8 * rows if rows else _SECONDS.get(question["kind"], 15)
    return max(2, -(-seconds // 60))


def stair(reader: Reader, at: int) -> Markup:
    """Return the four steps as a stair, the one numbered ``at`` (from 0) marked as here."""
    steps = []
    for place, name in enumerate(("read", "questions", "review", "sent")):
        label = element("span", reader.words(f"stair_{name}"))
        here = "step" if place == at else None
        done = "done" if place < at else None
        steps.append(element("li", label, class_=done, aria_current=here))
    return element("ol", steps, class_="stair")


def _facts(reader: Reader) -> Markup:
    words, document = reader.words, reader.document
    many, minutes = len(reader.survey["questions"]), minutes_of(reader.survey)
    name = document["coordinator"]["name"]
    facts: list[tuple[str, str]] = [
        ("takes", words("takes_text", n=many, minutes=minutes)),
        ("opens", moments.moment(reader.language, document["answering"]["opens"])),
        ("closes", moments.moment(reader.language, document["answering"]["closes"])),
        ("line", words("line_text", n=reader.survey["min_count"])),
        ("invited", words("invited_text", n=document["roster"]["size"])),
        ("questions_to", words("questions_to_text", name=name)),
    ]
    steps = element(
        "div", element("p", element("b", words("step_read")), class_="small"), stair(reader, 0)
    )
    rows = [[element("dt", words(key)), element("dd", text)] for key, text in facts]
    return element(
        "aside",
        steps,
        element("dl", rows, class_="kv"),
        class_="side flow",
        aria_label=words("in_short"),
    )


def _who(reader: Reader) -> Markup:
    words, is_code = reader.words, reader.document["roster"]["kind"] == "code"
    invented = words("only_invented") if is_code else words("only_together")
    no, yes = words("no"), words("yes")
    rows: list[tuple[str, str, Child]] = [
        (reader.document["coordinator"]["name"], no, invented),
        (words("who_site"), words("only_connection"), invented if is_code else no),
        (words("who_node"), words("only_code" if is_code else "only_key"), no),
        (words("who_others"), no, no),
        (words("who_two"), no, element("b", words("yes_nameless"))),
    ]
    heads = ("who", "who_took_part", "who_answer", "who_result")
    took, answer, result = (words(head) for head in heads[1:])
    table = element(
        "table",
        element("thead", element("tr", [_head(words(head)) for head in heads])),
        element(
            "tbody",
            [
                element(
                    "tr",
                    element("th", who, scope="row"),
                    element("td", part, data_th=took),
                    element("td", seen, data_th=answer),
                    element("td", yes, data_th=result),
                )
                for who, part, seen in rows
            ],
        ),
        class_="stack",
    )
    return element(
        "section",
        element("h2", words("who_heading"), id="who", tabindex="-1"),
        table,
        element("p", words("who_after")),
        element("h3", words("nodes_heading")),
        element("p", words("nodes_text")),
        _nodes(reader),
        element("p", words("nodes_mark"), class_="small soft"),
    )


def _nodes(reader: Reader) -> Markup:
    rows = [
        [
            element("dt", f"{node['node'].upper()} · {node['name']}"),
            element("dd", fingerprint(node["identity_key"])),
        ]
        for node in reader.document["nodes"]
    ]
    return element("dl", rows, class_="kv")


def fingerprint(key: str) -> Markup:
    """Return the first 96 bits of the SHA-256 of a key (base64), in groups of four digits."""
    return _groups(hashlib.sha256(base64.b64decode(key)).hexdigest()[: 2 * MARK_BYTES])


def _groups(digits: str) -> Markup:
    groups = [element("span", digits[at : at + 4]) for at in range(0, len(digits), 4)]
    spaced = [markup(" " if place else "", group) for place, group in enumerate(groups)]
    return element("code", spaced, class_="fp")


def _honest(reader: Reader) -> Markup:
    words, document = reader.words, reader.document
    least, name = reader.survey["min_count"], document["coordinator"]["name"]
    kinds = {question["kind"] for question in reader.survey["questions"]}
    timing = "honest_strict" if document["timing"] == "strict" else "honest_immediate"
    if document["roster"]["kind"] == "code":
        many = words("honest_code_many", n=document["roster"]["size"])
        invited = [f"{words('honest_code')} {many}", words("honest_repeat", name=name)]
    else:
        invited = [words("honest_key", name=name)]
    sentences = [
        words("honest_one_node"),
        *invited,
        words("honest_gate", n=least),
        words("honest_hidden", n=least),
        words("honest_address"),
        words(timing),
        words("honest_count"),
        words("honest_stored"),
        *([words("honest_texts")] if "text" in kinds else []),
    ]
    return element(
        "section",
        element("h2", words("honest_heading")),
        element("ul", [element("li", sentence) for sentence in sentences]),
    )


def _line(reader: Reader) -> Markup:
    words, least = reader.words, reader.survey["min_count"]
    key = element("p", words("line_key", n=least), class_="key")
    return element(
        "section",
        element("h2", words("line_heading")),
        element("figure", line_chart(reader, least), key),
    )


def _how(reader: Reader) -> Markup:
    words, document = reader.words, reader.document
    name = document["coordinator"]["name"]
    a, b, c = (node["name"] for node in document["nodes"])
    steps = [words("how_cut"), words("how_add", a=a, b=b, c=c), words("how_show")]
    marks = [
        (words("how_survey"), _groups(document["survey_id"])),
        (words("how_key", name=name), fingerprint(document["coordinator"]["key"])),
    ]
    experts = element(
        "details",
        element("summary", words("how_experts")),
        element("p", words("how_experts_text", name=name)),
        element("dl", [[element("dt", a), element("dd", b)] for a, b in marks], class_="kv"),
    )
    return element(
        "section",
        element("h2", words("how_heading"), id="how", tabindex="-1"),
        element("ol", [element("li", step) for step in steps]),
        element("p", words("how_erase", n=document["give_up_after_days"])),
        experts,
    )


def _join(reader: Reader) -> Markup:
    """Return the door: what starting means, the code if the link lost it, and the button.

    The button is off, and the state above it says why, until the booth has checked itself.
    """
    words = reader.words
    code = element(
        "div",
        element("label", words("code_label"), class_="label", for_="code"),
        element("p", words("code_hint"), class_="hint", id="codeh"),
        element("p", class_="err", id="codee", hidden=True),
        element(
            "div",
            element(
                "input",
                class_="field",
                id="code",
                autocomplete="off",
                autocapitalize="off",
                spellcheck="false",
                aria_describedby="codeh codee",
            ),
            class_="in",
        ),
        class_="q",
        id="codeq",
        hidden=True,
    )
    agree = element(
        "div",
        element("p", class_="err", id="agreee", hidden=True),
        element(
            "label",
            element("input", type="checkbox", id="agree", aria_describedby="agreee"),
            element("span", words("join_agree")),
            class_="opt",
        ),
        class_="q",
        id="agreeq",
    )
    go = element(
        "button",
        words("join_go"),
        " ",
        arrow(),
        class_="btn",
        id="go",
        type="button",
        disabled=True,
    )
    not_ = element(
        "button", words("join_not"), class_="link", id="decline", type="button", disabled=True
    )
    return element(
        "section",
        element("h2", words("join_heading")),
        element("div", element("p", words("join_signed")), class_="signed"),
        _state(reader),
        code,
        agree,
        element("div", go, not_, class_="acts"),
        element("p", words("join_after"), class_="soft"),
        id="join",
    )


def _state(reader: Reader) -> Markup:
    sentence = element("b", reader.words("no_script"))
    return element(
        "div",
        element("p", sentence, " ", reader.words("no_script_why")),
        class_="note wait",
        id="state",
        role="status",
    )


def _head(text: str) -> Markup:
    return element("th", text, scope="col")
