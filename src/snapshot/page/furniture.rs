//! What lies around a map: title, legend, scale, north, sources. The parts, and a picture with them in its corners.

use std::sync::Arc;

use super::drawing::{Area, Colour, Drawing, GREY, INK, Side, Stroke, Text, WHITE};
use super::legend::{self, LegendGroup};
use super::letters::Letters;
use super::words::Language;

/// What is said around a map. Empty texts are left out.
#[derive(Clone, Debug, Default)]
pub struct Furniture {
    /// The language of its own words.
    pub language: Language,
    /// What the map shows.
    pub title: String,
    /// More of it, smaller.
    pub subtitle: String,
    /// What colours mean.
    pub legend: Vec<LegendGroup>,
    /// The scale of a view straight down without perspective; `None`: there is none.
    pub scale: Option<Scale>,
    /// Where north is, degrees clockwise from up; `None`: not said.
    pub north: Option<f64>,
    /// The name of the coordinate reference system.
    pub crs: String,
    /// Where the data come from.
    pub sources: Vec<String>,
    /// When it was made, as it is to be read.
    pub date: String,
    /// The program.
    pub made_with: String,
    /// What the reader should know.
    pub notes: Vec<String>,
}

/// How large the ground is on the page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// Metres on the ground in a millimetre of the page.
    pub metres_per_mm: f64,
}

impl Scale {
    /// The N of 1:N.
    pub fn number(&self) -> f64 {
        self.metres_per_mm * 1000.0
    }

    /// As it is written: 1:2000; about 1:2347 where it is no round number.
    pub fn text(&self, language: Language) -> Option<String> {
        let number = self.number();
        if !(number.is_finite() && number > 0.0) {
            return None;
        }
        let ten = 10f64.powf((number.log10().floor() - 2.0).max(0.0));
        let round = (number / ten).round() * ten;
        if (number / round - 1.0).abs() < 5e-4 {
            return Some(format!("1:{round:.0}"));
        }
        let shown = if number < 10.0 { format!("{number:.2}") } else { format!("{number:.0}") };
        Some(language.pick(format!("约 1:{shown}"), format!("about 1:{shown}")))
    }
}

/// A scale bar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bar {
    /// Metres of a part: 1, 2 or 5 times a power of ten.
    pub step: f64,
    /// How many parts.
    pub parts: u32,
    /// Length of a part on the page, mm.
    pub mm: f64,
}

impl Bar {
    /// The longest of four parts that is not longer than `widest` mm; `None` where the scale is no number.
    pub fn of(scale: Scale, widest: f64) -> Option<Self> {
        let parts = 4;
        let most = widest / f64::from(parts) * scale.metres_per_mm;
        let step = round_below(most)?;
        Some(Self { step, parts, mm: step / scale.metres_per_mm })
    }

    /// What stands at the end of a number of parts, and the unit of all of them.
    pub fn label(&self, part: u32) -> String {
        let metres = self.step * f64::from(part);
        let whole = self.step * f64::from(self.parts);
        plain(if whole >= 1000.0 { metres / 1000.0 } else { metres })
    }

    /// The unit of its labels.
    pub fn unit(&self) -> &'static str {
        if self.step * f64::from(self.parts) >= 1000.0 { "km" } else { "m" }
    }
}

/// The greatest of 1, 2, 5 times a power of ten that is not greater than a number.
pub(super) fn round_below(most: f64) -> Option<f64> {
    if !(most.is_finite() && most > 1e-6) {
        return None;
    }
    let power = 10f64.powf(most.log10().floor());
    // A little less, because powers of ten are not exact.
    let part = most / power * (1.0 + 1e-9);
    Some(
        power
            * if part >= 5.0 {
                5.0
            } else if part >= 2.0 {
                2.0
            } else {
                1.0
            },
    )
}

/// A number without zeros at its end.
pub(super) fn plain(number: f64) -> String {
    let text = format!("{number:.6}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text.is_empty() || text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// What of the furniture stands in a line below: date, CRS, sources, program, notes.
pub(super) fn line_below(furniture: &Furniture, with_crs: bool) -> String {
    let language = furniture.language;
    let joint = language.pick("；", "; ");
    let colon = language.pick("：", ": ");
    let mut parts = Vec::new();
    let mut say = |label: &str, text: &str| {
        if !text.trim().is_empty() {
            parts.push(if label.is_empty() { text.to_owned() } else { format!("{label}{colon}{text}") });
        }
    };
    let sources: Vec<&str> = furniture.sources.iter().map(String::as_str).filter(|s| !s.trim().is_empty()).collect();
    say(language.pick("资料来源", "Sources"), &sources.join(language.pick("、", ", ")));
    if with_crs {
        say(language.pick("坐标系", "CRS"), &furniture.crs);
        say(language.pick("日期", "Date"), &furniture.date);
    }
    say(language.pick("制图软件", "Made with"), &furniture.made_with);
    for note in &furniture.notes {
        say("", note);
    }
    parts.join(joint)
}

/// What is said where there is no scale.
pub(super) fn no_scale(language: Language) -> &'static str {
    language.pick("透视图，无比例尺", "perspective view, no scale")
}

/// Draws a scale bar with its labels from an upper left corner; its width and height, mm.
pub(super) fn scale_bar(
    drawing: &mut Drawing,
    furniture: &Furniture,
    at: [f64; 2],
    widest: f64,
    em: f64,
    numeric: bool,
) -> [f64; 2] {
    let language = furniture.language;
    let ([x, mut y], begin) = (at, at[1]);
    let bar = furniture.scale.and_then(|scale| Some((scale, Bar::of(scale, widest - 5.0 * em)?)));
    let Some((scale, bar)) = bar else {
        let text = Text::new(no_scale(language), [x, y], em).colour(GREY).within(widest).fit(3, em * 0.7);
        let stands = drawing.text(&text);
        return [stands.width, stands.height];
    };
    let mut wide = bar.mm * f64::from(bar.parts);
    if numeric && let Some(text) = scale.text(language) {
        let words = format!("{} {text}", language.pick("比例尺", "Scale"));
        let stands = drawing.text(&Text::new(&words, [x, y], em).within(widest).fit(1, em * 0.6));
        wide = wide.max(stands.width);
        y += stands.height + em * 0.2;
    }
    // The first label stands over the beginning of the bar.
    let left = x + em * 0.4;
    let label = em * 0.85;
    let top = y + label * 1.4 + em * 0.1;
    let height = em * 0.5;
    for part in 0..bar.parts {
        let area = Area::new(left + bar.mm * f64::from(part), top, bar.mm, height);
        drawing.fill(area, if part % 2 == 0 { INK } else { WHITE });
    }
    let whole = Area::new(left, top, bar.mm * f64::from(bar.parts), height);
    drawing.rect(whole, None, Some(Stroke { colour: INK, width: em * 0.06 }));
    for part in [0, 2, 4] {
        let at = [left + bar.mm * f64::from(part), y];
        drawing.text(&Text::new(&bar.label(part), at, label).side(Side::Centre));
    }
    let last = drawing.measure(&Text::new(&bar.label(bar.parts), [0.0; 2], label)).width;
    let at = [whole.right() + last / 2.0 + label * 0.35, y];
    let unit = drawing.text(&Text::new(bar.unit(), at, label));
    [(at[0] + unit.width - x).max(wide), top + height - begin]
}

/// Draws an arrow to the north in a square.
pub(super) fn north_arrow(drawing: &mut Drawing, north: f64, area: Area, em: f64) {
    let middle = [area.x + area.width / 2.0, area.y + area.height / 2.0];
    let radius = area.width.min(area.height) / 2.0;
    let (sin, cos) = if north.is_finite() { north.to_radians().sin_cos() } else { (0.0, 1.0) };
    // From (right, up) of an arrow that points up.
    let turned = |[x, y]: [f64; 2]| [middle[0] + x * cos + y * sin, middle[1] + x * sin - y * cos];
    let tip = radius - em * 1.25;
    let (wing, foot, notch) = (tip * 0.5, -tip * 0.95, -tip * 0.55);
    let edge = Some(Stroke { colour: INK, width: em * 0.06 });
    drawing.polygon(&[[0.0, tip], [-wing, foot], [0.0, notch]].map(turned), Some(INK), edge);
    drawing.polygon(&[[0.0, tip], [wing, foot], [0.0, notch]].map(turned), Some(WHITE), edge);
    let [x, y] = turned([0.0, tip + em * 0.55]);
    drawing.text(&Text::new("N", [x, y - em * 0.72], em).bold().side(Side::Centre));
}

/// A plate that lets a picture through a little.
const PLATE: Colour = [255, 255, 255, 222];
/// Its edge.
const EDGE: Stroke = Stroke { colour: [120, 126, 136, 160], width: 0.12 };

/// Puts a plate under what is drawn after `first` of the operations.
fn plate(drawing: &mut Drawing, first: usize, area: Area) {
    let mut ground = Drawing::new(drawing.width, drawing.height, &drawing.letters);
    ground.rect(area, Some(PLATE), Some(EDGE));
    drawing.ops.splice(first..first, ground.ops);
}

/// A scale of pixels at which letters over a picture are read well: the picture counts as 300 mm long, and twice as
/// large letters are had by half of it.
pub fn pixels_per_mm(size: [u32; 2]) -> f64 {
    (f64::from(size[0].max(size[1])) / 300.0).max(0.1)
}

/// Furniture over the corners of a picture of a size in pixels, to be painted onto it at `pixels_per_mm`: title upper
/// left, north upper right, legend lower right, scale lower left, sources along the lower side. [`Scale`] is metres
/// in a millimetre of this page: metres of a pixel times `pixels_per_mm`.
pub fn over_picture(letters: &Arc<Letters>, furniture: &Furniture, size: [u32; 2], pixels_per_mm: f64) -> Drawing {
    laid_over(letters, furniture, size, pixels_per_mm).0
}

/// How many columns of pixels the legend takes at the right side of a picture, so that the map can end before it; 0
/// where there is none, and where it would leave less than half of the picture to the map.
pub fn columns_of_legend(letters: &Arc<Letters>, furniture: &Furniture, size: [u32; 2], pixels_per_mm: f64) -> u32 {
    let (page, legend) = laid_over(letters, furniture, size, pixels_per_mm);
    let Some(legend) = legend else { return 0 };
    // As much room on its left as on its right.
    let begin = legend.x - (page.width - legend.right());
    let columns = f64::from(size[0]) * (1.0 - begin / page.width);
    if columns > f64::from(size[0]) / 2.0 { 0 } else { columns.ceil() as u32 }
}

/// The furniture over a picture, and where its legend stands.
fn laid_over(
    letters: &Arc<Letters>,
    furniture: &Furniture,
    size: [u32; 2],
    pixels_per_mm: f64,
) -> (Drawing, Option<Area>) {
    let sound = pixels_per_mm.is_finite() && pixels_per_mm > 0.0;
    let pixels_per_mm = if sound { pixels_per_mm } else { self::pixels_per_mm(size) };
    let [width, height] = size.map(|pixels| f64::from(pixels.max(1)) / pixels_per_mm);
    let mut drawing = Drawing::new(width, height, letters);
    // Narrow pictures get smaller letters, so that the map is still seen, but letters of less than 11 pixels are read
    // by nobody.
    let em = 3.4 * (width / 200.0).min(height / 120.0).min(1.0);
    let em = em.max(11.0 / pixels_per_mm).min(width.min(height) / 20.0);
    let (edge, pad) = (em * 1.2, em * 0.8);

    // Reading order: title first, what lies below last.
    let mut top = edge;
    if !furniture.title.trim().is_empty() || !furniture.subtitle.trim().is_empty() {
        let first = drawing.ops.len();
        let room = width * 0.6 - 2.0 * pad;
        let mut wide: f64 = 0.0;
        let mut y = edge + pad;
        if !furniture.title.trim().is_empty() {
            let title = Text::new(&furniture.title, [edge + pad, y], em * 1.9).bold().within(room);
            let stands = drawing.text(&title.fit(3, em * 1.1));
            (wide, y) = (stands.width, y + stands.height);
        }
        if !furniture.subtitle.trim().is_empty() {
            let subtitle = Text::new(&furniture.subtitle, [edge + pad, y], em * 1.1).colour(GREY).within(room);
            let stands = drawing.text(&subtitle.fit(3, em * 0.9));
            (wide, y) = (wide.max(stands.width), y + stands.height);
        }
        plate(&mut drawing, first, Area::new(edge, edge, wide + 2.0 * pad, y + pad - edge));
    }
    if let Some(north) = furniture.north {
        let side = em * 6.0;
        let area = Area::new(width - edge - side, edge, side, side);
        let first = drawing.ops.len();
        north_arrow(&mut drawing, north, area, em * 1.1);
        plate(&mut drawing, first, area);
        top = area.bottom() + edge;
    }
    let below = line_below(furniture, true);
    let strip = Text::new(&below, [0.0; 2], em * 0.9).colour(INK).within(width - 2.0 * edge - 2.0 * pad);
    let strip = strip.fit(4, em * 0.6);
    let strip_height = if below.is_empty() { 0.0 } else { drawing.measure(&strip).height + pad };
    let bottom = height - edge - strip_height - if below.is_empty() { 0.0 } else { edge * 0.6 };

    let mut place = None;
    if furniture.legend.iter().any(|group| !group.is_empty()) {
        let most = Area::new(width * 0.62, top, width * 0.38 - edge, (bottom - top).max(em * 4.0));
        let laid = legend::lay(&drawing, &furniture.legend, furniture.language, &most.inset(pad), em, em * 0.62);
        let [wide, high] = laid.size();
        let (wide, high) = (wide + 2.0 * pad, high + 2.0 * pad);
        let area = Area::new(width - edge - wide, bottom - high, wide, high);
        let first = drawing.ops.len();
        laid.draw(&mut drawing, [area.x + pad, area.y + pad]);
        plate(&mut drawing, first, area);
        place = Some(area);
    }
    {
        let first = drawing.ops.len();
        let widest = (width * 0.3).min(em * 24.0);
        let [wide, high] = scale_bar(&mut drawing, furniture, [0.0; 2], widest, em, false);
        let area = Area::new(edge, bottom - high - 2.0 * pad, wide + 2.0 * pad, high + 2.0 * pad);
        drawing.ops.truncate(first);
        scale_bar(&mut drawing, furniture, [edge + pad, area.y + pad], widest, em, false);
        plate(&mut drawing, first, area);
    }
    if !below.is_empty() {
        let first = drawing.ops.len();
        let area = Area::new(edge, height - edge - strip_height, width - 2.0 * edge, strip_height);
        drawing.text(&Text { at: [edge + pad, area.y + pad / 2.0], ..strip });
        plate(&mut drawing, first, area);
    }
    (drawing, place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_has_round_steps_and_its_length_is_the_sum() {
        // 1:2000: 2 m in a mm. 80 mm hold four parts of 40 m at most: 20 m, of 10 mm.
        let bar = Bar::of(Scale { metres_per_mm: 2.0 }, 80.0).unwrap();
        assert_eq!((bar.step, bar.mm, bar.parts), (20.0, 10.0, 4));
        assert_eq!([bar.label(0), bar.label(2), bar.label(4)], ["0", "40", "80"]);
        assert_eq!(bar.unit(), "m");
        // 1:25,000: 25 m in a mm; 90 mm hold four of 562 m: 500 m, of 20 mm; 2 km together.
        let bar = Bar::of(Scale { metres_per_mm: 25.0 }, 90.0).unwrap();
        assert_eq!((bar.step, bar.mm, bar.unit()), (500.0, 20.0, "km"));
        assert_eq!([bar.label(1), bar.label(2), bar.label(4)], ["0.5", "1", "2"]);
        for odd in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(Bar::of(Scale { metres_per_mm: odd }, 80.0), None);
        }
        for (most, step) in [(1.0, 1.0), (1.999, 1.0), (2.0, 2.0), (4.99, 2.0), (5.0, 5.0), (1000.0, 1000.0)] {
            assert_eq!(round_below(most), Some(step));
        }
    }

    #[test]
    fn a_scale_is_written_as_a_number_and_an_odd_one_says_that_it_is_odd() {
        let text = |metres_per_mm| Scale { metres_per_mm }.text(Language::English);
        assert_eq!(text(2.0).as_deref(), Some("1:2000"));
        assert_eq!(text(25.0001).as_deref(), Some("1:25000"));
        assert_eq!(text(2.3472).as_deref(), Some("about 1:2347"));
        assert_eq!(text(f64::NAN), None);
    }

    #[test]
    fn the_bar_on_a_picture_is_as_long_as_it_says() {
        let letters = Arc::new(Letters::of(fontdb::Database::new()));
        let furniture = Furniture { scale: Some(Scale { metres_per_mm: 5.0 }), ..Furniture::default() };
        let page = over_picture(&letters, &furniture, [3000, 2000], 10.0);
        // 300 mm × 200 mm. What is inked first of the bar is a part: 100 m are 20 mm.
        let bar = Bar::of(Scale { metres_per_mm: 5.0 }, (300.0f64 * 0.3).min(3.4 * 24.0) - 5.0 * 3.4).unwrap();
        assert_eq!((bar.step, bar.mm), (50.0, 10.0));
        let widths: Vec<f64> = page
            .ops
            .iter()
            .filter_map(|op| match op {
                super::super::drawing::Op::Shape { points, fill: Some(fill), .. } if *fill == INK => {
                    Some(points[1][0] - points[0][0])
                }
                _ => None,
            })
            .collect();
        assert_eq!(widths.len(), 2);
        assert!(widths.iter().all(|width| (width - 10.0).abs() < 1e-9), "{widths:?}");
    }

    #[test]
    fn a_picture_of_any_size_gets_its_furniture() {
        let letters = Arc::new(Letters::of(fontdb::Database::new()));
        let entry =
            |k: u32| legend::LegendEntry {
                label: format!("类 {k}"), colour: [k as u8; 4], shape: legend::Shape::Line
            };
        let furniture = Furniture {
            title: "标题".repeat(40),
            legend: vec![LegendGroup {
                title: "t".to_owned(),
                entries: (0..60).map(entry).collect(),
                note: String::new(),
            }],
            scale: Some(Scale { metres_per_mm: 3.0 }),
            north: Some(f64::NAN),
            notes: vec!["注".repeat(300)],
            ..Furniture::default()
        };
        for size in [[1, 1], [1, 20_000], [20_000, 1], [64, 64], [16_384, 16_384], [0, 0]] {
            for scale in [pixels_per_mm(size), 0.0, f64::NAN] {
                let page = over_picture(&letters, &furniture, size, scale);
                assert!(
                    page.width > 0.0
                        && page.ops.iter().all(|op| match op {
                            super::super::drawing::Op::Shape { points, .. } =>
                                points.iter().flatten().all(|v| v.is_finite()),
                            super::super::drawing::Op::Text { at, size, .. } =>
                                at.iter().all(|v| v.is_finite()) && *size > 0.0,
                            super::super::drawing::Op::Picture { .. } => false,
                        })
                );
            }
        }
    }

    #[test]
    fn north_points_where_it_is() {
        let letters = Arc::new(Letters::of(fontdb::Database::new()));
        let mut page = Drawing::new(20.0, 20.0, &letters);
        // 90° clockwise from up: to the right.
        north_arrow(&mut page, 90.0, Area::new(0.0, 0.0, 20.0, 20.0), 2.0);
        let super::super::drawing::Op::Shape { points, .. } = &page.ops[0] else { panic!() };
        assert!((points[0][0] - 17.5).abs() < 1e-9 && (points[0][1] - 10.0).abs() < 1e-9, "{points:?}");
    }
}
