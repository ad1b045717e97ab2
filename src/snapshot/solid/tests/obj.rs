//! Read back by what OBJ files have always been: lines of v, o, f.

use super::*;

#[test]
fn every_object_read_back_has_its_volume_and_materials_are_there() {
    let (city, folder) = (city(), tempfile::tempdir().unwrap());
    let out = folder.path().join("c.obj");
    written(&city, &wish(&city, &[0, 2]), &out);
    let text = std::fs::read_to_string(&out).unwrap();
    let (mut points, mut objects, mut used) = (Vec::new(), Vec::<(String, Vec<[[f64; 3]; 3]>)>::new(), Vec::new());
    for line in text.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        match words[0] {
            "v" => points.push([1, 2, 3].map(|k| words[k].parse::<f64>().unwrap())),
            "o" => objects.push((words[1].to_owned(), Vec::new())),
            "f" => {
                let triangle = [1, 2, 3].map(|k| points[words[k].parse::<usize>().unwrap() - 1]);
                objects.last_mut().unwrap().1.push(triangle);
            }
            "usemtl" => used.push(words[1].to_owned()),
            _ => {}
        }
    }
    let names: Vec<&str> = objects.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["parcels.#0", "houses.#0", "houses.#1", "houses.#2"]);
    for ((_, triangles), (name, volume)) in objects[1..].iter().zip(VOLUMES) {
        assert!(is_closed(triangles), "{name}");
        assert!((six_volumes(triangles) / 6.0 - volume).abs() < 0.01, "{name}: {}", six_volumes(triangles) / 6.0);
        assert!(text.contains(&format!("# name {name}")), "{name}");
    }
    let mtl = std::fs::read_to_string(folder.path().join("c.mtl")).unwrap();
    assert!(text.contains("mtllib c.mtl"));
    assert!(!used.is_empty() && used.iter().all(|name| mtl.contains(&format!("newmtl {name}\n"))));
    assert!(text.contains("y up") && text.contains("EPSG:4548"));
}

#[test]
fn the_materials_of_a_name_with_blanks_are_found() {
    let (city, folder) = (city(), tempfile::tempdir().unwrap());
    let out = folder.path().join("my 新 city.obj");
    written(&city, &wish(&city, &[2]), &out);
    let text = std::fs::read_to_string(&out).unwrap();
    let named = text.lines().find_map(|line| line.strip_prefix("mtllib ")).unwrap();
    assert_eq!(named, "my_新_city.mtl");
    assert!(folder.path().join(named).is_file());
}

/// A folder where the materials should be: neither file is written, and the older model stays.
#[test]
fn a_model_without_its_materials_is_not_written() {
    let (city, folder) = (city(), tempfile::tempdir().unwrap());
    let out = folder.path().join("c.obj");
    std::fs::write(&out, "older").unwrap();
    std::fs::create_dir(folder.path().join("c.mtl")).unwrap();
    assert!(write(&city, &wish(&city, &[2]), &out, &Progress::default()).is_err());
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "older");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}
