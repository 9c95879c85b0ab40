"""Embedded mode: portal, relay and three nodes as processes of this machine."""
