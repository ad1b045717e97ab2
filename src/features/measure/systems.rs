//! Points set by clicks, numbers from the core, lines over the scene.

use std::sync::Arc;

use bevy::prelude::*;

use super::MeasurePanel;
use super::state::{MeasureEdit, MeasureModel, Quantity, Tool};
use crate::analysis::measure::{Ruler, Spot};
use crate::city::City;
use crate::features::published::{AnswerLayers, DrawnArea, Hand, Pointer, SceneInput, SceneKey};
use crate::model::{FieldType, GeometryColumn, GeometryKind, Layer, LayerStyle, Role, TableBuilder, Value};
use crate::panels::words::both;
use crate::panels::{Language, Words};
use crate::scene::stage::Shown;
use crate::scene::view::Eye;
use crate::units::{Degrees, Metres};

/// The measurement under way.
#[derive(Resource, Default, Debug)]
pub struct Measuring {
    tool: Option<Tool>,
    spots: Vec<Spot>,
    finished: bool,
}

impl Measuring {
    fn wanted(&self) -> usize {
        match self.tool {
            Some(Tool::Distance | Tool::Height) => 2,
            Some(Tool::Path | Tool::Area) => usize::MAX,
            None => 0,
        }
    }

    /// The points set, and the one that follows the mouse.
    fn with_pointer(&self, pointer: &Pointer) -> Vec<Spot> {
        let mut spots = self.spots.clone();
        if !self.finished && !spots.is_empty() {
            spots.extend(spot(pointer));
        }
        spots
    }

    /// Draws points and lines over the scene.
    pub fn paint(&self, ui: &egui::Ui, viewport: egui::Rect, eye: &Eye, pointer: &Pointer) {
        let spots = self.with_pointer(pointer);
        if spots.is_empty() {
            return;
        }
        let painter = ui.painter_at(viewport);
        let at = |spot: &Spot| {
            let window = eye.to_window([spot.point.east, spot.point.north, spot.up])?.0;
            Some(egui::pos2(window[0], window[1]))
        };
        let ink = egui::Color32::from_rgb(0xff, 0x6b, 0x1a);
        let halo = egui::Stroke::new(5.0, egui::Color32::from_white_alpha(190));
        let line = egui::Stroke::new(2.5, ink);
        let mut pairs: Vec<(&Spot, &Spot)> = spots.windows(2).map(|pair| (&pair[0], &pair[1])).collect();
        if let (Some(Tool::Area), [first, .., last]) = (self.tool, spots.as_slice()) {
            pairs.push((last, first));
        }
        for stroke in [halo, line] {
            for (a, b) in &pairs {
                if let (Some(a), Some(b)) = (at(a), at(b)) {
                    painter.line_segment([a, b], stroke);
                }
            }
        }
        for position in spots.iter().filter_map(at) {
            painter.circle(position, 4.5, egui::Color32::WHITE, line);
        }
    }
}

/// The thing or the ground under the pointer.
fn spot(pointer: &Pointer) -> Option<Spot> {
    pointer.surface.map(|[east, north, up]| Spot { point: crate::place::MapPoint::new(east, north), up })
}

pub(super) fn apply(mut panel: ResMut<MeasurePanel>, mut measuring: ResMut<Measuring>, mut pointer: ResMut<Pointer>) {
    if panel.edits.is_empty() {
        return;
    }
    for edit in std::mem::take(&mut panel.edits) {
        match edit {
            MeasureEdit::Take(tool) => {
                *measuring = Measuring { tool, ..Measuring::default() };
                pointer.hand = if tool.is_some() { Hand::Measure } else { Hand::Select };
            }
            MeasureEdit::Undo => {
                measuring.spots.pop();
                measuring.finished = false;
            }
            MeasureEdit::Finish => measuring.finished = true,
            MeasureEdit::Clear => {
                measuring.spots.clear();
                measuring.finished = false;
            }
        }
    }
}

pub(super) fn click(
    mut input: MessageReader<SceneInput>,
    mut measuring: ResMut<Measuring>,
    mut pointer: ResMut<Pointer>,
) {
    // Another tool was taken into the hand.
    if measuring.tool.is_some() && pointer.hand != Hand::Measure {
        *measuring = Measuring::default();
    }
    for wish in input.read() {
        if measuring.tool.is_none() {
            continue;
        }
        match wish {
            SceneInput::Clicked(_) => {
                if measuring.finished {
                    measuring.spots.clear();
                    measuring.finished = false;
                }
                measuring.spots.extend(spot(&pointer));
                measuring.finished = measuring.spots.len() >= measuring.wanted();
            }
            SceneInput::DoubleClicked(_) => measuring.finished = measuring.spots.len() > 1,
            SceneInput::Key(SceneKey::Escape) => {
                *measuring = Measuring::default();
                pointer.hand = Hand::Select;
            }
            _ => {}
        }
    }
}

/// What was measured in a city stays while its layers change, and goes with its CRS: the places are in that.
pub(super) fn forget(shown: Res<Shown>, mut measuring: ResMut<Measuring>, mut crs: Local<String>) {
    let Some(city) = shown.city.as_ref().filter(|city| city.crs.definition() != *crs) else { return };
    city.crs.definition().clone_into(&mut crs);
    if !measuring.spots.is_empty() {
        measuring.spots.clear();
        measuring.finished = false;
    }
}

pub(super) fn answer(
    measuring: Res<Measuring>,
    pointer: Res<Pointer>,
    shown: Res<Shown>,
    mut panel: ResMut<MeasurePanel>,
    mut drawn: ResMut<DrawnArea>,
) {
    if !(measuring.is_changed() || (pointer.is_changed() && !measuring.spots.is_empty())) {
        return;
    }
    let area: Vec<[f64; 2]> = match (measuring.tool, measuring.finished) {
        (Some(Tool::Area), true) => measuring.spots.iter().map(|spot| [spot.point.east, spot.point.north]).collect(),
        _ => Vec::new(),
    };
    drawn.set_if_neq(DrawnArea(area));
    let spots = measuring.with_pointer(&pointer);
    let numbers = match (&shown.city, measuring.tool) {
        (Some(city), Some(tool)) if spots.len() > 1 => numbers(&Ruler::new(&city.crs), tool, &spots),
        _ => Vec::new(),
    };
    let model =
        MeasureModel { tool: measuring.tool, points: measuring.spots.len(), finished: measuring.finished, numbers };
    if panel.model != model {
        panel.model = model;
    }
}

/// What was measured: with which tool, between which points, and the main number.
type Told = (Tool, Vec<Spot>, String);

/// Tells what was measured, as a layer that leaves with a snapshot: lines and areas that are finished.
pub(super) fn tell(
    measuring: Res<Measuring>,
    panel: Res<MeasurePanel>,
    mut layers: ResMut<AnswerLayers>,
    mut told: Local<Option<Told>>,
) {
    const WHO: &str = "measurement";
    // A height stands upright: there is nothing of it on the map.
    let least = |tool: &Tool| match tool {
        Tool::Distance | Tool::Path => 2,
        Tool::Area => 3,
        Tool::Height => usize::MAX,
    };
    let tool = measuring.tool.filter(|tool| measuring.finished && measuring.spots.len() >= least(tool));
    let main = panel.model.numbers.first().filter(|_| panel.model.finished);
    let now = tool.zip(main).map(|(tool, (_, number))| (tool, measuring.spots.clone(), number.clone()));
    if *told == now {
        return;
    }
    told.clone_from(&now);
    let Some((tool, spots, number)) = now else {
        layers.0.remove(WHO);
        return;
    };
    let make = move |city: &City, language: Language| vec![as_layer(WHO, tool, &spots, &number, city, language)];
    layers.0.insert(WHO, Arc::new(make));
}

fn as_layer(who: &str, tool: Tool, spots: &[Spot], number: &str, city: &City, language: Language) -> Layer {
    let name = |words: &'static Words| {
        let w = &words.measure;
        match tool {
            Tool::Distance => w.distance,
            Tool::Path => w.path,
            Tool::Area => w.area,
            Tool::Height => w.height,
        }
    };
    let mut builder = TableBuilder::default();
    let measured = builder.typed_field("measured", FieldType::Text);
    builder.set(measured, &Value::Text(format!("{} {number}", name(language.words())).into()));
    let mut corners: Vec<[f64; 2]> = spots.iter().map(|spot| [spot.point.east, spot.point.north]).collect();
    // Exteriors run counter-clockwise in a column.
    if tool == Tool::Area && GeometryColumn::twice_signed_area(&corners) < 0.0 {
        corners.reverse();
    }
    corners.into_iter().for_each(|corner| builder.geometry.push_vertex(corner, None));
    builder.geometry.end_ring();
    builder.geometry.end_part();
    builder.geometry.end_feature(if tool == Tool::Area { GeometryKind::Polygon } else { GeometryKind::Line });
    let style = LayerStyle {
        colour: Some("#ff6b1a".to_owned()),
        label_by: Some("measured".to_owned()),
        opacity: if tool == Tool::Area { 0.4 } else { 1.0 },
        ..LayerStyle::default()
    };
    let title = both(|words| name(words).to_owned());
    Layer { style, ..Layer::made(who, title, Role::Other, builder.finish(), &city.crs) }
}

/// The numbers of a measurement, the main one first.
fn numbers(ruler: &Ruler, tool: Tool, spots: &[Spot]) -> Vec<(Quantity, String)> {
    let metres = |value: f64| format!("{:.2}", Metres(value));
    let (first, last) = (spots[0], spots[spots.len() - 1]);
    match tool {
        Tool::Distance => {
            let length = ruler.distance(first, last);
            let (de, dn) = (last.point.east - first.point.east, last.point.north - first.point.north);
            let bearing = de.atan2(dn).to_degrees().rem_euclid(360.0);
            vec![
                (Quantity::Horizontal, metres(length.plane.0)),
                (Quantity::Slope, metres(length.space.0)),
                (Quantity::Vertical, metres(length.rise.0)),
                (Quantity::Bearing, Degrees(bearing).to_string()),
            ]
        }
        Tool::Path => {
            let last_segment = ruler.distance(spots[spots.len() - 2], last);
            vec![
                (Quantity::Total, metres(ruler.path(spots).plane.0)),
                (Quantity::LastSegment, metres(last_segment.plane.0)),
                (Quantity::Slope, metres(ruler.path(spots).space.0)),
            ]
        }
        Tool::Area => {
            let area = ruler.area(spots);
            vec![(Quantity::Area, format!("{:.1}", area.plane)), (Quantity::Perimeter, metres(area.perimeter.0))]
        }
        Tool::Height => vec![
            (Quantity::Height, metres((last.up - first.up).abs())),
            (Quantity::BottomElevation, metres(first.up.min(last.up))),
            (Quantity::TopElevation, metres(first.up.max(last.up))),
        ],
    }
}
