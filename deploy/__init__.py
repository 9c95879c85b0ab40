"""How Drempel runs on real services: one topology, as compose.yaml or as processes."""
