"""A project whose layers are read by window, beside GDAL and GEOS on its greatest layer, in one run.

    apt install python3-gdal python3-venv
    /usr/bin/python3 -m venv --system-site-packages /tmp/tools && /tmp/tools/bin/pip install shapely
    target/release/cimbase demo --buildings 1000000 --out /tmp/city
    /tmp/tools/bin/python benches/streamed.py target/release/cimbase /tmp/city

Prints medians: of five runs of `cimbase bench`, whose own figures are medians of 200 questions at the same places,
and of 200 questions to GDAL (the file as it lies, by its index) and GEOS (all outlines in memory, in an STRtree).
"""

import json
import pathlib
import resource
import statistics
import subprocess
import sys
import time

import shapely
from osgeo import gdal, ogr

RUNS = 5
QUESTIONS = 200


def cimbase(program, project):
    reports = []
    for _ in range(RUNS):
        done = subprocess.run([program, "bench", project, "--json"], capture_output=True, check=True)
        reports.append(json.loads(done.stdout))
    return reports


def middle(reports, *path):
    values = []
    for report in reports:
        for step in path:
            report = report[step]
        values.append(report)
    return statistics.median(values), min(values), max(values)


def places(west, east, south, north):
    """The lattice of src/app/bench.rs."""
    for i in range(QUESTIONS):
        x, y = i * 7919 % 97 / 97 - 0.5, i * 104_729 % 89 / 89 - 0.5
        yield (west + east) / 2 + x * 0.5 * (east - west), (south + north) / 2 + y * 0.5 * (north - south)


def each(work, places):
    """Median microseconds."""
    times = []
    for place in places:
        started = time.perf_counter()
        work(*place)
        times.append((time.perf_counter() - started) * 1e6)
    return statistics.median(times)


def once(work):
    """Median milliseconds of three."""
    times = []
    for _ in range(3):
        started = time.perf_counter()
        work()
        times.append((time.perf_counter() - started) * 1e3)
    return statistics.median(times)


def main():
    program, project = sys.argv[1:3]
    file = str(pathlib.Path(project, "buildings.fgb"))
    reports = cimbase(program, project)
    print(f"{reports[0]['buildings']:,} of {reports[0]['features']:,} features; {reports[0]['adapter']}; {RUNS} runs")
    for name, path in [
        ("start of the program, ms", ["start_ms"]),
        ("open, ms", ["open_ms"]),
        ("first view complete, ms more", ["first_frame_ms"]),
        ("drawing it, ms", ["draw_ms"]),
        ("main thread CPU a frame, ms", ["main_cpu_ms", "median"]),
        ("triangles a frame", ["triangles", "median"]),
        ("pick, us", ["pick_us", "median"]),
        ("box 300 m, us", ["box_us", "median"]),
        ("ten nearest, us", ["nearest_us", "median"]),
        ("condition, first time, ms", ["filter_ms", 0]),
        ("condition, again, ms", ["filter_ms", 1]),
        ("recolour, ms", ["recolour_ms"]),
        ("recolour until all is shown, ms", ["recolour_all_ms"]),
        ("resident, most, MB", ["peak_rss_bytes"]),
    ]:
        median, least, most = (value / (1e6 if name.endswith("MB") else 1) for value in middle(reports, *path))
        print(f"Cimbase  {name:30} {median:12,.2f}   ({least:,.2f} to {most:,.2f})")

    gdal.UseExceptions()
    source = ogr.Open(file)
    layer = source.GetLayer()
    west, east, south, north = layer.GetExtent()
    lattice = list(places(west, east, south, north))

    def box(x, y):
        layer.SetSpatialFilterRect(x - 150, y - 150, x + 150, y + 150)
        return sum(1 for _ in layer)

    print(f"GDAL {gdal.__version__}  box 300 m, us               {each(box, lattice):12,.2f}")
    layer.SetSpatialFilter(None)
    definition = layer.GetLayerDefn()
    fields = (definition.GetFieldDefn(i) for i in range(definition.GetFieldCount()))
    number = next(f.GetName() for f in fields if f.GetType() in (ogr.OFTInteger, ogr.OFTInteger64, ogr.OFTReal))

    def condition():
        layer.SetAttributeFilter(f'"{number}" > 10')
        count = layer.GetFeatureCount()
        layer.SetAttributeFilter(None)
        return count

    print(f"GDAL {gdal.__version__}  condition, ms               {once(condition):12,.2f}")

    def memory():
        copy = ogr.GetDriverByName("Memory").CreateDataSource("m")
        copy.CopyLayer(layer, "all")

    print(f"GDAL {gdal.__version__}  whole layer into memory, ms {once(memory):12,.2f}")

    layer.ResetReading()
    outlines = shapely.from_wkb([bytes(f.GetGeometryRef().ExportToWkb()) for f in layer])
    trees = []

    def build():
        trees[:] = [shapely.STRtree(outlines)]
        trees[0].query(shapely.Point(west, south))

    print(f"GEOS {'.'.join(map(str, shapely.geos_version))} building the tree, ms       {once(build):12,.2f}")
    tree = trees[0]

    def exact(x, y):
        return tree.query(shapely.box(x - 150, y - 150, x + 150, y + 150), predicate="intersects")

    print(f"GEOS {'.'.join(map(str, shapely.geos_version))} box 300 m, us               {each(exact, lattice):12,.2f}")
    nearest = each(lambda x, y: tree.query_nearest(shapely.Point(x, y)), lattice)
    print(f"GEOS {'.'.join(map(str, shapely.geos_version))} the one nearest, us         {nearest:12,.2f}")
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(f"GDAL and GEOS in Python, resident, most, MB {most:12,.0f}")


if __name__ == "__main__":
    main()
