//! The days of the cases: how many were reported on each, a period to choose, and time to play.

use egui::{Align2, CursorIcon, Pos2, Rect, Sense, Stroke, TextStyle, Ui, WidgetInfo, WidgetType, pos2, vec2};

use super::super::describe::{date, moment};
use super::super::list::{DAY, Days};
use super::super::state::{CasesEdit, CasesModel, CasesState};
use crate::panels::icons::Icon;
use crate::panels::{Palette, Words, widgets};

const HEIGHT: f32 = 38.0;
/// Days that pass in a second.
const SPEEDS: [f64; 4] = [0.25, 1.0, 5.0, 25.0];

/// The strip under the filters.
pub(super) fn show(ui: &mut Ui, model: &CasesModel, state: &mut CasesState, words: &Words, edits: &mut Vec<CasesEdit>) {
    let (w, days) = (&words.cases, &model.listed.days);
    if days.counts.is_empty() {
        return;
    }
    let offset = model.rules.as_deref().map_or(0, |rules| rules.calendar.offset());
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let (icon, name) = if model.playing { (Icon::Pause, w.pause) } else { (Icon::Play, w.play) };
        if widgets::icon_toggle(ui, icon, name, model.playing).clicked() {
            edits.push(CasesEdit::Play(!model.playing));
        }
        let speed = Words::put(w.speed, &[&state.speed]);
        let button = egui::Button::new(egui::RichText::new(&speed).small()).frame(false).min_size(vec2(44.0, 20.0));
        if ui.add(button).on_hover_text(w.speed_help).clicked() {
            let at = SPEEDS.iter().position(|speed| *speed == state.speed).unwrap_or(0);
            state.speed = SPEEDS.get(at + 1).copied().unwrap_or(SPEEDS[0]);
        }
        let whole = state.wish.period.is_none() && state.wish.moment.is_none();
        let room = ui.available_width() - if whole { 0.0 } else { 28.0 };
        let (rect, response) = ui.allocate_exact_size(vec2(room.max(80.0), HEIGHT), Sense::click_and_drag());
        response.widget_info(|| WidgetInfo::labeled(WidgetType::Slider, true, w.timeline));
        let scale = Scale { rect, days };
        brush(&scale, &response, state, edits);
        draw(ui, &scale, state, offset, words);
        if let Some(at) = response.hover_pos() {
            ui.ctx().set_cursor_icon(CursorIcon::ResizeHorizontal);
            let day = ((scale.time(at.x) - days.from) / DAY).clamp(0, days.counts.len() as i64 - 1);
            let count = days.counts.get(day as usize).copied().unwrap_or(0);
            let text = format!("{} · {}", date(days.from + day * DAY, offset), Words::put(w.cases_n, &[&count]));
            response.on_hover_text_at_pointer(text);
        }
        if !whole && widgets::icon_button(ui, Icon::Close, w.whole_time).clicked() {
            (state.wish.period, state.wish.moment) = (None, None);
            edits.push(CasesEdit::Play(false));
        }
    });
}

/// From time to place and back.
struct Scale<'a> {
    rect: Rect,
    days: &'a Days,
}

impl Scale<'_> {
    fn span(&self) -> f64 {
        (self.days.to() - self.days.from).max(1) as f64
    }

    fn time(&self, x: f32) -> i64 {
        let share = f64::from((x - self.rect.min.x) / self.rect.width().max(1.0)).clamp(0.0, 1.0);
        self.days.from + (share * self.span()) as i64
    }

    fn x(&self, at: i64) -> f32 {
        let share = (at - self.days.from) as f64 / self.span();
        self.rect.min.x + self.rect.width() * share.clamp(0.0, 1.0) as f32
    }

    /// The beginning of the day of a moment.
    fn day(&self, at: i64) -> i64 {
        self.days.from + (at - self.days.from).div_euclid(DAY) * DAY
    }
}

/// A drag chooses whole days; a click while a moment is shown moves it.
fn brush(scale: &Scale<'_>, response: &egui::Response, state: &mut CasesState, edits: &mut Vec<CasesEdit>) {
    let Some(at) = response.interact_pointer_pos() else { return };
    let time = scale.time(at.x);
    if response.drag_started() {
        state.brush = Some(time);
    }
    if let (true, Some(from)) = (response.dragged(), state.brush) {
        let (from, to) = (scale.day(from.min(time)), scale.day(from.max(time)) + DAY);
        state.wish.period = Some([from, to.min(scale.days.to()).max(from + DAY)]);
        state.wish.moment = None;
    }
    if response.drag_stopped() {
        state.brush = None;
    }
    if response.clicked() {
        state.wish.moment = Some(time);
        edits.push(CasesEdit::Play(false));
    }
}

fn draw(ui: &Ui, scale: &Scale<'_>, state: &CasesState, offset: i64, words: &Words) {
    let (p, rect, days) = (Palette::of(ui), scale.rect, scale.days);
    let painter = ui.painter_at(rect.expand(1.0));
    painter.rect_filled(rect, 4.0, p.ground);
    let chart = Rect::from_min_max(rect.min + vec2(0.0, 3.0), rect.max - vec2(0.0, 13.0));
    // So many days in one bar that bars are no thinner than two points.
    let bars = ((rect.width() / 2.0) as usize).clamp(1, days.counts.len());
    let each = days.counts.len().div_ceil(bars);
    let sums: Vec<u32> = days.counts.chunks(each).map(|days| days.iter().sum()).collect();
    let most = sums.iter().copied().max().unwrap_or(0).max(1);
    for (at, sum) in sums.iter().enumerate().filter(|(_, sum)| **sum > 0) {
        let from = days.from + (at * each) as i64 * DAY;
        let (left, right) = (scale.x(from), scale.x(from + each as i64 * DAY));
        let height = (chart.height() * *sum as f32 / most as f32).max(1.0);
        let inside = state.wish.period.is_none_or(|[begin, end]| from >= begin && from < end);
        let ink = if inside { p.accent.gamma_multiply(0.75) } else { p.weak.gamma_multiply(0.35) };
        let gap = if right - left > 4.0 { 1.0 } else { 0.0 };
        let bar =
            Rect::from_min_max(pos2(left, chart.max.y - height), pos2((right - gap).max(left + 1.0), chart.max.y));
        painter.rect_filled(bar, 0.0, ink);
    }
    if let Some([from, to]) = state.wish.period {
        let chosen = Rect::from_min_max(pos2(scale.x(from), rect.min.y), pos2(scale.x(to), rect.max.y));
        painter.rect(chosen, 2.0, p.accent.gamma_multiply(0.12), Stroke::new(1.0, p.accent), egui::StrokeKind::Inside);
    }
    let small = TextStyle::Small.resolve(ui.style());
    let text = |at: Pos2, align: Align2, text: String, ink| {
        painter.text(at, align, text, small.clone(), ink);
    };
    let below = rect.max.y - 6.5;
    match (state.wish.moment, state.wish.period) {
        (Some(at), _) => {
            let x = scale.x(at);
            painter.vline(x, rect.y_range(), Stroke::new(2.0, p.error));
            let said = Words::put(words.cases.there_at, &[&moment(at, offset)]);
            text(pos2(rect.center().x, below), Align2::CENTER_CENTER, said, p.strong);
        }
        (None, Some([from, to])) => {
            let said = format!("{} – {}", date(from, offset), date(to - 1, offset));
            text(pos2(rect.center().x, below), Align2::CENTER_CENTER, said, p.strong);
        }
        (None, None) => {}
    }
    text(pos2(rect.min.x + 4.0, below), Align2::LEFT_CENTER, date(days.from, offset), p.weak);
    text(pos2(rect.max.x - 4.0, below), Align2::RIGHT_CENTER, date(days.to() - 1, offset), p.weak);
}
