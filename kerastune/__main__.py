"""`python -m kerastune` is the command `kerastune`."""

import sys

from kerastune.cli import main

if __name__ == "__main__":
    sys.exit(main())
