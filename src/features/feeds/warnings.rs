//! Areas of warnings on the drawn ground. Pure.

use std::sync::Arc;

use super::describe::severity_name;
use super::runner::Holds;
use crate::city::City;
use crate::features::published::MakeLayers;
use crate::feeds::cap::{Severity, on_map};
use crate::index::Ground;
use crate::mesh::TRIANGLES_PER_TILE;
use crate::mesh::drape::{Cloth, mesh_draped};
use crate::model::{FieldType, GeometryColumn, GeometryKind, Layer, LayerStyle, Role, TableBuilder, Value};
use crate::panels::Language;
use crate::panels::words::both;
use crate::place::{Bounds, MapPoint};
use crate::scene::sheets::Sheet;

/// So far around the city warnings are drawn, metres.
const AROUND: f64 = 100_000.0;
/// What lies below is still seen.
const OPACITY: f32 = 0.3;
/// What covers the whole city only tints it: there is nothing to tell it apart from.
const TINT: f32 = 0.04;
/// Outlines follow the ground in steps of so many metres …
const STEP: f64 = 40.0;
/// … and of all outlines of a warning at most so many.
const STEPS: usize = 4_000;
/// Warnings that are drawn at most, the worst.
pub const MOST: usize = 20;

/// What areas were draped for: the city, the warnings, and the language that was picked.
pub type Key = (u64, Arc<Vec<Holds>>, bool);

/// Which of some warnings are shown: of a message in several languages those in the language of the interface, else
/// those in the language that comes first.
pub fn pick(holding: &[Holds], chinese: bool) -> Vec<&Holds> {
    let wanted = if chinese { "zh" } else { "en" };
    let is_wanted = |one: &Holds| one.warning.language.to_ascii_lowercase().starts_with(wanted);
    let fits = |one: &&Holds| {
        let mut of_message = holding.iter().filter(|other| other.message == one.message);
        match of_message.clone().any(is_wanted) {
            true => is_wanted(one),
            false => of_message.next().is_none_or(|first| first.warning.language == one.warning.language),
        }
    };
    holding.iter().filter(fits).take(MOST).collect()
}

/// The outline of a warning.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outline {
    /// Its place among the warnings that are shown.
    pub warning: usize,
    /// Lines on the ground: east, north, up.
    pub edges: Vec<Vec<[f64; 3]>>,
    /// A place inside, on the ground.
    pub anchor: Option<[f64; 3]>,
    /// The level's colour.
    pub colour: [u8; 3],
}

/// Areas, draped.
#[derive(Clone, Debug, Default)]
pub struct Draped {
    /// One for each warning with an area here.
    pub outlines: Vec<Arc<Outline>>,
    /// Boxes of all warnings, by their places in the list.
    pub extents: Vec<Option<Bounds>>,
    /// What lies on the ground, the worst on top; handed to the scene.
    pub sheets: Vec<Sheet>,
}

/// Drapes the areas of warnings over a city.
pub fn drape(shown: &[&Holds], city: &City, ground: &Ground) -> Draped {
    let mut draped = Draped::default();
    let within = city.extent.grown(AROUND);
    let mut tinted = false;
    for (at, one) in shown.iter().enumerate() {
        let Some(drawn) = on_map(&one.warning, &city.crs, &within) else {
            draped.extents.push(None);
            continue;
        };
        draped.extents.push(Some(drawn.extent));
        let colour = one.warning.severity.colour();
        let mut column = GeometryColumn::default();
        push(&mut column, &drawn.fill);
        let cloth = Cloth::Fill { line_width: 0.0, pin_height: 0.0 };
        let up = |[east, north]: [f64; 2]| [east, north, ground.elevation(MapPoint::new(east, north))];
        let edges = on_ground(&drawn.edges, &city.extent, &up);
        let ends_here = edges.iter().flatten().any(|[east, north, _]| city.extent.holds([*east, *north]));
        // Of those that cover everything the worst: one tint hides the other, and each costs as much as the ground.
        let tints = !ends_here && !std::mem::replace(&mut tinted, true);
        if ends_here || tints {
            let tiles = mesh_draped(&column, ground, cloth, TRIANGLES_PER_TILE);
            draped.sheets.push(Sheet { tiles, colour, opacity: if ends_here { OPACITY } else { TINT } });
        }
        draped.outlines.push(Arc::new(Outline { warning: at, edges, anchor: drawn.anchor.map(up), colour }));
    }
    // The list begins with the worst; the last sheet lies on top.
    draped.sheets.reverse();
    draped
}

fn push(column: &mut GeometryColumn, area: &geo::MultiPolygon) {
    for polygon in &area.0 {
        for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
            // Rings of a column are not closed by their first point again.
            ring.0.iter().skip(1).for_each(|c| column.push_vertex([c.x, c.y], None));
            column.end_ring();
        }
        column.end_part();
    }
    column.end_feature(GeometryKind::Polygon);
}

/// Warnings as layers that leave with a snapshot: those that end in the city, and those that cover all of it, which
/// only tint it.
pub fn as_layers(holding: Arc<Vec<Holds>>) -> Arc<MakeLayers> {
    Arc::new(move |city: &City, language: Language| {
        // As far as the city reaches: a layer of a province would be what the city is looked at as.
        let within = city.extent.grown(0.05 * city.extent.width().max(city.extent.height()));
        let words = language.words();
        let mut builders = [TableBuilder::default(), TableBuilder::default()];
        let fields = ["severity", "event", "headline", "issued_by"];
        let columns =
            fields.map(|name| builders.each_mut().map(|builder| builder.typed_field(name, FieldType::Text))[0]);
        for one in pick(&holding, language == Language::Chinese) {
            let Some(drawn) = on_map(&one.warning, &city.crs, &within) else { continue };
            let edges = on_ground(&drawn.edges, &city.extent, &|[east, north]| [east, north, 0.0]);
            let ends_here = edges.iter().flatten().any(|[east, north, _]| city.extent.holds([*east, *north]));
            let builder = &mut builders[usize::from(!ends_here)];
            let warning = &one.warning;
            let severity = severity_name(warning.severity, words);
            let texts = [severity, &warning.event, &warning.headline, &warning.sender_name];
            columns.iter().zip(texts).for_each(|(column, text)| builder.set(*column, &Value::Text(text.into())));
            push(&mut builder.geometry, &drawn.fill);
        }
        let hex = |[r, g, b]: [u8; 3]| format!("#{r:02x}{g:02x}{b:02x}");
        let values = Severity::ALL.map(|severity| (severity_name(severity, words).to_owned(), hex(severity.colour())));
        let layer = |(builder, opacity): (TableBuilder, f32)| {
            let style = LayerStyle {
                colour_by: Some("severity".to_owned()),
                values: values.clone().into(),
                opacity,
                ..LayerStyle::default()
            };
            let title = both(|words| words.feeds.warnings_layer.to_owned());
            Layer { style, ..Layer::made("warnings", title, Role::Other, builder.finish(), &city.crs) }
        };
        let layers = builders.into_iter().zip([OPACITY, TINT]).map(layer);
        layers.filter(|layer| !layer.table.is_empty()).collect()
    })
}

/// Lines with more corners where the city is, each on the ground.
fn on_ground(edges: &[Vec<[f64; 2]>], city: &Bounds, up: &dyn Fn([f64; 2]) -> [f64; 3]) -> Vec<Vec<[f64; 3]>> {
    let mut left = STEPS;
    let near = city.grown(STEP);
    let mut line = |edge: &Vec<[f64; 2]>| {
        let mut line: Vec<[f64; 3]> = edge.first().map(|first| up(*first)).into_iter().collect();
        for pair in edge.windows(2) {
            let [a, b] = [pair[0], pair[1]];
            let mut around = Bounds::around(&[a]);
            around.add(b);
            let length = (b[0] - a[0]).hypot(b[1] - a[1]);
            let pieces = if around.meets(&near) { (length / STEP).ceil().max(1.0) as usize } else { 1 };
            let pieces = pieces.min(left.max(1));
            left = left.saturating_sub(pieces);
            for piece in 1..=pieces {
                let share = piece as f64 / pieces as f64;
                line.push(up([a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])]));
            }
        }
        line
    };
    edges.iter().map(&mut line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feeds::cap::Warning;

    fn holds(message: &str, language: &str) -> Holds {
        let warning = Warning { language: language.into(), ..Warning::default() };
        Holds { message: message.into(), until: 0, warning }
    }

    #[test]
    fn of_each_message_one_language_is_shown() {
        let all = [holds("a", "zh-CN"), holds("a", "en-US"), holds("b", "fr"), holds("b", "de"), holds("c", "en")];
        let said = |chinese: bool| -> Vec<String> {
            pick(&all, chinese).iter().map(|one| format!("{} {}", one.message, one.warning.language)).collect()
        };
        assert_eq!(said(true), ["a zh-CN", "b fr", "c en"]);
        assert_eq!(said(false), ["a en-US", "b fr", "c en"]);
    }

    #[test]
    fn an_outline_follows_the_ground_where_the_city_is() {
        let city = Bounds { min: [0.0, 0.0], max: [1000.0, 1000.0] };
        let up = |[east, north]: [f64; 2]| [east, north, east / 100.0];
        let edges = vec![vec![[0.0, 500.0], [400.0, 500.0]], vec![[9000.0, 0.0], [9000.0, 400.0]]];
        let lines = on_ground(&edges, &city, &up);
        // 400 m in steps of 40 m: eleven places; far away two.
        assert_eq!((lines[0].len(), lines[1].len()), (11, 2));
        assert!((lines[0][5][0] - 200.0).abs() < 1e-9 && (lines[0][5][2] - 2.0).abs() < 1e-9);
        // However long a line is, there are not too many steps.
        let long = vec![vec![[0.0, 0.0], [1000.0, 1000.0]]; 5_000];
        let count: usize = on_ground(&long, &city, &up).iter().map(Vec::len).sum();
        assert!(count <= STEPS + 2 * 5_000, "{count}");
    }
}
