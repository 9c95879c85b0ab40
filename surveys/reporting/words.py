"""The words of reports in Dutch and English, and how numbers are written in each."""

from fractions import Fraction

LANGUAGES = ("nl", "en")
_WORDS: dict[str, dict[str, str]] = {
    "en": {
        "head table": "table",
        "head question": "question",
        "head measure": "measure",
        "head row": "row",
        "head column": "column",
        "head row key": "row key",
        "head column key": "column key",
        "head value": "value",
        "head status": "status",
        "head share": "share",
        "head assurance": "assurance",
        "sheet numbers": "Numbers",
        "reason fewer than min_count": "fewer answers than the smallest number that is shown",
        "reason node lost": "a node did not come back",
        "reason lost": "a node lost what it had said",
        "reason inconsistent shares": "the nodes' parts did not fit",
        "reason disclosure check failed": "the opened numbers did not follow the rules",
        "reason too many inconsistent": "too many packages did not open",
        "reason peer equivocated": "a node contradicted itself",
        "reason nodes disagree": "the nodes did not agree",
        "reason another node withheld": "another node withheld",
        "reason computation failed": "the computation failed",
        "reason texts changed": "a node changed a text",
        "reason cannot be unsealed": "they did not open",
        "reason superseded": "a correction took their place",
        "reason inconsistent": "their parts did not fit",
        "reason not bits": "they were no valid answer",
        "reason constraint": "they broke a rule of the questionnaire",
        "wrote": "wrote something",
        "answer": "Answer",
        "count": "Count",
        "share": "Share",
        "together": "Together",
        "hidden": "hidden",
        "no answer": "no answer",
        "none": "none",
        "not asked": "not asked",
        "none ticked": "nothing ticked",
        "from to": "{low} to {high}",
        "rank": "place {n}",
        "group": "Group",
        "bars": "Bars.",
        "columns": "Columns.",
        "stacked": "Bars in parts.",
        "heat": "Grid of numbers.",
        "groups": "Bars for each group.",
        "hidden list": "Hidden: {labels}.",
        "nothing hidden": "Nothing is hidden.",
        "nothing shown": "Nothing of this is shown.",
        "most": "{count} of {total}: {label}.",
        "most alone": "{count}: {label}.",
        "several allowed": "More than one answer was allowed.",
        "mean": "Mean {mean}, of {n} answers.",
        "deviation": "Standard deviation {deviation}.",
        "statistic hidden": "Mean and spread are hidden.",
        "texts": "{n} texts, in no order.",
        "texts hidden": "Too few people wrote something. The texts were erased unread.",
        "unreadable": "(could not be read)",
        "above": "above the line: {k} or more",
        "below": "hidden; the hatching says nothing about size",
        "why hidden": (
            "A number is hidden because it, or the rest of its total, is smaller than {k}, "
            "or because it would give away another hidden number. Which of these is not "
            "known."
        ),
        "why withheld": "Too little may be shown of this table, so nothing of it is.",
        "counted": "{n} answers count.",
        "counted one": "1 answer counts.",
        "rule": "A number is shown only where the rules allow it: from {k}.",
        "rejected": "{n} packages were rejected: {reason}.",
        "checked": "checked",
        "checked values, semi-honest selection": (
            "numbers checked; what is hidden assumes that nodes follow the protocol"
        ),
        "semi-honest": "assumes that nodes follow the protocol",
        "about checked": "One node that lies about this number is noticed.",
        "about checked values, semi-honest selection": (
            "One node that lies about a shown number is noticed. Which numbers are hidden "
            "was decided inside the computation, and assumes that nodes follow the "
            "protocol."
        ),
        "about semi-honest": "One node could have changed this without being noticed.",
        "withheld": "There is no result. Reason: {reason}.",
        "withheld none": "No number exists, not at the nodes either.",
        "manifest": "Signed terms",
        "signed by": "Signed by",
        "report": "Report",
        "status": "Status",
        "cell shown": "shown",
        "cell hidden": "hidden",
        "reading": "How to read this",
        "page": "page {n}",
        "honest": (
            "Numbers below {k} are not released as long as the nodes follow the "
            "protocol. Two nodes together could break that."
        ),
        "verify": (
            "Anyone can check this report's numbers with the signed result (JSON): drempel "
            "verify result.json"
        ),
    },
    "nl": {
        "head table": "tabel",
        "head question": "vraag",
        "head measure": "maat",
        "head row": "rij",
        "head column": "kolom",
        "head row key": "rijsleutel",
        "head column key": "kolomsleutel",
        "head value": "waarde",
        "head status": "stand",
        "head share": "deel",
        "head assurance": "zekerheid",
        "sheet numbers": "Getallen",
        "reason fewer than min_count": "minder antwoorden dan de drempel",
        "reason node lost": "een knooppunt kwam niet terug",
        "reason lost": "een knooppunt verloor wat het gezegd had",
        "reason inconsistent shares": "de delen van de knooppunten pasten niet",
        "reason disclosure check failed": "de geopende getallen voldeden niet aan de regels",
        "reason too many inconsistent": "te veel pakketten gingen niet open",
        "reason peer equivocated": "een knooppunt sprak zichzelf tegen",
        "reason nodes disagree": "de knooppunten waren het niet eens",
        "reason another node withheld": "een ander knooppunt gaf niet vrij",
        "reason computation failed": "de berekening lukte niet",
        "reason texts changed": "een knooppunt veranderde een tekst",
        "reason cannot be unsealed": "zij gingen niet open",
        "reason superseded": "zij zijn vervangen door een verbetering",
        "reason inconsistent": "hun delen pasten niet",
        "reason not bits": "zij waren geen geldig antwoord",
        "reason constraint": "zij braken een regel van de vragenlijst",
        "wrote": "schreef iets",
        "answer": "Antwoord",
        "count": "Aantal",
        "share": "Deel",
        "together": "Samen",
        "hidden": "verborgen",
        "no answer": "geen antwoord",
        "none": "geen",
        "not asked": "niet gevraagd",
        "none ticked": "niets aangekruist",
        "from to": "{low} tot en met {high}",
        "rank": "plaats {n}",
        "group": "Groep",
        "bars": "Staven.",
        "columns": "Kolommen.",
        "stacked": "Staven in delen.",
        "heat": "Rooster met getallen.",
        "groups": "Staven per groep.",
        "hidden list": "Verborgen: {labels}.",
        "nothing hidden": "Er is niets verborgen.",
        "nothing shown": "Hiervan wordt niets getoond.",
        "most": "{count} van de {total}: {label}.",
        "most alone": "{count}: {label}.",
        "several allowed": "Meer dan één antwoord mocht.",
        "mean": "Gemiddeld {mean}, van {n} antwoorden.",
        "deviation": "Standaardafwijking {deviation}.",
        "statistic hidden": "Gemiddelde en spreiding zijn verborgen.",
        "texts": "{n} teksten, zonder volgorde.",
        "texts hidden": "Te weinig mensen schreven iets. De teksten zijn ongelezen gewist.",
        "unreadable": "(niet te lezen)",
        "above": "boven de drempel: {k} of meer",
        "below": "verborgen; de arcering zegt niets over de grootte",
        "why hidden": (
            "Een getal is verborgen omdat het zelf, of de rest van zijn totaal, kleiner is "
            "dan {k}, of omdat het een ander verborgen getal zou verraden. Welke van de "
            "drie, is niet bekend."
        ),
        "why withheld": "Van deze tabel mag te weinig getoond worden; daarom niets.",
        "counted": "{n} antwoorden tellen mee.",
        "counted one": "1 antwoord telt mee.",
        "rule": "Een getal staat er alleen waar de regels het toelaten: vanaf {k}.",
        "rejected": "{n} pakketten zijn afgewezen: {reason}.",
        "checked": "gecontroleerd",
        "checked values, semi-honest selection": (
            "getallen gecontroleerd; wat verborgen is, gaat ervan uit dat knooppunten zich "
            "aan het protocol houden"
        ),
        "semi-honest": "gaat ervan uit dat knooppunten zich aan het protocol houden",
        "about checked": "Eén knooppunt dat over dit getal liegt, valt op.",
        "about checked values, semi-honest selection": (
            "Eén knooppunt dat over een getoond getal liegt, valt op. Welke getallen "
            "verborgen zijn, is in de berekening beslist, en gaat ervan uit dat knooppunten"
            " zich aan het protocol houden."
        ),
        "about semi-honest": "Eén knooppunt kon dit veranderen zonder op te vallen.",
        "withheld": "Er is geen uitslag. Reden: {reason}.",
        "withheld none": "Er bestaat geen enkel getal, ook niet bij de knooppunten.",
        "manifest": "Getekende voorwaarden",
        "signed by": "Getekend door",
        "report": "Rapport",
        "status": "Stand",
        "cell shown": "getoond",
        "cell hidden": "verborgen",
        "reading": "Hoe dit te lezen",
        "page": "bladzijde {n}",
        "honest": (
            "Getallen onder {k} komen niet vrij zolang de knooppunten zich aan het "
            "protocol houden. Twee knooppunten samen kunnen dat doorbreken."
        ),
        "verify": (
            "Iedereen kan de getallen van dit rapport controleren met de getekende uitslag "
            "(JSON): drempel verify uitslag.json"
        ),
    },
}
MONTHS = {
    "en": "January February March April May June July August September October November "
    "December",
    "nl": "januari februari maart april mei juni juli augustus september oktober november "
    "december",
}


class Words:
    """Say things in one language; an unknown language is English."""

    def __init__(self, language: str) -> None:
        self.language = language if language in _WORDS else "en"
        self._own = _WORDS[self.language]

    def say(self, name: str, **values: object) -> str:
        """Return a sentence with its values filled in; raise KeyError for an unknown name."""
        return self._own[name].format(**values)

    def reason(self, reason: str) -> str:
        """Return one of the protocol's reasons in words; one that has none stays as it is."""
        parts = [self._own.get(f"reason {one}", one) for one in reason.split("; ")]
        return "; ".join(parts)

    def count(self, number: int) -> str:
        """Return a whole number with its thousands apart."""
        return f"{number:,}".replace(",", "." if self.language == "nl" else ",")

    def decimal(self, number: float) -> str:
        """Return a number with two decimals."""
        text = f"{number:,.2f}"
        if self.language == "en":
            return text
        return text.replace(",", " ").replace(".", ",").replace(" ", ".")

    def share(self, part: Fraction) -> str:
        """Return a part of a whole in per cent, rounded half up to a whole number."""
        return f"{int(part * 100 + Fraction(1, 2))}%"

    def day(self, value: str) -> str:
        """Return an ISO day as people write it."""
        year, month, day = value.split("-")
        return f"{int(day)} {MONTHS[self.language].split()[int(month) - 1]} {year}"


def catalogue() -> dict[str, dict[str, str]]:
    """Return all words by language, for tests."""
    return _WORDS
