//! Over the scene: squares on the ground in the colours of their confidence, and places where cases come again.

use egui::{Align2, Color32, FontId, Painter, Pos2, Shape, Stroke, pos2, vec2};

use super::super::describe::{category_name, date, line};
use super::super::overlay::Scene;
use super::super::pins::Lens;
use super::super::state::CasesModel;
use super::found::{Again, CORNERS, Found, Hot, PIECES};
use super::{Kind, SpotsState};
use crate::panels::{Language, Words, widgets};

/// Colours of squares: 99 %, 95 %, only rising.
pub const CERTAIN: [u8; 3] = [0xb1, 0x00, 0x26];
/// Of 95 %.
pub const LIKELY: [u8; 3] = [0xfd, 0x8d, 0x3c];
/// Of what rises without being hot.
pub const RISING: [u8; 3] = [0x6a, 0x3d, 0x9a];
/// Of places where cases come again.
pub const REPEAT: [u8; 3] = [0x0b, 0x6e, 0x8f];
/// Squares and places drawn at most: the hottest, and those with the most.
const DRAWN: usize = 600;

/// The colour of a square.
pub fn colour_of(hot: &Hot) -> [u8; 3] {
    match hot.square.confidence {
        99.. => CERTAIN,
        1.. => LIKELY,
        0 => RISING,
    }
}

/// Draws what was found.
pub fn show(painter: &Painter, scene: &Scene<'_>, found: &Found, state: &SpotsState) {
    let lens = Lens::of(scene.eye);
    let shown = scene.viewport.expand(60.0);
    // The hottest last: over all others.
    for (place, hot) in found.squares.iter().enumerate().take(DRAWN).rev() {
        let selected = state.selected == Some((Kind::Squares, place));
        square(painter, &lens, hot, selected);
    }
    for (place, again) in found.repeats.iter().enumerate().take(DRAWN).rev() {
        let Some(at) = lens.see(again.at).map(|[x, y]| pos2(x, y)).filter(|at| shown.contains(*at)) else { continue };
        // All would hide the map: of the list that is not seen only the first.
        if state.kind == Kind::Repeats || place < 10 {
            ring(painter, at, again, state.selected == Some((Kind::Repeats, place)));
        }
    }
}

/// A colour that lets through what is below. Colours are mixed as light: the colour's own part is raised for that.
fn film(colour: [u8; 3], opacity: f32) -> Color32 {
    let [r, g, b] = colour.map(|c| (f32::from(c) * opacity.powf(1.0 / 2.2)).round() as u8);
    Color32::from_rgba_premultiplied(r, g, b, (255.0 * opacity).round() as u8)
}

fn square(painter: &Painter, lens: &Lens, hot: &Hot, selected: bool) {
    let ink = widgets::colour(colour_of(hot));
    let corners: Vec<Option<Pos2>> =
        hot.corners.iter().map(|corner| lens.see(*corner).map(|[x, y]| pos2(x, y))).collect();
    let at = |x: usize, y: usize| corners.get(y * CORNERS + x).copied().flatten();
    let fill = film(colour_of(hot), if selected { 0.62 } else { 0.48 });
    let mut mesh = egui::Mesh::default();
    for (x, y) in (0..PIECES).flat_map(|x| (0..PIECES).map(move |y| (x, y))) {
        // A piece behind the eye is left out, and with it nothing that could be seen.
        let (Some(a), Some(b), Some(c), Some(d)) = (at(x, y), at(x + 1, y), at(x + 1, y + 1), at(x, y + 1)) else {
            continue;
        };
        let first = mesh.vertices.len() as u32;
        [a, b, c, d].into_iter().for_each(|corner| mesh.colored_vertex(corner, fill));
        mesh.add_triangle(first, first + 1, first + 2);
        mesh.add_triangle(first, first + 2, first + 3);
    }
    if mesh.is_empty() {
        return;
    }
    painter.add(mesh);
    let edge = Stroke::new(if selected { 3.0 } else { 1.4 }, if selected { Color32::WHITE } else { ink });
    let side = |k: usize, along: usize| match k {
        0 => at(along, 0),
        1 => at(PIECES, along),
        2 => at(PIECES - along, PIECES),
        _ => at(0, PIECES - along),
    };
    let outline: Vec<Option<Pos2>> = (0..4).flat_map(|k| (0..PIECES).map(move |along| side(k, along))).collect();
    for (n, from) in outline.iter().enumerate() {
        if let (Some(from), Some(to)) = (from, outline.get((n + 1) % outline.len()).copied().flatten()) {
            painter.line_segment([*from, to], edge);
        }
    }
    if let (true, Some(middle)) = (hot.square.is_rising, at(PIECES / 2, PIECES / 2)) {
        arrow(painter, middle, widgets::colour(RISING));
    }
}

/// An arrow upwards on a white disc: it rises.
pub fn arrow(painter: &Painter, at: Pos2, ink: Color32) {
    painter.circle(at, 7.0, Color32::WHITE, Stroke::new(1.2, ink));
    let stroke = Stroke::new(1.8, ink);
    painter.line_segment([at + vec2(0.0, 4.0), at - vec2(0.0, 4.0)], stroke);
    let head = [vec2(-3.0, -1.0), vec2(0.0, -4.2), vec2(3.0, -1.0)].map(|d| at + d);
    painter.add(Shape::line(head.to_vec(), stroke));
}

fn ring(painter: &Painter, at: Pos2, again: &Again, selected: bool) {
    let r = if selected { 13.0 } else { 10.0 };
    let edge = Stroke::new(if selected { 3.0 } else { 1.5 }, Color32::WHITE);
    painter.circle(at, r, widgets::colour(REPEAT), edge);
    let text = format!("×{}", again.repeat.numbers.len());
    let font = FontId::proportional(if text.chars().count() > 3 { 8.5 } else { 10.5 });
    painter.text(at, Align2::CENTER_CENTER, text, font, Color32::WHITE);
}

/// What is under the pointer: the place, else the square; as it is said there.
pub fn hint(scene: &Scene<'_>, found: &Found, state: &SpotsState, model: &CasesModel, words: &Words) -> Option<String> {
    let at = scene.pointer.at?;
    let lens = Lens::of(scene.eye);
    let near = |again: &Again| lens.see(again.at).is_some_and(|[x, y]| (x - at[0]).hypot(y - at[1]) <= 11.0);
    let seen = if state.kind == Kind::Repeats { DRAWN } else { 10 };
    if let Some(again) = found.repeats.iter().take(seen).find(|again| near(again)) {
        return Some(repeat_text(again, model, words));
    }
    let ground = scene.pointer.ground?.point;
    let half = found.side / 2.0;
    let holds = |hot: &&Hot| {
        let [x, y] = hot.square.xy;
        (ground.east - x).abs() <= half && (ground.north - y).abs() <= half
    };
    found.squares.iter().take(DRAWN).find(holds).map(|hot| square_text(hot, model, words))
}

/// A square in words.
pub fn square_text(hot: &Hot, model: &CasesModel, words: &Words) -> String {
    let w = &words.figures;
    let square = &hot.square;
    let mut said = vec![];
    match square.confidence {
        0 => {}
        confidence => said.push(Words::put(w.confidence_n, &[&confidence])),
    }
    if square.is_rising {
        said.push(w.rising.to_owned());
    }
    let mut text = format!("{}\n{}", said.join(" · "), Words::put(w.around_n, &[&square.around, &square.count]));
    if let Some(expected) = square.expected.filter(|_| square.is_rising) {
        text += &format!("\n{}", Words::put(w.expected_n, &[&format!("{expected:.1}")]));
    }
    if !hot.mostly.0.is_empty() {
        let chinese = model.language == Some(Language::Chinese);
        let category = category_name(&hot.mostly.0, model.rules.as_deref(), chinese, words);
        text += &format!("\n{}", Words::put(w.mostly_n, &[&category, &hot.mostly.1]));
    }
    text
}

/// A repeat in words.
pub fn repeat_text(again: &Again, model: &CasesModel, words: &Words) -> String {
    let chinese = model.language == Some(Language::Chinese);
    let offset = model.rules.as_deref().map_or(0, |rules| rules.calendar.offset());
    let category = category_name(&again.repeat.category, model.rules.as_deref(), chinese, words);
    let times = Words::put(words.figures.times_n, &[&again.repeat.numbers.len()]);
    let dates = again.dates.map(|at| date(at, offset));
    format!("{category} · {times}\n{}\n{} – {}", line(&again.address, 40), dates[0], dates[1])
}
