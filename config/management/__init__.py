"""Commands that every role has."""
