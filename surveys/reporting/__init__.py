"""PURE: a verified result becomes tables, sentences, drawings and files.

Reads ``drempel-result/1`` and the survey in it; knows no Django, clock, network or chance.
A hidden value has no number here: nothing in this package could draw or write one.
"""
