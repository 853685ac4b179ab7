"""`python -m dlstats`: the command line."""

import sys

from dlstats.cli.parser import main

if __name__ == "__main__":
    sys.exit(main())
