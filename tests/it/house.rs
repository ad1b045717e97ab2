//! The rules of the house, read from the source: who may name whom.

use std::collections::BTreeSet;
use std::fs;

use super::program::{package, relative, walk};

/// Longer files are two files.
const LONGEST: usize = 600;

/// Everything that may lie at the top of the package.
const TOP: [&str; 19] = [
    ".ci",
    ".gitattributes",
    ".gitignore",
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "Makefile",
    "README.md",
    "assets",
    "benches",
    "clippy.toml",
    "docs",
    "layers",
    "rustfmt.toml",
    "scripts",
    "shaders",
    "src",
];

/// Crates that one room alone may name.
const OWNED: [(&str, &[&str]); 20] = [
    ("proj", &["place"]),
    ("proj_sys", &["place"]),
    ("gdal", &["formats"]),
    ("gdal_sys", &["formats"]),
    ("geojson", &["formats"]),
    ("flatgeobuf", &["formats"]),
    ("rstar", &["index"]),
    ("cql2", &["query"]),
    ("clap", &["cli"]),
    ("ureq", &["formats", "feeds"]),
    ("rusqlite", &["formats", "store"]),
    ("roxmltree", &["feeds", "formats"]),
    ("httparse", &["feeds"]),
    ("parquet", &["formats"]),
    ("rust_xlsxwriter", &["formats"]),
    ("zip", &["formats", "snapshot"]),
    ("age", &["snapshot"]),
    ("pdf_writer", &["snapshot"]),
    ("subsetter", &["snapshot"]),
    ("skrifa", &["snapshot"]),
];

/// The first room of the viewer: those above it are the core.
const FIRST_OF_VIEWER: &str = "scene";

/// A source file: its room, its path, its code without comments.
struct Source {
    room: String,
    name: String,
    code: String,
    lines: usize,
}

fn sources() -> Vec<Source> {
    let src = package().join("src");
    let files = walk(&src).into_iter().filter(|path| path.extension().is_some_and(|ending| ending == "rs"));
    files
        .map(|path| {
            let name = relative(&src, &path);
            let room = name.split('/').next().unwrap_or_default().trim_end_matches(".rs").to_owned();
            let text = fs::read_to_string(&path).unwrap();
            let code: String = text.lines().map(|line| without_comment(line).to_owned() + "\n").collect();
            Source { room, name, code, lines: text.lines().count() }
        })
        .collect()
}

/// A line up to `//`, unless that stands in a text.
fn without_comment(line: &str) -> &str {
    let mut in_text = false;
    let bytes = line.as_bytes();
    for i in 0..bytes.len() {
        match bytes[i] {
            b'"' if i == 0 || bytes[i - 1] != b'\\' => in_text = !in_text,
            b'/' if !in_text && bytes.get(i + 1) == Some(&b'/') => return &line[..i],
            _ => {}
        }
    }
    line
}

/// The rooms, in the order of lib.rs.
fn rooms() -> Vec<String> {
    let text = fs::read_to_string(package().join("src/lib.rs")).unwrap();
    let rooms: Vec<String> = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("pub mod ")?.strip_suffix(';').map(str::to_owned))
        .collect();
    assert!(rooms.len() > 10 && rooms.contains(&FIRST_OF_VIEWER.to_owned()), "{rooms:?}");
    rooms
}

/// The words right after each `crate::`, also those of `crate::{a, b::c}`.
fn named_rooms(code: &str) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 1;
            let mut word = String::new();
            let mut wanted = true;
            for letter in group.chars() {
                match letter {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    ',' if depth == 1 => wanted = true,
                    c if (c.is_alphanumeric() || c == '_') && depth == 1 && wanted => {
                        word.push(c);
                        continue;
                    }
                    _ => {}
                }
                if !word.is_empty() {
                    named.insert(std::mem::take(&mut word));
                    wanted = letter == ',';
                }
                if depth == 0 {
                    break;
                }
            }
        } else {
            named.insert(first_word(rest));
        }
    }
    named
}

fn first_word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// Whether code names an outside crate: `name::`, `use name` or `::name`, not a part of a longer path.
fn names_crate(code: &str, name: &str) -> bool {
    if imports_own(code, name) {
        return false;
    }
    code.match_indices(name).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = &code[at + name.len()..];
        let starts = !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '.' || c == '"');
        // `super::flatgeobuf::` and `crate::formats::gdal::` are our own files.
        let own = before == Some(':') && !code[..at].ends_with(" ::") && !code[..at].ends_with("(::");
        let used = code[..at].ends_with("use ") && after.starts_with([';', ':', ' ']);
        starts && !own && (after.starts_with("::") || used)
    })
}

/// Whether a file imports one of our own modules of that name: `use crate::formats::{x, flatgeobuf};`.
fn imports_own(code: &str, name: &str) -> bool {
    let own = ["use crate::", "use super::", "use self::"];
    let uses =
        own.iter().flat_map(|start| code.match_indices(start)).filter_map(|(at, _)| code[at..].split(';').next());
    uses.flat_map(|list| list.split(|c: char| !(c.is_alphanumeric() || c == '_'))).any(|word| word == name)
}

#[test]
fn a_room_names_only_rooms_above_it() {
    let rooms = rooms();
    let place = |room: &str| rooms.iter().position(|other| other == room);
    let mut wrong = Vec::new();
    for source in sources() {
        let Some(own) = place(&source.room) else { continue };
        for named in named_rooms(&source.code) {
            if place(&named).is_some_and(|other| other > own) {
                wrong.push(format!("{} names crate::{named}, which lies below it in lib.rs", source.name));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_core_never_names_the_viewer() {
    let rooms = rooms();
    let core: Vec<&String> = rooms.iter().take_while(|room| *room != FIRST_OF_VIEWER).collect();
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| core.contains(&&source.room)) {
        for outside in ["bevy", "bevy_egui", "egui", "egui_extras", "egui_file_dialog", "wgpu", "winit"] {
            if names_crate(&source.code, outside) {
                wrong.push(format!("{} names {outside}", source.name));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn a_crate_is_named_by_its_room_alone() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (outside, owners) in OWNED {
            if !owners.contains(&source.room.as_str()) && names_crate(&source.code, outside) {
                wrong.push(format!("{} names {outside}, which belongs to {}", source.name, owners.join(", ")));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// A feature may know another's messages and published state, and nothing else of it.
#[test]
fn features_do_not_reach_into_each_other() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| source.name.starts_with("features/")) {
        let Some((own, _)) = source.name["features/".len()..].split_once('/') else { continue };
        for path in ["crate::features::", "super::super::"] {
            for (at, _) in source.code.match_indices(path) {
                let rest = &source.code[at + path.len()..];
                let other = first_word(rest);
                let inside = rest[other.len()..].trim_start_matches("::");
                let published = ["messages", "state"].contains(&first_word(inside).as_str());
                let is_feature = package().join("src/features").join(&other).is_dir() && !other.is_empty();
                if is_feature && other != own && !published {
                    wrong.push(format!("{} reaches into the feature {other}", source.name));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn no_file_is_too_long_to_read() {
    let long: Vec<String> = sources()
        .into_iter()
        .filter(|source| source.lines > LONGEST)
        .map(|source| format!("src/{} has {} lines, more than {LONGEST}", source.name, source.lines))
        .collect();
    assert!(long.is_empty(), "\n{}", long.join("\n"));
}

#[test]
fn the_top_level_has_only_what_the_plan_names() {
    let listed = std::process::Command::new("git").args(["ls-files", "-z"]).current_dir(package()).output();
    let Some(listed) = listed.ok().filter(|listed| listed.status.success() && !listed.stdout.is_empty()) else {
        println!("skipped: not a git checkout");
        return;
    };
    let text = String::from_utf8(listed.stdout).unwrap();
    let top: BTreeSet<&str> = text.split('\0').filter_map(|path| path.split('/').next()).collect();
    let odd: Vec<&&str> =
        top.iter().filter(|name| !name.is_empty() && !TOP.contains(name) && **name != "tests").collect();
    assert!(odd.is_empty(), "not in the plan of the house: {odd:?}");
}

// ---- the readers themselves: a rule that sees nothing holds nothing ----

#[test]
fn the_readers_see_what_they_are_meant_to_see() {
    let named = named_rooms("use crate::{city::City, model::{Layer, Role}, place};\nlet x = crate::query::ask();");
    assert_eq!(named.into_iter().collect::<Vec<_>>(), ["city", "model", "place", "query"]);
    assert!(names_crate("use proj::Proj;", "proj") && names_crate("let p = proj::Proj::new();", "proj"));
    assert!(names_crate("use gdal::{Dataset};", "gdal") && names_crate("fn f(x: ::gdal::Dataset)", "gdal"));
    assert!(!names_crate("use crate::formats::flatgeobuf::write;", "flatgeobuf"));
    assert!(!names_crate("use crate::formats::{aside, flatgeobuf};\nflatgeobuf::write();", "flatgeobuf"));
    assert!(!names_crate("use proj_sys::x;", "proj") && !names_crate("self.proj::<T>()", "proj"));
    assert_eq!(without_comment("let a = \"http://x\"; // bevy::y"), "let a = \"http://x\"; ");
}

/// Every stage that the program says while it works is said in Chinese as well.
#[cfg(feature = "viewer")]
#[test]
fn what_goes_on_is_said_in_chinese_too() {
    let words = cimbase::panels::Language::Chinese.words();
    let mut stages = 0;
    for file in walk(&package().join("src")).iter().filter(|file| file.extension().is_some_and(|end| end == "rs")) {
        let text = std::fs::read_to_string(file).unwrap();
        for said in text.split(".stage(").skip(1) {
            let said = said.trim_start().trim_start_matches("format!(").trim_start();
            let Some((stage, _)) = said.strip_prefix('"').and_then(|said| said.split_once('"')) else { continue };
            // The stage of a layer that is made is its name.
            let named = stage.replace("{", "").replace("}", "");
            let chinese = words.stage(&named);
            let is_chinese = chinese.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
            assert!(is_chinese, "{}: \"{stage}\" is missing in panels/words/zh/stages.rs", file.display());
            stages += 1;
        }
    }
    assert!(stages > 40, "{stages}");
}
