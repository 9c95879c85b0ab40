"""One party in one attempt of one round, as a process of its own; the only importer of MPyC.

Run as ``python -m mpcengine.party`` by a node's worker. Read ``program`` first, then
``session`` (who is connected), ``connection`` (what a peer may send), ``vectors`` (what a
circuit sees) and ``isolated`` (how MPyC is loaded without its side effects).
"""
