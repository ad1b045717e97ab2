//! How a layer is drawn: what `project.toml` and the layer panel set.

/// How the values of a field become colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Classing {
    /// One colour for each value.
    #[default]
    Categories,
    /// Classes with as many rows each.
    Quantile,
    /// Classes of equal width.
    Equal,
    /// Natural breaks (Jenks).
    Jenks,
    /// A continuous ramp.
    Ramp,
}

/// The style of a layer.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LayerStyle {
    /// One colour for the whole layer, `#rrggbb`; the role's own when absent.
    pub colour: Option<String>,
    /// The raw key of the field to colour by.
    pub colour_by: Option<String>,
    /// How the field's values become colours; `None`: categories for text, quantiles for numbers.
    pub classing: Option<Classing>,
    /// Number of classes for the classed kinds.
    pub classes: Option<u8>,
    /// 0 (invisible) to 1.
    pub opacity: f32,
    /// The raw key of the field to label by.
    pub label_by: Option<String>,
}

impl Default for LayerStyle {
    fn default() -> Self {
        Self { colour: None, colour_by: None, classing: None, classes: None, opacity: 1.0, label_by: None }
    }
}
