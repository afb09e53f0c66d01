"""``python -m sphinx_pipeviz`` is the command ``sphinx-pipeviz``."""

import sys

from sphinx_pipeviz.frontends.command import main

if __name__ == "__main__":
    sys.exit(main())
