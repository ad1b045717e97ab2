//! Parking (停车位配建): the spaces that dwellings and floor area need, and those that there are.
//!
//! Plans write a number of spaces, a rate for each dwelling, a rate for each 100 m² of floor area, or both rates:
//! then the second is for the floor area that is no housing. Which of them holds is the city's own affair; none is
//! assumed where the data say none.

use super::dossier::{Dossier, Site, Standing, Why};
use super::limits::{Limit, LimitSource, NoLimit, ZoneOf, limit_of, zone_source};
use super::span::Span;
use crate::model::height::UseClass;
use crate::model::{Meaning, Value};

/// What the data says of a building, by the share of it that stands on the parcel.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counts {
    /// Dwellings; `None` where the data say nothing.
    pub dwellings: Option<f64>,
    /// Parking spaces; `None` where the data say nothing.
    pub spaces: Option<f64>,
    /// Whether it is a part of another building, whose numbers are its own.
    pub is_part: bool,
}

/// What a need for spaces follows from.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Needs {
    /// Spaces for each dwelling; 0: no such rate.
    pub per_dwelling: f64,
    /// Dwellings on the parcel.
    pub dwellings: Span,
    /// Spaces for each 100 m² of floor area; 0: no such rate.
    pub per_100_m2: f64,
    /// The floor area that this is for, m².
    pub floor_area: Span,
}

impl Needs {
    /// The spaces, with fractions: `per_dwelling × dwellings + per_100_m2 × floor_area ÷ 100`.
    pub fn spaces(&self) -> Span {
        self.dwellings.times(self.per_dwelling) + self.floor_area.times(self.per_100_m2 / 100.0)
    }
}

/// Ends of texts that say a rate: for each dwelling, or for each 100 m².
const PER_DWELLING: [&str; 4] = ["/户", "每户", "/dwelling", "/unit"];
const PER_AREA: [&str; 7] = ["/100㎡", "/100m²", "/100m2", "/100平方米", "/百平方米", "/100平米", "/100 m²"];
/// What is counted, before these.
const COUNTED: [&str; 6] = ["个停车位", "停车位", "个车位", "车位", "泊位", "辆"];

/// The rate of a text, without its unit: `1.2车位/户` is 1.2 for each dwelling.
fn rate_in(text: &str) -> Option<(Meaning, String)> {
    let text = text.trim();
    let cut = |ends: &[&str]| ends.iter().find_map(|end| text.strip_suffix(end)).map(str::trim);
    let (meaning, rest) = cut(&PER_DWELLING)
        .map(|rest| (Meaning::ParkingPerDwelling, rest))
        .or_else(|| cut(&PER_AREA).map(|rest| (Meaning::ParkingPerArea, rest)))?;
    let rest = COUNTED.iter().find_map(|counted| rest.strip_suffix(counted)).unwrap_or(rest);
    Some((meaning, rest.trim().to_owned()))
}

/// The limits that a parcel's or its zone's fields say: spaces, and the two rates.
struct Said {
    spaces: Result<Limit, NoLimit>,
    per_dwelling: Result<Limit, NoLimit>,
    per_area: Result<Limit, NoLimit>,
}

impl Said {
    fn of(site: &Site<'_>) -> Self {
        let limit = |meaning| limit_of(meaning, site.parcels, site.row, &site.zone);
        let mut said = Self {
            spaces: limit(Meaning::ParkingLimit),
            per_dwelling: limit(Meaning::ParkingPerDwelling),
            per_area: limit(Meaning::ParkingPerArea),
        };
        // The field of the number may hold a rate.
        if matches!(said.spaces, Err(NoLimit::Unread)) {
            let own = site.parcels.mapping.get(Meaning::ParkingLimit);
            let own = own.map(|mapped| {
                let source = LimitSource::Parcel { field: mapped.field.clone() };
                (site.parcels, site.row, mapped, source)
            });
            let zone = match &site.zone {
                ZoneOf::In { near, row, name, share } => {
                    let layer = near.layer();
                    layer
                        .mapping
                        .get(Meaning::ParkingLimit)
                        .map(|mapped| (layer, *row, mapped, zone_source(layer, *row, name, *share, &mapped.field)))
                }
                _ => None,
            };
            for (layer, row, mapped, source) in own.into_iter().chain(zone) {
                let Value::Text(text) = layer.table.value(row, &mapped.field) else { continue };
                let Some((meaning, rest)) = rate_in(&text) else { continue };
                let Some(rate) = layer.mapping.number(Meaning::ParkingLimit, &Value::Text(rest.as_str().into())) else {
                    continue;
                };
                let place =
                    if meaning == Meaning::ParkingPerDwelling { &mut said.per_dwelling } else { &mut said.per_area };
                if place.is_err() {
                    *place = Ok(Limit::fixed(rate, false, source));
                }
                said.spaces = Err(NoLimit::NoField);
                break;
            }
        }
        said
    }

    /// What is written and was not understood: the need may be greater than what was.
    fn unread(&self) -> Option<NoLimit> {
        let reasons = [&self.spaces, &self.per_dwelling, &self.per_area].map(|limit| limit.as_ref().err().copied());
        reasons.into_iter().flatten().find(|reason| matches!(reason, NoLimit::Unread | NoLimit::Negative))
    }
}

fn is_housing(one: &Standing) -> bool {
    one.class == Some(UseClass::housing())
}

/// Numbers of a list, where those of `unknown` are missing.
fn sum(numbers: impl Iterator<Item = f64>, unknown: usize) -> Span {
    let known = numbers.sum();
    Span::of(known, if unknown == 0 { known } else { f64::INFINITY })
}

/// The spaces that a parcel must have.
///
/// # Errors
/// Why nothing says so.
pub(super) fn limit(site: &Site<'_>, dossier: &Dossier, why: &mut Vec<Why>) -> Result<Limit, NoLimit> {
    let said = Said::of(site);
    if let Some(reason) = said.unread() {
        return Err(reason);
    }
    if let Ok(limit) = said.spaces {
        return Ok(limit);
    }
    let source = match (&said.per_dwelling, &said.per_area) {
        (Ok(limit), _) | (_, Ok(limit)) => limit.source.clone(),
        // The most telling of three silences.
        (Err(one), Err(other)) => {
            let silent = [said.spaces.as_ref().err().unwrap_or(one), one, other];
            return Err(*silent.into_iter().find(|reason| **reason != NoLimit::NoField).unwrap_or(one));
        }
    };
    let rate = |limit: &Result<Limit, NoLimit>| limit.as_ref().map_or(0.0, |limit| limit.value);
    let mut needs = Needs {
        per_dwelling: rate(&said.per_dwelling),
        dwellings: Span::default(),
        per_100_m2: rate(&said.per_area),
        floor_area: Span::default(),
    };
    if site.has_no_buildings() || site.buildings_elsewhere {
        why.push(if site.buildings_elsewhere { Why::BuildingsElsewhere } else { Why::NoBuildings });
        let open = Span::of(0.0, f64::INFINITY);
        (needs.dwellings, needs.floor_area) = (open, open);
    } else if dossier.standing.is_empty() {
        return Err(NoLimit::NothingServed);
    } else {
        let standing = &dossier.standing;
        // A parent's dwellings are those of its parts, which say none of their own.
        let parents_say = standing.iter().any(|one| one.covered && one.counts.dwellings.is_some());
        let silent =
            |one: &&Standing| !one.covered && one.counts.dwellings.is_none() && !(one.counts.is_part && parents_say);
        // Of what use a house is that says none, it may be dwellings.
        let unknown = standing.iter().filter(silent).filter(|one| is_housing(one) || one.class.is_none()).count();
        needs.dwellings = sum(standing.iter().filter_map(|one| one.counts.dwellings), unknown);
        let served = |one: &&Standing| !one.covered && (needs.per_dwelling == 0.0 || !is_housing(one));
        needs.floor_area = standing
            .iter()
            .filter(served)
            .map(|one| {
                // It is housing or not: needs of one kind or of the other.
                let low = if needs.per_dwelling > 0.0 && one.class.is_none() { 0.0 } else { one.floor_area.low };
                Span::of(low, one.floor_area.high)
            })
            .sum();
        if unknown > 0 && needs.per_dwelling > 0.0 {
            why.push(Why::DwellingsUnknown(unknown as u32));
        }
    }
    let spaces = needs.spaces();
    if spaces.high <= 0.0 {
        return Err(NoLimit::NothingServed);
    }
    // There are whole spaces; a twentieth of one is rounding in rates.
    let whole = |spaces: f64| (spaces - 0.05).ceil();
    Ok(Limit { value: whole(spaces.high), low: whole(spaces.low), parking: Some(needs), as_share: false, source })
}

/// The spaces that there are: what the parcel says, else what its buildings say.
pub(super) fn provided(site: &Site<'_>, dossier: &Dossier, why: &mut Vec<Why>) -> Option<Span> {
    let mapping = &site.parcels.mapping;
    let own = mapping.get(Meaning::ParkingSpaces).and_then(|mapped| {
        let value = site.parcels.table.value(site.row, &mapped.field);
        mapping.number(Meaning::ParkingSpaces, &value)
    });
    if let Some(spaces) = own {
        return Some(Span::exact(spaces));
    }
    let bodies = || dossier.standing.iter().filter(|one| !one.covered || one.counts.spaces.is_some());
    let unknown = bodies().filter(|one| one.counts.spaces.is_none()).count();
    if bodies().count() == unknown {
        why.push(Why::NoSpaces);
        return None;
    }
    if unknown > 0 {
        why.push(Why::SpacesUnknown(unknown as u32));
    }
    Some(sum(bodies().filter_map(|one| one.counts.spaces), unknown))
}

#[cfg(test)]
mod tests;
