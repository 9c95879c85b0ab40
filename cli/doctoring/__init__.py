"""Is this installation fit to run? One module an area; each check has a number."""
