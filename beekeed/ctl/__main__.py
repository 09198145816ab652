"""`python -m beekeed.ctl`: beekeectl where it is not on the PATH."""

import sys

from beekeed.ctl import main

sys.exit(main())
