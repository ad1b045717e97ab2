//! Switching personal data on leaves a trace: a notice, and a line in the user's log.

use bevy::prelude::*;

use super::published::{Notice, OpenProject, Preferences};
use crate::panels::Words;
use crate::report::{Issue, Severity};
use crate::store::unmasking;

/// Notes that the fields of a layer are shown as they are. A log that cannot be written is a notice as well.
pub fn note(
    layer: &str,
    fields: &[&str],
    project: &OpenProject,
    preferences: &Preferences,
    notices: &mut MessageWriter<Notice>,
) {
    let mut say = |severity, message| {
        notices.write(Notice(Issue { severity, layer: layer.to_owned(), feature: None, message }));
    };
    let w = &preferences.words().housing;
    say(Severity::Warning, Words::put(w.unmasked_notice, &[&fields.join(", ")]));
    // A picture and a test have no user: what has no place for settings has none for a log.
    if preferences.path.is_some()
        && let Err(error) = unmasking::record(&project.0, layer, fields)
    {
        say(Severity::Error, Words::put(w.unmasked_unlogged, &[&error]));
    }
}
