"""GEOS's STRtree through shapely on the boxes of benches/index.rs: the same counts, sizes and area.

    pip install shapely
    python3 benches/strtree.py

Prints the median of five runs in milliseconds beside the name of the benchmark to compare with
(`cargo bench --bench index`). shapely answers all questions of a line in one vectorised call.
"""

import math
import random
import statistics
import time

import numpy
import shapely

ORIGIN = (500_000.0, 4_300_000.0)


def boxes(n):
    rng = numpy.random.default_rng(20_240_101)
    side = math.sqrt(n) * 30.0
    x, y = (ORIGIN[k] + rng.uniform(0, side, n) for k in (0, 1))
    w, h = (rng.uniform(6, 30, n) for _ in (0, 1))
    return shapely.box(x, y, x + w, y + h)


def places(n, count):
    rng = random.Random(7)
    side = math.sqrt(n) * 30.0
    return [(ORIGIN[0] + rng.uniform(0, side), ORIGIN[1] + rng.uniform(0, side)) for _ in range(count)]


def report(name, work, runs=5):
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        work()
        times.append((time.perf_counter() - started) * 1000)
    print(f"{name:28} {statistics.median(times):10.3f} ms")


def build(geometries):
    tree = shapely.STRtree(geometries)
    # GEOS builds the tree when it is first asked.
    tree.query(shapely.Point(ORIGIN))
    return tree


def main():
    print(f"shapely {shapely.__version__}, GEOS {'.'.join(map(str, shapely.geos_version))}")
    small, large = boxes(100_000), boxes(1_000_000)
    report("build::index_100k", lambda: build(small))
    report("build::index_1m", lambda: build(large))
    tree = build(small)
    corners = places(100_000, 100)
    areas = shapely.box(*zip(*[(x, y, x + 100, y + 100) for x, y in corners]))
    report("in_box_100::boxes_only", lambda: tree.query(areas))
    report("in_box_100::exact", lambda: tree.query(areas, predicate="intersects"))
    points = shapely.points(corners)
    report("at_100::tree", lambda: tree.query(points, predicate="intersects"))
    few = shapely.points(places(100_000, 10))
    # STRtree knows the nearest one only; benches/index.rs asks for ten.
    report("nearest_10_of_10::tree (1)", lambda: tree.query_nearest(few, all_matches=False))
    subjects = small[[i * 997 for i in range(100)]]
    report("touching_100", lambda: tree.query(subjects, predicate="intersects"))


if __name__ == "__main__":
    main()
