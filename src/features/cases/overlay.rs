//! Over the scene: pins with a stem to the ground, the selected case with the circle that it may lie in, and the list
//! of cases that stand at one place.

use std::f32::consts::TAU;

use egui::{
    Align2, Color32, CursorIcon, FontId, Painter, Pos2, Rect, RichText, ScrollArea, Sense, Shape, Stroke, TextStyle,
    Ui, WidgetInfo, WidgetType, pos2, vec2,
};

use super::describe::{category_name, is_chinese, line, mark_name, state_name};
use super::figures::ui::area_text;
use super::heat::{Heat, Source};
use super::list::Mark;
use super::pins::{Lens, NONE, Pin, colour_of, count_text, radius};
use super::spots::found::Found;
use super::state::{CasesEdit, CasesModel, CasesState, How, Page, Tool};
use super::ui::light;
use super::{CasePins, Cases, legend, spots};
use crate::city::City;
use crate::features::published::Pointer;
use crate::index::Ground;
use crate::panels::{Palette, Words, widgets};
use crate::place::MapPoint;
use crate::scene::view::Eye;
use crate::themes::management::case::Case;
use crate::themes::management::categories::Kind;
use crate::themes::management::rules::Rules;

/// From the foot of a pin to the middle of its head, points.
const STEM: f32 = 22.0;
/// The selected one is larger.
const LARGE: f32 = 11.0;
const INK: Color32 = Color32::from_rgb(0x1c, 0x24, 0x2e);
const ACCENT: Color32 = Color32::from_rgb(0xff, 0x6b, 0x1a);
/// Corners of a circle on the ground.
const CORNERS: usize = 48;
/// Cases listed at one place at most.
const SPREAD: usize = 200;

fn head(pin: &Pin) -> Pos2 {
    pos2(pin.at[0], pin.at[1] - STEM)
}

/// The pin under a place of the window: of those that overlap while the view moves, the nearest to its head.
pub(super) fn pin_at(pins: &CasePins, [x, y]: [f32; 2]) -> Option<u32> {
    let mut best: Option<(f32, u32)> = None;
    for (number, pin) in pins.pins.pins.iter().enumerate() {
        let away = head(pin).distance(pos2(x, y));
        let stem = (pin.at[0] - x).abs() < 4.0 && (pin.at[1] - STEM..pin.at[1] + 4.0).contains(&y);
        if (away <= radius(pin.count) + 2.0 || stem) && best.is_none_or(|(least, _)| away < least) {
            best = Some((away, number as u32));
        }
    }
    best.map(|(_, number)| number)
}

/// Whether the pin of the selected case is under the pointer, its foot so far from it.
pub(super) fn holds_selected([x, y]: [f32; 2]) -> bool {
    let head = vec2(x, y - STEM - 4.0).length() <= LARGE + 5.0;
    head || (x.abs() < 5.0 && (-5.0..STEM + 4.0).contains(&y))
}

/// What is drawn with.
pub struct Scene<'a> {
    /// The scene's place on the screen.
    pub viewport: Rect,
    /// The view.
    pub eye: &'a Eye,
    /// The ground that is drawn.
    pub ground: &'a Ground,
    /// The city.
    pub city: Option<&'a City>,
    /// The pointer over the scene.
    pub pointer: &'a Pointer,
}

/// Draws what belongs over the scene; what was asked for there, and where the legend stands.
pub fn show(
    ui: &mut Ui,
    scene: &Scene<'_>,
    cases: &Cases,
    (pins, heat): (&CasePins, &Heat),
    (model, state): (&CasesModel, &CasesState),
    words: &Words,
) -> (Vec<CasesEdit>, Option<Rect>) {
    let mut edits = Vec::new();
    let painter = ui.painter_at(scene.viewport);
    let found = model.spots.found.as_deref().filter(|_| state.page == Page::Spots && state.spots.drawn && model.chosen);
    if let Some(found) = found {
        spots::overlay::show(&painter, scene, found, &state.spots);
    }
    let lens = Lens::of(scene.eye);
    let up = |[east, north]: [f64; 2]| [east, north, scene.ground.elevation(MapPoint::new(east, north))];
    let rules = cases.rules.as_deref();
    let shown = cases.shown();
    let place = shown.and_then(|case| case.facts.located.as_ref());
    if let Some(located) = place
        && let Some(metres) = located.accuracy_m.filter(|metres| *metres > 0.5)
    {
        circle(&painter, &lens, located.xy, metres, &up);
    }
    // Where the selected one stands alone it is drawn large, not twice.
    let alone = cases.current.and_then(|current| {
        let spot = pins.listed.spots.iter().position(|spot| spot.case == current)?;
        let pin = *pins.pins.of.get(spot)?;
        (pin != NONE && pins.pins.pins.get(pin as usize)?.count == 1).then_some(pin)
    });
    let mut order: Vec<usize> = (0..pins.pins.pins.len()).collect();
    let foot = |at: &usize| pins.pins.pins.get(*at).map_or(0.0, |pin| pin.at[1]);
    order.sort_by(|a, b| foot(a).total_cmp(&foot(b)));
    for number in order {
        let Some(pin) = pins.pins.pins.get(number).filter(|pin| pin.at[0].is_finite()) else { continue };
        if Some(number as u32) == alone || !scene.viewport.expand(40.0).contains(pos2(pin.at[0], pin.at[1])) {
            continue;
        }
        let case = pins.listed.spots.get(pin.spot as usize).and_then(|spot| cases.all.get(spot.case as usize));
        draw_pin(&painter, pin, case.map(|case| &**case), rules);
    }
    if let (Some(case), Some(located)) = (shown, place)
        && let Some([x, y]) = lens.see(up(cases.drag.map_or(located.xy, |drag| drag.xy)))
    {
        let mark = cases.current.and_then(|at| cases.listed.marks.get(at as usize)).copied().unwrap_or_default();
        let foot = pos2(x, y);
        let head = foot - vec2(0.0, STEM + 4.0);
        stem(&painter, foot, head, ACCENT);
        painter.circle_filled(head, LARGE + 4.0, Color32::WHITE);
        painter.circle_stroke(head, LARGE + 3.0, Stroke::new(2.5, ACCENT));
        symbol(&painter, head, LARGE, mark, is_part(case, rules));
    }
    if let Some([x, y]) = cases.draft.and_then(|xy| lens.see(up(xy))) {
        let foot = pos2(x, y);
        let head = foot - vec2(0.0, STEM + 4.0);
        stem(&painter, foot, head, ACCENT);
        painter.circle(head, LARGE, ACCENT, Stroke::new(2.5, Color32::WHITE));
        painter.hline(head.x - 5.0..=head.x + 5.0, head.y, Stroke::new(2.0, Color32::WHITE));
        painter.vline(head.x, head.y - 5.0..=head.y + 5.0, Stroke::new(2.0, Color32::WHITE));
    }
    tool(ui, scene, cases, words);
    if !cases.spread.is_empty() {
        spread(ui, scene, cases, pins, model, words, &mut edits);
    } else {
        hint(ui, scene, cases, (pins, heat, found), (model, state), words);
    }
    let legend = legend::show(ui, scene, heat, found, model, words);
    (edits, legend)
}

fn is_part(case: &Case, rules: Option<&Rules>) -> bool {
    rules.and_then(|rules| rules.categories.find(&case.facts.category)).is_some_and(|found| found.kind == Kind::Part)
}

fn stem(painter: &Painter, foot: Pos2, head: Pos2, ink: Color32) {
    painter.line_segment([foot, head], Stroke::new(4.0, Color32::from_white_alpha(220)));
    painter.line_segment([foot, head], Stroke::new(1.8, ink));
    painter.circle(foot, 2.6, ink, Stroke::new(1.2, Color32::WHITE));
}

fn draw_pin(painter: &Painter, pin: &Pin, case: Option<&Case>, rules: Option<&Rules>) {
    let (foot, head, r) = (pos2(pin.at[0], pin.at[1]), head(pin), radius(pin.count));
    stem(painter, foot, head, INK);
    if pin.count == 1 {
        let at = pin.marks.iter().position(|count| *count > 0).unwrap_or_default();
        let mark = Mark::ALL.get(at).copied().unwrap_or_default();
        let part = case.is_some_and(|case| is_part(case, rules));
        match part {
            true => {
                let square = Rect::from_center_size(head, vec2(r, r) * 2.0);
                painter.rect_filled(square, 3.5, Color32::WHITE);
                painter.rect_stroke(square, 3.5, Stroke::new(1.0, INK.gamma_multiply(0.5)), egui::StrokeKind::Outside);
            }
            false => _ = painter.circle(head, r, Color32::WHITE, Stroke::new(1.0, INK.gamma_multiply(0.5))),
        }
        symbol(painter, head, r - 1.8, mark, part);
        return;
    }
    // Several: how many, and in a ring how they stand.
    painter.circle(head, r, Color32::WHITE, Stroke::new(1.0, INK.gamma_multiply(0.5)));
    let mut from = -TAU / 4.0;
    for (mark, count) in Mark::ALL.into_iter().zip(pin.marks).filter(|(_, count)| *count > 0) {
        let to = from + TAU * count as f32 / pin.count as f32;
        let steps = ((to - from) / 0.2).ceil().max(1.0) as usize;
        let at = |step: usize| {
            let angle = from + (to - from) * step as f32 / steps as f32;
            head + vec2(angle.cos(), angle.sin()) * (r - 1.8)
        };
        let points = (0..=steps).map(at).collect();
        painter.add(Shape::line(points, Stroke::new(3.2, widgets::colour(colour_of(mark)))));
        from = to;
    }
    let text = count_text(pin.count);
    let size = if text.len() > 3 { 9.0 } else { 10.5 };
    painter.text(head, Align2::CENTER_CENTER, text, FontId::proportional(size), INK);
}

/// How a case stands, by colour and by sign: told apart by those who do not see red and green alike.
fn symbol(painter: &Painter, at: Pos2, r: f32, mark: Mark, part: bool) {
    let fill = widgets::colour(colour_of(mark));
    match part {
        true => _ = painter.rect_filled(Rect::from_center_size(at, vec2(r, r) * 2.0), 2.5, fill),
        false => _ = painter.circle_filled(at, r, fill),
    }
    let line = Stroke::new(r * 0.26, Color32::WHITE);
    match mark {
        Mark::Red => {
            painter.line_segment([at - vec2(0.0, r * 0.55), at + vec2(0.0, r * 0.12)], line);
            painter.circle_filled(at + vec2(0.0, r * 0.52), r * 0.16, Color32::WHITE);
        }
        Mark::Yellow => {
            painter.line_segment([at, at - vec2(0.0, r * 0.55)], line);
            painter.line_segment([at, at + vec2(r * 0.42, 0.0)], line);
        }
        Mark::Green | Mark::Open => _ = painter.circle_filled(at, r * 0.26, Color32::WHITE),
        Mark::Ended => {
            let points = [vec2(-0.45, 0.05), vec2(-0.12, 0.38), vec2(0.48, -0.32)].map(|p| at + p * r);
            painter.add(Shape::line(points.to_vec(), line));
        }
    }
}

/// How far a place may be off, on the ground.
fn circle(painter: &Painter, lens: &Lens, [east, north]: [f64; 2], metres: f64, up: &dyn Fn([f64; 2]) -> [f64; 3]) {
    let corner = |step: usize| {
        let (sin, cos) = (std::f64::consts::TAU * step as f64 / CORNERS as f64).sin_cos();
        lens.see(up([east + metres * cos, north + metres * sin])).map(|[x, y]| pos2(x, y))
    };
    let corners: Vec<Pos2> = (0..CORNERS).filter_map(corner).collect();
    // Behind the eye: no circle is seen then.
    if corners.len() < CORNERS {
        return;
    }
    // Over hills it need not be convex: filled from its middle.
    if let Some([x, y]) = lens.see(up([east, north])) {
        let fill = ACCENT.gamma_multiply(0.12);
        let mut mesh = egui::Mesh::default();
        mesh.colored_vertex(pos2(x, y), fill);
        corners.iter().for_each(|corner| mesh.colored_vertex(*corner, fill));
        for at in 0..CORNERS as u32 {
            mesh.add_triangle(0, 1 + at, 1 + (at + 1) % CORNERS as u32);
        }
        painter.add(mesh);
    }
    painter.add(Shape::closed_line(corners.clone(), Stroke::new(3.0, Color32::from_white_alpha(170))));
    painter.add(Shape::closed_line(corners, Stroke::new(1.5, ACCENT)));
}

/// What the tool in hand waits for.
fn tool(ui: &Ui, scene: &Scene<'_>, cases: &Cases, words: &Words) {
    let text = match cases.tool {
        Some(Tool::Register) => words.cases.click_new,
        Some(Tool::Move(_)) => words.cases.click_move,
        None => return,
    };
    if scene.pointer.at.is_some() {
        ui.ctx().set_cursor_icon(CursorIcon::Crosshair);
    }
    let at = scene.viewport.center_top() + vec2(0.0, 26.0);
    pill(ui, &ui.painter_at(scene.viewport), at, text);
}

/// A text on a plate, its middle at a place.
fn pill(ui: &Ui, painter: &Painter, at: Pos2, text: &str) {
    let p = Palette::of(ui);
    let galley = painter.layout(text.to_owned(), TextStyle::Body.resolve(ui.style()), p.strong, 360.0);
    let rect = Rect::from_center_size(at, galley.size() + vec2(20.0, 10.0));
    painter.rect(rect, 6.0, p.panel, Stroke::new(1.0, p.line), egui::StrokeKind::Outside);
    painter.galley(rect.center() - galley.size() / 2.0, galley, p.strong);
}

/// Where a plate beside the pointer has its middle: above it, within the scene.
fn beside(scene: &Scene<'_>, [x, y]: [f32; 2]) -> Pos2 {
    let inside = scene.viewport.shrink2(vec2(150.0, 50.0));
    let y = if y - 56.0 < scene.viewport.min.y + 40.0 { y + 60.0 } else { y - 56.0 };
    if inside.is_positive() { pos2(x.clamp(inside.min.x, inside.max.x), y) } else { pos2(x, y) }
}

/// What is under the pointer.
fn hint(
    ui: &Ui,
    scene: &Scene<'_>,
    cases: &Cases,
    (pins, heat, found): (&CasePins, &Heat, Option<&Found>),
    (model, state): (&CasesModel, &CasesState),
    words: &Words,
) {
    let (Some(at), None) = (scene.pointer.at, cases.tool) else { return };
    let painter = ui.painter_at(scene.viewport);
    let Some(pin) = pin_at(pins, at).and_then(|number| pins.pins.pins.get(number as usize)) else {
        // Beside the pins: what the colour of the place stands for.
        let of_spot = found.and_then(|found| spots::overlay::hint(scene, found, &state.spots, model, words));
        let code = || scene.city.zip(scene.pointer.ground).and_then(|(city, ground)| heat.at(city, ground.point));
        let of_area = || {
            let code = code()?;
            Some(match heat.of.as_ref()? {
                Source::Listed(listed) => {
                    let count = listed.grids.get(code).copied().unwrap_or(0);
                    let count = Words::put(words.cases.cases_n, &[&count]);
                    format!("{} {}\n{count}", words.cases.grid, line(code, 40))
                }
                Source::Figures(table, column) => area_text(table, *column, code, model, words),
            })
        };
        if let Some(text) = of_spot.or_else(of_area) {
            pill(ui, &painter, beside(scene, at), &text);
        }
        return;
    };
    ui.ctx().set_cursor_icon(CursorIcon::PointingHand);
    let text = match pin.count {
        1 => {
            let spot = pins.listed.spots.get(pin.spot as usize);
            let Some(case) = spot.and_then(|spot| cases.all.get(spot.case as usize)) else { return };
            let chinese = is_chinese(model.language);
            let category = category_name(&case.facts.category, cases.rules.as_deref(), chinese, words);
            format!("{category} · {}\n{}", state_name(case.state, chinese), line(&case.number, 40))
        }
        count => {
            let marks = Mark::ALL.into_iter().zip(pin.marks).filter(|(_, count)| *count > 0);
            let marks: Vec<String> = marks.map(|(mark, count)| format!("{} {count}", mark_name(mark, words))).collect();
            format!("{}\n{}", Words::put(words.cases.cases_n, &[&count]), marks.join(" · "))
        }
    };
    let above = head(pin) - vec2(0.0, radius(pin.count) + 28.0);
    let inside = scene.viewport.shrink2(vec2(120.0, 26.0));
    let at = if inside.is_positive() { pos2(above.x.clamp(inside.min.x, inside.max.x), above.y) } else { above };
    // Not over the upper edge: then below the foot.
    let at = if at.y < scene.viewport.min.y + 26.0 { at + vec2(0.0, 2.0 * STEM + 60.0) } else { at };
    pill(ui, &painter, at, &text);
}

/// Cases at one place, to choose from.
fn spread(
    ui: &mut Ui,
    scene: &Scene<'_>,
    cases: &Cases,
    pins: &CasePins,
    model: &CasesModel,
    words: &Words,
    edits: &mut Vec<CasesEdit>,
) {
    let first = cases.spread.first();
    let spot = first.and_then(|first| pins.listed.spots.iter().find(|spot| spot.case == *first));
    let Some([x, y]) = spot.and_then(|spot| Lens::of(scene.eye).see(spot.at)) else { return };
    let room = scene.viewport.shrink(8.0);
    let height = (cases.spread.len().min(8) as f32 * 26.0 + 44.0).min(room.height());
    let left = (x + 18.0).min(room.max.x - 300.0).max(room.min.x);
    let top = (y - height / 2.0).min(room.max.y - height).max(room.min.y);
    let chinese = is_chinese(model.language);
    egui::Area::new("cases at one place".into()).fixed_pos(pos2(left, top)).order(egui::Order::Middle).show(
        ui.ctx(),
        |ui| {
            egui::Frame::popup(ui.style()).show(ui, |ui| {
                ui.set_width(280.0);
                ui.horizontal(|ui| {
                    widgets::heading_here(ui, &Words::put(words.cases.at_one_place, &[&cases.spread.len()]));
                    ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                        if widgets::icon_button(ui, crate::panels::icons::Icon::Close, words.frame.cancel).clicked() {
                            edits.push(CasesEdit::CloseSpread);
                        }
                    });
                });
                ui.spacing_mut().item_spacing.y = 0.0;
                ScrollArea::vertical().max_height(height - 44.0).auto_shrink([false, true]).show(ui, |ui| {
                    for place in cases.spread.iter().take(SPREAD) {
                        let Some(case) = cases.all.get(*place as usize) else { continue };
                        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 26.0), Sense::click());
                        let p = Palette::of(ui);
                        let on = cases.current == Some(*place);
                        response
                            .widget_info(|| WidgetInfo::selected(WidgetType::SelectableLabel, true, on, &case.number));
                        if on || response.hovered() {
                            ui.painter().rect_filled(rect, 4.0, if on { p.selected } else { p.hovered });
                        }
                        let mark = cases.listed.marks.get(*place as usize).copied().unwrap_or_default();
                        light(ui, Rect::from_center_size(rect.left_center() + vec2(10.0, 0.0), vec2(10.0, 10.0)), mark);
                        let category = category_name(&case.facts.category, cases.rules.as_deref(), chinese, words);
                        let text = format!("{category} · {}", state_name(case.state, chinese));
                        let place_of_text = rect.with_min_x(rect.min.x + 22.0);
                        let (body, left) = (TextStyle::Body, Align2::LEFT_CENTER);
                        widgets::paint_text(ui, place_of_text, &text, body, p.strong, left);
                        if response.on_hover_text(line(&case.number, 40)).clicked() {
                            edits.push(CasesEdit::Select { case: *place, how: How::Only, fly: false });
                        }
                    }
                    let more = cases.spread.len().saturating_sub(SPREAD);
                    if more > 0 {
                        ui.label(RichText::new(Words::put(words.cases.more_n, &[&more])).weak());
                    }
                });
            });
        },
    );
}
