use super::*;
use crate::model::Value;

fn table(bytes: &[u8]) -> RawLayer {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    std::fs::write(&path, bytes).unwrap();
    read(&path, &OpenOptions::default(), &Progress::default()).unwrap()
}

#[test]
fn semicolons_and_decimal_commas_are_numbers() {
    let layer = table(b"name;x;y;code\nA;500000,5;4331000,25;007\n\"B;\"\"b\"\"\";500001;4331001;12\n");
    assert_eq!(layer.table.geometry.vertices(0), [[500_000.5, 4_331_000.25]]);
    assert_eq!(layer.table.value(1, "name"), Value::Text("B;\"b\"".into()));
    assert_eq!(layer.table.value(0, "code"), Value::Text("007".into()));
    assert_eq!(layer.crs.crs, None);
}

#[test]
fn chinese_columns_in_gb18030_give_points() {
    let text = "名称,经度,纬度\n天津站,117.2054,39.1336\n无,,\n";
    let layer = table(&encoding_rs::GB18030.encode(text).0);
    assert_eq!(layer.table.value(0, "名称"), Value::Text("天津站".into()));
    assert_eq!(layer.table.geometry.vertices(0), [[117.2054, 39.1336]]);
    assert_eq!(layer.report.skipped.len(), 1);
    assert!(layer.encoding.starts_with("GB18030"), "{}", layer.encoding);
}

#[test]
fn a_well_known_text_column_gives_polygons() {
    let layer = table(b"id,wkt\n1,\"POLYGON ((0 0, 4 0, 4 3, 0 0))\"\n2,nonsense\n");
    // Half of 4 times 3.
    assert_eq!(layer.table.geometry.area(0), 6.0);
    assert_eq!(layer.report.skipped.len(), 1);
}

#[test]
fn one_cell_that_is_no_number_costs_only_its_own_row_its_place() {
    let layer = table(b"id,lon,lat,h\n1,N/A,N/A,3\n2,here,there,NA\n3,117.1,39.1,5.5\n4,117.2,39.2,6\n5,117.3,39.3,\n");
    assert_eq!(layer.table.geometry.vertices(2), [[117.1, 39.1]]);
    let skipped: Vec<u64> = layer.report.skipped.iter().map(|s| s.feature).collect();
    assert_eq!(skipped, [0, 1]);
    assert!(layer.report.skipped[1].reason.contains("\"here\""), "{}", layer.report.skipped[1].reason);
    // `NA` is no text among heights.
    assert_eq!(layer.table.value(0, "h"), Value::Real(3.0));
    assert!(layer.table.value(1, "h").is_null());
}

/// 30 seconds are 1/120 of a degree, 12 minutes a fifth.
#[test]
fn degrees_with_minutes_and_seconds_are_places() {
    let text = "id,lon,lat\n1,117°12′30″E,39°6′0″N\n2,西经73度30分,-33°30'\n";
    let layer = table(text.as_bytes());
    let [x, y] = layer.table.geometry.vertices(0)[0];
    assert!((x - (117.2 + 1.0 / 120.0)).abs() < 1e-12 && (y - 39.1).abs() < 1e-12, "{x} {y}");
    assert_eq!(layer.table.geometry.vertices(1), [[-73.5, -33.5]]);
}

#[test]
fn columns_called_like_coordinates_that_hold_words_are_said() {
    let layer = table(b"id,lon,lat\n1,east,north\n2,west,south\n");
    let said = layer.report.issues.iter().find(|i| i.severity == Severity::Warning).unwrap();
    assert!(said.message.contains("lon") && said.message.contains("east"), "{}", said.message);
}

#[test]
fn marks_between_thousands_are_read_and_what_can_be_read_in_two_ways_is_not() {
    let layer =
        table(b"id,x,y\n1,\"518,000.5\",\"4,330,000.25\"\n2,\"518,010.5\",\"4,330,010\"\n3,\"518,000\",\"4,330\"\n");
    assert_eq!(layer.table.geometry.vertices(0), [[518_000.5, 4_330_000.25]]);
    assert_eq!(layer.table.geometry.vertices(1), [[518_010.5, 4_330_010.0]]);
    assert_eq!(layer.report.skipped.len(), 1);
    let layer = table(b"n;h\nA;1.234,5\nB;12,5\n");
    assert_eq!(layer.table.value(0, "h"), Value::Real(1234.5));
}

#[test]
fn a_quote_that_nothing_closes_swallows_no_rows_and_is_said() {
    let mut text = b"id,lon,lat,n\n1,117,39,\"open\n".to_vec();
    text.extend((2..100).flat_map(|i| format!("{i},117,39,x\n").into_bytes()));
    let layer = table(&text);
    assert_eq!(layer.table.len(), 99);
    assert!(layer.report.issues.iter().any(|i| i.message.contains("line 2 ")), "{:?}", layer.report.issues);
}

#[test]
fn a_first_line_of_numbers_is_a_row_and_excels_separator_line_is_none() {
    let layer = table(b"1,117.1,39.1\n2,117.2,39.2\n");
    assert_eq!(layer.table.len(), 2);
    assert_eq!(layer.table.value(0, "column 2"), Value::Real(117.1));
    assert!(layer.report.issues.iter().any(|i| i.message.contains("column names")));
    let layer = table(b"sep=;\nid;lon;lat\n1;117,5;39,5\n");
    assert_eq!(layer.table.geometry.vertices(0), [[117.5, 39.5]]);
}

#[test]
fn a_line_of_millions_of_cells_is_refused_and_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    std::fs::write(&path, "a,".repeat(2_000_000)).unwrap();
    let refused = read(&path, &OpenOptions::default(), &Progress::default()).unwrap_err();
    assert!(refused.reason.contains("4096 columns"), "{}", refused.reason);
}
