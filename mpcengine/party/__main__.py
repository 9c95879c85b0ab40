"""The party process: ``python -m mpcengine.party`` with an inherited socket and a spec."""

import sys

from mpcengine.party.program import main
from mpcengine.party.rounds import compute_round

if __name__ == "__main__":
    sys.exit(main(compute_round))
