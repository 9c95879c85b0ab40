"""Lists out of other systems' files: tables, MISP, STIX; warning lists; sightings back."""
