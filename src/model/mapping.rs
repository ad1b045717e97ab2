//! Which field means what, and what role a layer has: guessed from names, always overridable.

use std::collections::BTreeMap;

use super::role::Role;
use super::table::FeatureTable;

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

impl FieldMapping {
    /// The field of a meaning.
    pub fn get(&self, meaning: Meaning) -> Option<&Mapped> {
        self.fields.get(&meaning)
    }

    /// Sets or replaces a meaning's field.
    pub fn set(&mut self, meaning: Meaning, mapped: Mapped) {
        self.fields.insert(meaning, mapped);
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

/// Guesses role and mapping from the layer's name, its fields and a look at the values.
pub fn guess(_layer_name: &str, _table: &FeatureTable) -> (GuessedRole, FieldMapping) {
    (GuessedRole { role: Role::Other, basis: "not built yet".into() }, FieldMapping::default())
}
