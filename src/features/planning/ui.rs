//! The dossier in the inspector, and the list of all parcels in the drawer.

use egui::{
    Align, Align2, Color32, CornerRadius, Layout, Rect, RichText, Sense, TextStyle, Ui, WidgetInfo, WidgetType, vec2,
};
use egui_extras::{Column as Width, TableBuilder};

use super::describe::{rule_name, verdict_name};
use super::state::{CheckRow, DossierModel, Page, ParcelRow, PlanningEdit, PlanningModel, PlanningState, Scope};
use super::verdict_colour;
use crate::panels::icons::Icon;
use crate::panels::{Palette, Words, widgets};
use crate::themes::planning::dossier::Verdict;
use crate::themes::planning::limits::Rule;
use crate::themes::planning::volumes::{SkyPlane, Wish};
use crate::units::grouped;

mod charts;
mod controls;

const ROW: f32 = 24.0;
const HEAD: f32 = 26.0;

pub(super) fn ink(p: &Palette, verdict: Verdict) -> Color32 {
    match verdict {
        Verdict::Breach => p.error,
        Verdict::Unknown => p.warning,
        Verdict::Pass => p.good,
        Verdict::NoLimit => p.weak,
    }
}

/// The dossier of the selected parcel: a section of the inspector. Nothing without one.
pub fn dossier(ui: &mut Ui, model: &PlanningModel, words: &Words, edits: &mut Vec<PlanningEdit>) {
    let Some(dossier) = &model.dossier else { return };
    let (w, p) = (&words.planning, Palette::of(ui));
    ui.add_space(10.0);
    ui.horizontal(|ui| {
        widgets::heading_here(ui, w.dossier);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            widgets::badge(ui, verdict_name(dossier.verdict, words), ink(p, dossier.verdict));
        });
    });
    ui.spacing_mut().item_spacing.y = 3.0;
    widgets::row(ui, w.land_use, None, |ui| {
        ui.horizontal_wrapped(|ui| {
            if let Some(colour) = dossier.land_use.1 {
                widgets::swatch(ui, colour);
            }
            ui.label(RichText::new(&dossier.land_use.0).color(p.strong));
        });
    });
    if !dossier.zone.is_empty() {
        widgets::fact(ui, w.zone, None, &dossier.zone);
    }
    widgets::fact(ui, w.parcel_area, None, &dossier.area);
    widgets::fact(ui, w.floor_area, None, &dossier.floor_area);
    widgets::fact(ui, w.buildings, None, &dossier.standing);
    for (name, text) in [(w.units, &dossier.units), (w.cases, &dossier.cases)] {
        if !text.is_empty() {
            widgets::fact(ui, name, None, text);
        }
    }
    if model.offences > 0 {
        widgets::remark(ui, Icon::Warning, p.error, &Words::put(w.shown_red, &[&model.offences]));
    }
    if let Some(mut shown) = model.buildable
        && ui.checkbox(&mut shown, w.buildable).clicked()
    {
        edits.push(PlanningEdit::Buildable(shown));
    }
    if model.buildable == Some(true) {
        envelope(ui, model, dossier, words, edits);
    }
    ui.add_space(4.0);
    for check in &dossier.checks {
        check_card(ui, check, words);
    }
    controls::section(ui, dossier, words);
    sides(ui, dossier, words);
    neighbours(ui, dossier, words, edits);
    for (title, facts) in &dossier.records {
        widgets::heading(ui, title);
        for (name, value) in facts {
            widgets::fact(ui, name, None, value);
        }
    }
    widgets::remark(ui, Icon::Info, p.note, w.verify);
}

/// Setbacks by side and the sky plane of the body that may be built.
fn envelope(ui: &mut Ui, model: &PlanningModel, dossier: &DossierModel, words: &Words, edits: &mut Vec<PlanningEdit>) {
    let w = &words.planning;
    let mut wish = model.wish.clone();
    wish.setbacks.resize(dossier.sides.len(), None);
    fn metres(value: &mut f64, most: f64) -> egui::DragValue<'_> {
        egui::DragValue::new(value).range(0.0..=most).speed(0.1).suffix(" m").max_decimals(1)
    }
    egui::CollapsingHeader::new(w.envelope).id_salt("envelope").show(ui, |ui| {
        for (setback, (side, _)) in wish.setbacks.iter_mut().zip(&dossier.sides) {
            widgets::row(ui, side, None, |ui| {
                let mut own = setback.is_some();
                if ui.checkbox(&mut own, w.own_setback).changed() {
                    *setback = own.then_some(5.0);
                }
                if let Some(setback) = setback {
                    ui.add(metres(setback, 200.0));
                }
            });
        }
        let mut sky = wish.sky.is_some();
        if ui.checkbox(&mut sky, w.sky_plane).changed() {
            wish.sky = sky.then_some(SkyPlane { from: 12.0, degrees: 45.0 });
        }
        if let Some(sky) = &mut wish.sky {
            widgets::row(ui, w.sky_from, None, |ui| ui.add(metres(&mut sky.from, 300.0)));
            widgets::row(ui, w.sky_angle, None, |ui| {
                ui.add(egui::DragValue::new(&mut sky.degrees).range(10.0..=85.0).speed(0.5).suffix("°"))
            });
        }
    });
    let meant = |wish: &Wish| (wish.setbacks.iter().any(Option::is_some) || wish.sky.is_some()).then(|| wish.clone());
    if meant(&wish) != meant(&model.wish) {
        edits.push(PlanningEdit::Envelope(meant(&wish).unwrap_or_default()));
    }
}

fn check_card(ui: &mut Ui, check: &CheckRow, words: &Words) {
    let p = Palette::of(ui);
    let ink = ink(p, check.verdict);
    widgets::card(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.horizontal(|ui| {
            ui.label(RichText::new(rule_name(check.rule, words)).color(p.strong));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                widgets::badge(ui, verdict_name(check.verdict, words), ink);
            });
        });
        ui.horizontal_wrapped(|ui| {
            ui.label(RichText::new(&check.measured).strong().color(p.strong));
            if check.verdict != Verdict::NoLimit {
                ui.label(RichText::new(&check.limit).color(p.text));
            }
        });
        if let Some(share) = check.share.filter(|_| check.verdict != Verdict::NoLimit) {
            bar(ui, share, check.rule.is_least(), ink);
        }
        for why in &check.why {
            ui.add(egui::Label::new(RichText::new(why).small().color(p.weak)).wrap());
        }
        ui.add(egui::Label::new(RichText::new(&check.source).small().color(p.weak)).wrap());
    });
}

/// Measured against the limit: the mark is the limit, at two thirds of the width.
fn bar(ui: &mut Ui, share: f32, least: bool, ink: Color32) {
    let p = Palette::of(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 6.0), Sense::hover());
    let mark = rect.min.x + rect.width() / 1.5;
    let end = (rect.min.x + rect.width() / 1.5 * share).min(rect.max.x);
    ui.painter().rect_filled(rect, 3.0, p.raised);
    ui.painter().rect_filled(rect.with_max_x(end), 3.0, ink.gamma_multiply(if least { 0.6 } else { 0.8 }));
    ui.painter().vline(mark, rect.y_range().expand(2.0), egui::Stroke::new(1.5, p.strong));
}

fn sides(ui: &mut Ui, dossier: &DossierModel, words: &Words) {
    if dossier.sides.is_empty() {
        return;
    }
    ui.collapsing(words.planning.sides, |ui| {
        for (side, metres) in &dossier.sides {
            widgets::fact(ui, side, None, metres);
        }
    });
}

/// Parcels nearby; a click goes there.
fn neighbours(ui: &mut Ui, dossier: &DossierModel, words: &Words, edits: &mut Vec<PlanningEdit>) {
    if dossier.neighbours.is_empty() {
        return;
    }
    let title = Words::put(words.planning.neighbours, &[&dossier.neighbours.len()]);
    egui::CollapsingHeader::new(title).id_salt("neighbours of a parcel").show(ui, |ui| {
        for (row, id, text) in &dossier.neighbours {
            ui.horizontal_wrapped(|ui| {
                if ui.link(id).clicked() {
                    edits.push(PlanningEdit::Select(*row, true));
                }
                ui.label(RichText::new(text).small().color(Palette::of(ui).weak));
            });
        }
    });
}

/// The drawer's tab: all parcels, those in breach first.
pub fn show(
    ui: &mut Ui,
    model: &PlanningModel,
    state: &mut PlanningState,
    words: &Words,
    edits: &mut Vec<PlanningEdit>,
) {
    let (w, p) = (&words.planning, Palette::of(ui));
    if !model.has_parcels {
        widgets::empty(ui, w.no_parcels);
        return;
    }
    tools(ui, model, state, words, edits);
    if !model.error.is_empty() {
        widgets::remark(ui, Icon::Error, p.error, &model.error);
    }
    let Some(parcels) = &model.parcels else {
        if model.running.is_none() {
            widgets::empty(ui, w.explain);
        }
        return;
    };
    match state.page {
        Page::Parcels => {}
        Page::Histogram => return charts::histogram(ui, parcels, state, words),
        Page::Balance => return charts::balance(ui, model, words, edits),
    }
    controls::chips(ui, model, state, words);
    choose_listed(state, parcels);
    if state.listed.is_empty() {
        widgets::empty(ui, w.none_listed);
        return;
    }
    table(ui, model, parcels, state, words, edits);
}

fn tools(ui: &mut Ui, model: &PlanningModel, state: &mut PlanningState, words: &Words, edits: &mut Vec<PlanningEdit>) {
    let (w, p) = (&words.planning, Palette::of(ui));
    ui.horizontal(|ui| {
        match model.running {
            Some(share) => {
                ui.add(egui::Spinner::new().size(14.0));
                let percent = share.map_or_else(String::new, |share| format!(" {:.0} %", 100.0 * share));
                ui.label(RichText::new(format!("{}{percent}", w.checking)).color(p.weak));
                if widgets::icon_button(ui, Icon::Close, words.frame.cancel).clicked() {
                    edits.push(PlanningEdit::Stop);
                }
            }
            None => {
                if widgets::tool_button(ui, Icon::Check, w.check_all, false).clicked() {
                    edits.push(PlanningEdit::CheckAll);
                }
            }
        }
        if model.parcels.is_none() {
            return;
        }
        if model.running.is_none() && widgets::icon_button(ui, Icon::Layers, w.save_layer).clicked() {
            edits.push(PlanningEdit::SaveLayer);
        }
        ui.add_space(6.0);
        for (page, text) in
            [(Page::Parcels, w.page_parcels), (Page::Histogram, w.page_histogram), (Page::Balance, w.page_balance)]
        {
            if ui.selectable_label(state.page == page, text).clicked() {
                state.page = page;
                if page == Page::Balance && model.balance.is_none() {
                    edits.push(PlanningEdit::Balance(Scope::Whole));
                }
            }
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let mut painted = model.painted;
            let on = ui.add_enabled(model.paintable, egui::Checkbox::new(&mut painted, w.paint));
            if on.on_disabled_hover_text(w.paint_streamed).changed() {
                edits.push(PlanningEdit::Paint(painted));
            }
            if !model.rule.0.is_empty() && ui.available_width() > 260.0 {
                let rule = egui::Label::new(RichText::new(&model.rule.0).small().color(p.weak)).truncate();
                ui.add(rule).on_hover_text(&model.rule.1);
            }
        });
    });
    let Some(parcels) = model.parcels.as_ref().filter(|_| state.page == Page::Parcels) else { return };
    // In a row of their own, which breaks where the drawer is narrow.
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(6.0, 4.0);
        if let Some((rule, bar)) = state.bar {
            let text = format!("{} {} – {} %", rule_name(rule, words), 10 * bar, 10 * bar + 10);
            if widgets::tool_button(ui, Icon::Close, &text, true).clicked() {
                state.bar = None;
            }
        }
        for verdict in Verdict::ALL.into_iter().rev() {
            let count = parcels.iter().filter(|parcel| parcel.verdict == verdict).count();
            let (text, colour) = (verdict_name(verdict, words), verdict_colour(verdict));
            if count > 0 && chip(ui, text, count, colour, state.verdict == Some(verdict)).clicked() {
                state.verdict = (state.verdict != Some(verdict)).then_some(verdict);
            }
        }
    });
}

/// A count with the colour it has on the map; stays pressed while only these are listed.
fn chip(ui: &mut Ui, text: &str, count: usize, colour: [u8; 3], on: bool) -> egui::Response {
    let p = Palette::of(ui);
    let label = format!("{text} {}", grouped(count as f64, 0));
    let font = TextStyle::Body.resolve(ui.style());
    let width = ui.painter().layout_no_wrap(label.clone(), font.clone(), p.text).size().x;
    let (rect, response) = ui.allocate_exact_size(vec2(width + 28.0, 22.0), Sense::click());
    response.widget_info(|| WidgetInfo::selected(WidgetType::Button, true, on, &label));
    let fill = if on {
        p.selected
    } else if response.hovered() {
        p.hovered
    } else {
        p.raised
    };
    ui.painter().rect_filled(rect, CornerRadius::same(11), fill);
    let mark = Rect::from_center_size(rect.left_center() + vec2(12.0, 0.0), vec2(9.0, 9.0));
    widgets::paint_swatch(ui, mark, colour);
    ui.painter().text(rect.left_center() + vec2(21.0, 0.0), Align2::LEFT_CENTER, label, font, p.strong);
    response.on_hover_cursor(egui::CursorIcon::PointingHand)
}

/// Which parcels the list shows: chosen anew only when the choice or the parcels change.
fn choose_listed(state: &mut PlanningState, parcels: &std::sync::Arc<Vec<ParcelRow>>) {
    let wanted = Some((std::sync::Arc::as_ptr(parcels) as usize, state.verdict, state.rule, state.bar, state.control));
    if state.listed_for == wanted {
        return;
    }
    state.listed_for = wanted;
    let rule = state.rule.and_then(|rule| Rule::ALL.iter().position(|other| *other == rule));
    let place = |wanted: Rule| Rule::ALL.iter().position(|other| *other == wanted);
    let bar = state.bar.and_then(|(rule, bar)| Some((place(rule)?, bar)));
    let fits = |parcel: &ParcelRow| {
        state.verdict.is_none_or(|verdict| parcel.verdict == verdict)
            && rule.is_none_or(|at| parcel.rules[at].0 == Verdict::Breach)
            && controls::fits(parcel, state.control)
            && bar.is_none_or(|(at, bar)| {
                parcel.shares[at].is_some_and(|share| charts::bar_of(Rule::ALL[at], share) == bar)
            })
    };
    state.listed = (0..parcels.len() as u32).filter(|place| fits(&parcels[*place as usize])).collect();
}

fn table(
    ui: &mut Ui,
    model: &PlanningModel,
    parcels: &[ParcelRow],
    state: &mut PlanningState,
    words: &Words,
    edits: &mut Vec<PlanningEdit>,
) {
    let (w, p) = (&words.planning, Palette::of(ui));
    ui.spacing_mut().item_spacing = vec2(10.0, 0.0);
    ui.visuals_mut().selection.stroke.color = p.strong;
    let listed = std::mem::take(&mut state.listed);
    egui::ScrollArea::horizontal().id_salt("planning").auto_shrink(false).show(ui, |ui| {
        let mut builder = TableBuilder::new(ui)
            .id_salt("planning table")
            .striped(true)
            .sense(Sense::click())
            .auto_shrink(false)
            // A low drawer stays low: the list scrolls.
            .min_scrolled_height(48.0)
            .cell_layout(Layout::left_to_right(Align::Center))
            .column(Width::initial(156.0).at_least(80.0).clip(true).resizable(true))
            .column(Width::initial(60.0).at_least(40.0).clip(true).resizable(true))
            .column(Width::initial(60.0).at_least(48.0).clip(true));
        for _ in Rule::ALL {
            builder = builder.column(Width::initial(98.0).at_least(66.0).clip(true).resizable(true));
        }
        let table = builder.header(HEAD, |mut header| {
            for text in [w.parcel, w.land_use, w.verdict] {
                header.col(|ui| _ = ui.label(RichText::new(text).color(p.weak)));
            }
            for (at, rule) in Rule::ALL.into_iter().enumerate() {
                header.col(|ui| {
                    let broken = parcels.iter().filter(|parcel| parcel.rules[at].0 == Verdict::Breach).count();
                    let on = state.rule == Some(rule);
                    let name = if rule == Rule::Far { w.far_short } else { rule_name(rule, words) };
                    let text = RichText::new(format!("{name} ({broken})"));
                    let label = egui::Label::new(text.color(if on { p.accent } else { p.weak })).truncate();
                    let label = ui.add(label.sense(Sense::click()).selectable(false));
                    if label.on_hover_text(w.rule_help).on_hover_cursor(egui::CursorIcon::PointingHand).clicked() {
                        state.rule = (!on).then_some(rule);
                    }
                });
            }
        });
        table.body(|body| {
            body.rows(ROW, listed.len(), |mut line| {
                let parcel = &parcels[listed[line.index()] as usize];
                let selected = model.selected == Some(parcel.row);
                line.set_selected(selected);
                for text in [&parcel.id, &parcel.land_use] {
                    line.col(|ui| _ = ui.add(egui::Label::new(text).truncate().selectable(false)));
                }
                line.col(|ui| {
                    let text = RichText::new(verdict_name(parcel.verdict, words)).color(ink(p, parcel.verdict));
                    ui.add(egui::Label::new(text).truncate().selectable(false));
                });
                for (verdict, text) in &parcel.rules {
                    line.col(|ui| {
                        let ink = if *verdict == Verdict::Pass { p.text } else { ink(p, *verdict) };
                        ui.add(egui::Label::new(RichText::new(text).color(ink)).truncate().selectable(false));
                    });
                }
                let response = line.response();
                response.widget_info(|| WidgetInfo::selected(WidgetType::SelectableLabel, true, selected, &parcel.id));
                if response.double_clicked() || response.clicked() {
                    edits.push(PlanningEdit::Select(parcel.row, true));
                }
            });
        });
    });
    // The rule may have been chosen meanwhile: then the list is made anew in the next frame.
    state.listed = listed;
}

#[cfg(test)]
pub(crate) mod tests;
