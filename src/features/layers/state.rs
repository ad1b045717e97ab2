//! What the layer panel shows, remembers and asks for.

use std::collections::BTreeSet;

use crate::model::style::Classing;
use crate::model::{Role, Vertical};
use crate::panels::crs_line::CrsLine;

/// All layers of the project.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LayersModel {
    /// Vector layers, the one drawn on top first.
    pub rows: Vec<LayerRow>,
    /// Terrain and imagery.
    pub rasters: Vec<RasterRow>,
}

/// A vector layer.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerRow {
    /// The layer's id.
    pub id: String,
    /// Its title in the interface's language.
    pub title: String,
    /// What it is for.
    pub role: Role,
    /// Why it has this role.
    pub role_basis: String,
    /// Whether it is shown.
    pub visible: bool,
    /// 0 to 1.
    pub opacity: f32,
    /// Its one colour, or that of its first class.
    pub colour: [u8; 3],
    /// Number of features.
    pub features: u64,
    /// Features that could not be used.
    pub skipped: u64,
    /// Warnings and errors about it.
    pub warnings: u64,
    /// Whether it is made up (`about.source = "synthetic"`).
    pub synthetic: bool,
    /// The source's CRS.
    pub crs: CrsLine,
    /// The format's name.
    pub format: String,
    /// How it stands to the ground.
    pub vertical: Vertical,
    /// Median of feature height minus terrain, metres, where both are known.
    pub ground_gap: Option<f64>,
    /// What it can be coloured and labelled by, in the source's order.
    pub fields: Vec<FieldChoice>,
    /// The key of the field it is coloured by (`@height`, `@height_provenance` among them).
    pub colour_by: Option<String>,
    /// How values become colours; meaningful when `colour_by` is set.
    pub classing: Classing,
    /// Number of classes wished for.
    pub classes: u8,
    /// The key of the field it is labelled by.
    pub label_by: Option<String>,
    /// What the colours mean.
    pub legend: Legend,
}

/// A field that a layer can be coloured or labelled by.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldChoice {
    /// The raw key.
    pub key: String,
    /// A readable name.
    pub title: String,
    /// Whether its values are numbers: only then classes and ramps make sense.
    pub numeric: bool,
}

/// What the colours of a layer mean.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Legend {
    /// One colour.
    #[default]
    Single,
    /// Categories or classes.
    Entries {
        /// Colour, meaning and number of features of each.
        entries: Vec<LegendEntry>,
        /// Features of values beyond the listed ones.
        others: Option<LegendEntry>,
        /// Features without a value.
        missing: Option<LegendEntry>,
    },
    /// A continuous ramp.
    Ramp {
        /// Colours at even steps from low to high.
        stops: Vec<[u8; 3]>,
        /// The least value with its unit.
        low: String,
        /// The greatest value with its unit.
        high: String,
        /// Features without a value.
        missing: Option<LegendEntry>,
    },
}

/// One colour of a legend.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LegendEntry {
    /// The colour.
    pub colour: [u8; 3],
    /// What it means; empty for "no value" and "other values", which the panel names itself.
    pub label: String,
    /// Number of features.
    pub count: u64,
}

/// A terrain or picture of the ground.
#[derive(Clone, Debug, PartialEq)]
pub struct RasterRow {
    /// The layer's id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What it is.
    pub kind: RasterKind,
    /// Whether it is shown.
    pub visible: bool,
    /// 0 to 1.
    pub opacity: f32,
    /// The source's CRS.
    pub crs: CrsLine,
    /// Cell size and number of cells, for people.
    pub size: String,
    /// Warnings and errors about it.
    pub warnings: u64,
}

/// What a raster row is.
#[derive(Clone, Debug, PartialEq)]
pub enum RasterKind {
    /// Elevations.
    Terrain {
        /// Multiplies elevations for drawing.
        exaggeration: f32,
        /// Least and greatest elevation, for people.
        range: String,
    },
    /// A picture.
    Imagery,
}

/// What the panel remembers while the program runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LayersState {
    /// Ids of the layers whose details are open.
    pub open: BTreeSet<String>,
    /// The layer that the user was asked about: remove it?
    pub removing: Option<String>,
    /// The layer being dragged to another place, by id.
    pub dragged: Option<String>,
}

/// What the user asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum LayersEdit {
    /// Show or hide a layer.
    Visible {
        /// The layer.
        id: String,
        /// Whether to show it.
        visible: bool,
    },
    /// Set a layer's opacity.
    Opacity {
        /// The layer.
        id: String,
        /// 0 to 1.
        opacity: f32,
    },
    /// Put a vector layer at a place among [`LayersModel::rows`]; 0 is on top. The place counts
    /// the list without the layer.
    Order {
        /// The layer.
        id: String,
        /// Its new place.
        to: usize,
    },
    /// Colour a layer by a field, or by its one colour.
    ColourBy {
        /// The layer.
        id: String,
        /// The field's key.
        field: Option<String>,
    },
    /// How values become colours.
    Classing {
        /// The layer.
        id: String,
        /// The way.
        classing: Classing,
    },
    /// How many classes.
    Classes {
        /// The layer.
        id: String,
        /// 2 to 9.
        classes: u8,
    },
    /// Label a layer by a field, or not at all.
    LabelBy {
        /// The layer.
        id: String,
        /// The field's key.
        field: Option<String>,
    },
    /// Give a layer a role.
    Role {
        /// The layer.
        id: String,
        /// The role.
        role: Role,
    },
    /// How a layer stands to the ground.
    Vertical {
        /// The layer.
        id: String,
        /// The way.
        vertical: Vertical,
    },
    /// Stretch a terrain's heights for drawing.
    Exaggeration {
        /// The terrain.
        id: String,
        /// 1 for true heights.
        exaggeration: f32,
    },
    /// Bring the whole layer into view.
    ZoomTo {
        /// The layer.
        id: String,
    },
    /// Open its attribute table.
    OpenTable {
        /// The layer.
        id: String,
    },
    /// Show the notices about it.
    ShowNotices {
        /// The layer.
        id: String,
    },
    /// Take it out of the project; the file stays.
    Remove {
        /// The layer.
        id: String,
    },
    /// Open the load dialog.
    AddData,
}
