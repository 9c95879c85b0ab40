"""The command line's error tree: one sentence for stderr and the exit code that goes with it.

CliError         exit 1   anything that is not named below
├── BadInput     exit 2   a file, argument or answer is wrong; nothing was written
└── NodeRefused  exit 3   a node said no (policy, ledger, signature); nothing was written
"""

FAILED = 1
BAD_INPUT = 2
REFUSED = 3


class CliError(Exception):
    """Carry one sentence that says what went wrong, where, and what to do."""

    exit_code = FAILED

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class BadInput(CliError):
    """What was given cannot be used; nothing was written."""

    exit_code = BAD_INPUT


class NodeRefused(CliError):
    """A node's operator or ledger said no; nothing was written."""

    exit_code = REFUSED
