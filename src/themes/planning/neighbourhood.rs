//! What a parcel has around it and on it beside buildings: the parcels next to it, registered units, cases.

use std::collections::HashMap;
use std::io;

use geo::{Distance, Euclidean};

use super::dossier::land_use_of;
use super::ground;
use super::near::Near;
use super::plan::Plan;
use crate::city::{City, CityLayer};
use crate::model::{GeometryKind, Meaning, Role};
use crate::query::identity::id_of;
use crate::themes::housing::unit_code::{Level, UnitCode};

/// Parcels farther away are no neighbours, metres: across a city street they are.
const NEAR: f64 = 40.0;
/// Parcels nearer than this adjoin, metres: less is a matter of drawing.
const ADJOINS: f64 = 0.5;
/// Rows of a layer that are looked at to learn whether it holds unit codes.
const LOOK: u32 = 20;
/// How data writes that a case has come to its end.
const ENDED: [&str; 10] =
    ["closed", "resolved", "completed", "done", "结案", "办结", "归档", "作废", "已处理", "cancelled"];

/// A parcel nearby.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Neighbour {
    /// Its row in the layer of parcels.
    pub row: u32,
    /// Its id.
    pub id: String,
    /// Its land use as the data says it.
    pub land_use: Option<String>,
    /// Least distance between the two, metres.
    pub distance_m: f64,
    /// Whether it lies side by side.
    pub adjoins: bool,
}

/// Cases on a parcel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Cases {
    /// Not ended, or of unknown state.
    pub open: u32,
    /// All.
    pub all: u32,
}

/// What a parcel has around it.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Neighbourhood {
    /// Parcels nearby, nearest first.
    pub neighbours: Vec<Neighbour>,
    /// Dwellings and other units registered on it; `None` where the project has no unit codes.
    pub registered_units: Option<u32>,
    /// Cases on it; `None` where the project has no layer of cases.
    pub cases: Option<Cases>,
}

/// Registered units by the code of their parcel: made once for a city.
#[derive(Clone, Debug, Default)]
pub struct Units {
    by_parcel: HashMap<String, u32>,
    known: bool,
}

impl Units {
    /// Counts the codes of units in all layers that have some.
    ///
    /// # Errors
    /// When a layer cannot be read any more.
    pub fn of(city: &City) -> io::Result<Self> {
        let mut units = Self::default();
        for layer in &city.layers {
            let Some(field) = unit_field(layer) else { continue };
            units.known = true;
            let column = layer.column(&field)?;
            for row in 0..layer.rows() {
                let code = UnitCode::parse(&column.get(row).to_string());
                if let Ok(code) = code.as_ref().map(UnitCode::parcel)
                    && code.len() == 19
                {
                    *units.by_parcel.entry(code.to_owned()).or_default() += 1;
                }
            }
        }
        Ok(units)
    }

    /// Units on a parcel; `None` where no layer has unit codes.
    fn on(&self, parcel: &str) -> Option<u32> {
        self.known.then(|| self.by_parcel.get(&parcel.to_ascii_uppercase()).copied().unwrap_or(0))
    }
}

/// The field of a layer that holds codes of units: 28 characters in most of the first rows.
fn unit_field(layer: &CityLayer) -> Option<String> {
    if matches!(layer.layer.role, Role::Parcel | Role::Building) {
        return None;
    }
    let known = layer.known();
    let rows = LOOK.min(known.table.len() as u32);
    let fits = |field: &&String| {
        let is_unit = |row: &u32| {
            let code = UnitCode::parse(&known.table.value(*row, field).to_string());
            code.is_ok_and(|code| code.level() == Level::Unit)
        };
        let units = (0..rows).filter(is_unit).count() as u32;
        rows > 0 && 2 * units > rows
    };
    let named = [Meaning::Id, Meaning::Code].map(|meaning| known.mapping.get(meaning).map(|mapped| &mapped.field));
    named.into_iter().flatten().find(fits).cloned()
}

/// What lies around a parcel, by its row.
///
/// # Errors
/// When a layer cannot be read any more.
pub fn neighbourhood(city: &City, plan: &Plan<'_>, units: &Units, row: u32) -> io::Result<Neighbourhood> {
    let (holder, at) = plan.parcels.of_row(row)?;
    let Some(shape) = ground::polygons(&holder.table.geometry, at) else { return Ok(Neighbourhood::default()) };
    let bounds = ground::bounds_of(&shape);
    let around = Near::of(plan.parcels, &bounds.grown(NEAR))?;
    let mut neighbours = Vec::new();
    for other in around.rows_in(&bounds.grown(NEAR)) {
        let layer = around.layer();
        if layer.whole_row(other) == row {
            continue;
        }
        let Some(outline) = ground::polygons(&layer.table.geometry, other) else { continue };
        let distance_m = Euclidean.distance(&shape, &outline);
        if distance_m <= NEAR {
            neighbours.push(Neighbour {
                row: layer.whole_row(other),
                id: id_of(layer, other),
                land_use: land_use_of(layer, other),
                distance_m,
                adjoins: distance_m < ADJOINS,
            });
        }
    }
    neighbours.sort_by(|a, b| a.distance_m.total_cmp(&b.distance_m).then(a.row.cmp(&b.row)));
    let mut cases: Option<Cases> = None;
    for layer in city.layers.iter().filter(|layer| layer.layer.role == Role::Incident) {
        let counts = cases.get_or_insert_default();
        let near = Near::of(layer, &bounds)?;
        let state = near.layer().mapping.get(Meaning::State).map(|mapped| mapped.field.clone());
        for one in near.rows_in(&bounds) {
            let table = &near.layer().table;
            if table.geometry.kind(one) != GeometryKind::Point {
                continue;
            }
            let [x, y] = table.geometry.bounds(one).centre();
            if !geo::Contains::contains(&shape, &geo::Coord { x, y }) {
                continue;
            }
            counts.all += 1;
            let ended = state.as_ref().is_some_and(|field| is_ended(&table.value(one, field).to_string()));
            counts.open += u32::from(!ended);
        }
    }
    Ok(Neighbourhood { neighbours, registered_units: units.on(&id_of(&holder, at)), cases })
}

/// Whether a state of a case says that it has come to its end.
pub fn is_ended(state: &str) -> bool {
    let state = state.trim().to_lowercase();
    ENDED.iter().any(|word| state.contains(word)) && !state.starts_with("未") && !state.starts_with("not ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::mapping::Mapped;
    use crate::model::{FieldMapping, Layer, TableBuilder, Value};
    use crate::query::testing::{city_of, layer_of};

    /// Corners, and texts by meaning.
    type Row<'a> = (&'a [[f64; 2]], &'a [(Meaning, &'a str)]);

    fn layer(id: &str, role: Role, rows: &[Row<'_>]) -> CityLayer {
        let mut builder = TableBuilder::default();
        let mut mapping = FieldMapping::default();
        for (points, texts) in rows {
            for (meaning, text) in *texts {
                let name = format!("{meaning:?}");
                let column = builder.field(&name);
                builder.set(column, &Value::Text((*text).into()));
                mapping.set(*meaning, Mapped { field: name, factor: 1.0, declared: true, reason: String::new() });
            }
            points.iter().for_each(|point| builder.geometry.push_vertex(*point, None));
            let kind = if points.len() == 1 { GeometryKind::Point } else { GeometryKind::Polygon };
            builder.geometry.end_ring();
            builder.geometry.end_part();
            builder.geometry.end_feature(kind);
        }
        CityLayer::in_memory(Layer { role, mapping, ..layer_of(id, builder.finish()) })
    }

    fn rectangle([west, south, east, north]: [f64; 4]) -> Vec<[f64; 2]> {
        vec![[west, south], [east, south], [east, north], [west, north]]
    }

    #[test]
    fn neighbours_units_and_open_cases_of_a_parcel() {
        let parcel = |serial: u32| format!("370104100209GB{serial:05}");
        let (a, b, c, d) = (parcel(1), parcel(2), parcel(3), parcel(4));
        let shapes = [[0.0, 0.0, 50.0, 50.0], [50.0, 0.0, 90.0, 50.0], [0.0, 70.0, 50.0, 90.0], [0.0, 95.0, 9.0, 99.0]];
        let shapes = shapes.map(rectangle);
        let ids = [&a, &b, &c, &d].map(|id| [(Meaning::Id, id.as_str())]);
        let rows: Vec<Row<'_>> = shapes.iter().map(Vec::as_slice).zip(ids.iter().map(|id| id.as_slice())).collect();
        let parcels = layer("parcels", Role::Parcel, &rows);
        let codes = [format!("{a}F00010001"), format!("{a}F00010002"), format!("{b}F00010001")];
        let codes: Vec<_> = codes.iter().map(|code| [(Meaning::Id, code.as_str())]).collect();
        let place: &[[f64; 2]] = &[[1.0, 1.0]];
        let rows: Vec<Row<'_>> = codes.iter().map(|code| (place, code.as_slice())).collect();
        let units = layer("units", Role::Unit, &rows);
        let case = |state| [(Meaning::State, state)];
        let states = [case("结案"), case("处置中"), case("未结案"), case("CLOSED")];
        let (inside, outside): (&[[f64; 2]], &[[f64; 2]]) = (&[[10.0, 10.0]], &[[60.0, 10.0]]);
        let cases = layer(
            "cases",
            Role::Incident,
            &[(inside, &states[0]), (inside, &states[1]), (inside, &states[2]), (outside, &states[3])],
        );
        let city = city_of(vec![parcels, units, cases]);
        let plan = Plan::of(&city, None).unwrap();
        let found = neighbourhood(&city, &plan, &Units::of(&city).unwrap(), 0).unwrap();
        // The second shares the line x = 50; the third lies 20 m north; the fourth 45 m away is none.
        let said: Vec<_> = found.neighbours.iter().map(|n| (n.id.as_str(), n.distance_m, n.adjoins)).collect();
        assert_eq!(said, [(b.as_str(), 0.0, true), (c.as_str(), 20.0, false)]);
        assert_eq!(found.registered_units, Some(2));
        // Three lie on it, one of them has ended.
        assert_eq!(found.cases, Some(Cases { open: 2, all: 3 }));
        // A parcel without units has none; that is not the same as not knowing.
        assert_eq!(neighbourhood(&city, &plan, &Units::of(&city).unwrap(), 2).unwrap().registered_units, Some(0));
        assert_eq!(neighbourhood(&city, &plan, &Units::default(), 2).unwrap().registered_units, None);
    }
}
