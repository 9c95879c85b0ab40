"""What a node's worker and its party process say to each other in the rounds of matching.

Source: docs/protocol.md §16.8 and §19.8. On standard input: a frame with the spec, then the
node's shares, each a *block* of n words: n words of its first component, then n of its second
(§19.4), little-endian u64. On standard output: an outcome as in ``partywire``, whose arrays are
such blocks, too. Bytes in, bytes out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mpcengine.protocol.canonical import JSON, Digest, parse_canonical
from mpcengine.protocol.errors import MalformedMessage
from mpcengine.protocol.partywire import (
    FAULT_POINTS,
    PartySpec,
    PeerAddress,
    frame,
    parse_peers,
    parse_seconds,
    peers_json,
)
from mpcengine.protocol.strict import Fields

ORDER, MERGE, OUTCOME, DIFFERENCE, CONTACT = 4, 5, 6, 7, 8
COMPONENTS = 2
WORD_BITS = 64
# Arrays of an outcome: one bit an owner; flags in two orders; values and private parts.
ORDER_ARRAY = "order"
VALUES_ARRAY = "values"
SHOWN_ARRAY = "shown"
HITS_ARRAY = "hits"
NEAR_ARRAY = "near"
TO_REQUESTER_ARRAY = "to-requester"
TO_HOLDERS_ARRAY = "to-holders"
MOST_LISTS, MOST_BUCKETS, MOST_WORDS = 256, 256, 2**24
# Three nodes may each count sixteen lists of their own.
MOST_EARLIER = 48
_SPEC = "drempel-words-spec/1"
_KEYS = (
    *("format", "job", "attempt", "round", "index", "root", "buckets", "bucket", "lists"),
    *("listen_fd", "certificate", "private_key", "pin", "peers", "request", "earlier"),
    *("deadline_seconds", "connect_seconds", "stall_seconds"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WordsList:
    """Say that a list takes part: whose it is, and the capacity of each of its buckets."""

    owner: int
    words: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierSet:
    """Say that a requester's earlier list is compared with: of which request, and its form.

    ``words``: the capacity of each of its ``buckets``; ``least``: the fewest words in which
    the new list has to differ from it if it is not to be equal.
    """

    request: Digest
    words: int
    buckets: int
    least: int


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class WordsSpec:
    """Tell one party everything about one attempt of one round of matching.

    ``job``: digest of the request manifest; ``round``: ORDER, MERGE, OUTCOME; ``buckets``: of
    every list; ``bucket``: the one that a MERGE is about, else 0; ``lists``: by ascending
    owner, in MERGE and OUTCOME owner 0 first; ``request``: its normal form in OUTCOME, else
    null; ``earlier``: what DIFFERENCE compares with. Blocks on standard input, for each list:

    - ORDER: for each bucket one of ``words`` words, the list;
    - MERGE: one of ``words`` words, the list in the bucket;
    - OUTCOME: for each bucket one of one word, the true size; then, for each list but the
      first, for each bucket the block ``first/OWNER`` that its MERGE gave;
    - DIFFERENCE: for owner 0's list, then for each earlier one: for each bucket one of
      ``words`` words, then for each bucket one of one word, the true size;
    - CONTACT: one of ``words`` words, the key and the opt-in; then one of one word for each
      list but the first, its hit.

    Its fields are kept out of ``repr``: a key.
    """

    job: Digest
    attempt: int
    round: int
    index: int
    listen_fd: int
    certificate: str
    private_key: str
    pin: str
    peers: tuple[PeerAddress, PeerAddress]
    root: Digest
    buckets: int
    bucket: int
    lists: tuple[WordsList, ...]
    deadline_seconds: float
    connect_seconds: float = 20.0
    stall_seconds: float = 30.0
    request: JSON = None
    earlier: tuple[EarlierSet, ...] = ()
    fault: str | None = None

    @property
    def blocks(self) -> tuple[int, ...]:
        """Return the number of words of each block on standard input, in order."""
        lists = [one.words for one in self.lists]
        if self.round == MERGE:
            return tuple(lists)
        if self.round == CONTACT:
            return (*lists, *(1,) * (len(lists) - 1))
        if self.round == ORDER:
            return tuple(words for words in lists for _ in range(self.buckets))
        if self.round == DIFFERENCE:
            shapes = [(lists[0], self.buckets)]
            shapes += [(one.words, one.buckets) for one in self.earlier]
            return tuple(
                words for most, count in shapes for words in (*(most,) * count, *(1,) * count)
            )
        flags = flag_words(self.lists[0].words)
        sizes = (1,) * (len(lists) * self.buckets)
        return sizes + (flags,) * ((len(lists) - 1) * self.buckets)


AnySpec = PartySpec | WordsSpec


def flag_words(count: int) -> int:
    """Return how many words hold ``count`` flags: flag i is bit i mod 64 of word ⌊i / 64⌋."""
    return -(-count // WORD_BITS)


def byte_words(count: int) -> int:
    """Return how many words hold ``count`` bytes: byte i is byte i mod 8 of word ⌊i / 8⌋."""
    return -(-count // (WORD_BITS // 8))


def first_array(owner: int) -> str:
    """Return the name of the flags of ``owner``'s values in the order of owner 0's bucket."""
    return f"first/{owner}"


def other_array(owner: int) -> str:
    """Return the name of the flags of ``owner``'s values in the order of its own bucket."""
    return f"other/{owner}"


def counts_array(bucket: int) -> str:
    """Return the name of owner 0's private bytes of a bucket: eight a word, byte i mod 8."""
    return f"counts/{bucket}"


def lists_json(lists: Sequence[WordsList]) -> list[JSON]:
    """Return the lists as the spec holds them and the hello digests them."""
    return [{"owner": one.owner, "words": one.words} for one in lists]


def earlier_json(earlier: Sequence[EarlierSet]) -> list[JSON]:
    """Return the earlier lists as the spec holds them and the hello digests them."""
    return [
        {
            "request": one.request,
            "words": one.words,
            "buckets": one.buckets,
            "least": one.least,
        }
        for one in earlier
    ]


def encode_words(spec: WordsSpec) -> bytes:
    """Return the frame of a spec, to be written to the party's standard input."""
    value: dict[str, JSON] = {
        "format": _SPEC,
        "job": spec.job,
        "attempt": spec.attempt,
        "round": spec.round,
        "index": spec.index,
        "root": spec.root,
        "buckets": spec.buckets,
        "bucket": spec.bucket,
        "lists": lists_json(spec.lists),
        "listen_fd": spec.listen_fd,
        "certificate": spec.certificate,
        "private_key": spec.private_key,
        "pin": spec.pin,
        "peers": peers_json(spec.peers),
        "request": spec.request,
        "earlier": earlier_json(spec.earlier),
        "deadline_seconds": spec.deadline_seconds,
        "connect_seconds": spec.connect_seconds,
        "stall_seconds": spec.stall_seconds,
    }
    if spec.fault is not None:
        value["fault"] = spec.fault
    return frame(value)


def is_words(body: bytes) -> bool:
    """Tell whether a frame's body says that it is such a spec; it may still be a bad one."""
    value = parse_canonical(body)
    return isinstance(value, dict) and value.get("format") == _SPEC


def parse_words(body: bytes) -> WordsSpec:
    """Read the spec in a frame's body; raise MalformedMessage naming the key that is wrong."""
    fields = Fields(parse_canonical(body), "spec", required=_KEYS, optional=("fault",))
    fields.choice("format", [_SPEC])
    index = fields.integer("index", 1, 3)
    number = fields.integer("round", ORDER, CONTACT)
    buckets = fields.integer("buckets", 1, MOST_BUCKETS)
    return WordsSpec(
        job=fields.digest("job"),
        attempt=fields.integer("attempt", 1, 2**31),
        round=number,
        index=index,
        root=fields.digest("root"),
        buckets=buckets,
        bucket=fields.integer("bucket", 0, buckets - 1 if number == MERGE else 0),
        lists=_lists(fields, number),
        listen_fd=fields.integer("listen_fd", 3, 2**20),
        certificate=fields.text("certificate", longest=10_000),
        private_key=fields.text("private_key", longest=10_000),
        pin=fields.hexadecimal("pin", 32),
        peers=parse_peers(fields, index),
        request=_request(fields, number),
        earlier=_earlier(fields, number),
        deadline_seconds=parse_seconds(fields, "deadline_seconds"),
        connect_seconds=parse_seconds(fields, "connect_seconds"),
        stall_seconds=parse_seconds(fields, "stall_seconds"),
        fault=fields.choice("fault", FAULT_POINTS) if fields.has("fault") else None,
    )


def _lists(fields: Fields, number: int) -> tuple[WordsList, ...]:
    fewest = 1 if number in (ORDER, DIFFERENCE) else 2
    rows = fields.rows("lists", fewest, MOST_LISTS, required=("owner", "words"))
    lists = tuple(
        WordsList(
            owner=row.integer("owner", 0, MOST_LISTS - 1),
            words=row.integer("words", 1, MOST_WORDS),
        )
        for row in rows
    )
    owners = [one.owner for one in lists]
    if owners != sorted(set(owners)):
        raise fields.refuse("lists", "must name different owners, ascending")
    if number != ORDER and owners[0] != 0:
        raise fields.refuse("lists", "must begin with owner 0")
    return lists


def _earlier(fields: Fields, number: int) -> tuple[EarlierSet, ...]:
    fewest, most = (1, MOST_EARLIER) if number == DIFFERENCE else (0, 0)
    keys = ("request", "words", "buckets", "least")
    return tuple(
        EarlierSet(
            request=row.digest("request"),
            words=row.integer("words", 1, MOST_WORDS),
            buckets=row.integer("buckets", 1, MOST_BUCKETS),
            least=row.integer("least", 1, MOST_WORDS),
        )
        for row in fields.rows("earlier", fewest, most, required=keys)
    )


def _request(fields: Fields, number: int) -> JSON:
    request: JSON = fields.raw("request")
    if (number == OUTCOME) != isinstance(request, dict) or (
        number != OUTCOME and request is not None
    ):
        raise fields.refuse("request", "must be the normal form in round 6, null in others")
    return request


def split_block(block: bytes) -> tuple[bytes, bytes]:
    """Cut a block into its two components; raise MalformedMessage if it has no two halves."""
    if len(block) % (COMPONENTS * WORD_BITS // 8):
        raise MalformedMessage("party.block", "A block has no two components of whole words.")
    half = len(block) // COMPONENTS
    return block[:half], block[half:]
