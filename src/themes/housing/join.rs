//! Units ↔ buildings: by code, else by the parent's id, else by position; the match quality is always said.

use std::collections::{HashMap, HashSet};
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
    /// Buildings that the unit belongs to together, because they share what it names and it lies in none of them;
    /// 1 for an ordinary unit.
    pub shared_by: u32,
}

/// All units of a layer with the buildings of another.
#[derive(Clone, Debug, Default)]
pub struct Join {
    links: Vec<Result<Link, Miss>>,
    units: HashMap<u32, Vec<u32>>,
    /// What could not be answered, and units whose key several buildings share: for people.
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
        let keys = Keys::of(buildings, families)?;
        let columns = Columns::read(units, &[Meaning::Code, Meaning::Id, Meaning::Parent])?;
        let mut open = Vec::new();
        let mut shared: HashMap<u32, &[u32]> = HashMap::new();
        for row in 0..columns.rows {
            let code = [Meaning::Code, Meaning::Id].into_iter().find_map(|m| building_key(&columns.text(m, row)?));
            let parent = columns.text(Meaning::Parent, row);
            let by_code = code.as_ref().map_or(&[][..], |key| named(&keys.by_code, key));
            let by_parent = parent.as_ref().map_or(&[][..], |parent| keys.of_parent(parent));
            let apart = !by_code.iter().any(|building| by_parent.contains(building));
            let contradicted = !by_code.is_empty() && !by_parent.is_empty() && apart;
            let (there, quality) = if by_code.is_empty() { (by_parent, Match::Parent) } else { (by_code, Match::Code) };
            if there.len() != 1 {
                open.push(row);
            }
            if there.len() > 1 {
                shared.insert(row, there);
            }
            join.links.push(match there {
                [building, ..] => {
                    Ok(Link { building: *building, quality, contradicted, shared_by: there.len() as u32 })
                }
                [] if code.is_some() || parent.is_some() => Err(Miss::NoSuchBuilding),
                [] => Err(Miss::NothingToGoBy),
            });
        }
        join.by_position(buildings, units, families, &open, &shared)?;
        join.say_shared(&shared, buildings, &keys);
        for (row, link) in (0..).zip(&join.links) {
            let Ok(link) = link else { continue };
            let all = shared.get(&row).filter(|_| link.shared_by > 1).copied();
            for building in all.unwrap_or(&[link.building]) {
                join.units.entry(*building).or_default().push(row);
            }
        }
        Ok(join)
    }

    /// Finds the footprint around each unit of `open`: of those in `shared` among the buildings that share its key.
    fn by_position(
        &mut self,
        buildings: &CityLayer,
        units: &CityLayer,
        families: &Families,
        open: &[u32],
        shared: &HashMap<u32, &[u32]>,
    ) -> io::Result<()> {
        if open.is_empty() {
            return Ok(());
        }
        if buildings.stream.is_some() {
            let message = format!(
                "{} of {} units were not matched with one building by code or parent; matching by position needs layer {} in memory, and it is read by window",
                open.len(),
                self.links.len(),
                buildings.layer.id
            );
            self.notes.push(message);
            return Ok(());
        }
        let links = &mut self.links;
        each_geometry(units, |row, geometry, at| {
            if open.binary_search(&row).is_err() {
                return;
            }
            let (Some(link), Some(point)) = (links.get_mut(row as usize), point_of(geometry, at)) else { return };
            // Parts stand for their buildings; a part without one stands for none.
            let among = shared.get(&row);
            let wanted = |building: u32| among.is_none_or(|among| among.contains(&building));
            let found = smallest_around(buildings, point, |other| families.building_of(other).is_some_and(wanted));
            let building = found.and_then(|row| families.building_of(row));
            match (building, &mut *link) {
                (Some(building), Ok(link)) => (link.building, link.shared_by) = (building, 1),
                (Some(building), Err(_)) => {
                    *link = Ok(Link { building, quality: Match::Position, contradicted: false, shared_by: 1 });
                }
                (None, Err(miss)) if *miss == Miss::NothingToGoBy => *miss = Miss::OutsideFootprints,
                (None, _) => {}
            }
        })
    }

    /// Says how many units name what several buildings share, and what became of them.
    fn say_shared(&mut self, shared: &HashMap<u32, &[u32]>, buildings: &CityLayer, keys: &Keys) {
        if shared.is_empty() {
            return;
        }
        let together = self.links.iter().flatten().filter(|link| link.shared_by > 1).count();
        let first: HashSet<u32> = shared.values().map(|among| among[0]).collect();
        let mut named: Vec<(u32, String)> = [&keys.by_code, &keys.by_id]
            .into_iter()
            .flatten()
            .filter(|(_, rows)| rows.len() > 1 && first.contains(&rows[0]))
            .map(|(key, rows)| (rows[0], format!("{key} ({} buildings)", rows.len())))
            .collect();
        named.sort_unstable();
        named.dedup_by_key(|(first, _)| *first);
        let more = if named.len() > 3 { ", …" } else { "" };
        let named: Vec<String> = named.into_iter().take(3).map(|(_, text)| text).collect();
        self.notes.push(format!(
            "{} units name what several buildings of layer {} share: {}{more}; {} of them lie in one of these buildings, {together} belong to all of them together",
            shared.len(),
            buildings.layer.id,
            named.join(", "),
            shared.len() - together
        ));
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

/// What buildings are called; several rows where the data calls them the same.
#[derive(Default)]
struct Keys {
    by_code: HashMap<String, Vec<u32>>,
    by_id: HashMap<String, Vec<u32>>,
}

fn named<'k>(keys: &'k HashMap<String, Vec<u32>>, key: &str) -> &'k [u32] {
    keys.get(key).map_or(&[], Vec::as_slice)
}

impl Keys {
    fn of(buildings: &CityLayer, families: &Families) -> io::Result<Self> {
        let columns = Columns::read(buildings, &[Meaning::Code, Meaning::Id])?;
        let mut keys = Self::default();
        let add = |rows: &mut Vec<u32>, building: u32| {
            if !rows.contains(&building) {
                rows.push(building);
            }
        };
        for row in 0..columns.rows {
            // The id of a part names its building.
            let Some(building) = families.building_of(row) else { continue };
            let id = columns.text(Meaning::Id, row);
            let codes = [columns.text(Meaning::Code, row), id.clone()];
            if let Some(key) = codes.into_iter().flatten().find_map(|code| building_key(&code)) {
                add(keys.by_code.entry(key).or_default(), building);
            }
            if let Some(id) = id {
                add(keys.by_id.entry(id).or_default(), building);
            }
        }
        Ok(keys)
    }

    /// The buildings that a parent field names: by id, else by the key of the building.
    fn of_parent(&self, parent: &str) -> &[u32] {
        match named(&self.by_id, parent) {
            [] => building_key(parent).map_or(&[], |key| named(&self.by_code, &key)),
            found => found,
        }
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
        assert_eq!(join.link(0), Ok(Link { building: 0, quality: Match::Code, contradicted: true, shared_by: 1 }));
        assert_eq!(join.contradicted(), 1);
    }

    /// Two houses have one code. The unit in the second belongs to it; the one without a place to both; the third
    /// house has its own. What a building has is not shared out, and what is shared is said.
    #[test]
    fn units_of_a_code_that_two_buildings_share_belong_to_the_one_around_them_else_to_both() {
        let code = |house: &str| format!("370104100209GB01009F{house}0000");
        let square = |x: f64| Shape::Square(x, 0.0, x + 10.0, 10.0);
        let rows = [
            (json!({"BDCDYH": code("1076")}), square(0.0)),
            (json!({"BDCDYH": code("1076")}), square(20.0)),
            (json!({"BDCDYH": code("1077")}), square(40.0)),
        ];
        let buildings = layer("buildings", Role::Building, &rows, &[]);
        assert_eq!(buildings.layer.mapping.get(Meaning::Id).map(|mapped| mapped.field.as_str()), Some("BDCDYH"));
        let unit = |unit: &str, shape| (json!({"code": format!("370104100209GB01009F{unit}")}), shape);
        let units = [
            unit("10760001", Shape::Point(25.0, 5.0)),
            unit("10760002", Shape::None),
            unit("10770001", Shape::None),
            unit("10760003", Shape::Point(45.0, 5.0)),
        ];
        let units = layer("dwellings", Role::Unit, &units, &[(Meaning::Code, "code")]);
        let join = Join::build(&buildings, &units, &Families::find(&buildings).unwrap()).unwrap();
        let of: Vec<&[u32]> = (0..3).map(|building| join.units_of(building)).collect();
        assert_eq!(of, [&[1, 3][..], &[0, 1, 3], &[2]]);
        assert_eq!([0, 1, 2, 3].map(|unit| join.link(unit).unwrap().shared_by), [1, 2, 1, 2]);
        assert_eq!(join.counts().map(|(_, count)| count), [4, 0, 0, 0]);
        // Units 0, 1 and 3 of the four name the shared code; 0 alone lies in one of the two.
        let note = &join.notes[0];
        assert!(note.starts_with("3 units name") && note.contains("F1076 (2 buildings)"), "{note}");
        assert!(note.contains("1 of them lie in one") && note.contains("2 belong to all"), "{note}");
    }
}
