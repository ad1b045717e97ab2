//! A layer read by window says and shows what the same layer in memory does.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use cimbase::city::{City, CityLayer, Streamed};
use cimbase::demo::{self, DemoOptions};
use cimbase::formats::flatgeobuf::{self, FgbFile, Wanted};
use cimbase::index::LayerIndex;
use cimbase::model::project::Project;
use cimbase::model::{FieldMapping, GeometryKind, Layer, TableBuilder};
use cimbase::place::{Bounds, Crs, LonLatBridge, MapPoint, Transform};
use cimbase::query::search::{Hit, search, search_streamed};
use cimbase::query::{Filter, Question, Where, ask};
use cimbase::report::Progress;
use cimbase::themes::housing::card::{Card, find_buildings};
use cimbase::themes::housing::families::Families;
use cimbase::themes::housing::join::Join;
use cimbase::themes::housing::stock::{Grouping, Stock};
use cimbase::tiles::{MemoryTiles, Stream, TileContent, TileSource, prepare};

use crate::program::{Place, command, finish};
use crate::server::Server;

/// The demo's buildings in memory, and the same read by window.
struct Both {
    _folder: tempfile::TempDir,
    file: PathBuf,
    memory: CityLayer,
    stream: CityLayer,
}

fn both() -> Both {
    let folder = tempfile::tempdir().unwrap();
    demo::write(&DemoOptions { buildings: 3000, seed: 5 }, folder.path(), &Progress::default()).unwrap();
    let file = folder.path().join("buildings.fgb");
    let city = City::open(&Project::of_files(std::slice::from_ref(&file)), &Progress::default()).unwrap();
    let layer = &city.layers[0];
    assert!(layer.stream.is_none(), "small layers are held in memory");
    prepare::prepare(&file, true, &layer.layer.mapping, &Progress::default()).unwrap();
    let tiles = Stream::open(&file, true, &layer.layer.mapping).unwrap().expect("its levels were just made");
    let mut model: Layer = layer.layer.clone();
    let fields: Vec<String> = model.table.fields.iter().map(|field| field.name.clone()).collect();
    model.table = model.table.of_rows(&[], &fields);
    model.heights = model.heights.map(|heights| heights.of_rows(&[]));
    let stream = Some(Streamed { tiles, sample: layer.layer.clone() });
    Both {
        memory: CityLayer::in_memory(layer.layer.clone()),
        stream: CityLayer { layer: model, index: LayerIndex::default(), stream },
        file,
        _folder: folder,
    }
}

/// All tiles of a level below the roots.
fn tiles(source: &dyn TileSource, level: u8) -> Vec<TileContent> {
    let mut keys = source.roots();
    while keys.first().is_some_and(|key| key.level > level) {
        let below = keys.iter().flat_map(|key| {
            let content = source.content(*key, &[]).unwrap();
            let children = key.children().unwrap();
            (0..4).filter(move |i| content.children[*i]).map(move |i| children[i])
        });
        keys = below.collect();
    }
    keys.into_iter().map(|key| source.content(key, &[]).unwrap()).collect()
}

fn memory(layer: &CityLayer) -> MemoryTiles<'_> {
    MemoryTiles { geometry: &layer.layer.table.geometry, heights: layer.layer.heights.as_ref(), index: &layer.index }
}

#[test]
fn every_row_has_the_heights_and_values_that_it_has_in_memory() {
    let both = both();
    let (memory, stream) = (&both.memory, &both.stream);
    let (tiles, heights) = (&stream.stream.as_ref().unwrap().tiles, memory.layer.heights.as_ref().unwrap());
    assert_eq!(stream.rows(), memory.rows());
    let rows: Vec<u32> = (0..tiles.len()).collect();
    let piece = tiles.rows(&rows, Wanted::All).unwrap();
    assert_eq!(piece.table.geometry, memory.layer.table.geometry);
    let read = piece.heights.unwrap();
    assert_eq!((&read.covered, &read.base, &read.source), (&heights.covered, &heights.base, &heights.source));
    for (a, b) in read.top.iter().zip(&heights.top) {
        // Medians of a stream are to 1 cm.
        assert!((a - b).abs() <= 0.0101, "{a} {b}");
    }
    for field in &memory.layer.table.fields {
        let column = tiles.column(&field.name).unwrap();
        for row in (0..tiles.len()).step_by(7) {
            assert_eq!(column.get(row), field.values.get(row), "{} {row}", field.name);
        }
    }
}

#[test]
fn places_and_conditions_find_the_same_rows() {
    let both = both();
    let (memory, stream) = (&both.memory, &both.stream);
    let centre = memory.extent().centre();
    let places = [
        Where::Anywhere,
        Where::In(Bounds { min: centre, max: centre }.grown(400.0)),
        Where::Near { point: MapPoint::new(centre[0] + 3.0, centre[1]), count: 25 },
        Where::Near { point: MapPoint::new(centre[0] + 90_000.0, centre[1]), count: 3 },
        Where::At { point: MapPoint::from(memory.layer.table.geometry.centroid(17).unwrap()), tolerance: 0.0 },
    ];
    for condition in [None, Some("floors >= 18 AND year >= 2000"), Some("name_zh LIKE '%大厦%' OR fid < 9")] {
        let filter = condition.map(|text| Filter::parse(text).unwrap());
        for place in places {
            let question = Question { place, filter: filter.as_ref(), to_project: None };
            let (a, b) = (ask(memory, &question).unwrap(), ask(stream, &question).unwrap());
            assert_eq!(a, b, "{place:?} {condition:?}");
        }
    }
    // Conditions of place: one box, two far apart, a polygon with another condition, everything but a box.
    let bbox = |east: f64, size: f64| {
        let [e, n] = [centre[0] + east, centre[1]];
        format!("BBOX({}, {}, {}, {})", e - size, n - size, e + size, n + size)
    };
    let triangle = format!(
        "POLYGON(({0} {1}, {2} {1}, {0} {3}, {0} {1}))",
        centre[0],
        centre[1],
        centre[0] + 900.0,
        centre[1] + 900.0
    );
    let (here, there) = (bbox(0.0, 300.0), bbox(700.0, 150.0));
    for condition in [
        format!("S_INTERSECTS(geometry, {here})"),
        format!("S_INTERSECTS(geometry, {here}) OR S_WITHIN(geometry, {there})"),
        format!("S_INTERSECTS(geometry, {here}) OR floors >= 30"),
        format!("S_WITHIN(geometry, {triangle}) AND floors >= 6 AND height_m < 60"),
        format!("S_DISJOINT(geometry, {here}) AND floors >= 20"),
        format!("NOT S_INTERSECTS(geometry, {here})"),
    ] {
        let filter = Filter::parse(&condition).unwrap();
        let (a, b) = (filter.select(memory, None).unwrap(), filter.select(stream, None).unwrap());
        assert!(!a.is_empty() && a.len() < memory.rows() as usize, "{condition} parts nothing: {}", a.len());
        assert_eq!(a, b, "{condition}");
    }
    // The same box in degrees: the coordinates are placed once, and found through the file's index.
    let to_project = Transform::new(&Crs::parse("EPSG:4490").unwrap(), &Crs::parse("EPSG:4548").unwrap()).unwrap();
    let bridge = LonLatBridge::new(&Crs::parse("EPSG:4548").unwrap()).unwrap();
    let place = bridge.lonlat(MapPoint::from(centre)).unwrap();
    let text = format!(
        "S_INTERSECTS(geometry, POINT({} {}) ) OR S_INTERSECTS(geometry, BBOX({}, {}, {}, {}))",
        place.lon,
        place.lat,
        place.lon - 0.004,
        place.lat - 0.003,
        place.lon + 0.004,
        place.lat + 0.003
    );
    let filter = Filter::parse(&text).unwrap();
    let (a, b) = (filter.select(memory, Some(&to_project)).unwrap(), filter.select(stream, Some(&to_project)).unwrap());
    assert!(!a.is_empty() && a.len() < memory.rows() as usize);
    assert_eq!(a, b);
    let wrong = Filter::parse("storys > 3").unwrap().select(stream, None).unwrap_err().to_string();
    assert!(wrong.contains("storys") && wrong.contains("floors"), "{wrong}");
}

#[test]
fn every_feature_is_in_one_tile_of_the_finest_level_and_areas_add_up_on_each() {
    let both = both();
    let (layer, stream) = (&both.memory, &both.stream);
    let memory = memory(layer);
    let streamed = &stream.stream.as_ref().unwrap().tiles;
    for source in [&memory as &dyn TileSource, streamed] {
        let finest = tiles(source, 0);
        let mut seen: Vec<u32> = finest.iter().flat_map(|tile| tile.rows.clone()).collect();
        seen.sort_unstable();
        let heights = layer.layer.heights.as_ref().unwrap();
        let drawn: Vec<u32> = (0..layer.rows()).filter(|row| !heights.covered[*row as usize]).collect();
        assert_eq!(seen, drawn);
        let area = |tiles: &[TileContent]| -> f64 {
            tiles.iter().map(|t| (0..t.len() as u32).map(|i| t.geometry.area(i)).sum::<f64>()).sum()
        };
        let whole = area(&finest);
        for level in 1..=source.roots()[0].level {
            // Outlines within 0.7 m, and masses that have no room for parts over each other.
            let share = area(&tiles(source, level)) / whole;
            assert!((0.9..1.03).contains(&share), "level {level}: {share}");
        }
    }
    // The same tile from either is the same.
    for tile in tiles(streamed, 1).iter().take(8) {
        let other = memory.content(tile.key, &[]).unwrap();
        assert_eq!(tile.geometry, other.geometry);
        assert_eq!(tile.rows, other.rows);
    }
}

#[test]
fn levels_made_for_another_file_or_reading_are_not_used() {
    let both = both();
    let (file, memory) = (&both.file, &both.memory);
    let mut other = memory.layer.mapping.clone();
    other.remove(cimbase::model::Meaning::Height);
    assert!(Stream::open(file, true, &other).unwrap().is_none());
    assert!(Stream::open(file, false, &memory.layer.mapping).unwrap().is_none());
    // As many bytes, one of them another.
    let mut bytes = fs::read(file).unwrap();
    let last = bytes.len() - 9;
    bytes[last] ^= 1;
    fs::write(file, &bytes).unwrap();
    assert!(Stream::open(file, true, &memory.layer.mapping).unwrap().is_none());
}

#[test]
fn a_file_that_is_cut_or_lies_is_refused_or_said_and_never_a_crash() {
    let both = both();
    let (file, memory, stream) = (&both.file, &both.memory, &both.stream);
    let whole = fs::read(file).unwrap();
    let whole_length = whole.len();
    let write = |path: &Path, bytes: &[u8]| fs::write(path, bytes).unwrap();
    let copy = file.with_file_name("copy.fgb");
    let mut reasons = BTreeMap::new();
    for length in [0, 7, 12, 40, 400, 4_000, 60_000, whole_length / 2, whole_length - 1] {
        write(&copy, &whole[..length]);
        match FgbFile::open(&copy) {
            Err(error) => {
                let text = error.to_string();
                assert!(text.contains("copy.fgb"), "{text}");
                *reasons.entry(text).or_insert(0) += 1;
            }
            Ok(cut) => {
                let leaves = cut.leaves(|_| true).unwrap();
                let read = cut.read(&leaves, Wanted::All, &mut cut.builder(Wanted::All));
                let text = read.map_or_else(|error| error.to_string(), |broken| format!("{broken:?}"));
                assert!(text.contains("again"), "{text}");
            }
        }
    }
    assert!(!reasons.is_empty());
    // The count of features in the header, wherever it stands, made 9.2e18.
    let count = u64::from(memory.rows()).to_le_bytes();
    let at = whole[..400].windows(8).position(|bytes| bytes == count).unwrap();
    let mut lying = whole.clone();
    lying[at..at + 8].copy_from_slice(&9_200_000_000_000_000_000_u64.to_le_bytes());
    write(&copy, &lying);
    let text = FgbFile::open(&copy).unwrap_err().to_string();
    assert!(text.contains("9200000000000000000") && text.contains("does not fit"), "{text}");
    // Cut while it is open.
    write(file, &whole[..whole_length / 2]);
    let text = stream.of_row(5).unwrap_err().to_string();
    assert!(text.contains("was changed while it was open"), "{text}");
}

/// From afar only the longest lines are drawn; short ones elsewhere must still be found when one comes near.
#[test]
fn short_streets_beside_long_roads_are_there_from_near() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("roads.fgb");
    let mut roads = TableBuilder::default();
    let mut line = |from: [f64; 2], to: [f64; 2]| {
        roads.geometry.push_vertex(from, None);
        roads.geometry.push_vertex(to, None);
        roads.geometry.end_ring();
        roads.geometry.end_part();
        roads.geometry.end_feature(GeometryKind::Line);
    };
    // 6,000 roads of 900 m in the west of a square of 64 km, and 400 lanes of 20 m in its east.
    for i in 0..6000 {
        let [x, y] = [512_000.0 + f64::from(i % 30) * 1_000.0, 4_352_000.0 + f64::from(i / 30) * 300.0];
        line([x, y], [x + 900.0, y + 40.0]);
    }
    for i in 0..400 {
        let [x, y] = [570_000.0 + f64::from(i % 20) * 30.0, 4_400_000.0 + f64::from(i / 20) * 30.0];
        line([x, y], [x + 20.0, y]);
    }
    let table = roads.finish();
    let crs = Crs::parse("EPSG:4548").unwrap();
    flatgeobuf::write(&file, "roads", &table, &crs, &Progress::default()).unwrap();
    let mapping = FieldMapping::default();
    prepare::prepare(&file, false, &mapping, &Progress::default()).unwrap();
    let stream = Stream::open(&file, false, &mapping).unwrap().unwrap();
    let near: usize = tiles(&stream, 0).iter().map(|tile| tile.rows.len()).sum();
    assert_eq!(near, table.len());
}

#[test]
fn making_levels_that_is_stopped_leaves_none_and_can_be_done_again() {
    let both = both();
    let mapping = &both.memory.layer.mapping;
    let levels = both.file.with_extension("levels");
    let began = Instant::now();
    prepare::prepare(&both.file, true, mapping, &Progress::default()).unwrap();
    let whole = began.elapsed();
    for part in 0..8 {
        fs::remove_dir_all(&levels).unwrap();
        let progress = Progress::default();
        let made = std::thread::scope(|scope| {
            let making = scope.spawn(|| prepare::prepare(&both.file, true, mapping, &progress));
            std::thread::sleep(whole * part / 8);
            progress.cancel();
            making.join().unwrap()
        });
        let opened = Stream::open(&both.file, true, mapping).unwrap();
        assert_eq!(opened.is_some(), made.is_ok(), "after {part}/8");
        let hidden = fs::read_dir(levels.parent().unwrap()).unwrap().flatten().map(|entry| entry.file_name());
        assert_eq!(hidden.filter(|name| name.to_string_lossy().starts_with(".levels-")).count(), 0, "after {part}/8");
        fs::create_dir_all(&levels).unwrap();
    }
    prepare::prepare(&both.file, true, mapping, &Progress::default()).unwrap();
    assert!(Stream::open(&both.file, true, mapping).unwrap().is_some());
}

#[test]
fn a_search_finds_the_same_and_stops_when_asked() {
    let both = both();
    let project = Project::of_files(std::slice::from_ref(&both.file));
    let mut city = City::open(&project, &Progress::default()).unwrap();
    let row = 1234;
    let name = both.memory.layer.table.field("name_zh").unwrap();
    let names: Vec<String> =
        (0..both.memory.rows()).map(|r| name.values.get(r).to_string()).filter(|n| n.len() > 6).collect();
    let id = both.memory.layer.table.field("id").map_or_else(|| "大厦".into(), |id| id.values.get(row).to_string());
    let texts = [id.as_str(), &names[names.len() / 2], "大", "２０", "nothing at all"];
    let memory: Vec<_> = texts.iter().map(|text| search(&city, text, 20, &[])).collect();
    assert!(memory[0].len() == 1 || texts[0] == "大厦", "{:?}", memory[0]);
    assert!(!memory[1].is_empty() && memory[2].len() == 20 && memory[4].is_empty());
    city.layers = vec![both.stream.into()];
    for (text, memory) in texts.iter().zip(memory) {
        assert!(search(&city, text, 20, &[]).is_empty(), "streamed layers are another question");
        let found = search_streamed(&city, text, 20, &[], &Progress::default()).unwrap();
        // Ids of the layers differ with how they were opened.
        let bare =
            |hits: Vec<Hit>| hits.into_iter().map(|h| (h.rank, h.feature, h.id, h.field, h.text)).collect::<Vec<_>>();
        assert_eq!(bare(found), bare(memory), "{text}");
    }
    let stopped = Progress::default();
    stopped.cancel();
    assert!(search_streamed(&city, "大", 20, &[], &stopped).is_err());
}

#[test]
fn a_layer_on_a_server_is_read_by_parts_with_its_levels() {
    let both = both();
    let server = Server::of(both.file.parent().unwrap());
    let address = PathBuf::from(format!("{}/buildings.fgb", server.address));
    let mapping = &both.memory.layer.mapping;
    let remote = Stream::open(&address, true, mapping).unwrap().expect("its levels lie beside it");
    let local = &both.stream.stream.as_ref().unwrap().tiles;
    let one = remote.rows(&[1500], Wanted::All).unwrap();
    assert_eq!(one.table.geometry, local.rows(&[1500], Wanted::All).unwrap().table.geometry);
    let whole = fs::metadata(&both.file).unwrap().len();
    assert!(server.sent() < whole, "{} of {whole} bytes for one feature", server.sent());
    let wanted = ["name_zh".to_owned()];
    for key in tiles(local, 6).iter().map(|tile| tile.key) {
        let (a, b) = (remote.content(key, &wanted).unwrap(), local.content(key, &wanted).unwrap());
        assert_eq!((a.rows, a.geometry), (b.rows, b.geometry), "{key:?}");
    }
    // By name on the command line: what is small is fetched once and kept.
    let place = Place::new();
    let cache = place.path().join("cache");
    let run = || {
        let address = format!("{}/water.fgb", server.address);
        let mut command = command(&["stats", "--json", &address]);
        let out = finish(command.env("XDG_CACHE_HOME", &cache).spawn().unwrap());
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        serde_json::from_slice::<serde_json::Value>(&out.stdout).unwrap()["layers"].clone()
    };
    let (first, before) = (run(), server.sent());
    let size = fs::metadata(both.file.with_file_name("water.fgb")).unwrap().len();
    assert_eq!(run(), first);
    assert!(server.sent() - before <= size.max(262_144), "not fetched again");
    let missing = place.run(&["info", &format!("{}/none.fgb", server.address)]);
    assert!(missing.code == Some(3) && missing.stderr.contains("no such file on the server"), "{}", missing.stderr);
    // Another's project file does not make the program call a server.
    place.write("project.toml", format!("[[layer]]\nsource = \"{}/water.fgb\"\n", server.address));
    let sent = server.sent();
    let refused = place.run(&["stats", "."]);
    assert!(refused.code == Some(3) && refused.stderr.contains("name it yourself"), "{}", refused.stderr);
    assert_eq!(server.sent(), sent);
}

/// The stock and the card of a building do not depend on where the rows are.
#[test]
fn housing_says_the_same_of_a_streamed_layer() {
    let both = both();
    let of = |layer: &CityLayer| {
        let families = Families::find(layer).unwrap();
        let stock = Stock::of(layer, &families, Some(Grouping::Field("use"))).unwrap();
        let id = stock.dangerous_buildings[0].id.clone();
        let row = find_buildings(layer, &id).unwrap()[0];
        (serde_json::to_value(&stock).unwrap(), serde_json::to_value(Card::of(layer, row, &families).unwrap()).unwrap())
    };
    let (stock, card) = of(&both.memory);
    let (streamed_stock, streamed_card) = of(&both.stream);
    assert!(stock["buildings"].as_u64() > Some(2000));
    assert_eq!(stock["by_year"], streamed_stock["by_year"]);
    assert_eq!(stock["by_grade"], streamed_stock["by_grade"]);
    assert_eq!(stock["groups"], streamed_stock["groups"]);
    assert_eq!((&stock["parts"], &stock["unread"]), (&streamed_stock["parts"], &streamed_stock["unread"]));
    assert_eq!(card["facts"], streamed_card["facts"]);
    // Position needs the index of a layer in memory: it is said, not guessed.
    let units = CityLayer::in_memory(Layer { id: "units".into(), ..both.memory.layer.clone() });
    let families = Families::find(&both.stream).unwrap();
    let join = Join::build(&both.stream, &units, &families).unwrap();
    let [code, _, position, none] = join.counts().map(|(_, count)| count);
    assert!(code > 0 && position == 0 && (none == 0 || join.notes.iter().any(|note| note.contains("by window"))));
}
