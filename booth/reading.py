"""Write what is read before the first question: who asks, who sees what, what to know."""

import base64
import hashlib

from booth import moments
from booth.drawings import line_chart, stair
from booth.markup import Child, Markup, element, markup
from booth.pieces import acts, button, choice, labelled, note, onward, shared
from booth.questions import error
from booth.said import Reader
from mpcengine.protocol.canonical import JSON

MARK_BYTES = 12
# What a code may look like (roster.parse_code): base 32, forgiving.
CODE = r"[ \-]*([0-9A-TV-Za-tv-z][ \-]*){26}"
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
        _state(reader),
        _who(reader),
        _honest(reader),
        _join(reader),
        _how(reader),
        _line(reader),
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
    words = reader.words
    return element(
        "section",
        element("h2", words("who_heading"), id="who", tabindex="-1"),
        _who_table(reader),
        element("p", words("who_after")),
    )


def _who_table(reader: Reader) -> Markup:
    words, is_code = reader.words, reader.document["roster"]["kind"] == "code"
    invented = words("only_invented") if is_code else words("only_together")
    no = words("no")
    rows: list[tuple[str, str, Child]] = [
        (reader.document["coordinator"]["name"], no, invented),
        (words("who_site"), words("only_connection"), invented if is_code else no),
        (words("who_node"), words("only_code" if is_code else "only_key"), no),
        (words("who_others"), no, no),
        (words("who_two"), no, element("b", words("yes_nameless"))),
    ]
    heads = [words(f"who{part}") for part in ("", "_took_part", "_answer", "_result")]
    body = [
        element(
            "tr",
            element("th", who, scope="row"),
            element("td", part, data_th=heads[1]),
            element("td", seen, data_th=heads[2]),
            element("td", words("yes"), data_th=heads[3]),
        )
        for who, part, seen in rows
    ]
    head = element("tr", [element("th", text, scope="col") for text in heads])
    return element("table", element("thead", head), element("tbody", body), class_="stack")


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
        element("h3", words("nodes_heading")),
        element("p", words("nodes_text")),
        _nodes(reader),
        element("p", words("nodes_mark"), class_="small soft"),
        experts,
    )


def _join(reader: Reader) -> Markup:
    """Return the door: what starting means, the code if the link lost it, and the button.

    The button is off, and the state above it says why, until the booth has checked itself.
    """
    words = reader.words
    code = element(
        "input",
        class_="field",
        id="code",
        autocomplete="off",
        autocapitalize="off",
        spellcheck="false",
        required=True,
        pattern=CODE,
        aria_describedby="codeh codee",
    )
    decline = element(
        "button",
        words("join_not"),
        class_="link",
        id="decline",
        type="button",
        disabled=True,
        data_go="declined",
    )
    return element(
        "section",
        element("h2", words("join_heading")),
        element("div", element("p", words("join_signed")), class_="signed"),
        labelled(reader, "code", "code", code, hidden=True),
        _agree(reader),
        acts(onward("go", words("join_go"), is_off=True), decline),
        element("p", words("join_after"), class_="soft"),
        id="join",
    )


def _agree(reader: Reader) -> Markup:
    box = element(
        "input", type="checkbox", id="agree", required=True, aria_describedby="agreee"
    )
    agreeing = element("span", reader.words("join_agree"))
    return element(
        "div",
        error(reader, "agree", reader.words("wrong_agree")),
        element("label", box, agreeing, class_="opt"),
        class_="q",
        id="agreeq",
    )


def _state(reader: Reader) -> Markup:
    """Return how far the booth is with checking itself; without a script it has not begun."""
    words = reader.words
    kinds = {"checking": "", "ready": "ok", "old": "wait", "unkept": "stop", "failed": "stop"}
    states = [(key, note(kind, words(key), words(f"{key}_why"))) for key, kind in kinds.items()]
    first = element("div", note("wait", words("no_script"), words("no_script_why")), id="begin")
    again = button("retry", words("retry"), "btn alt", hidden=True)
    told = choice("state", "div", states, role="status")
    return element("div", first, told, again, shared(reader))
