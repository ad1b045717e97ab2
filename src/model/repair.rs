//! Repairs of geometry: done and counted; what cannot be repaired is skipped and named.
//!
//! # The rule for polygons
//! 1. Vertices equal to the one before are dropped, then spikes (an edge that runs back on itself);
//!    neither changes the area.
//! 2. Rings with fewer than three vertices or without area are dropped.
//! 3. A ring that touches or crosses itself covers what is enclosed an **odd** number of times: a
//!    figure of eight becomes two parts, a loop that touches from inside becomes a hole. (The rule
//!    of OGC and of `ST_MakeValid`.) A ring that is drawn twice in full covers its inside.
//! 4. A part is its exterior less the union of its holes: a hole outside its exterior is lost, one
//!    that sticks out is cut. A feature is the union of its parts, so nothing counts twice.
//!
//! Steps 3 and 4 run only where a cheap exact test finds a contact, and a polygon whose rings merely
//! touch each other at points stays as it is. Vertices of the source are kept to the last bit.

mod clean;
mod contacts;
mod overlay;

use rayon::prelude::*;

use self::clean::Shape;
use super::geometry::{GeometryColumn, GeometryKind};
use crate::report::Report;

/// Name of the repair for readers: a ring whose last vertex did not repeat its first. Rings are
/// stored open, so only the reader can tell.
pub const RING_CLOSED: &str = "unclosed ring closed";
const TURNED: &str = "ring direction changed";
const VERTEX_DROPPED: &str = "repeated vertex dropped";
const SPIKE_DROPPED: &str = "spike dropped";
const RING_DROPPED: &str = "ring without area dropped";
const Z_DROPPED: &str = "impossible vertex height dropped";
const CROSSING_SPLIT: &str = "self-crossing polygon split";
const TOUCHING_SPLIT: &str = "self-touching polygon split";
const HOLE_DROPPED: &str = "polygon with a hole outside its exterior cut";
const OVERLAP_UNITED: &str = "polygon with overlapping parts or holes united";

/// Coordinates beyond this are no place on Earth in any CRS in use, metres or feet: 100,000 km.
const LARGEST: f64 = 1e8;
/// Heights beyond this are none, metres.
const HIGHEST: f64 = 1e5;

/// What one feature needs.
enum Outcome {
    /// Only rings that run the wrong way: turned in place.
    Turn(u64),
    /// New geometry, with what was done.
    New(Shape, Vec<(&'static str, u64)>),
    /// Unusable.
    Skip(String),
}

/// Repairs every feature: closing and repeated vertices dropped, rings oriented, zero-area rings
/// dropped, self-touching rings split. A feature that stays unusable becomes
/// [`super::GeometryKind::None`] and is added to `report.skipped`. Rows keep their numbers.
pub fn repair(column: GeometryColumn, layer: &str, report: &mut Report) -> GeometryColumn {
    let outcomes: Vec<(u32, Outcome)> = (0..column.len() as u32)
        .into_par_iter()
        .with_min_len(256)
        .filter_map(|feature| examine(&column, feature).map(|outcome| (feature, outcome)))
        .collect();
    let rebuild = outcomes.iter().any(|(_, outcome)| !matches!(outcome, Outcome::Turn(_)));
    let mut column = if rebuild { rebuilt(&column, &outcomes) } else { column };
    for (feature, outcome) in outcomes {
        match outcome {
            Outcome::Turn(rings) => {
                turn(&mut column, feature);
                report.repaired(TURNED, rings);
            }
            Outcome::New(_, repairs) => repairs.into_iter().for_each(|(what, times)| report.repaired(what, times)),
            Outcome::Skip(reason) => report.skip(u64::from(feature), reason),
        }
    }
    let skipped = report.skipped.len();
    if skipped > 0 && column.main_kind() == GeometryKind::None {
        report.warn(layer, format!("no feature has a usable geometry: {skipped} were skipped"));
    }
    column
}

fn examine(column: &GeometryColumn, feature: u32) -> Option<Outcome> {
    let kind = column.kind(feature);
    let vertices = column.vertices(feature);
    if vertices.iter().flatten().any(|c| !(c.abs() <= LARGEST)) {
        return Some(Outcome::Skip(unusable(vertices)));
    }
    let bad_z = column.heights(feature).iter().filter(|z| z.abs() > HIGHEST).count() as u64;
    match kind {
        GeometryKind::None => None,
        GeometryKind::Polygon if bad_z == 0 => match quick(column, feature) {
            Quick::Good => None,
            Quick::Turn(rings) => Some(Outcome::Turn(rings)),
            Quick::Work => Some(work(column, feature, bad_z)),
        },
        GeometryKind::Point if bad_z == 0 => None,
        GeometryKind::Line if bad_z == 0 && lines_are_good(column, feature) => None,
        _ => Some(work(column, feature, bad_z)),
    }
}

fn unusable(vertices: &[[f64; 2]]) -> String {
    match vertices.iter().find(|v| !(v[0].is_finite() && v[1].is_finite())) {
        Some(_) => "a coordinate is not a number: the source row is damaged, or lies outside the area where \
                    its CRS can be converted"
            .to_owned(),
        None => {
            let far = vertices.iter().flatten().copied().find(|c| c.abs() > LARGEST).unwrap_or_default();
            format!("the coordinate {far:e} is no place on Earth: check the source's CRS, units and this row")
        }
    }
}

fn lines_are_good(column: &GeometryColumn, feature: u32) -> bool {
    let mut rings = column.parts(feature).flat_map(|part| column.rings(part));
    rings.all(|line| line.xy.len() > 1 && line.xy.windows(2).all(|w| w[0] != w[1]))
}

enum Quick {
    Good,
    Turn(u64),
    Work,
}

/// The cheap test: most polygons pass without an allocation worth naming.
fn quick(column: &GeometryColumn, feature: u32) -> Quick {
    let mut turned = 0;
    for part in column.parts(feature) {
        for (i, ring) in column.rings(part).enumerate() {
            if !clean::is_clean(ring.xy) {
                return Quick::Work;
            }
            turned += u64::from((GeometryColumn::twice_signed_area(ring.xy) > 0.0) != (i == 0));
        }
    }
    let parts = column.parts(feature).map(|part| column.rings(part).map(|ring| ring.xy));
    match contacts::find(parts) {
        contacts::Contact::None if turned == 0 => Quick::Good,
        contacts::Contact::None => Quick::Turn(turned),
        _ => Quick::Work,
    }
}

fn work(column: &GeometryColumn, feature: u32, bad_z: u64) -> Outcome {
    let kind = column.kind(feature);
    let mut done = vec![(Z_DROPPED, bad_z)];
    let mut shape = Shape::read(column, feature);
    shape.drop_heights_above(HIGHEST);
    match kind {
        GeometryKind::Polygon => {
            let cleaned = shape.clean();
            if shape.parts.is_empty() {
                return Outcome::Skip(if cleaned.degenerate {
                    "the polygon has fewer than three different vertices".to_owned()
                } else {
                    "the polygon has no area".to_owned()
                });
            }
            done.extend([(VERTEX_DROPPED, cleaned.vertices), (SPIKE_DROPPED, cleaned.spikes)]);
            done.push((RING_DROPPED, cleaned.rings));
            done.push((TURNED, shape.turn()));
            match resolve(&mut shape) {
                Ok(Some(what)) => done.push((what, 1)),
                Ok(None) => {}
                Err(reason) => return Outcome::Skip(reason),
            }
        }
        GeometryKind::Line => {
            done.push((VERTEX_DROPPED, shape.clean_lines()));
            if shape.parts.is_empty() {
                return Outcome::Skip("the line has fewer than two different points".to_owned());
            }
        }
        GeometryKind::Point | GeometryKind::None => {}
    }
    done.retain(|(_, times)| *times > 0);
    Outcome::New(shape, done)
}

/// Makes clean rings a valid polygon; says what was done.
fn resolve(shape: &mut Shape) -> Result<Option<&'static str>, String> {
    use contacts::Contact;
    let contact = contacts::find(shape.parts.iter().map(|part| part.iter().map(|ring| ring.xy.as_slice())));
    let what = match contact {
        Contact::None => return Ok(None),
        Contact::Crossing => CROSSING_SPLIT,
        Contact::Touching => TOUCHING_SPLIT,
        Contact::HoleOutside => HOLE_DROPPED,
        Contact::Between | Contact::Along | Contact::Overlap | Contact::TooMany => OVERLAP_UNITED,
    };
    let valid = overlay::valid(shape);
    // Rings that touch each other at points only cover what they say: leave them.
    let harmless = match contact {
        Contact::Between => true,
        Contact::TooMany => valid.ring_count() == shape.ring_count(),
        _ => false,
    };
    if harmless && (valid.area() - shape.area()).abs() <= shape.area_tolerance() {
        return Ok(None);
    }
    if valid.parts.is_empty() {
        return Err("the polygon has no area: its rings cancel each other".to_owned());
    }
    *shape = valid;
    Ok(Some(what))
}

fn rebuilt(column: &GeometryColumn, outcomes: &[(u32, Outcome)]) -> GeometryColumn {
    let mut new = GeometryColumn::default();
    new.xy.reserve(column.xy.len());
    let mut next = outcomes.iter().peekable();
    for feature in 0..column.len() as u32 {
        match next.next_if(|(at, _)| *at == feature) {
            Some((_, Outcome::New(shape, _))) => shape.write(&mut new, column.kind(feature)),
            Some((_, Outcome::Skip(_))) => new.end_feature(GeometryKind::None),
            Some((_, Outcome::Turn(_))) | None => new.push_from(column, feature),
        }
    }
    new.shrink();
    new
}

fn turn(column: &mut GeometryColumn, feature: u32) {
    for part in column.parts(feature) {
        let rings = column.ring_numbers(part);
        for ring in rings.clone() {
            if (GeometryColumn::twice_signed_area(column.ring(ring).xy) > 0.0) != (ring == rings.start) {
                column.turn_ring(ring);
            }
        }
    }
}

#[cfg(test)]
mod tests;
