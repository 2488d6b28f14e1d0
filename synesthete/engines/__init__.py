"""Where the work of indexing runs. An engine hands jobs to workers and gives back their results as they come."""

from synesthete.engines.local import LocalEngine, WorkerLostError

__all__ = ["LocalEngine", "WorkerLostError"]
