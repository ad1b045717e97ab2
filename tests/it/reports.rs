//! Reports and atlases through the built program, read back by poppler's programs.

use std::path::Path;
use std::process::Command;

use cimbase::demo::{self, DemoOptions};

use super::program::Place;

fn city() -> Place {
    let place = Place::new();
    let options = DemoOptions { buildings: 300, ..DemoOptions::default() };
    demo::write(&options, place.path(), &Default::default()).unwrap();
    place
}

/// What a program says of a file; `pdftotext` writes to its standard output.
fn said(program: &str, args: &[&str], file: &Path) -> String {
    let mut command = Command::new(program);
    command.args(args).arg(file);
    if program == "pdftotext" {
        command.arg("-");
    }
    let done = command.output().expect("poppler-utils is installed by scripts/setup.sh --test");
    String::from_utf8(done.stdout).unwrap()
}

fn pages(file: &Path) -> usize {
    let info = said("pdfinfo", &[], file);
    let line = info.lines().find(|line| line.starts_with("Pages:")).unwrap_or_else(|| panic!("{info}"));
    line["Pages:".len()..].trim().parse().unwrap()
}

/// A whole number with commas between its thousands, as pages print it.
fn commas(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The report of a parcel says the numbers of the command's JSON, in both languages, with a picture.
#[test]
fn a_parcel_leaves_as_a_report_with_the_numbers_of_its_dossier() {
    let place = city();
    let all = place.run(&["planning", ".", "--json"]);
    let all: serde_json::Value = serde_json::from_str(&all.stdout).unwrap();
    let parcel = all["parcels"].as_array().unwrap().iter().find(|parcel| parcel["footprint_m2"].as_f64() > Some(100.0));
    let parcel = parcel.expect("a parcel with buildings");
    let id = parcel["id"].as_str().unwrap();
    let area = format!("{} m²", commas(parcel["area_m2"].as_f64().unwrap()));
    let run = |out: &str, lang: &str| {
        let done = place.run(&["planning", ".", "--parcel", id, "--report", out, "--lang", lang]);
        // 1: something is in breach, which is no failure.
        assert!(matches!(done.code, Some(0 | 1)), "{}", done.stderr);
        done.says(&format!("wrote {out}"))
    };
    let drawn = !run("a.html", "zh").stderr.contains("there is no picture");
    let html = std::fs::read_to_string(place.path().join("a.html")).unwrap();
    for text in [id, &area, "用地面积", "lang=\"zh-CN\""] {
        assert!(html.contains(text), "{text}");
    }
    assert_eq!(html.contains("data:image/jpeg;base64,"), drawn);
    run("a.pdf", "en");
    let text = said("pdftotext", &["-layout"], &place.path().join("a.pdf"));
    for word in [id, &area, "Area"] {
        assert!(text.contains(word), "{word}: {text}");
    }
}

#[test]
fn a_building_a_case_and_figures_leave_as_reports() {
    let place = city();
    place.run(&["housing", ".", "--building", "#0", "--report", "b.html", "--lang", "en"]).expect(0);
    let card = std::fs::read_to_string(place.path().join("b.html")).unwrap();
    let json = place.run(&["housing", ".", "--building", "#0", "--json"]).json();
    let id = json["building"]["id"].as_str().unwrap();
    assert!(card.contains(id) && card.contains("Year built"), "{id}");

    let add = ["cases", ".", "add", "--text", "路灯不亮，联系13800138000", "--category", "part:0118", "--json"];
    let added: serde_json::Value = serde_json::from_str(&place.run(&add).stdout).unwrap();
    let number = added["number"].as_str().or(added["cases"][0]["number"].as_str()).unwrap().to_owned();
    place.run(&["cases", ".", "show", &number, "--report", "c.pdf"]).expect(0);
    let text = said("pdftotext", &[], &place.path().join("c.pdf"));
    assert!(text.contains(&number) && text.contains("路灯不亮") && text.contains("办理经过"), "{text}");
    assert!(!text.contains("13800138000"), "{text}");

    place.run(&["cases", ".", "stats", "--by", "category", "--report", "s.html"]).expect(0);
    assert!(std::fs::read_to_string(place.path().join("s.html")).unwrap().contains("城市管理评价指标报表"));
}

#[test]
fn a_report_of_nothing_or_of_another_format_is_refused() {
    let place = city();
    place.run(&["planning", ".", "--report", "a.pdf"]).expect(2).says("--parcel");
    place.run(&["housing", ".", "--report", "a.pdf"]).expect(2).says("--building");
    place.run(&["housing", ".", "--building", "#0", "--report", "a.docx"]).expect(2).says(".pdf or .html");
    place.run(&["housing", ".", "--building", "#0", "--report", "nowhere/a.pdf"]).expect(4).says("nowhere");
    assert!(!place.files().iter().any(|file| file.ends_with(".pdf")), "{:?}", place.files());
}

/// A sheet for each parcel that fits, in the order of the layer, with its name; sheets side by side cover the box.
#[test]
fn an_atlas_has_a_sheet_for_each_feature_or_square() {
    let place = city();
    let run = |out: &str, more: &[&str]| {
        place.run(&[&["render", ".", "--ortho", "--paper", "A4", "--out", out][..], more].concat())
    };
    let condition = "parcels:fid < 3";
    let done = run("atlas.pdf", &["--atlas", condition]);
    if done.code == Some(5) {
        println!("skipped: no graphics adapter, not even a software one: {}", done.stderr);
        return;
    }
    done.expect(0);
    let atlas = place.path().join("atlas.pdf");
    assert_eq!(pages(&atlas), 3);
    let text = said("pdftotext", &["-layout"], &atlas);
    let sheets: Vec<&str> = text.split('\u{c}').collect();
    for (number, sheet) in sheets.iter().take(3).enumerate() {
        assert!(sheet.contains(&format!("{} / 3", number + 1)), "{sheet}");
        // A scale of its own, and a usual one.
        assert!(sheet.contains("1:"), "{sheet}");
    }
    run("none.pdf", &["--atlas", "parcels:fid < 0"]).expect(3).says("nothing to draw sheets of");
    run("wrong.pdf", &["--atlas", "parcels:nonsense = 1"]).expect(3).says("nonsense");
    run("a.png", &["--tiled"]).expect(2).says(".pdf");

    run("tiled.pdf", &["--tiled", "--scale", "10000"]).expect(0);
    let tiled = place.path().join("tiled.pdf");
    let text = said("pdftotext", &["-layout"], &tiled);
    let of = text.split("（共 ").nth(1).and_then(|rest| rest.split('）').next()).unwrap_or_else(|| panic!("{text}"));
    // "2 行 3 列": as many sheets as that.
    let numbers: Vec<usize> = of.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse().ok()).collect();
    assert_eq!(numbers.iter().product::<usize>(), pages(&tiled), "{of}");
}
