//! What the inspector shows, remembers and asks for.

use crate::model::HeightSource;

/// Everything under the last click, and one of them in full.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InspectorModel {
    /// All things under the cursor, nearest first.
    pub hits: Vec<Hit>,
    /// Which of them is shown; meaningless when there is none.
    pub current: usize,
    /// The thing shown; `None` when nothing is selected.
    pub thing: Option<Thing>,
}

/// One thing under the cursor.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hit {
    /// Its title.
    pub title: String,
    /// Its layer's title.
    pub layer: String,
    /// Its colour in the scene.
    pub colour: [u8; 3],
    /// Why it stands at this place of the list: "hit at 212.4 m", "on the ground, layer order 3".
    pub reason: String,
}

/// A feature in full.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Thing {
    /// Name, else code, else id.
    pub title: String,
    /// Its layer's id.
    pub layer_id: String,
    /// Its layer's title.
    pub layer: String,
    /// Its stable id, for copying.
    pub id: String,
    /// Its colour in the scene.
    pub colour: [u8; 3],
    /// Whether its layer is made up.
    pub synthetic: bool,
    /// What is odd about it: skipped, covered by its parts, repaired.
    pub notes: Vec<String>,
    /// Its height, for buildings.
    pub height: Option<HeightFact>,
    /// Footprint or ground area with unit.
    pub area: Option<String>,
    /// Outline or line length with unit.
    pub length: Option<String>,
    /// Volume with unit.
    pub volume: Option<String>,
    /// Elevation of the ground below it with unit.
    pub ground: Option<String>,
    /// East and north in the project CRS, for people and for copying.
    pub map_position: String,
    /// The same in numbers; `None` where it has no geometry.
    pub at: Option<[f64; 2]>,
    /// Longitude and latitude, for people and for copying.
    pub lon_lat: String,
    /// Its attributes, the telling ones first.
    pub attributes: Vec<Attribute>,
    /// The fields that hold personal data, and whether they are shown as they are; `None` without any.
    pub personal: Option<(String, bool)>,
}

/// A height and how sure we are.
#[derive(Clone, Debug, PartialEq)]
pub struct HeightFact {
    /// With unit: `36.0 m`.
    pub text: String,
    /// Where it comes from.
    pub source: HeightSource,
    /// How it was found: `12 storeys × 3.0 m`; empty when surveyed.
    pub how: String,
}

/// An attribute with its value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attribute {
    /// A readable name in the interface's language; the key itself where there is none.
    pub name: String,
    /// The raw key.
    pub key: String,
    /// The value for people; empty when there is none.
    pub value: String,
    /// The raw value where it differs (a code); empty otherwise.
    pub raw: String,
}

/// What the panel remembers while the program runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InspectorState {
    /// Shows only attributes whose name, key or value holds this.
    pub filter: String,
    /// Whether attributes without a value are shown.
    pub show_empty: bool,
}

/// What the user asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InspectorEdit {
    /// Show personal data as it is, or masked.
    Unmask(bool),
    /// Show another of the things under the cursor.
    Pick(usize),
    /// Bring the thing into view.
    ZoomTo,
    /// Show its row in the attribute table.
    ShowInTable,
    /// Select nothing.
    Clear,
}
