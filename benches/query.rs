//! Questions to the demo city of 100,000 buildings, beside a plain look at every row.

use std::sync::LazyLock;

use cimbase::city::{City, CityLayer};
use cimbase::index::pick::{PickLayer, Ray, body_hit, pick};
use cimbase::index::{Bodies, Ground, shape};
use cimbase::model::project::Project;
use cimbase::model::{Heights, Value, Vertical};
use cimbase::place::{Bounds, MapPoint};
use cimbase::query::question::{self, Question, Relation};
use cimbase::query::{Filter, Where, search};
use cimbase::report::Progress;
use divan::Bencher;

mod demo_city;

fn main() {
    divan::main();
}

struct Opened {
    city: City,
    bodies: Bodies,
}

impl Opened {
    fn buildings(&self) -> &CityLayer {
        self.city.layer("buildings").expect("the demo has buildings")
    }
}

static OPENED: LazyLock<Opened> = LazyLock::new(|| {
    let files = ["buildings.fgb", "parcels.fgb", "incidents.fgb"].map(|file| demo_city::folder().join(file));
    let city = City::open(&Project::of_files(&files), &Progress::default()).expect("the demo opens");
    let layer = &city.layer("buildings").expect("the demo has buildings").layer;
    let heights: &Heights = layer.heights.as_ref().expect("buildings have heights");
    let bodies = Bodies::stand(&layer.table.geometry, heights, Vertical::OnTerrain, 0.0, &Ground::flat());
    println!("{} buildings and parts", layer.table.len());
    Opened { city, bodies }
});

/// Residential towers of this century.
const CONDITION: &str = "use = 'residential' AND floors >= 18 AND year >= 2000";

mod filter {
    use super::*;

    #[divan::bench]
    fn cimbase(bencher: Bencher) {
        let layer = OPENED.buildings();
        println!(
            "{:?} of them fulfil it",
            Filter::parse(CONDITION).and_then(|f| f.select(layer, None)).map(|r| r.len())
        );
        bencher.bench(|| Filter::parse(CONDITION).and_then(|filter| filter.select(layer, None)));
    }

    /// The parser's share.
    #[divan::bench]
    fn cimbase_only_parsed(bencher: Bencher) {
        bencher.bench(|| Filter::parse(CONDITION));
    }

    /// Each value fetched by its field's name.
    #[divan::bench(sample_count = 10)]
    fn plain_loop(bencher: Bencher) {
        let table = &OPENED.buildings().layer.table;
        bencher.bench(|| {
            let holds = |row: &u32| {
                matches!(table.value(*row, "use"), Value::Text(text) if text == "residential")
                    && table.value(*row, "floors").number().is_some_and(|floors| floors >= 18.0)
                    && table.value(*row, "year").number().is_some_and(|year| year >= 2000.0)
            };
            (0..table.len() as u32).filter(holds).collect::<Vec<_>>()
        });
    }

    /// The crate's own evaluation of each row as a JSON object, which is made before.
    #[divan::bench(sample_count = 3)]
    fn plain_cql2_crate(bencher: Bencher) {
        let table = &OPENED.buildings().layer.table;
        let json = |value: Value| match value {
            Value::Text(text) => serde_json::Value::from(text.into_owned()),
            other => other.number().map_or(serde_json::Value::Null, serde_json::Value::from),
        };
        let rows: Vec<serde_json::Value> = (0..table.len() as u32)
            .map(|row| {
                ["use", "floors", "year"].map(|f| (f.to_owned(), json(table.value(row, f)))).into_iter().collect()
            })
            .collect();
        let tree = cql2::parse_text(CONDITION).expect("it is CQL2");
        bencher.bench(|| rows.iter().filter(|row| tree.clone().matches(Some(row)).unwrap_or(false)).count());
    }
}

/// Housing land with a building of grade C or D and open cases around it; `benches/question.py` asks shapely the same.
mod across_layers {
    use super::*;

    const DANGER: &str = "buildings: safety IN ('C','D')";
    const CASES: &str = "incidents within 50 m >= 3 in 30 days of reported: state_en <> 'CLOSED'";

    fn ask(question: &Question) -> usize {
        let answer = question::answer(&OPENED.city, question, Where::Anywhere, None, &Progress::default());
        answer.expect("the demo has the layers").matches.len()
    }

    fn parcels(condition: &str, relations: Vec<Relation>) -> Question {
        let condition = condition.to_owned();
        let as_of = Some("2026-03-31".to_owned());
        Question { layer: "parcels".to_owned(), condition, as_of, relations, ..Question::default() }
    }

    #[divan::bench(sample_count = 30)]
    fn danger_and_cases(bencher: Bencher) {
        let relations = [("contains", DANGER), ("near", CASES)].map(|(kind, text)| Relation::parse(kind, text));
        let question = parcels("land_use LIKE '07%'", relations.map(|r| r.expect("it is a relation")).into());
        println!("{} of them", ask(&question));
        bencher.bench(|| ask(&question));
    }

    /// All buildings and all parcels, without conditions.
    #[divan::bench(sample_count = 20)]
    fn empty_parcels(bencher: Bencher) {
        let relation = Relation::parse("contains", "buildings none").expect("it is a relation");
        let question = parcels("", vec![relation]);
        println!("{} of them", ask(&question));
        bencher.bench(|| ask(&question));
    }
}

/// Text in any field of any layer, the twenty best.
mod search_box {
    use super::*;

    #[divan::bench(args = ["小学", "zhongxin", "120103"], sample_count = 20)]
    fn cimbase(bencher: Bencher, text: &str) {
        let city = &OPENED.city;
        bencher.bench(|| search(city, text, 20, &[]));
    }

    /// Without ranks, widths or folding beyond lower case.
    #[divan::bench(args = ["小学", "zhongxin", "120103"], sample_count = 3)]
    fn plain_loop(bencher: Bencher, text: &str) {
        let city = &OPENED.city;
        bencher.bench(|| {
            let mut found = Vec::new();
            for layer in &city.layers {
                let table = &layer.layer.table;
                for row in 0..table.len() as u32 {
                    let fits = |value: Value| value.to_string().to_lowercase().contains(text);
                    if table.fields.iter().any(|field| fits(field.values.get(row))) {
                        found.push(row);
                    }
                }
            }
            found.truncate(20);
            found
        });
    }
}

/// A ray from 400 m above into the middle of the city: all that it hits, sorted.
mod pick_one {
    use super::*;

    fn ray() -> Ray {
        let [east, north] = OPENED.city.extent.centre();
        Ray { origin: [east - 300.0, north - 300.0, 400.0], direction: [0.5, 0.5, -0.6] }
    }

    #[divan::bench]
    fn cimbase(bencher: Bencher) {
        let layer = OPENED.buildings();
        let bodies = Some(&OPENED.bodies);
        let layers = [PickLayer { geometry: &layer.layer.table.geometry, index: &layer.index, bodies }];
        let (ground, ray) = (Ground::flat(), ray());
        bencher.bench(|| pick(&layers, &ground, &ray, 1.0));
    }

    #[divan::bench(sample_count = 10)]
    fn plain_scan(bencher: Bencher) {
        let (geometry, bodies) = (&OPENED.buildings().layer.table.geometry, &OPENED.bodies);
        let ray = ray();
        bencher.bench(|| {
            let hit = |f: u32| {
                let span = (f64::from(bodies.bottom[f as usize]), f64::from(bodies.top[f as usize]));
                body_hit(geometry, f, span, &ray)
            };
            (0..geometry.len() as u32).filter_map(hit).count()
        });
    }
}

/// Exactly what lies in 300 m by 300 m, and what is at a point.
mod place {
    use super::*;

    fn area() -> Bounds {
        let [east, north] = OPENED.city.extent.centre();
        Bounds { min: [east, north], max: [east + 300.0, north + 300.0] }
    }

    #[divan::bench]
    fn in_box(bencher: Bencher) {
        let (layer, area) = (OPENED.buildings(), area());
        bencher.bench(|| layer.index.in_box(&layer.layer.table.geometry, &area));
    }

    #[divan::bench(sample_count = 10)]
    fn in_box_plain_scan(bencher: Bencher) {
        let (geometry, area) = (&OPENED.buildings().layer.table.geometry, area());
        bencher
            .bench(|| (0..geometry.len() as u32).filter(|f| shape::meets_box(geometry, *f, &area)).collect::<Vec<_>>());
    }

    #[divan::bench]
    fn nearest_10(bencher: Bencher) {
        let (layer, place) = (OPENED.buildings(), MapPoint::from(area().min));
        bencher.bench(|| layer.index.nearest(&layer.layer.table.geometry, place, 10));
    }

    #[divan::bench(sample_count = 10)]
    fn nearest_10_plain_scan(bencher: Bencher) {
        let (geometry, place) = (&OPENED.buildings().layer.table.geometry, area().min);
        bencher.bench(|| {
            let mut all: Vec<(f64, u32)> =
                (0..geometry.len() as u32).map(|f| (shape::distance(geometry, f, place), f)).collect();
            all.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
            all.truncate(10);
            all
        });
    }
}
