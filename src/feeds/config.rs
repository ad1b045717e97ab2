//! What a feed reads and how: a `[[feed]]` of a project file.

use std::collections::BTreeMap;
use std::time::Duration;

/// What kind of source a feed has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A file: CSV and NDJSON that grow; GeoJSON, XLSX and the rest, read again when they change.
    File,
    /// An Open311 GeoReport v2 server.
    Open311,
    /// An OGC API Features collection (`…/collections/X`, with or without `/items`).
    Features,
    /// An address of a GeoJSON file.
    Geojson,
    /// Topics of an MQTT broker.
    Mqtt,
    /// Warnings (CAP 1.2): a file, a folder of them, or an address. They are drawn, and are no reports.
    Cap,
}

/// What a feed brings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Brings {
    /// Reports, which become cases.
    #[default]
    Cases,
    /// Places of moving units, which are drawn: the id is the unit's, the time of the report that of the place.
    Tracks,
}

/// A feed.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeedConfig {
    /// Its name: cases remember it together with their number there. Never changed.
    pub id: String,
    /// What it reads.
    pub kind: Kind,
    /// A path, `http://host/…`, or `host:port` of a broker.
    pub address: String,
    /// Which column or key (`data.position.lon`) is what: words of [`super::fields::Word`]; the rest is guessed by name.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
    /// Seconds between two looks; 0: as its kind has it.
    #[serde(default)]
    pub interval_s: f64,
    /// Seconds before the first second try; each later pause is twice as long, at most a minute.
    #[serde(default = "one")]
    pub retry_s: f64,
    /// The category of reports that name none.
    #[serde(default)]
    pub category: String,
    /// How its reports came: `公众举报`, `device`.
    #[serde(default)]
    pub channel: String,
    /// What coordinates are in; empty: longitude and latitude of WGS 84 where they can be that, else the project CRS.
    #[serde(default)]
    pub crs: String,
    /// How coordinates are obfuscated: `gcj02`, `bd09`.
    #[serde(default)]
    pub offset: String,
    /// The zone of times that name none: `+08:00`.
    #[serde(default = "china")]
    pub zone: String,
    /// The text encoding of a file; found when empty.
    #[serde(default)]
    pub encoding: String,
    /// Open311: the first day that is asked for, as a date; empty: 90 days ago.
    #[serde(default)]
    pub since: String,
    /// Open311: which jurisdiction, where the server has several.
    #[serde(default)]
    pub jurisdiction: String,
    /// Most items a page, where the server has pages; 0: 100.
    #[serde(default)]
    pub page_size: u32,
    /// What it brings.
    #[serde(default)]
    pub brings: Brings,
    /// Tracks: a unit that is not heard of for so many minutes has a gap in its way; 0: ten.
    #[serde(default)]
    pub gap_minutes: f64,
    /// MQTT: what is subscribed to.
    #[serde(default)]
    pub topics: Vec<String>,
    /// MQTT: categories by topic, the first that fits; before the feed's category, after what the message says.
    #[serde(default)]
    pub categories: Vec<TopicCategory>,
    /// MQTT: the client's name, under which the broker keeps messages while nobody is there; empty: made from the id.
    #[serde(default)]
    pub client: String,
    /// MQTT: user name.
    #[serde(default)]
    pub user: String,
    /// MQTT: password.
    #[serde(default)]
    pub password: String,
}

/// A category for topics.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TopicCategory {
    /// A topic with MQTT's wildcards: `pumps/+/alarm`, `flood/#`.
    pub topic: String,
    /// The category.
    pub category: String,
}

fn one() -> f64 {
    1.0
}

fn china() -> String {
    "+08:00".to_owned()
}

impl FeedConfig {
    /// A feed with everything else as it is by default.
    pub fn new(id: &str, kind: Kind, address: &str) -> Self {
        Self {
            id: id.to_owned(),
            kind,
            address: address.to_owned(),
            fields: BTreeMap::new(),
            interval_s: 0.0,
            retry_s: one(),
            category: String::new(),
            channel: String::new(),
            crs: String::new(),
            offset: String::new(),
            zone: china(),
            encoding: String::new(),
            since: String::new(),
            jurisdiction: String::new(),
            page_size: 0,
            brings: Brings::Cases,
            gap_minutes: 0.0,
            topics: Vec::new(),
            categories: Vec::new(),
            client: String::new(),
            user: String::new(),
            password: String::new(),
        }
    }

    /// Tracks: for how long a unit is not heard of where its way has a gap, milliseconds.
    pub fn gap_ms(&self) -> i64 {
        let minutes = if self.gap_minutes > 0.0 && self.gap_minutes.is_finite() { self.gap_minutes } else { 10.0 };
        (minutes.min(7.0 * 24.0 * 60.0) * 60_000.0) as i64
    }

    /// The pause between two looks.
    pub(super) fn interval(&self, usual_s: f64) -> Duration {
        let said = if self.interval_s > 0.0 { self.interval_s } else { usual_s };
        // A day at most; what is no number counts as that as well.
        Duration::from_secs_f64(if said.is_finite() { said.clamp(0.01, 86_400.0) } else { 86_400.0 })
    }

    /// The pause before try `n` (from 1): doubled each time, at most a minute.
    pub(super) fn pause(&self, n: u32) -> Duration {
        let first = if self.retry_s.is_finite() { self.retry_s.clamp(0.001, 60.0) } else { 1.0 };
        let pause = first * f64::from(1_u32 << n.saturating_sub(1).min(16));
        Duration::from_secs_f64(pause.min(60.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_of_a_project_file_says_only_what_differs() {
        let feed: FeedConfig = toml::from_str(
            "id = \"alarms\"\nkind = \"mqtt\"\naddress = \"10.0.0.5:1883\"\ntopics = [\"pumps/#\"]\n\
             fields = { id = \"uuid\", lon = \"position.0\" }\ncategories = [{ topic = \"pumps/+/flood\", category = \"0406\" }]\n",
        )
        .unwrap();
        assert_eq!((feed.kind, feed.zone.as_str(), feed.retry_s), (Kind::Mqtt, "+08:00", 1.0));
        assert_eq!(feed.categories[0].category, "0406");
        assert!(toml::from_str::<FeedConfig>("id = \"a\"\nkind = \"file\"\naddress = \"x\"\nfeilds = {}").is_err());
    }

    /// 1, 2, 4, 8, 16, 32, then 60 seconds.
    #[test]
    fn pauses_grow_to_a_minute() {
        let feed = FeedConfig::new("a", Kind::File, "x");
        let pauses: Vec<u64> = (1..9).map(|n| feed.pause(n).as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(feed.pause(u32::MAX).as_secs(), 60);
        let odd = FeedConfig { interval_s: f64::NAN, retry_s: f64::INFINITY, ..feed };
        assert!(odd.interval(5.0).as_secs() == 5 && odd.pause(1).as_secs() == 1);
        let gap = |gap_minutes: f64| FeedConfig { gap_minutes, ..odd.clone() }.gap_ms();
        assert_eq!([gap(0.0), gap(f64::NAN), gap(0.5), gap(-1.0)], [600_000, 600_000, 30_000, 600_000]);
    }
}
