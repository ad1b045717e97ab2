//! Cases and figures leave as pages: the dialog of snapshots asks where to.

use std::sync::Arc;

use bevy::prelude::*;

use super::CasesPanel;
use super::figures::ui::group_name;
use crate::features::published::{OpenProject, Preferences, PublishReport};
use crate::panels::Language;
use crate::snapshot::page::words;
use crate::snapshot::reports::{self, Figures, Made};
use crate::themes::management::times;

/// What is to leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaving {
    /// The case whose card is shown.
    Case,
    /// The figures that are listed.
    Figures,
}

/// Makes the report that was asked for.
pub(super) fn publish(
    mut panel: ResMut<CasesPanel>,
    open: Res<OpenProject>,
    preferences: Res<Preferences>,
    mut reports: MessageWriter<PublishReport>,
) {
    if panel.state.leaving.is_none() {
        return;
    }
    let Some(leaving) = panel.state.leaving.take() else { return };
    let model = &panel.model;
    let Some(rules) = &model.rules else { return };
    let language = match preferences.settings.language {
        Language::Chinese => words::Language::Chinese,
        Language::English => words::Language::English,
    };
    let made = Made::now(&open.0.title, language);
    let report = match leaving {
        Leaving::Case => {
            let Some(case) = model.shown() else { return };
            let place = case.facts.located.as_ref().map(|located| located.xy);
            let report = reports::case(&made, case, rules, model.moment.unwrap_or_else(times::now), model.unmasked);
            PublishReport { report: Arc::new(report), made, place }
        }
        Leaving::Figures => {
            let Some(table) = &model.figures.table else { return };
            let named = |row| (group_name(table, row, model, preferences.words()), row.counts.clone());
            let groups = table.rows.iter().map(named).collect();
            let by = table.by().names();
            let time = |at: i64| {
                let seconds = i32::try_from(rules.calendar.offset() / 1_000).unwrap_or(0);
                let zone = jiff::tz::Offset::from_seconds(seconds).unwrap_or(jiff::tz::Offset::UTC);
                jiff::Timestamp::from_millisecond(at)
                    .map_or_else(|_| String::new(), |at| zone.to_datetime(at).strftime("%Y-%m-%d %H:%M").to_string())
            };
            let since = table.asked.since.map_or_else(|| "…".to_owned(), time);
            let period = format!("{since} – {}", time(table.period.end));
            let figures =
                Figures { groups: &groups, by: language.pick(by[0], by[1]), cases: model.all.len(), period: &period };
            let report = reports::figures(&made, &figures, rules);
            PublishReport { report: Arc::new(report), made, place: None }
        }
    };
    reports.write(report);
}
