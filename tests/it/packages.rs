//! Packages through the built program: the same view, the same pixels, hashes that hold.

use std::path::Path;

use cimbase::demo::{self, DemoOptions};

use super::program::{Place, Run, run_in};

/// Renders a project, packs what is visible, renders the package; every pixel must be the same. `false` where nothing can
/// draw.
fn keeps_its_pixels(folder: &Path, project: &str, out: &Place, date: &str) -> bool {
    let at = |name: &str| out.path().join(name).display().to_string();
    let (before, package, after) = (at("before.png"), at("p.cimpack"), at("after.png"));
    let look = ["--size", "640x360", "--date", date];
    let run = |args: &[&str]| -> Run { run_in(folder, args) };
    let first = run(&[&["render", project, "--out", &before][..], &look].concat());
    if first.code == Some(5) {
        println!("skipped: no graphics adapter, not even a software one: {}", first.stderr);
        return false;
    }
    first.expect(0);
    run(&["snapshot", project, "--out", &package, "--unmask"]).expect(0);
    let verdict = run(&["verify", &package, "--json"]).json();
    assert_eq!(verdict["whole"], true, "{verdict}");
    // The package's own view is that of its picture, 1280 × 720: the same shape as ours.
    run(&[&["render", &package, "--out", &after][..], &look].concat()).expect(0);
    let [before, after] = [before, after].map(|file| image::open(file).unwrap().into_rgb8());
    assert_eq!(before.dimensions(), (640, 360));
    let first = before.pixels().next().unwrap();
    assert!(before.pixels().any(|pixel| pixel != first), "there is something to see");
    let other = before.pixels().zip(after.pixels()).filter(|(a, b)| a != b).count();
    assert_eq!(other, 0, "{project}: pixels that differ");
    true
}

#[test]
fn a_package_shows_the_same_pixels() {
    let (place, out) = (Place::new(), Place::new());
    demo::write(&DemoOptions::default(), place.path(), &Default::default()).unwrap();
    keeps_its_pixels(place.path(), ".", &out, "2026-03-20T10:45");
}

#[test]
fn suzhou_shows_the_same_pixels() {
    let Some(folder) = super::data::folder() else { return };
    keeps_its_pixels(&folder, "buildings/suzhou_bd_demo_2.geojson", &Place::new(), "2026-03-20T10:45");
}

/// Parcels, zoning, a tax roll without places and roof structures: what is drawn and what is answered stay.
#[test]
fn cambridge_shows_the_same_pixels_and_says_the_same_of_a_parcel() {
    let (place, out) = (Place::new(), Place::new());
    if super::data::cambridge(&place).is_none() || !keeps_its_pixels(place.path(), ".", &out, "2026-03-20T10:45") {
        return;
    }
    let package = out.path().join("p.cimpack").display().to_string();
    let house = |project: &str| place.run(&["planning", project, "--parcel", "9-89", "--json"]).json();
    let (before, after) = (house("."), house(&package));
    for key in ["records", "zone", "area_m2", "checks"] {
        assert!(!before[key].is_null(), "{key}: {before}");
        assert_eq!(before[key], after[key], "{key}");
    }
}

#[test]
fn a_changed_package_is_found_and_a_full_one_is_not_overwritten_by_nothing() {
    let place = Place::new();
    demo::write(&DemoOptions { buildings: 200, ..DemoOptions::default() }, place.path(), &Default::default()).unwrap();
    place.run(&["snapshot", ".", "--layers", "parcels", "--out", "p.cimpack"]).expect(0);
    let good = std::fs::read(place.path().join("p.cimpack")).unwrap();
    // A byte in the middle, in the data of the first member.
    let mut bad = good.clone();
    let middle = bad.len() / 2;
    bad[middle] ^= 0x55;
    place.write("bad.cimpack", &bad);
    place.run(&["verify", "bad.cimpack"]).expect(1).says("wrong:");
    place.run(&["stats", "bad.cimpack"]).expect(3).says("get it again");
    place.run(&["verify", "p.cimpack"]).expect(0);
    place.run(&["stats", "p.cimpack", "--json"]).expect(0);
    // Refused wishes leave the package as it was.
    place.run(&["snapshot", ".", "--out", "p.cimpack", "--crs", "EPSG:4326"]).expect(2).says("project CRS");
    place.run(&["snapshot", ".", "--out", "p.cimpack", "--layers", "nowhere"]).expect(2);
    assert_eq!(std::fs::read(place.path().join("p.cimpack")).unwrap(), good);
    place.run(&["snapshot", ".", "--out", "p.gpkg", "--date", "2026-01-20"]).expect(2).says(".cimpack");
}
