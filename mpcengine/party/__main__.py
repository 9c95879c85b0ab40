"""The party process: ``python -m mpcengine.party`` with a spec, and for a round a socket."""

import os

from mpcengine.party.checks import evaluate_reports
from mpcengine.party.matching import match_lists
from mpcengine.party.program import main
from mpcengine.party.rounds import compute_round

if __name__ == "__main__":
    # Everything is written; tearing the interpreter down would only make the node wait.
    os._exit(main(compute_round, evaluate_reports, match_lists))
