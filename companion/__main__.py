"""``python -m companion`` is ``chorale``."""

from companion.cli import main

if __name__ == "__main__":
    main()
