use super::*;
use crate::model::mapping::{FieldMapping, Mapped};
use crate::model::{GeometryKind, Heights, LayerStyle, TableBuilder, Vertical};
use crate::place::FoundCrs;
use crate::report::Report;

fn layer(role: Role, field: &str, means: Option<Meaning>, values: &[Value<'_>]) -> Layer {
    let mut builder = TableBuilder::default();
    for value in values {
        let column = builder.field(field);
        builder.set(column, value);
        builder.geometry.end_feature(GeometryKind::None);
    }
    let mut mapping = FieldMapping::default();
    if let Some(meaning) = means {
        let mapped = Mapped { field: field.into(), factor: 1.0, declared: true, reason: String::new() };
        mapping.set(meaning, mapped);
    }
    Layer {
        id: "x".into(),
        title: Title::same("x"),
        source: String::new(),
        format: String::new(),
        role,
        role_basis: String::new(),
        mapping,
        table: builder.finish(),
        rows: Vec::new(),
        crs: FoundCrs::unknown("a test"),
        encoding: String::new(),
        heights: None,
        vertical: Vertical::OnTerrain,
        z_offset: 0.0,
        style: LayerStyle { colour_by: Some(field.into()), ..LayerStyle::default() },
        visible: true,
        about: Default::default(),
        report: Report::default(),
    }
}

fn texts<'a>(values: &[&'a str]) -> Vec<Value<'a>> {
    values.iter().map(|v| if v.is_empty() { Value::Null } else { Value::Text((*v).into()) }).collect()
}

fn numbers(values: &[f64]) -> Vec<Value<'static>> {
    values.iter().map(|v| if v.is_nan() { Value::Null } else { Value::Real(*v) }).collect()
}

fn total(legend: &Legend) -> u64 {
    legend.entries.iter().map(|entry| entry.count).sum()
}

#[test]
fn every_row_has_a_colour_and_is_counted_once_in_the_legend() {
    use Classing::*;
    let values = numbers(&[1.0, 2.0, 2.0, 3.0, 50.0, f64::NAN, 7.0]);
    for classing in [None, Some(Categories), Some(Quantile), Some(Equal), Some(Jenks), Some(Ramp)] {
        let mut layer = layer(Role::Other, "v", None, &values);
        layer.style.classing = classing;
        let (colours, legend) = colours(&layer, &layer.style);
        assert_eq!((colours.len(), total(&legend)), (7, 7), "{classing:?}");
        assert_eq!(legend.entries.last().map(|e| (e.label.en.as_str(), e.count)), Some(("No data", 1)));
        assert_eq!(colours[1], colours[2]);
    }
}

#[test]
fn categories_are_listed_by_frequency_with_the_colour_of_their_rows() {
    let layer = layer(Role::Other, "kind", None, &texts(&["b", "a", "b", "", "c"]));
    let (colours, legend) = colours(&layer, &layer.style);
    let labels: Vec<_> = legend.entries.iter().map(|e| (e.label.en.as_str(), e.count)).collect();
    assert_eq!(labels, [("b", 2), ("a", 1), ("c", 1), ("No data", 1)]);
    assert_eq!(colours[0], legend.entries[0].colour);
    assert_eq!(colours[3], legend.entries[3].colour);
}

#[test]
fn parcels_get_official_colours_without_being_asked() {
    let mut layer = layer(Role::Parcel, "YDXZ", Some(Meaning::Use), &texts(&["0701", "070102", "R2", "1401", "?"]));
    layer.style.colour_by = None;
    let (colours, legend) = colours(&layer, &layer.style);
    // #FFFF2D, opaque.
    assert_eq!(colours[0], 0xFF2D_FFFF);
    assert_eq!(colours[0], colours[1]);
    let labels: Vec<_> = legend.entries.iter().map(|e| (e.label.zh.as_str(), e.count)).collect();
    assert_eq!(labels, [("0701 城镇住宅用地", 2), ("1401 公园绿地", 1), ("R2 二类居住用地", 1), ("无数据", 1)]);
}

#[test]
fn given_colours_are_shown_as_given() {
    let layer = layer(Role::Building, "color", Some(Meaning::Colour), &texts(&["#aabbcc", "red", "", "odd"]));
    let (colours, legend) = colours(&layer, &layer.style);
    assert_eq!(colours[..2], [0xFFCC_BBAA, 0xFF00_00FF]);
    assert_eq!(colours[2], packed(role_colour(Role::Building), 1.0));
    assert_eq!(legend.entries.last().map(|e| e.count), Some(2));
}

#[test]
fn years_run_on_a_ramp_without_grouping_and_sentinels_are_no_data() {
    let years: Vec<f64> = (0..101).map(|i| 1900.0 + f64::from(i)).chain([0.0]).collect();
    let layer = layer(Role::Building, "year", Some(Meaning::Year), &numbers(&years));
    let (colours, legend) = colours(&layer, &layer.style);
    assert!(legend.continuous);
    let labels: Vec<_> = legend.entries.iter().map(|e| e.label.en.as_str()).collect();
    assert_eq!(labels, ["1902", "1926", "1950", "1974", "1998", "No data"]);
    assert_eq!(colours[101], packed(NO_DATA, 1.0));
    assert_ne!(colours[10], colours[90]);
}

#[test]
fn guessed_heights_can_be_told_from_measured_ones() {
    let mut layer = layer(Role::Building, "h", None, &numbers(&[1.0, 2.0, 3.0]));
    layer.heights = Some(Heights {
        top: vec![10.0, 20.0, 6.0],
        base: vec![0.0; 3],
        source: vec![HeightSource::Surveyed, HeightSource::Surveyed, HeightSource::Default],
        covered: vec![false; 3],
    });
    layer.style.colour_by = Some(HEIGHT_PROVENANCE.into());
    layer.style.opacity = 0.5;
    let (shown, legend) = colours(&layer, &layer.style);
    assert!(shown[0] == shown[1] && shown[0] != shown[2]);
    assert_eq!(shown[0] >> 24, 128);
    let entries: Vec<_> = legend.entries.iter().map(|e| (e.label.en.as_str(), e.count)).collect();
    assert_eq!(entries, [("Surveyed", 2), ("Default", 1)]);
    layer.style.colour_by = Some(HEIGHT.into());
    let (by_height, legend) = colours(&layer, &layer.style);
    assert_ne!(by_height[0], by_height[1]);
    assert_eq!(total(&legend), 3);
}
