//! Where one raw layer lies, looked at alone: for `info` and for the dialog before loading.

use super::read::Opened;
use super::settle::settle_all;
use crate::formats::{RawData, RawLayer};
use crate::model::Title;
use crate::model::project::ProjectLayer;
use crate::place::{Bounds, FoundCrs};
use crate::report::{Issue, Report};

/// What is found about the place of a raw layer.
#[derive(Debug)]
pub struct Preview {
    /// The layer, with axes exchanged where they were swapped, and its report completed.
    pub raw: RawLayer,
    /// The box in degrees where most of it lies (outermost twentieths left out); empty when unknown.
    pub lonlat: Bounds,
}

/// Settles the CRS of one layer as [`super::City::open`] would when it is opened alone: declared, said by the
/// file, guessed or unknown, with plausibility checks in its report.
///
/// # Errors
/// Why it could not be shown; the layer comes back with what was found.
pub fn settle(raw: RawLayer, spec: &ProjectLayer) -> Result<Preview, (FoundCrs, Vec<Issue>)> {
    let mut report = Report::default();
    let (id, found) = (raw.name.clone(), raw.crs.clone());
    let opened = Opened { spec, id, title: Title::default(), data: RawData::Vector(raw), big: None };
    let (layers, _) = settle_all(vec![opened], &mut report);
    match layers.into_iter().next() {
        Some(layer) => Ok(Preview { raw: layer.raw, lonlat: layer.lonlat }),
        None => {
            let note = report.issues.last().map(|issue| issue.message.clone());
            Err((FoundCrs::unknown(note.unwrap_or(found.note)), report.issues))
        }
    }
}
