//! Reports: headings, facts, tables and pictures, on pages or as one file for a browser.

use std::sync::Arc;

use super::drawing::{Area, Colour, Drawing, GREY, INK, LEADING, Picture, Side, Stroke, Text};
use super::letters::{Heft, Letters};
use super::lines::Line;
use super::words::Language;
use crate::report::{Cancelled, Progress};

/// A report.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The language of its own words.
    pub language: Language,
    /// What it is.
    pub title: String,
    /// Of what, when, by whom.
    pub subtitle: String,
    /// Its parts.
    pub sections: Vec<Section>,
    /// What stands below each page.
    pub footer: String,
}

/// A part of a report.
#[derive(Clone, Debug, Default)]
pub struct Section {
    /// Its heading; none where it is empty.
    pub heading: String,
    /// What is in it.
    pub blocks: Vec<Block>,
}

/// A piece of a report.
#[derive(Clone, Debug)]
pub enum Block {
    /// Text.
    Paragraph(String),
    /// Names and what they are.
    Facts(Vec<(String, String)>),
    /// A table.
    Table(Table),
    /// A picture with what it shows.
    Picture {
        /// The picture.
        picture: Picture,
        /// What it shows.
        caption: String,
    },
    /// What must not be overlooked.
    Warning(String),
}

/// A table. Rows shorter than its head are filled up with empty cells.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// What its columns are; repeated on each page.
    pub head: Vec<String>,
    /// Its rows.
    pub rows: Vec<Vec<String>>,
    /// What is said below it.
    pub note: String,
}

impl Table {
    /// How many columns it has.
    pub fn columns(&self) -> usize {
        self.rows.iter().map(Vec::len).fold(self.head.len(), usize::max)
    }

    /// Whether a column holds numbers alone, which stand on its right side.
    pub fn is_numeric(&self, column: usize) -> bool {
        let is_number = |text: &str| {
            let digits = |run: &str| !run.is_empty() && run.bytes().all(|b| b.is_ascii_digit());
            // From one to another.
            let text = text.replace(" 至 ", " ").replace(" to ", " ");
            // Nine digits in a row are a code, and so is what begins with a 0 that is not alone.
            let is_code = text.len() > 1 && text.starts_with('0') && text.as_bytes()[1].is_ascii_digit();
            text.split(|c| " ,.-−+%‰–".contains(c)).all(|run| run.is_empty() || (digits(run) && run.len() < 9))
                && text.contains(|c: char| c.is_ascii_digit())
                && !is_code
        };
        let mut cells = self.rows.iter().filter_map(|row| row.get(column)).map(|text| text.trim()).peekable();
        let told = |text: &&str| !text.is_empty() && *text != "-" && *text != "—";
        let mut any = false;
        cells.all(|text| {
            !told(&text) || {
                any = true;
                is_number(text)
            }
        }) && any
    }
}

/// A4, mm.
const PAGE: [f64; 2] = [210.0, 297.0];
/// What is written on.
const BODY: Area = Area { x: 22.0, y: 20.0, width: 166.0, height: 255.0 };
/// The size of letters.
const EM: f64 = 3.3;
const RULE: Colour = [188, 193, 201, 255];
const SHADE: Colour = [238, 241, 245, 255];

/// The pages of a report: A4, with running titles and page numbers.
///
/// # Errors
/// [`Cancelled`] by the user.
pub fn pages(letters: &Arc<Letters>, report: &Report, progress: &Progress) -> Result<Vec<Drawing>, Cancelled> {
    let mut flow = Flow { letters, report, pages: Vec::new(), y: BODY.y, progress };
    flow.turn();
    let title = Text::new(&report.title, [0.0; 2], EM * 2.1).bold().fit(4, EM * 1.4);
    flow.paragraph(title);
    flow.paragraph(Text::new(&report.subtitle, [0.0; 2], EM).colour(GREY));
    flow.y += EM * 0.6;
    let y = flow.y;
    flow.page().line(&[[BODY.x, y], [BODY.right(), y]], INK, 0.4);
    flow.y += EM;
    for (number, section) in report.sections.iter().enumerate() {
        progress.at(number as u64)?;
        if !section.heading.trim().is_empty() {
            flow.y += EM * 0.6;
            // A heading does not stand alone at the end of a page.
            let heading = Text::new(&section.heading, [0.0; 2], EM * 1.35).bold();
            let high = flow.page().measure(&heading.clone().within(BODY.width)).height;
            flow.need(high + EM * 6.0);
            flow.paragraph(heading);
            flow.y += EM * 0.3;
        }
        for block in &section.blocks {
            flow.block(block)?;
            flow.y += EM * 0.8;
        }
    }
    let count = flow.pages.len();
    for (number, page) in flow.pages.iter_mut().enumerate() {
        let language = report.language;
        let of =
            language.pick(format!("第 {} 页 / 共 {count} 页", number + 1), format!("Page {} of {count}", number + 1));
        let y = BODY.bottom() + EM * 1.4;
        page.line(&[[BODY.x, y - EM * 0.4], [BODY.right(), y - EM * 0.4]], RULE, 0.15);
        let footer = Text::new(&report.footer, [BODY.x, y], EM * 0.8).colour(GREY);
        page.text(&footer.within(BODY.width * 0.78).fit(2, EM * 0.65));
        page.text(&Text::new(&of, [BODY.right(), y], EM * 0.8).colour(GREY).side(Side::Right));
    }
    Ok(flow.pages)
}

/// Where writing has come to.
struct Flow<'a> {
    letters: &'a Arc<Letters>,
    report: &'a Report,
    pages: Vec<Drawing>,
    y: f64,
    progress: &'a Progress,
}

/// Cells of a row, broken into lines.
struct Row {
    cells: Vec<Vec<Line>>,
    lines: usize,
}

/// How a table stands.
struct Columns {
    widths: Vec<f64>,
    right: Vec<bool>,
    size: f64,
}

/// Around the text of a cell, mm.
const CELL: [f64; 2] = [1.3, 0.7];

impl Flow<'_> {
    fn page(&mut self) -> &mut Drawing {
        if self.pages.is_empty() {
            self.turn();
        }
        let last = self.pages.len() - 1;
        &mut self.pages[last]
    }

    fn turn(&mut self) {
        let mut page = Drawing::new(PAGE[0], PAGE[1], self.letters);
        self.y = BODY.y;
        if !self.pages.is_empty() {
            let head = Text::new(&self.report.title, [BODY.x, BODY.y - EM * 2.6], EM * 0.8).colour(GREY);
            page.text(&head.within(BODY.width).fit(1, EM * 0.65));
            let y = BODY.y - EM * 1.1;
            page.line(&[[BODY.x, y], [BODY.right(), y]], RULE, 0.15);
        }
        self.pages.push(page);
    }

    /// Turns the page where so many mm do not fit any more.
    fn need(&mut self, height: f64) {
        if self.y + height > BODY.bottom() + 1e-6 && self.y > BODY.y {
            self.turn();
        }
    }

    /// Lines from side to side, over as many pages as they need.
    fn paragraph(&mut self, text: Text<'_>) {
        if text.text.trim().is_empty() {
            return;
        }
        let text = text.within(BODY.width);
        let (stands, lines) = self.page().set(&text);
        for line in lines {
            let high = stands.size * LEADING;
            self.need(high);
            let at = [BODY.x, self.y];
            self.page().put(line, &text.clone().at(at), stands.size, 0);
            self.y += high;
        }
    }

    fn block(&mut self, block: &Block) -> Result<(), Cancelled> {
        match block {
            Block::Paragraph(text) => self.paragraph(Text::new(text, [0.0; 2], EM)),
            Block::Facts(facts) => {
                let rows = facts.iter().map(|(name, what)| vec![name.clone(), what.clone()]).collect();
                let table = Table { head: Vec::new(), rows, note: String::new() };
                let name = |text: &str| self.letters_width(text, EM) + 2.0 * CELL[0];
                let widest = facts.iter().map(|(text, _)| name(text)).fold(0.0, f64::max);
                let label = widest.clamp(BODY.width * 0.18, BODY.width * 0.36);
                let columns = Columns { widths: vec![label, BODY.width - label], right: vec![false; 2], size: EM };
                self.rows(&table, &columns, true)?;
            }
            Block::Table(table) => {
                let columns = self.columns(table);
                self.rows(table, &columns, false)?;
                self.y += EM * 0.2;
                self.paragraph(Text::new(&table.note, [0.0; 2], EM * 0.85).colour(GREY));
            }
            Block::Picture { picture, caption } => {
                let most = Area { height: BODY.height * 0.6, ..BODY };
                let shown = most.holding(picture.shape());
                let caption = Text::new(caption, [0.0; 2], EM * 0.9).colour(GREY).within(BODY.width);
                let high = self.page().measure(&caption).height;
                self.need(shown.height + high + EM * 0.4);
                let y = self.y;
                self.page().picture(picture, Area { y, ..shown });
                self.page().rect(Area { y, ..shown }, None, Some(Stroke { colour: RULE, width: 0.15 }));
                self.y += shown.height + EM * 0.3;
                let at = [BODY.x + BODY.width / 2.0, self.y];
                self.page().text(&caption.at(at).side(Side::Centre));
                self.y += high;
            }
            Block::Warning(text) => self.warning(text),
        }
        Ok(())
    }

    fn letters_width(&self, text: &str, size: f64) -> f64 {
        Drawing::new(0.0, 0.0, self.letters).measure(&Text::new(text, [0.0; 2], size)).width
    }

    fn warning(&mut self, text: &str) {
        let pad = EM * 0.7;
        let text = Text::new(text, [0.0; 2], EM).within(BODY.width - 3.0 * pad);
        let (stands, lines) = self.page().set(&text);
        let line = stands.size * LEADING;
        let mut lines = lines.into_iter().peekable();
        while lines.peek().is_some() {
            let left = lines.len() as f64;
            self.need((left * line + 2.0 * pad).min(BODY.height * 0.3));
            let room = ((BODY.bottom() - self.y - 2.0 * pad) / line).floor().max(1.0) as usize;
            let some: Vec<Line> = lines.by_ref().take(room).collect();
            let (y, height) = (self.y, some.len() as f64 * line + 2.0 * pad);
            let page = self.page();
            page.fill(Area::new(BODY.x, y, BODY.width, height), [255, 244, 222, 255]);
            page.fill(Area::new(BODY.x, y, EM * 0.35, height), [214, 130, 20, 255]);
            let text = text.clone().at([BODY.x + 2.0 * pad, y + pad]);
            for (number, line) in some.into_iter().enumerate() {
                page.put(line, &text, stands.size, number);
            }
            self.y += height;
        }
    }

    /// Widths of columns: what their cells want, and where that is too much, wide ones give way.
    fn columns(&self, table: &Table) -> Columns {
        let count = table.columns().max(1);
        let page = Drawing::new(0.0, 0.0, self.letters);
        let mut size = EM * 0.92;
        // Many columns have smaller letters.
        let least = EM * 0.55;
        let room = |size: f64| (BODY.width / count as f64 - 2.0 * CELL[0]) / size;
        while room(size) < 5.0 && size > least {
            size = (size * 0.95).max(least);
        }
        let mut wants = vec![4.0 * size; count];
        for (at, want) in wants.iter_mut().enumerate() {
            let head =
                table.head.get(at).map_or(0.0, |text| page.measure(&Text::new(text, [0.0; 2], size).bold()).width);
            let cells = table.rows.iter().filter_map(|row| row.get(at));
            // No cell wants more than the page has.
            let cell = |text: &String| match text.len() > 400 {
                true => BODY.width,
                false => page.measure(&Text::new(text, [0.0; 2], size)).width,
            };
            *want = cells.map(cell).fold(want.max(head), f64::max) + 2.0 * CELL[0] + 0.1;
        }
        let right = (0..count).map(|at| table.is_numeric(at)).collect();
        Columns { widths: shared(&wants, BODY.width), right, size }
    }

    fn broken(&self, cells: &[String], columns: &Columns, heft: Heft) -> Row {
        let page = Drawing::new(0.0, 0.0, self.letters);
        let cell = |(at, width): (usize, &f64)| {
            let text = cells.get(at).map_or("", String::as_str);
            let text = Text { heft, ..Text::new(text, [0.0; 2], columns.size) };
            page.set(&text.within(width - 2.0 * CELL[0])).1
        };
        let cells: Vec<Vec<Line>> = columns.widths.iter().enumerate().map(cell).collect();
        Row { lines: cells.iter().map(Vec::len).fold(1, usize::max), cells }
    }

    fn rows(&mut self, table: &Table, columns: &Columns, facts: bool) -> Result<(), Cancelled> {
        let head = (!table.head.is_empty()).then(|| self.broken(&table.head, columns, Heft::Bold));
        let line = columns.size * LEADING;
        let high = |row: &Row| row.lines as f64 * line + 2.0 * CELL[1];
        let head_height = head.as_ref().map_or(0.0, high);
        let most = ((BODY.height - head_height - 2.0 * CELL[1]) / line).floor().max(1.0) as usize;
        let mut begun = false;
        for (number, cells) in table.rows.iter().enumerate() {
            self.progress.at(number as u64)?;
            let row = self.broken(cells, columns, Heft::Regular);
            // A row longer than a page goes on over the next ones.
            for first in (0..row.lines).step_by(most) {
                let part = Row {
                    cells: row.cells.iter().map(|cell| cell.iter().skip(first).take(most).cloned().collect()).collect(),
                    lines: most.min(row.lines - first),
                };
                let above = if begun { 0.0 } else { head_height };
                if self.y + above + high(&part) > BODY.bottom() + 1e-6 && self.y > BODY.y {
                    self.turn();
                    begun = false;
                }
                if !begun && let Some(head) = &head {
                    self.row(head, columns, Some(SHADE), &[]);
                }
                begun = true;
                let labels: &[usize] = if facts { &[0] } else { &[] };
                self.row(&part, columns, None, labels);
            }
        }
        if table.rows.is_empty()
            && let Some(head) = &head
        {
            self.need(head_height);
            self.row(head, columns, Some(SHADE), &[]);
            let none = self.report.language.pick("（无）", "(none)");
            self.paragraph(Text::new(none, [0.0; 2], EM * 0.92).colour(GREY));
        }
        Ok(())
    }

    /// Draws a row and goes below it.
    fn row(&mut self, row: &Row, columns: &Columns, shade: Option<Colour>, labels: &[usize]) {
        let (y, size) = (self.y, columns.size);
        let height = row.lines as f64 * size * LEADING + 2.0 * CELL[1];
        let wide: f64 = columns.widths.iter().sum();
        let page = self.page();
        if let Some(shade) = shade {
            page.fill(Area::new(BODY.x, y, wide, height), shade);
        }
        let mut x = BODY.x;
        for (at, (cell, width)) in row.cells.iter().zip(&columns.widths).enumerate() {
            let right = columns.right.get(at).copied().unwrap_or(false);
            let place = [if right { x + width - CELL[0] } else { x + CELL[0] }, y + CELL[1]];
            let colour = if labels.contains(&at) { GREY } else { INK };
            let side = if right { Side::Right } else { Side::Left };
            let text = Text::new("", place, size).side(side).colour(colour);
            for (number, line) in cell.iter().enumerate() {
                page.put(line.clone(), &text, size, number);
            }
            x += width;
        }
        page.line(&[[BODY.x, y + height], [BODY.x + wide, y + height]], RULE, 0.15);
        self.y += height;
    }
}

/// Shares a width among columns: each gets what it wants as long as that is not more than its share of what is left;
/// what then remains is given to all alike.
fn shared(wants: &[f64], width: f64) -> Vec<f64> {
    let sum: f64 = wants.iter().sum();
    if sum <= width {
        let more = (width - sum) / wants.len() as f64;
        return wants.iter().map(|want| want + more).collect();
    }
    let mut order: Vec<usize> = (0..wants.len()).collect();
    order.sort_by(|a, b| wants[*a].total_cmp(&wants[*b]));
    let mut widths = vec![0.0; wants.len()];
    let mut left = width;
    for (done, at) in order.iter().enumerate() {
        let share = left / (wants.len() - done) as f64;
        widths[*at] = wants[*at].min(share);
        left -= widths[*at];
    }
    widths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_columns_give_way_to_narrow_ones() {
        assert_eq!(shared(&[10.0, 20.0], 60.0), [25.0, 35.0]);
        // 10 is less than a third of 60; the others share what is left.
        assert_eq!(shared(&[100.0, 10.0, 40.0], 60.0), [25.0, 10.0, 25.0]);
        assert_eq!(shared(&[100.0, 10.0, 20.0], 60.0), [30.0, 10.0, 20.0]);
    }

    #[test]
    fn a_row_longer_than_a_page_goes_on_over_the_next_ones() {
        let letters = Arc::new(Letters::of(fontdb::Database::new()));
        let table = Table {
            head: vec!["h".to_owned()],
            rows: vec![vec!["国".repeat(9_000), "1".to_owned()]],
            ..Table::default()
        };
        let long = "注".repeat(5_000);
        let blocks = vec![Block::Table(table), Block::Warning(long.clone()), Block::Paragraph(long)];
        let report = Report { sections: vec![Section { heading: String::new(), blocks }], ..Report::default() };
        let pages = pages(&letters, &report, &Progress::default()).unwrap();
        let mut counts = [0, 0];
        for op in pages.iter().flat_map(|page| &page.ops) {
            if let super::super::drawing::Op::Text { at, letters, .. } = op {
                assert!(at[1] < BODY.bottom() + EM * 3.0, "{at:?}");
                for (count, char) in counts.iter_mut().zip(['国', '注']) {
                    *count += letters.iter().filter(|letter| letter.char == char).count();
                }
            }
        }
        assert_eq!(counts, [9_000, 10_000]);
        assert!(pages.len() > 4);
    }

    #[test]
    fn a_column_of_numbers_is_known_by_its_cells() {
        let row = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect();
        let rows =
            vec![row(&["1,234.5", "3 栋", "", "-", "120105001"]), row(&["-", "12", "", "—"]), row(&["1 至 12 %"])];
        let table = Table { head: Vec::new(), rows, note: String::new() };
        let codes = Table { rows: vec![row(&["070102"]), row(&["1401"])], ..Table::default() };
        assert!(!codes.is_numeric(0));
        assert_eq!([0, 1, 2, 3, 4].map(|at| table.is_numeric(at)), [true, false, false, false, false]);
    }
}
