"""The parts of the Lambda runtime for Python: see `invocations`."""
