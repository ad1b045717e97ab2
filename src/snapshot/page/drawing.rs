//! A page: millimetres, and what is drawn on it one after the other.

use std::sync::Arc;

use super::letters::{Heft, Letter, Letters};
use super::lines::{Line, cut, lines};

/// Red, green, blue, opacity.
pub type Colour = [u8; 4];

/// Black.
pub const INK: Colour = [20, 22, 26, 255];
/// Grey of what is said beside.
pub const GREY: Colour = [96, 102, 112, 255];
/// White.
pub const WHITE: Colour = [255, 255, 255, 255];

/// A line of text is so many sizes high.
pub const LEADING: f64 = 1.4;
/// The baseline lies so many sizes below the top of the line.
const BASELINE: f64 = 1.08;

/// A rectangle on a page, millimetres from its upper left corner.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Area {
    /// Left side.
    pub x: f64,
    /// Upper side.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

impl Area {
    /// By its upper left corner and size.
    pub fn new(x: f64, y: f64, width: f64, height: f64) -> Self {
        Self { x, y, width, height }
    }

    /// Right side.
    pub fn right(&self) -> f64 {
        self.x + self.width
    }

    /// Lower side.
    pub fn bottom(&self) -> f64 {
        self.y + self.height
    }

    /// Smaller by so much on each side; never less than nothing.
    pub fn inset(&self, by: f64) -> Self {
        let (width, height) = ((self.width - 2.0 * by).max(0.0), (self.height - 2.0 * by).max(0.0));
        Self::new(self.x + by, self.y + by, width, height)
    }

    /// The largest rectangle of a shape (width ÷ height) in the middle of it.
    pub fn holding(&self, shape: f64) -> Self {
        if !(shape.is_finite() && shape > 0.0) || self.height <= 0.0 {
            return *self;
        }
        let (width, height) = match self.width / self.height > shape {
            true => (self.height * shape, self.height),
            false => (self.width, self.width / shape),
        };
        Self::new(self.x + (self.width - width) / 2.0, self.y + (self.height - height) / 2.0, width, height)
    }
}

/// A picture.
#[derive(Clone)]
pub struct Picture {
    /// Its size in pixels.
    pub size: [u32; 2],
    /// What is in it.
    pub data: Pixels,
}

/// What is in a picture.
#[derive(Clone)]
pub enum Pixels {
    /// Rows from above, four bytes a pixel, not multiplied by opacity.
    Rgba(Arc<[u8]>),
    /// A JPEG file as a camera made it: goes into PDF and HTML as it is, and is a grey box in other pictures.
    Jpeg(Arc<[u8]>),
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Picture({} × {})", self.size[0], self.size[1])
    }
}

impl Picture {
    /// Of pixels; `None` where there are not as many as the size says, or none.
    pub fn rgba(size: [u32; 2], pixels: impl Into<Arc<[u8]>>) -> Option<Self> {
        let pixels = pixels.into();
        let bytes = size[0] as usize * size[1] as usize * 4;
        (bytes > 0 && pixels.len() == bytes).then_some(Self { size, data: Pixels::Rgba(pixels) })
    }

    /// Of a JPEG file; `None` where it is none, or of another kind than grey or colour with eight bits.
    pub fn jpeg(bytes: impl Into<Arc<[u8]>>) -> Option<Self> {
        let bytes = bytes.into();
        let (size, _) = jpeg_head(&bytes)?;
        Some(Self { size, data: Pixels::Jpeg(bytes) })
    }

    /// Width ÷ height.
    pub fn shape(&self) -> f64 {
        f64::from(self.size[0]) / f64::from(self.size[1])
    }
}

/// Size and number of colours of a JPEG file: its frame header (ITU-T T.81, B.2.2).
pub(super) fn jpeg_head(bytes: &[u8]) -> Option<([u32; 2], u8)> {
    let mut at = 2;
    if bytes.get(..2)? != [0xFF, 0xD8] {
        return None;
    }
    loop {
        let (mark, kind) = (*bytes.get(at)?, *bytes.get(at + 1)?);
        if mark != 0xFF {
            return None;
        }
        if kind == 0xFF {
            at += 1;
            continue;
        }
        let length = usize::from(u16::from_be_bytes([*bytes.get(at + 2)?, *bytes.get(at + 3)?]));
        // Baseline, extended and progressive frames; other kinds PDF does not know.
        if matches!(kind, 0xC0..=0xC2) {
            let frame = bytes.get(at + 4..at + 10)?;
            let size = [u16::from_be_bytes([frame[3], frame[4]]), u16::from_be_bytes([frame[1], frame[2]])];
            let fits = frame[0] == 8 && size[0] > 0 && size[1] > 0 && matches!(frame[5], 1 | 3);
            return fits.then(|| (size.map(u32::from), frame[5]));
        }
        at += 2 + length;
    }
}

/// A line drawn along a shape.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stroke {
    /// Its colour.
    pub colour: Colour,
    /// Its width, mm.
    pub width: f64,
}

/// Something drawn.
#[derive(Clone, Debug)]
pub enum Op {
    /// A polyline or a polygon.
    Shape {
        /// Its corners, mm.
        points: Vec<[f64; 2]>,
        /// Whether the last corner is joined to the first.
        closed: bool,
        /// What fills it.
        fill: Option<Colour>,
        /// What goes along it.
        stroke: Option<Stroke>,
    },
    /// A line of text.
    Text {
        /// Where its baseline begins, mm.
        at: [f64; 2],
        /// The size of its letters, mm.
        size: f64,
        /// Its colour.
        colour: Colour,
        /// Turned about its beginning, degrees anticlockwise.
        turn: f64,
        /// Its letters.
        letters: Vec<Letter>,
    },
    /// A picture.
    Picture {
        /// What.
        picture: Picture,
        /// Where.
        area: Area,
    },
}

/// Where lines of a text stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Side {
    /// They begin at the place.
    #[default]
    Left,
    /// Their middle is at the place.
    Centre,
    /// They end at the place.
    Right,
}

/// A text that is to be drawn.
#[derive(Clone, Debug)]
pub struct Text<'a> {
    /// What it says.
    pub text: &'a str,
    /// Where: x as the side says, y the top of its first line, mm.
    pub at: [f64; 2],
    /// Size of the letters, mm.
    pub size: f64,
    /// How heavy.
    pub heft: Heft,
    /// Which side the place is on.
    pub side: Side,
    /// Colour.
    pub colour: Colour,
    /// No line is wider, mm.
    pub width: f64,
    /// Not more lines than this: the letters become smaller first, then the text is cut with an ellipsis.
    pub lines: usize,
    /// Letters become no smaller than this, mm.
    pub least: f64,
    /// Turned about the place, degrees anticlockwise.
    pub turn: f64,
}

impl<'a> Text<'a> {
    /// At a place, with letters of a size; any width, any number of lines.
    pub fn new(text: &'a str, at: [f64; 2], size: f64) -> Self {
        Self {
            text,
            at,
            size,
            heft: Heft::Regular,
            side: Side::Left,
            colour: INK,
            width: f64::INFINITY,
            lines: usize::MAX,
            least: size,
            turn: 0.0,
        }
    }

    /// At another place.
    pub fn at(self, at: [f64; 2]) -> Self {
        Self { at, ..self }
    }

    /// As headings are.
    pub fn bold(self) -> Self {
        Self { heft: Heft::Bold, ..self }
    }

    /// On a side of its place.
    pub fn side(self, side: Side) -> Self {
        Self { side, ..self }
    }

    /// In a colour.
    pub fn colour(self, colour: Colour) -> Self {
        Self { colour, ..self }
    }

    /// Broken into lines of a width.
    pub fn within(self, width: f64) -> Self {
        Self { width: width.max(0.0), ..self }
    }

    /// In so many lines at most, with letters not smaller than `least`.
    pub fn fit(self, lines: usize, least: f64) -> Self {
        Self { lines: lines.max(1), least: least.min(self.size), ..self }
    }

    /// Turned about its place, degrees anticlockwise.
    pub fn turned(self, turn: f64) -> Self {
        Self { turn, ..self }
    }
}

/// How a text stands.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Stands {
    /// Width of its widest line, mm.
    pub width: f64,
    /// Height of all lines, mm.
    pub height: f64,
    /// The size that its letters got, mm.
    pub size: f64,
    /// How many lines.
    pub lines: usize,
    /// Whether a part of it had to go.
    pub cut: bool,
}

/// A page.
#[derive(Clone, Debug)]
pub struct Drawing {
    /// Its width, mm.
    pub width: f64,
    /// Its height, mm.
    pub height: f64,
    /// What is drawn, in order.
    pub ops: Vec<Op>,
    /// The letters that it is written with.
    pub letters: Arc<Letters>,
}

impl Drawing {
    /// An empty page.
    pub fn new(width: f64, height: f64, letters: &Arc<Letters>) -> Self {
        Self { width, height, ops: Vec::new(), letters: letters.clone() }
    }

    /// All of it.
    pub fn area(&self) -> Area {
        Area::new(0.0, 0.0, self.width, self.height)
    }

    /// A rectangle.
    pub fn rect(&mut self, area: Area, fill: Option<Colour>, stroke: Option<Stroke>) {
        let (left, top, right, bottom) = (area.x, area.y, area.right(), area.bottom());
        let points = vec![[left, top], [right, top], [right, bottom], [left, bottom]];
        self.ops.push(Op::Shape { points, closed: true, fill, stroke });
    }

    /// A filled rectangle.
    pub fn fill(&mut self, area: Area, colour: Colour) {
        self.rect(area, Some(colour), None);
    }

    /// A line from place to place.
    pub fn line(&mut self, points: &[[f64; 2]], colour: Colour, width: f64) {
        let stroke = Some(Stroke { colour, width });
        self.ops.push(Op::Shape { points: points.to_vec(), closed: false, fill: None, stroke });
    }

    /// A polygon.
    pub fn polygon(&mut self, points: &[[f64; 2]], fill: Option<Colour>, stroke: Option<Stroke>) {
        self.ops.push(Op::Shape { points: points.to_vec(), closed: true, fill, stroke });
    }

    /// A disc.
    pub fn disc(&mut self, middle: [f64; 2], radius: f64, fill: Option<Colour>, stroke: Option<Stroke>) {
        let corner = |k: i32| {
            let (sin, cos) = (f64::from(k) * std::f64::consts::TAU / 48.0).sin_cos();
            [middle[0] + radius * cos, middle[1] + radius * sin]
        };
        let points: Vec<[f64; 2]> = (0..48).map(corner).collect();
        self.polygon(&points, fill, stroke);
    }

    /// A picture that fills an area.
    pub fn picture(&mut self, picture: &Picture, area: Area) {
        self.ops.push(Op::Picture { picture: picture.clone(), area });
    }

    /// How a text would stand.
    pub fn measure(&self, text: &Text<'_>) -> Stands {
        self.set(text).0
    }

    /// Draws a text.
    pub fn text(&mut self, text: &Text<'_>) -> Stands {
        let (stands, set) = self.set(text);
        for (number, line) in set.into_iter().enumerate() {
            self.put(line, text, stands.size, number);
        }
        stands
    }

    /// Draws a line of a text as so many lines below its first, with letters of a size.
    pub(super) fn put(&mut self, line: Line, text: &Text<'_>, size: f64, number: usize) {
        if line.letters.is_empty() {
            return;
        }
        let (sin, cos) = text.turn.to_radians().sin_cos();
        let back = match text.side {
            Side::Left => 0.0,
            Side::Centre => line.width * size / 2.0,
            Side::Right => line.width * size,
        };
        let (x, y) = (-back, size * (LEADING * number as f64 + BASELINE));
        let at = [text.at[0] + x * cos + y * sin, text.at[1] - x * sin + y * cos];
        self.ops.push(Op::Text { at, size, colour: text.colour, turn: text.turn, letters: line.letters });
    }

    /// The lines of a text, and how they stand.
    pub(super) fn set(&self, text: &Text<'_>) -> (Stands, Vec<Line>) {
        let mut size = text.size;
        let broken = |size: f64| lines(&self.letters, text.text, text.heft, text.width / size);
        let mut set = broken(size);
        while set.len() > text.lines && size > text.least {
            size = (size * 0.95).max(text.least);
            set = broken(size);
        }
        let is_cut = set.len() > text.lines;
        if is_cut {
            set.truncate(text.lines);
            if let Some(last) = set.last_mut() {
                *last = cut(&self.letters, last, text.heft, text.width / size);
            }
        }
        let width = set.iter().map(|line| line.width).fold(0.0, f64::max) * size;
        let height = size * LEADING * set.len() as f64;
        (Stands { width, height, size, lines: set.len(), cut: is_cut }, set)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> Drawing {
        // Without fonts a wide letter is 1 wide and any other 0.6.
        Drawing::new(100.0, 100.0, &Arc::new(Letters::of(fontdb::Database::new())))
    }

    #[test]
    fn a_text_becomes_smaller_before_it_is_cut() {
        let page = page();
        let text = Text::new("天津市滨海新区土地利用规划图", [0.0, 0.0], 5.0).within(50.0);
        // Fourteen letters of 5 mm: ten in a line of 50 mm.
        assert_eq!(page.measure(&text).lines, 2);
        let small = page.measure(&text.clone().fit(1, 3.0));
        assert!(small.lines == 1 && !small.cut && small.width <= 50.0 && small.size <= 50.0 / 14.0);
        let cut = page.measure(&text.fit(1, 4.0));
        assert!(cut.cut && cut.lines == 1 && cut.size == 4.0 && cut.width <= 50.0);
    }

    #[test]
    fn a_side_says_where_a_line_stands() {
        let mut page = page();
        for side in [Side::Left, Side::Centre, Side::Right] {
            page.text(&Text::new("规划", [50.0, 10.0], 5.0).side(side));
        }
        let begins: Vec<f64> =
            page.ops.iter().filter_map(|op| if let Op::Text { at, .. } = op { Some(at[0]) } else { None }).collect();
        // Two letters of 5 mm.
        assert_eq!(begins, [50.0, 45.0, 40.0]);
    }

    #[test]
    fn the_head_of_a_jpeg_says_its_size() {
        // SOI, an APP0 of 4 bytes, SOF0: length 17, 8 bits, 720 rows, 1280 columns, 3 colours.
        let mut bytes = vec![0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 1, 2, 0xFF, 0xC0, 0, 17, 8, 2, 208, 5, 0, 3];
        assert_eq!(jpeg_head(&bytes), Some(([1280, 720], 3)));
        assert!(Picture::jpeg(bytes.clone()).is_some());
        bytes.truncate(12);
        assert!(Picture::jpeg(bytes).is_none() && Picture::rgba([2, 2], vec![0; 15]).is_none());
    }
}
