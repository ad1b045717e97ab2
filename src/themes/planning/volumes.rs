//! What of a parcel's dossier has a shape: the parts of bodies that break a limit, and the body that may be built.

use std::io;

use geo::{BooleanOps, Buffer, MultiPolygon};

use super::dossier::{Dossier, Verdict};
use super::ground;
use super::limits::Rule;
use super::plan::Plan;
use super::uses;
use crate::city::City;
use crate::themes::volumes::Volume;

/// The parts of bodies on a parcel that break a limit: what is above the height limit, what comes nearer to the
/// parcel's line than the setback, bodies of a foreign use. Only of rules that are in breach.
///
/// # Errors
/// When a layer cannot be read any more.
pub fn offences(city: &City, plan: &Plan<'_>, dossier: &Dossier) -> io::Result<Vec<Volume>> {
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
        let Some(layer) = city.layers.get(one.layer) else { continue };
        let (holder, row) = layer.of_row(one.row)?;
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
