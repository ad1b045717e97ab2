use std::io::Write;
use std::path::{Path, PathBuf};

use super::*;
use crate::city::City;
use crate::model::project::{Project, View};
use crate::query::Filter;
use crate::report::Progress;
use crate::snapshot::{Wish, WishedLayer};

/// Two buildings and a tree; in a folder of their own with a project.
fn project() -> (tempfile::TempDir, Project) {
    let folder = tempfile::tempdir().unwrap();
    let square = |x: f64| format!("[[[{x},39.1],[{},39.1],[{},39.1001],[{x},39.1001],[{x},39.1]]]", x + 1e-4, x + 1e-4);
    let feature = |x: f64, name: &str, floors: u32| {
        let shape = square(x);
        format!(
            r#"{{"type":"Feature","properties":{{"name":"{name}","Fid":"{floors}x","floors":{floors}}},"geometry":{{"type":"Polygon","coordinates":{shape}}}}}"#
        )
    };
    let collection = format!(
        r#"{{"type":"FeatureCollection","features":[{},{}]}}"#,
        feature(117.2, "海河大厦", 30),
        feature(117.21, "two", 3)
    );
    std::fs::write(folder.path().join("houses.geojson"), collection).unwrap();
    let toml = "title = { zh = \"海河\", en = \"Haihe\" }\ncrs = \"EPSG:4548\"\n\n[[layer]]\nid = \"houses\"\nsource = \
                \"houses.geojson\"\nrole = \"building\"\nfields = { storeys = \"floors\" }\nstyle = { colour_by = \
                \"floors\", label_by = \"Fid\" }\nabout = { licence = \"CC-BY-4.0\" }\n";
    std::fs::write(folder.path().join("project.toml"), toml).unwrap();
    let project = Project::read(folder.path()).unwrap();
    (folder, project)
}

fn wish(city: &City) -> Wish {
    let layers = (0..city.layers.len()).map(WishedLayer::whole).collect();
    Wish { layers, bounds: None, clip: false, crs: city.crs.clone(), offset: None, unmasked: false }
}

fn packed(project: &Project, wish_of: impl Fn(&City) -> Wish, extras: &Extras<'_>, out: &Path) -> City {
    let city = City::open(project, &Progress::default()).unwrap();
    pack(&city, project, &wish_of(&city), extras, out, &Progress::default()).unwrap();
    city
}

fn view() -> View {
    View { target: [516_000.125, 4_331_000.5], up: 3.0, distance: 700.0, heading: 12.5, pitch: 40.0, date: None }
}

#[test]
fn a_package_opens_as_what_was_packed() {
    let (folder, project) = project();
    let out = folder.path().join("p.cimpack");
    let extras = Extras { view: Some(view()), ..Extras::default() };
    let before = packed(&project, wish, &extras, &out);
    let verdict = verify(&out, &Progress::default()).unwrap();
    assert!(verdict.wrong.is_empty(), "{:?}", verdict.wrong);
    let one = &verdict.manifest.layers[0];
    assert_eq!((one.features, one.of, one.source.name.as_str()), (Some(2), Some(2), "houses.geojson"));
    assert_eq!(one.source.about.licence, "CC-BY-4.0");
    assert_eq!(one.heights, Some([0, 2, 0, 0]), "both heights come from storeys");
    let place = folder.path().join("unpacked");
    let file = unpack(&out, &place, &Progress::default()).unwrap();
    let again = Project::read(&file).unwrap();
    assert_eq!(again.view, Some(view()));
    let after = City::open(&again, &Progress::default()).unwrap();
    let (old, new) = (&before.layers[0].layer, &after.layers[0].layer);
    assert_eq!(old.table.geometry.xy, new.table.geometry.xy, "coordinates to the bit");
    assert_eq!(old.heights, new.heights);
    assert_eq!((old.role, &old.title, &old.about), (new.role, &new.title, &new.about));
    // The format keeps `fid` for itself: the label follows the field to its new name.
    assert_eq!(new.style.label_by.as_deref(), Some("Fid_1"));
    assert_eq!(new.table.value(0, "Fid_1"), old.table.value(0, "Fid"));
    // Opened again it is not unpacked again.
    assert_eq!(unpack(&out, &place, &Progress::default()).unwrap(), file);
    // Nor is what was changed without another size taken for what was packed.
    let table = file.parent().unwrap().join(LAYERS);
    let mut bytes = std::fs::read(&table).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&table, &bytes).unwrap();
    let long_ago = std::time::SystemTime::UNIX_EPOCH;
    std::fs::File::options().write(true).open(&table).unwrap().set_modified(long_ago).unwrap();
    let second = unpack(&out, &place, &Progress::default()).unwrap();
    assert_ne!(second, file);
    assert_eq!(unpack(&out, &place, &Progress::default()).unwrap(), second);
    let file = second;
    // What somebody changed in the folder stays, and the package opens as it was packed.
    std::fs::write(&file, "mine").unwrap();
    let other = unpack(&out, &place, &Progress::default()).unwrap();
    assert_ne!(other, file);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
}

#[test]
fn the_manifest_says_what_was_chosen() {
    let (folder, project) = project();
    let out = folder.path().join("p.cimpack");
    let some = |city: &City| {
        let mut wish = wish(city);
        wish.layers[0].filter = Some(Filter::parse("floors > 10").unwrap());
        wish
    };
    let extras = Extras { conditions: vec![Some("floors > 10".into())], ..Extras::default() };
    packed(&project, some, &extras, &out);
    let manifest = verify(&out, &Progress::default()).unwrap().manifest;
    let one = &manifest.layers[0];
    assert_eq!((one.features, one.of, one.filter.as_deref()), (Some(1), Some(2), Some("floors > 10")));
}

/// What becomes of a file of a zip.
type Change = dyn Fn(&str, Vec<u8>) -> Option<Vec<u8>>;

/// Copies a zip, with another content under some names, and perhaps a file more.
fn copied(from: &Path, to: &Path, change: impl Fn(&str, Vec<u8>) -> Option<Vec<u8>>, more: Option<&str>) {
    let mut old = zip::ZipArchive::new(std::fs::File::open(from).unwrap()).unwrap();
    let mut new = zip::ZipWriter::new(std::fs::File::create(to).unwrap());
    for at in 0..old.len() {
        let mut member = old.by_index(at).unwrap();
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut member, &mut bytes).unwrap();
        let name = member.name().unwrap().into_owned();
        if let Some(bytes) = change(&name, bytes) {
            new.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
            new.write_all(&bytes).unwrap();
        }
    }
    if let Some(more) = more {
        new.start_file(more, zip::write::SimpleFileOptions::default()).unwrap();
        new.write_all(b"more").unwrap();
    }
    new.finish().unwrap();
}

#[test]
fn what_was_changed_is_found_and_not_opened() {
    let (folder, project) = project();
    let out = folder.path().join("p.cimpack");
    packed(&project, wish, &Extras::default(), &out);
    let bad = folder.path().join("bad.cimpack");
    let flipped = |name: &str, mut bytes: Vec<u8>| {
        if name == LAYERS {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
        }
        Some(bytes)
    };
    let longer = |name: &str, mut bytes: Vec<u8>| {
        if name == PROJECT {
            bytes.push(b'#');
        }
        Some(bytes)
    };
    let without = |name: &str, bytes: Vec<u8>| (name != LAYERS).then_some(bytes);
    let changes: [(&Change, &str); 3] = [(&flipped, "was changed"), (&longer, "another size"), (&without, "missing")];
    for (change, word) in changes {
        copied(&out, &bad, change, None);
        let wrong = verify(&bad, &Progress::default()).unwrap().wrong;
        assert!(wrong.len() == 1 && wrong[0].contains(word), "{word}: {wrong:?}");
        let error = unpack(&bad, &folder.path().join("u"), &Progress::default()).unwrap_err().to_string();
        assert!(error.contains(word) && error.contains("get it again"), "{error}");
    }
    copied(&out, &bad, |_, bytes| Some(bytes), Some("../evil"));
    assert_eq!(verify(&bad, &Progress::default()).unwrap().wrong, ["../evil is not in the manifest"]);
    unpack(&bad, &folder.path().join("u"), &Progress::default()).unwrap();
    assert!(!folder.path().join("evil").exists() && !folder.path().join("u/evil").exists());
    // A manifest that names a place outside.
    let leads_out = |name: &str, bytes: Vec<u8>| {
        let text = String::from_utf8_lossy(&bytes).replace("\"project.toml\"", "\"../../project.toml\"");
        Some(if name == MANIFEST { text.into_bytes() } else { bytes })
    };
    copied(&out, &bad, leads_out, None);
    let error = unpack(&bad, &folder.path().join("u"), &Progress::default()).unwrap_err().to_string();
    assert!(error.contains("outside"), "{error}");
    for (bytes, word) in
        [(&b"PK\x03\x04cut"[..], "get it again"), (b"", "get it again"), (b"age-encryption", "decrypt")]
    {
        std::fs::write(&bad, bytes).unwrap();
        let error = verify(&bad, &Progress::default()).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    }
}

#[test]
fn an_encrypted_package_opens_with_its_key_alone() {
    use age::secrecy::ExposeSecret;
    let (folder, project) = project();
    let out = folder.path().join("p.cimpack.age");
    let [mine, other] = [age::x25519::Identity::generate(), age::x25519::Identity::generate()];
    let recipients = Some(Recipients::parse(&[mine.to_public().to_string()]).unwrap());
    packed(&project, wish, &Extras { recipients, ..Extras::default() }, &out);
    assert!(std::fs::read(&out).unwrap().starts_with(b"age-encryption.org/v1"));
    let keys: Vec<PathBuf> = [("mine", &mine), ("other", &other)]
        .into_iter()
        .map(|(name, key)| {
            let file = folder.path().join(name);
            std::fs::write(&file, key.to_string().expose_secret()).unwrap();
            file
        })
        .collect();
    let open = |key: usize, mut to: &mut dyn Write| open_sealed(&out, &keys[key], &mut to, &Progress::default());
    let error = open(1, &mut Vec::<u8>::new()).unwrap_err().to_string();
    assert!(error.contains("another key"), "{error}");
    // A disk that takes nothing is not the package's fault.
    let error = open(0, &mut &mut [0_u8; 4][..]).unwrap_err();
    assert!(matches!(error, UnsealError::Output(_)), "{error}");
    let plain = folder.path().join("p.cimpack");
    open(0, &mut std::fs::File::create(&plain).unwrap()).unwrap();
    assert!(verify(&plain, &Progress::default()).unwrap().wrong.is_empty());
    assert!(Recipients::parse(&["age1nonsense".into()]).is_err());
}

/// Layers of one source whose names are Chinese: their ids hold those names, which no project file takes.
#[test]
fn layers_of_any_script_open_again_and_questions_find_them() {
    use crate::formats::geopackage::GeoPackage;
    use crate::formats::writer::Head;
    use crate::model::{GeometryKind, TableBuilder, Value};
    let folder = tempfile::tempdir().unwrap();
    let crs = crate::place::Crs::parse("EPSG:4548").unwrap();
    let mut source = GeoPackage::create(&folder.path().join("city.gpkg")).unwrap();
    for (row, name) in ["建筑", "道路"].into_iter().enumerate() {
        let mut builder = TableBuilder::default();
        let column = builder.field("名称");
        builder.set(column, &Value::Text(name.into()));
        builder.geometry.push_vertex([516_000.0 + row as f64, 4_331_000.0], None);
        builder.geometry.end_ring();
        builder.geometry.end_part();
        builder.geometry.end_feature(GeometryKind::Point);
        let table = builder.finish();
        let kind = GeometryKind::Point;
        let head = Head { name, title: name, crs: &crs, kind, z: false, label: None, colour: [0; 3] };
        source.begin(&head, &table).unwrap();
        source.push(&table).unwrap();
    }
    source.finish().unwrap();
    let toml = "[[layer]]\nid = \"city\"\nsource = \"city.gpkg\"\n\n[[question]]\nid = \"q\"\ntitle = \"q\"\nlayer = \
                \"city-建筑\"\n\n[[question.relation]]\nkind = \"near\"\nlayer = \"city-道路\"\nmetres = 10.0\n";
    std::fs::write(folder.path().join("project.toml"), toml).unwrap();
    let project = Project::read(folder.path()).unwrap();
    let out = folder.path().join("p.cimpack");
    let city = packed(&project, wish, &Extras::default(), &out);
    let ids: Vec<&str> = city.layers.iter().map(|layer| layer.layer.id.as_str()).collect();
    assert_eq!(ids, ["city-建筑", "city-道路"]);
    let manifest = verify(&out, &Progress::default()).unwrap().manifest;
    let packed: Vec<(&str, bool)> =
        manifest.layers.iter().map(|layer| (layer.layer.as_str(), layer.source.sha256.is_some())).collect();
    assert_eq!(packed, [("city", true), ("city-2", true)]);
    let file = unpack(&out, &folder.path().join("u"), &Progress::default()).unwrap();
    let again = Project::read(&file).unwrap();
    let names: Vec<_> = again.layers.iter().map(|layer| layer.layer_name.as_deref()).collect();
    assert_eq!(names, [Some("city-建筑"), Some("city-道路")]);
    let question = &again.questions[0];
    assert_eq!((question.layer.as_str(), question.relations[0].layer.as_str()), ("city", "city-2"));
    let after = City::open(&again, &Progress::default()).unwrap();
    assert_eq!(after.layers.len(), 2);
    for (old, new) in city.layers.iter().zip(&after.layers) {
        assert_eq!(old.layer.table.geometry.xy, new.layer.table.geometry.xy);
    }
}

/// An id number that is the id of two rows: opening warns of it and quotes it, and a question asks for it.
#[test]
fn what_is_masked_stands_nowhere_in_the_package() {
    const NUMBER: &str = "11010519491231002X";
    let folder = tempfile::tempdir().unwrap();
    let row = format!(
        r#"{{"type":"Feature","properties":{{"身份证号":"{NUMBER}","n":1}},"geometry":{{"type":"Point","coordinates":[117.2,39.1]}}}}"#
    );
    let collection = format!(r#"{{"type":"FeatureCollection","features":[{row},{row}]}}"#);
    std::fs::write(folder.path().join("people.geojson"), collection).unwrap();
    let toml = format!(
        "[[layer]]\nid = \"people\"\nsource = \"people.geojson\"\nfields = {{ id = \"身份证号\" }}\n\n[[question]]\nid = \
         \"q\"\ntitle = \"q\"\nlayer = \"people\"\nwhere = \"\\\"身份证号\\\" = '{NUMBER}'\"\n"
    );
    std::fs::write(folder.path().join("project.toml"), toml).unwrap();
    let project = Project::read(folder.path()).unwrap();
    let out = folder.path().join("p.cimpack");
    for unmasked in [false, true] {
        let city = packed(&project, |city| Wish { unmasked, ..wish(city) }, &Extras::default(), &out);
        let warned = |message: &str| message.contains(NUMBER);
        assert!(city.layers[0].layer.report.issues.iter().any(|issue| warned(&issue.message)));
        let manifest = verify(&out, &Progress::default()).unwrap().manifest;
        assert_eq!(manifest.layers[0].warnings.iter().any(|message| warned(message)), unmasked);
        assert_eq!(manifest.notes.iter().any(|note| note.contains("1 warnings about masked fields")), !unmasked);
        let file = unpack(&out, &folder.path().join("u"), &Progress::default()).unwrap();
        assert_eq!(Project::read(&file).unwrap().questions.len(), usize::from(unmasked));
        assert_eq!(std::fs::read_to_string(&file).unwrap().contains(NUMBER), unmasked);
    }
}

#[test]
fn a_picture_that_is_hidden_stays_at_home_and_is_said() {
    let (folder, _) = project();
    let crs = crate::place::Crs::parse("EPSG:4548").unwrap();
    let bounds = crate::place::Bounds { min: [517_000.0, 4_329_000.0], max: [518_000.0, 4_330_000.0] };
    let mut toml = std::fs::read_to_string(folder.path().join("project.toml")).unwrap();
    for (name, visible) in [("seen", true), ("hidden", false)] {
        let path = folder.path().join(format!("{name}.tif"));
        crate::formats::geotiff::write(&path, [8, 8], &[90; 192], &bounds, &crs, &Progress::default()).unwrap();
        toml += &format!("\n[[layer]]\nid = \"{name}\"\nsource = \"{name}.tif\"\nvisible = {visible}\n");
    }
    std::fs::write(folder.path().join("project.toml"), toml).unwrap();
    let project = Project::read(folder.path()).unwrap();
    let out = folder.path().join("p.cimpack");
    let city = packed(&project, wish, &Extras::default(), &out);
    assert_eq!(city.imagery.len(), 2, "{:?}", city.report);
    let manifest = verify(&out, &Progress::default()).unwrap().manifest;
    let ids: Vec<&str> = manifest.layers.iter().map(|layer| layer.layer.as_str()).collect();
    assert_eq!(ids, ["seen", "houses"]);
    assert!(manifest.notes.iter().any(|note| note.contains("layer hidden is hidden")), "{:?}", manifest.notes);
    assert!(manifest.files.iter().all(|file| !file.path.contains("hidden")));
}

/// A CRS with a shift of its own that stands on a code: the code alone would lose 100 m.
#[test]
fn a_crs_with_a_shift_of_its_own_keeps_it() {
    let (folder, mut project) = project();
    let definition = "+proj=utm +zone=50 +ellps=krass +towgs84=15.8,-154.4,-82.3 +units=m +type=crs";
    project.crs = Some(definition.to_owned());
    let out = folder.path().join("p.cimpack");
    let before = packed(&project, wish, &Extras::default(), &out);
    let file = unpack(&out, &folder.path().join("u"), &Progress::default()).unwrap();
    let again = Project::read(&file).unwrap();
    assert!(again.crs.as_deref().unwrap().contains("towgs84"), "{:?}", again.crs);
    let after = City::open(&again, &Progress::default()).unwrap();
    assert_eq!(before.crs, after.crs);
    assert_eq!(before.layers[0].layer.table.geometry.xy, after.layers[0].layer.table.geometry.xy);
}

/// A manifest that names a file twice, or more bytes than any package holds, is none.
#[test]
fn a_manifest_that_asks_for_too_much_is_refused() {
    let (folder, project) = project();
    let out = folder.path().join("p.cimpack");
    packed(&project, wish, &Extras::default(), &out);
    let bad = folder.path().join("bad.cimpack");
    let manifest = verify(&out, &Progress::default()).unwrap().manifest;
    let filed = |path: &str, bytes: u64| Filed { path: path.into(), sha256: String::new(), bytes };
    for (more, word) in [
        (vec![filed("Project.toml", 1)], "twice"),
        // 8 EiB less one, twice: the sum is more than a number of 64 bits holds.
        (vec![filed("data/a", u64::MAX / 2), filed("data/b", u64::MAX / 2 + 2)], "200 times"),
        (vec![filed("data/a", 2 << 30)], "200 times"),
    ] {
        let mut asked = manifest.clone();
        asked.files.extend(more);
        let text = serde_json::to_vec(&asked).unwrap();
        copied(&out, &bad, |name, bytes| Some(if name == MANIFEST { text.clone() } else { bytes }), None);
        for error in [
            verify(&bad, &Progress::default()).map(drop).unwrap_err(),
            unpack(&bad, &folder.path().join("u"), &Progress::default()).map(drop).unwrap_err(),
        ] {
            assert!(error.to_string().contains(word), "{word}: {error}");
        }
    }
}
