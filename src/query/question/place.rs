//! Whether a thing stands in another: most of it does.

use geo::{Area, BooleanOps, Euclidean, Geometry, Length};

use crate::index::shape::{edge_meets_box, edges_meet, holds};
use crate::model::{GeometryColumn, GeometryKind};
use crate::place::Bounds;
use crate::query::shape;

/// Whether more than half of a thing lies in a polygon of the same or another layer: of a polygon its area, of a line
/// its length, of points their number (edges count). `false` where the other is no polygon.
pub fn mostly_in(things: &GeometryColumn, thing: u32, sites: &GeometryColumn, site: u32) -> bool {
    if sites.kind(site) != GeometryKind::Polygon {
        return false;
    }
    let (own, other) = (things.bounds(thing), sites.bounds(site));
    if own.is_empty() || !own.meets(&other) {
        return false;
    }
    let vertices = things.vertices(thing);
    let kind = things.kind(thing);
    if kind == GeometryKind::Point {
        let inside = vertices.iter().filter(|vertex| holds(sites, site, **vertex)).count();
        return 2 * inside > vertices.len();
    }
    // Both shapes share no more than their boxes do.
    if kind == GeometryKind::Polygon && 2.0 * shared(&own, &other) <= things.area(thing) {
        return false;
    }
    let Some(first) = vertices.first() else { return false };
    if !edge_meets_box(sites, site, &own) {
        return holds(sites, site, *first);
    }
    // Where no edges meet, one ring lies in the other, or they are apart: an exact cut is only for the rest.
    let is_one_ring = |column: &GeometryColumn, row| column.parts(row).flat_map(|part| column.rings(part)).count() == 1;
    if is_one_ring(sites, site) && is_one_ring(things, thing) && !edges_meet(things, thing, sites, site) {
        if holds(sites, site, *first) {
            return true;
        }
        let around = sites.vertices(site).first().is_some_and(|vertex| holds(things, thing, *vertex));
        return around && 2.0 * sites.area(site) > things.area(thing);
    }
    most_of_cut(things, thing, sites, site).unwrap_or(false)
}

/// The area that two boxes share.
fn shared(a: &Bounds, b: &Bounds) -> f64 {
    let side = |k: usize| (a.max[k].min(b.max[k]) - a.min[k].max(b.min[k])).max(0.0);
    side(0) * side(1)
}

/// The same by cutting the thing at the site's edges; `None` where one of them has no shape.
fn most_of_cut(things: &GeometryColumn, thing: u32, sites: &GeometryColumn, site: u32) -> Option<bool> {
    let Geometry::MultiPolygon(ground) = shape::of_feature(sites, site)? else { return None };
    Some(match shape::of_feature(things, thing)? {
        Geometry::MultiPolygon(body) => {
            let area = body.unsigned_area();
            match area > 0.0 {
                true => 2.0 * ground.intersection(&body).unsigned_area() > area,
                // A sliver without area: its middle decides.
                false => things.centroid(thing).is_some_and(|middle| holds(sites, site, middle)),
            }
        }
        Geometry::MultiLineString(line) => 2.0 * Euclidean.length(&ground.clip(&line, false)) > Euclidean.length(&line),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    type Ring<'a> = &'a [[f64; 2]];

    fn column(features: &[(GeometryKind, &[&[Ring<'_>]])]) -> GeometryColumn {
        let mut column = GeometryColumn::default();
        for (kind, parts) in features {
            for part in *parts {
                for ring in *part {
                    ring.iter().for_each(|xy| column.push_vertex(*xy, None));
                    column.end_ring();
                }
                column.end_part();
            }
            column.end_feature(*kind);
        }
        column
    }

    fn square(x: f64, y: f64, w: f64, h: f64) -> [[f64; 2]; 4] {
        [[x, y], [x + w, y], [x + w, y + h], [x, y + h]]
    }

    /// A site of 100 × 100 m with a hole of 40 × 40 m in its middle, and the same without the hole.
    fn site(hole: bool) -> GeometryColumn {
        let (outer, inner) = (square(0.0, 0.0, 100.0, 100.0), square(30.0, 30.0, 40.0, 40.0));
        let rings: &[Ring<'_>] = if hole { &[&outer, &inner] } else { &[&outer] };
        column(&[(GeometryKind::Polygon, &[rings])])
    }

    fn house_in(x: f64, y: f64, w: f64, h: f64, site: &GeometryColumn) -> bool {
        mostly_in(&column(&[(GeometryKind::Polygon, &[&[&square(x, y, w, h)]])]), 0, site, 0)
    }

    #[test]
    fn a_house_stands_where_more_than_half_of_it_does() {
        let (plain, holed) = (site(false), site(true));
        // 20 × 10 m across the line at x = 0: 11, 10 and 9 of 20 m inside.
        for (x, inside) in [(-9.0, true), (-10.0, false), (-11.0, false)] {
            assert_eq!(house_in(x, 5.0, 20.0, 10.0, &plain), inside, "{x}");
        }
        assert!(house_in(0.0, 0.0, 10.0, 10.0, &plain), "on the line, inside");
        assert!(!house_in(-10.0, 0.0, 10.0, 10.0, &plain), "on the line, outside");
        assert!(!house_in(40.0, 40.0, 10.0, 10.0, &holed), "in the hole");
        // Around the hole: 60 × 60 less 40 × 40 is 2000 of 3600. Closer around it: 50 × 50 less 1600 is 900 of 2500.
        assert!(house_in(20.0, 20.0, 60.0, 60.0, &holed) && !house_in(25.0, 25.0, 50.0, 50.0, &holed));
        // Around the whole site: 10000 of 12100, then of 40000.
        assert!(house_in(-5.0, -5.0, 110.0, 110.0, &plain) && !house_in(-50.0, -50.0, 200.0, 200.0, &plain));
    }

    #[test]
    fn lines_are_judged_by_length_and_points_by_number() {
        let site = site(false);
        let line = |to: f64| column(&[(GeometryKind::Line, &[&[&[[50.0, 50.0], [50.0, to]]]])]);
        // 50 m inside; 49 and 51 m beyond the line at y = 100.
        assert!(mostly_in(&line(149.0), 0, &site, 0) && !mostly_in(&line(151.0), 0, &site, 0));
        assert!(mostly_in(&line(90.0), 0, &site, 0), "all of it");
        let points = |xs: &[f64]| {
            let rings: Vec<[[f64; 2]; 1]> = xs.iter().map(|x| [[*x, 10.0]]).collect();
            let parts: Vec<Vec<Ring<'_>>> = rings.iter().map(|ring| vec![ring.as_slice()]).collect();
            let parts: Vec<&[Ring<'_>]> = parts.iter().map(Vec::as_slice).collect();
            column(&[(GeometryKind::Point, &parts)])
        };
        assert!(mostly_in(&points(&[100.0]), 0, &site, 0), "on the edge");
        assert!(mostly_in(&points(&[5.0, 6.0, 200.0]), 0, &site, 0));
        assert!(!mostly_in(&points(&[5.0, 200.0]), 0, &site, 0), "half of them");
    }

    #[test]
    fn nothing_stands_in_what_is_no_polygon() {
        let road = column(&[(GeometryKind::Line, &[&[&square(0.0, 0.0, 9.0, 9.0)]]), (GeometryKind::None, &[])]);
        let house = column(&[(GeometryKind::Polygon, &[&[&square(1.0, 1.0, 2.0, 2.0)]])]);
        assert!(!mostly_in(&house, 0, &road, 0) && !mostly_in(&house, 0, &road, 1) && !mostly_in(&road, 1, &house, 0));
    }
}
