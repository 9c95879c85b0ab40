"""Read a Dockerfile as far as ours goes: stages, and instructions with their arguments."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

Instruction = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: its name, what it starts from, and its instructions in order."""

    name: str
    base: str
    instructions: list[Instruction] = field(default_factory=list)

    def of(self, *words: str) -> list[str]:
        """Return the arguments of every instruction called one of ``words``."""
        return [text for word, text in self.instructions if word in words]


def read(path: Path) -> dict[str, Stage]:
    """Return the stages of a Dockerfile by name."""
    return parse(path.read_text("utf-8"))


def parse(text: str) -> dict[str, Stage]:
    """Return the stages in the text of a Dockerfile."""
    text = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE))
    stages: list[Stage] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        word, _, rest = line.partition(" ")
        if word == "FROM":
            base, _, name = rest.partition(" AS ")
            stages.append(Stage(name, base))
        else:
            stages[-1].instructions.append((word, rest.strip()))
    return {one.name: one for one in stages}


def is_list(text: str) -> bool:
    """Tell whether an instruction's argument is a JSON list: no shell reads it."""
    try:
        return isinstance(json.loads(text), list)
    except ValueError:
        return False
