//! Styles as QGIS keeps them in a GeoPackage: a table `layer_styles`, in it a text of QML for each layer.
//!
//! The form is that which QGIS 3 writes: a renderer with its symbols, and labels of one field.

use std::fmt::Write as _;

use crate::model::GeometryKind;
use crate::model::style::Rules;

/// How a layer is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Drawn<'a> {
    /// What decides colours, with the names that fields have in the file.
    pub rules: &'a Rules,
    /// 0 (invisible) to 1.
    pub opacity: f32,
    /// The field that labels are of.
    pub label: Option<&'a str>,
}

/// The name of the table that QGIS looks for.
pub const NAME: &str = "layer_styles";

/// That table.
pub const TABLE: &str = "
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT, f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256),
  f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN,
  description TEXT, owner TEXT(30), ui TEXT(30), update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')));
INSERT INTO gpkg_contents (table_name, data_type, identifier, description, srs_id)
  VALUES ('layer_styles', 'attributes', 'layer_styles', 'styles for QGIS', NULL);
";

/// A layer's style as QML.
pub fn document(drawn: &Drawn<'_>, kind: GeometryKind) -> String {
    let mut symbols = String::new();
    let mut symbol = |number: usize, colour: [u8; 3]| symbols.push_str(&symbol(number, colour, kind));
    let (head, list) = match drawn.rules {
        Rules::One(colour) => {
            symbol(0, *colour);
            ("type=\"singleSymbol\"".to_owned(), String::new())
        }
        Rules::Values { field, values, others } => {
            let mut list = String::from("<categories>");
            for (number, (value, colour)) in values.iter().enumerate() {
                symbol(number, *colour);
                let value = escape(value);
                // Writing into a text cannot fail.
                let _ =
                    write!(list, "<category value=\"{value}\" label=\"{value}\" symbol=\"{number}\" render=\"true\"/>");
            }
            // The empty value stands for all others.
            let number = values.len();
            symbol(number, *others);
            let _ = write!(list, "<category value=\"\" label=\"\" symbol=\"{number}\" render=\"true\"/></categories>");
            (format!("type=\"categorizedSymbol\" attr=\"{}\"", escape(&quoted(field))), list)
        }
        Rules::Ranges { field, ranges } => {
            let mut list = String::from("<ranges>");
            for (number, (low, high, colour)) in ranges.iter().enumerate() {
                symbol(number, *colour);
                let _ = write!(
                    list,
                    "<range lower=\"{low}\" upper=\"{high}\" label=\"{low} – {high}\" symbol=\"{number}\" render=\"true\"/>"
                );
            }
            list.push_str("</ranges>");
            (
                format!(
                    "type=\"graduatedSymbol\" graduatedMethod=\"GraduatedColor\" attr=\"{}\"",
                    escape(&quoted(field))
                ),
                list,
            )
        }
    };
    let labels = drawn.label.map_or_else(String::new, |field| {
        format!(
            "<labeling type=\"simple\"><settings><text-style fieldName=\"{}\" isExpression=\"0\" fontSize=\"9\" \
             textColor=\"30,34,40,255\"><text-buffer bufferDraw=\"1\" bufferSize=\"0.8\" \
             bufferColor=\"255,255,255,255\"/></text-style></settings></labeling>",
            escape(field)
        )
    });
    let geometry = match kind {
        GeometryKind::Point => 0,
        GeometryKind::Line => 1,
        GeometryKind::Polygon => 2,
        GeometryKind::None => 4,
    };
    format!(
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n\
         <qgis version=\"3.28.0\" styleCategories=\"Symbology|Labeling\" labelsEnabled=\"{}\">\
         <renderer-v2 {head} forceraster=\"0\" symbollevels=\"0\" enableorderby=\"0\">{list}\
         <symbols>{symbols}</symbols></renderer-v2>{labels}\
         <layerOpacity>{}</layerOpacity><layerGeometryType>{geometry}</layerGeometryType></qgis>\n",
        u8::from(drawn.label.is_some()),
        drawn.opacity
    )
}

/// A symbol of a colour: a filled area with a darker edge, a line, a disc.
fn symbol(number: usize, [r, g, b]: [u8; 3], kind: GeometryKind) -> String {
    let [dr, dg, db] = [r, g, b].map(|part| (f32::from(part) * 0.6) as u8);
    let (name, class, properties) = match kind {
        GeometryKind::Point => (
            "marker",
            "SimpleMarker",
            format!(
                "{}{}{}{}{}",
                option("name", "circle"),
                option("color", &format!("{r},{g},{b},255")),
                option("outline_color", &format!("{dr},{dg},{db},255")),
                option("size", "2.4"),
                option("size_unit", "MM")
            ),
        ),
        GeometryKind::Line => (
            "line",
            "SimpleLine",
            format!(
                "{}{}{}",
                option("line_color", &format!("{r},{g},{b},255")),
                option("line_width", "0.5"),
                option("line_width_unit", "MM")
            ),
        ),
        GeometryKind::Polygon | GeometryKind::None => (
            "fill",
            "SimpleFill",
            format!(
                "{}{}{}{}{}",
                option("color", &format!("{r},{g},{b},255")),
                option("style", "solid"),
                option("outline_color", &format!("{dr},{dg},{db},255")),
                option("outline_style", "solid"),
                option("outline_width", "0.16")
            ),
        ),
    };
    format!(
        "<symbol name=\"{number}\" type=\"{name}\" alpha=\"1\" clip_to_extent=\"1\" force_rhr=\"0\">\
         <layer class=\"{class}\" enabled=\"1\" locked=\"0\" pass=\"0\"><Option type=\"Map\">{properties}</Option>\
         </layer></symbol>"
    )
}

fn option(name: &str, value: &str) -> String {
    format!("<Option name=\"{name}\" value=\"{value}\" type=\"QString\"/>")
}

/// A field's name in an expression.
fn quoted(field: &str) -> String {
    format!("\"{}\"", field.replace('"', "\"\""))
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // What XML cannot hold.
            c if c < ' ' && !matches!(c, '\t' | '\n' | '\r') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values with what XML and expressions set apart stand in it whole, each with its symbol; the empty value is that of
    /// all others.
    #[test]
    fn values_are_escaped_and_each_has_a_symbol() {
        let rules = Rules::Values {
            field: "用途 \"x\"".to_owned(),
            values: vec![("<住宅> & \"商业\"".to_owned(), [255, 0, 16]), ("工业".to_owned(), [1, 2, 3])],
            others: [9, 9, 9],
        };
        let text = document(&Drawn { rules: &rules, opacity: 0.5, label: Some("名称") }, GeometryKind::Polygon);
        let body = text.split_once('\n').unwrap().1;
        let read = roxmltree::Document::parse(body).unwrap();
        let all = |name: &str| read.descendants().filter(|node| node.has_tag_name(name)).collect::<Vec<_>>();
        let categories: Vec<_> = all("category").iter().map(|node| node.attribute("value").unwrap()).collect();
        assert_eq!(categories, ["<住宅> & \"商业\"", "工业", ""]);
        assert_eq!(all("symbol").len(), 3);
        let colour = |node: &roxmltree::Node<'_, '_>| node.attribute("name") == Some("color");
        let colours: Vec<_> =
            all("Option").into_iter().filter(colour).map(|node| node.attribute("value").unwrap()).collect();
        assert_eq!(colours, ["255,0,16,255", "1,2,3,255", "9,9,9,255"]);
        assert_eq!(all("renderer-v2")[0].attribute("attr"), Some("\"用途 \"\"x\"\"\""));
        assert_eq!(all("text-style")[0].attribute("fieldName"), Some("名称"));
    }
}
