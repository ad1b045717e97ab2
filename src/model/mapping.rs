//! Which field means what, and what role a layer has: guessed from names, always overridable.

mod limit;
mod measure;
mod names;
mod roles;

pub(super) use self::roles::name_words;

use std::collections::{BTreeMap, HashSet};

pub use self::measure::{Measure, read_measure};
use self::names::{AREA_ENDINGS, KNOWN_UNITS, NAMES, OTHERS, UNIT_ENDINGS};
use super::role::Role;
use super::style::read_colour;
use super::table::{FeatureTable, Field, Value, Values};
use crate::report::Report;

/// What a field can mean to Cimbase. The words are the keys of `fields = { … }` in `project.toml`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Meaning {
    /// A stable identifier.
    Id,
    /// A name to show.
    Name,
    /// A name in English.
    NameEn,
    /// A code (parcel code, unit code, grid code, land-use code …).
    Code,
    /// Height of the building above its ground, metres unless the mapping says feet.
    Height,
    /// Height above ground at which the thing begins (OSM `min_height`).
    BaseHeight,
    /// Elevation of the ground, metres above datum.
    GroundElevation,
    /// Elevation of the roof, metres above datum.
    RoofElevation,
    /// Storeys above ground.
    Storeys,
    /// Storey at which the thing begins (OSM `building:min_level`).
    BaseStoreys,
    /// Storeys below ground.
    StoreysBelow,
    /// From floor to floor, metres; the same for all storeys.
    StoreyHeight,
    /// Year built.
    Year,
    /// Use of a building or land-use code of a parcel.
    Use,
    /// Address.
    Address,
    /// Time of an event.
    Time,
    /// State of a case or component.
    State,
    /// Category.
    Category,
    /// A colour given by the data.
    Colour,
    /// Whether the row is a part of another (OSM `building:part`).
    Part,
    /// Identifier of the parent (building of a part or unit).
    Parent,
    /// Floor area ratio limit.
    FarLimit,
    /// Building density limit, percent.
    DensityLimit,
    /// Height limit, metres.
    HeightLimit,
    /// Least green ratio, percent.
    GreenLimit,
    /// Least distance of buildings from the parcel's line, metres.
    Setback,
    /// Uses that are allowed beside the main one.
    MixedUse,
    /// Parking spaces that a parcel must have at least (停车位配建); a text may say a rate, `1.2车位/户`.
    ParkingLimit,
    /// Parking spaces for each dwelling, at least (车位/户).
    ParkingPerDwelling,
    /// Parking spaces for each 100 m² of floor area, at least (车位/百平方米).
    ParkingPerArea,
    /// Parking spaces that a parcel or building has (停车位数).
    ParkingSpaces,

    // ---- housing ----
    /// Structure of a building (FWJG 房屋结构).
    Structure,
    /// Grade of danger of a building, A to D (JGJ 125).
    SafetyGrade,
    /// Whether or when a building was strengthened.
    Retrofit,
    /// Dwellings and other units of a building (套数).
    Units,
    /// Floor area of a building or a unit, square metres.
    FloorArea,
    /// People who live there.
    Residents,
    /// Units that stand empty.
    VacantUnits,
    /// Entrance (单元) of a unit.
    Entrance,
    /// Storey of a unit as registered.
    Floor,
    /// Storey of a unit as it is called (名义层): buildings skip 4, 13, 14.
    NominalFloor,
    /// Storey of a unit as it is counted (实际层).
    PhysicalFloor,
    /// Room number of a unit.
    Room,
}

impl Meaning {
    /// All meanings.
    pub const ALL: [Self; 43] = [
        Self::Id,
        Self::Name,
        Self::NameEn,
        Self::Code,
        Self::Height,
        Self::BaseHeight,
        Self::GroundElevation,
        Self::RoofElevation,
        Self::Storeys,
        Self::BaseStoreys,
        Self::StoreysBelow,
        Self::StoreyHeight,
        Self::Year,
        Self::Use,
        Self::Address,
        Self::Time,
        Self::State,
        Self::Category,
        Self::Colour,
        Self::Part,
        Self::Parent,
        Self::FarLimit,
        Self::DensityLimit,
        Self::HeightLimit,
        Self::GreenLimit,
        Self::Setback,
        Self::MixedUse,
        Self::ParkingLimit,
        Self::ParkingPerDwelling,
        Self::ParkingPerArea,
        Self::ParkingSpaces,
        Self::Structure,
        Self::SafetyGrade,
        Self::Retrofit,
        Self::Units,
        Self::FloorArea,
        Self::Residents,
        Self::VacantUnits,
        Self::Entrance,
        Self::Floor,
        Self::NominalFloor,
        Self::PhysicalFloor,
        Self::Room,
    ];

    /// The word used in `project.toml` and by commands: `base_height`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Name => "name",
            Self::NameEn => "name_en",
            Self::Code => "code",
            Self::Height => "height",
            Self::BaseHeight => "base_height",
            Self::GroundElevation => "ground_elevation",
            Self::RoofElevation => "roof_elevation",
            Self::Storeys => "storeys",
            Self::BaseStoreys => "base_storeys",
            Self::StoreysBelow => "storeys_below",
            Self::StoreyHeight => "storey_height",
            Self::Year => "year",
            Self::Use => "use",
            Self::Address => "address",
            Self::Time => "time",
            Self::State => "state",
            Self::Category => "category",
            Self::Colour => "colour",
            Self::Part => "part",
            Self::Parent => "parent",
            Self::FarLimit => "far_limit",
            Self::DensityLimit => "density_limit",
            Self::HeightLimit => "height_limit",
            Self::GreenLimit => "green_limit",
            Self::Setback => "setback",
            Self::MixedUse => "mixed_use",
            Self::ParkingLimit => "parking_limit",
            Self::ParkingPerDwelling => "parking_per_dwelling",
            Self::ParkingPerArea => "parking_per_100m2",
            Self::ParkingSpaces => "parking_spaces",
            Self::Structure => "structure",
            Self::SafetyGrade => "safety_grade",
            Self::Retrofit => "retrofit",
            Self::Units => "units",
            Self::FloorArea => "floor_area",
            Self::Residents => "residents",
            Self::VacantUnits => "vacant_units",
            Self::Entrance => "entrance",
            Self::Floor => "floor",
            Self::NominalFloor => "nominal_floor",
            Self::PhysicalFloor => "physical_floor",
            Self::Room => "room",
        }
    }

    /// Names that fields of this meaning are known to have, best first.
    pub fn known_names(self) -> &'static [&'static str] {
        NAMES.iter().find(|(meaning, _)| *meaning == self).map_or(&[], |(_, names)| names)
    }

    /// Reads the word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|meaning| meaning.word() == word)
    }
}

/// Field names by meaning, with the reason of the guess.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct FieldMapping {
    fields: BTreeMap<Meaning, Mapped>,
}

/// A field that has a meaning.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Mapped {
    /// The raw key of the field.
    pub field: String,
    /// Multiplies the value to get the unit of the meaning (0.3048 for a height in feet).
    pub factor: f64,
    /// Whether the user said so (else guessed).
    pub declared: bool,
    /// Why, for people.
    pub reason: String,
}

/// What a share of 1 is times, in percent.
const PERCENT: f64 = 100.0;

impl Mapped {
    /// Whether percent are written as shares of 1: 0.4 for 40 %.
    pub fn is_share(&self, meaning: Meaning) -> bool {
        measure::is_percent(meaning) && self.factor == PERCENT
    }

    /// Reads a column of percent whose numbers are all at most 1 as shares of 1, and says so in the reason.
    fn take_shares(&mut self, meaning: Meaning, field: &Field) {
        if let Some(most) = measure::share_of_one(meaning, &field.values) {
            self.factor = PERCENT;
            self.reason = format!("{}; at most {most}: shares of 1, read as percent", self.reason);
        }
    }
}

impl FieldMapping {
    /// The field of a meaning.
    pub fn get(&self, meaning: Meaning) -> Option<&Mapped> {
        self.fields.get(&meaning)
    }

    /// Sets or replaces a meaning's field.
    pub fn set(&mut self, meaning: Meaning, mapped: Mapped) {
        self.fields.insert(meaning, mapped);
    }

    /// Removes a meaning's field.
    pub fn remove(&mut self, meaning: Meaning) -> Option<Mapped> {
        self.fields.remove(&meaning)
    }

    /// The number of a value in the unit of a meaning (metres, storeys, years, percent). `None` when
    /// the meaning has no field, for no value, and for sentinels and impossible values (heights
    /// outside 0–1,000 m, storeys outside 0–200, years outside 1000 to five years from now).
    pub fn number(&self, meaning: Meaning, value: &Value<'_>) -> Option<f64> {
        measure::number(meaning, self.get(meaning)?, value)
    }

    /// As [`FieldMapping::number`], without the check: what the data says, sentinels and all.
    pub fn raw_number(&self, meaning: Meaning, value: &Value<'_>) -> Option<f64> {
        measure::raw_number(meaning, self.get(meaning)?, value)
    }

    /// All meanings with their fields.
    pub fn iter(&self) -> impl Iterator<Item = (Meaning, &Mapped)> {
        self.fields.iter().map(|(meaning, mapped)| (*meaning, mapped))
    }
}

/// The role of a layer with the reason.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct GuessedRole {
    /// The role.
    pub role: Role,
    /// Why, for people.
    pub basis: String,
}

/// Rows looked at to check a guess.
const SAMPLE: usize = 2000;

/// Guesses role and mapping from the layer's name, its fields and a look at the values.
///
/// A field is mapped only when its name is known **and** its values can be what the name says: a
/// wrong guess is worse than none.
pub fn guess(layer_name: &str, table: &FeatureTable) -> (GuessedRole, FieldMapping) {
    let mut mapping = FieldMapping::default();
    for (meaning, names) in NAMES {
        if let Some(mapped) = best_field(*meaning, names, table) {
            mapping.set(*meaning, mapped);
        }
    }
    let role = roles::guess(layer_name, table, &mapping);
    settle(role.role, &mut mapping);
    if matches!(role.role, Role::Parcel | Role::Zone) && mapping.get(Meaning::HeightLimit).is_none() {
        // 建筑高度 written as a limit (不大于24m) is no height, which settling would have taken for one.
        let names = NAMES.iter().find(|(of, _)| *of == Meaning::Height).map_or(&[][..], |(_, names)| names);
        if let Some(mapped) = best_field(Meaning::HeightLimit, names, table) {
            mapping.set(Meaning::HeightLimit, mapped);
        }
    }
    if matches!(role.role, Role::Building | Role::Unit) {
        keep_unit_code(table, &mut mapping);
    }
    (role, mapping)
}

/// The unit code of rows of which many share one (a row for each owner of a flat) is no id of theirs, but still the
/// code that says which building they belong to, more than that of the parcel.
fn keep_unit_code(table: &FeatureTable, mapping: &mut FieldMapping) {
    let Some(mut code) = best_field(Meaning::Code, &["BDCDYH", "不动产单元号"], table) else { return };
    if mapping.get(Meaning::Id).is_none_or(|id| id.field != code.field) {
        code.reason = format!("{}; too many rows share a value for it to be their id", code.reason);
        mapping.set(Meaning::Code, code);
    }
}

/// Meanings that depend on the role.
fn settle(role: Role, mapping: &mut FieldMapping) {
    if matches!(role, Role::Parcel | Role::Zone) && mapping.get(Meaning::HeightLimit).is_none() {
        // 建筑高度 of a 地块 in a regulatory plan is what may be built.
        if let Some(mut mapped) = mapping.remove(Meaning::Height) {
            mapped.reason = format!("{}; on a parcel it limits what may be built", mapped.reason);
            mapping.set(Meaning::HeightLimit, mapped);
        }
    }
    if role != Role::Unit && mapping.get(Meaning::Parent).is_some_and(|m| plain(&m.field) == "zrzh") {
        // The number of the 幢 itself, unless the rows are dwellings.
        mapping.remove(Meaning::Parent);
    }
    if role == Role::Unit
        && mapping.get(Meaning::Id).map(|m| &m.field) == mapping.get(Meaning::Parent).map(|m| &m.field)
    {
        mapping.remove(Meaning::Id);
    }
    if matches!(role, Role::Parcel | Role::Zone)
        && mapping.get(Meaning::Use).is_none()
        && mapping.get(Meaning::Category).is_some_and(|m| plain(&m.field) == "class")
        && let Some(mapped) = mapping.remove(Meaning::Category)
    {
        // PLATEAU's luse:class.
        mapping.set(Meaning::Use, mapped);
    }
    let field_of = |mapping: &FieldMapping, meaning| mapping.get(meaning).map(|m| m.field.clone());
    let one_storey = |field: String| matches!(plain(&field).as_str(), "floor" | "楼层");
    if role == Role::Unit && field_of(mapping, Meaning::Storeys).is_some_and(one_storey) {
        // The storey a dwelling lies on.
        if let Some(mapped) = mapping.remove(Meaning::Storeys) {
            mapping.set(Meaning::BaseStoreys, mapped);
        }
    }
}

/// A name without case, spaces and punctuation.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn best_field(meaning: Meaning, names: &[&str], table: &FeatureTable) -> Option<Mapped> {
    let mut candidates: Vec<(usize, Mapped)> = Vec::new();
    for field in &table.fields {
        let Some((rank, factor, how)) = recognise(meaning, names, &field.name) else { continue };
        let mut mapped = Mapped { field: field.name.clone(), factor, declared: false, reason: how };
        mapped.take_shares(meaning, field);
        if let Some(look) = plausible(meaning, &mapped, field) {
            let reason = if look.is_empty() { mapped.reason.clone() } else { format!("{}; {look}", mapped.reason) };
            candidates.push((rank, Mapped { reason, ..mapped }));
        }
    }
    candidates.into_iter().min_by_key(|(rank, _)| *rank).map(|(_, mapped)| mapped)
}

/// How well a field's name says the meaning: rank (lower is better), metres per unit, and why.
fn recognise(meaning: Meaning, names: &[&str], field: &str) -> Option<(usize, f64, String)> {
    let name = plain(field);
    if let Some(rank) = names.iter().position(|known| plain(known) == name) {
        let unit = KNOWN_UNITS.iter().find(|(known, ..)| measure::has_unit(meaning) && plain(known) == name);
        return Some(match unit {
            Some((_, factor, schema)) => (rank, *factor, format!("named {field} ({schema})")),
            None => (rank, 1.0, format!("named {field}")),
        });
    }
    if measure::has_unit(meaning) {
        for (ending, factor) in if meaning == Meaning::FloorArea { AREA_ENDINGS } else { UNIT_ENDINGS } {
            let Some(rest) = name.strip_suffix(ending) else { continue };
            if let Some(rank) = names.iter().position(|known| plain(known) == rest) {
                return Some((rank, *factor, format!("named {field}, unit {ending}")));
            }
        }
    }
    // Shapefile cuts names to ten bytes.
    if field.len() == 10 && field.is_ascii() {
        let cut = |known: &&str| known.len() > 10 && known.get(..10).is_some_and(|k| plain(k) == name);
        let known = NAMES.iter().flat_map(|(_, known)| known.iter());
        let mut could_be = known.chain(OTHERS).filter(|known| cut(known));
        let ours = names.iter().enumerate().find(|(_, known)| cut(known));
        // Several known names are cut to the same: only the one that the others extend can be meant.
        if let Some((rank, known)) = ours
            && could_be.all(|other| plain(other).starts_with(&plain(known)))
        {
            return Some((rank, 1.0, format!("named {field}, which is {known} cut to ten characters")));
        }
    }
    None
}

/// Whether the values can be what the meaning says; a remark for people, `None` when they cannot.
fn plausible(meaning: Meaning, mapped: &Mapped, field: &Field) -> Option<String> {
    let rows = field.values.len();
    let step = (rows / SAMPLE).max(1);
    let sample = || (0..rows).step_by(step).map(|row| field.values.get(row as u32)).filter(|v| !v.is_null());
    if rows == field.values.nulls() {
        return None;
    }
    let count = sample().count();
    if count == 0 {
        // Values so sparse that the sample missed them: trust the name.
        return Some(String::new());
    }
    if measure::is_number(meaning) {
        let read: Vec<f64> = sample().filter_map(|v| measure::raw_number(meaning, mapped, &v)).collect();
        let known: Vec<f64> = read.iter().copied().filter(|v| !is_sentinel(*v)).collect();
        let good: Vec<f64> = known.iter().copied().filter(|v| measure::possible(meaning, *v)).collect();
        // Some text among the numbers is no matter, mostly text is; so for impossible values.
        if good.is_empty() || read.len() * 2 < count || good.len() * 2 < known.len() {
            return None;
        }
        let (low, high) = good.iter().fold((f64::INFINITY, 0.0_f64), |(l, h), v| (l.min(*v), h.max(*v)));
        let digits = usize::from(measure::is_length(meaning) || low.fract() != 0.0);
        let unit = if measure::is_length(meaning) { " m" } else { "" };
        return Some(format!("values {low:.digits$} to {high:.digits$}{unit}"));
    }
    let texts = || sample().map(|v| v.to_string());
    match meaning {
        Meaning::Id => {
            let ids: Vec<String> = texts().filter(|text| !text.trim().is_empty()).collect();
            let distinct = ids.iter().collect::<HashSet<_>>().len();
            let repeats = ids.len() - distinct;
            // A slip or two do not make it another field: [`crate::city`] names the rows that share a value.
            let few = repeats * 10 <= ids.len() || (repeats <= 2 && distinct > repeats);
            let remark = if repeats == 0 { "every value differs" } else { "nearly every value differs" };
            (distinct > 0 && few).then(|| remark.to_owned())
        }
        Meaning::Time => {
            let times = sample().filter(is_time).count();
            (times * 2 >= count).then(String::new)
        }
        Meaning::Colour => {
            let colours = texts().filter(|t| read_colour(t).is_some()).count();
            (colours * 2 >= count).then(String::new)
        }
        Meaning::Name | Meaning::NameEn | Meaning::Address => {
            let numbers = sample().filter(|v| v.number().is_some()).count();
            (numbers * 2 < count).then(String::new)
        }
        // A bare "part" may be anything; whether a row is one is yes or no.
        Meaning::Part if plain(&field.name) == "part" => matches!(field.values, Values::Boolean(_)).then(String::new),
        // OSM's building=yes says nothing about the use.
        Meaning::Use => {
            let says = texts().filter(|t| !matches!(t.as_str(), "yes" | "true" | "1")).count();
            (says * 5 >= count).then(String::new)
        }
        _ => Some(String::new()),
    }
}

/// Values that stand for "unknown" in many files.
pub(super) fn is_sentinel(value: f64) -> bool {
    value <= -99.0 || matches!(value, v if v == 0.0 || v == -1.0 || v == 9999.0 || v == 99999.0 || v.abs() > 1e30)
}

fn is_time(value: &Value<'_>) -> bool {
    match value {
        Value::Time(_) => true,
        // Epoch milliseconds between 1990 and 2100, or seconds.
        Value::Integer(i) => {
            (631_152_000_000..4_102_444_800_000).contains(i) || (631_152_000..4_102_444_800).contains(i)
        }
        Value::Text(text) => {
            let digits = text.chars().filter(char::is_ascii_digit).count();
            digits >= 6 && text.contains(['-', '/', ':', '年', '.'])
        }
        _ => false,
    }
}

/// Puts the user's choice over a guess. Each value names a field, with an optional unit for lengths
/// in brackets: `"ELEV [ft]"` (`m`, `ft`, `cm`); an empty value unmaps the meaning. A field that does
/// not exist is reported, and the guess stays.
pub fn apply(
    mapping: &mut FieldMapping,
    overrides: &BTreeMap<Meaning, String>,
    table: &FeatureTable,
    layer: &str,
    report: &mut Report,
) {
    for (meaning, wanted) in overrides {
        if wanted.trim().is_empty() {
            mapping.remove(*meaning);
            continue;
        }
        match declared(wanted, table) {
            Ok((field, factor)) => {
                let factor = factor.unwrap_or_else(|| unit_of_name(*meaning, &field));
                let reason = "the project says so".to_owned();
                let mut mapped = Mapped { field, factor, declared: true, reason };
                if let Some(field) = table.field(&mapped.field) {
                    mapped.take_shares(*meaning, field);
                }
                mapping.set(*meaning, mapped);
            }
            Err(problem) => report.warn(layer, format!("fields: {} = \"{wanted}\": {problem}", meaning.word())),
        }
    }
}

/// The unit that a field's name tells, as a guess would find it.
fn unit_of_name(meaning: Meaning, field: &str) -> f64 {
    let names = NAMES.iter().find(|(of, _)| *of == meaning).map_or(&[][..], |(_, names)| names);
    recognise(meaning, names, field).map_or(1.0, |(_, factor, _)| factor)
}

fn declared(wanted: &str, table: &FeatureTable) -> Result<(String, Option<f64>), String> {
    let find = |name: &str| {
        let exact = table.fields.iter().find(|f| f.name == name);
        exact.or_else(|| table.fields.iter().find(|f| f.name.eq_ignore_ascii_case(name))).map(|f| f.name.clone())
    };
    if let Some(field) = find(wanted.trim()) {
        return Ok((field, None));
    }
    let (name, factor) = match wanted.trim().strip_suffix(']').and_then(|w| w.rsplit_once('[')) {
        Some((name, unit)) => match unit.trim().to_lowercase().as_str() {
            "m" => (name.trim(), Some(1.0)),
            "ft" | "feet" => (name.trim(), Some(names::FOOT)),
            "cm" => (name.trim(), Some(0.01)),
            other => return Err(format!("unknown unit [{other}]; use [m], [ft] or [cm]")),
        },
        None => (wanted.trim(), None),
    };
    match find(name) {
        Some(field) => Ok((field, factor)),
        None => {
            let have: Vec<&str> = table.fields.iter().map(|f| f.name.as_str()).take(30).collect();
            Err(format!("the layer has no such field; it has {}", have.join(", ")))
        }
    }
}

#[cfg(test)]
mod tests;
