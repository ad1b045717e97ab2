//! The notices: what was found, guessed, repaired or left out, so that nothing is silent.

use egui::{
    Align, Align2, Color32, Layout, Rect, RichText, ScrollArea, Sense, TextStyle, Ui, WidgetInfo, WidgetType, vec2,
};

use super::state::{NoticesEdit, NoticesModel, NoticesState};
use crate::panels::icons::{self, Icon};
use crate::panels::{Palette, Words, widgets};
use crate::report::{Issue, Severity};

const ROW: f32 = 26.0;

/// The icon and colour of a severity.
pub fn mark(severity: Severity, p: &Palette) -> (Icon, Color32) {
    match severity {
        Severity::Note => (Icon::Info, p.note),
        Severity::Warning => (Icon::Warning, p.warning),
        Severity::Error => (Icon::Error, p.error),
    }
}

/// The badge for the tab: the number of warnings and errors in the colour of the worst.
pub fn badge(model: &NoticesModel, p: &Palette) -> Option<(String, Color32)> {
    let [_, warnings, errors] = model.counts();
    match (warnings, errors) {
        (0, 0) => None,
        (_, 0) => Some((warnings.to_string(), p.warning)),
        _ => Some(((warnings + errors).to_string(), p.error)),
    }
}

/// Draws the panel.
pub fn show(ui: &mut Ui, model: &NoticesModel, state: &mut NoticesState, words: &Words, edits: &mut Vec<NoticesEdit>) {
    if model.issues.is_empty() {
        widgets::empty(ui, words.notices.none);
        return;
    }
    let wanted = state.filter.trim().to_lowercase();
    let fits = |issue: &&Issue| {
        !state.hidden.contains(&issue.severity)
            && (wanted.is_empty()
                || issue.message.to_lowercase().contains(&wanted)
                || issue.layer.to_lowercase().contains(&wanted))
    };
    let shown: Vec<&Issue> = model.issues.iter().filter(fits).collect();
    tools(ui, model, &shown, state, words, edits);
    ui.spacing_mut().item_spacing.y = 0.0;
    ScrollArea::vertical().auto_shrink(false).show_rows(ui, ROW, shown.len(), |ui, range| {
        for place in range {
            if let Some(issue) = shown.get(place) {
                row(ui, issue, words, edits);
            }
        }
    });
}

fn tools(
    ui: &mut Ui,
    model: &NoticesModel,
    shown: &[&Issue],
    state: &mut NoticesState,
    words: &Words,
    edits: &mut Vec<NoticesEdit>,
) {
    let p = Palette::of(ui);
    let w = &words.notices;
    let counts = model.counts();
    ui.horizontal(|ui| {
        for (severity, count) in
            [Severity::Error, Severity::Warning, Severity::Note].into_iter().zip(counts.iter().rev())
        {
            if *count == 0 {
                continue;
            }
            let on = !state.hidden.contains(&severity);
            let text = format!("{} {count}", words.severity(severity));
            let (icon, ink) = mark(severity, p);
            let button = widgets::tool_button(ui, icon, &text, on);
            let spot = Rect::from_min_size(button.rect.min + vec2(8.0, 0.0), vec2(16.0, button.rect.height()));
            icons::paint(ui.painter(), icon, spot, ink);
            if button.clicked() {
                if on {
                    state.hidden.push(severity);
                } else {
                    state.hidden.retain(|s| *s != severity);
                }
            }
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if widgets::icon_button(ui, Icon::Bin, w.clear).clicked() {
                edits.push(NoticesEdit::Clear);
            }
            if widgets::icon_button(ui, Icon::Copy, w.copy_all).clicked() {
                let lines = shown.iter().map(|issue| format!("{}\t{issue}", words.severity(issue.severity)));
                ui.copy_text(lines.collect::<Vec<_>>().join("\n"));
            }
            let width = (ui.available_width()).clamp(60.0, 260.0);
            let id = ui.id().with("notice filter");
            widgets::text_field(ui, id, w.filter, w.filter, &mut state.filter, width);
        });
    });
    ui.add_space(4.0);
}

fn row(ui: &mut Ui, issue: &Issue, words: &Words, edits: &mut Vec<NoticesEdit>) {
    let p = Palette::of(ui);
    let (icon, ink) = mark(issue.severity, p);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    let said = format!("{}: {issue}", words.severity(issue.severity));
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, &said));
    if response.hovered() {
        ui.painter().rect_filled(rect, 4.0, p.raised);
    }
    icons::paint(ui.painter(), icon, Rect::from_min_size(rect.min + vec2(4.0, 0.0), vec2(16.0, ROW)), ink);
    let mut text = rect.with_min_x(rect.min.x + 28.0).with_max_x(rect.max.x - 8.0);
    let place = match issue.feature {
        Some(feature) => format!("{} #{feature}", issue.layer),
        None => issue.layer.clone(),
    };
    if !place.is_empty() {
        let width = (rect.width() * 0.28).min(170.0);
        let name = text.with_max_x(text.min.x + width - 8.0);
        widgets::paint_text(ui, name, &place, TextStyle::Body, p.weak, Align2::LEFT_CENTER);
        text.min.x += width;
    }
    widgets::paint_text(ui, text, &issue.message, TextStyle::Body, p.text, Align2::LEFT_CENTER);
    if response.clicked() && !issue.layer.is_empty() {
        edits.push(NoticesEdit::Show { layer: issue.layer.clone(), feature: issue.feature });
    }
    response.on_hover_ui(|ui| {
        ui.label(RichText::new(place).weak());
        ui.label(&issue.message);
    });
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::panels::testing::{Panel, copied};
    use crate::panels::{Language, Theme};

    pub(crate) fn sample() -> NoticesModel {
        let issue = |severity, layer: &str, feature, message: &str| Issue {
            severity,
            layer: layer.into(),
            feature,
            message: message.into(),
        };
        NoticesModel {
            issues: [
                issue(Severity::Note, "buildings", None, "CRS guessed: EPSG:4549, the numbers fit its zone (90 %)"),
                issue(Severity::Warning, "parcels", Some(8123), "inner ring 2 touches itself: left out"),
                issue(Severity::Error, "", None, "roads.zip: not a zip archive; send the file again"),
            ]
            .into(),
        }
    }

    fn panel(model: NoticesModel, language: Language) -> Panel<NoticesState, NoticesEdit> {
        Panel::new(640.0, 240.0, language, Theme::Dark, move |ui, state, words, edits| {
            show(ui, &model, state, words, edits);
        })
    }

    #[test]
    fn a_click_shows_the_feature_that_a_notice_is_about() {
        let mut panel = panel(sample(), Language::English);
        panel.click("Warning: layer parcels, feature 8123: inner ring 2 touches itself: left out");
        assert_eq!(panel.edits(), [NoticesEdit::Show { layer: "parcels".into(), feature: Some(8123) }]);
    }

    #[test]
    fn a_severity_is_switched_off_and_only_what_is_shown_is_copied() {
        let mut panel = panel(sample(), Language::Chinese);
        panel.click("说明 1");
        panel.click("全部复制");
        let text = copied(&panel).expect("copied");
        assert!(!text.contains("EPSG:4549"));
        assert_eq!(text.lines().count(), 2);
    }

    #[test]
    fn the_badge_counts_what_is_wrong_and_not_what_is_worth_knowing() {
        let p = Theme::Dark.palette();
        assert_eq!(badge(&sample(), p), Some(("2".to_owned(), p.error)));
        let note = NoticesModel { issues: sample().issues[..1].into() };
        assert_eq!(badge(&note, p), None);
    }
}
