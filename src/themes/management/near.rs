//! What is near a case: other cases, and what stands as a point on other layers (parts, cameras, staff).

use std::io;

use super::case::Case;
use crate::city::{City, CityLayer};
use crate::formats::flatgeobuf::Wanted;
use crate::index::shape;
use crate::model::{GeometryKind, Layer, Role};
use crate::place::Bounds;
use crate::query::identity::{id_of, title_of};

/// How far is near, metres.
pub const REACH: f64 = 100.0;
/// So many of each kind are named, the nearest; all are counted.
pub const NAMED: usize = 5;

/// Another case nearby.
#[derive(Clone, Debug, PartialEq)]
pub struct NearCase {
    /// Its place among the cases that were asked.
    pub place: usize,
    /// Its number.
    pub number: String,
    /// How far it is, metres.
    pub metres: f64,
}

/// A thing nearby.
#[derive(Clone, Debug, PartialEq)]
pub struct NearThing {
    /// Its row in its layer.
    pub row: u32,
    /// Its id.
    pub id: String,
    /// What it is called: Chinese, English.
    pub title: [String; 2],
    /// How far it is, metres.
    pub metres: f64,
}

/// Things of one layer nearby.
#[derive(Clone, Debug, PartialEq)]
pub struct NearLayer {
    /// The layer's id.
    pub layer: String,
    /// How many there are.
    pub count: usize,
    /// The nearest of them, at most [`NAMED`].
    pub named: Vec<NearThing>,
}

/// What is near a case.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Near {
    /// How many other cases there are.
    pub case_count: usize,
    /// The nearest of them, at most [`NAMED`]; of those at one place the newest first.
    pub cases: Vec<NearCase>,
    /// Layers of points with something nearby, the layer with the nearest thing first.
    pub layers: Vec<NearLayer>,
}

/// What is near a place of the project CRS, within so many metres; `but` is the case that is asked about.
///
/// # Errors
/// A layer in a file that cannot be read any more.
pub fn near<'a>(
    city: Option<&City>,
    cases: impl IntoIterator<Item = &'a Case>,
    but: Option<&str>,
    xy: [f64; 2],
    metres: f64,
) -> io::Result<Near> {
    let mut others: Vec<(f64, usize, &Case)> = cases
        .into_iter()
        .enumerate()
        .filter(|(_, case)| Some(case.number.as_str()) != but)
        .filter_map(|(place, case)| {
            let at = case.facts.located.as_ref()?.xy;
            let away = (at[0] - xy[0]).hypot(at[1] - xy[1]);
            (away <= metres).then_some((away, place, case))
        })
        .collect();
    let key = |(away, _, case): &(f64, usize, &Case)| ((away * 100.0) as i64, case.facts.reported.saturating_neg());
    others.sort_by_key(key);
    let mut layers = Vec::new();
    for layer in city.map_or(&[][..], |city| &city.layers) {
        // Cases are there already; the layer that they came from would say them twice.
        if layer.layer.role != Role::Incident {
            layers.extend(things(layer, xy, metres)?);
        }
    }
    let nearest = |layer: &NearLayer| layer.named.first().map_or(f64::INFINITY, |thing| thing.metres);
    layers.sort_by(|a, b| nearest(a).total_cmp(&nearest(b)));
    Ok(Near {
        case_count: others.len(),
        cases: others
            .into_iter()
            .take(NAMED)
            .map(|(metres, place, case)| NearCase { place, number: case.number.clone(), metres })
            .collect(),
        layers,
    })
}

/// Points of a layer; `None` where it has none within reach.
fn things(layer: &CityLayer, xy: [f64; 2], metres: f64) -> io::Result<Option<NearLayer>> {
    let bounds = Bounds::around([&xy]).grown(metres);
    match &layer.stream {
        None => {
            if layer.layer.table.geometry.main_kind() != GeometryKind::Point {
                return Ok(None);
            }
            Ok(of_rows(&layer.layer, layer.index.boxes_in(&bounds), xy, metres))
        }
        Some(stream) => {
            let piece = layer.of_piece(stream.tiles.piece(|of| of.meets(&bounds), Wanted::All)?);
            if piece.table.geometry.main_kind() != GeometryKind::Point {
                return Ok(None);
            }
            let rows = (0..piece.table.len() as u32).collect();
            Ok(of_rows(&piece, rows, xy, metres))
        }
    }
}

fn of_rows(layer: &Layer, rows: Vec<u32>, xy: [f64; 2], metres: f64) -> Option<NearLayer> {
    let away = |row: u32| shape::distance(&layer.table.geometry, row, xy);
    let mut found: Vec<(f64, u32)> =
        rows.into_iter().map(|row| (away(row), row)).filter(|(away, _)| *away <= metres).collect();
    found.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let named = found.iter().take(NAMED).map(|(metres, row)| NearThing {
        row: layer.whole_row(*row),
        id: id_of(layer, *row),
        title: [true, false].map(|chinese| title_of(layer, *row, chinese)),
        metres: *metres,
    });
    (!found.is_empty()).then(|| NearLayer { layer: layer.id.clone(), count: found.len(), named: named.collect() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{FieldMapping, Meaning, TableBuilder, Value, mapping::Mapped};
    use crate::query::testing::{city_of, layer_of};
    use crate::themes::management::case::{Action, Actor, Facts, Step};
    use crate::themes::management::facts::Located;
    use crate::themes::management::machine::{Role as Who, Verb};

    fn case(number: &str, xy: [f64; 2], reported: i64) -> Case {
        let located = Some(Located { xy, ..Located::default() });
        let facts = Box::new(Facts { located, reported, ..Facts::default() });
        let action = Action::Begin { verb: Verb::Register, facts, state: None };
        let step = Step { at: reported, actor: Actor::of("x", Who::Operator), action, note: String::new() };
        Case::begin(number, step).expect("an operator registers")
    }

    fn points(id: &str, role: Role, at: &[(&str, [f64; 2])]) -> CityLayer {
        let mut builder = TableBuilder::default();
        for (name, [x, y]) in at {
            let column = builder.field("name");
            builder.set(column, &Value::Text((*name).into()));
            builder.geometry.push_vertex([*x, *y], None);
            builder.geometry.end_ring();
            builder.geometry.end_part();
            builder.geometry.end_feature(GeometryKind::Point);
        }
        let mut layer = layer_of(id, builder.finish());
        let mut mapping = FieldMapping::default();
        let reason = String::new();
        mapping.set(Meaning::Name, Mapped { field: "name".into(), factor: 1.0, declared: true, reason });
        (layer.mapping, layer.role) = (mapping, role);
        CityLayer::in_memory(layer)
    }

    #[test]
    fn cases_parts_and_cameras_within_reach_nearest_first() {
        let city = city_of(vec![
            points("lamps", Role::Component, &[("far", [0.0, 100.1]), ("on the edge", [0.0, 100.0])]),
            // 3, 4, 5 and 6, 8, 10.
            points("cameras", Role::Other, &[("second", [6.0, 8.0]), ("first", [3.0, 4.0])]),
            // The layer that cases were imported from is not said again.
            points("incidents", Role::Incident, &[("itself", [0.0, 0.0])]),
        ]);
        let cases = [
            case("me", [0.0, 0.0], 5),
            case("old", [1.0, 0.0], 1),
            case("new", [1.0, 0.0], 9),
            case("away", [200.0, 0.0], 9),
        ];
        let near = near(Some(&city), &cases, Some("me"), [0.0, 0.0], REACH).expect("layers in memory");
        assert_eq!(near.case_count, 2);
        let numbers: Vec<&str> = near.cases.iter().map(|case| case.number.as_str()).collect();
        assert_eq!(numbers, ["new", "old"], "at one place the newest first");
        assert!(near.cases.iter().all(|case| cases[case.place].number == case.number));
        let said = near.layers.iter().map(|layer| {
            let named: Vec<(&str, f64)> =
                layer.named.iter().map(|thing| (thing.title[0].as_str(), thing.metres)).collect();
            (layer.layer.as_str(), layer.count, named)
        });
        let expected =
            [("cameras", 2, vec![("first", 5.0), ("second", 10.0)]), ("lamps", 1, vec![("on the edge", 100.0)])];
        assert!(said.eq(expected));
    }

    #[test]
    fn all_are_counted_and_the_nearest_named() {
        let many: Vec<(String, [f64; 2])> = (0..20).map(|at| (at.to_string(), [f64::from(at), 0.0])).collect();
        let many: Vec<(&str, [f64; 2])> = many.iter().map(|(name, at)| (name.as_str(), *at)).collect();
        let city = city_of(vec![points("lamps", Role::Component, &many)]);
        let near = near(Some(&city), &[], None, [0.0, 0.0], 10.0).expect("layers in memory");
        // 0 to 10 metres: eleven.
        assert_eq!((near.layers[0].count, near.layers[0].named.len()), (11, NAMED));
    }
}
