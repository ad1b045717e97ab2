//! What a layer is for: from its name, then from its fields, then from its geometry.

use super::super::control_line;
use super::super::geometry::GeometryKind;
use super::super::role::Role;
use super::super::table::FeatureTable;
use super::names::{ROLE_FIELDS, ROLE_WORDS};
use super::{FieldMapping, GuessedRole, Meaning, plain};

/// Whether features of a kind can have a role.
fn fits(role: Role, kind: GeometryKind) -> bool {
    use GeometryKind::{Line, None, Point, Polygon};
    match role {
        Role::Building | Role::Parcel | Role::Zone | Role::Grid => kind == Polygon,
        Role::Green | Role::Water | Role::Boundary | Role::Road | Role::ControlLine => matches!(kind, Polygon | Line),
        Role::Unit => matches!(kind, Polygon | None),
        Role::Component => matches!(kind, Point | Line),
        Role::Incident => matches!(kind, Point | None),
        Role::Terrain | Role::Imagery => false,
        Role::Other => true,
    }
}

/// Guesses the role; `mapping` is the guess without a role.
pub(super) fn guess(layer: &str, table: &FeatureTable, mapping: &FieldMapping) -> GuessedRole {
    let kind = table.geometry.main_kind();
    let by_kind = control_line::of_name(layer).map(|(_, word)| (Role::ControlLine, word));
    let by_name = by_kind.into_iter().chain(named(layer)).find(|(role, _)| fits(*role, kind));
    let by_field = fielded(table, kind);
    match (by_name, by_field) {
        // A city's 地块 with 用地性质 and 容积率 is a parcel layer, whatever else it has.
        (Some((role, word)), _) => GuessedRole { role, basis: format!("the layer's name says \"{word}\"") },
        (None, Some((role, field))) => GuessedRole { role, basis: format!("it has the field {field}") },
        (None, None) => by_meaning(kind, mapping),
    }
}

fn by_meaning(kind: GeometryKind, mapping: &FieldMapping) -> GuessedRole {
    let field = |meaning| mapping.get(meaning).map(|mapped| mapped.field.as_str());
    let tall = [Meaning::Height, Meaning::Storeys, Meaning::RoofElevation].into_iter().find_map(field);
    match kind {
        GeometryKind::Polygon if tall.is_some() => GuessedRole {
            role: Role::Building,
            basis: format!("polygons with heights or storeys ({})", tall.unwrap_or_default()),
        },
        GeometryKind::Point if field(Meaning::Time).is_some() => GuessedRole {
            role: Role::Incident,
            basis: format!("points with a time ({})", field(Meaning::Time).unwrap_or_default()),
        },
        _ => GuessedRole { role: Role::Other, basis: "neither its name nor its fields say what it is for".to_owned() },
    }
}

fn named(layer: &str) -> impl Iterator<Item = (Role, &'static str)> {
    let words = words(layer);
    let lower = layer.to_lowercase();
    ROLE_WORDS.iter().filter_map(move |(role, known)| {
        let says = |word: &&&str| {
            if word.is_ascii() {
                words.iter().any(|w| w == **word || (word.len() >= 6 && w.contains(**word)))
            } else {
                lower.contains(**word)
            }
        };
        known.iter().find(says).map(|word| (*role, *word))
    })
}

/// As [`name_words`]; two neighbours also count as one (`open space`).
fn words(name: &str) -> Vec<String> {
    let mut words = name_words(name);
    let pairs: Vec<String> = words.windows(2).map(|pair| pair.concat()).collect();
    words.extend(pairs);
    words
}

/// Lower-case words of a name: `CDD_ZoningDistricts` → cdd, zoning, districts.
pub(in crate::model) fn name_words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut last = ' ';
    for c in name.chars() {
        let starts = !last.is_alphabetic() || (c.is_uppercase() && last.is_lowercase());
        if c.is_alphabetic() {
            match words.last_mut() {
                Some(word) if !starts => word.extend(c.to_lowercase()),
                _ => words.push(c.to_lowercase().collect()),
            }
        }
        last = c;
    }
    words
}

/// The role whose own fields the table has, with values in at least one row in twenty.
fn fielded(table: &FeatureTable, kind: GeometryKind) -> Option<(Role, &str)> {
    ROLE_FIELDS.iter().filter(|(role, _)| fits(*role, kind)).find_map(|(role, known)| {
        let field = table.fields.iter().find(|field| {
            let name = plain(&field.name);
            let filled = field.values.len() - field.values.nulls();
            filled * 20 >= field.values.len().max(1) && known.iter().any(|k| plain(k) == name)
        })?;
        Some((*role, field.name.as_str()))
    })
}
