//! Bodies that an answer is about: an outline on the ground, a foot and a top.

use geo::orient::Direction;
use geo::{MultiPolygon, Orient};

use crate::model::{GeometryColumn, GeometryKind};

/// A body.
#[derive(Clone, Debug, PartialEq)]
pub struct Volume {
    /// Its outline, project CRS.
    pub outline: MultiPolygon,
    /// Its foot above its ground, metres.
    pub base: f64,
    /// Its top above its ground, metres.
    pub top: f64,
}

/// The outlines of volumes as a column of features.
pub fn outlines(volumes: &[Volume]) -> GeometryColumn {
    let mut column = GeometryColumn::default();
    for volume in volumes {
        // Exteriors run counter-clockwise in a column, holes clockwise.
        for polygon in &volume.outline.orient(Direction::Default).0 {
            for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
                // Rings of a column are not closed by their first point again.
                ring.0.iter().skip(1).for_each(|c| column.push_vertex([c.x, c.y], None));
                column.end_ring();
            }
            column.end_part();
        }
        column.end_feature(GeometryKind::Polygon);
    }
    column
}
