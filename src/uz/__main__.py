"""`python -m uz` is the same as `uz`."""

import sys

from uz.cli import main

if __name__ == "__main__":
    sys.exit(main())
