"""Write the schemas beside this script: `python docs/schemas/generate.py`."""

from pathlib import Path

from mpcengine.protocol.schemas import schema_files


def main() -> None:
    """Write one file for each format; a test compares them with the code."""
    for name, text in schema_files().items():
        (Path(__file__).parent / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
