//! The differences as a table for people.

use std::io::{self, Write};

use crate::analysis::difference::table::fields_text;
use crate::analysis::difference::{Change, Difference, Verdict};
use crate::city::City;
use crate::cli::escape::one_line;
use crate::model::{GeometryKind, Layer};
use crate::units::{Degrees, Metres, SquareMetres, grouped};

/// Changes of a verdict that are listed.
const LISTED: usize = 10;
/// Characters of changed values of a row that are shown.
const LONGEST: usize = 160;

/// Writes the answer for one pair of layers.
pub(super) fn write(out: &mut dyn Write, found: &Difference<'_>, city: &City) -> io::Result<()> {
    let number = |count: usize| grouped(count as f64, 0);
    let (before, after) = (found.before, found.after);
    writeln!(
        out,
        "{} → {}: {} features before, {} after",
        before.id,
        after.id,
        number(before.table.len()),
        number(after.table.len())
    )?;
    writeln!(out, "compared in {}{}, tolerance {} m", city.crs, brought(before, after), found.tolerance)?;
    let [by_id, by_shape, by_overlap] = found.matched.map(|count| grouped(count as f64, 0));
    let by_id = match &found.by_id {
        Some([old, new]) if old == new => format!("by field {}: {by_id}, ", one_line(old)),
        Some([old, new]) => format!("by fields {} and {}: {by_id}, ", one_line(old), one_line(new)),
        None => "no field of ids: ".to_owned(),
    };
    writeln!(out, "matched {by_id}by the same shape: {by_shape}, by overlap: {by_overlap}")?;
    for note in &found.notes {
        writeln!(out, "note: {}", one_line(note))?;
    }
    for (names, when) in [(&found.fields.only_before, "before"), (&found.fields.only_after, "after")] {
        if !names.is_empty() {
            writeln!(out, "fields only {when}: {}", one_line(&names.join(", ")))?;
        }
    }
    writeln!(out)?;
    writeln!(out, "  {:24}{:>12}", "unchanged", grouped(found.unchanged as f64, 0))?;
    for (verdict, count) in Verdict::ALL.into_iter().zip(found.counts()).filter(|(_, count)| *count > 0) {
        writeln!(out, "  {:24}{:>12}", verdict.text(), grouped(count as f64, 0))?;
    }
    areas(out, found)?;
    for verdict in Verdict::ALL {
        let of_verdict = || found.changes.iter().filter(|change| change.main() == verdict);
        let count = of_verdict().count();
        if count == 0 {
            continue;
        }
        writeln!(out, "\n{}", verdict.text())?;
        for change in of_verdict().take(LISTED) {
            writeln!(out, "  {}", line(found, change))?;
        }
        if count > LISTED {
            writeln!(out, "  … and {} more: --json or --out has all", number(count - LISTED))?;
        }
    }
    writeln!(out)
}

/// That the second version came in another CRS.
fn brought(before: &Layer, after: &Layer) -> String {
    match (&before.crs.crs, &after.crs.crs) {
        (Some(first), Some(second)) if first != second => {
            let name = |crs: &crate::place::Crs| crs.code().unwrap_or(crs.name()).to_owned();
            format!(" (the first is in {}, the second in {})", name(first), name(second))
        }
        _ => String::new(),
    }
}

fn areas(out: &mut dyn Write, found: &Difference<'_>) -> io::Result<()> {
    let areas = &found.areas;
    let [net, added, removed] = [areas.net, areas.added, areas.removed].map(|area| SquareMetres(area).to_string());
    if areas.before + areas.after > 0.0 {
        let [before, after] = [areas.before, areas.after].map(|area| SquareMetres(area).to_string());
        writeln!(out, "\nfootprints  {before} → {after}, net {net}: added {added}, removed {removed}")?;
        if areas.gained + areas.lost > 0.0 {
            let [gained, lost] = [areas.gained, areas.lost].map(|area| SquareMetres(area).to_string());
            writeln!(out, "reshaped    gained {gained}, lost {lost}")?;
        }
    }
    if let (Some(before), Some(after)) = (areas.floor_before, areas.floor_after) {
        writeln!(out, "floor area  {} → {} as recorded", SquareMetres(before), SquareMetres(after))?;
    }
    Ok(())
}

/// One change in one line.
fn line(found: &Difference<'_>, change: &Change) -> String {
    let mut text = one_line(&found.id_of(change)).into_owned();
    if change.verdicts.has(Verdict::IdChanged)
        && let Some(row) = change.before.first()
    {
        text.push_str(&format!(" (was {})", one_line(&found.id_before(*row))));
    }
    let ids = |ids: Vec<String>| ids.iter().map(|id| one_line(id).into_owned()).collect::<Vec<_>>().join(", ");
    if change.verdicts.has(Verdict::Split) {
        text.push_str(&format!(" → {}", ids(change.after.iter().map(|row| found.id_after(*row)).collect())));
    }
    if change.verdicts.has(Verdict::Merged) {
        text.push_str(&format!(" ← {}", ids(change.before.iter().map(|row| found.id_before(*row)).collect())));
    }
    let sizes = [(found.before, &change.before, change.size_before), (found.after, &change.after, change.size_after)];
    let sizes: Vec<String> = sizes
        .into_iter()
        .filter_map(|(layer, rows, size)| match layer.table.geometry.kind(*rows.first()?) {
            GeometryKind::Polygon => Some(SquareMetres(size).to_string()),
            GeometryKind::Line => Some(Metres(size).to_string()),
            GeometryKind::Point | GeometryKind::None => None,
        })
        .collect();
    let geometric = change.verdicts.iter().any(|verdict| verdict <= Verdict::Reshaped);
    if geometric && !sizes.is_empty() {
        text.push_str(&format!("  {}", sizes.join(" → ")));
    }
    if change.gained + change.lost > 0.0 {
        let [gained, lost] = [change.gained, change.lost].map(SquareMetres);
        text.push_str(&format!(" (gained {gained}, lost {lost})"));
    }
    if let (Some(metres), Some(degrees)) = (change.moved_m(), change.direction_deg()) {
        text.push_str(&format!("  moved {:.2} towards {}", Metres(metres), Degrees(degrees)));
    }
    if let Some(height) = &change.height {
        let (from, to) = (height.from.word(), height.to.word());
        let said = match height.comparable() {
            true => format!("{:+.1} m, {to}", height.difference()),
            false => format!("{from} → {to}"),
        };
        text.push_str(&format!("  height {} → {} ({said})", Metres(height.before), Metres(height.after)));
    }
    if matches!(change.main(), Verdict::Added | Verdict::Removed)
        && let Some([east, north]) = found.middle(change)
    {
        text.push_str(&format!("  at {east:.1}, {north:.1}"));
    }
    if !change.fields.is_empty() {
        let fields = fields_text(found, change);
        let short: String = fields.chars().take(LONGEST).collect();
        let more = if short.len() < fields.len() { "…" } else { "" };
        text.push_str(&format!("  {}{more}", one_line(&short)));
    }
    text
}
