"""bench/run: see main.py for what it does."""
import sys

from .main import main

if __name__ == "__main__":
    sys.exit(main())
