//! A parcel's dossier: what stands on it, measured, beside the control limits.

use geo::{Area, BooleanOps, MultiPolygon};

use super::control::{ControlLink, ControlsNear};
use super::floor_area::{Body, FarRule, StoreySource, counted, own_storeys};
use super::ground;
use super::limits::{Limit, LimitSource, NoLimit, Rule, ZoneOf, limit_of};
use super::near::Near;
use super::parking;
use super::span::Span;
use super::uses;
use super::what_if::{PROPOSED, WhatIf};
use crate::model::height::UseClass;
use crate::model::land_use::land_use;
use crate::model::{HeightSource, Layer, Meaning};
use crate::query::identity::id_of;

/// How a parcel stands to a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// There is no limit to keep.
    NoLimit,
    /// Kept, even in the worst case of what is unknown.
    Pass,
    /// What is known does not decide it.
    Unknown,
    /// Broken, even in the best case of what is unknown.
    Breach,
}

impl Verdict {
    /// All of them, from the mildest to the worst.
    pub const ALL: [Self; 4] = [Self::NoLimit, Self::Pass, Self::Unknown, Self::Breach];

    /// The word used by commands: `no_limit`, `pass`, `unknown`, `breach`.
    pub fn word(self) -> &'static str {
        match self {
            Self::NoLimit => "no_limit",
            Self::Pass => "pass",
            Self::Unknown => "unknown",
            Self::Breach => "breach",
        }
    }
}

/// What a number rests on, or why it is not sharper.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The project has no layer of buildings.
    NoBuildings,
    /// The project has no layer of green.
    NoGreen,
    /// The layer of green shows few parcels with any: plots' own green is not surveyed in it.
    GreenNotSurveyed,
    /// Storeys of so many buildings are estimated from their surveyed height.
    StoreysFromHeight(u32),
    /// Storeys of so many buildings may or may not be higher than a step of the storey-height rule: only their
    /// average height is known.
    StoreyHeightNearStep(u32),
    /// Of so many buildings neither storeys nor a surveyed height are known.
    StoreysUnknown(u32),
    /// Heights of so many buildings are estimated from their storeys.
    HeightFromStoreys(u32),
    /// Heights of so many buildings are guessed.
    HeightGuessed(u32),
    /// So many buildings are cut by the parcel's line and counted by their share of area.
    CutByLine(u32),
    /// The use of so many buildings is not known, or the table does not judge it.
    UseUnjudged(u32),
    /// The parcel has no area.
    NoArea,
    /// No layer of buildings touches the layer of parcels: what stands here is not known.
    BuildingsElsewhere,
    /// So many m² of footprints lie on others at the ground: density counts that ground once, the floor area each.
    FootprintsOverlap(u32),
    /// Neither the parcel nor its buildings say how many parking spaces there are.
    NoSpaces,
    /// So many buildings do not say how many parking spaces they have.
    SpacesUnknown(u32),
    /// So many dwelling houses do not say how many dwellings they have.
    DwellingsUnknown(u32),
}

/// One rule, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// The rule.
    pub rule: Rule,
    /// What was measured, in the rule's unit; `None` where nothing can be said.
    pub measured: Option<Span>,
    /// The limit, or why there is none.
    pub limit: Result<Limit, NoLimit>,
    /// How the parcel stands to it.
    pub verdict: Verdict,
    /// What the number rests on.
    pub why: Vec<Why>,
}

/// A building, or a part of one, that stands on the parcel.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// The number of its layer in the city; [`PROPOSED`] for one of a scheme.
    pub layer: usize,
    /// Its row in the whole layer.
    pub row: u32,
    /// Its id.
    pub id: String,
    /// Area of its footprint on the parcel, m².
    pub footprint: f64,
    /// Share of its footprint that lies on the parcel, 0 to 1.
    pub share: f64,
    /// Counted floor area on the parcel, m²; none of a parent that its parts replace.
    pub floor_area: Span,
    /// What its storeys came from.
    pub storeys: StoreySource,
    /// Height of its top above ground, metres.
    pub top: Span,
    /// Its use.
    pub class: Option<UseClass>,
    /// Its dwellings and parking spaces by what the data says, by the share that stands here.
    pub counts: parking::Counts,
    /// Whether it belongs to this parcel: at least half of it stands here, or it covers a tenth of the parcel.
    pub own: bool,
    /// Whether its parts are counted in its place.
    pub covered: bool,
    /// Whether it stands on the ground: what begins above it may stand over another.
    pub grounded: bool,
    /// Distance to the nearest side of the parcel, metres; of those that stand here for the most part.
    pub setback: Option<f64>,
}

impl Standing {
    /// Whether it belongs to this parcel.
    pub fn is_own(&self) -> bool {
        self.own
    }
}

/// A building belongs to the parcel on which at least this share of it stands.
const OWN: f64 = 0.5;
/// So it does to one of which it covers at least this share, however little of it that is.
const COVERS: f64 = 0.1;
/// Less of a building than this is a matter of drawing, m².
const SLIVER: f64 = 0.5;
/// A storey is between so many times its typical height.
const TYPICAL: [f64; 2] = [0.75, 1.3];

/// A parcel's dossier.
#[derive(Clone, Debug, PartialEq)]
pub struct Dossier {
    /// The parcel's row in its layer.
    pub row: u32,
    /// Its id.
    pub id: String,
    /// Its land-use code, or what the data says of its use.
    pub land_use: Option<String>,
    /// The zone that most of it lies in, whether or not that says limits.
    pub zone: Option<ZoneLink>,
    /// Control lines that it crosses or lies within, and those that it should not lie outside of.
    pub control_lines: Vec<ControlLink>,
    /// Its area as drawn, m².
    pub area: f64,
    /// Counted floor area on it, m².
    pub floor_area: Span,
    /// Ground under buildings, m².
    pub footprint: f64,
    /// Green ground, m²; `None` without a layer of green.
    pub green: Option<f64>,
    /// All rules, in the order of [`Rule::ALL`].
    pub checks: Vec<Check>,
    /// What stands on it.
    pub standing: Vec<Standing>,
    /// Setback of each side: the direction it faces (degrees clockwise from north), its length and the least
    /// distance of a building, metres (`None` where none stands).
    pub sides: Vec<(f64, f64, Option<f64>)>,
}

impl Dossier {
    /// The worst of its verdicts.
    pub fn verdict(&self) -> Verdict {
        self.checks.iter().map(|check| check.verdict).max().unwrap_or(Verdict::NoLimit)
    }

    /// The check of a rule.
    pub fn check(&self, rule: Rule) -> Option<&Check> {
        self.checks.iter().find(|check| check.rule == rule)
    }
}

/// The zone that most of a parcel lies in.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct ZoneLink {
    /// The zone's layer.
    pub layer: String,
    /// What it is called: its name, else its use or code.
    pub name: String,
    /// The share of the parcel's area that lies in it, 0 to 1.
    pub share: f64,
}

/// What is asked for a dossier.
pub struct Site<'a> {
    /// The layer of the parcel.
    pub parcels: &'a Layer,
    /// Its row there.
    pub row: u32,
    /// Buildings near it, with the number of their layer.
    pub buildings: &'a [(usize, Near<'a>)],
    /// A scheme: what it adds and what it takes away.
    pub what_if: Option<&'a WhatIf>,
    /// Whether the layers of buildings lie nowhere near the layer of parcels.
    pub buildings_elsewhere: bool,
    /// Green near it; empty without a layer of green.
    pub greens: &'a [Near<'a>],
    /// Whether the layer of green shows the green of plots as well as parks.
    pub green_surveyed: bool,
    /// The zone that it lies in, of those that say limits.
    pub zone: ZoneOf<'a>,
    /// The zone that it lies in, of all.
    pub link: Option<ZoneLink>,
    /// Control lines near it, by layer.
    pub controls: &'a [ControlsNear<'a>],
    /// Which floor area counts.
    pub rule: &'a FarRule,
}

impl Site<'_> {
    /// Whether nothing is known to stand anywhere near it.
    pub(super) fn has_no_buildings(&self) -> bool {
        self.all_buildings().next().is_none()
    }

    /// Buildings near it, those of a scheme among them.
    fn all_buildings(&self) -> impl Iterator<Item = (usize, &Near<'_>)> {
        let proposed = self.what_if.map(|what_if| (PROPOSED, &what_if.proposed));
        self.buildings.iter().map(|(number, near)| (*number, near)).chain(proposed)
    }
}

/// Makes a parcel's dossier; `None` where the row is no polygon.
pub fn dossier(site: &Site<'_>) -> Option<Dossier> {
    let shape = ground::polygons(&site.parcels.table.geometry, site.row)?;
    let area = shape.unsigned_area();
    let sides = ground::sides(&shape);
    let mut standing = Vec::new();
    let mut pieces = Vec::new();
    let mut nearest: Vec<Option<f64>> = vec![None; sides.len()];
    for (number, near) in site.all_buildings() {
        for row in near.rows_in(&ground::bounds_of(&shape)) {
            if site.what_if.is_some_and(|what_if| what_if.clears(number, near.layer(), row)) {
                continue;
            }
            let Some(outline) = ground::polygons(&near.layer().table.geometry, row) else { continue };
            let piece = ground::on(&shape, &outline);
            let (on, whole) = (piece.unsigned_area(), outline.unsigned_area());
            if on < SLIVER.min(whole * 0.5) || whole <= 0.0 {
                continue;
            }
            let mut one = stands(site, number, near.layer(), row, on, whole);
            // What is proposed is proposed for this parcel, wherever it was put.
            one.own = number == PROPOSED || one.share >= OWN || on >= COVERS * area;
            if one.is_own() {
                for (side, nearest) in sides.iter().zip(&mut nearest) {
                    let metres = ground::distance(side, &outline);
                    one.setback = Some(one.setback.map_or(metres, |least| least.min(metres)));
                    *nearest = Some(nearest.map_or(metres, |least: f64| least.min(metres)));
                }
            }
            pieces.push(piece);
            standing.push(one);
        }
    }
    let footprint = ground::covered(&pieces);
    let green = (!site.greens.is_empty()).then(|| green_on(site, &shape));
    let land_use = land_use_of(site.parcels, site.row);
    let mut dossier = Dossier {
        row: site.parcels.whole_row(site.row),
        id: id_of(site.parcels, site.row),
        land_use,
        zone: site.link.clone(),
        control_lines: site.controls.iter().flat_map(|near| near.links(&shape)).collect(),
        area,
        floor_area: standing.iter().map(|one| one.floor_area).sum(),
        footprint,
        green,
        checks: Vec::new(),
        standing,
        sides: sides.iter().zip(nearest).map(|(side, nearest)| (side.faces, side.length, nearest)).collect(),
    };
    dossier.checks = Rule::ALL.iter().map(|rule| check(*rule, site, &dossier)).collect();
    Some(dossier)
}

/// The land use that a parcel's fields say: a code where one of them is one.
pub fn land_use_of(parcels: &Layer, row: u32) -> Option<String> {
    let text = |meaning| {
        let mapped = parcels.mapping.get(meaning)?;
        let text = parcels.table.value(row, &mapped.field).to_string();
        (!text.trim().is_empty()).then(|| text.trim().to_owned())
    };
    let texts = [text(Meaning::Use), text(Meaning::Code)];
    let code = texts.iter().flatten().find(|text| land_use(text).is_some() && text.is_ascii());
    let named = || texts.iter().flatten().find_map(|text| land_use(text)).map(|class| class.code.clone());
    code.cloned().or_else(named).or_else(|| texts.into_iter().next().flatten())
}

fn stands(site: &Site<'_>, number: usize, layer: &Layer, row: u32, on: f64, whole: f64) -> Standing {
    let share = (on / whole).min(1.0);
    let value = |meaning| layer.mapping.get(meaning).map(|mapped| layer.table.value(row, &mapped.field));
    let numbered = |meaning| layer.mapping.number(meaning, &value(meaning)?);
    let class = value(Meaning::Use).and_then(|used| UseClass::of(&used.to_string()));
    let heights = layer.heights.as_ref();
    let at = |values: &[f32]| values.get(row as usize).copied().map_or(0.0, f64::from);
    let (top, base) = heights.map_or((0.0, 0.0), |h| (at(&h.top), at(&h.base)));
    let source = heights.and_then(|h| h.source.get(row as usize).copied()).unwrap_or(HeightSource::Default);
    let covered = heights.is_some_and(|h| h.covered.get(row as usize).copied().unwrap_or(false));
    let storeys = numbered(Meaning::Storeys).map(|storeys| {
        own_storeys(
            storeys,
            numbered(Meaning::BaseStoreys),
            base,
            if source == HeightSource::Surveyed { top } else { 0.0 },
        )
    });
    let body = Body {
        footprint: on,
        class,
        storeys,
        height: (source == HeightSource::Surveyed && top > base).then_some(top - base),
        storey_height: numbered(Meaning::StoreyHeight),
        below: numbered(Meaning::StoreysBelow),
        basement_above: None,
    };
    let (floor_area, storeys) = counted(&body, site.rule);
    Standing {
        layer: number,
        row: layer.whole_row(row),
        id: id_of(layer, row),
        footprint: on,
        share,
        floor_area: if covered { Span::default() } else { floor_area },
        storeys,
        top: match source {
            HeightSource::Surveyed => Span::exact(top),
            HeightSource::Storeys => Span::of(top * TYPICAL[0], top * TYPICAL[1]),
            HeightSource::Median | HeightSource::Default => Span::of(0.0, f64::INFINITY),
        },
        class,
        counts: parking::Counts {
            dwellings: numbered(Meaning::Units).map(|count| count * share),
            spaces: numbered(Meaning::ParkingSpaces).map(|count| count * share),
            is_part: value(Meaning::Parent).is_some_and(|parent| !parent.is_null() && !parent.to_string().is_empty()),
        },
        own: false,
        covered,
        grounded: base <= 0.0,
        setback: None,
    }
}

fn green_on(site: &Site<'_>, shape: &MultiPolygon) -> f64 {
    let bounds = ground::bounds_of(shape);
    let mut pieces = Vec::new();
    for near in site.greens {
        let layer = near.layer();
        let category = layer.mapping.get(Meaning::Category).or_else(|| layer.mapping.get(Meaning::Use));
        for row in near.rows_in(&bounds) {
            let paved = category.is_some_and(|field| uses::is_paved(&layer.table.value(row, &field.field).to_string()));
            if let Some(outline) = ground::polygons(&layer.table.geometry, row).filter(|_| !paved) {
                let piece = ground::on(shape, &outline);
                if !piece.0.is_empty() {
                    pieces.push(piece);
                }
            }
        }
    }
    let green = ground::covered(&pieces);
    // What a scheme builds on is green no more. Standing buildings were there when the green was surveyed.
    let Some(what_if) = site.what_if else { return green };
    let mut built = MultiPolygon::new(Vec::new());
    for row in what_if.proposed.rows_in(&bounds) {
        if let Some(outline) = ground::polygons(&what_if.proposed.layer().table.geometry, row) {
            built = built.union(&outline);
        }
    }
    if built.0.is_empty() {
        return green;
    }
    let left: Vec<MultiPolygon> = pieces.iter().map(|piece| piece.difference(&built)).collect();
    ground::covered(&left)
}

fn check(rule: Rule, site: &Site<'_>, dossier: &Dossier) -> Check {
    let mut why = Vec::new();
    let limit = match rule {
        Rule::Use => match &dossier.land_use {
            Some(code) if !std::iter::once(code).chain(&mixed_use(site)).any(|code| uses::judges(code)) => {
                Err(NoLimit::NotJudged)
            }
            Some(_) if !says_uses(site) => Err(NoLimit::NoUses),
            Some(_) => Ok(Limit::fixed(uses::most_misfit(), false, LimitSource::Table)),
            None => Err(NoLimit::NoField),
        },
        Rule::Parking => parking::limit(site, dossier, &mut why),
        _ => rule.meaning().map_or(Err(NoLimit::NoField), |of| limit_of(of, site.parcels, site.row, &site.zone)),
    };
    // A share of uses that nothing judges means nothing.
    let measured = match rule == Rule::Use && limit.is_err() {
        true => None,
        false => measure(rule, site, dossier, &mut why),
    };
    let verdict = match (&limit, measured) {
        // Something is written there that was not understood: it may be broken.
        (Err(NoLimit::Unread | NoLimit::Negative), _) => Verdict::Unknown,
        (Err(_), _) => Verdict::NoLimit,
        (Ok(_), None) => Verdict::Unknown,
        (Ok(limit), Some(measured)) => judge(rule, measured, Span::of(limit.low, limit.value)),
    };
    Check { rule, measured, limit, verdict, why }
}

/// Differences that are a matter of rounding in data: to half of the last digit that plans write.
fn tolerance(rule: Rule) -> f64 {
    match rule {
        Rule::Far => 0.005,
        Rule::Density | Rule::Green | Rule::Height | Rule::Setback | Rule::Parking => 0.05,
        Rule::Use => 1e-9,
    }
}

/// How a measured value stands to a limit, which may lie between two bounds itself.
pub fn judge(rule: Rule, measured: Span, limit: Span) -> Verdict {
    let near = tolerance(rule);
    let (worst, best) = match rule.is_least() {
        true => (limit.high - measured.low, limit.low - measured.high),
        false => (measured.high - limit.low, measured.low - limit.high),
    };
    if worst <= near {
        Verdict::Pass
    } else if best > near {
        Verdict::Breach
    } else {
        Verdict::Unknown
    }
}

fn measure(rule: Rule, site: &Site<'_>, dossier: &Dossier, why: &mut Vec<Why>) -> Option<Span> {
    if dossier.area <= 0.0 {
        why.push(Why::NoArea);
        return None;
    }
    let built = !matches!(rule, Rule::Green | Rule::Parking);
    if built && site.has_no_buildings() {
        why.push(Why::NoBuildings);
        return None;
    }
    if built && site.buildings_elsewhere {
        why.push(Why::BuildingsElsewhere);
        return None;
    }
    let bodies = || dossier.standing.iter().filter(|one| !one.covered);
    let own = || bodies().filter(|one| one.is_own());
    let count = |of: &dyn Fn(&Standing) -> bool| dossier.standing.iter().filter(|one| of(one)).count() as u32;
    let mut note = |count: u32, what: fn(u32) -> Why| {
        if count > 0 {
            why.push(what(count));
        }
    };
    if matches!(rule, Rule::Far | Rule::Density) {
        note(count(&|one| one.share < 0.999), Why::CutByLine);
    }
    if matches!(rule, Rule::Far | Rule::Density) {
        // Less than a hundredth is a matter of drawing: party walls drawn twice.
        let twice = bodies().filter(|one| one.grounded).map(|one| one.footprint).sum::<f64>() - dossier.footprint;
        note(if twice > 0.01 * dossier.footprint { twice.round() as u32 } else { 0 }, Why::FootprintsOverlap);
    }
    match rule {
        Rule::Far => {
            note(count(&|one| !one.covered && one.storeys == StoreySource::Height), Why::StoreysFromHeight);
            let near_step = |one: &Standing| one.storeys == StoreySource::Data && !one.floor_area.is_exact();
            note(count(&|one| !one.covered && near_step(one)), Why::StoreyHeightNearStep);
            note(count(&|one| !one.covered && one.storeys == StoreySource::Nothing), Why::StoreysUnknown);
            Some(dossier.floor_area.times(1.0 / dossier.area))
        }
        Rule::Density => Some(Span::exact(100.0 * dossier.footprint / dossier.area)),
        Rule::Height => {
            note(
                own().filter(|one| !one.top.is_exact() && one.top.high.is_finite()).count() as u32,
                Why::HeightFromStoreys,
            );
            note(own().filter(|one| one.top.high.is_infinite()).count() as u32, Why::HeightGuessed);
            Some(own().map(|one| one.top).fold(Span::default(), Span::max))
        }
        Rule::Green => {
            let Some(green) = dossier.green else {
                why.push(Why::NoGreen);
                return None;
            };
            let percent = 100.0 * green / dossier.area;
            if site.green_surveyed {
                return Some(Span::exact(percent));
            }
            why.push(Why::GreenNotSurveyed);
            let built = 100.0 * dossier.footprint / dossier.area;
            Some(Span::of(percent, (100.0 - built).max(percent)))
        }
        Rule::Setback => {
            let least = dossier.standing.iter().filter_map(|one| one.setback).fold(f64::INFINITY, f64::min);
            // Nothing stands here: no line is come near to.
            Some(Span::exact(least))
        }
        Rule::Parking => parking::provided(site, dossier, why),
        Rule::Use => {
            let codes = [dossier.land_use.clone(), mixed_use(site)];
            let belongs = |one: &Standing| {
                let says: Vec<bool> =
                    codes.iter().flatten().filter_map(|code| uses::belongs(code, one.class)).collect();
                (!says.is_empty()).then(|| says.contains(&true))
            };
            note(bodies().filter(|one| belongs(one).is_none()).count() as u32, Why::UseUnjudged);
            let sum = |wanted: Option<bool>| -> Span {
                bodies().filter(|one| belongs(one) == wanted).map(|one| one.floor_area).sum()
            };
            let (misfit, fit, open) = (sum(Some(false)), sum(Some(true)), sum(None));
            let share = |part: f64, other: f64| if part <= 0.0 { 0.0 } else { 1.0 / (1.0 + other / part) };
            // What is not judged may belong there, or not.
            let low = share(misfit.low, fit.high + open.high);
            Some(Span::of(low, share(misfit.high + open.high, fit.low)))
        }
    }
}

/// Whether any layer of buildings has a field of uses.
fn says_uses(site: &Site<'_>) -> bool {
    site.buildings.is_empty() || site.buildings.iter().any(|(_, near)| near.layer().mapping.get(Meaning::Use).is_some())
}

fn mixed_use(site: &Site<'_>) -> Option<String> {
    let field = site.parcels.mapping.get(Meaning::MixedUse)?;
    let text = site.parcels.table.value(site.row, &field.field).to_string();
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
pub(super) mod tests;
