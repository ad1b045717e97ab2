//! What the search box shows, remembers and asks for.

/// Answers to the last question.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SearchModel {
    /// The best answers, best first.
    pub results: Vec<SearchResult>,
    /// How many were found; the search ends when it has more than are listed.
    pub total: u64,
    /// Whether an answer is on its way.
    pub busy: bool,
    /// The text that `results` answer.
    pub query: String,
}

/// One answer.
#[derive(Clone, Debug, PartialEq)]
pub enum SearchResult {
    /// A feature.
    Feature {
        /// Its title.
        title: String,
        /// Its layer's title.
        layer: String,
        /// The layer's colour.
        colour: [u8; 3],
        /// The readable name of the field that matched.
        field: String,
        /// The field's value.
        value: String,
    },
    /// The text was read as coordinates.
    Position {
        /// The position in the project CRS and in degrees, for people.
        title: String,
        /// How the text was read: `longitude, latitude (WGS 84)`.
        reading: String,
    },
}

/// What the box remembers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SearchState {
    /// The text typed so far.
    pub text: String,
    /// Which result the arrow keys are on.
    pub current: usize,
    /// Whether the list is open.
    pub open: bool,
}

/// What the user asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SearchEdit {
    /// The text changed: look for it; empty when the box was cleared.
    Query(String),
    /// Fly to a result and select it.
    Choose(usize),
}
