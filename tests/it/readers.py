"""What other programs' libraries read in a file: one JSON object on stdout.

usage: readers.py PARQUET|CSV|XLSX|DXF FILE

Run by the tests with a Python that may lack a library: exit code 77 says so.
"""

import json
import sys


def parquet(file):
    import pyarrow.parquet as pq
    from shapely import wkb

    table = pq.read_table(file)
    geo = json.loads(pq.read_metadata(file).metadata[b"geo"])
    column = geo["columns"][geo["primary_column"]]
    shapes = [wkb.loads(value) for value in table[geo["primary_column"]].to_pylist()]
    boxes = table[column["covering"]["bbox"]["xmin"][0]].to_pylist()
    inside = all(
        box["xmin"] <= shape.bounds[0] + 0.5 and box["ymax"] >= shape.bounds[3] - 0.5 for box, shape in zip(boxes, shapes)
    )
    return {
        "count": table.num_rows,
        "area": sum(shape.area for shape in shapes),
        "heights": sum(value or 0.0 for value in table["height_m"].to_pylist()),
        "names": sorted({name for name in table["name_zh"].to_pylist() if name}),
        "crs": "{authority}:{code}".format(**column["crs"]["id"]),
        "boxes": inside,
        "types": {field.name: str(field.type) for field in table.schema},
    }


def csv(file):
    import csv as reader

    from shapely import wkt

    reader.field_size_limit(1 << 30)
    with open(file, encoding="utf-8-sig", newline="") as source:
        rows = list(reader.DictReader(source))
    geometry = next(name for name in rows[0] if name.lower() in ("wkt", "geometry", "geom"))
    return {
        "count": len(rows),
        "area": sum(wkt.loads(row[geometry]).area for row in rows),
        "heights": sum(float(row["height_m"] or 0.0) for row in rows),
        "names": sorted({row["name_zh"] for row in rows if row["name_zh"]}),
    }


def xlsx(file):
    import openpyxl
    from shapely import wkt

    sheet = openpyxl.load_workbook(file, read_only=True).worksheets[0]
    rows = sheet.iter_rows(values_only=True)
    head = list(next(rows))
    rows = [dict(zip(head, row)) for row in rows]
    geometry = next(name for name in head if name.lower() in ("wkt", "geometry", "geom"))
    return {
        "count": len(rows),
        "area": sum(wkt.loads(row[geometry]).area for row in rows),
        "heights": sum(row["height_m"] or 0.0 for row in rows),
        "names": sorted({row["name_zh"] for row in rows if row["name_zh"]}),
        "types": {name: sorted({type(row[name]).__name__ for row in rows if row[name] is not None}) for name in head},
    }


def dxf(file):
    import ezdxf

    drawing = ezdxf.readfile(file)
    audit = drawing.audit()
    bodies = [one for one in drawing.modelspace() if one.dxf.hasattr("thickness") and one.dxf.thickness > 0]
    return {
        "count": len(list(drawing.modelspace())),
        "errors": len(audit.errors),
        "fixes": len(audit.fixes),
        "layers": sorted(layer.dxf.name for layer in drawing.layers),
        "thickness": sum(one.dxf.thickness for one in bodies),
        "bodies": len(bodies),
    }


if __name__ == "__main__":
    try:
        print(json.dumps({"parquet": parquet, "csv": csv, "xlsx": xlsx, "dxf": dxf}[sys.argv[1].lower()](sys.argv[2])))
    except ImportError as error:
        print(error, file=sys.stderr)
        sys.exit(77)
