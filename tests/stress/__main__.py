"""``python -m tests.stress WHAT [OPTION …]``: how the companion stands what nobody should do to it; 0: well."""

from __future__ import annotations

import sys

from tests.stress import files

# What there is to try: each takes the words after its name and gives an exit code.
COMMANDS = {"files": files.main}


def main(words: list[str]) -> int:
    if not words or words[0] not in COMMANDS:
        sys.stderr.write(f"python -m tests.stress {'|'.join(COMMANDS)} [OPTION …]\n")
        return 2
    return COMMANDS[words[0]](words[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
