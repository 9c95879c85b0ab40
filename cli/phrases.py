"""The words of ``drempel show`` in Dutch and English, and which of the two the reader gets."""

import os
from collections.abc import Mapping

LANGUAGES = ("en", "nl")
_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")

PHRASES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "counted": "{n} answers were counted.",
        "rule": "A count below {k} is hidden, and so is every count from which a hidden one "
        "could be worked out.",
        "rejected": "{n} packages did not count: {reason}.",
        "withheld": "Withheld: {reason}. There is no number to show.",
        "no_table": "No question of this survey has a table.",
        "withheld_table": "nothing of this table may be shown",
        "hidden": "hidden",
        "why": "small, or protects one that is",
        "null": "No answer",
        "not_shown": "Not asked",
        "statistic": "Mean {mean} over {n} answers; variance {variance}.",
        "statistic_hidden": "Mean and variance are hidden.",
        "answered": "Answered",
        "texts": "{n} texts, in an order that no node knows. A text may tell who wrote it.",
        "unreadable": "(could not be read)",
        "withheld_texts": "none of these texts may be shown",
        "rank": "rank {n}",
        "checked": "Checked: one node that lies would have been noticed.",
        "checked values, semi-honest selection": "The numbers are checked: one node that lies "
        "would have been noticed. Which of them are shown assumes that all nodes follow the "
        "protocol.",
        "semi-honest": "Assumes that all nodes follow the protocol.",
        "label_all": "All numbers",
        "label_counts": "Counts and means",
        "label_some": "Variances",
        "label_texts": "Texts",
        "signed": "Signed by the three nodes {nodes}; 'drempel verify' checks who they are.",
        "signed_by": "Signed by nodes {nodes}; 'drempel verify' checks who they are.",
        "match_rule": "{n} organisations took part. A number of organisations below "
        "{organisations} is hidden, and so is the number of indicators below {k} or near all "
        "of them.",
        "compare_rule": "{n} lists took part. A number below {k} is hidden, and so is one that "
        "is near the size of a list.",
        "lists_rejected": "{n} lists could not be used.",
        "organisations": "Organisations that hold one",
        "indicators": "Indicators that anybody holds",
        "intersection": "In all lists",
        "union": "In any list",
        "per_indicator": "Organisations that hold it, for each indicator that may be shown",
        "no_indicator": "none may be shown",
        "contacts": "Organisations with a hit that want to get in touch",
        "no_contact": "none",
        "contact_until": "until",
    },
    "nl": {
        "counted": "{n} antwoorden zijn geteld.",
        "rule": "Een aantal onder de {k} is verborgen, en ook elk aantal waaruit een verborgen "
        "aantal te berekenen zou zijn.",
        "rejected": "{n} pakketten telden niet mee: {reason}.",
        "withheld": "Niet vrijgegeven: {reason}. Er is geen getal om te tonen.",
        "no_table": "Geen vraag van deze enquête heeft een tabel.",
        "withheld_table": "van deze tabel mag niets getoond worden",
        "hidden": "verborgen",
        "why": "klein, of beschermt een klein aantal",
        "null": "Geen antwoord",
        "not_shown": "Niet gevraagd",
        "statistic": "Gemiddelde {mean} over {n} antwoorden; variantie {variance}.",
        "statistic_hidden": "Gemiddelde en variantie zijn verborgen.",
        "answered": "Beantwoord",
        "texts": "{n} teksten, in een volgorde die geen knooppunt kent. Een tekst kan verraden "
        "wie hem schreef.",
        "unreadable": "(niet leesbaar)",
        "withheld_texts": "geen van deze teksten mag getoond worden",
        "rank": "plaats {n}",
        "checked": "Gecontroleerd: een knooppunt dat liegt was opgemerkt.",
        "checked values, semi-honest selection": "De getallen zijn gecontroleerd: een "
        "knooppunt dat liegt was opgemerkt. Welke getoond worden, veronderstelt dat alle "
        "knooppunten zich aan het protocol houden.",
        "semi-honest": "Veronderstelt dat alle knooppunten zich aan het protocol houden.",
        "label_all": "Alle getallen",
        "label_counts": "Aantallen en gemiddelden",
        "label_some": "Varianties",
        "label_texts": "Teksten",
        "signed": "Getekend door de drie knooppunten {nodes}; 'drempel verify' controleert wie "
        "dat zijn.",
        "signed_by": "Getekend door de knooppunten {nodes}; 'drempel verify' controleert wie "
        "dat zijn.",
        "match_rule": "{n} organisaties deden mee. Een aantal organisaties onder de "
        "{organisations} is verborgen, en ook een aantal kenmerken onder de {k} of bijna "
        "allemaal.",
        "compare_rule": "{n} lijsten deden mee. Een aantal onder de {k} is verborgen, en ook "
        "een aantal dat dicht bij de lengte van een lijst ligt.",
        "lists_rejected": "{n} lijsten waren niet bruikbaar.",
        "organisations": "Organisaties die er een hebben",
        "indicators": "Kenmerken die iemand heeft",
        "intersection": "In alle lijsten",
        "union": "In een van de lijsten",
        "per_indicator": "Organisaties die het hebben, per kenmerk dat getoond mag worden",
        "no_indicator": "geen enkel mag getoond worden",
        "contacts": "Organisaties met een treffer die contact willen",
        "no_contact": "geen",
        "contact_until": "tot",
    },
}
_REASONS_NL: Mapping[str, str] = {
    "fewer than min_count": "minder antwoorden dan min_count",
    "node lost": "een knooppunt kwam niet terug",
    "lost": "een knooppunt verloor wat het gezegd had",
    "inconsistent shares": "de delen van de knooppunten pasten niet bij elkaar",
    "disclosure check failed": "de geopende getallen voldeden niet aan de regels",
    "too many inconsistent": "te veel pakketten gingen niet open",
    "peer equivocated": "een knooppunt sprak zichzelf tegen",
    "nodes disagree": "de knooppunten waren het niet eens",
    "another node withheld": "een ander knooppunt gaf niet vrij",
    "computation failed": "de berekening lukte niet",
    "texts changed": "een knooppunt veranderde een tekst",
    "cannot be unsealed": "zij gingen niet open",
    "too few lists": "er deden te weinig lijsten mee",
    "near an earlier question": "de vraag lijkt te veel op een eerdere van dezelfde vrager",
    "earlier question lost": "een knooppunt kan niet meer met een eerdere vraag vergelijken",
    "not usable": "zij waren niet bruikbaar",
    "superseded": "zij zijn vervangen door een verbetering",
}


def reader_language() -> str:
    """Return ``nl`` if the environment's language is Dutch, else ``en``."""
    value = next((os.environ[name] for name in _VARIABLES if os.environ.get(name)), "")
    return "nl" if value.lower().startswith("nl") else "en"


def reason_text(reason: str, language: str) -> str:
    """Return a reason of the protocol in the reader's language."""
    return _REASONS_NL.get(reason, reason) if language == "nl" else reason
