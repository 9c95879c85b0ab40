"""Vector arithmetic on uint64 arrays: the field GF(2^61 - 1) of all shares.

Read ``field61`` (the checked door), then ``compiled`` (the loops behind it).
"""
