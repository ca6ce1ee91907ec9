"""Starts the Lambda runtime for Python."""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
if HERE not in sys.path:
    sys.path.insert(0, HERE)

from rehearse_runtime import invocations, modules

# Before anything of the function's is found, and after all of the runtime's is.
modules.prepare(HERE)
invocations.run()
