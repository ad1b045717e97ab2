//! Everything that was found while data was read, for people.

pub mod state;
pub mod ui;

use std::collections::HashSet;
use std::sync::Arc;

use bevy::prelude::*;

use self::state::{NoticesEdit, NoticesModel, NoticesState};
use super::published::{Fly, Notice, Panel, Select};
use crate::panels::Palette;
use crate::report::{Issue, Severity};
use crate::scene::Frame;
use crate::scene::stage::Shown;
use crate::scene::tiles::Tiles;

/// The notices' panel.
pub type NoticesPanel = Panel<NoticesModel, NoticesState, NoticesEdit>;

impl NoticesPanel {
    /// Adds an issue.
    pub fn push(&mut self, issue: Issue) {
        let mut issues = self.model.issues.to_vec();
        issues.push(issue);
        self.model.issues = Arc::from(issues);
    }

    /// The number of warnings and errors, in the colour of the worst.
    pub fn badge(&self, palette: &Palette) -> Option<(String, egui::Color32)> {
        let [_, warnings, errors] = self.model.counts();
        let ink = if errors > 0 { palette.error } else { palette.warning };
        (warnings + errors > 0).then(|| ((warnings + errors).to_string(), ink))
    }
}

/// Adds the notices.
pub fn plugin(app: &mut App) {
    app.init_resource::<NoticesPanel>()
        .add_message::<Notice>()
        .add_systems(Update, apply.in_set(Frame::Requests))
        .add_systems(Update, (say_faults, collect).chain().in_set(Frame::Answers));
}

/// Says once what tiles could not be read.
fn say_faults(
    shown: Res<Shown>,
    mut tiles: ResMut<Tiles>,
    mut said: Local<HashSet<String>>,
    mut notices: MessageWriter<Notice>,
) {
    if tiles.faults.is_empty() {
        return;
    }
    for (number, reason) in std::mem::take(&mut tiles.faults) {
        let layer = shown.city.as_ref().and_then(|city| city.layers.get(number)).map(|layer| layer.layer.id.clone());
        if said.insert(format!("{layer:?} {reason}")) {
            let message = format!("a part of the layer cannot be drawn: {reason}");
            let issue = Issue { severity: Severity::Error, layer: layer.unwrap_or_default(), feature: None, message };
            notices.write(Notice(issue));
        }
    }
}

fn apply(
    mut panel: ResMut<NoticesPanel>,
    shown: Res<Shown>,
    mut selects: MessageWriter<Select>,
    mut flights: MessageWriter<Fly>,
) {
    if panel.edits.is_empty() {
        return;
    }
    for edit in std::mem::take(&mut panel.edits) {
        match edit {
            NoticesEdit::Clear => panel.model.issues = Arc::default(),
            NoticesEdit::Show { layer, feature } => {
                let Some(city) = &shown.city else { continue };
                let Some(number) = city.layers.iter().position(|l| l.layer.id == layer) else { continue };
                match feature.and_then(|row| u32::try_from(row).ok()) {
                    Some(row) if row < city.layers[number].rows() => {
                        selects.write(Select { target: Some((number, row)), fly: true });
                    }
                    _ => {
                        flights.write(Fly::To(city.layers[number].extent()));
                    }
                }
            }
        }
    }
}

/// Skipped features listed one by one at most, for each layer; the rest is summed up.
const SKIPPED_SHOWN: usize = 50;

/// A new city brings its reports; single notices are added.
fn collect(
    shown: Res<Shown>,
    mut panel: ResMut<NoticesPanel>,
    mut notices: MessageReader<Notice>,
    mut generation: Local<u64>,
) {
    if *generation != shown.generation {
        *generation = shown.generation;
        if let Some(city) = &shown.city {
            let mut issues = city.report.issues.clone();
            for layer in &city.layers {
                let layer = &layer.layer;
                issues.extend(layer.report.issues.iter().cloned());
                issues.extend(layer.report.repairs.iter().map(|(what, times)| Issue {
                    severity: Severity::Note,
                    layer: layer.id.clone(),
                    feature: None,
                    message: format!("repaired: {what}, {times} times"),
                }));
                issues.extend(layer.report.skipped.iter().take(SKIPPED_SHOWN).map(|skipped| Issue {
                    severity: Severity::Warning,
                    layer: layer.id.clone(),
                    feature: Some(skipped.feature),
                    message: format!("skipped: {}", skipped.reason),
                }));
                let more = layer.report.skipped.len().saturating_sub(SKIPPED_SHOWN);
                if more > 0 {
                    issues.push(Issue {
                        severity: Severity::Warning,
                        layer: layer.id.clone(),
                        feature: None,
                        message: format!("{more} more features were skipped; `cimbase info` lists all"),
                    });
                }
            }
            panel.model.issues = Arc::from(issues);
        }
    }
    for Notice(issue) in notices.read() {
        panel.push(issue.clone());
    }
}
