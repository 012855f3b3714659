"""The nearest of few points, and what hangs together in a mesh."""

import numpy as np


def nearest(points: np.ndarray, among: np.ndarray, count: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """(n,count) distances from (n,3) points to the nearest of (m,3), nearest first, and (n,count) which these are."""
    middle = among.mean(0)
    points, among = np.asarray(points, float) - middle, np.asarray(among, float) - middle
    # so many distances stay in the processor's cache
    squares, chosen, rows = (among**2).sum(1), [], max((1 << 17) // len(among), 1)
    for low in range(0, len(points), rows):
        order = squares - points[low : low + rows] @ (2 * among.T)  # squared distances, but for the point's own square
        one = order.argmin(1)[:, None] if count == 1 else np.argpartition(order, count - 1, axis=1)[:, :count]
        chosen.append(one)
    which = np.concatenate(chosen) if chosen else np.zeros((0, count), np.intp)
    away = np.linalg.norm(points[:, None] - among[which], axis=2)
    order = away.argsort(1)
    return np.take_along_axis(away, order, 1), np.take_along_axis(which, order, 1)


def pieces(links: np.ndarray, count: int) -> np.ndarray:
    """(count,) which piece a node belongs to, where (n,2) links join them; in the order of their first nodes.

    Each node points to a smaller one of its piece, in the end to the smallest (Shiloach and Vishkin 1982).
    """
    first = np.arange(count)
    while True:
        links = first[links]
        links = links[links[:, 0] != links[:, 1]]
        if not len(links):
            return np.unique(first, return_inverse=True)[1]
        np.minimum.at(first, links.max(1), links.min(1))
        while True:
            further = first[first]
            if (further == first).all():
                break
            first = further
