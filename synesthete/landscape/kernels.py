"""The forces of t-SNE, compiled by numba; imported only when a map is laid out, for it takes seconds.

Not cached on disk: where no folder can be written to, numba's cache fails at import.
"""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(nogil=True, fastmath=True)
def push(points, axes, force, share):  # type: ignore[no-untyped-def]
    """Repulsion of each of ``points`` [m, 3] from all on ``axes`` [3, n].

    Force [m, 3] and sum of kernels [m].
    """
    x, y, z = axes[0], axes[1], axes[2]
    one = np.float32(1)
    for i in range(points.shape[0]):
        px, py, pz = points[i, 0], points[i, 1], points[i, 2]
        total = fx = fy = fz = np.float32(0)
        for j in range(x.shape[0]):
            dx, dy, dz = px - x[j], py - y[j], pz - z[j]
            kernel = one / (one + dx * dx + dy * dy + dz * dz)
            total += kernel
            square = kernel * kernel
            fx += square * dx
            fy += square * dy
            fz += square * dz
        force[i, 0], force[i, 1], force[i, 2] = fx, fy, fz
        share[i] = total


@numba.njit(nogil=True)
def pull(points, indptr, columns, values, force, first, last):  # type: ignore[no-untyped-def]
    """Attraction of points ``first`` to ``last`` to their neighbours: force [n, 3]."""
    one = np.float32(1)
    for i in range(first, last):
        fx = fy = fz = np.float32(0)
        for at in range(indptr[i], indptr[i + 1]):
            j = columns[at]
            dx, dy, dz = points[i, 0] - points[j, 0], points[i, 1] - points[j, 1], points[i, 2] - points[j, 2]
            weight = values[at] / (one + dx * dx + dy * dy + dz * dz)
            fx += weight * dx
            fy += weight * dy
            fz += weight * dz
        force[i, 0], force[i, 1], force[i, 2] = fx, fy, fz
