//! The colour of every row of a layer, and the legend that explains it.
//!
//! What decides, in order: `style.colour_by` (a field's raw key, [`HEIGHT`] or
//! [`HEIGHT_PROVENANCE`]), then `style.colour`, then official land-use colours for parcels and zones
//! whose use is mapped and the usual colours of control lines, then the colour of the role.
//!
//! Two steps, so that a layer that comes in pieces is coloured as one:
//! 1. `learn` settles classes, ramps and the most frequent categories from a layer or a sample of it;
//! 2. [`Painter::paint`] gives each row of the layer, or of any piece of it, its colour. A row's
//!    colour depends on what was learnt and on the row alone.

mod learn;
mod paint;
pub mod palette;

use self::palette::Rgb;
use crate::model::{Layer, LayerStyle, Role, Title};

pub use self::paint::Painter;

/// `colour_by` the height that is drawn, metres.
pub const HEIGHT: &str = "@height";
/// `colour_by` where the height comes from.
pub const HEIGHT_PROVENANCE: &str = "@height_provenance";

/// What the colours of a layer mean.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Legend {
    /// What is shown: a field's key, or words.
    pub title: Title,
    /// Whether colours run from entry to entry without steps.
    pub continuous: bool,
    /// From low to high, or the most frequent first; rows without a value last.
    pub entries: Vec<LegendEntry>,
}

/// One colour of a legend.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct LegendEntry {
    /// The value, class or stop.
    pub label: Title,
    /// `0xAABBGGRR`.
    pub colour: u32,
    /// Rows that have it, of those that were learnt from; of a continuous ramp, those nearest to the
    /// stop.
    pub count: u64,
}

/// One colour for each row (`0xAABBGGRR`, with the style's opacity), and its legend. The style may be
/// the layer's own or what the user has made of it since.
pub fn colours(layer: &Layer, style: &LayerStyle) -> (Vec<u32>, Legend) {
    let (painter, legend) = Painter::learn(layer, style);
    (painter.paint(layer), legend)
}

/// The colour of a role when nothing else is said.
pub fn role_colour(role: Role) -> Rgb {
    match role {
        Role::Building => [240, 235, 226],
        Role::Parcel => [233, 220, 176],
        Role::Zone => [196, 190, 222],
        Role::ControlLine => [107, 114, 128],
        Role::Unit => [205, 196, 214],
        Role::Grid => [150, 170, 200],
        Role::Component => [66, 122, 176],
        Role::Incident => [213, 94, 0],
        Role::Boundary => [120, 110, 130],
        Role::Road => [176, 176, 180],
        Role::Water => [116, 170, 206],
        Role::Green => [146, 190, 130],
        Role::Terrain => [200, 204, 188],
        Role::Imagery => [255, 255, 255],
        Role::Other => [170, 178, 190],
    }
}

#[cfg(test)]
mod tests;
