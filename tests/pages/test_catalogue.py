"""The Dutch catalogue is whole: every sentence, none fuzzy, compiled from what is written."""

from babel.messages.catalog import Message

from tests.pages import catalogue

FOUND = catalogue.read()


def name(message: Message) -> catalogue.Words:
    return message.id if isinstance(message.id, str) else (message.id[0], message.id[1])


def test_it_has_every_sentence_and_no_other() -> None:
    assert {name(one) for one in FOUND if one.id} == catalogue.words()


def test_it_leaves_nothing_untranslated_or_fuzzy() -> None:
    for message in FOUND:
        parts = message.string if isinstance(message.string, tuple) else (message.string,)
        assert all(parts) or not message.id, message.id
        assert not message.fuzzy
        for error in message.check(FOUND):
            raise error


def test_it_is_compiled_from_what_is_written() -> None:
    assert catalogue.MO.read_bytes() == catalogue.compiled(FOUND)
