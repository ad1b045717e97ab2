//! A feature's geometry as a `geo` shape, for exact relations.

use geo::{Coord, Geometry, LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon};

use crate::model::geometry::{GeometryColumn, GeometryKind, Ring};

/// The shape of a feature; `None` when it has none.
pub fn of_feature(column: &GeometryColumn, feature: u32) -> Option<Geometry> {
    let line = |ring: Ring<'_>| -> LineString { ring.xy.iter().map(|&[x, y]| Coord { x, y }).collect() };
    Some(match column.kind(feature) {
        GeometryKind::None => return None,
        GeometryKind::Point => {
            let points = column.vertices(feature).iter().map(|&[x, y]| Point::new(x, y));
            Geometry::MultiPoint(MultiPoint::new(points.collect()))
        }
        GeometryKind::Line => {
            let lines = column.parts(feature).flat_map(|part| column.rings(part).map(line));
            Geometry::MultiLineString(MultiLineString::new(lines.collect()))
        }
        GeometryKind::Polygon => {
            let polygons = column.parts(feature).filter_map(|part| {
                let mut rings = column.rings(part).map(line);
                Some(Polygon::new(rings.next()?, rings.collect()))
            });
            Geometry::MultiPolygon(MultiPolygon::new(polygons.collect()))
        }
    })
}
