//! The legend over the scene: what the colours of areas and squares stand for, of when.

use egui::{Align2, Color32, Painter, Rect, Stroke, TextStyle, Ui, pos2, vec2};

use super::figures::classes::{NO_VALUE, NOTHING, texts};
use super::figures::column::Column;
use super::figures::table::Table;
use super::figures::ui::period_text;
use super::heat::{Heat, Source};
use super::overlay::Scene;
use super::spots::found::Found;
use super::spots::overlay::{CERTAIN, LIKELY, REPEAT, RISING, arrow};
use super::state::CasesModel;
use crate::panels::{Language, Palette, Words, widgets};

const LINE: f32 = 18.0;
/// In a scene lower than this a plate would hide the map.
const TALL: f32 = 400.0;

/// What stands before a line.
enum Sign {
    Colour([u8; 3]),
    Rising,
    Repeat,
}

/// Lines that belong together, under a title.
struct Legend {
    title: String,
    period: String,
    lines: Vec<(Sign, String)>,
}

/// The legend of figures: the best or most first.
fn of_figures(table: &Table, column: Column, heat: &Heat, model: &CasesModel, words: &Words) -> Legend {
    let (w, chinese) = (&words.figures, model.language == Some(Language::Chinese));
    let texts = texts(&heat.classes, column);
    let mut lines: Vec<(Sign, String)> =
        heat.classes.iter().zip(texts).rev().map(|(class, text)| (Sign::Colour(class.colour), text)).collect();
    if table.rows.iter().any(|row| column.of(row).is_none()) {
        lines.push((Sign::Colour(NO_VALUE), format!("— {}", w.no_value)));
    }
    lines.push((Sign::Colour(NOTHING), w.no_cases.to_owned()));
    let period = period_text(&table.period, model, words);
    Legend { title: column.name(chinese, words), period, lines }
}

fn of_spots(found: &Found, model: &CasesModel, words: &Words) -> Legend {
    let w = &words.figures;
    let mut lines: Vec<(Sign, String)> = Vec::new();
    for (colour, confidence) in [(CERTAIN, 99_u8), (LIKELY, 95)] {
        lines.push((Sign::Colour(colour), Words::put(w.confidence_n, &[&confidence])));
    }
    if found.squares.iter().any(|hot| hot.square.is_rising) {
        lines.push((Sign::Rising, w.rising.to_owned()));
    }
    if !found.repeats.is_empty() {
        lines.push((Sign::Repeat, w.repeat_place.to_owned()));
    }
    Legend { title: w.page_spots.to_owned(), period: period_text(&found.period, model, words), lines }
}

/// Draws the legend of what is drawn; where it stands.
pub(super) fn show(
    ui: &Ui,
    scene: &Scene<'_>,
    heat: &Heat,
    spots: Option<&Found>,
    model: &CasesModel,
    words: &Words,
) -> Option<Rect> {
    let legend = match (&heat.of, spots) {
        (_, Some(found)) => of_spots(found, model, words),
        (Some(Source::Figures(table, column)), None) => of_figures(table, *column, heat, model, words),
        _ => return None,
    };
    if scene.viewport.height() < TALL { Some(strip(ui, scene, &legend)) } else { plate(ui, scene, &legend) }
}

/// How wide a text is.
fn wide(ui: &Ui, text: &str, style: TextStyle) -> f32 {
    let font = style.resolve(ui.style());
    ui.painter().layout_no_wrap(text.to_owned(), font, Palette::of(ui).text).size().x
}

fn draw_plate(painter: &Painter, p: &Palette, rect: Rect) {
    painter.rect(rect, 6.0, p.panel.gamma_multiply(0.94), Stroke::new(1.0, p.line), egui::StrokeKind::Outside);
}

/// Line under line above the scale bar.
fn plate(ui: &Ui, scene: &Scene<'_>, legend: &Legend) -> Option<Rect> {
    let (p, painter) = (Palette::of(ui), ui.painter_at(scene.viewport));
    let (body, small) = (TextStyle::Body.resolve(ui.style()), TextStyle::Small.resolve(ui.style()));
    let lines = legend.lines.iter().map(|(_, text)| wide(ui, text, TextStyle::Body) + 22.0);
    let heads = wide(ui, &legend.title, TextStyle::Body).max(wide(ui, &legend.period, TextStyle::Small));
    let width = lines.fold(heads, f32::max) + 20.0;
    let height = LINE * (legend.lines.len() + 2) as f32 + 14.0;
    let corner = scene.viewport.left_bottom() + vec2(12.0, -46.0);
    let rect = Rect::from_min_max(corner - vec2(0.0, height), corner + vec2(width, 0.0));
    if rect.min.y < scene.viewport.min.y + 8.0 || width > scene.viewport.width() * 0.6 {
        return None;
    }
    draw_plate(&painter, p, rect);
    let left = rect.min.x + 10.0;
    let mut y = rect.min.y + 7.0 + LINE / 2.0;
    painter.text(pos2(left, y), Align2::LEFT_CENTER, &legend.title, body.clone(), p.strong);
    y += LINE;
    painter.text(pos2(left, y - 2.0), Align2::LEFT_CENTER, &legend.period, small, p.weak);
    for (sign, text) in &legend.lines {
        y += LINE;
        draw_sign(ui, &painter, pos2(left + 6.0, y), sign);
        painter.text(pos2(left + 22.0, y), Align2::LEFT_CENTER, text, body.clone(), p.text);
    }
    Some(rect)
}

/// In a low scene along its upper edge, so that the map is seen; beside the compass.
fn strip(ui: &Ui, scene: &Scene<'_>, legend: &Legend) -> Rect {
    let (p, painter) = (Palette::of(ui), ui.painter_at(scene.viewport));
    let small = TextStyle::Small.resolve(ui.style());
    let room = scene.viewport.width() - 100.0;
    // Where each line stands: its place, and the row.
    let mut places: Vec<(f32, usize)> = Vec::new();
    let title = format!("{}  {}", legend.title, legend.period);
    let (mut x, mut row, mut width) = (wide(ui, &title, TextStyle::Small) + 14.0, 0, 0.0_f32);
    for (_, text) in &legend.lines {
        let next = wide(ui, text, TextStyle::Small) + 33.0;
        if x + next > room {
            (x, row) = (0.0, row + 1);
        }
        places.push((x, row));
        x += next;
        width = width.max(x);
    }
    let corner = scene.viewport.min + vec2(8.0, 8.0);
    let rect = Rect::from_min_size(corner, vec2(width.max(x) + 8.0, 16.0 * (row + 1) as f32 + 8.0));
    draw_plate(&painter, p, rect);
    let from = corner + vec2(8.0, 12.0);
    painter.text(from, Align2::LEFT_CENTER, &title, small.clone(), p.strong);
    for ((sign, text), (x, row)) in legend.lines.iter().zip(places) {
        let at = from + vec2(x, 16.0 * row as f32);
        draw_sign(ui, &painter, at + vec2(6.0, 0.0), sign);
        painter.text(at + vec2(18.0, 0.0), Align2::LEFT_CENTER, text, small.clone(), p.text);
    }
    rect
}

fn draw_sign(ui: &Ui, painter: &Painter, at: egui::Pos2, sign: &Sign) {
    match sign {
        Sign::Colour(colour) => {
            let swatch = Rect::from_center_size(at, vec2(12.0, 12.0));
            let edge = Stroke::new(1.0, Palette::of(ui).text.gamma_multiply(0.25));
            painter.rect(swatch, 2.5, widgets::colour(*colour), edge, egui::StrokeKind::Inside);
        }
        Sign::Rising => arrow(painter, at, widgets::colour(RISING)),
        Sign::Repeat => _ = painter.circle(at, 5.5, widgets::colour(REPEAT), Stroke::new(1.0, Color32::WHITE)),
    }
}
