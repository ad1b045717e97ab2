//! The north arrow and the scale bar over the scene.

use egui::{Align2, Color32, FontId, Rect, Sense, Shape, Stroke, TextStyle, Ui, WidgetInfo, WidgetType, pos2, vec2};

use super::super::state::{ViewEdit, ViewModel};
use crate::panels::theme::strong_family;
use crate::panels::{Palette, Words};

/// Draws the north arrow (a click turns north up) and the scale bar over the scene's corner.
pub fn show(ui: &mut Ui, viewport: Rect, model: &ViewModel, words: &Words, edits: &mut Vec<ViewEdit>) {
    if viewport.width() < 160.0 || viewport.height() < 120.0 {
        return;
    }
    let p = Palette::of(ui);
    // In a layer of its own, so that a click on the arrow is not a click into the scene.
    egui::Area::new(egui::Id::new("north arrow"))
        .fixed_pos(viewport.right_top() + vec2(-58.0, 14.0))
        .order(egui::Order::Middle)
        .constrain(false)
        .show(ui, |ui| {
            let (rect, response) = ui.allocate_exact_size(vec2(46.0, 46.0), Sense::click());
            response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, words.view.north));
            let middle = rect.center();
            let fill = if response.hovered() { p.hovered } else { p.panel };
            ui.painter().circle(middle, 22.0, fill.gamma_multiply(0.92), Stroke::new(1.0, p.line));
            // The screen's up is the camera's heading: north lies that much anticlockwise.
            let turned = |degrees: f32, length: f32| {
                let (sin, cos) = (degrees - model.heading).to_radians().sin_cos();
                middle + vec2(sin, -cos) * length
            };
            // The needle stands back so that the letter has room before its tip.
            let centre = turned(180.0, 4.0);
            let half = |tip: f32, ink: Color32| {
                let shape = vec![
                    centre + (turned(tip, 9.5) - middle),
                    centre + (turned(tip + 90.0, 3.6) - middle),
                    centre + (turned(tip - 90.0, 3.6) - middle),
                ];
                ui.painter().add(Shape::convex_polygon(shape, ink, Stroke::NONE));
            };
            half(0.0, p.error);
            half(180.0, p.weak);
            let font = FontId::new(10.0, strong_family());
            ui.painter().text(turned(0.0, 12.5), Align2::CENTER_CENTER, words.view.north_letter, font, p.strong);
            if response.on_hover_text(words.view.north).clicked() {
                edits.push(ViewEdit::North);
            }
        });
    if let Some((length, text)) = model.metres_per_point.and_then(scale_bar) {
        let painter = ui.painter();
        let left = viewport.left_bottom() + vec2(16.0, -16.0);
        let right = left + vec2(length, 0.0);
        for (stroke, ink) in [(3.5, p.panel), (1.5, p.strong)] {
            let tick = vec2(0.0, -5.0);
            painter.add(Shape::line(vec![left + tick, left, right, right + tick], Stroke::new(stroke, ink)));
        }
        let font = TextStyle::Small.resolve(ui.style());
        let galley = painter.layout_no_wrap(text, font, p.strong);
        let at = pos2((left.x + right.x - galley.size().x) / 2.0, left.y - 4.0 - galley.size().y);
        let behind = Rect::from_min_size(at, galley.size()).expand2(vec2(3.0, 0.0));
        painter.rect_filled(behind, 3.0, p.panel.gamma_multiply(0.7));
        painter.galley(at, galley, p.strong);
    }
}

/// The longest round length (1, 2 or 5 × a power of ten) that takes 60 to 150 points, with its
/// text; `None` when the scale makes no sense.
pub(super) fn scale_bar(metres_per_point: f64) -> Option<(f32, String)> {
    let most = metres_per_point * 150.0;
    if !most.is_finite() || most <= 1e-3 || most > 1e8 {
        return None;
    }
    let power = 10f64.powf(most.log10().floor());
    let metres = [5.0, 2.0, 1.0].into_iter().map(|n| n * power).find(|length| *length <= most)?;
    let text = if metres >= 1000.0 { format!("{} km", metres / 1000.0) } else { format!("{metres} m") };
    Some(((metres / metres_per_point) as f32, text))
}
