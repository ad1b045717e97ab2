//! A report (上报) as a feed, a file or a form brings it, before it is a case.

/// Who reported. Personal data: masked wherever it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Reporter {
    /// Name; empty where it is not said.
    pub name: String,
    /// Telephone; empty where it is not said.
    pub phone: String,
    /// E-mail; empty where it is not said.
    pub email: String,
}

impl Reporter {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        self.name.is_empty() && self.phone.is_empty() && self.email.is_empty()
    }
}

/// Coordinates as they came.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Coordinates {
    /// East or longitude, then north or latitude, whatever order the CRS's authority has.
    pub xy: [f64; 2],
    /// What they are in: `EPSG:4326`, `EPSG:4548`; empty: the project CRS.
    pub crs: String,
    /// How they are obfuscated: `gcj02`, `bd09`; empty: not at all.
    pub offset: String,
}

impl Coordinates {
    /// Longitude and latitude of WGS 84, degrees.
    pub fn lonlat(lon: f64, lat: f64) -> Self {
        Self { xy: [lon, lat], crs: "EPSG:4326".to_owned(), offset: String::new() }
    }
}

/// What another system says of how far it got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Nothing is said: it is open.
    #[default]
    Open,
    /// It was dealt with there.
    Closed,
}

/// One report.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Incoming {
    /// Its number where it came from; empty where there is none. With the feed's name it is said once.
    pub source_id: String,
    /// When it was reported, milliseconds since 1970 UTC.
    pub reported: Option<i64>,
    /// When the other system changed it last, milliseconds since 1970 UTC.
    pub updated: Option<i64>,
    /// Its category as it came: a code, or words.
    pub category: String,
    /// How it came: `公众举报`, `device`; empty where it is not said.
    pub channel: String,
    /// What was said.
    pub text: String,
    /// An address in words.
    pub address: String,
    /// Where it is.
    pub place: Option<Coordinates>,
    /// How far the place may be off, metres.
    pub accuracy_m: Option<f64>,
    /// How far it got elsewhere.
    pub status: Status,
    /// The same in the other system's words, where it says more: `处置中`, `to_check`.
    pub state: String,
    /// When it was closed there, milliseconds since 1970 UTC.
    pub closed: Option<i64>,
    /// Why, in the other system's words.
    pub status_notes: String,
    /// Who deals with it there.
    pub agency: String,
    /// When it should be done, milliseconds since 1970 UTC.
    pub due: Option<i64>,
    /// Who reported it.
    pub reporter: Reporter,
    /// Pictures: addresses or paths of files.
    pub media: Vec<String>,
}
