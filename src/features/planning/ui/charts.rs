//! All parcels as charts: how they stand to their limits, and areas by land use.

use egui::{
    Align2, CornerRadius, Grid, Rect, RichText, ScrollArea, Sense, TextStyle, Ui, WidgetInfo, WidgetType, vec2,
};

use super::super::describe::rule_name;
use super::super::state::{BalanceRow, Page, ParcelRow, PlanningEdit, PlanningModel, PlanningState, Scope};
use super::super::verdict_colour;
use crate::panels::{Palette, Words, widgets};
use crate::themes::planning::dossier::Verdict;
use crate::themes::planning::limits::Rule;
use crate::units::grouped;

/// Bars of the histogram: a tenth of the limit each; the last holds all that is beyond.
const BARS: usize = 21;
const CHART: f32 = 120.0;

/// The bar that a share of the limit falls into.
pub(super) fn bar_of(rule: Rule, share: f32) -> usize {
    // What is just at the limit lies on the side of those that keep it: of a most in "90 to 100 %", of a least in
    // "100 to 110 %". Half of a hundredth is rounding in data.
    let nudge = if rule.is_least() { 0.05 } else { -0.05 };
    (((share * 10.0) + nudge).floor().max(0.0) as usize).min(BARS - 1)
}

/// One small histogram for each rule that has limits.
pub(super) fn histogram(ui: &mut Ui, parcels: &[ParcelRow], state: &mut PlanningState, words: &Words) {
    let w = &words.planning;
    let rules: Vec<(usize, Rule)> = Rule::ALL.into_iter().enumerate().filter(|(_, rule)| *rule != Rule::Use).collect();
    ScrollArea::vertical().id_salt("planning histograms").auto_shrink(false).show(ui, |ui| {
        let width = ui.available_width() - 12.0;
        ui.set_max_width(width);
        let across = ((width / 300.0).floor() as usize).clamp(1, rules.len());
        for run in rules.chunks(across) {
            ui.columns(across, |columns| {
                for (ui, (at, rule)) in columns.iter_mut().zip(run) {
                    one(ui, parcels, *at, *rule, state, words);
                }
            });
            ui.add_space(6.0);
        }
        ui.label(RichText::new(w.histogram_help).small().color(Palette::of(ui).weak));
    });
}

fn one(ui: &mut Ui, parcels: &[ParcelRow], at: usize, rule: Rule, state: &mut PlanningState, words: &Words) {
    let (w, p) = (&words.planning, Palette::of(ui));
    let mut bars = [[0_u32; 4]; BARS];
    for parcel in parcels {
        if let Some(share) = parcel.shares[at] {
            let place = Verdict::ALL.iter().position(|verdict| *verdict == parcel.rules[at].0).unwrap_or(0);
            bars[bar_of(rule, share)][place] += 1;
        }
    }
    let counted: u32 = bars.iter().flatten().sum();
    widgets::heading(ui, rule_name(rule, words));
    if counted == 0 {
        ui.label(RichText::new(w.no_limits_here).small().color(p.weak));
        return;
    }
    let most = bars.iter().map(|bar| bar.iter().sum::<u32>()).max().unwrap_or(1).max(1);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), CHART), Sense::hover());
    let plot = rect.with_max_y(rect.max.y - 16.0);
    let step = plot.width() / BARS as f32;
    for (place, bar) in bars.iter().enumerate() {
        let left = plot.min.x + place as f32 * step;
        let column = Rect::from_min_max(egui::pos2(left, plot.min.y), egui::pos2(left + step, plot.max.y));
        let sum: u32 = bar.iter().sum();
        let from = 10 * place;
        let range = if place + 1 == BARS { format!("> {from} %") } else { format!("{from} – {} %", from + 10) };
        let name = format!("{}: {range}", rule_name(rule, words));
        let response = ui.interact(column, ui.id().with(("bar", at, place)), Sense::click());
        let on = state.bar == Some((rule, place));
        response.widget_info(|| WidgetInfo::selected(WidgetType::Button, true, on, &name));
        if on || response.hovered() && sum > 0 {
            ui.painter().rect_filled(column, 0.0, if on { p.selected } else { p.hovered });
        }
        let mut top = plot.max.y;
        for (verdict, count) in Verdict::ALL.into_iter().zip(bar) {
            let height = plot.height() * *count as f32 / most as f32;
            let block = Rect::from_min_max(egui::pos2(left + 1.0, top - height), egui::pos2(left + step - 1.0, top));
            ui.painter().rect_filled(block, CornerRadius::ZERO, widgets::colour(verdict_colour(verdict)));
            top -= height;
        }
        let clicked = response.clicked() && sum > 0;
        response.on_hover_text(Words::put(w.bar_of, &[&range, &grouped(f64::from(sum), 0)]));
        if clicked {
            state.bar = (!on).then_some((rule, place));
            state.page = Page::Parcels;
        }
    }
    let limit = plot.min.x + 10.0 * step;
    ui.painter().vline(limit, plot.y_range(), egui::Stroke::new(1.5, p.strong));
    let font = TextStyle::Small.resolve(ui.style());
    for (place, text) in [(0, "0"), (10, w.limit_short), (20, "200 %")] {
        let align = [Align2::LEFT_TOP, Align2::CENTER_TOP, Align2::RIGHT_TOP][place / 10];
        let x = plot.min.x + place as f32 * step;
        ui.painter().text(egui::pos2(x, plot.max.y + 2.0), align, text, font.clone(), p.weak);
    }
}

/// The land-use balance table with its bar.
pub(super) fn balance(ui: &mut Ui, model: &PlanningModel, words: &Words, edits: &mut Vec<PlanningEdit>) {
    let (w, p) = (&words.planning, Palette::of(ui));
    let shown = model.balance.as_ref().map(|(scope, _)| *scope);
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new(w.balance_of).color(p.weak));
        let selected = Words::put(w.scope_selected, &[&model.selected_area]);
        let scopes = [
            (Scope::Whole, w.scope_whole, true, ""),
            (Scope::Selected, selected.as_str(), !model.selected_area.is_empty(), w.scope_selected_help),
            (Scope::Drawn, w.scope_drawn, model.drawn_area, w.scope_drawn_help),
        ];
        for (scope, text, can, help) in scopes {
            let text = if scope == Scope::Selected && !can { w.scope_selected_none } else { text };
            let button = egui::Button::selectable(shown == Some(scope), text);
            let response = ui.add_enabled(can, button).on_disabled_hover_text(help);
            if response.clicked() {
                edits.push(PlanningEdit::Balance(scope));
            }
        }
    });
    let Some((_, rows)) = &model.balance else {
        widgets::empty(ui, w.balance_help);
        return;
    };
    if rows.is_empty() {
        widgets::empty(ui, w.none_listed);
        return;
    }
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width() - 12.0, 18.0), Sense::hover());
    let mut left = rect.min.x;
    for row in rows.iter() {
        let width = rect.width() * (row.percent / 100.0) as f32;
        let block = Rect::from_min_max(egui::pos2(left, rect.min.y), egui::pos2(left + width, rect.max.y));
        ui.painter().rect_filled(block, 0.0, row.colour.map_or(p.raised, widgets::colour));
        left += width;
        let response = ui.interact(block, ui.id().with(("land use", &row.code)), Sense::hover());
        response.on_hover_text(format!("{} {} · {:.1} %", row.code, row.name, row.percent));
    }
    ui.painter().rect_stroke(rect, 0.0, egui::Stroke::new(1.0, p.line), egui::StrokeKind::Inside);
    ScrollArea::vertical().id_salt("land-use balance").auto_shrink(false).show(ui, |ui| {
        Grid::new("balance").striped(true).num_columns(5).spacing(vec2(24.0, 4.0)).show(ui, |ui| {
            for text in [w.land_use, w.parcels_count, w.hectares, w.percent] {
                ui.label(RichText::new(text).color(p.weak));
            }
            ui.end_row();
            rows.iter().for_each(|row| line(ui, row, p));
            let sum = |of: fn(&BalanceRow) -> f64| rows.iter().map(of).sum::<f64>();
            ui.label(RichText::new(w.sum).strong().color(p.strong));
            number(ui, grouped(sum(|row| f64::from(row.parcels)), 0), p);
            number(ui, grouped(sum(|row| row.hectares), 2), p);
            number(ui, "100.0".to_owned(), p);
            ui.end_row();
        });
    });
}

fn line(ui: &mut Ui, row: &BalanceRow, p: &Palette) {
    ui.horizontal(|ui| {
        if let Some(colour) = row.colour {
            widgets::swatch(ui, colour);
        }
        ui.label(RichText::new(format!("{} {}", row.code, row.name)).color(p.text));
    });
    number(ui, grouped(f64::from(row.parcels), 0), p);
    number(ui, grouped(row.hectares, 2), p);
    number(ui, format!("{:.1}", row.percent), p);
    ui.end_row();
}

fn number(ui: &mut Ui, text: String, p: &Palette) {
    ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
        ui.label(RichText::new(text).color(p.text));
    });
}
