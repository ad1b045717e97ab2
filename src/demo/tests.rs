//! The laws of the demo, checked on what is written, with geometry of the `geo` crate.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use geo::{Area, BooleanOps, BoundingRect, Intersects, Polygon};

use super::*;
use crate::model::Value;

fn city() -> &'static DemoCity {
    static CITY: OnceLock<DemoCity> = OnceLock::new();
    CITY.get_or_init(|| build(&DemoOptions::default()))
}

fn table(layer: DemoLayer) -> &'static FeatureTable {
    city().table(layer).unwrap()
}

/// The polygons of a layer's rows.
fn polygons(table: &FeatureTable) -> Vec<Polygon<f64>> {
    let ring = |r: crate::model::geometry::Ring<'_>| r.xy.iter().map(|p| (p[0], p[1])).collect::<Vec<_>>();
    (0..table.len() as u32)
        .map(|row| {
            let part = table.geometry.parts(row).start;
            let mut rings = table.geometry.rings(part).map(ring);
            let outer = rings.next().unwrap();
            Polygon::new(outer.into(), rings.map(Into::into).collect())
        })
        .collect()
}

/// Pairs of polygons whose boxes meet, found by sorting along x.
fn neighbours(a: &[Polygon<f64>], b: &[Polygon<f64>]) -> Vec<(usize, usize)> {
    let boxes = |list: &[Polygon<f64>]| list.iter().map(|p| p.bounding_rect().unwrap()).collect::<Vec<_>>();
    let (x, y) = (boxes(a), boxes(b));
    let mut order: Vec<usize> = (0..y.len()).collect();
    order.sort_by(|i, j| y[*i].min().x.total_cmp(&y[*j].min().x));
    let widest = y.iter().map(|r| r.width()).fold(0.0, f64::max);
    let mut out = Vec::new();
    for (i, rect) in x.iter().enumerate() {
        let from = order.partition_point(|j| y[*j].min().x < rect.min().x - widest);
        for &j in &order[from..] {
            if y[j].min().x > rect.max().x {
                break;
            }
            if rect.intersects(&y[j]) {
                out.push((i, j));
            }
        }
    }
    out
}

/// The area that two polygons share, m². Rounding to a centimetre may leave slivers.
fn shared(a: &Polygon<f64>, b: &Polygon<f64>) -> f64 {
    if a.intersects(b) { a.intersection(b).unsigned_area() } else { 0.0 }
}

fn text(table: &FeatureTable, row: usize, field: &str) -> String {
    table.value(row as u32, field).to_string()
}

/// Rows of whole buildings.
fn wholes() -> Vec<usize> {
    let t = table(DemoLayer::Buildings);
    (0..t.len()).filter(|r| t.value(*r as u32, "part") == Value::Boolean(false)).collect()
}

#[test]
fn the_default_has_four_thousand_buildings() {
    assert!((3600..=4400).contains(&wholes().len()), "{}", wholes().len());
}

#[test]
fn a_small_city_has_as_many_buildings_as_asked_for() {
    for buildings in [1, 60, 700] {
        let city = build(&DemoOptions { buildings, seed: 3 });
        let t = city.table(DemoLayer::Buildings).unwrap();
        let n = (0..t.len() as u32).filter(|r| t.value(*r, "part") == Value::Boolean(false)).count();
        assert!(n as u64 >= buildings && n as u64 <= buildings + 60, "{buildings}: {n}");
    }
}

#[test]
fn no_two_buildings_overlap() {
    let t = table(DemoLayer::Buildings);
    let all = polygons(t);
    let list: Vec<Polygon<f64>> = wholes().into_iter().map(|r| all[r].clone()).collect();
    for (i, j) in neighbours(&list, &list) {
        assert!(i >= j || shared(&list[i], &list[j]) < 0.01, "{i} {j}");
    }
}

#[test]
fn every_building_lies_inside_its_parcel_and_every_part_inside_its_building() {
    let (b, p) = (table(DemoLayer::Buildings), table(DemoLayer::Parcels));
    let (buildings, parcels) = (polygons(b), polygons(p));
    let by_id: BTreeMap<String, usize> = (0..p.len()).map(|r| (text(p, r, "id"), r)).collect();
    let whole: BTreeMap<String, usize> = wholes().into_iter().map(|r| (text(b, r, "id"), r)).collect();
    for row in 0..b.len() {
        let parcel = &parcels[by_id[&text(b, row, "parcel_id")]];
        let outside = buildings[row].unsigned_area() - shared(&buildings[row], parcel);
        assert!(outside < 0.01, "{}: {outside} m² outside", text(b, row, "id"));
        if b.value(row as u32, "part") == Value::Boolean(true) {
            let parent = &buildings[whole[&text(b, row, "parent_id")]];
            let outside = buildings[row].unsigned_area() - shared(&buildings[row], parent);
            assert!(outside < 0.05, "{}: {outside} m² outside its building", text(b, row, "id"));
        }
    }
}

#[test]
fn parcels_overlap_neither_each_other_nor_streets_nor_water() {
    let parcels = polygons(table(DemoLayer::Parcels));
    let least = |a: &Polygon<f64>| 0.006 * geo::Length::length(&geo::Euclidean, a.exterior()) + 0.05;
    for (i, j) in neighbours(&parcels, &parcels) {
        assert!(i >= j || shared(&parcels[i], &parcels[j]) < least(&parcels[i]), "parcels {i} {j}");
    }
    for layer in [DemoLayer::RoadSurfaces, DemoLayer::Bridges] {
        let streets = polygons(table(layer));
        for (i, j) in neighbours(&parcels, &streets) {
            let both = shared(&parcels[i], &streets[j]);
            assert!(both < least(&parcels[i]), "parcel {i}, {} {j}: {both} m²", layer.id());
        }
    }
    // Row 0 of the water is the river; lakes lie in their park's parcel.
    let river = &polygons(table(DemoLayer::Water))[..1];
    for (i, j) in neighbours(&parcels, river) {
        assert!(shared(&parcels[i], &river[j]) < 0.01, "parcel {i} in the river");
    }
}

#[test]
fn no_building_stands_on_a_street_or_in_water() {
    let buildings = polygons(table(DemoLayer::Buildings));
    for layer in [DemoLayer::RoadSurfaces, DemoLayer::Water] {
        let others = polygons(table(layer));
        for (i, j) in neighbours(&buildings, &others) {
            assert!(shared(&buildings[i], &others[j]) < 0.01, "building {i}, {} {j}", layer.id());
        }
    }
}

/// The grid has no gap and no overlap inside a quarter's community: cells add up to parcels plus streets.
#[test]
fn grid_cells_do_not_overlap_and_cut_no_building() {
    let t = table(DemoLayer::Grid);
    let cells = polygons(t);
    for (i, j) in neighbours(&cells, &cells) {
        assert!(i >= j || shared(&cells[i], &cells[j]) < 6.0, "cells {i} {j}: {}", shared(&cells[i], &cells[j]));
    }
    let all = polygons(table(DemoLayer::Buildings));
    let buildings: Vec<Polygon<f64>> = wholes().into_iter().map(|r| all[r].clone()).collect();
    let mut held = vec![0.0; buildings.len()];
    for (i, j) in neighbours(&buildings, &cells) {
        held[i] = f64::max(held[i], shared(&buildings[i], &cells[j]));
    }
    for (building, held) in buildings.iter().zip(held) {
        assert!(building.unsigned_area() - held < 0.05, "a building lies in two cells");
    }
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Structures of GB/T 37346 (28), GB/T 30428.1 (15), component identifiers (16), land use (2023).
#[test]
fn codes_have_their_official_structure() {
    let unit = |code: &str| {
        code.len() == 28
            && digits(&code[..12])
            && &code[12..14] == "GB"
            && digits(&code[14..19])
            && &code[19..20] == "F"
            && digits(&code[20..])
    };
    let b = table(DemoLayer::Buildings);
    for row in wholes() {
        let code = text(b, row, "id");
        assert!(unit(&code) && code.ends_with("0000") && code[..19] == text(b, row, "parcel_id"), "{code}");
    }
    let d = table(DemoLayer::Dwellings);
    assert!(d.len() > 300);
    for row in 0..d.len() {
        let code = text(d, row, "id");
        assert!(unit(&code) && !code.ends_with("0000") && code[..24] == text(d, row, "building_id")[..24], "{code}");
    }
    let g = table(DemoLayer::Grid);
    assert!((0..g.len()).all(|r| text(g, r, "id").len() == 15 && digits(&text(g, r, "id"))));
    let grid: BTreeSet<String> = (0..g.len()).map(|r| text(g, r, "id")).collect();
    let c = table(DemoLayer::Components);
    for row in 0..c.len() {
        let id = text(c, row, "id");
        assert!(id.len() == 16 && digits(&id) && ["01", "02", "03", "04"].contains(&&id[6..8]), "{id}");
        assert_eq!(id[6..10], text(c, row, "class"));
        assert!(grid.contains(&text(c, row, "grid")));
    }
    let p = table(DemoLayer::Parcels);
    for row in 0..p.len() {
        let code = text(p, row, "land_use");
        assert!(digits(&code) && [2, 4, 6].contains(&code.len()), "{code}");
        assert_eq!(text(p, row, "id").len(), 19);
    }
}

#[test]
fn identifiers_are_unique_in_every_layer_that_has_them() {
    for (layer, t) in &city().tables {
        if t.field("id").is_some() {
            let ids: BTreeSet<String> = (0..t.len()).map(|r| text(t, r, "id")).collect();
            assert_eq!(ids.len(), t.len(), "{}", layer.id());
        }
    }
}

#[test]
fn the_same_seed_makes_the_same_city_and_another_seed_another() {
    let options = DemoOptions { buildings: 500, seed: 9 };
    let (a, b) = (build(&options), build(&options));
    for ((layer, x), (_, y)) in a.tables.iter().zip(&b.tables) {
        assert_eq!(x.geometry, y.geometry, "{}", layer.id());
        for (f, g) in x.fields.iter().zip(&y.fields) {
            assert!((0..x.len() as u32).all(|r| f.values.get(r) == g.values.get(r)), "{} {}", layer.id(), f.name);
        }
    }
    assert_eq!(a.terrain, b.terrain);
    let other = build(&DemoOptions { seed: 10, ..options });
    assert_ne!(a.table(DemoLayer::Buildings).unwrap().geometry, other.table(DemoLayer::Buildings).unwrap().geometry);
}

#[test]
fn uses_fit_the_land_a_mall_is_not_on_housing_land() {
    let (b, p) = (table(DemoLayer::Buildings), table(DemoLayer::Parcels));
    let land: BTreeMap<String, String> = (0..p.len()).map(|r| (text(p, r, "id"), text(p, r, "land_use"))).collect();
    for row in wholes() {
        let (used, parcel) = (text(b, row, "use"), text(b, row, "parcel_id"));
        let code = &land[&parcel];
        let fits = match used.as_str() {
            "mall" | "hotel" | "market" => code.starts_with("09"),
            "residential" | "apartment" => code.starts_with("07"),
            "school" | "kindergarten" | "university" => code.starts_with("0804"),
            "hospital" => code.starts_with("0806"),
            "industrial" => code.starts_with("10"),
            "warehouse" => code.starts_with("11"),
            _ => true,
        };
        let listed = || city().breaches.iter().any(|b| b.rule == "use" && b.parcel == parcel);
        assert!(fits || used == "warehouse" && listed(), "{used} on {code}");
    }
    // A city needs all of them.
    let uses: BTreeSet<String> = wholes().into_iter().map(|r| text(b, r, "use")).collect();
    for needed in [
        "residential",
        "apartment",
        "office",
        "mall",
        "hotel",
        "school",
        "kindergarten",
        "university",
        "hospital",
        "industrial",
        "warehouse",
        "religious",
        "culture",
    ] {
        assert!(uses.contains(needed), "no {needed}");
    }
}

/// Heights by hand, from the tables alone.
#[test]
fn heights_keep_their_parcels_limit_except_the_listed_breaches() {
    let (b, p) = (table(DemoLayer::Buildings), table(DemoLayer::Parcels));
    let limit: BTreeMap<String, f64> =
        (0..p.len()).map(|r| (text(p, r, "id"), p.value(r as u32, "height_limit_m").number().unwrap())).collect();
    let listed: BTreeSet<&str> =
        city().breaches.iter().filter(|b| b.rule == "height").map(|b| b.parcel.as_str()).collect();
    let mut broken = BTreeSet::new();
    for row in wholes() {
        let parcel = text(b, row, "parcel_id");
        if let Some(height) = b.value(row as u32, "height_m").number()
            && height > limit[&parcel] + 0.05
        {
            broken.insert(parcel);
        }
    }
    assert!(!listed.is_empty() && listed.len() < 25, "{}", listed.len());
    assert_eq!(broken.iter().map(String::as_str).collect::<BTreeSet<_>>(), listed);
    // Of each rule there is something to be found, and not much of it.
    for rule in ["far", "density", "height", "green", "setback", "use"] {
        let count = city().breaches.iter().filter(|b| b.rule == rule).count();
        assert!((1..25).contains(&count), "{rule}: {count}");
    }
}

/// FAR by hand: floor areas of the parcel's buildings over its area; a plan's limit lies a little above.
#[test]
fn floor_area_ratios_stay_near_their_limits() {
    let (b, p) = (table(DemoLayer::Buildings), table(DemoLayer::Parcels));
    let mut floors: BTreeMap<String, f64> = BTreeMap::new();
    for row in wholes() {
        *floors.entry(text(b, row, "parcel_id")).or_default() += b.value(row as u32, "floor_area_m2").number().unwrap();
    }
    for row in 0..p.len() {
        let number = |field: &str| p.value(row as u32, field).number().unwrap();
        let Some(sum) = floors.get(&text(p, row, "id")) else { continue };
        if city().breaches.iter().any(|b| b.rule == "far" && b.parcel == text(p, row, "id")) {
            continue;
        }
        let far = sum / p.geometry.area(row as u32);
        assert!(
            far <= number("far_limit") + 0.02 && far > number("far_limit") * 0.83 - 0.12,
            "{far} {}",
            number("far_limit")
        );
        assert!((far - number("far_now")).abs() < 0.02);
    }
}

/// The business district towers over the rest, and heights fall off with the distance from the bend.
#[test]
fn the_skyline_rises_towards_the_heart() {
    let b = table(DemoLayer::Buildings);
    let mut rings: [Vec<f64>; 3] = Default::default();
    for row in wholes() {
        let c = b.geometry.centroid(row as u32).unwrap();
        let away = shape::distance(c, river::ORIGIN);
        if let Some(h) = b.value(row as u32, "height_m").number() {
            rings[if away < 400.0 {
                0
            } else if away < 1200.0 {
                1
            } else {
                2
            }]
            .push(h);
        }
    }
    let tops = rings.map(|mut list| {
        list.sort_by(|a, b| b.total_cmp(a));
        list[..10].iter().sum::<f64>() / 10.0
    });
    assert!(tops[0] > 1.25 * tops[1] && tops[0] > 130.0, "{tops:?}");
}

/// Some buildings must lack a height, so that other sources of heights show; not too many.
#[test]
fn some_heights_are_missing_as_in_real_files() {
    let b = table(DemoLayer::Buildings);
    let rows = wholes();
    let missing =
        |field: &str| rows.iter().filter(|r| b.value(**r as u32, field).is_null()).count() as f64 / rows.len() as f64;
    assert!((0.02..0.15).contains(&missing("height_m")) && (0.01..0.06).contains(&missing("floors")));
    assert!(rows.iter().any(|r| b.value(*r as u32, "height_m").is_null() && b.value(*r as u32, "floors").is_null()));
}

#[test]
fn incidents_fall_in_thirty_days_and_gather_near_markets() {
    let t = table(DemoLayer::Incidents);
    // 2026-02-28T16:00Z = 1 March, midnight in Tianjin; 2 592 000 000 ms are thirty days.
    let start = "2026-02-28T16:00:00Z".parse::<jiff::Timestamp>().unwrap().as_millisecond();
    for row in 0..t.len() as u32 {
        let Value::Time(ms) = t.value(row, "reported") else { panic!("no time") };
        assert!((start..start + 2_592_000_000).contains(&ms));
        let code = text(t, row as usize, "category");
        assert!(code.len() == 4 && digits(&code) && ["01", "02", "03", "04", "05"].contains(&&code[..2]));
        assert!(text(t, row as usize, "text_zh").ends_with('。'));
    }
    let (p, near) = (table(DemoLayer::Parcels), |m: [f64; 2]| {
        (0..t.len() as u32).filter(|r| shape::distance(t.geometry.vertices(*r)[0], m) < 130.0).count() as f64
    });
    let mean = |code: &str| {
        let at: Vec<f64> = (0..p.len() as u32)
            .filter(|r| p.value(*r, "land_use").to_string() == code)
            .filter_map(|r| p.geometry.centroid(r))
            .map(near)
            .collect();
        at.iter().sum::<f64>() / at.len() as f64
    };
    assert!(mean("090102") > 2.0 * mean("070102"), "{} {}", mean("090102"), mean("070102"));
}

#[test]
fn the_ground_is_gentle_and_the_river_lies_below_its_banks() {
    let ground = &city().terrain;
    let (low, high) = ground.range().unwrap();
    assert!(low > -3.0 && low < 0.0 && high > 8.0 && high < 18.0, "{low} {high}");
    let at = |v: f64| {
        let p = shape::add(river::beside(300.0, v), river::ORIGIN);
        ground.height_at(crate::place::MapPoint::from(p)).unwrap()
    };
    assert!(at(0.0) < -1.5 && at(85.0) > 4.0 && at(240.0) < at(85.0));
}

#[test]
fn the_terrain_file_has_as_many_numbers_as_it_says() {
    let text = terrain::ascii(&city().terrain);
    let mut lines = text.lines();
    let mut header = || lines.next().unwrap().split_once(' ').unwrap().1.parse::<f64>().unwrap();
    let (columns, rows) = (header(), header());
    let values: Vec<f64> = text.lines().skip(6).flat_map(|l| l.split(' ')).map(|v| v.parse().unwrap()).collect();
    assert_eq!(values.len() as f64, columns * rows);
    // North first: the first number is the north-western sample.
    let ground = &city().terrain;
    assert!((values[0] - f64::from(ground.sample(0, ground.rows - 1))).abs() < 0.006);
}

#[test]
fn the_folder_opens_as_a_project_and_is_the_same_bytes_again() {
    let options = DemoOptions { buildings: 150, seed: 2 };
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    for folder in &folders {
        write(&options, folder.path(), &Progress::default()).unwrap();
    }
    let text = std::fs::read_to_string(folders[0].path().join("project.toml")).unwrap();
    let project: crate::model::project::Project = toml::from_str(&text).unwrap();
    assert_eq!(project.layers.len(), 13);
    for layer in &project.layers {
        assert!(layer.title.zh.contains("合成") && layer.title.en.contains("synthetic"), "{}", layer.id);
        assert!(layer.about.source.contains("synthetic"));
        let [a, b] = [0, 1].map(|i| std::fs::read(folders[i].path().join(&layer.source)).unwrap());
        assert!(a == b && a.len() > 100, "{}", layer.source);
    }
    assert!(matches!(write(&options, folders[0].path(), &Progress::default()), Ok(())), "a demo may be made again");
    std::fs::write(folders[0].path().join("project.toml"), "title = {}\n").unwrap();
    assert!(matches!(write(&options, folders[0].path(), &Progress::default()), Err(DemoError::Occupied(_))));
}

#[test]
fn every_field_has_a_readable_name_in_both_languages() {
    for (layer, table) in &city().tables {
        for field in &table.fields {
            assert!(crate::model::field_names::readable(&field.name).is_some(), "{}: {}", layer.id(), field.name);
        }
    }
}
