//! The whole plan as an ordinary layer: parcels with their verdicts, styled, filtered and exported like any other.

use std::io;
use std::path::Path;

use super::control;
use super::dossier::{Dossier, Verdict};
use super::limits::Rule;
use super::plan::{Plan, PlanError};
use crate::city::City;
use crate::formats::WriteError;
use crate::formats::flatgeobuf::{self, Wanted};
use crate::model::{FeatureTable, FieldType, TableBuilder, Value};
use crate::report::Progress;

/// Rows of a streamed layer that are read together.
const RUN: usize = 8_192;

/// Why an answer could not be written.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// The parcels could not be checked.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The file could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// Checks all parcels and writes them with their verdicts as a FlatGeobuf in the project CRS. `date` is when, ISO 8601.
/// Gives how many are in breach, of how many: what is no polygon is none of them.
///
/// # Errors
/// [`AnswerError`].
pub fn write(
    city: &City,
    plan: &Plan<'_>,
    date: &str,
    out: &Path,
    progress: &Progress,
) -> Result<[u64; 2], AnswerError> {
    let found = plan.all(progress, slim)?;
    let table = table(plan, &found, date).map_err(PlanError::Read)?;
    flatgeobuf::write(out, "planning", &table, &city.crs, progress)?;
    let breach = found.iter().filter(|dossier| dossier.verdict() == Verdict::Breach).count();
    Ok([breach as u64, found.len() as u64])
}

/// A dossier without what stands on the parcel: of all parcels that would be as much again as the city.
pub fn slim(mut dossier: Dossier) -> Dossier {
    dossier.standing = Vec::new();
    dossier.sides = Vec::new();
    dossier
}

/// Parcels with, for each rule, the measured value between two bounds, the limit and the verdict; empty where a
/// bound or a limit is unknown; and how each lies to control lines, in words. Dossiers in the order of rows.
fn table(plan: &Plan<'_>, found: &[Dossier], date: &str) -> io::Result<FeatureTable> {
    let mut builder = TableBuilder::default();
    let texts = ["id", "land_use", "verdict"].map(|name| builder.typed_field(name, FieldType::Text));
    let areas =
        ["area_m2", "floor_area_low_m2", "floor_area_high_m2"].map(|name| builder.typed_field(name, FieldType::Real));
    let rules = Rule::ALL.map(|rule| {
        let number = |builder: &mut TableBuilder, what: &str| {
            builder.typed_field(&format!("{}_{what}", rule.word()), FieldType::Real)
        };
        let numbers = [number(&mut builder, "low"), number(&mut builder, "high"), number(&mut builder, "limit")];
        (numbers, builder.typed_field(&format!("{}_verdict", rule.word()), FieldType::Text))
    });
    let inputs = ["control_lines", "far_rule", "checked"].map(|name| builder.typed_field(name, FieldType::Text));
    let real = |value: f64| if value.is_finite() { Value::Real(value) } else { Value::Null };
    for run in found.chunks(RUN) {
        let rows: Vec<u32> = run.iter().map(|dossier| dossier.row).collect();
        let piece =
            plan.parcels.stream.as_ref().map(|stream| stream.tiles.rows(&rows, Wanted::Named(&[]))).transpose()?;
        for (at, dossier) in run.iter().enumerate() {
            let land_use = dossier.land_use.clone().unwrap_or_default();
            for (column, text) in texts.iter().zip([dossier.id.as_str(), &land_use, dossier.verdict().word()]) {
                builder.set(*column, &Value::Text(text.into()));
            }
            for (column, value) in areas.iter().zip([dossier.area, dossier.floor_area.low, dossier.floor_area.high]) {
                builder.set(*column, &real(value));
            }
            for (check, (numbers, verdict)) in dossier.checks.iter().zip(&rules) {
                let [low, high] = check.measured.map_or([f64::NAN; 2], |span| [span.low, span.high]);
                let limit = check.limit.as_ref().map_or(f64::NAN, |limit| limit.value);
                numbers.iter().zip([low, high, limit]).for_each(|(column, value)| builder.set(*column, &real(value)));
                builder.set(*verdict, &Value::Text(check.verdict.word().into()));
            }
            let controls = dossier.control_lines.iter().map(control::short).collect::<Vec<_>>().join("; ");
            for (column, text) in inputs.iter().zip([controls.as_str(), &plan.rule.id, date]) {
                builder.set(*column, &Value::Text(text.into()));
            }
            match &piece {
                Some(piece) => builder.geometry.push_from(&piece.table.geometry, at as u32),
                None => builder.geometry.push_from(&plan.parcels.layer.table.geometry, dossier.row),
            }
        }
    }
    Ok(builder.finish())
}
