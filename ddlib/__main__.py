"""`python -m ddlib`: see `ddlib.cli`."""

import sys

from ddlib.cli import main

sys.stdout.reconfigure(errors="replace")  # a terminal without the letter β shows a question mark
sys.exit(main())
