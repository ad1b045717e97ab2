use super::*;

/// 2026-07-01T00:00:00Z: day 20,635 after 1970 (2026-03-01 is day 20,513; 31 + 30 + 31 + 30 days later).
const JULY: i64 = 20_635 * 86_400_000;

fn message(id: &str, kind: &str, sent: &str, references: &str, info: &str) -> Vec<u8> {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\"><identifier>{id}</identifier>\
         <sender>cma@example.cn</sender><sent>{sent}</sent><status>Actual</status><msgType>{kind}</msgType><scope>Public</scope>\
         <references>{references}</references>{info}</alert>"
    )
    .into_bytes()
}

fn info(severity: &str, expires: &str, area: &str) -> String {
    format!(
        "<info><language>zh-CN</language><category>Met</category><event>暴雨</event><urgency>Immediate</urgency>\
         <severity>{severity}</severity><certainty>Likely</certainty><effective>2026-07-01T08:00:00+08:00</effective>{expires}\
         <headline>暴雨橙色预警信号</headline><description>a &amp; b</description>{area}</info>"
    )
}

fn one(bytes: &[u8]) -> Alert {
    let mut alerts = read(bytes).unwrap();
    assert_eq!(alerts.len(), 1);
    alerts.remove(0)
}

#[test]
fn a_warning_is_read_with_its_areas_longitude_first() {
    let area = "<area><areaDesc>滨海新区</areaDesc><polygon>38.9,117.5 38.9,117.9 39.2,117.9 38.9,117.5</polygon>\
        <circle>39.0,117.7 12.5</circle><geocode><valueName>GB2260</valueName><value>120116</value></geocode></area>";
    let expires = "<expires>2026-07-01T14:00:00+08:00</expires>";
    let alert = one(&message("A1", "Alert", "2026-07-01T07:55:00+08:00", "", &info("Severe", expires, area)));
    assert_eq!((alert.problems.as_slice(), alert.sent), (&[][..], JULY - 300_000));
    let warning = &alert.warnings[0];
    assert_eq!((warning.effective, warning.expires), (Some(JULY), Some(JULY + 6 * 3_600_000)));
    assert_eq!((warning.severity, warning.description.as_str()), (Severity::Severe, "a & b"));
    let area = &warning.areas[0];
    assert_eq!(area.polygons, [[[117.5, 38.9], [117.9, 38.9], [117.9, 39.2]]]);
    assert_eq!(area.circles, [Circle { centre: [117.7, 39.0], km: 12.5 }]);
    assert_eq!(area.geocodes, [("GB2260".to_owned(), "120116".to_owned())]);
}

#[test]
fn what_cannot_be_is_named_and_the_rest_is_shown() {
    let area = "<area><areaDesc>x</areaDesc><polygon>95,117 39,118 39,117 95,117</polygon><polygon>1,1 2,2 3,3 4,4</polygon>\
        <polygon>1,1 2,2 1,1</polygon><polygon>a,b</polygon><circle>39,117</circle><circle>39,117 -4</circle><circle>39,117 NaN</circle>\
        <polygon>39,117 39,118 40,118 39,117</polygon></area>";
    let alert =
        one(&message("A1", "Alert", "2026-07-01 07:55", "nonsense", &info("Awful", "<expires>soon</expires>", area)));
    assert_eq!(alert.warnings[0].areas[0].polygons.len(), 1);
    assert!(alert.warnings[0].areas[0].circles.is_empty());
    for word in [
        "latitude 95",
        "does not end",
        "3 points",
        "\"a,b\"",
        "no centre",
        "-4 km",
        "NaN km",
        "expires is no date",
        "no time zone",
        "severity",
        "reference",
    ] {
        assert!(alert.problems.iter().any(|problem| problem.contains(word)), "{word}: {:?}", alert.problems);
    }
    // The headline says it where the severity does not.
    assert_eq!(alert.warnings[0].severity, Severity::Severe);
    assert!(read(b"<a/>").is_err() && read(b"").is_err() && read(b"{}").is_err());
    assert!(read(b"<!DOCTYPE alert [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><alert>&x;</alert>").is_err());
}

#[test]
fn warnings_are_shown_until_they_end_or_another_takes_their_place() {
    let lasting = |id: &str, kind: &str, sent: &str, references: &str, severity: &str| {
        one(&message(id, kind, sent, references, &info(severity, "<expires>2026-07-01T14:00:00+08:00</expires>", "")))
    };
    let (first, second) = ("2026-07-01T08:00:00+08:00", "2026-07-01T09:00:00+08:00");
    let alert = lasting("A", "Alert", first, "", "Minor");
    // The reference names the same moment in another zone.
    let update = lasting("B", "Update", second, "cma@example.cn,A,2026-07-01T00:00:00-00:00", "Extreme");
    let other = lasting("C", "Alert", first, "", "Moderate");
    let test = Alert { status: "Test".into(), ..other.clone() };
    let names =
        |alerts: &[Alert], now: i64| shown(alerts, now).iter().map(|(a, _)| a.identifier.clone()).collect::<String>();
    let all = [alert.clone(), update.clone(), other.clone(), test];
    assert_eq!(names(&all, JULY + 1), "BC");
    assert_eq!(names(&all, JULY + 6 * 3_600_000), "");
    assert_eq!(names(&all, JULY - 1), "");
    let cancel = lasting("D", "Cancel", second, "cma@example.cn,B,2026-07-01T09:00:00+08:00", "Minor");
    assert_eq!(names(&[alert.clone(), update, cancel], JULY + 1), "");
    // Sent twice, shown once.
    assert_eq!(names(&[alert.clone(), alert], JULY + 1), "A");
    // Without an end: a day.
    let endless = one(&message("E", "Alert", first, "", &info("Minor", "", "")));
    assert_eq!(names(std::slice::from_ref(&endless), JULY + 86_399_999), "E");
    assert_eq!(names(&[endless], JULY + 86_400_000), "");
}

#[test]
fn severities_have_the_colours_of_the_signals() {
    for severity in Severity::ALL {
        assert_eq!(Severity::from_word(severity.word()), Some(severity));
    }
    assert!(Severity::Extreme > Severity::Severe && Severity::Minor > Severity::Unknown);
    assert_eq!(Severity::from_colour("台风蓝色预警"), Some(Severity::Minor));
}

#[test]
fn a_folder_is_read_again_when_its_files_change() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.xml");
    std::fs::write(&path, message("A", "Alert", "2026-07-01T08:00:00+08:00", "", "")).unwrap();
    std::fs::write(folder.path().join("b.cap"), "<html/>").unwrap();
    std::fs::write(folder.path().join("c.txt"), "not looked at").unwrap();
    let config = WarningsConfig { address: folder.path().to_string_lossy().into_owned(), interval_s: 0.02 };
    let warnings = Warnings::start(&config);
    let until = |holds: &dyn Fn(&load::Loaded) -> bool| {
        for _ in 0..500 {
            if holds(&warnings.loaded()) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        panic!("{:?}", warnings.loaded());
    };
    until(&|loaded| loaded.alerts.len() == 1 && loaded.garbage.len() == 1 && loaded.garbage[0].place == "b.cap");
    let both = [
        message("A", "Alert", "2026-07-01T08:00:00+08:00", "", ""),
        message("B", "Alert", "2026-07-01T08:00:00+08:00", "", ""),
    ];
    std::fs::write(folder.path().join("d.xml"), &both[1]).unwrap();
    until(&|loaded| loaded.alerts.len() == 2);
    std::fs::remove_file(path).unwrap();
    until(&|loaded| loaded.alerts.len() == 1 && loaded.alerts[0].identifier == "B");
    // One file, whatever it is called.
    let alone = WarningsConfig { address: folder.path().join("d.xml").to_string_lossy().into_owned(), ..config };
    let alone = Warnings::start(&alone);
    let found = (0..500).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(10));
        alone.loaded().alerts.len() == 1
    });
    assert!(found, "{:?}", alone.loaded());
}
