"""Where the work of indexing runs. An engine hands jobs to workers and gives back their results as they come.

:class:`LocalEngine` uses processes of this machine, :class:`synesthete.engines.ray.RayEngine` those of a cluster.
"""

from synesthete.engines.jobs import AtHome, WorkerLostError
from synesthete.engines.local import LocalEngine

__all__ = ["AtHome", "LocalEngine", "WorkerLostError"]
