//! Which rows of a building layer are parts of which others, so that nothing is counted twice.

use std::collections::HashMap;
use std::io;

use super::columns::Columns;
use crate::city::CityLayer;
use crate::index::shape::holds;
use crate::model::height::{inner_point, says_part};
use crate::model::{GeometryKind, Meaning};
use crate::place::MapPoint;

/// What a row of a building layer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Member {
    /// A building.
    Building,
    /// A part of the building in that row.
    PartOf(u32),
    /// A part whose building is not in the layer.
    Orphan,
}

/// The rows of a layer as buildings and parts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Families {
    /// Empty where there are no parts.
    members: Vec<Member>,
    parts: HashMap<u32, Vec<u32>>,
}

impl Families {
    /// Finds them: a row is a part where its part field says so; its building is the row that the parent field
    /// names, else the smallest building whose footprint holds a point inside the part (not for streamed layers); so
    /// among several rows of that name.
    ///
    /// # Errors
    /// When a streamed layer cannot be read.
    pub fn find(layer: &CityLayer) -> io::Result<Self> {
        let columns = Columns::read(layer, &[Meaning::Part, Meaning::Parent, Meaning::Id])?;
        let is_part = |row: &u32| says_part(&columns.value(Meaning::Part, *row));
        if columns.field(Meaning::Part).is_none() || !(0..columns.rows).any(|row| is_part(&row)) {
            return Ok(Self::default());
        }
        let mut by_id: HashMap<String, Vec<u32>> = HashMap::new();
        for row in (0..columns.rows).filter(|row| !is_part(row)) {
            if let Some(id) = columns.text(Meaning::Id, row) {
                by_id.entry(id).or_default().push(row);
            }
        }
        let mut families = Self { members: vec![Member::Building; columns.rows as usize], parts: HashMap::new() };
        for row in (0..columns.rows).filter(is_part) {
            let named = columns.text(Meaning::Parent, row).and_then(|parent| by_id.get(&parent));
            let parent = match named.map(Vec::as_slice) {
                Some([one]) => Some(*one),
                // Several are called so: the one around it, or none of them.
                Some(several) => around(layer, row, |other| several.contains(&other)),
                None => around(layer, row, |other| !is_part(&other)),
            };
            families.members[row as usize] = parent.map_or(Member::Orphan, Member::PartOf);
            if let Some(parent) = parent {
                families.parts.entry(parent).or_default().push(row);
            }
        }
        Ok(families)
    }

    /// What a row is.
    pub fn member(&self, row: u32) -> Member {
        self.members.get(row as usize).copied().unwrap_or(Member::Building)
    }

    /// The parts of a building, ascending.
    pub fn parts(&self, building: u32) -> &[u32] {
        self.parts.get(&building).map_or(&[], Vec::as_slice)
    }

    /// The building of a row: itself, or that which it is a part of; `None` for a part without one.
    pub fn building_of(&self, row: u32) -> Option<u32> {
        match self.member(row) {
            Member::Building => Some(row),
            Member::PartOf(building) => Some(building),
            Member::Orphan => None,
        }
    }
}

/// The smallest wanted polygon around a point inside a feature.
fn around(layer: &CityLayer, row: u32, wanted: impl Fn(u32) -> bool) -> Option<u32> {
    let geometry = &layer.layer.table.geometry;
    if layer.stream.is_some() || geometry.kind(row) != GeometryKind::Polygon {
        return None;
    }
    let point = inner_point(geometry, row)?;
    smallest_around(layer, point, wanted)
}

/// The smallest wanted polygon that holds a point (edges count); of equal ones the first.
pub(super) fn smallest_around(layer: &CityLayer, point: [f64; 2], wanted: impl Fn(u32) -> bool) -> Option<u32> {
    let geometry = &layer.layer.table.geometry;
    let place = MapPoint::from(point);
    let there =
        layer.index.at(geometry, place, 0.0).into_iter().filter(|row| holds(geometry, *row, point) && wanted(*row));
    there.min_by(|a, b| geometry.area(*a).total_cmp(&geometry.area(*b)))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Shape, layer};
    use super::*;
    use crate::model::Role;
    use serde_json::json;

    #[test]
    fn a_part_belongs_to_the_named_parent_else_to_the_smallest_around_it() {
        let rows = [
            (json!({"id": "block", "part": false}), Shape::Square(0.0, 0.0, 100.0, 100.0)),
            (json!({"id": "house", "part": false}), Shape::Square(10.0, 10.0, 40.0, 40.0)),
            (json!({"id": "p1", "part": true, "parent_id": "block"}), Shape::Square(12.0, 12.0, 20.0, 20.0)),
            (json!({"id": "p2", "part": true}), Shape::Square(12.0, 12.0, 20.0, 20.0)),
            (json!({"id": "p3", "part": true}), Shape::Square(200.0, 0.0, 210.0, 10.0)),
        ];
        let layer = layer("buildings", Role::Building, &rows, &[]);
        let families = Families::find(&layer).unwrap();
        let members: Vec<Member> = (0..5).map(|row| families.member(row)).collect();
        use Member::{Building, Orphan, PartOf};
        assert_eq!(members, [Building, Building, PartOf(0), PartOf(1), Orphan]);
        assert_eq!((families.parts(0), families.parts(1)), (&[2][..], &[3][..]));
        assert_eq!((families.building_of(3), families.building_of(4)), (Some(1), None));
    }

    /// Two blocks are called the same: a part belongs to the one around it, and to neither where it stands apart.
    #[test]
    fn a_part_whose_parent_is_named_twice_belongs_to_the_one_around_it() {
        let rows = [
            (json!({"id": "block", "part": false}), Shape::Square(0.0, 0.0, 10.0, 10.0)),
            (json!({"id": "block", "part": false}), Shape::Square(20.0, 0.0, 30.0, 10.0)),
            (json!({"id": "p1", "part": true, "parent_id": "block"}), Shape::Square(22.0, 2.0, 28.0, 8.0)),
            (json!({"id": "p2", "part": true, "parent_id": "block"}), Shape::Square(90.0, 0.0, 95.0, 5.0)),
        ];
        let layer = layer("buildings", Role::Building, &rows, &[]);
        let families = Families::find(&layer).unwrap();
        use Member::{Building, Orphan, PartOf};
        assert_eq!([0, 1, 2, 3].map(|row| families.member(row)), [Building, Building, PartOf(1), Orphan]);
    }
}
