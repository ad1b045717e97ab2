//! The stock at once: counts, floor area and units by year, structure, grade and use, as a whole and by group.
//!
//! 1. Rows that are parts of a building in the layer are not buildings of their own; parts without a building are
//!    counted apart.
//! 2. Floor area is the field's, else storeys × footprint (of the parts, where a building has parts that all
//!    know their storeys); it is said how many are computed.
//! 3. Every classification has an `unknown` class: its classes add up to the buildings.

use std::collections::BTreeMap;
use std::io;

use super::columns::{Columns, each_geometry, text_of};
use super::families::smallest_around;
use super::families::{Families, Member};
use super::tables::{Class, YearClass, grade, structure, tables};
use crate::city::CityLayer;
use crate::model::height::UseClass;
use crate::model::height::inner_point;
use crate::model::{GeometryKind, Meaning, Title};
use crate::query::identity;
use crate::report::Progress;

/// A sum over buildings of which some do not say.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Total {
    /// The sum; `None` where no building says, and where it is suppressed.
    pub sum: Option<f64>,
    /// Buildings that say.
    pub known: u64,
    /// Buildings that do not.
    pub unknown: u64,
    /// Whether the sum is hidden because it tells of too few people.
    pub suppressed: bool,
}

impl Total {
    fn add(&mut self, value: Option<f64>) {
        match value {
            Some(value) => {
                self.sum = Some(self.sum.unwrap_or(0.0) + value);
                self.known += 1;
            }
            None => self.unknown += 1,
        }
    }

    pub(super) fn hide(&mut self) {
        (self.sum, self.suppressed) = (None, true);
    }
}

/// What is counted of some buildings.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Tally {
    /// Buildings.
    pub buildings: u64,
    /// Floor area, m².
    pub floor_area_m2: Total,
    /// Units.
    pub units: Total,
    /// People.
    pub residents: Total,
    /// Units that stand empty.
    pub vacant_units: Total,
    /// Buildings of grade C or D.
    pub dangerous: u64,
}

/// A class with what is counted in it.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct ClassTally {
    /// `1981-1990`, `3`, `C`, `住宅`; `unknown`.
    pub code: String,
    /// For people.
    pub title: Title,
    /// Red, green, blue, where the table has one.
    pub colour: Option<[u8; 3]>,
    /// What is counted.
    #[serde(flatten)]
    pub tally: Tally,
}

/// A building of grade C or D.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Dangerous {
    /// Its row.
    pub row: u32,
    /// Its id.
    pub id: String,
    /// C or D.
    pub grade: String,
}

/// A group of buildings.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct GroupTally {
    /// The group's name or id; `unknown` for buildings in none.
    pub group: String,
    /// Area of its polygon, m².
    pub land_area_m2: Option<f64>,
    /// What is counted.
    #[serde(flatten)]
    pub tally: Tally,
    /// Units for each hectare of land, of buildings that say.
    pub units_per_ha: Option<f64>,
    /// People for each hectare of land, of buildings that say.
    pub residents_per_ha: Option<f64>,
}

/// How buildings are grouped.
#[derive(Clone, Copy, Debug)]
pub enum Grouping<'a> {
    /// By the text of a field.
    Field(&'a str),
    /// By the polygon that holds a point inside the footprint; the smallest of several. The second says where rows
    /// without a footprint lie ([`crate::themes::records::Records::anchors`]).
    Areas(&'a CityLayer, Option<&'a [Option<[f64; 2]>]>),
}

/// A share with what it is of.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Share {
    /// The part.
    pub part: f64,
    /// The whole.
    pub of: f64,
}

/// The stock.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Stock {
    /// All buildings.
    #[serde(flatten)]
    pub all: Tally,
    /// Rows that are parts of a building and were not counted as buildings.
    pub parts: u64,
    /// Parts whose building is not in the layer: not counted either.
    pub parts_without_building: u64,
    /// Buildings whose floor area is storeys × footprint.
    pub floor_area_computed: u64,
    /// First and last year built.
    pub years: Option<[i32; 2]>,
    /// Values that are there and cannot be read, by field: `{"structure": {"heavy": 3}}`.
    pub unread: BTreeMap<String, BTreeMap<String, u64>>,
    /// Empty units of all units, over the buildings that say both.
    pub vacancy: Option<Share>,
    /// Mean floor area of a unit over the buildings that say both, m².
    pub floor_area_per_unit_m2: Option<f64>,
    /// By year built, oldest first, then unknown.
    pub by_year: Vec<ClassTally>,
    /// By structure, then unknown.
    pub by_structure: Vec<ClassTally>,
    /// By grade of danger, then unknown.
    pub by_grade: Vec<ClassTally>,
    /// By use as the data writes it, the most frequent first, then unknown.
    pub by_use: Vec<ClassTally>,
    /// Buildings of grade D, then C.
    pub dangerous_buildings: Vec<Dangerous>,
    /// The groups by name, unknown last; empty where none were asked for.
    pub groups: Vec<GroupTally>,
}

/// What one building says.
struct Building {
    floor_area: Option<f64>,
    units: Option<f64>,
    residents: Option<f64>,
    vacant: Option<f64>,
    danger: bool,
}

impl Tally {
    fn add(&mut self, building: &Building) {
        self.buildings += 1;
        self.floor_area_m2.add(building.floor_area);
        self.units.add(building.units);
        self.residents.add(building.residents);
        self.vacant_units.add(building.vacant);
        self.dangerous += u64::from(building.danger);
    }
}

/// Classes in a fixed order with `unknown` at the end.
struct Classes(Vec<ClassTally>);

impl Classes {
    fn of(classes: impl Iterator<Item = (String, Title, Option<[u8; 3]>)>) -> Self {
        let unknown = ("unknown".to_owned(), unknown_title(), None);
        let class = |(code, title, colour)| ClassTally { code, title, colour, tally: Tally::default() };
        Self(classes.chain(std::iter::once(unknown)).map(class).collect())
    }

    fn of_table<'a>(classes: impl Iterator<Item = &'a Class>) -> Self {
        Self::of(classes.map(|class| (class.code.clone(), class.title.clone(), Some(class.colour))))
    }

    fn add(&mut self, place: Option<usize>, building: &Building) {
        let last = self.0.len() - 1;
        self.0[place.unwrap_or(last).min(last)].tally.add(building);
    }
}

fn unknown_title() -> Title {
    Title { zh: "未知".to_owned(), en: "Unknown".to_owned() }
}

const MEANINGS: [Meaning; 12] = [
    Meaning::Id,
    Meaning::Year,
    Meaning::Structure,
    Meaning::SafetyGrade,
    Meaning::Use,
    Meaning::Storeys,
    Meaning::BaseStoreys,
    Meaning::Units,
    Meaning::FloorArea,
    Meaning::Residents,
    Meaning::VacantUnits,
    Meaning::Name,
];

/// Amounts whose impossible values are named; those of years and classes are where they are read.
const AMOUNTS: [Meaning; 5] =
    [Meaning::FloorArea, Meaning::Units, Meaning::Storeys, Meaning::Residents, Meaning::VacantUnits];

/// Where buildings lie: footprint areas, and the group of each by its polygon.
struct Places {
    area: Vec<f64>,
    group: Vec<Option<u32>>,
}

impl Stock {
    /// Counts a layer of buildings, in memory or streamed.
    ///
    /// # Errors
    /// When a streamed layer cannot be read, there is no such field, or the areas are a streamed layer.
    pub fn of(buildings: &CityLayer, families: &Families, grouping: Option<Grouping<'_>>) -> io::Result<Self> {
        Self::watched(buildings, families, grouping, &Progress::default())
    }

    /// The same, which says how far it is and can be stopped.
    ///
    /// # Errors
    /// As above, and when it was stopped.
    pub fn watched(
        buildings: &CityLayer,
        families: &Families,
        grouping: Option<Grouping<'_>>,
        progress: &Progress,
    ) -> io::Result<Self> {
        let columns = Columns::read(buildings, &MEANINGS)?;
        let areas = match grouping {
            Some(Grouping::Areas(areas, _)) if areas.stream.is_some() => {
                let message =
                    "is read by window and cannot group buildings: it must be small enough to be held in memory";
                return Err(io::Error::other(format!("layer {} {message}", areas.layer.id)));
            }
            Some(Grouping::Areas(areas, _)) => Some(areas),
            _ => None,
        };
        let field = match grouping {
            Some(Grouping::Field(name)) => Some(buildings.column(name)?),
            _ => None,
        };
        let mut places = places(buildings, families, areas)?;
        if let Some(Grouping::Areas(areas, Some(anchors))) = grouping {
            for (group, anchor) in places.group.iter_mut().zip(anchors) {
                *group = group.or_else(|| smallest_around(areas, (*anchor)?, |_| true));
            }
        }
        let tables = tables();
        let years = YearClass::all(&tables.year_breaks);
        let mut by_year = Classes::of(years.iter().map(|class| (class.code(), class.title(), None)));
        let mut by_structure = Classes::of_table(tables.structures.iter());
        let mut by_grade = Classes::of_table(tables.grades.iter().map(|grade| &grade.class));
        let mut by_use: BTreeMap<Option<String>, Tally> = BTreeMap::new();
        let mut groups: BTreeMap<(bool, String, Option<u32>), Tally> = BTreeMap::new();
        let mut stock = Self::default();
        let (mut vacancy, mut per_unit) = (Share { part: 0.0, of: 0.0 }, Share { part: 0.0, of: 0.0 });
        progress.stage("buildings", u64::from(columns.rows));
        for row in 0..columns.rows {
            progress.at(u64::from(row)).map_err(io::Error::other)?;
            match families.member(row) {
                Member::Building => {}
                Member::PartOf(_) => {
                    stock.parts += 1;
                    continue;
                }
                Member::Orphan => {
                    stock.parts_without_building += 1;
                    continue;
                }
            }
            let year = stock.year(&columns, row);
            let structure = stock.read(&columns, row, Meaning::Structure, |text| {
                let class = structure(text)?;
                tables.structures.iter().position(|known| known == class)
            });
            let grade_at = stock.read(&columns, row, Meaning::SafetyGrade, |text| {
                let grade = grade(text)?;
                tables.grades.iter().position(|known| known == grade)
            });
            let grade = grade_at.and_then(|at| tables.grades.get(at));
            for meaning in AMOUNTS {
                // 0 stands for "unknown" as often as for nothing.
                if columns.number(meaning, row).is_none() && columns.raw_number(meaning, row) != Some(0.0) {
                    stock.note_unread(&columns, row, meaning);
                }
            }
            let recorded = columns.number(Meaning::FloorArea, row);
            let computed = if recorded.is_some() { None } else { floor_area(&columns, families, &places, row) };
            stock.floor_area_computed += u64::from(computed.is_some());
            let building = Building {
                floor_area: recorded.or(computed),
                units: columns.number(Meaning::Units, row),
                residents: columns.number(Meaning::Residents, row),
                vacant: columns.number(Meaning::VacantUnits, row),
                danger: grade.is_some_and(|grade| grade.danger),
            };
            if let (Some(vacant), Some(units)) = (building.vacant, building.units) {
                (vacancy.part, vacancy.of) = (vacancy.part + vacant, vacancy.of + units);
            }
            if let (Some(area), Some(units)) = (building.floor_area, building.units.filter(|units| *units > 0.0)) {
                (per_unit.part, per_unit.of) = (per_unit.part + area, per_unit.of + units);
            }
            stock.all.add(&building);
            by_year.add(year.and_then(|year| years.iter().position(|class| class.holds(year))), &building);
            by_structure.add(structure, &building);
            by_grade.add(grade_at, &building);
            by_use.entry(columns.text(Meaning::Use, row)).or_default().add(&building);
            if let Some(grade) = grade.filter(|grade| grade.danger) {
                let id = columns.text(Meaning::Id, row).unwrap_or_else(|| row.to_string());
                stock.dangerous_buildings.push(Dangerous { row, id, grade: grade.class.code.clone() });
            }
            let group = match (&field, areas) {
                (Some(field), _) => Some((text_of(&field.get(row)), None)),
                (None, Some(areas)) => {
                    let area = places.group.get(row as usize).copied().flatten();
                    Some((area.map(|area| identity::title_of(&areas.layer, area, true)), area))
                }
                (None, None) => None,
            };
            if let Some((name, area)) = group {
                let key = (name.is_none(), name.unwrap_or_else(|| "unknown".to_owned()), area);
                groups.entry(key).or_default().add(&building);
            }
        }
        stock.vacancy = (vacancy.of > 0.0).then_some(vacancy);
        stock.floor_area_per_unit_m2 = (per_unit.of > 0.0).then(|| per_unit.part / per_unit.of);
        (stock.by_year, stock.by_structure, stock.by_grade) = (by_year.0, by_structure.0, by_grade.0);
        stock.by_use = uses(by_use);
        stock.dangerous_buildings.sort_by(|a, b| b.grade.cmp(&a.grade).then(a.row.cmp(&b.row)));
        let land = |area: Option<u32>| Some(areas?.layer.table.geometry.area(area?)).filter(|area| *area > 0.0);
        stock.groups = groups.into_iter().map(|((_, group, area), tally)| grouped(group, land(area), tally)).collect();
        Ok(stock)
    }

    /// The year of a row; what is there and cannot be is noted.
    fn year(&mut self, columns: &Columns, row: u32) -> Option<i32> {
        let Some(year) = columns.number(Meaning::Year, row) else {
            self.note_unread(columns, row, Meaning::Year);
            return None;
        };
        // From 1000 to a few years from now, whole: the mapping let it pass.
        let year = year as i32;
        let [first, last] = self.years.unwrap_or([year, year]);
        self.years = Some([first.min(year), last.max(year)]);
        Some(year)
    }

    fn read<T>(
        &mut self,
        columns: &Columns,
        row: u32,
        meaning: Meaning,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let found = columns.text(meaning, row).as_deref().and_then(read);
        if found.is_none() {
            self.note_unread(columns, row, meaning);
        }
        found
    }

    fn note_unread(&mut self, columns: &Columns, row: u32, meaning: Meaning) {
        /// More different values of a field are counted together.
        const MOST: usize = 50;
        if let (Some(field), Some(text)) = (columns.field(meaning), columns.text(meaning, row)) {
            let values = self.unread.entry(field.to_owned()).or_default();
            // "3 or 4" tells of few people as 3 does.
            let open = meaning != Meaning::Residents;
            let text =
                if open && (values.len() < MOST || values.contains_key(&text)) { text } else { "…".to_owned() };
            *values.entry(text).or_default() += 1;
        }
    }
}

fn places(buildings: &CityLayer, families: &Families, areas: Option<&CityLayer>) -> io::Result<Places> {
    let rows = buildings.rows() as usize;
    let mut places = Places { area: vec![0.0; rows], group: Vec::new() };
    if areas.is_some() {
        places.group = vec![None; rows];
    }
    each_geometry(buildings, |row, geometry, at| {
        if let Some(area) = places.area.get_mut(row as usize) {
            *area = geometry.area(at);
        }
        let Some(areas) = areas.filter(|_| families.member(row) == Member::Building) else { return };
        let point = match geometry.kind(at) {
            GeometryKind::Polygon => inner_point(geometry, at),
            _ => geometry.vertices(at).first().copied(),
        };
        places.group[row as usize] = point.and_then(|point| smallest_around(areas, point, |_| true));
    })?;
    Ok(places)
}

/// Storeys × footprint: of the parts where all of them know their storeys, else of the building.
fn floor_area(columns: &Columns, families: &Families, places: &Places, row: u32) -> Option<f64> {
    let own = |row: u32| {
        let storeys = columns.number(Meaning::Storeys, row)?;
        let below = columns.number(Meaning::BaseStoreys, row).filter(|base| *base < storeys).unwrap_or(0.0);
        let area = places.area.get(row as usize).copied().filter(|area| *area > 0.0)?;
        Some((storeys - below) * area)
    };
    let parts = families.parts(row);
    let of_parts = parts.iter().map(|part| own(*part)).sum::<Option<f64>>().filter(|_| !parts.is_empty());
    of_parts.or_else(|| own(row))
}

fn uses(by_use: BTreeMap<Option<String>, Tally>) -> Vec<ClassTally> {
    let mut unknown = Tally::default();
    let mut uses = Vec::new();
    for (text, tally) in by_use {
        match text {
            Some(text) => {
                // Our own words have names in both languages; what others write stays as it is.
                let title = UseClass::of_word(&text).map_or_else(|| Title::same(text.clone()), UseClass::name);
                uses.push(ClassTally { title, code: text, colour: None, tally });
            }
            None => unknown = tally,
        }
    }
    uses.sort_by(|a, b| b.tally.buildings.cmp(&a.tally.buildings).then(a.code.cmp(&b.code)));
    uses.push(ClassTally { code: "unknown".into(), title: unknown_title(), colour: None, tally: unknown });
    uses
}

fn grouped(group: String, land_area_m2: Option<f64>, tally: Tally) -> GroupTally {
    let per_ha = |total: &Total| Some(total.sum? / (land_area_m2? / 10_000.0));
    let (units_per_ha, residents_per_ha) = (per_ha(&tally.units), per_ha(&tally.residents));
    GroupTally { group, land_area_m2, tally, units_per_ha, residents_per_ha }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::testing::{Shape, layer};
    use super::*;
    use crate::model::Role;
    use serde_json::{Value as Json, json};

    fn row(values: Json, x: f64) -> (Json, Shape) {
        (values, Shape::Square(x, 0.0, x + 10.0, 10.0))
    }

    /// Six rows: five buildings of 100 m², the fourth with a part.
    fn buildings() -> CityLayer {
        let rows = [
            row(
                json!({"id": "a", "year": 1980, "structure": "3", "safety": "A", "use": "住宅", "floors": 2.5, "units": 10, "residents": 22, "vacant_units": 1, "street": "滨江道", "part": false}),
                0.0,
            ),
            row(
                json!({"id": "b", "year": 1981, "structure": "4", "safety": "D", "use": "住宅", "floors": 3, "units": 6, "residents": 3, "vacant_units": 2, "street": "滨江道", "part": false}),
                20.0,
            ),
            row(
                json!({"id": "c", "year": 0, "structure": "heavy", "safety": "C级", "use": null, "floors": null, "units": null, "street": null, "part": false}),
                40.0,
            ),
            row(
                json!({"id": "d", "year": 2020, "structure": "1", "safety": null, "use": "办公", "floors": 9, "units": 0, "street": "南京路", "part": false}),
                60.0,
            ),
            row(json!({"id": "d-1", "parent_id": "d", "year": 2020, "floors": 4, "part": true}), 60.0),
            row(
                json!({"id": "e", "year": 2016, "structure": "3", "safety": "A", "use": "住宅", "floors": 1, "units": 1, "residents": 40, "floor_area_m2": 77.5, "street": "南京路", "part": false}),
                80.0,
            ),
            row(json!({"id": "f-1", "year": 2016, "floors": 4, "part": true}), 900.0),
        ];
        layer("buildings", Role::Building, &rows, &[])
    }

    pub(crate) fn stock(grouping: Option<Grouping<'_>>) -> Stock {
        let buildings = buildings();
        Stock::of(&buildings, &Families::find(&buildings).unwrap(), grouping).unwrap()
    }

    fn counts(classes: &[ClassTally]) -> Vec<(&str, u64)> {
        classes.iter().filter(|c| c.tally.buildings > 0).map(|c| (c.code.as_str(), c.tally.buildings)).collect()
    }

    #[test]
    fn parts_are_not_buildings_of_their_own() {
        let stock = stock(None);
        assert_eq!((stock.all.buildings, stock.parts, stock.parts_without_building), (5, 1, 1));
    }

    /// Footprints are 100 m²: a 2.5 · 100, b 3 · 100, c unknown, d its part 4 · 100, e 77.5 from the field: 1027.5.
    #[test]
    fn floor_area_is_the_fields_else_storeys_times_footprint_and_fractions_count() {
        let stock = stock(None);
        let area = &stock.all.floor_area_m2;
        assert_eq!((area.sum, area.known, area.unknown), (Some(1027.5), 4, 1));
        assert_eq!(stock.floor_area_computed, 3);
        // Units: 10 + 6 + 0 + 1, c unknown. Per unit over a, b, e: (250 + 300 + 77.5) / 17.
        assert_eq!((stock.all.units.sum, stock.all.units.unknown), (Some(17.0), 1));
        assert_eq!(stock.floor_area_per_unit_m2, Some(627.5 / 17.0));
        // Empty: 1 + 2 of 10 + 6.
        assert_eq!(stock.vacancy, Some(Share { part: 3.0, of: 16.0 }));
    }

    #[test]
    fn every_classification_adds_up_with_an_unknown_class() {
        let stock = stock(None);
        assert_eq!(counts(&stock.by_year), [("-1980", 1), ("1981-1990", 1), ("2016-", 2), ("unknown", 1)]);
        assert_eq!(counts(&stock.by_structure), [("1", 1), ("3", 2), ("4", 1), ("unknown", 1)]);
        assert_eq!(counts(&stock.by_grade), [("A", 2), ("C", 1), ("D", 1), ("unknown", 1)]);
        assert_eq!(counts(&stock.by_use), [("住宅", 3), ("办公", 1), ("unknown", 1)]);
        for classes in [&stock.by_year, &stock.by_structure, &stock.by_grade, &stock.by_use] {
            assert_eq!(classes.iter().map(|c| c.tally.buildings).sum::<u64>(), stock.all.buildings);
            assert_eq!(classes.last().unwrap().code, "unknown");
        }
        assert_eq!(stock.unread["structure"]["heavy"], 1);
        assert_eq!(stock.unread["year"]["0"], 1);
        assert_eq!(stock.years, Some([1980, 2020]));
    }

    #[test]
    fn dangerous_houses_are_c_and_d_with_d_first() {
        let dangerous: Vec<_> = stock(None).dangerous_buildings.into_iter().map(|d| (d.id, d.grade)).collect();
        assert_eq!(dangerous, [("b".to_owned(), "D".to_owned()), ("c".to_owned(), "C".to_owned())]);
    }

    #[test]
    fn groups_by_a_field_add_up_and_a_field_that_is_not_there_is_an_error() {
        let stock = stock(Some(Grouping::Field("street")));
        let groups: Vec<_> = stock.groups.iter().map(|g| (g.group.as_str(), g.tally.buildings)).collect();
        assert_eq!(groups, [("南京路", 2), ("滨江道", 2), ("unknown", 1)]);
        let buildings = buildings();
        assert!(Stock::of(&buildings, &Families::default(), Some(Grouping::Field("strasse"))).is_err());
    }

    /// One area of 50 × 200 m = 1 ha holds a, b and c: 16 units and 25 people on it.
    #[test]
    fn groups_by_polygons_have_densities_of_their_land() {
        let district = [(json!({"name": "东区"}), Shape::Square(-5.0, -100.0, 45.0, 100.0))];
        let areas = layer("districts", Role::Boundary, &district, &[]);
        // c reaches over the edge; the middle of its footprint (45 m) lies on it, and edges count.
        let stock = stock(Some(Grouping::Areas(&areas, None)));
        let groups: Vec<_> =
            stock.groups.iter().map(|g| (g.group.as_str(), g.tally.buildings, g.units_per_ha)).collect();
        assert_eq!(groups, [("东区", 3, Some(16.0)), ("unknown", 2, None)]);
        assert_eq!(stock.groups[0].residents_per_ha, Some(25.0));
    }

    /// A year that nobody lives to see, an area below nothing, storeys that are none and units that are no number are
    /// unknown, and named. The area of a is then 3 storeys of 100 m².
    #[test]
    fn years_to_come_and_negative_amounts_are_unknown_and_named() {
        let rows = [
            row(json!({"id": "a", "year": 2099, "floor_area_m2": -50.0, "floors": 3, "units": 4}), 0.0),
            row(json!({"id": "b", "year": 2001, "floor_area_m2": 200.0, "floors": 999, "units": -1}), 20.0),
            row(json!({"id": "c", "year": 2002, "floor_area_m2": 100.0, "floors": 0, "units": 0}), 40.0),
        ];
        let buildings = layer("buildings", Role::Building, &rows, &[]);
        let stock = Stock::of(&buildings, &Families::default(), None).unwrap();
        assert_eq!((stock.all.floor_area_m2.sum, stock.floor_area_computed), (Some(600.0), 1));
        assert_eq!((stock.years, stock.all.units.unknown), (Some([2001, 2002]), 1));
        let named = |field: &str| stock.unread.get(field).map(|values| format!("{values:?}"));
        assert_eq!(named("year").as_deref(), Some(r#"{"2099": 1}"#));
        assert_eq!(named("floor_area_m2").as_deref(), Some(r#"{"-50": 1}"#));
        assert_eq!(named("floors").as_deref(), Some(r#"{"999": 1}"#));
        assert_eq!(named("units").as_deref(), Some(r#"{"-1": 1}"#));
    }
}
