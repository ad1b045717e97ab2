//! The tables of parcels and buildings, with their codes.

use super::buildings::{Building, Use};
use super::city::Quarter;
use super::dice::{Dice, fixed};
use super::names::Name;
use super::parcels::Parcel;
use super::quarters::Spec;
use super::rows::{Rows, rounded};
use super::shape;

/// 宗地代码: 6 division + 3 cadastral district + 3 sub-district + GB (state land, surface right) +
/// 5 serial = 19 characters (GB/T 37346-2019).
pub(super) fn parcel_code(spec: &Spec, parcel: &Parcel) -> String {
    format!("{:06}{:03}{:03}GB{:05}", spec.county, spec.street, spec.community, parcel.serial)
}

/// Building key: parcel code + F + 4 digits (幢号) = 24 characters.
pub(super) fn building_code(parcel_code: &str, number: usize) -> String {
    format!("{parcel_code}F{number:04}")
}

/// A planning limit that is broken on purpose, so that checks find something.
#[derive(Clone, Debug, PartialEq)]
pub struct Breach {
    /// The parcel's 19-character code.
    pub parcel: String,
    /// The rule: `far`, `density`, `height`, `green`, `setback`, `parking`, `use`.
    pub rule: &'static str,
    /// The limit: a ratio, percent, metres, percent, metres, spaces, a share.
    pub limit: f64,
    /// What stands there, in the same unit.
    pub measured: f64,
}

/// Adds a quarter's parcels.
pub(super) fn push_parcels(rows: &mut Rows, quarter: &Quarter, breaches: &mut Vec<Breach>) {
    for parcel in &quarter.parcels {
        let code = parcel_code(&quarter.spec, parcel);
        let (class, mixed) = parcel.plot.land_use();
        let l = &parcel.limits;
        if let Some(broken) = parcel.broken {
            breaches.push(Breach {
                parcel: code.clone(),
                rule: broken.rule,
                limit: rounded(broken.limit, 2),
                measured: rounded(broken.measured, 2),
            });
        }
        rows.text("id", &code);
        rows.name(&parcel.name);
        rows.text("land_use", class.code);
        rows.text("land_use_zh", class.zh);
        rows.text("land_use_en", class.en);
        rows.field("mixed_use");
        if let Some(code) = mixed {
            rows.text("mixed_use", code);
        }
        rows.text("scheme", "2023");
        rows.real("area_m2", shape::area(&parcel.ring), 1);
        rows.real("far_limit", l.far, 1);
        rows.real("density_limit", l.density, 0);
        rows.real("height_limit_m", l.height, 0);
        rows.real("green_min", l.green, 0);
        rows.real("setback_m", l.setback, 1);
        rows.real("parking_per_dwelling", l.parking, 1);
        rows.whole("parking_spaces", l.spaces);
        rows.real("far_now", l.far_now, 2);
        rows.real("density_now", l.density_now, 1);
        rows.whole("year", parcel.year);
        rows.whole("buildings", parcel.buildings.len() as i64);
        rows.text("colour", class.colour);
        rows.polygon(&parcel.ring, &[]);
    }
}

/// What is written of one building beside its shape.
pub(super) struct Facts {
    /// What the height field says: missing on some, so that other sources show.
    pub(super) height: Option<f64>,
    pub(super) floors: Option<u32>,
    safety: &'static str,
}

/// What survey data say of a building.
pub(super) fn facts(spec: &Spec, parcel: &Parcel, number: usize, building: &Building, seed: i64) -> Facts {
    let draw = |n: i64| fixed(&[seed, 70 + n, spec.key(), i64::from(parcel.serial), number as i64]);
    let whole = building.parts.is_empty();
    let old = building.year < 1990;
    let grade = draw(2);
    let safety = match building.year {
        0..1950 if grade < 0.012 => "D",
        0..1950 if grade < 0.10 => "C",
        0..1950 if grade < 0.45 => "B",
        1950..1990 if grade < 0.02 => "C",
        1950..1990 if grade < 0.22 => "B",
        1990..2005 if grade < 0.06 => "B",
        _ => "A",
    };
    Facts {
        height: (!whole || draw(0) > if old { 0.10 } else { 0.045 }).then(|| rounded(building.height, 1)),
        floors: (!whole || draw(1) > 0.03).then_some(building.storeys),
        safety,
    }
}

/// The number a building of a housing estate has on its wall.
fn building_name(parcel: &Parcel, number: usize, building: &Building) -> Name {
    if let Some(name) = &building.name {
        return name.clone();
    }
    let alone = parcel.buildings.len() == 1;
    let Name { zh, en } = &parcel.name;
    match building.used {
        Use::Retail => Name { zh: format!("{zh}底商{number}号"), en: format!("{en} Shops {number}") },
        Use::Residential => Name { zh: format!("{zh}{number}号楼"), en: format!("{en} No. {number}") },
        _ if alone => Name { zh: zh.clone(), en: en.clone() },
        _ => Name { zh: format!("{zh}{number}号楼"), en: format!("{en} Building {number}") },
    }
}

/// Adds a quarter's buildings and their parts.
pub(super) fn push_buildings(rows: &mut Rows, quarter: &Quarter, seed: i64) {
    let spec = &quarter.spec;
    for field in ["id", "parent_id"] {
        rows.field(field);
    }
    for parcel in &quarter.parcels {
        let parcel_id = parcel_code(spec, parcel);
        for (i, building) in parcel.buildings.iter().enumerate() {
            let id = building_code(&parcel_id, i + 1);
            let facts = facts(spec, parcel, i, building, seed);
            let name = building_name(parcel, i + 1, building);
            let structure = building.structure();
            let unit = format!("{id}0000");
            rows.text("id", &unit);
            rows.text("parcel_id", &parcel_id);
            rows.name(&name);
            rows.text("use", building.used.words().0);
            rows.text("use_zh", building.used.words().1);
            rows.field("height_m");
            if let Some(height) = facts.height {
                rows.real("height_m", height, 1);
            }
            rows.field("floors");
            if let Some(floors) = facts.floors {
                rows.whole("floors", floors);
            }
            rows.whole("floors_below", building.below);
            rows.whole("year", building.year);
            rows.whole("structure", structure);
            rows.text("safety", facts.safety);
            rows.whole("units", building.units());
            rows.real("floor_area_m2", building.floor_area(), 0);
            rows.field("base_m");
            rows.flag("part", false);
            rows.polygon(&building.ring, &building.holes);
            for (n, part) in building.parts.iter().enumerate() {
                rows.text("id", format!("{id}-P{}", n + 1));
                rows.text("parent_id", &unit);
                rows.text("parcel_id", &parcel_id);
                rows.name(&name);
                rows.text("use", part.used.words().0);
                rows.text("use_zh", part.used.words().1);
                rows.real("height_m", part.top, 1);
                rows.whole("floors", part.storeys);
                rows.whole("year", building.year);
                rows.whole("structure", structure);
                rows.text("safety", facts.safety);
                rows.real("base_m", part.base, 1);
                rows.flag("part", true);
                rows.polygon(&part.ring, &part.holes);
            }
        }
    }
}

/// Whether a parcel's dwellings are in the dwelling table: a sample, as deliveries of survey data are.
fn is_sampled(spec: &Spec, parcel: &Parcel, seed: i64) -> bool {
    fixed(&[seed, 80, spec.key(), i64::from(parcel.serial)]) < 0.0085
}

/// Adds the dwellings of sampled parcels: one row per 户, 28-character codes.
pub(super) fn push_dwellings(rows: &mut Rows, quarter: &Quarter, seed: i64) {
    let spec = &quarter.spec;
    for parcel in quarter.parcels.iter().filter(|p| is_sampled(spec, p, seed)) {
        let parcel_id = parcel_code(spec, parcel);
        for (i, building) in parcel.buildings.iter().enumerate() {
            if building.used != Use::Residential || building.storeys < 4 || building.entrances == 0 {
                continue;
            }
            let id = building_code(&parcel_id, i + 1);
            let mut dice = Dice::new(&[seed, 81, spec.key(), i64::from(parcel.serial), i as i64]);
            let per_floor = building.per_floor();
            let all = f64::from(building.units().max(1));
            let area = building.floor_area() / all;
            let frame =
                shape::Frame { origin: shape::centroid(&building.ring), axis: shape::long_axis(&building.ring) };
            let reach = shape::around(&frame.locals(&building.ring));
            let mut number = 0;
            for entrance in 1..=building.entrances {
                for storey in 1..=building.storeys {
                    for room in 1..=per_floor {
                        number += 1;
                        let share = (f64::from((entrance - 1) * per_floor + room) - 0.5)
                            / f64::from(building.entrances * per_floor);
                        let gross = rounded(area * (0.94 + 0.12 * f64::from(room % 2)), 2);
                        let inner = rounded(gross * if building.storeys > 8 { 0.78 } else { 0.87 }, 2);
                        rows.text("id", format!("{id}{number:04}"));
                        rows.text("building_id", format!("{id}0000"));
                        rows.whole("unit", entrance);
                        rows.whole("floor", storey);
                        rows.text("room", format!("{entrance}-{storey}{room:02}"));
                        let zh = &parcel.name.zh;
                        rows.text("address_zh", format!("{zh}{}号楼{entrance}单元{storey}{room:02}室", i + 1));
                        rows.real("area_m2", gross, 2);
                        rows.real("inner_area_m2", inner, 2);
                        rows.text(
                            "state",
                            dice.weighted(&[
                                ("已售", 0.80),
                                ("抵押", 0.14),
                                ("可售", 0.03),
                                ("预告", 0.02),
                                ("异议", 0.005),
                                ("查封", 0.005),
                            ]),
                        );
                        rows.point(frame.world([reach.x0 + reach.width() * share, 0.0]));
                    }
                }
            }
        }
    }
}
