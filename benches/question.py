"""The question of benches/query.rs (`across_layers`) to shapely's STRtree.

    pip install shapely
    python3 benches/question.py FOLDER      # a demo city: cimbase demo --out FOLDER --buildings 100000

Files are read before the clock starts (by ogr2ogr); conditions, trees and exact relations are timed. Prints the
median of five runs in milliseconds and how many parcels were found.
"""

import csv
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy
import shapely

csv.field_size_limit(1 << 30)


def table(folder, layer):
    done = subprocess.run(
        ["ogr2ogr", "-f", "CSV", "-lco", "GEOMETRY=AS_WKT", "/vsistdout/", str(folder / f"{layer}.fgb")],
        capture_output=True, text=True, check=True,
    )
    rows = list(csv.DictReader(done.stdout.splitlines()))
    column = {name: numpy.array([row[name] for row in rows]) for name in rows[0] if name != "WKT"}
    return shapely.from_wkt([row["WKT"] for row in rows]), column


def contained(sites, things):
    """For each site how many things have more than half of their area in it."""
    tree = shapely.STRtree(things)
    site, thing = tree.query(sites, predicate="intersects")
    shared = shapely.area(shapely.intersection(sites[site], things[thing]))
    most = 2 * shared > shapely.area(things[thing])
    return numpy.bincount(site[most], minlength=len(sites))


def near(sites, points, metres):
    site, _ = shapely.STRtree(points).query(sites, predicate="dwithin", distance=metres)
    return numpy.bincount(site, minlength=len(sites))


def report(name, work, runs=5):
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        found = work()
        times.append((time.perf_counter() - started) * 1000)
    print(f"{name:40} {statistics.median(times):10.1f} ms   {found} found")


def main():
    folder = Path(sys.argv[1])
    (parcels, land), (buildings, house), (cases, case) = (table(folder, n) for n in ("parcels", "buildings", "incidents"))
    print(f"shapely {shapely.__version__}; {len(parcels)} parcels, {len(buildings)} buildings, {len(cases)} cases")

    def danger_and_cases():
        sites = parcels[numpy.char.startswith(land["land_use"], "07")]
        sites = sites[contained(sites, buildings[numpy.isin(house["safety"], ["C", "D"])]) >= 1]
        fresh = (case["reported"] > "2026/03/02") & (case["state_en"] != "CLOSED")
        return int((near(sites, cases[fresh], 50) >= 3).sum())

    def empty_parcels():
        return int((contained(parcels, buildings) == 0).sum())

    report("across_layers::danger_and_cases", danger_and_cases)
    report("across_layers::empty_parcels", empty_parcels)


main()
