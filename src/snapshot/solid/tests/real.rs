//! A real city: volumes that others computed.

use super::glb::read;
use super::*;
use crate::model::project::Project;

/// 3,076 buildings; the sum of footprint area times `height` in EPSG:4549 is 12,439,811 m³, computed with other tools.
#[test]
fn suzhou_has_its_volume_in_solids_that_look_out() {
    let Some(path) = crate::testing::data("buildings/suzhou_bd_demo_2.geojson") else { return };
    let city = City::open(&Project::of_files(&[path]), &Progress::default()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("suzhou.glb");
    assert_eq!(written(&city, &wish(&city, &[0]), &out).layers[0].features, 3076);
    let read = read(&out);
    let (mut sum, mut solids) = (0.0, 0);
    for node in read.json["nodes"].as_array().unwrap().iter().filter(|node| !node["mesh"].is_null()) {
        let triangles: Vec<_> = read.triangles(node).into_iter().map(|(t, _)| t).collect();
        let volume = six_volumes(&triangles) / 6.0;
        assert!(volume > 0.0, "{}", node["name"]);
        (sum, solids) = (sum + volume, solids + 1);
    }
    assert_eq!(solids, 3076);
    assert!((sum / 12_439_811.0 - 1.0).abs() < 1e-3, "{sum}");
}
