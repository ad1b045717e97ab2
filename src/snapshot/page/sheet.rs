//! Map sheets: paper with a frame, a map window with its coordinates, and beside it what Chinese planning sheets
//! have: north, scale, legend, notes and a title block.
//!
//! Margins are those of GB/T 14689-2008: 25 mm on the side where sheets are bound, 10 or 5 mm elsewhere.

use std::sync::Arc;

use super::drawing::{Area, Drawing, GREY, INK, LEADING, Picture, Side, Stroke, Text};
use super::furniture::{Furniture, Scale, line_below, no_scale, north_arrow, plain, scale_bar};
use super::legend;
use super::letters::Letters;
use crate::place::Bounds;

/// A size of paper (ISO 216).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Paper {
    /// 210 × 297 mm.
    A4,
    /// 297 × 420 mm.
    #[default]
    A3,
    /// 420 × 594 mm.
    A2,
    /// 594 × 841 mm.
    A1,
    /// 841 × 1189 mm.
    A0,
}

impl Paper {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::A4, Self::A3, Self::A2, Self::A1, Self::A0];

    /// The shorter and the longer side, mm.
    pub fn sides(self) -> [f64; 2] {
        match self {
            Self::A4 => [210.0, 297.0],
            Self::A3 => [297.0, 420.0],
            Self::A2 => [420.0, 594.0],
            Self::A1 => [594.0, 841.0],
            Self::A0 => [841.0, 1189.0],
        }
    }

    /// By its name: A4, a3.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|paper| format!("{paper:?}").eq_ignore_ascii_case(name))
    }

    /// The margin on sides that are not bound, mm.
    fn margin(self) -> f64 {
        if self <= Self::A3 { 5.0 } else { 10.0 }
    }

    /// The size of letters in text, mm.
    fn em(self) -> f64 {
        match self {
            Self::A4 => 2.5,
            Self::A3 => 3.0,
            Self::A2 => 3.7,
            Self::A1 => 4.8,
            Self::A0 => 6.2,
        }
    }
}

/// What a title block says (图签). Empty fields are drawn empty, to be filled in by hand.
#[derive(Clone, Debug, Default)]
pub struct TitleBlock {
    /// The project.
    pub project: String,
    /// The name of the drawing.
    pub drawing: String,
    /// Its number.
    pub number: String,
    /// The scale; reckoned from the map where it is empty.
    pub scale: String,
    /// The date; the furniture's where it is empty.
    pub date: String,
    /// Who is responsible.
    pub department: String,
    /// Who drew it.
    pub author: String,
}

/// A sheet without its map.
#[derive(Clone, Debug)]
pub struct Sheet<'a> {
    /// The paper.
    pub paper: Paper,
    /// Whether the longer side lies below.
    pub landscape: bool,
    /// What is said around the map. Its scale counts only where the map's extent is not known.
    pub furniture: &'a Furniture,
    /// The title block.
    pub block: &'a TitleBlock,
}

/// A map for a sheet.
#[derive(Clone, Debug)]
pub struct SheetMap {
    /// The picture of it.
    pub picture: Picture,
    /// What of the project CRS it shows, from side to side, where it is seen straight from above with north up.
    pub extent: Option<Bounds>,
}

/// Where things stand on a sheet, mm.
struct Plan {
    page: [f64; 2],
    em: f64,
    frame: Area,
    title: Area,
    map: Area,
    north: Area,
    legend: Area,
    notes: Area,
    block: Area,
}

/// The scale that suits a map: the largest usual one at which so many metres fit into an area of a page.
///
/// # Units
/// Metres on the ground east and north; the answer is metres in a mm.
pub fn round_scale(metres: [f64; 2], area: &Area) -> Option<Scale> {
    /// Usual N of 1:N within a power of ten.
    const USUAL: [f64; 5] = [1.0, 2.0, 2.5, 5.0, 10.0];
    let least = (metres[0] / area.width).max(metres[1] / area.height) * 1000.0;
    if metres.iter().any(|length| length.is_nan()) || !(least.is_finite() && least > 0.0) {
        return None;
    }
    let power = 10f64.powf(least.log10().floor());
    let number = USUAL.into_iter().map(|part| part * power).find(|number| *number >= least * (1.0 - 1e-9))?;
    Some(Scale { metres_per_mm: number / 1000.0 })
}

/// What a map of a scale shows around a place of the project CRS when it fills an area of a page.
pub fn extent(middle: [f64; 2], scale: Scale, area: &Area) -> Bounds {
    let half = [area.width, area.height].map(|mm| mm / 2.0 * scale.metres_per_mm);
    Bounds { min: [middle[0] - half[0], middle[1] - half[1]], max: [middle[0] + half[0], middle[1] + half[1]] }
}

/// Where the map of a sheet stands: pictures of its shape fill it.
pub fn map_area(letters: &Arc<Letters>, sheet: &Sheet<'_>) -> Area {
    Plan::of(&Drawing::new(0.0, 0.0, letters), sheet).map
}

/// A sheet with its map; without one the window is empty.
pub fn sheet(letters: &Arc<Letters>, sheet: &Sheet<'_>, map: Option<&SheetMap>) -> Drawing {
    let plan = Plan::of(&Drawing::new(0.0, 0.0, letters), sheet);
    let mut drawing = Drawing::new(plan.page[0], plan.page[1], letters);
    let (em, furniture) = (plan.em, sheet.furniture);
    drawing.rect(plan.frame, None, Some(Stroke { colour: INK, width: em * 0.24 }));
    let [title, subtitle] = titles(furniture, &plan.title, em);
    let middle = plan.title.x + plan.title.width / 2.0;
    let mut y = plan.title.y;
    for text in [title, subtitle].into_iter().flatten() {
        y += drawing.text(&text.at([middle, y]).side(Side::Centre)).height;
    }

    let window = map.map_or(plan.map, |map| plan.map.holding(map.picture.shape()));
    let extent = map.and_then(|map| map.extent).filter(is_sound);
    if let Some(map) = map {
        drawing.picture(&map.picture, window);
    }
    drawing.rect(window, None, Some(Stroke { colour: INK, width: em * 0.12 }));
    let mut furniture = furniture.clone();
    if let Some(extent) = &extent {
        furniture.scale = Some(Scale { metres_per_mm: (extent.max[0] - extent.min[0]) / window.width });
        furniture.north = Some(furniture.north.unwrap_or(0.0));
        grid(&mut drawing, &window, extent, em);
    }
    if let Some(north) = furniture.north {
        north_arrow(&mut drawing, north, plan.north, em * 1.1);
    }
    let beside = if furniture.north.is_some() { plan.north.width + em } else { 0.0 };
    // Beside the arrow on a wide sheet, below it on a high one.
    let (at, widest) = match sheet.landscape {
        true => ([plan.north.x + beside, plan.north.y + em], plan.legend.width - beside),
        false => ([plan.north.x, plan.north.bottom() + em * 0.5], plan.block.x - plan.north.x - em),
    };
    scale_bar(&mut drawing, &furniture, at, widest.min(em * 30.0).max(em * 8.0), em, true);

    if furniture.legend.iter().any(|group| !group.is_empty()) {
        let heading = furniture.language.pick("图例", "Legend");
        let stands = drawing.text(&Text::new(heading, [plan.legend.x, plan.legend.y], em * 1.3).bold());
        let below = Area {
            y: plan.legend.y + stands.height + em * 0.4,
            height: (plan.legend.height - stands.height - em * 0.4).max(em * 3.0),
            ..plan.legend
        };
        let laid = legend::lay(&drawing, &furniture.legend, furniture.language, &below, em, em * 0.62);
        laid.draw(&mut drawing, [below.x, below.y]);
    }
    let notes = line_below(&furniture, false);
    if !notes.is_empty() {
        drawing.text(&note(&notes, &plan.notes, em).at([plan.notes.x, plan.notes.y]));
    }
    block(&mut drawing, sheet, &furniture, &plan.block, em);
    drawing
}

fn is_sound(extent: &Bounds) -> bool {
    let [width, height] = [0, 1].map(|k| extent.max[k] - extent.min[k]);
    width.is_finite() && height.is_finite() && width > 0.0 && height > 0.0
}

fn titles<'a>(furniture: &'a Furniture, area: &Area, em: f64) -> [Option<Text<'a>>; 2] {
    let said = |text: &'a str| (!text.trim().is_empty()).then_some(text);
    let title = said(&furniture.title)
        .map(|text| Text::new(text, [0.0; 2], em * 2.8).bold().within(area.width).fit(3, em * 1.5));
    let subtitle = said(&furniture.subtitle)
        .map(|text| Text::new(text, [0.0; 2], em * 1.3).colour(GREY).within(area.width).fit(2, em * 0.9));
    [title, subtitle]
}

fn note<'a>(text: &'a str, area: &Area, em: f64) -> Text<'a> {
    Text::new(text, [0.0; 2], em * 0.85).colour(GREY).within(area.width).fit(10, em * 0.6)
}

impl Plan {
    fn of(drawing: &Drawing, sheet: &Sheet<'_>) -> Self {
        let (paper, em) = (sheet.paper, sheet.paper.em());
        let [short, long] = paper.sides();
        let page = if sheet.landscape { [long, short] } else { [short, long] };
        let margin = paper.margin();
        let frame = Area::new(25.0, margin, page[0] - 25.0 - margin, page[1] - 2.0 * margin);
        let pad = em * 1.6;
        let inner = frame.inset(pad);
        let mut title = Area { height: 0.0, ..inner };
        title.height =
            titles(sheet.furniture, &title, em).iter().flatten().map(|text| drawing.measure(text).height).sum();
        let top = if title.height > 0.0 { title.bottom() + em * 0.6 } else { inner.y };
        // Coordinates stand around the map.
        let labels = em * 1.9;
        let notes = line_below(sheet.furniture, false);
        let noted = |area: &Area| if notes.is_empty() { 0.0 } else { drawing.measure(&note(&notes, area, em)).height };
        let north_side = em * 7.0;
        if sheet.landscape {
            let width = (inner.width * 0.22).clamp(em * 20.0, em * 30.0);
            let column = Area::new(inner.right() - width, top, width, inner.bottom() - top);
            let map = Area::new(inner.x, top, column.x - pad - inner.x, column.height).inset(labels);
            let block_height = block_rows(drawing, sheet, &sheet.furniture.crs, width, em).1;
            let block = Area::new(column.x, column.bottom() - block_height, width, block_height);
            let mut notes = Area { height: noted(&column), ..column };
            notes.y = block.y - em - notes.height;
            let north = Area::new(column.x, top + labels, north_side, north_side);
            let begin = north.bottom() + em;
            let legend = Area::new(column.x, begin, width, (notes.y - em - begin).max(em * 4.0));
            return Self { page, em, frame, title, map, north, legend, notes, block };
        }
        let width = (inner.width * 0.36).max(em * 20.0);
        let block_height = block_rows(drawing, sheet, &sheet.furniture.crs, width, em).1;
        // Long legends take more of the sheet.
        let entries: usize = sheet.furniture.legend.iter().map(|group| group.entries.len() + 2).sum();
        let share = if entries > 24 { 0.28 } else { 0.2 };
        let height = (inner.height * share).max(block_height + em * 5.0).min(inner.height * 0.4);
        let band = Area::new(inner.x, inner.bottom() - height, inner.width, height);
        let map = Area::new(inner.x, top, inner.width, band.y - em - top).inset(labels);
        let block = Area::new(band.right() - width, band.bottom() - block_height, width, block_height);
        let middle_width = (inner.width * 0.2).max(em * 12.0);
        let middle = block.x - em * 1.5 - middle_width;
        let north = Area::new(middle, band.y, north_side, north_side);
        // The scale stands under the arrow; notes go over the title block.
        let mut notes = Area { y: band.y, height: 0.0, ..block };
        notes.height = noted(&notes);
        let legend = Area::new(band.x, band.y, middle - em * 1.5 - band.x, band.height);
        if notes.bottom() > block.y - em {
            // They are long: a line of their own along the whole sheet, taken from the legend.
            let mut wide = Area { width: inner.width - width - em * 1.5, ..band };
            wide.height = noted(&wide);
            wide.y = band.bottom() - wide.height;
            let legend = Area { height: (wide.y - em - legend.y).max(em * 4.0), ..legend };
            return Self { page, em, frame, title, map, north, legend, notes: wide, block };
        }
        Self { page, em, frame, title, map, north, legend, notes, block }
    }
}

/// A row of a title block: its label in both languages, its value, its height.
type BlockRow = ([&'static str; 2], String, f64);

/// The rows of a title block, and the height of all of them.
fn block_rows(drawing: &Drawing, sheet: &Sheet<'_>, crs: &str, width: f64, em: f64) -> (Vec<BlockRow>, f64) {
    let block = sheet.block;
    let scale = sheet.furniture.scale.and_then(|scale| scale.text(sheet.furniture.language));
    let scale = scale.unwrap_or_else(|| no_scale(sheet.furniture.language).to_owned());
    let or = |text: &str, other: &str| if text.trim().is_empty() { other.to_owned() } else { text.to_owned() };
    let rows = [
        (["项目名称", "Project"], block.project.clone()),
        (["图名", "Drawing"], or(&block.drawing, &sheet.furniture.title)),
        (["图号", "Number"], block.number.clone()),
        (["比例尺", "Scale"], or(&block.scale, &scale)),
        (["坐标系", "CRS"], crs.to_owned()),
        (["制图单位", "Department"], block.department.clone()),
        (["制图人", "Drawn by"], block.author.clone()),
        (["日期", "Date"], or(&block.date, &sheet.furniture.date)),
    ];
    let mut all = 0.0;
    let measured = rows.map(|(label, value)| {
        let high = drawing.measure(&block_value(&value, width, em)).height.max(em * LEADING) + em * 0.6;
        all += high;
        (label, value, high)
    });
    (measured.into(), all)
}

/// The share of a title block that its labels take.
const LABELS: f64 = 0.27;

fn block_value(text: &str, width: f64, em: f64) -> Text<'_> {
    Text::new(text, [0.0; 2], em).within(width * (1.0 - LABELS) - em).fit(4, em * 0.6)
}

fn block(drawing: &mut Drawing, sheet: &Sheet<'_>, furniture: &Furniture, area: &Area, em: f64) {
    let thin = em * 0.06;
    let with_scale = Sheet { furniture, ..sheet.clone() };
    let (rows, _) = block_rows(drawing, &with_scale, &furniture.crs, area.width, em);
    let split = area.x + area.width * LABELS;
    let mut y = area.y;
    for (number, (label, value, height)) in rows.iter().enumerate() {
        if number > 0 {
            drawing.line(&[[area.x, y], [area.right(), y]], INK, thin);
        }
        let label = furniture.language.pick(label[0], label[1]);
        let label = Text::new(label, [area.x + em * 0.4, y], em * 0.9).colour(GREY);
        let label = label.within(area.width * LABELS - em * 0.6).fit(1, em * 0.5);
        let high = drawing.measure(&label).height;
        drawing.text(&label.at([area.x + em * 0.4, y + (height - high) / 2.0]));
        let value = block_value(value, area.width, em);
        let high = drawing.measure(&value).height;
        drawing.text(&value.at([split + em * 0.5, y + (height - high) / 2.0]));
        y += height;
    }
    drawing.line(&[[split, area.y], [split, area.bottom()]], INK, thin);
    drawing.rect(*area, None, Some(Stroke { colour: INK, width: em * 0.18 }));
}

/// The least of 1, 2, 5 times a power of ten that is not less than a number.
fn round_above(least: f64) -> Option<f64> {
    if !(least.is_finite() && least > 0.0) {
        return None;
    }
    let power = 10f64.powf(least.log10().floor());
    // A little less, because powers of ten are not exact.
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|part| part * power).find(|step| *step >= least * (1.0 - 1e-9))
}

/// Coordinates around a map window: round ones, crosses where they meet.
fn grid(drawing: &mut Drawing, window: &Area, extent: &Bounds, em: f64) {
    let size = em * 0.8;
    let metres = [0, 1].map(|k| extent.max[k] - extent.min[k]);
    // Labels have seven digits: not closer than they are long.
    let apart = (em * 14.0).max(window.width.min(window.height) / 5.0);
    let Some(step) = round_above(apart * metres[0] / window.width) else { return };
    let within = |k: usize| {
        let first = (extent.min[k] / step).ceil();
        let count = ((extent.max[k] / step).floor() - first + 1.0).clamp(0.0, 200.0) as u32;
        (0..count).map(move |number| (first + f64::from(number)) * step)
    };
    let x = |east: f64| window.x + (east - extent.min[0]) / metres[0] * window.width;
    let y = |north: f64| window.bottom() - (north - extent.min[1]) / metres[1] * window.height;
    let (tick, thin, cross) = (em * 0.5, em * 0.05, em * 0.6);
    for east in within(0) {
        let (at, label) = (x(east), plain(east));
        drawing.line(&[[at, window.y], [at, window.y - tick]], INK, thin);
        drawing.line(&[[at, window.bottom()], [at, window.bottom() + tick]], INK, thin);
        for top in [window.y - tick - size * 1.4, window.bottom() + tick - size * 0.1] {
            drawing.text(&Text::new(&label, [at, top], size).side(Side::Centre));
        }
    }
    for north in within(1) {
        let (at, label) = (y(north), plain(north));
        drawing.line(&[[window.x, at], [window.x - tick, at]], INK, thin);
        drawing.line(&[[window.right(), at], [window.right() + tick, at]], INK, thin);
        for left in [window.x - tick - size * 1.4, window.right() + tick] {
            drawing.text(&Text::new(&label, [left, at], size).side(Side::Centre).turned(90.0));
        }
    }
    for east in within(0) {
        for north in within(1) {
            let (x, y) = (x(east), y(north));
            for (colour, width) in [([255, 255, 255, 150], thin * 3.5), (INK, thin)] {
                drawing.line(&[[x - cross, y], [x + cross, y]], colour, width);
                drawing.line(&[[x, y - cross], [x, y + cross]], colour, width);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_scale_is_the_largest_at_which_the_ground_fits() {
        let area = Area::new(0.0, 0.0, 300.0, 200.0);
        // 550 m on 300 mm are 1:1833, 300 m on 200 mm 1:1500: 1:2000.
        let scale = round_scale([550.0, 300.0], &area).unwrap();
        assert_eq!(scale.metres_per_mm, 2.0);
        assert_eq!(round_scale([600.0, 100.0], &area).unwrap().metres_per_mm, 2.0);
        assert_eq!(round_scale([601.0, 100.0], &area).unwrap().metres_per_mm, 2.5);
        let shown = extent([1000.0, 2000.0], scale, &area);
        assert_eq!((shown.min, shown.max), ([700.0, 1800.0], [1300.0, 2200.0]));
        assert_eq!(round_scale([f64::NAN, 1.0], &area), None);
    }

    #[test]
    fn lines_of_the_grid_are_apart_by_the_next_round_number() {
        let steps = [
            (300.0, 500.0),
            (120.0, 200.0),
            (501.0, 1000.0),
            (200.0, 200.0),
            (1000.0, 1000.0),
            (0.07, 0.1),
            (1.0, 1.0),
        ];
        for (least, step) in steps {
            let found = round_above(least).unwrap();
            assert!((found / step - 1.0).abs() < 1e-9, "{least}: {found}");
        }
        for none in [0.0, -3.0, f64::NAN, f64::INFINITY] {
            assert_eq!(round_above(none), None);
        }
    }

    #[test]
    fn nothing_of_a_sheet_stands_outside_its_frame_whatever_is_said() {
        let letters = Letters::of_system();
        let long = "关于某某新区核心启动区土地利用现状与控制性详细规划容量复核成果图".repeat(4);
        let entry = |k: usize| legend::LegendEntry {
            label: format!("{k} {long}"),
            colour: [9, 9, 9, 255],
            shape: legend::Shape::Point,
        };
        let full = Furniture {
            title: long.clone(),
            subtitle: long.clone(),
            legend: vec![legend::LegendGroup {
                title: long.clone(),
                entries: (0..60).map(entry).collect(),
                note: long.clone(),
            }],
            north: Some(33.0),
            crs: long.clone(),
            sources: vec![long.clone(); 3],
            date: "2026年3月4日".to_owned(),
            made_with: "Cimbase".to_owned(),
            notes: vec![long.clone(); 3],
            ..Furniture::default()
        };
        let filled = TitleBlock {
            project: long.clone(),
            author: long.clone(),
            department: long.clone(),
            ..TitleBlock::default()
        };
        let picture = Picture::rgba([4, 3], vec![200; 48]).unwrap();
        let extent = Bounds { min: [516_000.0, 4_331_000.0], max: [517_000.0, 4_331_750.0] };
        let map = SheetMap { picture, extent: Some(extent) };
        for (furniture, block) in [(&full, &filled), (&Furniture::default(), &TitleBlock::default())] {
            for paper in Paper::ALL {
                for landscape in [true, false] {
                    let wish = Sheet { paper, landscape, furniture, block };
                    let page = sheet(&letters, &wish, Some(&map));
                    let plan = Plan::of(&page, &wish);
                    let area = map_area(&letters, &wish);
                    assert!(
                        area.width > page.width * 0.4 && area.height > page.height * 0.25,
                        "{paper:?} {landscape} {area:?}"
                    );
                    let inside = |x: f64, y: f64| {
                        x >= plan.frame.x - 1.0
                            && x <= plan.frame.right() + 1.0
                            && y >= plan.frame.y - 1.0
                            && y <= plan.frame.bottom() + 1.0
                    };
                    for op in &page.ops {
                        match op {
                            super::super::drawing::Op::Shape { points, .. } => {
                                assert!(
                                    points.iter().all(|at| inside(at[0], at[1])),
                                    "{paper:?} {landscape} {points:?}"
                                );
                            }
                            super::super::drawing::Op::Text { at, size, turn, letters, .. } => {
                                let width: f64 = letters.iter().map(|letter| letter.advance).sum::<f64>() * size;
                                let (dx, dy) = if *turn == 0.0 { (width, 0.0) } else { (0.0, -width) };
                                let text: String = letters.iter().map(|letter| letter.char).collect();
                                assert!(
                                    inside(at[0], at[1]) && inside(at[0] + dx, at[1] + dy),
                                    "{paper:?} {landscape} {at:?} {text}"
                                );
                            }
                            super::super::drawing::Op::Picture { area, .. } => {
                                assert!(inside(area.x, area.y) && inside(area.right(), area.bottom()));
                            }
                        }
                    }
                }
            }
        }
    }
}
