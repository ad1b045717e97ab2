//! Legends: groups of entries in columns, smaller when they are many, and what does not fit is counted.

use super::drawing::{Area, Colour, Drawing, GREY, LEADING, Stroke, Text};
use super::words::Language;

/// Entries that belong together.
#[derive(Clone, Debug, Default)]
pub struct LegendGroup {
    /// What they are.
    pub title: String,
    /// Each of them.
    pub entries: Vec<LegendEntry>,
    /// What is said below them.
    pub note: String,
}

impl LegendGroup {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.title.trim().is_empty() && self.entries.is_empty() && self.note.trim().is_empty()
    }
}

/// What a colour means.
#[derive(Clone, Debug)]
pub struct LegendEntry {
    /// In words.
    pub label: String,
    /// The colour.
    pub colour: Colour,
    /// On what.
    pub shape: Shape,
}

/// What a colour is on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// Areas and bodies.
    #[default]
    Fill,
    /// Lines.
    Line,
    /// Points.
    Point,
}

/// One row of a legend.
#[derive(Clone, Copy)]
enum Row<'a> {
    Heading(&'a str),
    Entry(&'a LegendEntry),
    Note(&'a str),
}

/// A legend laid out.
pub struct Laid<'a> {
    columns: Vec<Vec<(f64, Row<'a>)>>,
    more: Option<String>,
    width: f64,
    height: f64,
    column: f64,
    em: f64,
}

/// Between a swatch and its label, and the swatch itself, in sizes of the letters.
const SWATCH: [f64; 2] = [2.2, 0.6];
/// Between columns.
const GAP: f64 = 1.2;
/// Columns are no narrower.
const NARROWEST: f64 = 9.0;

/// Lays a legend into an area at most: with letters of `em` mm, smaller ones down to `least` where it is long, in
/// columns, and what is still too much as a number.
pub fn lay<'a>(
    drawing: &Drawing,
    groups: &'a [LegendGroup],
    language: Language,
    area: &Area,
    em: f64,
    least: f64,
) -> Laid<'a> {
    let mut rows = Vec::new();
    for group in groups {
        if !group.title.trim().is_empty() {
            rows.push(Row::Heading(&group.title));
        }
        rows.extend(group.entries.iter().map(Row::Entry));
        if !group.note.trim().is_empty() {
            rows.push(Row::Note(&group.note));
        }
    }
    let mut size = em;
    loop {
        let most = ((area.width + GAP * size) / ((NARROWEST + GAP) * size)).floor().clamp(1.0, 6.0) as usize;
        for count in 1..=most {
            // Whole groups rather than parts of them, but no smaller letters and no more columns for that.
            for together in [true, false] {
                if let (laid, 0) = Laid::of(drawing, &rows, count, area, size, language, together) {
                    return laid;
                }
            }
        }
        if size <= least {
            return Laid::of(drawing, &rows, most, area, size, language, false).0;
        }
        size = (size * 0.92).max(least);
    }
}

impl<'a> Laid<'a> {
    /// In so many columns; and how many rows are left over, whether entries or not. `together`: a group that would be
    /// parted by the end of a column begins in the next one.
    #[allow(clippy::too_many_arguments)] // one legend, drawn in one place
    fn of(
        drawing: &Drawing,
        rows: &[Row<'a>],
        count: usize,
        area: &Area,
        em: f64,
        language: Language,
        together: bool,
    ) -> (Self, usize) {
        let most = (area.width - GAP * em * (count as f64 - 1.0)) / count as f64;
        // No wider than the widest label.
        let wants = |row: &Row<'_>| match row {
            Row::Heading(text) => drawing.measure(&Text::new(text, [0.0; 2], em * 1.05).bold()).width,
            Row::Entry(entry) => indent(em) + drawing.measure(&Text::new(&entry.label, [0.0; 2], em)).width,
            Row::Note(_) => 0.0,
        };
        let column = rows.iter().map(wants).fold(em * NARROWEST, f64::max).min(most);
        let heights: Vec<f64> = rows.iter().map(|row| height(drawing, row, column, em)).collect();
        let entries = |rows: &[Row<'_>]| rows.iter().filter(|row| matches!(row, Row::Entry(_))).count();
        let mut columns = vec![Vec::new()];
        let (mut y, mut high, mut at) = (0.0, 0.0f64, 0);
        let line = em * LEADING;
        while at < rows.len() {
            // A heading stays with what follows it.
            let with = match rows[at] {
                Row::Heading(_) if together => {
                    // Up to the group's note, or the next heading where it has none.
                    let next = rows[at + 1..].iter().position(|row| !matches!(row, Row::Entry(_)));
                    let end = next.map_or(rows.len(), |next| at + 1 + next);
                    let end = end + usize::from(matches!(rows.get(end), Some(Row::Note(_))));
                    heights[at + 1..end].iter().sum()
                }
                Row::Heading(_) => heights.get(at + 1).copied().unwrap_or(0.0),
                _ => 0.0,
            };
            let above = if y > 0.0 && matches!(rows[at], Row::Heading(_)) { em * 0.5 } else { 0.0 };
            if y + above + heights[at] + with > area.height + 1e-9 && y > 0.0 {
                if columns.len() == count {
                    break;
                }
                columns.push(Vec::new());
                y = 0.0;
                continue;
            }
            y += above;
            if let Some(last) = columns.last_mut() {
                last.push((y, rows[at]));
            }
            y += heights[at];
            high = high.max(y);
            at += 1;
        }
        let (mut left, mut lost) = (entries(&rows[at..]), rows.len() - at);
        let mut more = None;
        if at < rows.len() {
            // Room for saying so; a note alone takes no entry's place.
            while left > 0
                && y + line > area.height
                && let Some(last) = columns.last_mut()
                && last.len() > 1
                && let Some((begin, row)) = last.pop()
            {
                left += usize::from(matches!(row, Row::Entry(_)));
                lost += 1;
                y = begin;
            }
            more = match left {
                0 => (y + line <= area.height).then(|| language.pick("……", "…").to_owned()),
                _ => Some(language.pick(format!("……另有 {left} 项"), format!("… and {left} more"))),
            };
            high = if more.is_some() { y + line } else { y };
            high = columns.iter().flatten().map(|(y, row)| y + height(drawing, row, column, em)).fold(high, f64::max);
        }
        let used = columns.len() as f64;
        let width = column * used + GAP * em * (used - 1.0);
        (Self { columns, more, width, height: high, column, em }, lost)
    }

    /// Its width and height, mm.
    pub fn size(&self) -> [f64; 2] {
        [self.width, self.height]
    }

    /// Draws it from an upper left corner.
    pub fn draw(&self, drawing: &mut Drawing, at: [f64; 2]) {
        let em = self.em;
        let mut end = at;
        for (number, column) in self.columns.iter().enumerate() {
            let x = at[0] + (self.column + GAP * em) * number as f64;
            end = [x, at[1]];
            for (y, row) in column {
                let y = at[1] + y;
                match row {
                    Row::Heading(text) => {
                        drawing.text(&heading(text, self.column, em).at([x, y]));
                    }
                    Row::Entry(entry) => {
                        swatch(drawing, entry, Area::new(x, y + em * 0.2, em * SWATCH[0], em), em);
                        drawing.text(&label(entry, self.column, em).at([x + indent(em), y]));
                    }
                    Row::Note(text) => {
                        drawing.text(&note(text, self.column, em).at([x, y]));
                    }
                }
                end[1] = y + height(drawing, row, self.column, em);
            }
        }
        if let Some(more) = &self.more {
            drawing.text(&Text::new(more, end, em).colour(GREY).within(self.column).fit(1, em * 0.5));
        }
    }
}

fn indent(em: f64) -> f64 {
    em * (SWATCH[0] + SWATCH[1])
}

fn heading(text: &str, column: f64, em: f64) -> Text<'_> {
    Text::new(text, [0.0; 2], em * 1.05).bold().within(column).fit(3, em * 0.8)
}

fn label(entry: &LegendEntry, column: f64, em: f64) -> Text<'_> {
    let text = if entry.label.trim().is_empty() { "—" } else { &entry.label };
    Text::new(text, [0.0; 2], em).within(column - indent(em)).fit(3, em * 0.8)
}

fn note(text: &str, column: f64, em: f64) -> Text<'_> {
    Text::new(text, [0.0; 2], em * 0.85).colour(GREY).within(column).fit(6, em * 0.7)
}

fn height(drawing: &Drawing, row: &Row<'_>, column: f64, em: f64) -> f64 {
    match row {
        Row::Heading(text) => drawing.measure(&heading(text, column, em)).height + em * 0.15,
        Row::Entry(entry) => drawing.measure(&label(entry, column, em)).height.max(em * LEADING) + em * 0.1,
        Row::Note(text) => drawing.measure(&note(text, column, em)).height + em * 0.2,
    }
}

fn swatch(drawing: &mut Drawing, entry: &LegendEntry, area: Area, em: f64) {
    let edge = Some(Stroke { colour: [90, 96, 106, 200], width: em * 0.05 });
    let middle = area.y + area.height / 2.0;
    match entry.shape {
        Shape::Fill => drawing.rect(area, Some(entry.colour), edge),
        Shape::Line => drawing.line(&[[area.x, middle], [area.right(), middle]], entry.colour, em * 0.25),
        Shape::Point => drawing.disc([area.x + area.width / 2.0, middle], em * 0.42, Some(entry.colour), edge),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::snapshot::page::drawing::Op;
    use crate::snapshot::page::letters::Letters;

    fn said(area: Area, entries: usize) -> (Vec<String>, [f64; 2]) {
        said_with(area, entries, "")
    }

    fn said_with(area: Area, entries: usize, note: &str) -> (Vec<String>, [f64; 2]) {
        let letters = Arc::new(Letters::of(fontdb::Database::new()));
        let mut page = Drawing::new(400.0, 300.0, &letters);
        let entry = |k: usize| LegendEntry { label: format!("类{k}"), colour: [1, 2, 3, 255], shape: Shape::Fill };
        let entries = (0..entries).map(entry).collect();
        let groups = [LegendGroup { title: "用地".to_owned(), entries, note: note.to_owned() }];
        let laid = lay(&page, &groups, Language::English, &area, 3.0, 2.0);
        let size = laid.size();
        laid.draw(&mut page, [area.x, area.y]);
        let text = |op: &Op| match op {
            Op::Text { letters, .. } => Some(letters.iter().map(|letter| letter.char).collect()),
            _ => None,
        };
        (page.ops.iter().filter_map(text).collect(), size)
    }

    #[test]
    fn every_entry_is_shown_or_counted() {
        for (width, height) in [(40.0, 20.0), (40.0, 100.0), (120.0, 60.0), (15.0, 8.0), (400.0, 300.0)] {
            for entries in [0, 1, 7, 60, 333] {
                let (said, size) = said(Area::new(0.0, 0.0, width, height), entries);
                let shown = said.iter().filter(|text| text.starts_with('类')).count();
                let more = said.iter().find_map(|text| text.strip_prefix("… and ")?.strip_suffix(" more"));
                let more: usize = more.map_or(0, |more| more.parse().unwrap());
                assert_eq!(shown + more, entries, "{width} × {height}: {said:?}");
                assert!(size[0] <= width.max(27.0) + 1e-9, "{size:?}");
            }
        }
    }

    /// A heading of 1.4 × 3.15 + 0.45 mm and six entries of 1.4 × 3 + 0.3 mm are 31.9 mm: the note is too much for 33 mm.
    #[test]
    fn a_note_that_does_not_fit_takes_another_column() {
        let (all, size) = said_with(Area::new(0.0, 0.0, 120.0, 33.0), 6, "注释");
        assert_eq!(all.iter().filter(|text| text.starts_with('类')).count(), 6, "{all:?}");
        assert!(all.contains(&"注释".to_owned()) && size[0] > 50.0, "{all:?} {size:?}");
        // Where there is no other column, it takes no entry's place: letters of 2 mm need 3.24 + 3 mm.
        for height in [7.0, 8.0, 10.0, 12.0] {
            let (all, _) = said_with(Area::new(0.0, 0.0, 15.0, height), 1, &"注".repeat(60));
            assert!(all.contains(&"类0".to_owned()) && !all.iter().any(|text| text.contains("more")), "{all:?}");
        }
    }

    /// Two groups of a heading and four entries each are 2 × 22.9 mm high: in 40 mm the second stands beside the first,
    /// whole; the one group of eight that is as high is parted.
    #[test]
    fn a_group_that_does_not_fit_begins_in_the_next_column() {
        let letters = Arc::new(Letters::of(fontdb::Database::new()));
        let page = Drawing::new(400.0, 300.0, &letters);
        let group = |title: &str, entries: usize| LegendGroup {
            title: title.to_owned(),
            entries: vec![LegendEntry { label: "类".to_owned(), colour: [1; 4], shape: Shape::Fill }; entries],
            note: String::new(),
        };
        let columns = |groups: &[LegendGroup]| -> Vec<usize> {
            let laid = lay(&page, groups, Language::English, &Area::new(0.0, 0.0, 120.0, 40.0), 3.0, 2.0);
            laid.columns.iter().map(Vec::len).collect()
        };
        assert_eq!(columns(&[group("甲", 4), group("乙", 4)]), [5, 5]);
        assert_eq!(columns(&[group("甲", 9)]), [8, 2]);
    }

    #[test]
    fn a_long_legend_takes_columns_before_it_is_cut() {
        let (all, size) = said(Area::new(0.0, 0.0, 120.0, 60.0), 30);
        assert_eq!(all.len(), 31);
        assert!(size[1] <= 60.0 && size[0] > 50.0, "{size:?}");
    }
}
