"""``python -m synesthete`` is the command line."""

import sys

from synesthete.cli import main

sys.exit(main())
