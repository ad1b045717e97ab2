//! Cases of city management through the built program.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use cimbase::demo::{self, DemoLayer, DemoOptions};
use cimbase::place::Crs;
use cimbase::store::Store;
use cimbase::themes::management::case::{Action, Actor, Step};
use cimbase::themes::management::machine::{Role, Verb};
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64;
use serde_json::{Value as Json, json};

use super::data;
use super::program::{Place, command};

/// A project without layers: cases alone.
fn bare(crs: &str) -> Place {
    let place = Place::new();
    place.write("project.toml", format!("title = \"x\"\ncrs = \"{crs}\"\n"));
    place
}

/// The program with lines on standard input; the lines it answers.
fn piped(place: &Path, args: &[&str], lines: &[String]) -> (Option<i32>, Vec<Json>) {
    let mut child = command(args).current_dir(place).stdin(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let text = lines.join("\n") + "\n";
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let done = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let answers = String::from_utf8(done.stdout).unwrap();
    (done.status.code(), answers.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

fn list(place: &Place, more: &[&str]) -> Vec<Json> {
    let run = place.run(&[&["cases", ".", "list", "--json"], more].concat()).json();
    run["cases"].as_array().unwrap().clone()
}

/// The demo's thirty days of incidents: every row is a case in the state and at the place that the table says, and a
/// replay shows at each midnight what the table's own columns give.
#[test]
fn thirty_days_of_the_demo_are_replayed() {
    let place = Place::new();
    let options = DemoOptions::default();
    demo::write(&options, place.path(), &Default::default()).unwrap();
    let city = demo::build(&options);
    let table = city.table(DemoLayer::Incidents).unwrap();
    let done = place.run(&["cases", ".", "import", "incidents.fgb", "--json"]).json();
    assert_eq!(done["sources"][0]["new"], table.len());
    let known = place.run(&["cases", ".", "import", "incidents.fgb", "--json"]).json();
    assert_eq!((&known["sources"][0]["new"], &known["sources"][0]["known"]), (&json!(0), &json!(table.len())));

    let cases = list(&place, &[]);
    let by_id: BTreeMap<&str, &Json> = cases.iter().map(|case| (case["source_id"].as_str().unwrap(), case)).collect();
    assert_eq!(by_id.len(), table.len());
    let text = |row: u32, field: &str| table.value(row, field).to_string();
    let mut states: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in 0..table.len() as u32 {
        let case = by_id[text(row, "id").as_str()];
        states.entry(text(row, "state")).or_default().insert(case["state"].as_str().unwrap().to_owned());
        assert_eq!(case["category"], format!("event:{}", text(row, "category")));
        // The table's own cell, which the demo looked up in its own grid.
        assert_eq!(case["located"]["grid"], text(row, "grid"), "{case}");
        let at = table.geometry.vertices(row)[0];
        let xy = &case["located"]["xy"];
        assert!((xy[0].as_f64().unwrap() - at[0]).hypot(xy[1].as_f64().unwrap() - at[1]) < 0.01);
    }
    for (said, found) in &states {
        assert_eq!(found.len(), 1, "{said} is one state: {found:?}");
    }
    assert_eq!(states["结案"].first().unwrap(), "closed");
    assert_eq!(states["挂账"].first().unwrap(), "suspended");

    // Midnights of March in Tianjin: open, by the columns alone.
    let time = |row: u32, field: &str| match table.value(row, field) {
        cimbase::model::Value::Time(ms) => Some(ms),
        _ => None,
    };
    // Refused and void cases end when they come: nothing says when they did.
    let ends = |row: u32| match text(row, "state").as_str() {
        "结案" | "自处理结案" => time(row, "closed"),
        _ => None,
    };
    let never = |row: u32| matches!(text(row, "state").as_str(), "不予受理" | "作废");
    let replay = ["cases", ".", "replay", "--since", "2026-03-01", "--until", "2026-03-31", "--events", "--json"];
    let replay = place.run(&replay).json();
    let frames = replay["frames"].as_array().unwrap();
    assert_eq!(frames.len(), 30);
    let events = replay["events"].as_array().unwrap();
    let reported = events.iter().filter(|event| event["verb"] == "import").count();
    assert_eq!(reported, table.len(), "every report is an event of its day");
    for (day, frame) in frames.iter().enumerate() {
        let end = 1_772_294_400_000 + (day as i64 + 1) * 86_400_000;
        let rows = || (0..table.len() as u32).filter(|row| !never(*row));
        let open =
            rows().filter(|row| time(*row, "reported").unwrap() < end && ends(*row).is_none_or(|closed| closed >= end));
        let strays = (0..table.len() as u32).filter(|row| never(*row) && time(*row, "reported").unwrap() < end).count();
        assert_eq!(frame["open"], open.count() + strays, "day {day}");
    }
}

/// A case from registration to closing by seven hands, through the command; what is not theirs is refused.
#[test]
fn a_case_goes_through_all_hands() {
    let place = bare("EPSG:4548");
    let number = place.run(&[
        "cases",
        ".",
        "add",
        "--text",
        "路灯不亮",
        "--category",
        "路灯",
        "--at",
        "117.2,39.12",
        "--crs",
        "EPSG:4326",
    ]);
    let number = number.expect(0).stdout.trim().to_owned();
    let step = |words: &[&str]| place.run(&[&["cases", ".", "move", &number], words].concat());
    let refused = step(&["file", "--as", "operator"]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("file is not done with a case that is registered"), "{}", refused.stderr);
    step(&["accept", "--as", "operator"]).expect(0);
    step(&["file", "--as", "shift_leader"]).expect(0);
    step(&["dispatch", "--as", "dispatcher"]).expect(2).says("--unit");
    step(&["dispatch", "--as", "dispatcher", "--unit", "路灯所", "--limit", "4:work_hour"]).expect(0);
    assert_eq!(step(&["finish", "--as", "department", "--of", "环卫"]).code, Some(1), "another department");
    step(&["finish", "--as", "department", "--of", "路灯所", "--note", "已更换灯泡"]).expect(0);
    step(&["send_check", "--as", "operator"]).expect(0);
    step(&["check", "--as", "grid_member", "--finding", "yes"]).expect(0);
    step(&["propose_close", "--as", "operator"]).expect(0);
    step(&["close", "--as", "shift_leader"]).expect(0);
    let case = place.run(&["cases", ".", "show", &number, "--json"]).json();
    assert_eq!(
        (&case["state"], &case["category"], &case["unit"]),
        (&json!("closed"), &json!("part:0118"), &json!("路灯所"))
    );
    assert_eq!(case["history"].as_array().unwrap().len(), 9);
    let stats = place.run(&["cases", ".", "stats", "--by", "unit", "--json"]).json();
    let lamp = stats["groups"].as_array().unwrap().iter().find(|group| group["name"] == "路灯所").unwrap();
    assert_eq!((&lamp["counters"]["closed"], &lamp["rates"]["close_in_time_rate"]), (&json!(1), &json!(1.0)));
    // Of another category there is nothing, and a rate of nothing is none.
    let none = place.run(&["cases", ".", "stats", "--category", "event:0203", "--json"]).json();
    assert_eq!(
        (&none["groups"][0]["counters"]["report"], &none["groups"][0]["rates"]["close_rate"]),
        (&json!(0), &json!(null))
    );
    place.run(&["cases", ".", "show", "1"]).expect(3).says("no case 1");
    assert_eq!(step(&["close", "--as", "shift_leader"]).code, Some(1), "it is closed");
}

/// What comes from outside says what it says and does nothing: not to the terminal, not to a spreadsheet.
#[test]
fn text_from_outside_is_inert() {
    let place = bare("EPSG:4548");
    let texts = [
        "=HYPERLINK(\"http://x\")",
        "+1-800",
        "@SUM(A1)",
        "-2+3",
        "<script>alert(1)</script> & <b>",
        "bell \u{7} clear \u{1b}[2J",
        "left \u{202e}thgir\u{202c}",
        "two\nlines\tand a tab",
    ];
    let long = "十".repeat((10 << 20) / 3);
    let mut lines: Vec<String> = texts
        .iter()
        .enumerate()
        .map(|(n, text)| json!({ "text": text, "source_id": n.to_string() }).to_string())
        .collect();
    lines.push(json!({ "text": long, "source_id": "long" }).to_string());
    lines.push("no json at all".to_owned());
    lines.push("[1, 2]".to_owned());
    let (code, answers) = piped(place.path(), &["cases", ".", "add", "--stdin"], &lines);
    assert_eq!((code, answers.len()), (Some(1), 11));
    let errors: Vec<bool> = answers.iter().map(|answer| answer.get("error").is_some()).collect();
    assert_eq!(errors.iter().filter(|wrong| **wrong).count(), 2, "{answers:?}");

    // A terminal is given no orders.
    let shown = place.run(&["cases", ".", "list"]).expect(0).stdout;
    assert!(!shown.contains(['\u{7}', '\u{1b}', '\u{202e}']), "{shown}");
    assert_eq!(shown.lines().count(), 10, "one line a case and their number");
    assert!(shown.len() < 4_000, "ten megabytes are cut");
    // JSON keeps every character.
    let cases = list(&place, &[]);
    let said: BTreeSet<&str> = cases.iter().map(|case| case["text"].as_str().unwrap()).collect();
    for text in texts.iter().filter(|text| !text.contains("1-800")) {
        assert!(said.contains(text), "{text:?}");
    }
    // No cell of the CSV is a formula.
    place.run(&["cases", ".", "export", "--out", "cases.csv"]).expect(0);
    let csv = std::fs::read_to_string(place.path().join("cases.csv")).unwrap();
    for formula in [",=", ",+", ",@", ",-2", ",\"=", ",\"@"] {
        assert!(!csv.contains(formula), "{formula}");
    }
    assert!(csv.contains("'=HYPERLINK") && csv.contains("<script>alert(1)</script> & <b>"));
    // GeoJSON comes back as it went.
    place.run(&["cases", ".", "export", "--out", "cases.geojson"]).expect(0);
    let json: Json = serde_json::from_slice(&std::fs::read(place.path().join("cases.geojson")).unwrap()).unwrap();
    let texts_back: BTreeSet<&str> =
        json["features"].as_array().unwrap().iter().map(|one| one["properties"]["text"].as_str().unwrap()).collect();
    assert!(texts_back.contains("left \u{202e}thgir\u{202c}"));
}

#[test]
fn whoever_reported_is_masked_unless_it_is_asked_for() {
    let place = bare("EPSG:4548");
    place
        .run(&["cases", ".", "add", "--text", "请回电13812345678", "--reporter", "张三丰", "--phone", "13812345678"])
        .expect(0);
    let case = &list(&place, &[])[0];
    let all = case.to_string();
    assert!(!all.contains("13812345678") && !all.contains("张三丰"), "{all}");
    assert_eq!(case["reporter"]["name"], "张*丰");
    let case = &list(&place, &["--unmask"])[0];
    assert_eq!((&case["reporter"]["phone"], &case["text"]), (&json!("13812345678"), &json!("请回电13812345678")));
    place.run(&["cases", ".", "export", "--out", "x.csv"]).expect(0);
    assert!(!std::fs::read_to_string(place.path().join("x.csv")).unwrap().contains("13812345678"));
}

/// Police reports and accidents, 180 k rows: all become cases but those without coordinates, which are named.
#[test]
fn real_tables_become_cases_and_skipped_rows_are_named() {
    let Some(folder) = data::folder() else { return };
    let place = bare("EPSG:27700");
    let file = |name: &str| folder.join("incidents").join(name);
    let import = |name: &str| {
        let path = file(name);
        place.run(&["cases", ".", "import", path.to_str().unwrap(), "--category", "Anti-social behaviour", "--json"])
    };
    let asb = import("northumbria_asb.tab").json();
    assert_eq!(asb["sources"][0]["new"], 39_706);
    let accidents = import("uk_accidents_lnglat.csv");
    assert_eq!(accidents.code, Some(1), "{}", accidents.stderr);
    let accidents: Json = serde_json::from_str(&accidents.stdout).unwrap();
    // Rows whose cells are empty, by their lines.
    let text = std::fs::read_to_string(file("uk_accidents_lnglat.csv")).unwrap();
    let empty: Vec<String> =
        text.lines().skip(1).enumerate().filter(|(_, l)| *l == ",").map(|(n, _)| format!("row {}", n + 1)).collect();
    let skipped: Vec<&str> = accidents["sources"][0]["skipped"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["feature"].as_str().unwrap())
        .collect();
    assert_eq!((skipped, empty.len()), (empty.iter().map(String::as_str).collect(), 27));
    assert_eq!(accidents["sources"][0]["new"], 140_056 - 27);
    // Months are kept: January 2022 is the first of the police's.
    let first = place.run(&["cases", ".", "list", "--until", "2022-02-01", "--limit", "1", "--json"]).json();
    let january = std::fs::read_to_string(file("northumbria_asb.tab")).unwrap();
    assert_eq!(first["count"], january.lines().filter(|line| line.starts_with("2022-01-01")).count());
}

/// One writer that is killed while it writes, again and again: what it acknowledged is there, and whole.
fn killed(rounds: u64, seed: u64) {
    let place = bare("EPSG:4548");
    let mut dice = Pcg64::seed_from_u64(seed);
    let crs = Crs::parse("EPSG:4548").unwrap();
    let file = place.path().join("work.gpkg");
    let note = |number: &str, n: u64| {
        let action = Action::Note { media: Vec::new() };
        let step = Step { at: 4_000_000_000_000, actor: Actor::of("k", Role::Operator), action, note: n.to_string() };
        json!({ "number": number, "step": step }).to_string()
    };
    let (mut acknowledged, mut sent) = (BTreeSet::new(), 0_u64);
    let mut notes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut known: Option<String> = None;
    for round in 0..rounds {
        let adding = known.is_none() || round % 2 == 0;
        let what = if adding { "add" } else { "move" };
        let mut child =
            command(&["cases", ".", what, "--stdin"]).current_dir(place.path()).stdin(Stdio::piped()).spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        let mut answers = BufReader::new(child.stdout.take().unwrap());
        let number = known.clone().filter(|_| !adding);
        // So many are acknowledged before the blow, which then falls anywhere in the next ones.
        let before = dice.random_range(0..12);
        let mut line = String::new();
        let mut heard = |line: &mut String, answers: &mut BufReader<std::process::ChildStdout>| {
            line.clear();
            if answers.read_line(line).unwrap_or(0) == 0 || !line.ends_with('\n') {
                return false;
            }
            let answer: Json = serde_json::from_str(line).unwrap();
            assert!(answer.get("error").is_none(), "{answer}");
            let number = answer["number"].as_str().unwrap().to_owned();
            if adding {
                acknowledged.insert((answer["source_id"].as_str().unwrap().to_owned(), number.clone()));
                known = Some(number);
            } else {
                notes.entry(number).or_default().push(answer["steps"].to_string());
            }
            true
        };
        for _ in 0..before + 20 {
            sent += 1;
            let text = match &number {
                Some(number) if !adding => note(number, sent),
                _ => json!({ "text": "x".repeat(200), "source_id": format!("s{sent}") }).to_string(),
            };
            if writeln!(input, "{text}").is_err() {
                break;
            }
        }
        for _ in 0..before {
            if !heard(&mut line, &mut answers) {
                break;
            }
        }
        std::thread::sleep(Duration::from_micros(dice.random_range(0..8_000)));
        child.kill().unwrap();
        child.wait().unwrap();
        // What it said before the blow may still lie in the pipe.
        while heard(&mut line, &mut answers) {}

        let store = Store::open(&file, &crs).unwrap_or_else(|error| panic!("round {round}: {error}"));
        for (id, number) in acknowledged.iter().rev().take(40) {
            assert_eq!(store.case_of_source("desk", id).unwrap().as_ref(), Some(number), "round {round}");
        }
        for (number, steps) in &notes {
            let kept = store.case(number).unwrap().unwrap().steps.len();
            let most: usize = steps.iter().map(|count| count.parse().unwrap()).max().unwrap();
            assert!(kept >= most, "round {round}: {kept} of {most} steps are there");
        }
        notes.clear();
    }
    // All that was ever acknowledged, each whole, no history with a gap, and nothing that was not sent.
    let store = Store::open(&file, &crs).unwrap();
    let (cases, issues) = store.cases().unwrap();
    assert!(issues.is_empty(), "{issues:?}");
    let kept: BTreeSet<(String, String)> =
        cases.iter().map(|case| (case.facts.source_id.clone(), case.number.clone())).collect();
    assert_eq!(kept.len(), cases.len(), "no number twice");
    assert!(acknowledged.is_subset(&kept), "missing: {:?}", acknowledged.difference(&kept).take(3).collect::<Vec<_>>());
    assert!(cases.iter().all(|case| case.facts.text.len() == 200), "half of a text");
    let told: usize = cases.iter().flat_map(|case| &case.steps).filter(|step| step.action.verb() == Verb::Note).count();
    assert!(cases.len() + told <= sent as usize);
    assert!(acknowledged.len() as u64 > rounds, "it was not killed before it began: {}", acknowledged.len());
}

/// A thousand kills at random moments, half of them while cases are added, half while steps are.
#[test]
fn a_thousand_kills_lose_nothing_that_was_acknowledged() {
    let workers = 4;
    std::thread::scope(|scope| {
        for worker in 0..workers {
            scope.spawn(move || killed(1_000 / workers, 7 + worker));
        }
    });
}

/// A feed that is killed again and again while it takes a file in: in the end every row is one case, garbage is named,
/// and nothing came twice.
#[test]
fn a_feed_that_is_killed_goes_on_where_it_was() {
    let place = bare("EPSG:4548");
    let rows = 4_000;
    let mut csv = "案件编号,小类,描述,经度,纬度,上报时间\n".to_owned();
    for n in 0..rows {
        csv += &format!("K{n:05},0102,第{n}件,117.{:04},39.1,2026-03-01 08:15\n", 1_000 + n % 3_000);
        if n % 500 == 7 {
            csv += &format!("K{n:05}x,0102,何时不明,117.2,39.1,从前\n");
        }
    }
    place.write("hotline.csv", csv);
    place.write("feeds.toml", "[[feed]]\nid = \"hotline\"\nkind = \"file\"\naddress = \"hotline.csv\"\n");
    let mut dice = Pcg64::seed_from_u64(3);
    for _ in 0..8 {
        let mut child = command(&["cases", ".", "watch"]).current_dir(place.path()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(dice.random_range(30..400)));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let last = place.run(&["cases", ".", "watch", "--once"]);
    assert!(matches!(last.code, Some(0 | 1)), "{}", last.stderr);
    let done = place.run(&["cases", ".", "watch", "--once", "--json"]).json();
    assert_eq!(
        (&done["feeds"][0]["new"], &done["feeds"][0]["garbage"]),
        (&json!(0), &json!(0)),
        "all was taken: {done}"
    );
    let cases = list(&place, &[]);
    let ids: BTreeSet<&str> = cases.iter().map(|case| case["source_id"].as_str().unwrap()).collect();
    assert_eq!((cases.len(), ids.len()), (rows, rows));
    let store = Store::open(&place.path().join("work.gpkg"), &Crs::parse("EPSG:4548").unwrap()).unwrap();
    let garbage = store.garbage(100).unwrap();
    assert_eq!(garbage.len(), rows / 500, "each once: {garbage:?}");
    assert!(
        garbage.iter().all(|[feed, _, reason, raw]| feed == "hotline" && !reason.is_empty() && raw.contains("从前"))
    );
}
