//! The view a project opens with.

/// Where the camera stands and when: `[view]` of a project file. Without it the whole city is shown.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// The point looked at, in the project CRS: east and north.
    pub target: [f64; 2],
    /// Its elevation, metres.
    #[serde(default)]
    pub up: f64,
    /// Metres from the eye to it.
    pub distance: f64,
    /// Degrees clockwise from north.
    #[serde(default)]
    pub heading: f64,
    /// Degrees below the horizon: 90 looks straight down.
    pub pitch: f64,
    /// The moment of the sun: ISO 8601, in the city's own time where it names no offset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
}

impl View {
    /// What is wrong with it.
    pub(super) fn problem(&self) -> Option<String> {
        let numbers = [self.target[0], self.target[1], self.up, self.distance, self.heading, self.pitch];
        if numbers.iter().any(|number| !number.is_finite()) {
            return Some("its numbers must be finite".to_owned());
        }
        if self.distance <= 0.0 {
            return Some(format!("distance = {} must be more than 0", self.distance));
        }
        (!(0.0..=90.0).contains(&self.pitch)).then(|| format!("pitch = {} must lie between 0 and 90", self.pitch))
    }
}
