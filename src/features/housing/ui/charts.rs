//! The stock as bars: by year, structure, grade and use; a click on a bar filters the map.

use egui::{
    Align, Align2, CornerRadius, Layout, RichText, ScrollArea, Sense, TextStyle, Ui, WidgetInfo, WidgetType, vec2,
};

use super::super::describe::{division_name, match_name, miss_name, total};
use super::super::state::NO_COLOUR;
use super::super::state::{Counted, HousingEdit, HousingModel, HousingState, Pick};
use crate::panels::icons::Icon;
use crate::panels::{Palette, Words, widgets};
use crate::themes::housing::classes::Division;
use crate::themes::housing::join::Match;
use crate::themes::housing::stock::{ClassTally, Dangerous};
use crate::themes::housing::tables::grade;
use crate::units::{SquareMetres, grouped};

const BAR: f32 = 26.0;
/// A chart of less width cannot say count and floor area beside the name.
const NARROWEST: f32 = 270.0;
/// More uses are listed only when they are asked for.
const USES: usize = 10;
/// More values that were not understood are cut off.
const UNREAD: usize = 6;

/// Draws the tools, the sums and the charts.
pub fn show(
    ui: &mut Ui,
    model: &HousingModel,
    has_house: bool,
    state: &mut HousingState,
    words: &Words,
    edits: &mut Vec<HousingEdit>,
) {
    tools(ui, model, has_house, state, words, edits);
    let Some(counted) = &model.stock else {
        if model.running.is_none() {
            widgets::empty(ui, words.housing.explain);
        }
        return;
    };
    ScrollArea::vertical().id_salt("stock").auto_shrink(false).show(ui, |ui| {
        // Beside the bar that floats over the right edge.
        let width = ui.available_width() - 10.0;
        ui.set_max_width(width);
        let blocks = Division::ALL.len() + 1;
        let across = ((width / NARROWEST).floor() as usize).clamp(1, blocks);
        for first in (0..blocks).step_by(across) {
            ui.columns(across, |columns| {
                for (ui, at) in columns.iter_mut().zip(first..blocks) {
                    match Division::ALL.get(at) {
                        Some(division) => chart(ui, model, counted, *division, state, words, edits),
                        None => dangerous(ui, model, &counted.stock.dangerous_buildings, words, edits),
                    }
                }
            });
            ui.add_space(8.0);
        }
        sums(ui, counted, words);
        doubts(ui, counted, words);
    });
}

fn tools(
    ui: &mut Ui,
    model: &HousingModel,
    has_house: bool,
    state: &mut HousingState,
    words: &Words,
    edits: &mut Vec<HousingEdit>,
) {
    let (w, p) = (&words.housing, Palette::of(ui));
    ui.horizontal_wrapped(|ui| {
        match model.running {
            Some(share) => {
                ui.add(egui::Spinner::new().size(14.0));
                let percent = share.map_or_else(String::new, |share| format!(" {:.0} %", 100.0 * share));
                ui.label(RichText::new(format!("{}{percent}", w.counting)).color(p.weak));
                if widgets::icon_button(ui, Icon::Close, words.frame.cancel).clicked() {
                    edits.push(HousingEdit::Stop);
                }
            }
            None => {
                if widgets::tool_button(ui, Icon::Check, w.count, false).clicked() {
                    edits.push(HousingEdit::Count);
                }
            }
        }
        if has_house && widgets::tool_button(ui, Icon::Table, w.unit_table, false).clicked() {
            state.stock = false;
        }
        if model.picked.is_some() && widgets::tool_button(ui, Icon::Filter, w.show_all, true).clicked() {
            edits.push(HousingEdit::Filter(None));
        }
        if let Some(counted) = &model.stock {
            let all = &counted.stock.all;
            let buildings = Words::put(w.counted, &[&grouped(all.buildings as f64, 0)]);
            let area = total(&all.floor_area_m2, |sum| SquareMetres(sum).to_string(), words);
            let text = RichText::new(format!("{buildings} · {area}")).color(p.strong);
            ui.add(egui::Label::new(text).truncate());
        }
    });
}

fn chart(
    ui: &mut Ui,
    model: &HousingModel,
    counted: &Counted,
    division: Division,
    state: &mut HousingState,
    words: &Words,
    edits: &mut Vec<HousingEdit>,
) {
    let w = &words.housing;
    widgets::heading(ui, division_name(division, words));
    ui.spacing_mut().item_spacing.y = 1.0;
    let classes = division.classes(&counted.stock);
    // Scales are shown whole; of lists, what there is. Unknown is always said.
    let whole = matches!(division, Division::Year | Division::Grade);
    let last = classes.len().saturating_sub(1);
    let most = classes.iter().map(|class| class.tally.buildings).max().unwrap_or(0).max(1);
    let shown: Vec<usize> =
        (0..classes.len()).filter(|at| whole || *at == last || classes[*at].tally.buildings > 0).collect();
    let few = division == Division::Use && shown.len() > USES + 2;
    for (place, at) in shown.iter().enumerate() {
        if few && !state.all_uses && place >= USES && *at != last {
            continue;
        }
        bar(ui, model, division, &classes[*at], *at == last, most, words, edits);
    }
    if few {
        let text = if state.all_uses { w.fewer_uses.to_owned() } else { Words::put(w.all_uses, &[&(shown.len() - 1)]) };
        if ui.add(egui::Label::new(RichText::new(text).small().weak()).sense(Sense::click())).clicked() {
            state.all_uses = !state.all_uses;
        }
    }
}

#[allow(clippy::too_many_arguments)] // a bar and what it stands for
fn bar(
    ui: &mut Ui,
    model: &HousingModel,
    division: Division,
    class: &ClassTally,
    is_unknown: bool,
    most: u64,
    words: &Words,
    edits: &mut Vec<HousingEdit>,
) {
    let (w, p) = (&words.housing, Palette::of(ui));
    let title = model.say(&class.title);
    let name = match division {
        Division::Grade if !is_unknown => {
            // All of what the grade means stands on the card and under the pointer.
            let short = grade(&class.code).map_or(title, |grade| model.say(&grade.short));
            format!("{} · {short}", class.code)
        }
        _ => title.to_owned(),
    };
    let pick = Pick { division, class: (!is_unknown).then(|| class.code.clone()) };
    let on = model.picked.as_ref() == Some(&pick);
    let tally = &class.tally;
    let count = grouped(tally.buildings as f64, 0);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), BAR), Sense::click());
    let label = Words::put(w.bar, &[&division_name(division, words), &name, &count]);
    response.widget_info(|| WidgetInfo::selected(WidgetType::Button, true, on, &label));
    if ui.is_rect_visible(rect) {
        if on || response.hovered() {
            ui.painter().rect_filled(rect, 4.0, if on { p.selected } else { p.raised });
        }
        let inner = rect.shrink2(vec2(5.0, 2.0));
        let line = inner.with_max_y(inner.max.y - 6.0);
        let area = tally.floor_area_m2.sum.map_or_else(String::new, |sum| SquareMetres(sum).to_string());
        let font = TextStyle::Body.resolve(ui.style());
        let numbers = if area.is_empty() { count.clone() } else { format!("{count} · {area}") };
        let numbers = ui.painter().layout_no_wrap(numbers, font, p.strong);
        let room = (line.width() - numbers.size().x - 8.0).max(20.0);
        widgets::paint_text(
            ui,
            line.with_max_x(line.min.x + room),
            &name,
            TextStyle::Body,
            p.text,
            Align2::LEFT_CENTER,
        );
        let at = Align2::RIGHT_CENTER.align_size_within_rect(numbers.size(), line);
        ui.painter().with_clip_rect(rect.intersect(ui.clip_rect())).galley(at.min, numbers, p.strong);
        let track = inner.with_min_y(inner.max.y - 5.0);
        let share = tally.buildings as f32 / most as f32;
        let colour = class.colour.filter(|_| !is_unknown);
        let ink = match colour {
            Some(colour) => widgets::colour(colour),
            None if is_unknown => widgets::colour(NO_COLOUR),
            None => p.accent,
        };
        ui.painter().rect_filled(track, CornerRadius::same(2), p.raised);
        let length = if tally.buildings > 0 { (track.width() * share).max(2.0) } else { 0.0 };
        ui.painter().rect_filled(track.with_max_x(track.min.x + length), CornerRadius::same(2), ink);
    }
    if response.clicked() {
        edits.push(HousingEdit::Filter((!on).then_some(pick)));
    }
    response.on_hover_cursor(egui::CursorIcon::PointingHand).on_hover_ui(|ui| {
        ui.label(RichText::new(if division == Division::Grade { title } else { &name }).strong());
        ui.label(Words::put(w.counted, &[&count]));
        let area = total(&tally.floor_area_m2, |sum| SquareMetres(sum).to_string(), words);
        ui.label(format!("{}: {area}", w.floor_area));
        ui.label(format!("{}: {}", w.dwellings, total(&tally.units, |sum| grouped(sum, 0), words)));
        ui.label(RichText::new(w.bar_help).weak());
    });
}

/// The buildings of grade C and D; a click selects and flies there.
fn dangerous(ui: &mut Ui, model: &HousingModel, buildings: &[Dangerous], words: &Words, edits: &mut Vec<HousingEdit>) {
    let (w, p) = (&words.housing, Palette::of(ui));
    ui.add_space(6.0);
    ui.horizontal(|ui| {
        widgets::heading_here(ui, w.dangerous);
        ui.label(RichText::new(grouped(buildings.len() as f64, 0)).small().color(p.weak));
    });
    if buildings.is_empty() {
        ui.add(egui::Label::new(RichText::new(w.none_dangerous).color(p.weak)).wrap());
        return;
    }
    ui.spacing_mut().item_spacing.y = 1.0;
    let area = ScrollArea::vertical().id_salt("dangerous").max_height(7.0 * 24.0).auto_shrink([false, true]);
    area.show_rows(ui, 23.0, buildings.len(), |ui, rows| {
        for building in &buildings[rows] {
            let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 23.0), Sense::click());
            let on = model.selected == Some(building.row);
            let label = Words::put(w.grade_of, &[&building.grade, &building.id]);
            response.widget_info(|| WidgetInfo::selected(WidgetType::SelectableLabel, true, on, &label));
            if on || response.hovered() {
                ui.painter().rect_filled(rect, 4.0, if on { p.selected } else { p.raised });
            }
            let mark = egui::Rect::from_center_size(rect.left_center() + vec2(11.0, 0.0), vec2(11.0, 11.0));
            widgets::paint_swatch(ui, mark, grade(&building.grade).map_or(NO_COLOUR, |grade| grade.class.colour));
            let text = rect.with_min_x(rect.min.x + 22.0).with_max_x(rect.max.x - 4.0);
            widgets::paint_text(ui, text, &label, TextStyle::Body, p.text, Align2::LEFT_CENTER);
            if response.on_hover_cursor(egui::CursorIcon::PointingHand).clicked() {
                edits.push(HousingEdit::Building(None, building.row));
            }
        }
    });
}

/// Sums over all buildings.
fn sums(ui: &mut Ui, counted: &Counted, words: &Words) {
    let (w, stock) = (&words.housing, &counted.stock);
    ui.with_layout(Layout::top_down(Align::Min), |ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        ui.set_max_width(ui.available_width().min(620.0));
        widgets::fact(ui, w.dwellings, None, &total(&stock.all.units, |sum| grouped(sum, 0), words));
        if let Some(area) = stock.floor_area_per_unit_m2 {
            widgets::fact(ui, w.per_unit, None, &SquareMetres(area).to_string());
        }
        if stock.all.residents.known > 0 {
            widgets::fact(ui, w.residents, None, &total(&stock.all.residents, |sum| grouped(sum, 0), words));
        }
        if let Some(share) = stock.vacancy {
            let percent = grouped(share.part / share.of * 100.0, 1);
            let text = Words::put(w.vacant_of, &[&grouped(share.part, 0), &grouped(share.of, 0), &percent]);
            widgets::fact(ui, w.vacancy, None, &text);
        }
        if let Some([first, last]) = stock.years {
            widgets::fact(ui, w.years, None, &format!("{first}–{last}"));
        }
        if let Some(units) = &counted.units {
            let each = units.matched.iter().filter(|(_, count)| *count > 0);
            let each =
                each.map(|(quality, count)| format!("{} {}", match_name(*quality, words), grouped(*count as f64, 0)));
            let text = each.collect::<Vec<_>>().join(w.comma);
            widgets::fact(ui, w.joined, None, &Words::put(w.joined_by, &[&grouped(units.count as f64, 0), &text]));
            for (miss, count) in &units.misses {
                let text = format!("{}: {}", miss_name(*miss, words), grouped(*count as f64, 0));
                widgets::fact(ui, match_name(Match::None, words), None, &text);
            }
        }
    });
}

/// What was not counted, computed or understood.
fn doubts(ui: &mut Ui, counted: &Counted, words: &Words) {
    let (w, p, stock) = (&words.housing, Palette::of(ui), &counted.stock);
    if stock.floor_area_computed > 0 {
        let count = grouped(stock.floor_area_computed as f64, 0);
        widgets::remark(ui, Icon::Info, p.note, &Words::put(w.computed, &[&count]));
    }
    if stock.parts + stock.parts_without_building > 0 {
        let (parts, orphans) = (grouped(stock.parts as f64, 0), grouped(stock.parts_without_building as f64, 0));
        widgets::remark(ui, Icon::Info, p.note, &Words::put(w.parts_apart, &[&parts, &orphans]));
    }
    for (field, values) in &stock.unread {
        let some = values.iter().take(UNREAD).map(|(text, count)| format!("\"{text}\" {count}"));
        let more = if values.len() > UNREAD { "…" } else { "" };
        let text = format!("{}{more}", some.collect::<Vec<_>>().join(w.comma));
        widgets::remark(ui, Icon::Warning, p.warning, &Words::put(w.unread_values, &[field, &text]));
    }
    if let Some(units) = &counted.units {
        if units.contradicted > 0 {
            let count = grouped(units.contradicted as f64, 0);
            widgets::remark(ui, Icon::Warning, p.warning, &Words::put(w.contradicted, &[&count]));
        }
        units.notes.iter().for_each(|note| widgets::remark(ui, Icon::Info, p.note, note));
    }
    widgets::remark(ui, Icon::Info, p.note, w.verify);
}
