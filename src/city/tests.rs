//! Cities from small layers made by hand: what a user sees of where and how sure.

use super::read::name_layers;
use super::*;
use crate::formats::{RawData, RawLayer};
use crate::model::project::ProjectLayer;
use crate::model::{GeometryKind, Role, TableBuilder, Value};
use crate::place::{CrsBasis, FoundCrs};

/// Squares of `size` units, lower left corners given, in a layer that says `crs` (or nothing).
fn squares(name: &str, crs: Option<u32>, size: f64, corners: &[[f64; 2]]) -> RawData {
    let mut builder = TableBuilder::default();
    let field = builder.field("n");
    for (n, [x, y]) in corners.iter().enumerate() {
        builder.set(field, &Value::Integer(n as i64));
        for (dx, dy) in [(0.0, 0.0), (size, 0.0), (size, size), (0.0, size)] {
            builder.geometry.push_vertex([x + dx, y + dy], None);
        }
        builder.geometry.end_ring();
        builder.geometry.end_part();
        builder.geometry.end_feature(GeometryKind::Polygon);
    }
    RawData::Vector(RawLayer {
        name: name.to_owned(),
        format: "by hand".into(),
        table: builder.finish(),
        crs: crs.map_or_else(
            || FoundCrs::unknown("the file says nothing"),
            |code| FoundCrs::from_file(Crs::from_epsg(code).unwrap(), ""),
        ),
        encoding: String::new(),
        report: Report::default(),
    })
}

fn spec(source: &str) -> ProjectLayer {
    ProjectLayer { source: source.to_owned(), visible: true, named_by_user: true, ..ProjectLayer::default() }
}

/// Assembles a city of sources that hold the given layers.
fn city(crs: Option<&str>, sources: Vec<(ProjectLayer, Vec<RawData>)>) -> Result<City, CityError> {
    let (specs, data): (Vec<_>, Vec<_>) = sources.into_iter().unzip();
    let project = Project { crs: crs.map(str::to_owned), layers: specs, ..Project::default() };
    let mut report = Report::default();
    let mut taken = Vec::new();
    let mut opened = Vec::new();
    for (spec, data) in project.layers.iter().zip(data) {
        let name = source::slug(source::stem(&spec.source));
        opened.extend(name_layers(spec, &name, data, &mut taken, &mut report));
    }
    City::assemble(&project, opened, report, &Progress::default())
}

fn said(city: &City) -> String {
    let layers = city.layers.iter().flat_map(|layer| &layer.layer.report.issues);
    let all: Vec<String> = city.report.issues.iter().chain(layers).map(ToString::to_string).collect();
    all.join("\n")
}

const TIANJIN: [f64; 2] = [117.1951, 39.1189];
/// `cs2cs` (domain notes E2): the same in EPSG:4548.
const TIANJIN_4548: [f64; 2] = [516_872.495_6, 4_331_721.984_9];

/// The first feature must have a vertex (rings may begin anywhere) at the expected place.
fn near(layer: &Layer, expected: [f64; 2], metres: f64) {
    let vertices = layer.table.geometry.vertices(0);
    let off = vertices.iter().map(|[x, y]| (x - expected[0]).hypot(y - expected[1])).fold(f64::INFINITY, f64::min);
    assert!(off <= metres, "{vertices:?} are {off} m from {expected:?}");
}

#[test]
fn degrees_land_on_their_metres_in_the_zone_of_the_place() {
    let city = city(None, vec![(spec("a/b.geojson"), vec![squares("b", Some(4326), 1e-4, &[TIANJIN])])]).unwrap();
    assert_eq!(city.crs.code(), Some("EPSG:4548"));
    assert!(city.crs_basis.contains("117°E"), "{}", city.crs_basis);
    let layer = &city.layer("b").unwrap().layer;
    near(layer, TIANJIN_4548, 0.001);
    assert_eq!((layer.crs.basis, city.extent.is_empty()), (CrsBasis::File, false));
}

#[test]
fn a_declared_crs_goes_before_the_files_and_is_said() {
    let declared = ProjectLayer { crs: Some("EPSG:4548".into()), role: Some(Role::Parcel), ..spec("p.shp") };
    let city = city(None, vec![(declared, vec![squares("p", Some(32650), 10.0, &[TIANJIN_4548])])]).unwrap();
    let layer = &city.layers[0].layer;
    near(layer, TIANJIN_4548, 1e-6);
    assert_eq!((layer.crs.basis, layer.role), (CrsBasis::Declared, Role::Parcel));
    assert!(said(&city).contains("the project declares"), "{}", said(&city));
}

#[test]
fn an_unknown_layer_is_not_placed_and_says_what_to_declare() {
    let unknown = || squares("u", None, 10.0, &[TIANJIN_4548, [517_000.0, 4_332_000.0]]);
    let Err(CityError::Nothing { reasons }) = city(None, vec![(spec("u.shp"), vec![unknown()])]) else {
        panic!("a layer was placed that nobody placed")
    };
    assert!(reasons[0].contains("EPSG:4548") && reasons[0].contains("crs = "), "{reasons:?}");
    // Beside a layer in Tianjin the zone can be told; it is a guess and said to be one.
    let known = squares("k", Some(4326), 1e-4, &[TIANJIN]);
    let city = city(None, vec![(spec("u.shp"), vec![unknown()]), (spec("k.geojson"), vec![known])]).unwrap();
    let layer = &city.layer("u").unwrap().layer;
    near(layer, TIANJIN_4548, 1e-6);
    assert_eq!(layer.crs.basis, CrsBasis::Guessed);
    assert!(said(&city).contains("layer u: the CRS was guessed: EPSG:4548"), "{}", said(&city));
}

#[test]
fn metres_in_a_layer_that_says_degrees_are_found_out() {
    let zone = squares("z", Some(4326), 10.0, &[[39_516_872.495_6, TIANJIN_4548[1]]]);
    let city = city(None, vec![(spec("z.geojson"), vec![zone])]).unwrap();
    near(&city.layers[0].layer, TIANJIN_4548, 0.001);
    assert!(said(&city).contains("its numbers are no degrees"), "{}", said(&city));
}

#[test]
fn swapped_axes_are_exchanged_and_said() {
    let swapped = squares("s", None, 1e-4, &[[TIANJIN[1], TIANJIN[0]]]);
    let city = city(None, vec![(spec("s.csv"), vec![swapped])]).unwrap();
    near(&city.layers[0].layer, TIANJIN_4548, 0.001);
    assert!(said(&city).contains("axes were exchanged"), "{}", said(&city));
}

/// GCJ-02 of the place (domain notes E4): 117.201411386, 39.119936540.
#[test]
fn a_declared_shift_is_undone() {
    let shifted = ProjectLayer { offset: Some("gcj02".into()), ..spec("g.geojson") };
    let raw = squares("g", Some(4326), 1e-4, &[[117.201_411_386, 39.119_936_540]]);
    let city = city(None, vec![(shifted, vec![raw])]).unwrap();
    near(&city.layers[0].layer, TIANJIN_4548, 0.001);
    let wrong = ProjectLayer { offset: Some("mars".into()), ..spec("g.geojson") };
    let Err(CityError::Nothing { reasons }) =
        super::tests::city(None, vec![(wrong, vec![squares("g", Some(4326), 1e-4, &[TIANJIN])])])
    else {
        panic!("a shift that is not known was ignored")
    };
    assert!(reasons[0].contains("gcj02 or bd09"), "{reasons:?}");
}

#[test]
fn a_layer_far_from_the_rest_is_named_with_its_likely_cause() {
    let main = || (spec("main.geojson"), vec![squares("main", Some(4326), 1e-4, &[TIANJIN; 5])]);
    // In the next zone's CRS; in feet; with the axes swapped.
    for (code, corner, word) in [
        (4549, TIANJIN_4548, "EPSG:4548"),
        (4548, [TIANJIN_4548[0] / 0.3048, TIANJIN_4548[1] / 0.3048], "feet"),
        (4326, [TIANJIN[1], TIANJIN[0] - 30.0], "another place"),
    ] {
        let far = squares("far", Some(code), 1e-5, &[corner]);
        let city = city(None, vec![main(), (spec("far.shp"), vec![far])]).unwrap();
        let said = said(&city);
        assert!(said.contains("km from the other layers") && said.contains(word), "{code}: {said}");
        assert!(city.extent.width() < 1000.0, "the view would show half the country: {:?}", city.extent);
    }
}

#[test]
fn features_that_cannot_be_placed_are_skipped_and_keep_their_rows() {
    let raw = squares("b", Some(4326), 1e-4, &[TIANJIN, [f64::NAN, 39.0], [117.2, 1e11], [117.2, 39.2]]);
    let city = city(None, vec![(spec("b.geojson"), vec![raw])]).unwrap();
    let layer = &city.layers[0].layer;
    let rows: Vec<u64> = layer.report.skipped.iter().map(|s| s.feature).collect();
    assert_eq!(rows, [1, 2]);
    assert_eq!(layer.table.len(), 4);
    assert_eq!(layer.table.value(3, "n"), Value::Integer(3));
    assert_eq!(layer.table.geometry.kind(3), GeometryKind::Polygon);
}

#[test]
fn layers_of_one_source_get_ids_of_their_own_and_empty_ones_are_said() {
    let source = || {
        let one = |name, at: &[[f64; 2]]| squares(name, Some(4326), 1e-4, at);
        (spec("Plan A.gpkg"), vec![one("roads", &[TIANJIN]), one("Plots", &[TIANJIN]), one("nothing", &[])])
    };
    let city = city(None, vec![source(), source()]).unwrap();
    let ids: Vec<&str> = city.layers.iter().map(|layer| layer.layer.id.as_str()).collect();
    assert_eq!(ids, ["plan-a-roads", "plan-a-plots", "plan-a-roads-2", "plan-a-plots-2"]);
    assert!(said(&city).contains("\"nothing\" has no features"), "{}", said(&city));
}

#[test]
fn a_table_without_coordinates_stays_a_table() {
    let mut builder = TableBuilder::default();
    let field = builder.field("ML");
    for key in 0..3 {
        builder.set(field, &Value::Integer(key));
        builder.geometry.end_feature(GeometryKind::None);
    }
    let RawData::Vector(raw) = squares("t", None, 1.0, &[]) else { unreachable!() };
    let table = RawData::Vector(RawLayer { table: builder.finish(), ..raw });
    let city = city(None, vec![(spec("t.csv"), vec![table])]).unwrap();
    assert_eq!(city.layers[0].layer.table.len(), 3);
    assert!(city.layers[0].layer.crs.crs.is_none() && city.extent.is_empty());
}

#[test]
fn a_project_crs_that_is_not_in_metres_is_refused() {
    for crs in ["EPSG:4326", "EPSG:2263", "nonsense"] {
        let raw = squares("b", Some(4326), 1e-4, &[TIANJIN]);
        let refused = city(Some(crs), vec![(spec("b.geojson"), vec![raw])]);
        assert!(matches!(refused, Err(CityError::Crs(_))), "{crs}");
    }
}

#[test]
fn fields_that_the_source_does_not_have_are_said() {
    let mut spec = spec("b.geojson");
    spec.fields.insert(crate::model::Meaning::Height, "hoehe".into());
    spec.fields.insert(crate::model::Meaning::Id, "n".into());
    let city = city(None, vec![(spec, vec![squares("b", Some(4326), 1e-4, &[TIANJIN])])]).unwrap();
    assert!(said(&city).contains("\"hoehe\"") && said(&city).contains("it has n"), "{}", said(&city));
    let id = city.layers[0].layer.mapping.get(crate::model::Meaning::Id).unwrap();
    assert!(id.declared && id.field == "n");
}

#[test]
fn a_wish_to_stop_is_obeyed() {
    let project = Project::of_files(&["nowhere.geojson".into()]);
    let progress = Progress::default();
    progress.cancel();
    assert!(matches!(City::open(&project, &progress), Err(CityError::Cancelled)));
    // And without the wish the reason names the file.
    let Err(CityError::Nothing { reasons }) = City::open(&project, &Progress::default()) else { panic!() };
    assert!(reasons[0].contains("nowhere.geojson"), "{reasons:?}");
}
