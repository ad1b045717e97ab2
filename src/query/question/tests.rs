use std::collections::BTreeMap;
use std::sync::Arc;

use super::*;
use crate::city::{StageTimes, Streamed};
use crate::formats::flatgeobuf;
use crate::model::mapping::Mapped;
use crate::model::{FeatureTable, Layer, TableBuilder, Title, Value};
use crate::place::{Crs, MapPoint};
use crate::query::testing::layer_of;
use crate::report::Report;
use crate::tiles::{Stream, prepare};

/// West, south, east, north, metres.
type Rect = [f64; 4];

const DAY_MS: i64 = 86_400_000;
/// 2026-03-31T00:00:00Z: 20 543 days after 1970-01-01.
const MARCH_31: i64 = 20_543 * DAY_MS;

/// Chance that is the same on every machine (Knuth's MMIX generator).
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }

    /// Corners on whole metres, so that shared edges and exact halves happen.
    fn rect(&mut self, most: u64) -> Rect {
        let (x, y) = (self.below(400) as f64, self.below(400) as f64);
        [x, y, x + 1.0 + self.below(most) as f64, y + 1.0 + self.below(most) as f64]
    }
}

/// A row of a layer: where, a grade, and days before 31 March.
#[derive(Clone, Copy)]
struct Row(Rect, i64, i64);

fn table(rows: &[Row]) -> FeatureTable {
    let mut builder = TableBuilder::default();
    let [id, grade, seen, found] = ["id", "grade", "seen", "found"].map(|name| builder.field(name));
    for (at, Row([w, s, e, n], kind, days)) in rows.iter().enumerate() {
        builder.set(id, &Value::Text(format!("r{at}").into()));
        builder.set(grade, &Value::Integer(*kind));
        // At noon, days before.
        builder.set(seen, &Value::Time(MARCH_31 + DAY_MS / 2 - days * DAY_MS));
        builder.set(found, &Value::Time(0));
        let corners: &[[f64; 2]] = if w == e { &[[*w, *s]] } else { &[[*w, *s], [*e, *s], [*e, *n], [*w, *n]] };
        corners.iter().for_each(|xy| builder.geometry.push_vertex(*xy, None));
        builder.geometry.end_ring();
        builder.geometry.end_part();
        builder.geometry.end_feature(if w == e { GeometryKind::Point } else { GeometryKind::Polygon });
    }
    builder.finish()
}

fn layer(id: &str, rows: &[Row]) -> CityLayer {
    let mut layer = layer_of(id, table(rows));
    for (meaning, field) in [(Meaning::Id, "id"), (Meaning::Time, "seen")] {
        let mapped = Mapped { field: field.into(), factor: 1.0, declared: true, reason: String::new() };
        layer.mapping.set(meaning, mapped);
    }
    CityLayer::in_memory(layer)
}

/// The same read from a file by window; its rows may have another order.
fn streamed(id: &str, rows: &[Row], folder: &std::path::Path) -> CityLayer {
    let CityLayer { layer: mut model, .. } = layer(id, rows);
    let file = folder.join(format!("{id}.fgb"));
    let crs = Crs::parse("EPSG:4548").unwrap();
    flatgeobuf::write(&file, id, &model.table, &crs, &Progress::default()).unwrap();
    prepare::prepare(&file, false, &model.mapping, &Progress::default()).unwrap();
    let tiles = Stream::open(&file, false, &model.mapping).unwrap().unwrap();
    let sample: Layer = model.clone();
    let fields: Vec<String> = model.table.fields.iter().map(|field| field.name.clone()).collect();
    model.table = model.table.of_rows(&[], &fields);
    CityLayer { layer: model, index: Default::default(), stream: Some(Streamed { tiles, sample }) }
}

fn city(layers: Vec<CityLayer>) -> City {
    City {
        title: Title::default(),
        crs: Crs::parse("EPSG:4548").unwrap(),
        crs_basis: String::new(),
        layers: layers.into_iter().map(Arc::new).collect(),
        terrain: None,
        terrain_id: String::new(),
        view: None,
        imagery: Vec::new(),
        extent: Bounds::EMPTY,
        report: Report::default(),
        times: StageTimes::default(),
    }
}

fn ask_city(city: &City, question: &Question) -> Result<Answer, QuestionError> {
    answer(city, question, Where::Anywhere, None, &Progress::default())
}

/// Ids with the numbers of related things, which do not depend on the order of rows.
fn found(city: &City, question: &Question) -> BTreeMap<String, Vec<u32>> {
    let answer = ask_city(city, question).unwrap_or_else(|error| panic!("{question}: {error}"));
    let names = ids(&city.layers[answer.layer], answer.matches.iter().map(|found| found.row)).unwrap();
    let counts = |found: &Match| found.related.iter().map(|related| related.count).collect();
    answer.matches.iter().map(|found| (names[&found.row].clone(), counts(found))).collect()
}

fn question(layer: &str, condition: &str, relations: &[(&str, &str)]) -> Question {
    let relations = relations.iter().map(|(word, text)| Relation::parse(word, text).unwrap()).collect();
    Question {
        layer: layer.into(),
        condition: condition.into(),
        as_of: Some("2026-03-31".into()),
        relations,
        ..Question::default()
    }
}

/// What both share, m².
fn overlap(a: Rect, b: Rect) -> f64 {
    (a[2].min(b[2]) - a[0].max(b[0])).max(0.0) * (a[3].min(b[3]) - a[1].max(b[1])).max(0.0)
}

fn stands_in(thing: Rect, site: Rect) -> bool {
    if thing[0] == thing[2] {
        let [x, y, ..] = thing;
        return x >= site[0] && x <= site[2] && y >= site[1] && y <= site[3];
    }
    2.0 * overlap(thing, site) > (thing[2] - thing[0]) * (thing[3] - thing[1])
}

fn distance(a: Rect, b: Rect) -> f64 {
    let gap = |k: usize| (a[k] - b[k + 2]).max(b[k] - a[k + 2]).max(0.0);
    gap(0).hypot(gap(1))
}

fn some_rows(seed: u64, count: usize, most: u64) -> Vec<Row> {
    let mut dice = Dice(seed);
    (0..count)
        .map(|_| {
            let [x, y, e, n] = dice.rect(most);
            let rect = if most == 1 { [x, y, x, y] } else { [x, y, e, n] };
            Row(rect, dice.below(4) as i64, dice.below(60) as i64)
        })
        .collect()
}

/// Every number and every row that is found, against a look at all pairs; whichever of the layers is in a file.
#[test]
fn relations_are_those_that_a_look_at_all_pairs_finds() {
    let (parcels, houses, cases) = (some_rows(1, 300, 60), some_rows(2, 900, 24), some_rows(3, 700, 1));
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let memory = city(vec![layer("parcels", &parcels), layer("houses", &houses), layer("cases", &cases)]);
    let files = city(vec![
        streamed("parcels", &parcels, folder.path()),
        streamed("houses", &houses, folder.path()),
        streamed("cases", &cases, folder.path()),
    ]);
    let mixed =
        city(vec![layer("parcels", &parcels), streamed("houses", &houses, other.path()), layer("cases", &cases)]);
    type Holds = fn(Rect, Rect) -> bool;
    type Counted<'a> = (&'a [Row], fn(&Row) -> bool, Holds, fn(u32) -> bool);
    let all = |_: &Row| true;
    let danger = |row: &Row| row.1 >= 2;
    // Of the last thirty days at the end of 31 March: noon of the 31st is day 0.
    let fresh = |row: &Row| row.1 != 0 && row.2 < 30;
    let inside: Holds = |site, thing| stands_in(thing, site);
    let within: Holds = stands_in;
    let near: Holds = |a, b| distance(a, b) <= 12.0;
    let cases_of: [(Question, &[Row], Vec<Counted<'_>>); 5] = [
        (
            question(
                "parcels",
                "grade = 1",
                &[("contains", "houses: grade >= 2"), ("contains", "cases >= 2 in 30 days: grade <> 0")],
            ),
            &parcels,
            vec![(&houses, danger, inside, |n| n >= 1), (&cases, fresh, inside, |n| n >= 2)],
        ),
        (
            question("houses", "", &[("within", "parcels none"), ("near", "cases <= 1 within 12 m")]),
            &houses,
            vec![(&parcels, all, within, |n| n == 0), (&cases, all, near, |n| n <= 1)],
        ),
        (
            question("cases", "", &[("within", "parcels >= 2"), ("near", "houses within 12 m: grade >= 2")]),
            &cases,
            vec![(&parcels, all, within, |n| n >= 2), (&houses, danger, near, |n| n >= 1)],
        ),
        (
            question("parcels", "grade <> 3", &[("near", "houses >= 3 <= 6 within 12 m: grade >= 2")]),
            &parcels,
            vec![(&houses, danger, near, |n| (3..=6).contains(&n))],
        ),
        (
            question("houses", "", &[("near", "cases none within 12 m in 30 days of seen: grade <> 0")]),
            &houses,
            vec![(&cases, fresh, near, |n| n == 0)],
        ),
    ];
    for (question, rows, relations) in cases_of {
        let chosen = |row: &Row| match question.condition.as_str() {
            "grade = 1" => row.1 == 1,
            "grade <> 3" => row.1 != 3,
            _ => true,
        };
        let mut expected = BTreeMap::new();
        for (at, row) in rows.iter().enumerate().filter(|(_, row)| chosen(row)) {
            let counts: Vec<u32> = relations
                .iter()
                .map(|(things, which, holds, _)| {
                    things.iter().filter(|thing| which(thing) && holds(row.0, thing.0)).count() as u32
                })
                .collect();
            if relations.iter().zip(&counts).all(|((.., wanted), count)| wanted(*count)) {
                expected.insert(format!("r{at}"), counts);
            }
        }
        assert!(!expected.is_empty() && expected.len() < rows.len(), "{question} parts nothing: {}", expected.len());
        for (name, city) in [("memory", &memory), ("files", &files), ("mixed", &mixed)] {
            assert_eq!(found(city, &question), expected, "{name}: {question}");
        }
    }
}

#[test]
fn the_related_things_are_named_and_what_was_looked_at_is_counted() {
    let parcel = Row([0.0, 0.0, 100.0, 100.0], 1, 0);
    let houses: Vec<Row> =
        (0..30).map(|i| Row([f64::from(i), 0.0, f64::from(i) + 1.0, 1.0], i64::from(i % 2), 0)).collect();
    let city = city(vec![layer("parcels", &[parcel]), layer("houses", &houses)]);
    let answer =
        ask_city(&city, &question("parcels", "", &[("contains", "houses"), ("contains", "houses: grade = 1")]));
    let answer = answer.unwrap();
    let [all, odd] = &*answer.matches[0].related else { panic!("two relations") };
    assert_eq!((all.count, odd.count, answer.chosen), (30, 15, 1));
    assert_eq!(answer.things, [30, 15]);
    assert_eq!(all.rows, (0..20).collect::<Vec<u32>>(), "the first twenty");
    assert_eq!(odd.rows, (0..15).map(|i| 2 * i + 1).collect::<Vec<u32>>());
    assert_eq!(answer.as_of, None, "no day matters");
}

/// Of three squares in a row, 5 m apart, the middle one has two neighbours.
#[test]
fn a_thing_is_not_its_own_neighbour() {
    let squares = [0.0, 15.0, 30.0].map(|x| Row([x, 0.0, x + 10.0, 10.0], 0, 0));
    let city = city(vec![layer("houses", &squares)]);
    let near = |text: &str| found(&city, &question("houses", "", &[("near", text)]));
    assert_eq!(near("houses >= 2 within 5 m"), [("r1".to_owned(), vec![2])].into());
    assert_eq!(near("houses none within 4.9 m").len(), 3);
}

/// The last seven days before the end of 31 March begin with 25 March, 00:00.
#[test]
fn days_are_counted_back_from_the_end_of_a_day_or_from_a_moment() {
    let rows = [0, 6, 7, 8].map(|days| Row([0.0, 0.0, 0.0, 0.0], 0, days));
    let city = city(vec![layer("cases", &rows)]);
    let of = |as_of: &str, field: Option<&str>| {
        let since = Some(Since { days: 7, field: field.map(str::to_owned) });
        let question = Question { layer: "cases".into(), since, as_of: Some(as_of.into()), ..Question::default() };
        ask_city(&city, &question).unwrap().matches.iter().map(|found| found.row).collect::<Vec<_>>()
    };
    assert_eq!(of("2026-03-31", None), [0, 1]);
    assert_eq!(of("2026-03-30", None), [1, 2], "what came later does not count");
    assert_eq!(of("2026-03-31T12:00:00Z", None), [0, 1], "the moment counts, that of seven days before does not");
    assert_eq!(of("2026-03-31T19:59:59+08:00", None), [1, 2], "a second before noon in UTC");
    assert_eq!(of("1970-01-01", Some("found")), [0, 1, 2, 3]);
}

#[test]
fn place_narrows_what_is_looked_for() {
    let squares = [0.0, 100.0].map(|x| Row([x, 0.0, x + 10.0, 10.0], 0, 0));
    let city =
        city(vec![layer("houses", &squares), layer("cases", &[0.0, 100.0].map(|x| Row([x, 0.0, x, 0.0], 0, 0)))]);
    let question = question("houses", "", &[("contains", "cases")]);
    let at = |x: f64| Where::At { point: MapPoint::new(x, 5.0), tolerance: 0.0 };
    let rows = |place| {
        let answer = answer(&city, &question, place, None, &Progress::default()).unwrap();
        answer.matches.iter().map(|found| found.row).collect::<Vec<_>>()
    };
    assert_eq!((rows(at(5.0)), rows(at(105.0)), rows(at(55.0))), (vec![0], vec![1], vec![]));
}

#[test]
fn what_cannot_be_answered_is_said() {
    let houses = layer("houses", &[Row([0.0, 0.0, 9.0, 9.0], 0, 0)]);
    let cases = layer("cases", &[Row([1.0, 1.0, 1.0, 1.0], 0, 0)]);
    let mut bare = layer("bare", &[Row([0.0, 0.0, 9.0, 9.0], 0, 0)]);
    bare.layer.mapping = Default::default();
    let mut city = city(vec![houses, cases, bare]);
    let says = |city: &City, question: Question, words: &[&str]| {
        let error = ask_city(city, &question).unwrap_err().to_string();
        assert!(words.iter().all(|word| error.contains(word)), "{question}: {error}");
    };
    says(&city, question("hauses", "", &[]), &["\"hauses\"", "did you mean \"houses\""]);
    says(&city, question("houses", "", &[("near", "road within 5 m")]), &["\"road\"", "houses, cases"]);
    says(&city, question("houses", "", &[("contains", "cases: grde = 1")]), &["cases", "did you mean grade"]);
    says(&city, question("houses", "grade ==", &[]), &["houses", "character"]);
    says(&city, question("cases", "", &[("contains", "houses")]), &["cases has no polygons", "near"]);
    says(&city, question("houses", "", &[("within", "cases")]), &["cases has no polygons"]);
    says(&city, question("houses", "", &[("near", "bare within 1 m in 3 days")]), &["bare", "seen, found"]);
    let wrong_day =
        Question { as_of: Some("soon".into()), ..question("houses", "", &[("near", "cases within 1 m in 3 days")]) };
    says(&city, wrong_day, &["soon", "2026-03-31"]);
    city.crs = Crs::parse("EPSG:4490").unwrap();
    says(&city, question("houses", "", &[("near", "cases within 5 m")]), &["not in metres", "EPSG:4548"]);
}

#[test]
fn the_answer_as_a_layer_has_the_fields_the_numbers_and_the_question() {
    let houses = [0.0, 20.0, 40.0].map(|x| Row([x, 0.0, x + 10.0, 10.0], 2, 0));
    let folder = tempfile::tempdir().unwrap();
    let question = question("houses", "", &[("contains", "cases"), ("near", "cases >= 2 within 30 m in 9 days")]);
    let cases = [5.0, 25.0].map(|x| Row([x, 5.0, x, 5.0], 1, 3));
    for asked in [layer("houses", &houses), streamed("houses", &houses, folder.path())] {
        let city = city(vec![asked, layer("cases", &cases)]);
        let answer = ask_city(&city, &question).unwrap();
        let mut inputs = Inputs::of(&question, &answer);
        assert_eq!(inputs.as_of, "2026-03-31T23:59:59.999Z");
        inputs.asked = "2026-04-01T08:00:00+08:00".into();
        let mask = |field: &str, value: &Value<'_>| (field == "id").then(|| format!("{}*", &value.to_string()[..1]));
        let table = super::table(&city, &question, &answer, &inputs, mask).unwrap();
        // The last house holds no case.
        assert_eq!(table.len(), 2);
        let row = |row| {
            table
                .fields
                .iter()
                .map(|field| (field.name.as_str(), field.values.get(row).to_string()))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            row(0)[..2].iter().chain(&row(0)[4..]).map(|(name, text)| (*name, text.as_str())).collect::<Vec<_>>(),
            [
                ("id", "r*"),
                ("grade", "2"),
                ("n_cases", "1"),
                ("n_cases_2", "2"),
                ("question", "houses; contains cases; near cases within 30 m >= 2 in 9 days"),
                ("as_of", "2026-03-31T23:59:59.999Z"),
                ("asked", "2026-04-01T08:00:00+08:00"),
            ]
        );
        assert_eq!(table.geometry.area(1), 100.0);
    }
}
