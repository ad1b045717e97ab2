//! What a layer is for.

/// The role of a layer. A generic layer opens without one; a role lights up panels and drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Buildings and building parts, extruded by their height.
    Building,
    /// Cadastral or planning parcels (宗地, 地块).
    Parcel,
    /// Zones and control areas.
    Zone,
    /// Control lines of plans (控制线): red, green, blue, purple, yellow, and 三区三线.
    ControlLine,
    /// Dwellings and other units of a building (户).
    Unit,
    /// Unit grid cells (单元网格).
    Grid,
    /// City components (部件): lamps, manholes, trees.
    Component,
    /// Incidents and cases (案件).
    Incident,
    /// Administrative boundaries.
    Boundary,
    /// Roads.
    Road,
    /// Water.
    Water,
    /// Green space.
    Green,
    /// A digital elevation model.
    Terrain,
    /// An orthophoto or other picture of the ground.
    Imagery,
    /// Anything else.
    Other,
}

impl Role {
    /// All roles, in the order in which flat layers lie on each other when nothing else is said:
    /// the first is lowest.
    pub const ALL: [Self; 15] = [
        Self::Terrain,
        Self::Imagery,
        Self::Boundary,
        Self::Zone,
        Self::Parcel,
        Self::Green,
        Self::Water,
        Self::Road,
        Self::Grid,
        Self::ControlLine,
        Self::Other,
        Self::Building,
        Self::Unit,
        Self::Component,
        Self::Incident,
    ];

    /// The word used in `project.toml` and by commands.
    pub fn word(self) -> &'static str {
        match self {
            Self::Building => "building",
            Self::Parcel => "parcel",
            Self::Zone => "zone",
            Self::ControlLine => "control_line",
            Self::Unit => "unit",
            Self::Grid => "grid",
            Self::Component => "component",
            Self::Incident => "incident",
            Self::Boundary => "boundary",
            Self::Road => "road",
            Self::Water => "water",
            Self::Green => "green",
            Self::Terrain => "terrain",
            Self::Imagery => "imagery",
            Self::Other => "other",
        }
    }

    /// Reads the word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }
}
