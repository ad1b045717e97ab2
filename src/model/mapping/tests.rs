use super::*;
use crate::model::geometry::GeometryKind;
use crate::model::table::TableBuilder;

/// A table of one kind of geometry; values as JSON rows.
fn table(kind: GeometryKind, rows: &[serde_json::Value]) -> FeatureTable {
    use serde_json::Value as Json;
    let mut builder = TableBuilder::default();
    for row in rows {
        for (name, value) in row.as_object().unwrap() {
            let column = builder.field(name);
            let value = match value {
                Json::Null => Value::Null,
                Json::Bool(b) => Value::Boolean(*b),
                Json::Number(n) if n.is_i64() => Value::Integer(n.as_i64().unwrap()),
                Json::Number(n) => Value::Real(n.as_f64().unwrap()),
                other => Value::Text(other.as_str().unwrap().into()),
            };
            builder.set(column, &value);
        }
        let corners: &[[f64; 2]] = match kind {
            GeometryKind::Polygon => &[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]],
            GeometryKind::Line => &[[0.0, 0.0], [1.0, 0.0]],
            GeometryKind::Point => &[[0.0, 0.0]],
            GeometryKind::None => &[],
        };
        if !corners.is_empty() {
            corners.iter().for_each(|xy| builder.geometry.push_vertex(*xy, None));
            builder.geometry.end_ring();
            builder.geometry.end_part();
        }
        builder.geometry.end_feature(kind);
    }
    builder.finish()
}

fn real(path: &str, kind: GeometryKind) -> Option<FeatureTable> {
    let path = crate::testing::data(path)?;
    let file: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let collection = file["features"]
        .as_array()
        .or_else(|| file["objects"].as_object().and_then(|objects| objects.values().next()?["geometries"].as_array()));
    let rows: Vec<_> = collection.unwrap().iter().map(|f| f["properties"].clone()).collect();
    Some(table(kind, &rows))
}

fn fields(mapping: &FieldMapping) -> Vec<(&'static str, &str)> {
    mapping.iter().map(|(meaning, mapped)| (meaning.word(), mapped.field.as_str())).collect()
}

#[test]
fn numbers_are_read_as_people_write_them() {
    let metres = |text| read_measure(text).map(|m| (m.value * m.factor.unwrap_or(1.0) * 1e4).round() / 1e4);
    assert_eq!(metres("12.5"), Some(12.5));
    assert_eq!(metres("12.5 m"), Some(12.5));
    assert_eq!(metres(" 12,5m"), Some(12.5));
    assert_eq!(metres("1,250"), Some(1250.0));
    assert_eq!(metres("1,250.5"), Some(1250.5));
    // 40 ft = 12.192 m; 5'10" = 70 in = 1.778 m.
    assert_eq!(metres("40 ft"), Some(12.192));
    assert_eq!(metres("5'10\""), Some(1.778));
    assert_eq!(metres("5 ft 10 in"), Some(1.778));
    assert_eq!(metres("18层"), Some(18.0));
    assert_eq!(metres("-9999"), Some(-9999.0));
    for nonsense in ["", "tall", "12 parsecs", "1.2.3", "nan", "inf", "3;4"] {
        assert_eq!(metres(nonsense), None, "{nonsense}");
    }
}

#[test]
fn chinese_cadastre_names_are_known() {
    let row = serde_json::json!({
        "BDCDYH": "370104100209GB01009F10760002", "ZRZH": "F1076", "JZWMC": "A座", "JGRQ": "2005-06-01",
        "JZWGD": 54.2, "ZCS": 20, "DSCS": 18, "DXCS": 2, "GHYT": "住宅", "FWJG": 3
    });
    let (role, mapping) = guess("ZRZ", &table(GeometryKind::Polygon, &[row]));
    assert_eq!(role.role, Role::Building);
    assert_eq!(
        fields(&mapping),
        [
            ("id", "BDCDYH"),
            ("name", "JZWMC"),
            ("height", "JZWGD"),
            ("storeys", "DSCS"),
            ("storeys_below", "DXCS"),
            ("year", "JGRQ"),
            ("use", "GHYT"),
            ("structure", "FWJG")
        ]
    );
    let year = mapping.number(Meaning::Year, &Value::Text("2005-06-01".into()));
    assert_eq!(year, Some(2005.0));
}

#[test]
fn a_height_of_a_parcel_is_a_limit() {
    let row = serde_json::json!({"地块编号": "A-01", "用地性质": "R2", "容积率": 2.5, "建筑高度": 60, "绿地率": 35, "建筑密度": 25});
    let (role, mapping) = guess("控规", &table(GeometryKind::Polygon, &[row]));
    assert_eq!(role.role, Role::Parcel);
    assert_eq!(mapping.get(Meaning::HeightLimit).map(|m| m.field.as_str()), Some("建筑高度"));
    assert!(mapping.get(Meaning::Height).is_none());
    assert!(mapping.get(Meaning::FarLimit).is_some() && mapping.get(Meaning::GreenLimit).is_some());
}

#[test]
fn units_in_names_count() {
    let row = serde_json::json!({"height_ft": 100.0, "min_height": "3 m"});
    let (_, mapping) = guess("x", &table(GeometryKind::Polygon, &[row]));
    // 100 ft = 30.48 m.
    assert_eq!(mapping.number(Meaning::Height, &Value::Real(100.0)), Some(30.48));
    assert_eq!(mapping.number(Meaning::BaseHeight, &Value::Text("3 m".into())), Some(3.0));
    // The unit in the text beats that of the name.
    assert_eq!(mapping.number(Meaning::Height, &Value::Text("30 m".into())), Some(30.0));
    let row = serde_json::json!({"建筑高度（米）": "24.5"});
    let (_, mapping) = guess("x", &table(GeometryKind::Polygon, &[row]));
    assert_eq!(mapping.number(Meaning::Height, &Value::Text("24.5".into())), Some(24.5));
}

#[test]
fn names_cut_by_shapefile_are_known_when_only_one_can_be_meant() {
    let row =
        serde_json::json!({"building_l": 5, "measuredHe": 15.5, "storeysBel": 1, "oorspronke": 1972, "building_m": 2});
    let (_, mapping) = guess("x", &table(GeometryKind::Polygon, &[row]));
    assert_eq!(
        fields(&mapping),
        [("height", "measuredHe"), ("storeys", "building_l"), ("storeys_below", "storeysBel"), ("year", "oorspronke")]
    );
}

#[test]
fn a_name_whose_values_cannot_be_meant_is_not_guessed() {
    let rows = [
        serde_json::json!({"height": "tall", "year": 3, "floors": -9999, "id": 0, "colour": "heavy", "time": "often"}),
        serde_json::json!({"height": "small", "year": 7, "floors": -9999, "id": 0, "colour": "light", "time": "never"}),
    ];
    let (role, mapping) = guess("things", &table(GeometryKind::Polygon, &rows));
    assert_eq!(fields(&mapping), []);
    assert_eq!(role.role, Role::Other);
}

#[test]
fn layer_names_tell_roles_only_with_a_fitting_geometry() {
    let nothing = serde_json::json!({"x": 1});
    let role = |name, kind| guess(name, &table(kind, std::slice::from_ref(&nothing))).0.role;
    use GeometryKind::{Line, Point, Polygon};
    let cases = [
        ("bag_panden", Polygon, Role::Building),
        ("CDD_ZoningDistricts", Polygon, Role::Zone),
        ("RECREATION_OpenSpace", Polygon, Role::Green),
        ("BASEMAP_ParkingLots", Polygon, Role::Other),
        ("ASSESSING_SubParcelLinesFY2013", Line, Role::Other),
        ("ASSESSING_ParcelsFY2013", Polygon, Role::Parcel),
        ("FEMA_FloodPlains500Year", Polygon, Role::Zone),
        ("chn_admin_line", Line, Role::Boundary),
        ("streets", Line, Role::Road),
        ("plots", Polygon, Role::Parcel),
        ("uk_accidents_lnglat", Point, Role::Incident),
        ("单元网格", Polygon, Role::Grid),
        ("城市部件", Point, Role::Component),
        ("宗地", Polygon, Role::Parcel),
        ("street_trees", Point, Role::Component),
        ("水系", Polygon, Role::Water),
        ("LandUse", Polygon, Role::Zone),
        ("buildings", Point, Role::Other),
        ("blue_line", Polygon, Role::ControlLine),
        ("生态保护红线", Polygon, Role::ControlLine),
        ("城市黄线", Line, Role::ControlLine),
        ("控制线", Polygon, Role::ControlLine),
        ("UGB", Point, Role::Other),
        // A plot's own line is none of the plan's; a tram's stops are no plan at all.
        ("用地红线", Polygon, Role::Zone),
        ("green_line_stations", Point, Role::Other),
    ];
    for (name, kind, expected) in cases {
        assert_eq!(role(name, kind), expected, "{name}");
    }
}

#[test]
fn the_role_of_control_lines_says_which_word_told_it() {
    let nothing = serde_json::json!({"x": 1});
    let (role, _) = guess("2035_blue_lines", &table(GeometryKind::Polygon, std::slice::from_ref(&nothing)));
    assert_eq!(role.basis, "the layer's name says \"blue line\"");
}

#[test]
fn real_building_files_are_understood() {
    type Expected = &'static [(&'static str, &'static str)];
    let cases: [(&str, &str, Expected); 4] = [
        ("buildings/suzhou_bd_demo_2.geojson", "suzhou", &[("height", "height"), ("storeys", "Floor")]),
        (
            "buildings/berlin_osmbuildings.geojson",
            "berlin_osmbuildings",
            &[
                ("height", "height"),
                ("base_height", "minHeight"),
                ("storeys", "levels"),
                ("base_storeys", "minLevel"),
                ("colour", "color"),
                ("part", "buildingPart"),
            ],
        ),
        (
            "buildings/tudelft_campus.geojson",
            "tudcampus2",
            &[("id", "identificatie"), ("year", "oorspronkelijkbouwjaar"), ("state", "status")],
        ),
        ("buildings/small_hag_buildings/buildings.geojson", "buildings", &[("height", "HEIGHT")]),
    ];
    for (path, name, expected) in cases {
        let Some(table) = real(path, GeometryKind::Polygon) else { return };
        let (role, mapping) = guess(name, &table);
        assert_eq!(role.role, Role::Building, "{path}: {}", role.basis);
        assert_eq!(fields(&mapping), expected, "{path}");
    }
}

/// TOP_GL = TOP_SL - BASE_ELEV in this file, in feet by the city's description.
#[test]
fn cambridge_roof_boxes_are_in_feet() {
    let Some(table) = real("parcels/cambridge/BASEMAP_RooftopMechanicals.topojson", GeometryKind::Polygon) else {
        return;
    };
    let (_, mapping) = guess("BASEMAP_RooftopMechanicals", &table);
    let feet = |meaning| mapping.get(meaning).map(|m| (m.field.as_str(), m.factor));
    assert_eq!(feet(Meaning::Height), Some(("TOP_GL", 0.3048)));
    assert_eq!(feet(Meaning::GroundElevation), Some(("BASE_ELEV", 0.3048)));
    assert_eq!(feet(Meaning::RoofElevation), Some(("TOP_SL", 0.3048)));
}

#[test]
fn the_user_has_the_last_word() {
    let row = serde_json::json!({"height": 10.0, "ELEV": 100.0});
    let table = table(GeometryKind::Polygon, &[row]);
    let (_, mut mapping) = guess("x", &table);
    let mut report = Report::default();
    let wish = |pairs: &[(Meaning, &str)]| pairs.iter().map(|(m, f)| (*m, (*f).to_owned())).collect::<BTreeMap<_, _>>();
    apply(&mut mapping, &wish(&[(Meaning::Height, "elev [ft]")]), &table, "x", &mut report);
    assert_eq!(mapping.number(Meaning::Height, &Value::Real(100.0)), Some(30.48));
    assert!(mapping.get(Meaning::Height).unwrap().declared && report.issues.is_empty());
    apply(&mut mapping, &wish(&[(Meaning::Year, "bouwjaar")]), &table, "x", &mut report);
    assert!(report.issues[0].message.contains("bouwjaar") && report.issues[0].message.contains("ELEV"));
    apply(&mut mapping, &wish(&[(Meaning::Height, "")]), &table, "x", &mut report);
    assert!(mapping.get(Meaning::Height).is_none());
}

/// One slip among three codes is a slip; where a quarter of twenty repeat, the field names something else.
#[test]
fn one_code_that_stands_twice_does_not_take_the_id_away() {
    let id_of = |codes: &[String]| {
        let rows: Vec<_> =
            codes.iter().zip(1..).map(|(code, n)| serde_json::json!({"地块编号": code, "OBJECTID": n})).collect();
        let (_, mapping) = guess("parcels", &table(GeometryKind::Polygon, &rows));
        mapping.get(Meaning::Id).map(|mapped| mapped.field.clone())
    };
    let few = ["A-01", "A-02", "A-01"].map(str::to_owned);
    assert_eq!(id_of(&few).as_deref(), Some("地块编号"));
    let many: Vec<String> = (0..20).map(|n| format!("A-{}", n % 15)).collect();
    assert_eq!(id_of(&many).as_deref(), Some("OBJECTID"));
    // Blanks are no codes: what is written differs.
    let blank: Vec<String> = (0..20).map(|n| if n < 15 { String::new() } else { format!("A-{n}") }).collect();
    assert_eq!(id_of(&blank).as_deref(), Some("地块编号"));
}

/// A regulatory plan as people write it. Density 0.4 is 40 % where no number of the column is above 1.
#[test]
fn limits_written_as_texts_are_guessed_and_shares_of_one_are_percent() {
    let rows = [
        serde_json::json!({"地块编号": "A-1", "容积率": "≤2.5", "建筑密度": 0.4, "绿地率": "30%", "建筑高度": "不大于24m"}),
        serde_json::json!({"地块编号": "A-2", "容积率": "1.0-1.8", "建筑密度": 0.25, "绿地率": "≥35%", "建筑高度": "60m以下"}),
        serde_json::json!({"地块编号": "A-3", "容积率": "≥1.0", "建筑密度": 0, "绿地率": "0.3", "建筑高度": "-"}),
    ];
    let table = table(GeometryKind::Polygon, &rows);
    let (role, mapping) = guess("plan", &table);
    assert_eq!(role.role, Role::Parcel);
    let read = |meaning: Meaning| {
        let field = &mapping.get(meaning).unwrap_or_else(|| panic!("{meaning:?}")).field;
        [0, 1, 2].map(|row| mapping.number(meaning, &table.value(row, field)))
    };
    assert_eq!(read(Meaning::FarLimit), [Some(2.5), Some(1.8), None]);
    assert_eq!(read(Meaning::DensityLimit), [Some(40.0), Some(25.0), Some(0.0)]);
    // 30 % is 30 % beside 0.3, which is the same.
    assert_eq!(read(Meaning::GreenLimit), [Some(30.0), Some(35.0), Some(30.0)]);
    assert_eq!(read(Meaning::HeightLimit), [Some(24.0), Some(60.0), None]);
    assert!(mapping.get(Meaning::DensityLimit).unwrap().reason.contains("at most 0.4: shares of 1"));
    // One number above 1, and all are percent.
    let percent = [0.4, 35.0].map(|density| serde_json::json!({"地块编号": "A", "建筑密度": density}));
    let (_, mapping) = guess("plan", &self::table(GeometryKind::Polygon, &percent));
    assert!(!mapping.get(Meaning::DensityLimit).unwrap().is_share(Meaning::DensityLimit));
}

/// Two owners of each flat, a row for each: the unit code is shared, and is the code all the same.
#[test]
fn a_unit_code_that_is_no_id_is_still_the_code() {
    let rows: Vec<_> = (0..10)
        .map(|n| serde_json::json!({"BDCDYH": format!("370104100209GB01009F1076000{}", n / 2), "ZDDM": "370104100209GB01009", "FJH": n}))
        .collect();
    let (role, mapping) = guess("户", &table(GeometryKind::None, &rows));
    let field = |meaning| mapping.get(meaning).map(|mapped| mapped.field.as_str());
    assert_eq!((role.role, field(Meaning::Id), field(Meaning::Code)), (Role::Unit, None, Some("BDCDYH")));
}
