//! Units ↔ buildings: by code, else by the parent's id, else by position; the match quality is always said.

use std::collections::HashMap;
use std::io;

use super::columns::{Columns, each_geometry};
use super::families::{Families, smallest_around};
use super::unit_code::{CodeError, UnitCode, building_key};
use crate::city::CityLayer;
use crate::model::height::inner_point;
use crate::model::{GeometryColumn, GeometryKind, Meaning};

/// How a unit was matched with a building.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Match {
    /// The first 24 characters of both unit codes are the same.
    Code,
    /// The unit names the building's id.
    Parent,
    /// The unit lies in the footprint.
    Position,
    /// It was not matched.
    None,
}

/// Why a unit was not matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Miss {
    /// It has a code or names a parent, and no building is called so; it lies in no footprint either.
    NoSuchBuilding,
    /// It has neither code nor parent, and lies in no footprint.
    OutsideFootprints,
    /// It has neither code, nor parent, nor a place.
    NothingToGoBy,
}

/// What a unit was matched with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// The building's row.
    pub building: u32,
    /// How.
    pub quality: Match,
    /// Whether the unit's parent field names another building than its code does.
    pub contradicted: bool,
}

/// All units of a layer with the buildings of another.
#[derive(Clone, Debug, Default)]
pub struct Join {
    links: Vec<Result<Link, Miss>>,
    units: HashMap<u32, Vec<u32>>,
    /// What could not be answered, and buildings that share a key: for people.
    pub notes: Vec<String>,
}

impl Join {
    /// Matches every unit. Parts of buildings stand for their buildings. Position is not used where the layer of
    /// buildings is streamed; a note says so.
    ///
    /// # Errors
    /// When a streamed layer cannot be read.
    pub fn build(buildings: &CityLayer, units: &CityLayer, families: &Families) -> io::Result<Self> {
        let mut join = Self::default();
        let keys = Keys::of(buildings, families, &mut join.notes)?;
        let columns = Columns::read(units, &[Meaning::Code, Meaning::Id, Meaning::Parent])?;
        let mut without = Vec::new();
        for row in 0..columns.rows {
            let code = [Meaning::Code, Meaning::Id].into_iter().find_map(|m| building_key(&columns.text(m, row)?));
            let parent = columns.text(Meaning::Parent, row);
            let by_code = code.as_ref().and_then(|key| keys.by_code.get(key).copied());
            let by_parent = parent.as_ref().and_then(|parent| keys.of_parent(parent));
            let contradicted = matches!((by_code, by_parent), (Some(a), Some(b)) if a != b);
            let named = by_code.map(|b| (b, Match::Code)).or_else(|| by_parent.map(|b| (b, Match::Parent)));
            join.links.push(match named {
                Some((building, quality)) => Ok(Link { building, quality, contradicted }),
                None => {
                    without.push(row);
                    Err(if code.is_some() || parent.is_some() { Miss::NoSuchBuilding } else { Miss::NothingToGoBy })
                }
            });
        }
        join.by_position(buildings, units, families, &without)?;
        for (row, link) in join.links.iter().enumerate() {
            if let Ok(link) = link {
                join.units.entry(link.building).or_default().push(row as u32);
            }
        }
        Ok(join)
    }

    fn by_position(
        &mut self,
        buildings: &CityLayer,
        units: &CityLayer,
        families: &Families,
        without: &[u32],
    ) -> io::Result<()> {
        if without.is_empty() {
            return Ok(());
        }
        if buildings.stream.is_some() {
            let message = format!(
                "{} of {} units were not matched by code or parent; matching by position needs layer {} in memory, and it is read by window",
                without.len(),
                self.links.len(),
                buildings.layer.id
            );
            self.notes.push(message);
            return Ok(());
        }
        let links = &mut self.links;
        each_geometry(units, |row, geometry, at| {
            let Some(Err(miss)) = links.get(row as usize) else { return };
            let Some(point) = point_of(geometry, at) else { return };
            // Parts stand for their buildings; a part without one stands for none.
            let found = smallest_around(buildings, point, |other| families.building_of(other).is_some());
            let miss = if *miss == Miss::NothingToGoBy { Miss::OutsideFootprints } else { *miss };
            let building = found.and_then(|row| families.building_of(row));
            let link = building.map(|building| Link { building, quality: Match::Position, contradicted: false });
            links[row as usize] = link.ok_or(miss);
        })
    }

    /// The units of a building, ascending.
    pub fn units_of(&self, building: u32) -> &[u32] {
        self.units.get(&building).map_or(&[], Vec::as_slice)
    }

    /// What a unit was matched with.
    ///
    /// # Errors
    /// [`Miss`], where it was not.
    pub fn link(&self, unit: u32) -> Result<Link, Miss> {
        self.links.get(unit as usize).copied().unwrap_or(Err(Miss::NothingToGoBy))
    }

    /// How many units were matched how, in the order of code, parent, position, none.
    pub fn counts(&self) -> [(Match, u64); 4] {
        [Match::Code, Match::Parent, Match::Position, Match::None].map(|quality| {
            let is = |link: &&Result<Link, Miss>| link.map_or(Match::None, |link| link.quality) == quality;
            (quality, self.links.iter().filter(is).count() as u64)
        })
    }

    /// Units whose code and parent field name different buildings.
    pub fn contradicted(&self) -> u64 {
        self.links.iter().flatten().filter(|link| link.contradicted).count() as u64
    }

    /// Units that were not matched, with the reason.
    pub fn misses(&self) -> impl Iterator<Item = (u32, Miss)> + '_ {
        (0..).zip(&self.links).filter_map(|(row, link)| Some((row, link.err()?)))
    }
}

/// A place of a unit: its point, or one inside its polygon.
fn point_of(geometry: &GeometryColumn, row: u32) -> Option<[f64; 2]> {
    match geometry.kind(row) {
        GeometryKind::None => None,
        GeometryKind::Polygon => inner_point(geometry, row),
        GeometryKind::Point | GeometryKind::Line => geometry.vertices(row).first().copied(),
    }
}

/// What buildings are called.
#[derive(Default)]
struct Keys {
    by_code: HashMap<String, u32>,
    by_id: HashMap<String, u32>,
}

impl Keys {
    fn of(buildings: &CityLayer, families: &Families, notes: &mut Vec<String>) -> io::Result<Self> {
        let columns = Columns::read(buildings, &[Meaning::Code, Meaning::Id])?;
        let mut keys = Self::default();
        let mut twice = 0_u64;
        for row in 0..columns.rows {
            // The id of a part names its building.
            let Some(building) = families.building_of(row) else { continue };
            let id = columns.text(Meaning::Id, row);
            let codes = [columns.text(Meaning::Code, row), id.clone()];
            if let Some(key) = codes.into_iter().flatten().find_map(|code| building_key(&code)) {
                let known = keys.by_code.entry(key).or_insert(building);
                twice += u64::from(*known != building);
            }
            if let Some(id) = id {
                keys.by_id.entry(id).or_insert(building);
            }
        }
        if twice > 0 {
            notes.push(format!(
                "{twice} buildings have the code of another; units with that code go to the first of them"
            ));
        }
        Ok(keys)
    }

    /// The building that a parent field names: by id, else by the key of the building.
    fn of_parent(&self, parent: &str) -> Option<u32> {
        let by_key = || building_key(parent).and_then(|key| self.by_code.get(&key).copied());
        self.by_id.get(parent).copied().or_else(by_key)
    }
}

/// The unit code of a row of a building or a unit layer, with what is wrong with it; `None` where no field of it
/// can be meant as one.
pub(super) fn code_of(code: Option<String>, id: Option<String>) -> Option<(String, Result<UnitCode, CodeError>)> {
    // A code is meant where the text begins like one: 12 digits.
    let meant = |text: &String| {
        let compact: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
        (15..=36).contains(&compact.len())
            && compact.iter().take(12).all(char::is_ascii_digit)
            && compact.iter().any(char::is_ascii_alphabetic)
    };
    let texts: Vec<String> = [code, id].into_iter().flatten().collect();
    let parsed = texts.iter().find(|text| UnitCode::parse(text).is_ok()).or_else(|| texts.iter().find(|t| meant(t)));
    parsed.map(|text| (text.clone(), UnitCode::parse(text)))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Shape, layer};
    use super::*;
    use crate::model::Role;
    use serde_json::json;

    /// Building 1076 of the real parcel, its neighbour 1077 by id alone, and one without any name.
    fn buildings() -> CityLayer {
        let rows = [
            (json!({"id": "370104100209GB01009F10760000", "part": false}), Shape::Square(0.0, 0.0, 10.0, 10.0)),
            (json!({"id": "B-77", "part": false}), Shape::Square(20.0, 0.0, 30.0, 10.0)),
            (json!({"id": "yard", "part": false}), Shape::Square(-50.0, -50.0, 100.0, 100.0)),
            (json!({"id": "B-77-P1", "parent_id": "B-77", "part": true}), Shape::Square(22.0, 2.0, 28.0, 8.0)),
        ];
        layer("buildings", Role::Building, &rows, &[])
    }

    fn joined(units: &[(serde_json::Value, Shape)]) -> Join {
        let buildings = buildings();
        let declared = [(Meaning::Code, "code"), (Meaning::Parent, "building_id")];
        let units = layer("dwellings", Role::Unit, units, &declared);
        Join::build(&buildings, &units, &Families::find(&buildings).unwrap()).unwrap()
    }

    #[test]
    fn code_goes_before_parent_and_parent_before_position() {
        let join = joined(&[
            // Its code says the first, its place the second.
            (json!({"code": "370104 100209 GB01009 F10760002", "building_id": null}), Shape::Point(25.0, 5.0)),
            (json!({"code": "370104100209GB01009F10770001", "building_id": "B-77"}), Shape::Point(5.0, 5.0)),
            (json!({"code": null, "building_id": null}), Shape::Point(5.0, 5.0)),
            // In the yard, the house and its part: the house.
            (json!({"code": null, "building_id": null}), Shape::Point(25.0, 5.0)),
            (json!({"code": null, "building_id": null}), Shape::Square(1.0, 1.0, 4.0, 4.0)),
        ]);
        let links: Vec<_> = (0..5).map(|unit| join.link(unit).map(|link| (link.building, link.quality))).collect();
        assert_eq!(
            links,
            [
                Ok((0, Match::Code)),
                Ok((1, Match::Parent)),
                Ok((0, Match::Position)),
                Ok((1, Match::Position)),
                Ok((0, Match::Position))
            ]
        );
        assert_eq!(join.counts().map(|(_, count)| count), [1, 1, 3, 0]);
        assert_eq!((join.units_of(0), join.units_of(1)), (&[0, 2, 4][..], &[1, 3][..]));
    }

    #[test]
    fn a_unit_without_a_building_says_why() {
        let join = joined(&[
            (json!({"code": "370104100209GB09999F00010001", "building_id": null}), Shape::None),
            (json!({"code": "370104100209GB09999F00010001", "building_id": null}), Shape::Point(500.0, 0.0)),
            (json!({"code": null, "building_id": null}), Shape::Point(500.0, 0.0)),
            (json!({"code": null, "building_id": null}), Shape::None),
        ]);
        let misses: Vec<Miss> = join.misses().map(|(_, miss)| miss).collect();
        use Miss::{NoSuchBuilding, NothingToGoBy, OutsideFootprints};
        assert_eq!(misses, [NoSuchBuilding, NoSuchBuilding, OutsideFootprints, NothingToGoBy]);
    }

    #[test]
    fn a_code_against_its_parent_is_counted() {
        let join = joined(&[(json!({"code": "370104100209GB01009F10760002", "building_id": "B-77"}), Shape::None)]);
        assert_eq!(join.link(0), Ok(Link { building: 0, quality: Match::Code, contradicted: true }));
        assert_eq!(join.contradicted(), 1);
    }
}
