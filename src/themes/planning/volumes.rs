//! What of a parcel's dossier has a shape: the parts of bodies that break a limit, and the body that may be built.

use std::borrow::Cow;
use std::io;

use geo::{BooleanOps, Buffer, LineString, MultiLineString, MultiPolygon};

use super::dossier::{Dossier, Verdict};
use super::ground::{self, Side};
use super::limits::Rule;
use super::plan::Plan;
use super::uses;
use super::what_if::{PROPOSED, WhatIf};
use crate::city::City;
use crate::themes::volumes::Volume;

/// The parts of bodies on a parcel that break a limit: what is above the height limit, what comes nearer to the
/// parcel's line than the setback, bodies of a foreign use. Only of rules that are in breach.
///
/// `what_if` is the scheme that the dossier was made with.
///
/// # Errors
/// When a layer cannot be read any more.
pub fn offences(city: &City, plan: &Plan<'_>, dossier: &Dossier, what_if: Option<&WhatIf>) -> io::Result<Vec<Volume>> {
    let limit = |rule| {
        let check = dossier.check(rule).filter(|check| check.verdict == Verdict::Breach)?;
        check.limit.as_ref().ok().map(|limit| limit.value)
    };
    let (height, setback, foreign) = (limit(Rule::Height), limit(Rule::Setback), limit(Rule::Use));
    let mut found = Vec::new();
    if height.is_none() && setback.is_none() && foreign.is_none() {
        return Ok(found);
    }
    let inside = setback.map(|metres| Ok::<_, io::Error>(parcel(plan, dossier)?.buffer(-metres))).transpose()?;
    for one in dossier.standing.iter().filter(|one| !one.covered && one.is_own()) {
        let of_scheme = what_if.filter(|_| one.layer == PROPOSED).map(|what_if| what_if.proposed.layer());
        let (holder, row) = match (of_scheme, city.layers.get(one.layer)) {
            (Some(layer), _) => (Cow::Borrowed(layer), one.row),
            (None, Some(layer)) => layer.of_row(one.row)?,
            (None, None) => continue,
        };
        let Some(outline) = ground::polygons(&holder.table.geometry, row) else { continue };
        let at = |values: &[f32]| values.get(row as usize).copied().map_or(0.0, f64::from);
        let Some((base, top)) = holder.heights.as_ref().map(|h| (at(&h.base), at(&h.top))) else { continue };
        let mut add = |outline: MultiPolygon, base: f64| {
            if !outline.0.is_empty() && top > base {
                found.push(Volume { outline, base, top });
            }
        };
        if let Some(limit) = height.filter(|limit| top > *limit) {
            add(outline.clone(), base.max(limit));
        }
        if let (Some(inside), Some(limit)) = (&inside, setback)
            && one.setback.is_some_and(|metres| metres < limit)
        {
            add(outline.difference(inside), base);
        }
        if foreign.is_some()
            && dossier.land_use.as_deref().and_then(|code| uses::belongs(code, one.class)) == Some(false)
        {
            add(outline, base);
        }
    }
    Ok(found)
}

/// A plane that rises inward from the parcel's line, below which is to be built (天空曝光面).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SkyPlane {
    /// Height above ground at which it begins over the parcel's line, metres.
    pub from: f64,
    /// How steeply it rises, degrees.
    pub degrees: f64,
}

/// What is wished of the body that may be built, beside the parcel's own limits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wish {
    /// Setback of each side in the order of [`ground::sides`], metres; the parcel's limit where there is none.
    pub setbacks: Vec<Option<f64>>,
    /// Build below this plane.
    pub sky: Option<SkyPlane>,
}

/// Under a sky plane the body is made of slices of about a storey, metres, and of at most so many.
const SLICE: f64 = 3.0;
const SLICES: f64 = 60.0;

/// The body that a parcel's limits leave to be built: its ground less the setbacks, up to the height limit; under a
/// sky plane as slices from below, each as wide as its top may be. Empty without a height limit, or where nothing is
/// left.
///
/// # Errors
/// When the layer of parcels cannot be read any more.
pub fn buildable(plan: &Plan<'_>, dossier: &Dossier, wish: &Wish) -> io::Result<Vec<Volume>> {
    let limit = |rule| dossier.check(rule).and_then(|check| check.limit.as_ref().ok()).map(|limit| limit.value);
    let Some(top) = limit(Rule::Height) else { return Ok(Vec::new()) };
    let parcel = parcel(plan, dossier)?;
    let general = limit(Rule::Setback).unwrap_or(0.0).max(0.0);
    let sides = ground::sides(&parcel);
    let setbacks: Vec<f64> =
        (0..sides.len()).map(|at| wish.setbacks.get(at).copied().flatten().unwrap_or(general).max(0.0)).collect();
    let mut bodies = Vec::new();
    let mut add = |base: f64, top: f64, back: f64| {
        let outline = inside(&parcel, &sides, &setbacks, back);
        if !outline.0.is_empty() && top > base {
            bodies.push(Volume { outline, base, top });
        }
    };
    match wish.sky.filter(|sky| sky.from < top && sky.degrees > 0.0 && sky.degrees < 90.0) {
        None => add(0.0, top, 0.0),
        Some(sky) => {
            let (from, slope) = (sky.from.max(0.0), sky.degrees.to_radians().tan());
            add(0.0, from, 0.0);
            let count = ((top - from) / SLICE).ceil().clamp(1.0, SLICES);
            let step = (top - from) / count;
            for slice in 0..count as u32 {
                let base = from + f64::from(slice) * step;
                // All of a slice lies below the plane when its top does.
                add(base, base + step, (base + step - sky.from) / slope);
            }
        }
    }
    Ok(bodies)
}

/// The ground that is at least so far from each side, and at least `back` from all.
fn inside(parcel: &MultiPolygon, sides: &[Side], setbacks: &[f64], back: f64) -> MultiPolygon {
    let all = setbacks.iter().copied().fold(f64::INFINITY, f64::min).min(f64::MAX).max(back);
    let all = if setbacks.is_empty() { back } else { all };
    let mut left = if all > 0.0 { parcel.buffer(-all) } else { parcel.clone() };
    for (side, setback) in sides.iter().zip(setbacks).filter(|(_, setback)| **setback > all) {
        let edges = side.edges.iter().map(|edge| LineString::from(vec![edge.start, edge.end]));
        left = left.difference(&MultiLineString::new(edges.collect()).buffer(*setback));
    }
    left
}

fn parcel(plan: &Plan<'_>, dossier: &Dossier) -> io::Result<MultiPolygon> {
    let (holder, row) = plan.parcels.of_row(dossier.row)?;
    Ok(ground::polygons(&holder.table.geometry, row).unwrap_or_else(|| MultiPolygon::new(Vec::new())))
}

#[cfg(test)]
mod tests {
    use geo::Area;

    use super::*;
    use crate::city::CityLayer;
    use crate::model::{Heights, Meaning, Role};
    use crate::query::testing::{city_of, rectangle_layer};

    /// A parcel of 100 × 50 m with a height limit of 20 m and a setback of 5 m; a house of 20 × 10 m, 30 m high,
    /// 3 m from its southern line. Rectangles of whole metres: 1e-6 is far above rounding.
    #[test]
    fn what_is_too_high_and_too_near_is_cut_out_and_the_rest_may_be_built() {
        let limits = [(Meaning::HeightLimit, "limit", 20.0), (Meaning::Setback, "setback", 5.0)];
        let parcels = rectangle_layer("parcels", Role::Parcel, [0.0, 0.0, 100.0, 50.0], &limits);
        let mut houses =
            rectangle_layer("houses", Role::Building, [40.0, 3.0, 60.0, 13.0], &[(Meaning::Height, "h", 30.0)]);
        houses.heights = Some(Heights {
            top: vec![30.0],
            base: vec![0.0],
            source: vec![crate::model::HeightSource::Surveyed],
            covered: vec![false],
        });
        let city = city_of(vec![CityLayer::in_memory(parcels), CityLayer::in_memory(houses)]);
        let plan = Plan::of(&city, None).unwrap();
        let dossier = plan.dossier(0).unwrap().unwrap();
        let found = offences(&city, &plan, &dossier, None).unwrap();
        let said: Vec<_> = found.iter().map(|v| (v.outline.unsigned_area().round(), v.base, v.top)).collect();
        // Above 20 m the whole 200 m²; within 5 m of the line 20 × 2 m, from the ground up.
        assert_eq!(said, [(200.0, 20.0, 30.0), (40.0, 0.0, 30.0)]);
        let body = buildable(&plan, &dossier, &Wish::default()).unwrap().remove(0);
        // 90 × 40 m.
        assert!((body.outline.unsigned_area() - 3600.0).abs() < 1e-6, "{}", body.outline.unsigned_area());
        assert_eq!((body.base, body.top), (0.0, 20.0));

        // 12 m from the southern side, 5 m from the others: 90 × (50 - 12 - 5) m. Sides are in the order of the ring.
        let south = ground::sides(&super::parcel(&plan, &dossier).unwrap())
            .iter()
            .map(|side| ((side.faces - 180.0).abs() < 1.0).then_some(12.0))
            .collect();
        let wish = Wish { setbacks: south, sky: None };
        let body = buildable(&plan, &dossier, &wish).unwrap().remove(0);
        assert!((body.outline.unsigned_area() - 90.0 * 33.0).abs() < 1e-6, "{}", body.outline.unsigned_area());

        // From 11 m up a plane of 45°: at 14, 17 and 20 m it is 3, 6 and 9 m inside; the setback of 5 m goes further
        // than the first. 90 × 40, 90 × 40, 88 × 38 and 82 × 32 m.
        let wish = Wish { setbacks: Vec::new(), sky: Some(SkyPlane { from: 11.0, degrees: 45.0 }) };
        let slices = buildable(&plan, &dossier, &wish).unwrap();
        let said: Vec<_> =
            slices.iter().map(|v| (v.base.round(), v.top.round(), v.outline.unsigned_area().round())).collect();
        assert_eq!(said, [(0.0, 11.0, 3600.0), (11.0, 14.0, 3600.0), (14.0, 17.0, 3344.0), (17.0, 20.0, 2624.0)]);
    }
}
