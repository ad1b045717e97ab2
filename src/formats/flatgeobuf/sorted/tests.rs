use flatgeobuf::{FallibleStreamingIterator, FgbReader};

use super::*;
use crate::formats::OpenOptions;
use crate::formats::flatgeobuf::read;
use crate::model::{GeometryKind, TableBuilder, Value};

/// Numbers that look like chance and are the same everywhere (Knuth's 64-bit linear congruence).
struct Dice(u64);

impl Dice {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

/// Where the numbered feature is: a square of 10 m somewhere in 100 km².
fn corner(number: u64) -> [f64; 2] {
    let mut dice = Dice(number);
    [510_000.0 + dice.next(10_000) as f64, 4_330_000.0 + dice.next(10_000) as f64]
}

fn square(builder: &mut TableBuilder, [x, y]: [f64; 2], z: Option<f64>) {
    for [dx, dy] in [[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0]] {
        builder.geometry.push_vertex([x + dx, y + dy], z);
    }
    builder.geometry.end_ring();
    builder.geometry.end_part();
}

/// Squares with their number, every ninth without geometry.
fn squares(numbers: impl IntoIterator<Item = u64>) -> FeatureTable {
    let mut builder = TableBuilder::default();
    let field = builder.field("number");
    for number in numbers {
        builder.set(field, &Value::Integer(number as i64));
        if number % 9 != 8 {
            square(&mut builder, corner(number), None);
        }
        builder.geometry.end_feature(GeometryKind::Polygon);
    }
    builder.finish()
}

fn crs() -> Crs {
    Crs::parse("EPSG:4548").unwrap()
}

struct Written {
    folder: tempfile::TempDir,
    summary: Summary,
}

impl Written {
    fn new(chunks: &[FeatureTable], run_bytes: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let writer = SortedWriter::create(&folder.path().join("layer.fgb"), "layer", &crs()).unwrap();
        let mut writer = writer.with_memory(run_bytes);
        chunks.iter().for_each(|chunk| writer.push(chunk).unwrap());
        let summary = writer.finish(&Progress::default()).unwrap();
        Self { folder, summary }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("layer.fgb")
    }

    fn read(&self) -> FeatureTable {
        let layer = read(&self.path(), &OpenOptions::default(), &Progress::default()).unwrap();
        assert!(
            layer.report.issues.iter().all(|i| i.severity < crate::report::Severity::Warning),
            "{:?}",
            layer.report
        );
        layer.table
    }

    /// The numbers of the features that the index finds in a box.
    fn ask(&self, bounds: &Bounds) -> Vec<u64> {
        use flatgeobuf::FeatureProperties;
        let bytes = std::fs::read(self.path()).unwrap();
        let reader = FgbReader::open(std::io::Cursor::new(bytes)).unwrap();
        let [[x1, y1], [x2, y2]] = [bounds.min, bounds.max];
        let mut found = reader.select_bbox(x1, y1, x2, y2).unwrap();
        let mut numbers = Vec::new();
        while let Some(feature) = found.next().unwrap() {
            numbers.push(feature.property::<i64>("number").unwrap() as u64);
        }
        numbers.sort_unstable();
        numbers
    }
}

#[test]
fn the_index_finds_what_a_look_at_every_feature_finds() {
    for count in [1, 2, 15, 16, 17, 255, 256, 257, 5000] {
        let written = Written::new(&[squares(0..count)], RUN_BYTES);
        assert_eq!((written.summary.features, written.summary.without_geometry), (count, count / 9));
        assert_eq!(written.summary.bytes, std::fs::metadata(written.path()).unwrap().len());
        let mut dice = Dice(count);
        for _ in 0..40 {
            let min = [509_000.0 + dice.next(11_000) as f64, 4_329_000.0 + dice.next(11_000) as f64];
            let asked = Bounds { min, max: [min[0] + dice.next(3000) as f64, min[1] + dice.next(3000) as f64] };
            let meets = |number: &u64| {
                let min = corner(*number);
                number % 9 != 8 && asked.meets(&Bounds { min, max: [min[0] + 10.0, min[1] + 10.0] })
            };
            assert_eq!(written.ask(&asked), (0..count).filter(meets).collect::<Vec<_>>(), "{count} {asked:?}");
        }
        // Rows without geometry are there, last, and the index finds them nowhere.
        let table = written.read();
        let kinds: Vec<bool> = (0..count as u32).map(|row| table.geometry.kind(row) == GeometryKind::None).collect();
        assert!(kinds.is_sorted());
        let everywhere = Bounds { min: [-1e9; 2], max: [1e9; 2] };
        assert_eq!(written.ask(&everywhere).len(), (0..count).filter(|n| n % 9 != 8).count());
    }
}

#[test]
fn spilling_changes_no_byte_and_neither_does_the_cut_into_chunks() {
    let whole = Written::new(&[squares(0..20_000)], RUN_BYTES);
    assert_eq!(whole.summary.spills, 0);
    let chunks: Vec<FeatureTable> = (0..200).map(|i| squares(i * 100..i * 100 + 100)).collect();
    let spilled = Written::new(&chunks, 10_000);
    assert!(spilled.summary.spills > 100, "{}", spilled.summary.spills);
    assert!(std::fs::read(whole.path()).unwrap() == std::fs::read(spilled.path()).unwrap());
    assert_eq!(std::fs::read_dir(spilled.folder.path()).unwrap().count(), 1);
}

#[test]
fn neighbours_in_the_file_are_neighbours_on_the_ground() {
    let table = Written::new(&[squares(0..4000)], RUN_BYTES).read();
    let centre = |row: u32| table.geometry.bounds(row).centre();
    let placed: Vec<u32> = (0..4000).filter(|row| table.geometry.kind(*row) != GeometryKind::None).collect();
    let mut steps: Vec<f64> = placed
        .windows(2)
        .map(|pair| {
            let ([a, b], [c, d]) = (centre(pair[0]), centre(pair[1]));
            (a - c).hypot(b - d)
        })
        .collect();
    steps.sort_by(f64::total_cmp);
    // 3,556 points in 10 km × 10 km are about 168 m apart on average; in the order they came, 5 km.
    assert!(steps[steps.len() / 2] < 300.0, "{}", steps[steps.len() / 2]);
}

/// One row with one field.
fn one(field: &str, value: &Value<'_>) -> FeatureTable {
    let mut builder = TableBuilder::default();
    let column = builder.field(field);
    builder.set(column, value);
    square(&mut builder, [500_000.0, 4_000_000.0], None);
    builder.geometry.end_feature(GeometryKind::Polygon);
    builder.finish()
}

#[test]
fn fields_widen_from_chunk_to_chunk_and_come_in_any_order() {
    let moment = 1_700_006_400_000;
    let chunks = [
        one("storeys", &Value::Null),
        one("storeys", &Value::Integer(7)),
        one("height", &Value::Integer(21)),
        one("height", &Value::Real(21.5)),
        one("name", &Value::Integer(9_007_199_254_740_993)),
        one("name", &Value::Boolean(true)),
        one("name", &Value::Text("天津".into())),
        one("built", &Value::Time(moment)),
        one("listed", &Value::Boolean(false)),
        one("nothing", &Value::Null),
    ];
    let table = Written::new(&chunks, 1).read();
    let types: Vec<(&str, &str)> = table.fields.iter().map(|f| (f.name.as_str(), f.values.type_name())).collect();
    let expected = [
        ("storeys", "integer"),
        ("height", "real"),
        ("name", "text"),
        ("built", "time"),
        ("listed", "boolean"),
        ("nothing", "text"),
    ];
    assert_eq!(types, expected);
    let values = |field: &str| {
        let all = (0..10).map(|row| table.value(row, field)).filter(|v| !v.is_null());
        all.map(|v| v.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(values("storeys"), ["7"]);
    assert_eq!(values("height"), ["21", "21.5"]);
    assert_eq!(values("name"), ["9007199254740993", "true", "天津"]);
    assert_eq!(table.fields[3].values.nulls(), 9);
    assert_eq!((0..10).map(|r| table.value(r, "built")).find(|v| !v.is_null()), Some(Value::Time(moment)));
}

#[test]
fn meanings_are_told_by_all_chunks() {
    let chunks = [
        one("height", &Value::Real(12.5)),
        one("height", &Value::Integer(-9999)),
        one("updated", &Value::Text("2023-11-15".into())),
        one("updated", &Value::Text("2023-11-16".into())),
        // A date in the first chunk, none in the second: it stays text.
        one("remark", &Value::Text("2023-11-15".into())),
        one("remark", &Value::Text("later".into())),
    ];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("layer.fgb");
    let mut writer = SortedWriter::create(&path, "layer", &crs()).unwrap().recognising();
    chunks.iter().for_each(|chunk| writer.push(chunk).unwrap());
    let summary = writer.finish(&Progress::default()).unwrap();
    assert_eq!(summary.recognised.len(), 2, "{:?}", summary.recognised);
    let table = read(&path, &OpenOptions::default(), &Progress::default()).unwrap().table;
    let types: Vec<&str> = table.fields.iter().map(|f| f.values.type_name()).collect();
    assert_eq!(types, ["real", "time", "text"]);
    let nulls: Vec<usize> = table.fields.iter().map(|f| f.values.nulls()).collect();
    assert_eq!(nulls, [5, 4, 4]);
    assert!((0..6).any(|row| table.value(row, "updated") == Value::Time(1_700_006_400_000)));
}

/// A point, two points, a line, two lines, a polygon with a hole and heights, nothing.
fn mixed() -> Vec<FeatureTable> {
    let line = |builder: &mut TableBuilder, x: f64| {
        builder.geometry.push_vertex([x, 10.0], None);
        builder.geometry.push_vertex([x + 5.0, 20.0], None);
        builder.geometry.push_vertex([x + 9.0, 10.0], None);
        builder.geometry.end_ring();
        builder.geometry.end_part();
    };
    let point = |builder: &mut TableBuilder, x: f64| {
        builder.geometry.push_vertex([x, 1.0], None);
        builder.geometry.end_ring();
        builder.geometry.end_part();
    };
    let row = |kind: GeometryKind, fill: &dyn Fn(&mut TableBuilder)| {
        let mut builder = TableBuilder::default();
        fill(&mut builder);
        builder.geometry.end_feature(kind);
        builder.finish()
    };
    vec![
        row(GeometryKind::Point, &|b| point(b, 1.0)),
        row(GeometryKind::Point, &|b| [2.0, 3.0].iter().for_each(|x| point(b, *x))),
        row(GeometryKind::Line, &|b| line(b, 100.0)),
        row(GeometryKind::Line, &|b| [200.0, 300.0].iter().for_each(|x| line(b, *x))),
        row(GeometryKind::None, &|_| {}),
        row(GeometryKind::Polygon, &|b| {
            for (x, side) in [(1000.0, 10.0), (1002.0, 2.0)] {
                for [dx, dy] in [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]] {
                    b.geometry.push_vertex([x + dx * side, 2.0 + dy * side], Some(3.5 + dx));
                }
                b.geometry.end_ring();
            }
            b.geometry.end_part();
            square(b, [2000.0, 0.0], Some(7.0));
        }),
    ]
}

fn shapes(table: &FeatureTable) -> Vec<String> {
    let column = &table.geometry;
    let one = |row: u32| {
        let rings: Vec<usize> = column.parts(row).map(|part| column.rings(part).len()).collect();
        let heights: Vec<f64> = column.heights(row).iter().copied().filter(|z| !z.is_nan()).collect();
        format!("{:?} {rings:?} {:?} {heights:?}", column.kind(row), column.vertices(row))
    };
    let mut all: Vec<String> = (0..table.len() as u32).map(one).collect();
    all.sort();
    all
}

/// Each geometry alone, all together: what comes back is what went in, also by GDAL's count.
#[test]
fn every_kind_of_geometry_comes_back_alone_and_among_others() {
    let all = mixed();
    let mut cases: Vec<Vec<FeatureTable>> = all.iter().map(|table| vec![table.clone()]).collect();
    cases.extend([all[..2].to_vec(), all[2..4].to_vec(), all[3..].to_vec(), all.clone()]);
    for case in cases {
        let written = Written::new(&case, 1);
        let mut expected: Vec<String> = case.iter().flat_map(shapes).collect();
        expected.sort();
        let Ok(layer) = read(&written.path(), &OpenOptions::default(), &Progress::default()) else {
            panic!("{expected:?}")
        };
        assert_eq!(shapes(&layer.table), expected);
        let Ok(said) = std::process::Command::new("ogrinfo").args(["-q", "-al"]).arg(written.path()).output() else {
            println!("skipped: no ogrinfo");
            continue;
        };
        let text = String::from_utf8_lossy(&said.stdout).into_owned();
        assert_eq!(
            text.matches("OGRFeature(layer)").count(),
            case.len(),
            "{text}{}",
            String::from_utf8_lossy(&said.stderr)
        );
        assert!(said.stderr.is_empty(), "{}", String::from_utf8_lossy(&said.stderr));
    }
}

#[test]
fn gdal_finds_the_same_through_the_index_as_without_it() {
    let written = Written::new(&[squares(0..3000)], 20_000);
    let ask = |more: &[&str]| {
        let out =
            std::process::Command::new("ogrinfo").args(["-so", "-al"]).args(more).arg(written.path()).output().ok()?;
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        let count = text.lines().find_map(|line| line.strip_prefix("Feature Count: ")?.trim().parse::<usize>().ok());
        assert!(text.contains("number: Integer64"), "{text}");
        count
    };
    let Some(all) = ask(&[]) else {
        println!("skipped: no ogrinfo");
        return;
    };
    assert_eq!(all, 3000);
    let asked = Bounds { min: [512_000.0, 4_331_000.0], max: [515_000.0, 4_334_000.0] };
    let meets = |number: &u64| {
        let min = corner(*number);
        number % 9 != 8 && asked.meets(&Bounds { min, max: [min[0] + 10.0, min[1] + 10.0] })
    };
    assert_eq!(ask(&["-spat", "512000", "4331000", "515000", "4334000"]), Some((0..3000).filter(meets).count()));
}

#[test]
fn an_empty_layer_is_a_layer() {
    let written = Written::new(&[], RUN_BYTES);
    let layer = read(&written.path(), &OpenOptions::default(), &Progress::default()).unwrap();
    assert_eq!((written.summary.features, layer.table.len()), (0, 0));
}

#[test]
fn what_is_dropped_or_stopped_leaves_nothing_and_an_older_file_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("layer.fgb");
    std::fs::write(&path, "older").unwrap();
    let begin = || {
        let mut writer = SortedWriter::create(&path, "layer", &crs()).unwrap().with_memory(1000);
        writer.push(&squares(0..500)).unwrap();
        writer
    };
    drop(begin());
    let stopped = Progress::default();
    stopped.cancel();
    assert!(begin().finish(&stopped).unwrap_err().cancelled);
    assert_eq!(std::fs::read(&path).unwrap(), b"older");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    let nowhere = SortedWriter::create(&folder.path().join("no/layer.fgb"), "layer", &crs()).unwrap_err();
    assert!(nowhere.to_string().contains("layer.fgb"), "{nowhere}");
}
