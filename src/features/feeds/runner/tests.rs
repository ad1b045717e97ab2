use super::*;
use crate::query::testing::city_of;

/// Waits until something was told.
fn until(runner: &Runner, what: &str, so: impl Fn(&Told) -> bool) -> Told {
    let began = Instant::now();
    loop {
        if let Some((_, told)) = runner.told(0)
            && so(&told)
        {
            return told;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{what} does not come");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn runner(folder: &std::path::Path) -> Runner {
    let feeds = ProjectFeeds::read(folder).unwrap().unwrap();
    let file = folder.join("work.gpkg");
    let city = Arc::new(city_of(Vec::new()));
    Runner::start(Job { file, folder: folder.to_owned(), city, feeds, after: None, wake: None })
}

const HEAD: &str = "案件编号,小类,描述,经度,纬度,上报时间\n";

/// A file that grows, the endpoint and a warning at once: what comes is in the project's file, what is no report is
/// named, and all of it ends within two seconds.
#[test]
fn feeds_bring_their_reports_into_the_projects_file_until_they_are_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let row = |n: u32, time: &str| format!("K{n},0102,第{n}件,117.2{n:03},39.1,{time}\n");
    write("hotline.csv", &format!("{HEAD}{}{}", row(1, "2026-03-01 08:15"), row(2, "从前")));
    let sent = "2026-03-01T08:00:00+08:00";
    write(
        "storm.xml",
        &format!(
            "<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\"><identifier>A</identifier><sender>x</sender>\
             <sent>{sent}</sent><status>Actual</status><msgType>Alert</msgType><scope>Public</scope><info><category>Met</category>\
             <event>暴雨</event><urgency>Expected</urgency><severity>Severe</severity><certainty>Likely</certainty>\
             <expires>2126-03-01T08:00:00+08:00</expires></info></alert>"
        ),
    );
    write(
        "feeds.toml",
        "[[feed]]\nid = \"hotline\"\nkind = \"file\"\naddress = \"hotline.csv\"\ninterval_s = 0.05\n\
         [[feed]]\nid = \"storm\"\nkind = \"cap\"\naddress = \"storm.xml\"\ninterval_s = 0.05\n[open311]\nport = 0\n",
    );
    let runner = runner(folder.path());
    let told = until(&runner, "the first report", |told| {
        told.reports[0].status.counts.new == 1 && told.shown.len() == 1 && matches!(told.endpoint, Endpoint::On(_))
    });
    assert_eq!((told.reports[0].status.counts.garbage, told.shown[0].warning.event.as_str()), (1, "暴雨"));
    assert!(told.garbage.is_empty(), "nobody has asked for it");
    runner.order(Order::Garbage(true));
    let told = until(&runner, "garbage", |told| !told.garbage.is_empty());
    assert!(told.garbage[0][0] == "hotline" && told.garbage[0][3].contains("从前"), "{:?}", told.garbage);
    // It grows.
    let mut file = std::fs::OpenOptions::new().append(true).open(folder.path().join("hotline.csv")).unwrap();
    std::io::Write::write_all(&mut file, row(3, "2026-03-01 09:15").as_bytes()).unwrap();
    until(&runner, "what was added", |told| told.reports[0].status.counts.new == 2);
    // One that is stopped takes nothing more; begun again it goes on where it was.
    runner.order(Order::Run("hotline".into(), false));
    until(&runner, "the end of one", |told| told.reports[0].status.state == State::Stopped && !told.reports[0].on);
    std::io::Write::write_all(&mut file, row(4, "2026-03-01 10:15").as_bytes()).unwrap();
    runner.order(Order::Run("storm".into(), false));
    until(&runner, "the end of the warning", |told| told.shown.is_empty());
    runner.order(Order::Run("hotline".into(), true));
    until(&runner, "the rest", |told| told.reports[0].status.counts.new == 1 && told.reports[0].on);
    runner.order(Order::Run("open311".into(), false));
    until(&runner, "the end of the endpoint", |told| told.endpoint == Endpoint::Off);
    let began = Instant::now();
    drop(runner);
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    let crs = city_of(Vec::new()).crs.clone();
    let cases = Store::open(&folder.path().join("work.gpkg"), &crs).unwrap().cases().unwrap().0;
    let ids: Vec<&str> = cases.iter().map(|case| case.facts.source_id.as_str()).collect();
    assert_eq!(ids, ["K1", "K3", "K4"], "each once");
}

/// An address that nobody answers, and one that answers nothing: the reason is said, and the end comes all the same.
#[test]
fn a_feed_that_waits_for_a_server_ends_in_time() {
    let folder = tempfile::tempdir().unwrap();
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let text = format!(
        "[[feed]]\nid = \"silent\"\nkind = \"geojson\"\naddress = \"http://127.0.0.1:{port}/a\"\n\
         [[feed]]\nid = \"nobody\"\nkind = \"open311\"\naddress = \"http://127.0.0.1:1/\"\n"
    );
    std::fs::write(folder.path().join("feeds.toml"), text).unwrap();
    let runner = runner(folder.path());
    let told = until(&runner, "a reason", |told| {
        matches!(
            told.reports.get(1).map(|line| &line.status.state),
            Some(State::Waiting { .. } | State::Refused { .. })
        )
    });
    assert!(!told.reports[1].status.counts.last_error.is_empty());
    let began = Instant::now();
    drop(runner);
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
}
