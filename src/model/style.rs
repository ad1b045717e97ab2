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

impl Classing {
    /// The word used in `project.toml`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Categories => "categories",
            Self::Quantile => "quantile",
            Self::Equal => "equal",
            Self::Jenks => "jenks",
            Self::Ramp => "ramp",
        }
    }
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
    /// Values of `colour_by` with colours of their own, each a text and `#rrggbb`, in the order of the legend. Where
    /// there are some, all other values share one colour.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<(String, String)>,
    /// Whether its polygons are bodies of an answer where they have heights, whatever their role: they are drawn over
    /// walls that they coincide with, without shadows, and do not count as buildings.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub in_front: bool,
    /// How high the pins of points stand, metres; by role and extent when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pin_m: Option<f32>,
}

impl Default for LayerStyle {
    fn default() -> Self {
        Self {
            colour: None,
            colour_by: None,
            classing: None,
            classes: None,
            opacity: 1.0,
            label_by: None,
            values: Vec::new(),
            in_front: false,
            pin_m: None,
        }
    }
}

/// What decides colours, in the terms of other programs.
#[derive(Clone, Debug, PartialEq)]
pub enum Rules {
    /// One colour.
    One([u8; 3]),
    /// Texts of a field, and the colour of all others.
    Values {
        /// The raw key.
        field: String,
        /// Each text with its colour.
        values: Vec<(String, [u8; 3])>,
        /// The colour of all others.
        others: [u8; 3],
    },
    /// Numbers of a field.
    Ranges {
        /// The raw key.
        field: String,
        /// From, to and colour, from low to high.
        ranges: Vec<(f64, f64, [u8; 3])>,
    },
}

impl Rules {
    /// The field that decides.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::One(_) => None,
            Self::Values { field, .. } | Self::Ranges { field, .. } => Some(field),
        }
    }

    /// The same with another name of the field.
    pub fn renamed(self, to: &str) -> Self {
        match self {
            Self::One(colour) => Self::One(colour),
            Self::Values { values, others, .. } => Self::Values { field: to.to_owned(), values, others },
            Self::Ranges { ranges, .. } => Self::Ranges { field: to.to_owned(), ranges },
        }
    }
}

/// Reads a colour as data and people write it: `#rgb`, `#rrggbb`, `rrggbb` with a letter in it,
/// `rgb(1, 2, 3)`, or one of the names of CSS and of OSM that occur in building data. Red, green,
/// blue.
pub fn read_colour(text: &str) -> Option<[u8; 3]> {
    let text = text.trim().to_lowercase();
    if let Some(hex) = text.strip_prefix('#') {
        return hex_colour(hex);
    }
    if let Some(numbers) = text.strip_prefix("rgb(").and_then(|t| t.strip_suffix(')')) {
        let mut parts = numbers.split(',').map(|n| n.trim().parse::<u8>().ok());
        let colour = [parts.next()??, parts.next()??, parts.next()??];
        return parts.next().is_none().then_some(colour);
    }
    let name: String = text.chars().filter(|c| !matches!(c, ' ' | '_' | '-')).collect();
    if let Some((_, rgb)) = NAMED.iter().find(|(known, _)| *known == name) {
        let [_, r, g, b] = rgb.to_be_bytes();
        return Some([r, g, b]);
    }
    // Without `#`, digits alone are a number, not a colour.
    (text.len() == 6 && text.bytes().any(|b| b.is_ascii_alphabetic())).then(|| hex_colour(&text)).flatten()
}

fn hex_colour(hex: &str) -> Option<[u8; 3]> {
    if !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let value = u32::from_str_radix(hex, 16).ok()?;
    match hex.len() {
        6 => {
            let [_, r, g, b] = value.to_be_bytes();
            Some([r, g, b])
        }
        // Each digit stands for two.
        3 => Some([(value >> 8) as u8 & 15, (value >> 4) as u8 & 15, value as u8 & 15].map(|d| d * 17)),
        _ => None,
    }
}

/// Names of CSS Color Module Level 4 that occur in building data.
const NAMED: &[(&str, u32)] = &[
    ("black", 0x000000),
    ("white", 0xffffff),
    ("red", 0xff0000),
    ("green", 0x008000),
    ("blue", 0x0000ff),
    ("yellow", 0xffff00),
    ("orange", 0xffa500),
    ("brown", 0xa52a2a),
    ("gray", 0x808080),
    ("grey", 0x808080),
    ("lightgray", 0xd3d3d3),
    ("lightgrey", 0xd3d3d3),
    ("darkgray", 0xa9a9a9),
    ("darkgrey", 0xa9a9a9),
    ("silver", 0xc0c0c0),
    ("maroon", 0x800000),
    ("navy", 0x000080),
    ("olive", 0x808000),
    ("purple", 0x800080),
    ("teal", 0x008080),
    ("cyan", 0x00ffff),
    ("aqua", 0x00ffff),
    ("magenta", 0xff00ff),
    ("fuchsia", 0xff00ff),
    ("lime", 0x00ff00),
    ("pink", 0xffc0cb),
    ("beige", 0xf5f5dc),
    ("ivory", 0xfffff0),
    ("tan", 0xd2b48c),
    ("wheat", 0xf5deb3),
    ("khaki", 0xf0e68c),
    ("linen", 0xfaf0e6),
    ("salmon", 0xfa8072),
    ("coral", 0xff7f50),
    ("tomato", 0xff6347),
    ("gold", 0xffd700),
    ("firebrick", 0xb22222),
    ("darkred", 0x8b0000),
    ("darkgreen", 0x006400),
    ("darkblue", 0x00008b),
    ("lightblue", 0xadd8e6),
    ("lightgreen", 0x90ee90),
    ("lightyellow", 0xffffe0),
    ("sienna", 0xa0522d),
    ("chocolate", 0xd2691e),
    ("peru", 0xcd853f),
    ("sandybrown", 0xf4a460),
    ("slategray", 0x708090),
    ("slategrey", 0x708090),
    ("dimgray", 0x696969),
    ("dimgrey", 0x696969),
    ("steelblue", 0x4682b4),
    ("skyblue", 0x87ceeb),
    ("antiquewhite", 0xfaebd7),
    ("gainsboro", 0xdcdcdc),
    ("whitesmoke", 0xf5f5f5),
    ("cornsilk", 0xfff8dc),
    ("burlywood", 0xdeb887),
    ("indianred", 0xcd5c5c),
    ("rosybrown", 0xbc8f8f),
    ("violet", 0xee82ee),
    ("indigo", 0x4b0082),
    ("turquoise", 0x40e0d0),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_read_as_data_writes_them() {
        assert_eq!(read_colour("#AABBCC"), Some([0xaa, 0xbb, 0xcc]));
        assert_eq!(read_colour("#fb0"), Some([255, 187, 0]));
        assert_eq!(read_colour("Light Grey"), Some([211; 3]));
        assert_eq!(read_colour("rgb(1, 2, 3)"), Some([1, 2, 3]));
        assert_eq!(read_colour("ddbb99"), Some([0xdd, 0xbb, 0x99]));
        for none in ["", "123456", "#12345", "rgb(1,2)", "rgb(1,2,3,4)", "reddish", "#+12345", "rgb(300,0,0)"] {
            assert_eq!(read_colour(none), None, "{none}");
        }
    }
}
