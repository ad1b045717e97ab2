//! What of a parcel's dossier has a shape: the parts of bodies that break a limit, and the body that may be built.

use std::borrow::Cow;
use std::io;

use geo::{BooleanOps, Buffer, MultiPolygon};

use super::dossier::{Dossier, Verdict};
use super::ground;
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

/// The body that a parcel's limits leave to be built: its ground less the setback, up to the height limit. `None`
/// without a height limit, or where the setback leaves nothing.
///
/// # Errors
/// When the layer of parcels cannot be read any more.
pub fn buildable(plan: &Plan<'_>, dossier: &Dossier) -> io::Result<Option<Volume>> {
    let limit = |rule| dossier.check(rule).and_then(|check| check.limit.as_ref().ok()).map(|limit| limit.value);
    let Some(top) = limit(Rule::Height) else { return Ok(None) };
    let parcel = parcel(plan, dossier)?;
    let outline = match limit(Rule::Setback) {
        Some(metres) if metres > 0.0 => parcel.buffer(-metres),
        _ => parcel,
    };
    Ok((!outline.0.is_empty()).then_some(Volume { outline, base: 0.0, top }))
}

fn parcel(plan: &Plan<'_>, dossier: &Dossier) -> io::Result<MultiPolygon> {
    let (holder, row) = plan.parcels.of_row(dossier.row)?;
    Ok(ground::polygons(&holder.table.geometry, row).unwrap_or_else(|| MultiPolygon::new(Vec::new())))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use geo::Area;

    use super::*;
    use crate::city::CityLayer;
    use crate::model::mapping::Mapped;
    use crate::model::{FieldMapping, GeometryKind, Heights, Layer, Meaning, Role, TableBuilder, Title, Value};
    use crate::place::{Bounds, Crs};
    use crate::query::testing::layer_of;

    /// One rectangle with numbers by meaning.
    fn layer(id: &str, role: Role, [west, south, east, north]: [f64; 4], numbers: &[(Meaning, &str, f64)]) -> Layer {
        let mut builder = TableBuilder::default();
        let mut mapping = FieldMapping::default();
        for (meaning, field, number) in numbers {
            let column = builder.field(field);
            builder.set(column, &Value::Real(*number));
            let mapped = Mapped { field: (*field).to_owned(), factor: 1.0, declared: true, reason: String::new() };
            mapping.set(*meaning, mapped);
        }
        for corner in [[west, south], [east, south], [east, north], [west, north]] {
            builder.geometry.push_vertex(corner, None);
        }
        builder.geometry.end_ring();
        builder.geometry.end_part();
        builder.geometry.end_feature(GeometryKind::Polygon);
        Layer { role, mapping, ..layer_of(id, builder.finish()) }
    }

    /// A parcel of 100 × 50 m with a height limit of 20 m and a setback of 5 m; a house of 20 × 10 m, 30 m high,
    /// 3 m from its southern line. Rectangles of whole metres: 1e-6 is far above rounding.
    #[test]
    fn what_is_too_high_and_too_near_is_cut_out_and_the_rest_may_be_built() {
        let limits = [(Meaning::HeightLimit, "limit", 20.0), (Meaning::Setback, "setback", 5.0)];
        let parcels = layer("parcels", Role::Parcel, [0.0, 0.0, 100.0, 50.0], &limits);
        let mut houses = layer("houses", Role::Building, [40.0, 3.0, 60.0, 13.0], &[(Meaning::Height, "h", 30.0)]);
        houses.heights = Some(Heights {
            top: vec![30.0],
            base: vec![0.0],
            source: vec![crate::model::HeightSource::Surveyed],
            covered: vec![false],
        });
        let city = City {
            title: Title::default(),
            crs: Crs::parse("EPSG:4548").unwrap(),
            crs_basis: String::new(),
            layers: vec![Arc::new(CityLayer::in_memory(parcels)), Arc::new(CityLayer::in_memory(houses))],
            terrain: None,
            terrain_id: String::new(),
            imagery: Vec::new(),
            extent: Bounds::EMPTY,
            report: Default::default(),
            times: Default::default(),
        };
        let plan = Plan::of(&city, None).unwrap();
        let dossier = plan.dossier(0).unwrap().unwrap();
        let found = offences(&city, &plan, &dossier, None).unwrap();
        let said: Vec<_> = found.iter().map(|v| (v.outline.unsigned_area().round(), v.base, v.top)).collect();
        // Above 20 m the whole 200 m²; within 5 m of the line 20 × 2 m, from the ground up.
        assert_eq!(said, [(200.0, 20.0, 30.0), (40.0, 0.0, 30.0)]);
        let body = buildable(&plan, &dossier).unwrap().unwrap();
        // 90 × 40 m.
        assert!((body.outline.unsigned_area() - 3600.0).abs() < 1e-6, "{}", body.outline.unsigned_area());
        assert_eq!((body.base, body.top), (0.0, 20.0));
    }
}
