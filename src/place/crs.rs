//! Coordinate reference systems and how sure we are of them.

use std::fmt;
use std::sync::Arc;

/// A coordinate reference system that PROJ knows.
///
/// Cheap to clone. Equality compares the definition text.
#[derive(Clone, Debug)]
pub struct Crs {
    facts: Arc<Facts>,
}

#[derive(Debug)]
pub(super) struct Facts {
    /// What PROJ is given: `EPSG:4548`, a WKT or a PROJ string.
    pub definition: String,
    /// `EPSG:4548` where an authority code is known.
    pub code: Option<String>,
    /// A readable name, `CGCS2000 / 3-degree Gauss-Kruger CM 117E`.
    pub name: String,
    /// Whether coordinates are angles (degrees).
    pub geographic: bool,
    /// Metres in one unit of the axes; 1 for degrees (unused there).
    pub unit_m: f64,
}

impl Crs {
    pub(super) fn from_facts(facts: Facts) -> Self {
        Self { facts: Arc::new(facts) }
    }

    /// The text PROJ is given.
    pub fn definition(&self) -> &str {
        &self.facts.definition
    }

    /// The authority code, `EPSG:4548`, where there is one.
    pub fn code(&self) -> Option<&str> {
        self.facts.code.as_deref()
    }

    /// A readable name.
    pub fn name(&self) -> &str {
        &self.facts.name
    }

    /// Whether coordinates are longitude and latitude in degrees.
    pub fn is_geographic(&self) -> bool {
        self.facts.geographic
    }

    /// Metres in one unit of a projected CRS (0.3048006096 for US survey feet).
    pub fn unit_m(&self) -> f64 {
        self.facts.unit_m
    }
}

impl PartialEq for Crs {
    fn eq(&self, other: &Self) -> bool {
        self.facts.definition == other.facts.definition
    }
}

impl fmt::Display for Crs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code() {
            Some(code) => write!(f, "{code} ({})", self.name()),
            None => f.write_str(self.name()),
        }
    }
}

/// Where the knowledge of a CRS comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CrsBasis {
    /// The user or `project.toml` says so.
    Declared,
    /// The file says so (or its format fixes it, as RFC 7946 does).
    File,
    /// Guessed from the numbers.
    Guessed,
    /// Not known; nothing was assumed.
    Unknown,
}

/// A CRS with how it was found.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundCrs {
    /// The CRS; `None` when unknown.
    pub crs: Option<Crs>,
    /// Where it comes from.
    pub basis: CrsBasis,
    /// 0 to 1.
    pub confidence: f64,
    /// The reason, or what is odd, for people.
    pub note: String,
}

impl FoundCrs {
    /// No CRS, and why.
    pub fn unknown(note: impl Into<String>) -> Self {
        Self { crs: None, basis: CrsBasis::Unknown, confidence: 0.0, note: note.into() }
    }

    /// What the file itself says.
    pub fn from_file(crs: Crs, note: impl Into<String>) -> Self {
        Self { crs: Some(crs), basis: CrsBasis::File, confidence: 1.0, note: note.into() }
    }

    /// What the user says.
    pub fn declared(crs: Crs) -> Self {
        Self { crs: Some(crs), basis: CrsBasis::Declared, confidence: 1.0, note: String::new() }
    }
}
