"""Parser of the documentation's shell commands, so that tests can check them."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

_SUBSTITUTION = re.compile(r"\$\(([^()]*)\)")
_ASSIGNMENT = re.compile(r"^[A-Z][A-Z0-9_]*=")
_OPERATORS = {"|", "&&", "||", ";"}


@dataclass(frozen=True)
class Command:
    """One program with its arguments.

    Attributes:
        program: name of the program.
        arguments: the arguments, unquoted.
        variables: names of the environment variables set for it.
    """

    program: str
    arguments: list[str] = field(default_factory=list)
    variables: list[str] = field(default_factory=list)

    @property
    def options(self) -> dict[str, str | None]:
        """Options with their values, or None for an option without a value."""
        options: dict[str, str | None] = {}
        words = [*self.arguments, "--"]
        for word, following in pairwise(words):
            if word.startswith("-"):
                name, equals, value = word.partition("=")
                options[name] = value if equals else None if following.startswith("-") else following
        return options


def commands(text: str) -> Iterator[Command]:
    """Give every command of a script, also every command inside `$(...)`.

    Args:
        text: lines of a shell script, whose comments are skipped.
    """
    for line in text.replace("\\\n", " ").splitlines():
        while inner := _SUBSTITUTION.search(line):
            yield from commands(inner[1])
            line = line.replace(inner[0], "SUBSTITUTED")
        words = shlex.shlex(line, posix=True, punctuation_chars="|&;")
        words.whitespace_split = True
        command: list[str] = []
        for word in [*words, ";"]:
            if word not in _OPERATORS:
                command.append(word)
            elif command:
                yield _command(command)
                command = []


def _command(words: list[str]) -> Command:
    variables = []
    while words and _ASSIGNMENT.match(words[0]):
        variables.append(words.pop(0).partition("=")[0])
    program, *arguments = words
    return Command(program, arguments, variables)
