//! All parcels of a project beside their limits.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use geo::Area;
use rayon::prelude::*;

use super::control::{ControlLayer, ControlsNear};
use super::dossier::{Dossier, Site, ZoneLink, dossier};
use super::floor_area::FarRule;
use super::ground;
use super::limits::ZoneOf;
use super::near::Near;
use super::what_if::WhatIf;
use crate::city::{City, CityLayer};
use crate::formats::flatgeobuf::Wanted;
use crate::model::{GeometryKind, Layer, Meaning, Role};
use crate::place::Bounds;
use crate::query::identity::id_of;
use crate::report::{Cancelled, Progress};

/// Parcels that are looked at together, with what lies around them.
const RUN: usize = 512;
/// Parcels looked at to learn whether the green of plots is surveyed.
const SAMPLE: u32 = 400;
/// It is where at least this share of them has any.
const SURVEYED: f64 = 0.5;

/// Why parcels cannot be checked.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The project has no parcels.
    #[error(
        "no layer has the role parcel: say which with role = \"parcel\" in project.toml, or --role parcel at import"
    )]
    NoParcels,
    /// A layer cannot be read any more.
    #[error("{0}")]
    Read(#[from] io::Error),
    /// The user stopped it.
    #[error("stopped")]
    Cancelled(#[from] Cancelled),
}

/// What a project has for checking parcels.
pub struct Plan<'a> {
    /// The number of the parcels' layer in the city.
    pub number: usize,
    /// The parcels.
    pub parcels: &'a CityLayer,
    buildings: Vec<(usize, &'a CityLayer)>,
    greens: Vec<&'a CityLayer>,
    zones: Vec<&'a CityLayer>,
    controls: Vec<ControlLayer<'a>>,
    /// Whether the layer of green shows the green of plots as well as parks.
    pub green_surveyed: bool,
    /// Which floor area counts.
    pub rule: &'static FarRule,
    /// Why this rule.
    pub rule_basis: RuleBasis,
    /// Whether the layers of buildings lie nowhere near the parcels: no extent of theirs touches that of the parcels.
    pub buildings_elsewhere: bool,
}

/// Why a rule of floor area was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleBasis {
    /// It was asked for.
    Asked,
    /// The first parcel's code begins with a division of it.
    Division(String),
    /// No local rule is known for the division of the first parcel's code: it is the national one.
    NoLocalRule(String),
    /// The first parcel has no code that begins with a division: it is the national one.
    NoDivision,
}

impl<'a> Plan<'a> {
    /// Of a city: the parcels of its greatest layer of them. `rule` is the floor-area rule that is asked for.
    ///
    /// # Errors
    /// [`PlanError::NoParcels`]; [`PlanError::Read`].
    pub fn of(city: &'a City, rule: Option<&'static FarRule>) -> Result<Self, PlanError> {
        Self::knowing(city, rule, None)
    }

    /// The same, where it is known already whether the green of plots is surveyed.
    ///
    /// # Errors
    /// As [`Self::of`].
    pub fn knowing(
        city: &'a City,
        rule: Option<&'static FarRule>,
        green_surveyed: Option<bool>,
    ) -> Result<Self, PlanError> {
        let with = |role: Role| {
            city.layers.iter().enumerate().filter(move |(_, l)| l.layer.role == role).map(|(n, l)| (n, &**l))
        };
        let (number, parcels) = with(Role::Parcel).max_by_key(|(_, l)| l.rows()).ok_or(PlanError::NoParcels)?;
        let areas = |role| with(role).map(|(_, layer)| layer).collect::<Vec<_>>();
        let (rule, rule_basis) = rule.map_or_else(|| rule_of(parcels), |rule| (rule, RuleBasis::Asked));
        let buildings: Vec<(usize, &CityLayer)> = with(Role::Building).collect();
        let extent = parcels.extent();
        let touches = |(_, layer): &(usize, &CityLayer)| layer.extent().meets(&extent);
        let buildings_elsewhere = !buildings.is_empty() && !extent.is_empty() && !buildings.iter().any(touches);
        let mut plan = Self {
            number,
            parcels,
            buildings,
            greens: areas(Role::Green),
            zones: areas(Role::Zone),
            controls: areas(Role::ControlLine).into_iter().map(ControlLayer::of).collect(),
            green_surveyed: false,
            rule,
            rule_basis,
            buildings_elsewhere,
        };
        plan.green_surveyed = green_surveyed.map_or_else(|| plan.is_green_surveyed(), Ok)?;
        Ok(plan)
    }

    /// Number of parcels.
    pub fn len(&self) -> u32 {
        self.parcels.rows()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The dossier of one parcel; `None` where the row is no polygon.
    ///
    /// # Errors
    /// When a layer cannot be read any more.
    pub fn dossier(&self, row: u32) -> io::Result<Option<Dossier>> {
        self.dossier_if(row, None)
    }

    /// The dossier of one parcel as it would be with a scheme.
    ///
    /// # Errors
    /// When a layer cannot be read any more.
    pub fn dossier_if(&self, row: u32, what_if: Option<&WhatIf>) -> io::Result<Option<Dossier>> {
        let (holder, at) = self.parcels.of_row(row)?;
        let around = Around::of(self, &holder.table.geometry.bounds(at))?;
        Ok(self.look(&holder, at, &around, what_if))
    }

    /// The dossiers of all parcels, in the order of their rows; `keep` takes what is wanted of each.
    ///
    /// # Errors
    /// When a layer cannot be read any more, or the user stops it.
    pub fn all<T: Send>(&self, progress: &Progress, keep: impl Fn(Dossier) -> T + Sync) -> Result<Vec<T>, PlanError> {
        progress.stage("parcels", u64::from(self.len()));
        let rows = self.rows_by_place();
        let done = AtomicU64::new(0);
        let each = |rows: &[u32]| -> Result<Vec<(u32, T)>, PlanError> {
            let piece;
            let (parcels, within): (&Layer, Vec<u32>) = match &self.parcels.stream {
                None => (&self.parcels.layer, rows.to_vec()),
                Some(stream) => {
                    piece = self.parcels.of_piece(stream.tiles.rows(rows, Wanted::All)?);
                    (&piece, (0..piece.table.len() as u32).collect())
                }
            };
            let mut bounds = Bounds::EMPTY;
            within.iter().for_each(|row| bounds.join(parcels.table.geometry.bounds(*row)));
            let around = Around::of(self, &bounds)?;
            let looked = within.into_iter().filter_map(|row| self.look(parcels, row, &around, None));
            let found = looked.map(|dossier| (dossier.row, keep(dossier))).collect();
            progress.at(done.fetch_add(rows.len() as u64, Ordering::Relaxed))?;
            Ok(found)
        };
        let found: Result<Vec<Vec<(u32, T)>>, PlanError> = rows.par_chunks(RUN).map(each).collect();
        let mut found: Vec<(u32, T)> = found?.into_iter().flatten().collect();
        found.sort_unstable_by_key(|(row, _)| *row);
        Ok(found.into_iter().map(|(_, kept)| kept).collect())
    }

    /// All rows, so that those that follow each other lie near each other: what lies around a run of them is
    /// little. A file that is read by window is in such an order.
    fn rows_by_place(&self) -> Vec<u32> {
        let mut rows: Vec<u32> = (0..self.len()).collect();
        if self.parcels.stream.is_none() {
            let geometry = &self.parcels.layer.table.geometry;
            let extent = self.parcels.extent();
            rows.par_sort_by_cached_key(|row| {
                let [x, y] = geometry.bounds(*row).centre();
                let step =
                    |at: f64, from: f64, size: f64| ((at - from) / size.max(1e-9) * 65_535.0).clamp(0.0, 65_535.0);
                interleaved(step(x, extent.min[0], extent.width()) as u32)
                    | interleaved(step(y, extent.min[1], extent.height()) as u32) << 1
            });
        }
        rows
    }

    fn look(&self, parcels: &Layer, row: u32, around: &Around<'_>, what_if: Option<&WhatIf>) -> Option<Dossier> {
        if parcels.table.geometry.kind(row) != GeometryKind::Polygon {
            return None;
        }
        let (zone, link) = around.zone(parcels, row);
        dossier(&Site {
            parcels,
            row,
            buildings: &around.buildings,
            what_if,
            buildings_elsewhere: self.buildings_elsewhere,
            greens: &around.greens,
            green_surveyed: self.green_surveyed,
            zone,
            link,
            controls: &around.controls,
            rule: self.rule,
        })
    }

    /// Whether the layer of green shows plots' own green: in parks alone a parcel without any says nothing.
    fn is_green_surveyed(&self) -> io::Result<bool> {
        if self.greens.is_empty() || self.is_empty() {
            return Ok(false);
        }
        let step = (self.len() / SAMPLE).max(1);
        let rows: Vec<u32> = (0..self.len()).step_by(step as usize).collect();
        let mut with_any = 0;
        for row in &rows {
            let (holder, at) = self.parcels.of_row(*row)?;
            let bounds = holder.table.geometry.bounds(at);
            let any = self.greens.iter().map(|green| Ok(!Near::of(green, &bounds)?.rows_in(&bounds).is_empty()));
            with_any += u32::from(any.collect::<io::Result<Vec<bool>>>()?.contains(&true));
        }
        Ok(f64::from(with_any) >= SURVEYED * rows.len() as f64)
    }
}

/// The bits of a number of 16 bits with a zero before each (Z order).
fn interleaved(number: u32) -> u32 {
    let mut bits = number & 0xffff;
    bits = (bits | bits << 8) & 0x00ff_00ff;
    bits = (bits | bits << 4) & 0x0f0f_0f0f;
    bits = (bits | bits << 2) & 0x3333_3333;
    (bits | bits << 1) & 0x5555_5555
}

/// The rule of the place by the id of the first parcel, else by its code.
fn rule_of(parcels: &CityLayer) -> (&'static FarRule, RuleBasis) {
    let known = parcels.known();
    let field = |meaning| {
        let field = &known.mapping.get(meaning)?.field;
        (!known.table.is_empty()).then(|| known.table.value(0, field).to_string())
    };
    let division =
        |code: &String| code.get(..6).filter(|six| six.bytes().all(|b| b.is_ascii_digit())).map(str::to_owned);
    let codes = [Meaning::Id, Meaning::Code].into_iter().filter_map(field);
    let Some(division) = codes.into_iter().find_map(|code| division(&code)) else {
        return (&FarRule::all()[0], RuleBasis::NoDivision);
    };
    let rule = FarRule::of_code(&division);
    let basis =
        if rule.divisions.is_empty() { RuleBasis::NoLocalRule(division) } else { RuleBasis::Division(division) };
    (rule, basis)
}

/// What lies around some parcels.
struct Around<'a> {
    buildings: Vec<(usize, Near<'a>)>,
    greens: Vec<Near<'a>>,
    zones: Vec<Near<'a>>,
    controls: Vec<ControlsNear<'a>>,
}

impl<'a> Around<'a> {
    fn of(plan: &'a Plan<'a>, bounds: &Bounds) -> io::Result<Self> {
        let buildings = plan.buildings.iter().map(|(n, layer)| Ok((*n, Near::of(layer, bounds)?)));
        Ok(Self {
            buildings: buildings.collect::<io::Result<_>>()?,
            greens: plan.greens.iter().map(|layer| Near::of(layer, bounds)).collect::<io::Result<_>>()?,
            zones: plan.zones.iter().map(|layer| Near::of(layer, bounds)).collect::<io::Result<_>>()?,
            controls: plan.controls.iter().map(|layer| layer.near(bounds)).collect::<io::Result<_>>()?,
        })
    }

    /// The zone that more than half of a parcel lies in, of the layers that say limits, and of all.
    fn zone(&'a self, parcels: &Layer, row: u32) -> (ZoneOf<'a>, Option<ZoneLink>) {
        const LIMITS: [Meaning; 8] = [
            Meaning::FarLimit,
            Meaning::DensityLimit,
            Meaning::HeightLimit,
            Meaning::GreenLimit,
            Meaning::Setback,
            Meaning::ParkingLimit,
            Meaning::ParkingPerDwelling,
            Meaning::ParkingPerArea,
        ];
        let (mut zone, mut link) = (ZoneOf::None, None);
        if self.zones.is_empty() {
            return (zone, link);
        }
        let Some(shape) = ground::polygons(&parcels.table.geometry, row) else { return (zone, link) };
        let (area, bounds) = (shape.unsigned_area(), ground::bounds_of(&shape));
        for near in &self.zones {
            let layer = near.layer();
            let says_limits = LIMITS.iter().any(|meaning| layer.mapping.get(*meaning).is_some());
            for row in near.rows_in(&bounds) {
                let Some(outline) = ground::polygons(&layer.table.geometry, row) else { continue };
                let share = ground::on(&outline, &shape).unsigned_area() / area;
                if share > 0.5 {
                    let name = zone_name(layer, row);
                    if says_limits && !matches!(zone, ZoneOf::In { .. }) {
                        zone = ZoneOf::In { near, row, name: name.clone(), share };
                    }
                    link.get_or_insert(ZoneLink { layer: layer.id.clone(), name, share });
                } else if says_limits && share > 0.0 && matches!(zone, ZoneOf::None) {
                    zone = ZoneOf::Several;
                }
            }
        }
        (zone, link)
    }
}

/// What a zone is called: its name, else its use, else its code, else its id.
fn zone_name(layer: &Layer, row: u32) -> String {
    let text = |meaning| {
        let text = layer.table.value(row, &layer.mapping.get(meaning)?.field).to_string();
        (!text.trim().is_empty()).then_some(text)
    };
    [Meaning::Name, Meaning::Use, Meaning::Code].into_iter().find_map(text).unwrap_or_else(|| id_of(layer, row))
}
