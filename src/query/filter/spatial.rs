//! The spatial parts of a condition: boxes through the R-tree, then the exact relation.

use std::collections::{BTreeSet, HashMap};

use cql2::Expr;
use geo::{BoundingRect, CoordsIter, Geometry, LineString, MapCoords, Polygon, Relate};
use rayon::prelude::*;

use super::FilterError;
use crate::city::CityLayer;
use crate::model::GeometryKind;
use crate::place::{Bounds, Transform};
use crate::query::shape;

/// Names that mean the feature's own geometry.
pub const GEOMETRY_NAMES: [&str; 6] = ["geometry", "geom", "the_geom", "shape", "wkb_geometry", "footprint"];

/// Rows of which the relation is true, and rows of which it is unknown (no geometry).
pub struct Related {
    /// True, ascending.
    pub rows: Vec<u32>,
}

/// The literal geometries of a condition in the project CRS: placed once, for all pieces of a layer
/// and on all threads.
#[derive(Debug, Default)]
pub struct Literals {
    /// By the place of the expression in memory: the tree stays where it is while it is asked.
    placed: HashMap<usize, Geometry>,
}

impl Literals {
    /// Of a condition's tree, whose coordinates `to_project` brings into the project CRS.
    pub fn of(tree: &Expr, to_project: Option<&Transform>) -> Result<Self, FilterError> {
        let mut literals = Self::default();
        literals.look(tree, to_project)?;
        Ok(literals)
    }

    fn look(&mut self, expr: &Expr, to_project: Option<&Transform>) -> Result<(), FilterError> {
        if let Some(literal) = literal(expr) {
            self.placed.insert(address(expr), place(literal?, to_project)?);
        }
        match expr {
            Expr::Operation { args, .. } => args.iter().try_for_each(|arg| self.look(arg, to_project)),
            _ => Ok(()),
        }
    }

    /// The geometry that an expression of the tree is.
    pub fn get(&self, expr: &Expr) -> Option<&Geometry> {
        self.placed.get(&address(expr))
    }

    /// Boxes outside which the condition is true of no feature; `None` when it may be true anywhere.
    pub fn reach(&self, expr: &Expr) -> Option<Vec<Bounds>> {
        let Expr::Operation { op, args } = expr else { return None };
        match op.as_str() {
            // Any of them bounds all; the smallest is the best.
            "and" => {
                let area = |boxes: &Vec<Bounds>| boxes.iter().map(|b| b.width() * b.height()).sum::<f64>();
                let reaches = args.iter().filter_map(|arg| self.reach(arg));
                reaches.min_by(|a, b| area(a).total_cmp(&area(b)))
            }
            "or" => args.iter().map(|arg| self.reach(arg)).collect::<Option<Vec<_>>>().map(|boxes| boxes.concat()),
            "s_disjoint" => None,
            op if cql2::SPATIALOPS.contains(&op) => {
                let literal = args.iter().find_map(|arg| self.get(arg))?;
                bounds_of(literal).map(|bounds| vec![bounds])
            }
            _ => None,
        }
    }
}

fn address(expr: &Expr) -> usize {
    std::ptr::from_ref(expr) as usize
}

fn bounds_of(geometry: &Geometry) -> Option<Bounds> {
    let rect = geometry.bounding_rect()?;
    Some(Bounds { min: [rect.min().x, rect.min().y], max: [rect.max().x, rect.max().y] })
}

/// Finds the rows of a layer that stand in a relation (`s_intersects` …) to a literal in the project
/// CRS. `swapped` when the literal was written first.
pub fn related(relation: &str, literal: &Geometry, swapped: bool, layer: &CityLayer) -> Result<Related, FilterError> {
    let Some(bounds) = bounds_of(literal) else {
        return Err(FilterError::Place(format!("the geometry in {relation} is empty")));
    };
    let geometry = &layer.layer.table.geometry;
    let candidates = layer.index.boxes_in(&bounds);
    let disjoint = relation == "s_disjoint";
    let holds = |feature: &u32| {
        let Some(shape) = shape::of_feature(geometry, *feature) else { return false };
        let matrix = if swapped { literal.relate(&shape) } else { shape.relate(literal) };
        match relation {
            "s_within" => matrix.is_within(),
            "s_contains" => matrix.is_contains(),
            "s_touches" => matrix.is_touches(),
            "s_crosses" => matrix.is_crosses(),
            "s_overlaps" => matrix.is_overlaps(),
            "s_equals" => matrix.is_equal_topo(),
            _ => matrix.is_intersects(),
        }
    };
    let mut rows: Vec<u32> = candidates.into_par_iter().filter(holds).collect();
    rows.sort_unstable();
    if disjoint {
        let meeting: BTreeSet<u32> = rows.into_iter().collect();
        let all = 0..geometry.len() as u32;
        rows = all.filter(|f| geometry.kind(*f) != GeometryKind::None && !meeting.contains(f)).collect();
    }
    Ok(Related { rows })
}

/// The literal geometry of an operand.
fn literal(expr: &Expr) -> Option<Result<Geometry, FilterError>> {
    if !matches!(expr, Expr::Geometry(_) | Expr::BBox { .. }) {
        return None;
    }
    let read = Geometry::try_from(expr.clone())
        .map_err(|error| FilterError::Place(format!("the geometry in the condition cannot be read: {error}")));
    Some(read.map(|geometry| match geometry {
        // relate() wants polygons, and so does densifying.
        Geometry::Rect(rect) => Geometry::Polygon(rect.to_polygon()),
        other => other,
    }))
}

/// Sides of a literal are cut into so many pieces before they are transformed: a straight side in
/// one CRS is a curve in another.
const PIECES: usize = 16;

fn place(literal: Geometry, to_project: Option<&Transform>) -> Result<Geometry, FilterError> {
    let Some(transform) = to_project else { return Ok(literal) };
    let placed = densified(literal).map_coords(|coord| {
        let mut point = [[coord.x, coord.y]];
        transform.apply(&mut point);
        geo::Coord { x: point[0][0], y: point[0][1] }
    });
    // A point that has no place becomes NaN.
    match placed.coords_iter().filter(|coord| !(coord.x.is_finite() && coord.y.is_finite())).count() {
        0 => Ok(placed),
        lost => Err(FilterError::Place(format!(
            "{lost} points of the geometry in the condition have no place in the project CRS; give their CRS with --crs"
        ))),
    }
}

fn densified(geometry: Geometry) -> Geometry {
    match geometry {
        Geometry::Polygon(polygon) => Geometry::Polygon(densified_polygon(polygon)),
        Geometry::MultiPolygon(many) => Geometry::MultiPolygon(many.into_iter().map(densified_polygon).collect()),
        Geometry::LineString(line) => Geometry::LineString(densified_line(&line)),
        other => other,
    }
}

fn densified_polygon(polygon: Polygon) -> Polygon {
    let (exterior, holes) = polygon.into_inner();
    Polygon::new(densified_line(&exterior), holes.iter().map(densified_line).collect())
}

fn densified_line(line: &LineString) -> LineString {
    let mut out = Vec::with_capacity(line.0.len() * PIECES);
    for side in line.lines() {
        let step = side.delta() / PIECES as f64;
        out.extend((0..PIECES).map(|i| side.start + step * i as f64));
    }
    out.extend(line.0.last());
    LineString::new(out)
}
