//! Rows of a layer: fields by name, geometry in EPSG:4548 rounded to a centimetre.

use super::names::Name;
use super::river::ORIGIN;
use super::shape::{Point, area};
use crate::model::{FeatureTable, GeometryKind, TableBuilder, Value};

/// A layer being written. Set the fields of a row, then end it with its geometry.
#[derive(Default)]
pub(super) struct Rows {
    table: TableBuilder,
}

fn placed(p: Point) -> Point {
    let cm = |v: f64| (v * 100.0 + 0.5).floor() / 100.0;
    [cm(ORIGIN[0] + p[0]), cm(ORIGIN[1] + p[1])]
}

/// A number rounded to `digits` decimals.
pub(super) fn rounded(value: f64, digits: i32) -> f64 {
    let by = [1.0, 10.0, 100.0, 1000.0][digits.clamp(0, 3) as usize];
    (value * by + 0.5).floor() / by
}

impl Rows {
    fn set(&mut self, field: &str, value: &Value<'_>) {
        let column = self.table.field(field);
        self.table.set(column, value);
    }

    pub(super) fn text(&mut self, field: &str, value: impl AsRef<str>) {
        self.set(field, &Value::Text(value.as_ref().into()));
    }

    pub(super) fn name(&mut self, name: &Name) {
        self.text("name_zh", &name.zh);
        self.text("name_en", &name.en);
    }

    pub(super) fn whole(&mut self, field: &str, value: impl Into<i64>) {
        self.set(field, &Value::Integer(value.into()));
    }

    /// A number with `digits` decimals.
    pub(super) fn real(&mut self, field: &str, value: f64, digits: i32) {
        self.set(field, &Value::Real(rounded(value, digits)));
    }

    pub(super) fn flag(&mut self, field: &str, value: bool) {
        self.set(field, &Value::Boolean(value));
    }

    pub(super) fn time(&mut self, field: &str, ms: i64) {
        self.set(field, &Value::Time(ms));
    }

    /// Makes a field exist (in this order) even where no row has it.
    pub(super) fn field(&mut self, name: &str) {
        self.table.field(name);
    }

    fn ring(&mut self, ring: impl Iterator<Item = Point>) {
        for p in ring {
            self.table.geometry.push_vertex(placed(p), None);
        }
        self.table.geometry.end_ring();
    }

    /// Ends the row with a polygon; the exterior runs counter-clockwise, holes clockwise.
    pub(super) fn polygon(&mut self, outer: &[Point], holes: &[Vec<Point>]) {
        self.wind(outer, true);
        for hole in holes {
            self.wind(hole, false);
        }
        self.table.geometry.end_part();
        self.table.geometry.end_feature(GeometryKind::Polygon);
    }

    fn wind(&mut self, ring: &[Point], ccw: bool) {
        if (area(ring) > 0.0) == ccw {
            self.ring(ring.iter().copied());
        } else {
            self.ring(ring.iter().rev().copied());
        }
    }

    /// Ends the row with polygons whose vertices have heights.
    pub(super) fn decks(&mut self, decks: &[Vec<(Point, f64)>]) {
        for deck in decks {
            for (p, z) in deck {
                self.table.geometry.push_vertex(placed(*p), Some(rounded(*z, 2)));
            }
            self.table.geometry.end_ring();
            self.table.geometry.end_part();
        }
        self.table.geometry.end_feature(GeometryKind::Polygon);
    }

    pub(super) fn line(&mut self, line: &[Point]) {
        self.ring(line.iter().copied());
        self.table.geometry.end_part();
        self.table.geometry.end_feature(GeometryKind::Line);
    }

    pub(super) fn point(&mut self, point: Point) {
        self.ring(std::iter::once(point));
        self.table.geometry.end_part();
        self.table.geometry.end_feature(GeometryKind::Point);
    }

    pub(super) fn finish(self) -> FeatureTable {
        self.table.finish()
    }
}
