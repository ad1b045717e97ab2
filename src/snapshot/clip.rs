//! Features cut at a box.

use geo::{BooleanOps, Geometry, LineString, MultiPolygon, Polygon};
use rayon::prelude::*;

use crate::model::{FeatureTable, GeometryColumn, GeometryKind};
use crate::place::Bounds;
use crate::query::shape;

/// Cuts all features of a table at a box in its coordinates. A feature of which nothing is left keeps its row without
/// a geometry. Returns how many lost the heights of their vertices by being cut: those of the new corners are not known.
pub fn table(table: &mut FeatureTable, bounds: &Bounds) -> u64 {
    let [x0, y0] = bounds.min;
    let [x1, y1] = bounds.max;
    let window = Polygon::new(LineString::from(vec![(x0, y0), (x1, y0), (x1, y1), (x0, y1)]), Vec::new());
    let from = &table.geometry;
    let inside = |row: u32| {
        let own = from.bounds(row);
        from.kind(row) == GeometryKind::None || (bounds.holds(own.min) && bounds.holds(own.max))
    };
    let cut: Vec<Option<Geometry>> = (0..table.len() as u32)
        .into_par_iter()
        .map(|row| if inside(row) { None } else { shape::of_feature(from, row).map(|shape| within(shape, &window)) })
        .collect();
    let mut out = GeometryColumn::default();
    let mut flattened = 0;
    for (row, cut) in cut.into_iter().enumerate() {
        let row = row as u32;
        match cut {
            None => out.push_from(from, row),
            Some(shape) => {
                flattened += u64::from(from.heights(row).iter().any(|z| z.is_finite()));
                push(&shape, &mut out);
            }
        }
    }
    if from.has_z() {
        // A table with heights stays one, also where every feature was cut.
        out.z.resize(out.xy.len(), f64::NAN);
    }
    table.geometry = out;
    flattened
}

fn within(shape: Geometry, window: &Polygon) -> Geometry {
    match shape {
        Geometry::MultiPolygon(polygons) => Geometry::MultiPolygon(polygons.intersection(window)),
        Geometry::MultiLineString(lines) => Geometry::MultiLineString(window.clip(&lines, false)),
        Geometry::MultiPoint(mut points) => {
            use geo::Intersects;
            points.0.retain(|point| window.intersects(point));
            Geometry::MultiPoint(points)
        }
        other => other,
    }
}

fn push(shape: &Geometry, out: &mut GeometryColumn) {
    let ring = |line: &LineString, closed: bool, out: &mut GeometryColumn| {
        let end = line.0.len() - usize::from(closed && line.is_closed() && line.0.len() > 1);
        line.0[..end].iter().for_each(|c| out.push_vertex([c.x, c.y], None));
        out.end_ring();
    };
    let kind = match shape {
        Geometry::MultiPolygon(MultiPolygon(polygons)) if !polygons.is_empty() => {
            for polygon in polygons {
                ring(polygon.exterior(), true, out);
                polygon.interiors().iter().for_each(|hole| ring(hole, true, out));
                out.end_part();
            }
            GeometryKind::Polygon
        }
        Geometry::MultiLineString(lines) if !lines.0.is_empty() => {
            for line in &lines.0 {
                ring(line, false, out);
                out.end_part();
            }
            GeometryKind::Line
        }
        Geometry::MultiPoint(points) if !points.0.is_empty() => {
            for point in &points.0 {
                out.push_vertex([point.x(), point.y()], None);
                out.end_ring();
                out.end_part();
            }
            GeometryKind::Point
        }
        _ => GeometryKind::None,
    };
    out.end_feature(kind);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TableBuilder;

    /// A square of 10 m at a height of 5 m, cut in the middle: its new corners have no known heights, and the table has
    /// some all the same.
    #[test]
    fn a_table_with_heights_stays_one_when_all_of_it_is_cut() {
        let mut builder = TableBuilder::default();
        for xy in [[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0]] {
            builder.geometry.push_vertex(xy, Some(5.0));
        }
        builder.geometry.end_ring();
        builder.geometry.end_part();
        builder.geometry.end_feature(GeometryKind::Polygon);
        let mut cut = builder.finish();
        assert_eq!(table(&mut cut, &Bounds { min: [-1.0, -1.0], max: [5.0, 11.0] }), 1);
        assert!((cut.geometry.area(0) - 50.0).abs() < 1e-6);
        assert!(cut.geometry.has_z() && cut.geometry.heights(0).iter().all(|z| z.is_nan()));
    }
}
