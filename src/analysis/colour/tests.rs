use super::palette::{NO_DATA, packed};
use super::*;
use crate::model::mapping::{FieldMapping, Mapped};
use crate::model::style::Classing;
use crate::model::{GeometryKind, HeightSource, Heights, Meaning, TableBuilder, Value, Vertical};
use crate::place::FoundCrs;
use crate::report::Report;
use crate::testing::piece_of;

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

/// Usual colours: `assets/control_lines.toml`. What says no kind has that of the layer's name, here none: grey.
#[test]
fn control_lines_have_their_usual_colours_feature_by_feature_unless_the_user_chose_one() {
    let values = texts(&["蓝线", "道路红线", "生态保护红线", "blue", ""]);
    let mut layer = layer(Role::ControlLine, "kind", Some(Meaning::Category), &values);
    layer.style.colour_by = None;
    let (painted, legend) = colours(&layer, &layer.style);
    let usual = [[0x1f, 0x6f, 0xe0], [0xe0, 0x24, 0x1b], [0x0b, 0x6b, 0x3a], [0x1f, 0x6f, 0xe0], [0x6b, 0x72, 0x80]];
    assert_eq!(painted, usual.map(|rgb| packed(rgb, 1.0)));
    let labels: Vec<_> = legend.entries.iter().map(|e| (e.label.zh.as_str(), e.count)).collect();
    assert_eq!(labels, [("道路红线", 1), ("蓝线", 2), ("生态保护红线", 1), ("其他控制线", 1)]);
    layer.style.colour = Some("#010203".into());
    assert_eq!(colours(&layer, &layer.style).0, [packed([1, 2, 3], 1.0); 5]);
    // Without a field that says kinds the layer's id does.
    (layer.style.colour, layer.mapping, layer.id) = (None, FieldMapping::default(), "ugb".into());
    assert_eq!(colours(&layer, &layer.style).0, [packed([0xc2, 0x18, 0x5b], 1.0); 5]);
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
fn values_with_colours_of_their_own_are_the_legend_in_their_order() {
    let mut layer = layer(Role::Parcel, "verdict", None, &texts(&["pass", "breach", "pass", "odd", ""]));
    let given = [("breach", "#d73027"), ("unknown", "#fdc86c"), ("pass", "#4b9cd3")];
    layer.style.values = given.map(|(value, colour)| (value.to_owned(), colour.to_owned())).into();
    let (rows, legend) = colours(&layer, &layer.style);
    let [breach, pass, none] = [[0xd7, 0x30, 0x27], [0x4b, 0x9c, 0xd3], NO_DATA].map(|colour| packed(colour, 1.0));
    assert_eq!(rows, [pass, breach, pass, none, none]);
    // What no row has is there as well: one legend for every part of a city.
    let said: Vec<_> = legend.entries.iter().map(|entry| (entry.label.en(), entry.count)).collect();
    assert_eq!(said, [("breach", 1), ("unknown", 0), ("pass", 2), ("Other values", 1), ("No data", 1)]);
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

/// A layer with a field of every kind, none of them full, and heights.
fn motley(role: Role) -> Layer {
    let uses = ["0701", "070102", "R2 二类居住用地", "1401", "?", "", "公园绿地"];
    let given = ["#aabbcc", "red", "", "odd", "rgb(1, 2, 3)"];
    let mut builder = TableBuilder::default();
    let names = ["kind", "use", "colour", "real", "height", "year", "whole", "moment", "flag", "text", "empty"];
    let columns = names.map(|name| builder.field(name));
    for i in 0..60_i64 {
        let text = |all: &[&'static str]| all[i as usize % all.len()].to_owned();
        let values = [
            // 21 kinds, more than have a colour of their own.
            Value::Text(format!("kind {}", (i * i) % 47).into()),
            Value::Text(text(&uses).into()),
            Value::Text(text(&given).into()),
            Value::Real(1.5 * ((i * 37) % 61) as f64),
            Value::Text(format!("{} m", (i * 11) % 90).into()),
            Value::Integer(if i % 9 == 0 { 0 } else { 1900 + i }),
            Value::Integer((i * 7) % 23),
            Value::Time(86_400_000 * i),
            Value::Boolean(i % 3 == 0),
            Value::Text(if i % 5 == 0 { "none".into() } else { (i % 13).to_string().into() }),
            Value::Null,
        ];
        for (n, (column, value)) in columns.iter().zip(&values).enumerate() {
            if (i + n as i64) % 8 != 0 {
                builder.set(*column, value);
            }
        }
        builder.geometry.end_feature(GeometryKind::None);
    }
    let mut layer = layer(role, "", None, &[]);
    layer.table = builder.finish();
    let meanings = [(Meaning::Use, "use"), (Meaning::Colour, "colour"), (Meaning::Year, "year")];
    for (meaning, field) in meanings.into_iter().chain([(Meaning::Height, "height")]) {
        let factor = if meaning == Meaning::Height { 0.3048 } else { 1.0 };
        layer.mapping.set(meaning, Mapped { field: field.into(), factor, declared: true, reason: String::new() });
    }
    layer.heights = Some(Heights {
        top: (0..60_u8).map(|i| f32::from(i * 3 % 100) + 6.0).collect(),
        base: vec![0.0; 60],
        source: (0..60).map(|i| HeightSource::ALL[i % 4]).collect(),
        covered: vec![false; 60],
    });
    layer
}

/// Every kind of style that a layer can have.
fn styles(layer: &Layer) -> Vec<LayerStyle> {
    use Classing::*;
    let mut styles = vec![LayerStyle { colour: Some("#123456".into()), ..LayerStyle::default() }];
    let fields = layer.table.fields.iter().map(|field| field.name.as_str());
    let keys = fields.chain([HEIGHT, HEIGHT_PROVENANCE, "no such field"]).map(|key| Some(key.to_owned()));
    for colour_by in keys.chain([None]) {
        for classing in [None, Some(Categories), Some(Quantile), Some(Equal), Some(Jenks), Some(Ramp)] {
            for (classes, opacity) in [(None, 1.0), (Some(3), 0.5)] {
                let colour_by = colour_by.clone();
                styles.push(LayerStyle { colour_by, classing, classes, opacity, ..LayerStyle::default() });
            }
        }
    }
    styles
}

/// What a painter gives each row when it is given a layer piece by piece.
fn painted_in(pieces: &[Vec<u32>], painter: &Painter, layer: &Layer) -> Vec<u32> {
    let mut colours = vec![0; layer.table.len()];
    for rows in pieces {
        let mut piece = piece_of(layer, rows);
        // A piece need have no more than the painter asks for.
        let fields = painter.fields();
        piece.table.fields.retain(|field| fields.contains(&field.name));
        piece.heights = piece.heights.filter(|_| painter.needs_heights());
        piece.mapping = FieldMapping::default();
        for (row, colour) in painter.paint(&piece).into_iter().enumerate() {
            colours[piece.whole_row(row as u32) as usize] = colour;
        }
    }
    colours
}

#[test]
fn painting_in_pieces_gives_the_colours_of_painting_whole() {
    let cuts: [Vec<Vec<u32>>; 4] = [
        vec![(0..60).rev().collect()],
        vec![(0..1).collect(), (1..59).collect(), (59..60).collect(), vec![]],
        (0..7).map(|first| (first..60).step_by(7).collect()).collect(),
        (0..60).map(|row| vec![row]).collect(),
    ];
    for role in [Role::Building, Role::Parcel, Role::Other] {
        let layer = motley(role);
        let sample = piece_of(&layer, &(0..60).step_by(4).collect::<Vec<_>>());
        for style in styles(&layer) {
            let (whole, _) = colours(&layer, &style);
            let (painter, _) = Painter::learn(&layer, &style);
            // What was learnt from a sample differs from what the whole teaches, but not from piece to piece.
            let (sampled, _) = Painter::learn(&sample, &style);
            let by_sample = sampled.paint(&layer);
            for pieces in &cuts {
                assert_eq!(painted_in(pieces, &painter, &layer), whole, "{style:?}");
                assert_eq!(painted_in(pieces, &sampled, &layer), by_sample, "{style:?} from a sample");
            }
        }
    }
}

#[test]
fn a_number_beyond_those_learnt_takes_the_nearer_end() {
    let seen = layer(Role::Other, "v", None, &numbers(&[10.0, 11.0, 12.0, 13.0, 14.0, 15.0]));
    let more = layer(Role::Other, "v", None, &numbers(&[-4.0, 10.0, 15.0, 99.0, f64::NAN, f64::INFINITY]));
    for classing in [Classing::Quantile, Classing::Equal, Classing::Jenks, Classing::Ramp] {
        let style = LayerStyle { classing: Some(classing), ..seen.style.clone() };
        let colours = Painter::learn(&seen, &style).0.paint(&more);
        assert_eq!((colours[0], colours[2]), (colours[1], colours[3]), "{classing:?}");
        assert_ne!(colours[1], colours[2], "{classing:?}");
        assert_eq!(colours[4..], [packed(NO_DATA, 1.0); 2], "{classing:?}");
    }
}

#[test]
fn a_category_not_seen_while_learning_has_the_colour_of_its_label() {
    let seen = layer(Role::Other, "v", None, &texts(&["a", "b"]));
    let colours = Painter::learn(&seen, &seen.style).0.paint(&layer(Role::Other, "v", None, &texts(&["new", "a", ""])));
    // The colour that it has as the ninth category or the ninetieth of any layer.
    assert_eq!(colours[0], packed(palette::category(8, "new"), 1.0));
    assert_eq!(colours[1], packed(palette::category(0, "a"), 1.0));
    assert_eq!(colours[2], packed(NO_DATA, 1.0));
}

#[test]
fn a_painter_says_what_it_needs_and_paints_without_it_as_without_a_value() {
    let layer = motley(Role::Parcel);
    let bare =
        Layer { table: crate::model::FeatureTable { fields: Vec::new(), ..layer.table.clone() }, ..layer.clone() };
    let bare = Layer { heights: None, ..bare };
    let no_data = packed(NO_DATA, 1.0);
    for (by, fields, heights, without) in [
        (Some("real"), vec!["real"], false, no_data),
        (Some("kind"), vec!["kind"], false, no_data),
        (Some("colour"), vec!["colour"], false, packed(role_colour(Role::Parcel), 1.0)),
        // Parcels are coloured by their use without being asked.
        (None, vec!["use"], false, no_data),
        (Some(HEIGHT), vec![], true, no_data),
        (Some(HEIGHT_PROVENANCE), vec![], true, no_data),
        (Some("no such field"), vec![], false, packed(role_colour(Role::Parcel), 1.0)),
    ] {
        let style = LayerStyle { colour_by: by.map(Into::into), ..LayerStyle::default() };
        let (painter, _) = Painter::learn(&layer, &style);
        assert_eq!(
            (painter.fields(), painter.needs_heights()),
            (fields.iter().map(|f| f.to_string()).collect(), heights)
        );
        assert_eq!(painter.paint(&bare), vec![without; 60], "{by:?}");
    }
}

/// Printed for people; the limit is generous for busy machines.
#[test]
fn a_million_rows_are_coloured_at_once() {
    let uses = ["0701", "070102", "R2 二类居住用地", "1401", "公园绿地", "工业", "其他"];
    let many: Vec<String> = (0..1_000_000).map(|i| format!("{} {}", uses[i % 7], i % 3000)).collect();
    let repeated: Vec<Value> = (0..1_000_000).map(|i| Value::Text(uses[i % 7].into())).collect();
    let various: Vec<Value> = many.iter().map(|text| Value::Text(text.as_str().into())).collect();
    let metres: Vec<Value> = (0..1_000_000).map(|i| Value::Real(f64::from(i % 9973) / 7.0)).collect();
    for (what, role, means, values) in [
        ("land use", Role::Parcel, Some(Meaning::Use), &repeated),
        ("7 categories", Role::Other, None, &repeated),
        ("21,000 categories", Role::Other, None, &various),
        ("numbers", Role::Other, None, &metres),
    ] {
        let layer = layer(role, "v", means, values);
        let times = (0..5).map(|_| {
            let began = std::time::Instant::now();
            assert_eq!(colours(&layer, &layer.style).0.len(), 1_000_000);
            began.elapsed().as_secs_f64() * 1e3
        });
        let mut times: Vec<f64> = times.collect();
        times.sort_by(f64::total_cmp);
        println!("{what}: median {:.1} ms of {times:.1?}", times[2]);
        assert!(times[2] < 5_000.0);
    }
}
