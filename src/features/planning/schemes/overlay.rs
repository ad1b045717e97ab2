//! Over the scene: the outline being drawn, the foot of the chosen building, and the grip that pulls it up.

use egui::{
    Align2, Color32, CursorIcon, Pos2, Rect, Sense, Shape, Stroke, TextStyle, Ui, WidgetInfo, WidgetType, pos2, vec2,
};

use super::Schemes;
use super::state::{SchemesEdit, Tool};
use crate::features::published::Pointer;
use crate::index::Ground;
use crate::panels::{Palette, Words};
use crate::place::MapPoint;
use crate::scene::camera::Sight;
use crate::scene::view::Eye;
use crate::themes::planning::scheme::Block;
use crate::units::grouped;

const INK: Color32 = Color32::from_rgb(0xff, 0x6b, 0x1a);
/// The grip hangs so far above the roof, points.
const ABOVE: f32 = 30.0;

/// Draws what belongs over the scene and says what the grip was asked for.
pub fn show(
    ui: &mut Ui,
    viewport: Rect,
    schemes: &Schemes,
    eye: &Eye,
    pointer: &Pointer,
    ground: &Ground,
    words: &Words,
) -> Vec<SchemesEdit> {
    let mut edits = Vec::new();
    outline(ui, viewport, schemes, eye, pointer, ground);
    keys(ui, schemes, &mut edits);
    if schemes.tool.is_some() {
        return edits;
    }
    let Some(block) = schemes.chosen_block() else { return edits };
    foot(ui, viewport, &block, eye, ground);
    grip(ui, viewport, schemes, &block, eye, ground, words, &mut edits);
    edits
}

/// Escape lets go of one thing at a time: the tool, then the chosen building; the parcel is the inspector's. To be
/// asked before whoever else listens to Escape; not while typing.
pub fn escape(ui: &Ui, schemes: &Schemes) -> Option<SchemesEdit> {
    let wish = match (schemes.tool, schemes.chosen) {
        (Some(_), _) => SchemesEdit::Take(None),
        (None, Some(_)) => SchemesEdit::Choose(None),
        (None, None) => return None,
    };
    let free = !ui.egui_wants_keyboard_input();
    (free && ui.input_mut(|i| i.consume_key(egui::Modifiers::NONE, egui::Key::Escape))).then_some(wish)
}

/// Enter closes the outline, Backspace takes a corner back, Delete takes the chosen building out, Ctrl+Z and Ctrl+Y
/// go back and forth; not while typing.
fn keys(ui: &Ui, schemes: &Schemes, edits: &mut Vec<SchemesEdit>) {
    if ui.egui_wants_keyboard_input() {
        return;
    }
    let pressed = |modifiers, key| ui.input_mut(|i| i.consume_key(modifiers, key));
    let (none, ctrl, shift) = (egui::Modifiers::NONE, egui::Modifiers::COMMAND, egui::Modifiers::SHIFT);
    if pressed(ctrl | shift, egui::Key::Z) || pressed(ctrl, egui::Key::Y) {
        edits.push(SchemesEdit::Redo);
    }
    if pressed(ctrl, egui::Key::Z) {
        edits.push(SchemesEdit::Undo);
    }
    if schemes.tool == Some(Tool::Draw) && !schemes.corners.is_empty() {
        if pressed(none, egui::Key::Enter) {
            edits.push(SchemesEdit::FinishOutline);
        }
        if pressed(none, egui::Key::Backspace) {
            edits.push(SchemesEdit::TakeBackCorner);
        }
    }
    if let Some(block) = schemes.chosen.filter(|_| schemes.tool.is_none()) {
        if pressed(none, egui::Key::Delete) {
            edits.push(SchemesEdit::RemoveBlock(block));
        }
        if pressed(ctrl, egui::Key::D) {
            edits.push(SchemesEdit::CopyBlock(block));
        }
    }
}

fn outline(ui: &Ui, viewport: Rect, schemes: &Schemes, eye: &Eye, pointer: &Pointer, ground: &Ground) {
    let follows = pointer.ground.map(|hit| [hit.point.east, hit.point.north]);
    let mut corners = schemes.corners.clone();
    match schemes.tool {
        Some(Tool::Draw) => corners.extend(follows),
        Some(Tool::Place) | None => return,
    }
    let at = |[east, north]: &[f64; 2]| {
        let up = ground.elevation(MapPoint::new(*east, *north));
        eye.to_window([*east, *north, up]).map(|([x, y], _)| pos2(x, y))
    };
    let places: Vec<Pos2> = corners.iter().filter_map(at).collect();
    let painter = ui.painter_at(viewport);
    for stroke in [Stroke::new(5.0, Color32::from_white_alpha(190)), Stroke::new(2.5, INK)] {
        painter.add(if places.len() > 2 {
            Shape::closed_line(places.clone(), stroke)
        } else {
            Shape::line(places.clone(), stroke)
        });
    }
    for place in &places {
        painter.circle(*place, 4.5, Color32::WHITE, Stroke::new(2.5, INK));
    }
}

/// The foot of a building as a line on the ground.
fn foot(ui: &Ui, viewport: Rect, block: &Block, eye: &Eye, ground: &Ground) {
    let at = |[east, north]: &[f64; 2]| {
        let up = ground.elevation(MapPoint::new(*east, *north));
        eye.to_window([*east, *north, up]).map(|([x, y], _)| pos2(x, y))
    };
    let places: Option<Vec<Pos2>> = block.outline.iter().map(at).collect();
    if let Some(places) = places {
        ui.painter_at(viewport).add(Shape::closed_line(places, Stroke::new(2.0, INK)));
    }
}

/// The height above the foot at which a line of sight passes a vertical line: where the two are nearest.
fn height_on_axis(sight: &Sight, [east, north]: [f64; 2], foot: f64) -> f64 {
    let [dx, dy, dz] = sight.direction;
    let [ox, oy, oz] = sight.origin;
    // On the map the nearest point of the line of sight to the axis; its height is the answer.
    let along = dx * dx + dy * dy;
    let t = if along > 0.0 { ((east - ox) * dx + (north - oy) * dy) / along } else { 0.0 };
    oz + t * dz - foot
}

#[allow(clippy::too_many_arguments)] // what it draws with, and what it is about
fn grip(
    ui: &mut Ui,
    viewport: Rect,
    schemes: &Schemes,
    block: &Block,
    eye: &Eye,
    ground: &Ground,
    words: &Words,
    edits: &mut Vec<SchemesEdit>,
) {
    let [east, north] = block.middle();
    // A body stands with its foot on the lowest ground under it; here its middle is near enough for a grip.
    let foot = ground.elevation(MapPoint::new(east, north));
    let Some(([x, y], _)) = eye.to_window([east, north, foot + block.height()]) else { return };
    let at = pos2(x, y) - vec2(0.0, ABOVE);
    let p = Palette::of(ui);
    let text = format!("{} · {} m", Words::put(words.schemes.storeys_n, &[&block.storeys]), grouped(block.height(), 1));
    let under_hand = schemes.drag.is_some();
    egui::Area::new(egui::Id::new("pull a building up"))
        .fixed_pos(at - vec2(15.0, 15.0))
        .order(egui::Order::Middle)
        .constrain(false)
        .show(ui, |ui| {
            let (rect, response) = ui.allocate_exact_size(vec2(30.0, 30.0), Sense::click_and_drag());
            response.widget_info(|| WidgetInfo::labeled(WidgetType::Slider, true, words.schemes.pull));
            let middle = rect.center();
            let fill = if response.hovered() || response.dragged() { INK } else { p.panel };
            let ink = if response.hovered() || response.dragged() { Color32::WHITE } else { INK };
            ui.painter().line_segment([middle + vec2(0.0, 15.0), middle + vec2(0.0, ABOVE)], Stroke::new(2.0, INK));
            ui.painter().circle(middle, 13.0, fill, Stroke::new(2.0, INK));
            for way in [-1.0, 1.0] {
                let tip = middle + vec2(0.0, 8.5 * way);
                let shape = vec![tip, tip + vec2(-4.0, -5.0 * way), tip + vec2(4.0, -5.0 * way)];
                ui.painter().add(Shape::convex_polygon(shape, ink, Stroke::NONE));
            }
            ui.painter().line_segment([middle - vec2(0.0, 5.0), middle + vec2(0.0, 5.0)], Stroke::new(1.6, ink));
            if response.dragged()
                && let Some(hand) = response.interact_pointer_pos()
            {
                // The grip hangs above the roof: what is pulled is the roof below it.
                let sight = eye.sight([hand.x, hand.y + ABOVE]);
                edits.push(SchemesEdit::Pull(height_on_axis(&sight, [east, north], foot)));
            }
            if response.drag_stopped() {
                edits.push(SchemesEdit::LetGo);
            }
            response.on_hover_text(words.schemes.pull).on_hover_cursor(CursorIcon::ResizeVertical);
        });
    let font = TextStyle::Body.resolve(ui.style());
    let galley = ui.painter().layout_no_wrap(text, font, p.strong);
    let label = Align2::LEFT_CENTER.anchor_size(at + vec2(22.0, 0.0), galley.size());
    if under_hand || viewport.contains_rect(label) {
        let painter = ui.painter_at(viewport);
        painter.rect_filled(label.expand2(vec2(6.0, 3.0)), 4.0, p.panel.gamma_multiply(0.92));
        painter.galley(label.min, galley, p.strong);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pull_follows_the_line_of_sight() {
        // From (0, -100, 50) looking north and 10 % down: at the axis (0, 0) it is 100 × 0.1 = 10 m lower, 40 m;
        // above a foot at 5 m that is 35 m.
        let sight = Sight { origin: [0.0, -100.0, 50.0], direction: [0.0, 1.0, -0.1] };
        assert!((height_on_axis(&sight, [0.0, 0.0], 5.0) - 35.0).abs() < 1e-9);
        // Straight down nothing can be said but where the eye is: no division by nothing.
        let down = Sight { origin: [0.0, 0.0, 50.0], direction: [0.0, 0.0, -1.0] };
        assert!(height_on_axis(&down, [3.0, 3.0], 0.0).is_finite());
    }

    #[test]
    fn escape_lets_go_of_the_tool_then_of_the_building_and_then_of_nothing() {
        let pressed = egui::Event::Key {
            key: egui::Key::Escape,
            physical_key: None,
            pressed: true,
            repeat: false,
            modifiers: egui::Modifiers::NONE,
        };
        let asked = |schemes: &Schemes| {
            let ctx = egui::Context::default();
            let mut said = (None, false);
            let input = egui::RawInput { events: vec![pressed.clone()], ..Default::default() };
            let _ = ctx.run_ui(input, |ui| {
                said = (escape(ui, schemes), ui.input(|i| i.key_pressed(egui::Key::Escape)));
            });
            said
        };
        let mut schemes = Schemes { tool: Some(Tool::Draw), chosen: Some(3), ..Schemes::default() };
        assert_eq!(asked(&schemes), (Some(SchemesEdit::Take(None)), false));
        schemes.tool = None;
        assert_eq!(asked(&schemes), (Some(SchemesEdit::Choose(None)), false));
        // Then it is the inspector's.
        schemes.chosen = None;
        assert_eq!(asked(&schemes), (None, true));
    }
}
