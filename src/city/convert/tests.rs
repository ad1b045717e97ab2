use super::*;
use crate::formats::flatgeobuf;
use crate::model::Meaning;

/// Two squares of 0.001° in Tianjin, one of them a row without geometry between.
const BUILDINGS: &str = r#"{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"id":"b1","height":20.0,"floors":5},"geometry":{"type":"Polygon","coordinates":[[[117.2,39.12],[117.201,39.12],[117.201,39.121],[117.2,39.121],[117.2,39.12]]]}},
{"type":"Feature","properties":{"id":"b2"},"geometry":null},
{"type":"Feature","properties":{"id":"b3","height":9,"floors":3},"geometry":{"type":"Polygon","coordinates":[[[117.203,39.12],[117.204,39.12],[117.204,39.121],[117.203,39.121],[117.203,39.12]]]}}
]}"#;

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn with(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("buildings.geojson"), text).unwrap();
        Self { folder }
    }

    fn convert(&self, layer: &ProjectLayer) -> Result<Converted, ConvertError> {
        let [from, to] = ["buildings.geojson", "out.fgb"].map(|name| self.folder.path().join(name));
        convert(layer, &from, None, &to, &Progress::default())
    }

    fn files(&self) -> usize {
        std::fs::read_dir(self.folder.path()).unwrap().count()
    }
}

#[test]
fn a_converted_layer_says_the_same_as_the_layer_opened_whole() {
    let place = Place::with(BUILDINGS);
    let made = place.convert(&ProjectLayer::default()).unwrap();
    assert_eq!((made.crs.code(), made.summary.features, made.skipped), (Some("EPSG:4548"), 3, 1));
    assert_eq!((made.role, made.report.skipped[0].feature), (Role::Building, 1));
    assert!(made.mapping.get(Meaning::Height).is_some_and(|mapped| mapped.field == "height"));
    let [source, target] = ["buildings.geojson", "out.fgb"].map(|name| place.folder.path().join(name));
    let open = |file: &Path| {
        let mut project = Project::of_files(&[file.to_owned()]);
        project.crs = Some("EPSG:4548".to_owned());
        super::super::City::open(&project, &Progress::default()).unwrap()
    };
    let (whole, converted) = (open(&source), open(&target));
    let sum = |city: &super::super::City| {
        let table = &city.layers[0].layer.table;
        let area: f64 = (0..table.len() as u32).map(|row| table.geometry.area(row)).sum();
        (table.len(), (area * 1000.0).round(), table.fields.len())
    };
    assert_eq!(sum(&whole), sum(&converted));
    assert_eq!(whole.layers[0].layer.role, made.role);
}

#[test]
fn a_source_that_ends_early_is_refused_and_leaves_nothing() {
    for cut in [BUILDINGS.len() - 3, BUILDINGS.len() - 60, BUILDINGS.len() / 2] {
        let place = Place::with(&BUILDINGS[..cut]);
        let refused = place.convert(&ProjectLayer::default()).unwrap_err().to_string();
        assert!(refused.contains("buildings.geojson"), "{refused}");
        assert_eq!(place.files(), 1, "{cut}");
    }
}

#[test]
fn an_empty_or_misplaced_source_is_refused_and_leaves_nothing() {
    let place = Place::with("{\"type\":\"FeatureCollection\",\"features\":[]}");
    assert!(place.convert(&ProjectLayer::default()).unwrap_err().to_string().contains("no features"));
    let place = Place::with(&BUILDINGS.replace("39.12", "9999.12"));
    assert!(place.convert(&ProjectLayer::default()).is_err());
    assert_eq!(place.files(), 1);
    let offset = ProjectLayer { offset: Some("mars".into()), ..ProjectLayer::default() };
    assert!(Place::with(BUILDINGS).convert(&offset).unwrap_err().to_string().contains("gcj02"));
}

#[test]
fn a_converted_layer_is_a_file_that_need_not_be_converted_again() {
    let place = Place::with(BUILDINGS);
    place.convert(&ProjectLayer::default()).unwrap();
    let facts = flatgeobuf::look(&place.folder.path().join("out.fgb")).unwrap();
    assert!(facts.whole && facts.indexed);
    assert_eq!((facts.features, facts.crs.crs.unwrap().code()), (3, Some("EPSG:4548")));
}
