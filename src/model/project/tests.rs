use super::*;
use crate::model::style::Classing;

/// The example of the command line's contract.
const EXAMPLE: &str = r#"title = { zh = "海河演示区", en = "Haihe demo district" }
crs = "EPSG:4548"

[[layer]]
id = "buildings"
title = { zh = "建筑", en = "Buildings" }
source = "buildings.fgb"                # a path inside the project's folder, or a service address
layer_name = "main"
role = "building"
crs = "EPSG:4490"
offset = "gcj02"
vertical = "on-terrain"
encoding = "gb18030"
fields = { height = "height_m", storeys = "floors", year = "year", use = "use" }
style = { colour_by = "use", opacity = 1.0 }
visible = true
about = { owner = "o", updated = "2026-01-31", licence = "l", source = "synthetic" }
"#;

#[test]
fn the_contracts_example_is_read() {
    let project = Project::parse(EXAMPLE).unwrap();
    let layer = &project.layers[0];
    assert_eq!(project.title.en, "Haihe demo district");
    assert_eq!(layer.fields[&Meaning::Height], "height_m");
    assert_eq!((layer.role, layer.vertical, layer.visible), (Some(Role::Building), Some(Vertical::OnTerrain), true));
    assert_eq!(layer.about.source, "synthetic");
}

#[test]
fn errors_name_the_line_and_the_fault() {
    let cases = [
        ("title = \"a\"\ncolour = \"red\"\n", "line 2", "colour"),
        ("[[layer]]\nsource = \"a\"\n\nstyle = { opacty = 0.5 }\n", "line 4", "opacty"),
        ("[[layer]]\nid = \"a\"\n", "line 1", "source"),
        ("[[layer]]\nsource = \"a\"\nrole = \"castle\"\n", "line 3", "castle"),
        ("[[layer]]\nsource = \"a\"\nfields = { hight = \"h\" }\n", "line 3", "hight"),
        ("[[layer]]\nsource = \"a\"\n\n[[layer]]\nsource = \"b\"\noffset = \"mars\"\n", "line 4", "gcj02"),
        ("[[layer]]\nid = \"x\"\nsource = \"a\"\n[[layer]]\nid = \"x\"\nsource = \"b\"\n", "line 4", "taken"),
        ("[[layer]]\nid = \"My Layer\"\nsource = \"a\"\n", "line 1", "my-layer"),
        ("[[layer]]\nsource = \"a\"\nstyle = { opacity = 7.0 }\n", "line 1", "between 0 and 1"),
        ("[[layer]]\nsource = \"a\"\nstyle = { colour = \"reddish\" }\n", "line 1", "#rrggbb"),
        ("[[layer]]\nsource = \"a\"\nencoding = \"klingon\"\n", "line 1", "klingon"),
        ("[[layer]]\nsource = \"a\"\nstyle = { pin_m = 0.0 }\n", "line 1", "above 0"),
        ("[[layer]]\nsource = \"a\"\nstyle = { values = [[\"a\", \"red\"]] }\n", "line 1", "colour_by"),
        (
            "[[layer]]\nsource = \"a\"\nstyle = { colour_by = \"b\", values = [[\"a\", \"reddish\"]] }\n",
            "line 1",
            "#rrggbb",
        ),
        ("[[layer]]\nsource = \"a\"\nstyle = { classing = \"best\" }\n", "line 3", "jenks"),
        ("title = 'a\n", "line 1", ""),
        ("[[question]]\nlayer = \"a\"\ncolour = 1\n", "line 3", "colour"),
        ("[[question]]\nlayer = \"a\"\n[[question.relation]]\nkind = \"over\"\nlayer = \"b\"\n", "line 3", "contains"),
        ("[[question]]\nlayer = \"a\"\n[[question.relation]]\nkind = \"near\"\nlayer = \"b\"\n", "line 3", "metres"),
        ("[[question]]\nid = \"q\"\nlayer = \"a\"\n\n[[question]]\nid = \"q\"\nlayer = \"a\"\n", "line 5", "taken"),
        ("[[question]]\nlayer = \"a\"\nsince_field = \"t\"\n", "line 1", "since_days"),
    ];
    for (text, line, word) in cases {
        let error = Project::parse(text).unwrap_err();
        assert!(error.starts_with(line) && error.contains(word), "{text:?} gave {error:?}");
        assert!(!error.contains('\n'), "{error:?}");
    }
}

#[test]
fn a_view_that_no_camera_can_have_is_refused() {
    for (wrong, word) in [("distance = 0.0\npitch = 40.0", "distance"), ("distance = 9.0\npitch = 91.0", "pitch")] {
        let error =
            Project::parse(&format!("crs = \"EPSG:4548\"\n\n[view]\ntarget = [0.0, 0.0]\n{wrong}\n")).unwrap_err();
        assert!(error.contains("line 3") && error.contains(word), "{error}");
    }
}

#[test]
fn ids_and_titles_are_made_where_absent_and_differ() {
    let text = "[[layer]]\nsource = \"data/My Roads.shp\"\n[[layer]]\nsource = \"other/my roads.gpkg\"\n\
                [[layer]]\nsource = \"宗地.shp\"\n";
    let project = Project::parse(text).unwrap();
    let ids: Vec<_> = project.layers.iter().map(|l| l.id.as_str()).collect();
    assert_eq!(ids, ["my-roads", "my-roads-2", "layer"]);
    assert_eq!(project.layers[2].title, Title::same("宗地"));
}

#[test]
fn a_written_project_reads_back_the_same() {
    let mut project = Project::parse(EXAMPLE).unwrap();
    let layer = &mut project.layers[0];
    layer.z_offset = -1.25;
    layer.exaggeration = Some(2.0);
    layer.visible = false;
    layer.style.classing = Some(Classing::Jenks);
    layer.style.classes = Some(5);
    layer.style.opacity = 0.4;
    layer.style.values = vec![("合格\"".into(), "#4b9cd3".into()), ("不合格".into(), "red".into())];
    layer.style.in_front = true;
    layer.style.pin_m = Some(12.5);
    layer.title = Title { zh: "引号\"和\\反斜杠".into(), en: String::new() };
    layer.fields.insert(Meaning::RoofElevation, "ELEV [ft]".into());
    project.layers.push(ProjectLayer {
        id: "two".into(),
        title: Title::same("Two\nlines"),
        source: "sub/b.geojson".into(),
        visible: true,
        ..ProjectLayer::default()
    });
    project.view = Some(View {
        // No decimal text shorter than seventeen digits tells this from its neighbours.
        target: [516_872.495_600_000_1, 4_331_721.0 + 0.1],
        up: -3.5,
        distance: 1.0 / 3.0,
        heading: 359.9,
        pitch: 42.0,
        date: Some("2026-01-20T09:30+08:00".into()),
    });
    let text = project.to_toml();
    assert_eq!(Project::parse(&text).unwrap(), project, "{text}");
    assert!(text.contains("fields = { height = \"height_m\""), "{text}");
}

#[test]
fn a_folder_stands_for_its_project_file_and_sources_start_there() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("project.toml"), "[[layer]]\nsource = \"a.geojson\"\n").unwrap();
    let by_folder = Project::read(folder.path()).unwrap();
    let by_file = Project::read(&folder.path().join("project.toml")).unwrap();
    assert_eq!(by_folder, by_file);
    assert_eq!(by_folder.path_of(&by_folder.layers[0]), folder.path().join("a.geojson"));
    let missing = Project::read(&folder.path().join("none")).unwrap_err().to_string();
    assert!(missing.contains("none"), "{missing}");
}

#[test]
fn sources_outside_the_folder_are_told_apart() {
    let project = Project { folder: "/srv/city".into(), ..Project::default() };
    let outside = |source: &str| project.is_outside(&ProjectLayer { source: source.into(), ..ProjectLayer::default() });
    assert!(!outside("a.shp") && !outside("sub/../a.shp") && !outside("./a.shp"));
    assert!(outside("../a.shp") && outside("/etc/a.shp") && outside("sub/../../a.shp"));
    assert!(outside("https://example.org/a.geojson") && outside("/vsicurl/http://example.org/a.shp"));
}
