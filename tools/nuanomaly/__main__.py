"""``python -m nuanomaly`` is the same as the command ``nuanomaly``."""

from nuanomaly.cli import main

if __name__ == "__main__":
    main()
