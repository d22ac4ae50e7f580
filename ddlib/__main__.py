"""`python -m ddlib`: see `ddlib.cli`."""

import sys

from ddlib.cli import main

sys.exit(main())
