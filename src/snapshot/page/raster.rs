//! A page painted on pixels, or on a part of a picture that is never whole in memory.

use std::ops::Range;

use super::cover::Contours;
use super::drawing::{Area, Colour, Drawing, Op, Picture, Pixels, Stroke};
use super::letters::{self, Letters};

/// What is painted of a picture: rows and columns of the whole, from the upper left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Its rows.
    pub rows: Range<u32>,
    /// Its columns.
    pub columns: Range<u32>,
}

impl Window {
    /// All of a picture of a size.
    pub fn whole(size: [u32; 2]) -> Self {
        Self { rows: 0..size[1], columns: 0..size[0] }
    }

    /// Bytes of its pixels, four for each.
    pub fn bytes(&self) -> usize {
        self.rows.len() * self.columns.len() * 4
    }
}

/// Paints a page over the pixels of a window: RGBA, four bytes each, rows from above, not multiplied by opacity.
/// What is there shows through where the page is empty. The same pixels come out whatever the window: pieces fit.
/// A buffer of another size than the window is painted as far as it goes.
pub fn paint(drawing: &Drawing, pixels_per_mm: f64, window: &Window, buffer: &mut [u8]) {
    for op in &drawing.ops {
        let mut canvas = Canvas { window, buffer, scale: pixels_per_mm };
        canvas.op(op, &drawing.letters);
    }
}

struct Canvas<'a> {
    window: &'a Window,
    buffer: &'a mut [u8],
    scale: f64,
}

impl Canvas<'_> {
    fn op(&mut self, op: &Op, letters: &Letters) {
        match op {
            Op::Shape { points, closed, fill, stroke } => {
                let points = self.pixels(points);
                if let Some(colour) = fill {
                    let mut contours = Contours::default();
                    contours.push_filled(&points);
                    self.fill(&contours, *colour);
                }
                if let Some(Stroke { colour, width }) = stroke {
                    self.fill(&along(&points, *closed, width * self.scale), *colour);
                }
            }
            Op::Text { at, size, colour, turn, letters: set } => {
                let ((sin, cos), scale) = (turn.to_radians().sin_cos(), self.scale);
                let to_page = |[x, y]: [f64; 2]| {
                    let (x, y) = (x * size * scale, y * size * scale);
                    [at[0] * scale + x * cos - y * sin, at[1] * scale - x * sin - y * cos]
                };
                let mut pen = 0.0;
                for letter in set {
                    if self.may_show(&to_page, pen) {
                        let contours = match letter.face {
                            Some(face) => {
                                let outline = letters.outline(face, letter.glyph);
                                outlined(&outline, size * scale, |[x, y]| to_page([x + pen, y]))
                            }
                            None => boxed(pen, letter.advance, &to_page),
                        };
                        self.fill(&contours, *colour);
                    }
                    pen += letter.advance;
                }
            }
            Op::Picture { picture, area } => self.picture(picture, area),
        }
    }

    fn pixels(&self, points: &[[f64; 2]]) -> Vec<[f64; 2]> {
        points.iter().map(|point| point.map(|mm| mm * self.scale)).collect()
    }

    /// Whether a letter that begins so far along its line may touch the window: outlines are not asked for otherwise.
    fn may_show(&self, to_page: &impl Fn([f64; 2]) -> [f64; 2], pen: f64) -> bool {
        let corners = [[pen - 1.0, -1.0], [pen + 3.0, -1.0], [pen - 1.0, 2.0], [pen + 3.0, 2.0]].map(to_page);
        let spans = |axis: usize, range: &Range<u32>| {
            let (low, high) = corners.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), corner| {
                (low.min(corner[axis]), high.max(corner[axis]))
            });
            low < f64::from(range.end) && high > f64::from(range.start)
        };
        spans(0, &self.window.columns) && spans(1, &self.window.rows)
    }

    fn fill(&mut self, contours: &Contours, colour: Colour) {
        let (rows, columns) = (&self.window.rows, &self.window.columns);
        let (width, buffer) = (columns.len(), &mut *self.buffer);
        contours.cover(rows, columns, |row, column, covered| {
            let begin = ((row - rows.start) as usize * width + (column - columns.start) as usize) * 4;
            let Some(line) = buffer.get_mut(begin..) else { return };
            for (pixel, covered) in line.chunks_exact_mut(4).zip(covered) {
                blend(pixel, colour, *covered);
            }
        });
    }

    fn picture(&mut self, picture: &Picture, area: &Area) {
        let Pixels::Rgba(pixels) = &picture.data else {
            let corners =
                [[area.x, area.y], [area.right(), area.y], [area.right(), area.bottom()], [area.x, area.bottom()]];
            let mut contours = Contours::default();
            contours.push_filled(&self.pixels(&corners));
            return self.fill(&contours, [200, 204, 210, 255]);
        };
        let at = [area.x, area.y].map(|mm| mm * self.scale);
        let size = [area.width, area.height].map(|mm| mm * self.scale);
        if size.iter().any(|length| length.is_nan() || *length <= 0.0) {
            return;
        }
        let sampler =
            Sampler { pixels, size: picture.size, at, step: [0, 1].map(|k| f64::from(picture.size[k]) / size[k]) };
        let clip = |k: usize, range: &Range<u32>| {
            let first = (at[k] - 0.5).ceil().max(f64::from(range.start)) as u32;
            let end = (at[k] + size[k] - 0.5).ceil().clamp(0.0, f64::from(range.end)) as u32;
            first..end
        };
        let (columns, width) = (clip(0, &self.window.columns), self.window.columns.len());
        for row in clip(1, &self.window.rows) {
            for column in columns.clone() {
                let (r, c) = (row - self.window.rows.start, column - self.window.columns.start);
                let begin = (r as usize * width + c as usize) * 4;
                let Some(pixel) = self.buffer.get_mut(begin..begin + 4) else { return };
                blend(pixel, sampler.at(column, row), 255);
            }
        }
    }
}

/// A picture looked at through pixels of another size.
struct Sampler<'a> {
    pixels: &'a [u8],
    size: [u32; 2],
    at: [f64; 2],
    /// So many of its pixels in one of the page.
    step: [f64; 2],
}

impl Sampler<'_> {
    /// The mean of what lies in a pixel of the page; between four pixels where it is shown larger.
    fn at(&self, column: u32, row: u32) -> Colour {
        let weights = |page: u32, k: usize| {
            let step = self.step[k];
            let middle = (f64::from(page) + 0.5 - self.at[k]) * step;
            // A pixel of the page, or of the picture where that is larger.
            let (low, high) = (middle - step.max(1.0) / 2.0, middle + step.max(1.0) / 2.0);
            let first = low.floor().max(0.0) as u32;
            let end = (high.ceil().max(1.0) as u32).min(self.size[k]);
            let first = first.min(end - 1);
            (first..end).map(move |at| {
                let inside = (f64::from(at) + 1.0).min(high) - f64::from(at).max(low);
                (at, inside.max(0.0))
            })
        };
        let mut sum = [0.0; 4];
        let mut total = 0.0;
        for (y, down) in weights(row, 1) {
            for (x, across) in weights(column, 0) {
                let begin = (y as usize * self.size[0] as usize + x as usize) * 4;
                let Some(pixel) = self.pixels.get(begin..begin + 4) else { continue };
                let (weight, opacity) = (down * across, f64::from(pixel[3]));
                for k in 0..3 {
                    sum[k] += weight * opacity * f64::from(pixel[k]);
                }
                sum[3] += weight * opacity;
                total += weight;
            }
        }
        if sum[3] <= 0.0 || total <= 0.0 {
            return [0; 4];
        }
        let part = |k: usize| (sum[k] / sum[3]).round() as u8;
        [part(0), part(1), part(2), (sum[3] / total).round() as u8]
    }
}

/// Paints a colour over a pixel, as much as is covered of it.
fn blend(pixel: &mut [u8], colour: Colour, covered: u8) {
    let over = u32::from(colour[3]) * u32::from(covered);
    let over = (over + 127) / 255;
    match (over, pixel[3]) {
        (0, _) => {}
        (255, _) => pixel.copy_from_slice(&[colour[0], colour[1], colour[2], 255]),
        (_, 255) => {
            for k in 0..3 {
                let mixed = u32::from(colour[k]) * over + u32::from(pixel[k]) * (255 - over);
                pixel[k] = ((mixed + 127) / 255) as u8;
            }
        }
        (_, under) => {
            // Porter and Duff's "over" for colours that are not multiplied by their opacity.
            let left = u32::from(under) * (255 - over);
            let all = over * 255 + left;
            for k in 0..3 {
                let mixed = u32::from(colour[k]) * over * 255 + u32::from(pixel[k]) * left;
                pixel[k] = ((mixed + all / 2) / all) as u8;
            }
            pixel[3] = ((all + 127) / 255) as u8;
        }
    }
}

/// What a line of a width covers; in pixels.
fn along(points: &[[f64; 2]], closed: bool, width: f64) -> Contours {
    let mut contours = Contours::default();
    let half = width / 2.0;
    if let (true, [a, b, c, d]) = (closed, points)
        && a[1] == b[1]
        && b[0] == c[0]
        && c[1] == d[1]
        && d[0] == a[0]
    {
        // The corners of a frame are sharp.
        let (left, right, top, bottom) = (a[0].min(c[0]), a[0].max(c[0]), a[1].min(c[1]), a[1].max(c[1]));
        let frame = |by: f64| {
            let (left, right) = (left - by, right + by);
            [[left, top - by], [right, top - by], [right, bottom + by], [left, bottom + by]]
        };
        contours.push_filled(&frame(half));
        if right - left > width && bottom - top > width {
            let mut hole = frame(-half);
            hole.reverse();
            contours.push(&hole);
        }
        return contours;
    }
    let last = if closed { points.first() } else { None };
    let ends: Vec<[f64; 2]> = points.iter().chain(last).copied().collect();
    for pair in ends.windows(2) {
        let (dx, dy) = (pair[1][0] - pair[0][0], pair[1][1] - pair[0][1]);
        let length = dx.hypot(dy);
        if length > 0.0 {
            let (nx, ny) = (-dy / length * half, dx / length * half);
            let [a, b] = [pair[0], pair[1]];
            contours.push_filled(&[
                [a[0] + nx, a[1] + ny],
                [b[0] + nx, b[1] + ny],
                [b[0] - nx, b[1] - ny],
                [a[0] - nx, a[1] - ny],
            ]);
        }
    }
    let joints = if closed { points } else { points.get(1..points.len().saturating_sub(1)).unwrap_or_default() };
    for joint in joints {
        let corner = |k: i32| {
            let (sin, cos) = (f64::from(k) * std::f64::consts::TAU / 16.0).sin_cos();
            [joint[0] + half * cos, joint[1] + half * sin]
        };
        contours.push_filled(&(0..16).map(corner).collect::<Vec<_>>());
    }
    contours
}

/// A letter that no font has.
fn boxed(pen: f64, advance: f64, to_page: &impl Fn([f64; 2]) -> [f64; 2]) -> Contours {
    let mut contours = Contours::default();
    for (contour, turned) in missing(pen, advance).into_iter().zip([false, true]) {
        let mut points = contour.map(to_page);
        if turned {
            points.reverse();
        }
        contours.push(&points);
    }
    contours
}

/// The outer and the inner side of the box for a letter that no font has, in sizes of the letters.
pub(super) fn missing(pen: f64, advance: f64) -> [[[f64; 2]; 4]; 2] {
    [0.0, 0.07].map(|by| {
        let (left, right) = (pen + 0.06 + by, pen + advance - 0.06 - by);
        let (low, high) = (-0.08 + by, 0.8 - by);
        [[left, low], [right, low], [right, high], [left, high]]
    })
}

fn outlined(outline: &[letters::Stroke], size: f64, to_page: impl Fn([f64; 2]) -> [f64; 2]) -> Contours {
    use letters::Stroke::{Close, Cubic, Line, Move, Quad};
    let mut contours = Contours::default();
    let mut contour: Vec<[f64; 2]> = Vec::new();
    let mut last = [0.0; 2];
    // As many pieces as keep them within a twentieth of a pixel of the curve (its second difference ÷ 8).
    let pieces = |bend: f64| ((bend * size / 0.4).sqrt().ceil()).clamp(1.0, 64.0) as u32;
    let away = |a: [f64; 2], b: [f64; 2], c: [f64; 2]| (a[0] - 2.0 * b[0] + c[0]).hypot(a[1] - 2.0 * b[1] + c[1]);
    for stroke in outline {
        match *stroke {
            Move(to) => {
                contours.push(&contour);
                contour = vec![to_page(to)];
                last = to;
            }
            Line(to) => {
                contour.push(to_page(to));
                last = to;
            }
            Quad(by, to) => {
                let count = pieces(2.0 * away(last, by, to));
                for k in 1..=count {
                    let t = f64::from(k) / f64::from(count);
                    let (a, b, c) = ((1.0 - t) * (1.0 - t), 2.0 * t * (1.0 - t), t * t);
                    contour.push(to_page([0, 1].map(|k| a * last[k] + b * by[k] + c * to[k])));
                }
                last = to;
            }
            Cubic(first, second, to) => {
                let count = pieces(6.0 * away(last, first, second).max(away(first, second, to)));
                for k in 1..=count {
                    let t = f64::from(k) / f64::from(count);
                    let u = 1.0 - t;
                    let (a, b, c, d) = (u * u * u, 3.0 * u * u * t, 3.0 * u * t * t, t * t * t);
                    let at = |k: usize| a * last[k] + b * first[k] + c * second[k] + d * to[k];
                    contour.push(to_page([at(0), at(1)]));
                }
                last = to;
            }
            Close => {}
        }
    }
    contours.push(&contour);
    contours
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::snapshot::page::drawing::{Text, WHITE};

    /// A page with everything that is drawn.
    fn page() -> Drawing {
        let mut page = Drawing::new(60.0, 40.0, &Letters::of_system());
        page.fill(Area::new(5.3, 5.1, 30.7, 20.2), [200, 30, 40, 140]);
        page.rect(Area::new(2.0, 2.0, 56.0, 36.0), None, Some(Stroke { colour: [0, 0, 0, 255], width: 0.35 }));
        page.line(&[[3.0, 37.0], [31.7, 3.3], [58.0, 36.0]], [10, 90, 200, 255], 0.8);
        page.disc([45.0, 20.0], 7.77, Some([20, 160, 90, 200]), Some(Stroke { colour: WHITE, width: 0.5 }));
        let pixels: Vec<u8> = (0..50 * 30).flat_map(|k| [(k * 7) as u8, (k * 13) as u8, k as u8, 255]).collect();
        page.picture(&Picture::rgba([50, 30], pixels).unwrap(), Area::new(20.11, 21.7, 25.0, 11.3));
        page.text(&Text::new("土地利用规划图 Land use, 1:2000", [4.0, 10.0], 4.2));
        page.text(&Text::new("turned 旋转", [30.0, 30.0], 5.0).turned(37.0).bold());
        page
    }

    #[test]
    fn pieces_of_a_picture_are_the_picture() {
        let (page, scale) = (page(), 7.3);
        // 60 × 40 mm.
        let size = [438, 292];
        // On pixels that are not white, some of them clear.
        let ground = |row: u32, column: u32| [(row % 251) as u8, (column % 241) as u8, 77, (row + column) as u8];
        let start = |window: &Window| -> Vec<u8> {
            let columns = window.columns.clone();
            window.rows.clone().flat_map(|row| columns.clone().flat_map(move |column| ground(row, column))).collect()
        };
        let all = Window::whole(size);
        let mut whole = start(&all);
        paint(&page, scale, &all, &mut whole);
        assert_ne!(whole, start(&all));
        for step in [1, 64, 97] {
            for row in (0..size[1]).step_by(step as usize) {
                for column in (0..size[0]).step_by(101) {
                    let window =
                        Window { rows: row..(row + step).min(size[1]), columns: column..(column + 101).min(size[0]) };
                    let mut piece = start(&window);
                    paint(&page, scale, &window, &mut piece);
                    for (number, line) in piece.chunks(window.columns.len() * 4).enumerate() {
                        let begin = ((row as usize + number) * size[0] as usize + column as usize) * 4;
                        assert!(line == &whole[begin..begin + line.len()], "{window:?} row {number}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_corner_of_a_very_large_picture_needs_only_its_own_pixels() {
        let mut page = Drawing::new(1000.0, 1000.0, &Arc::new(Letters::of(fontdb::Database::new())));
        page.fill(Area::new(0.0, 0.0, 1000.0, 1000.0), [1, 2, 3, 255]);
        page.fill(Area::new(999.0, 999.0, 1.0, 1.0), [9, 9, 9, 255]);
        let window = Window { rows: 16_380..16_384, columns: 16_380..16_384 };
        let mut pixels = vec![0; window.bytes()];
        paint(&page, 16.384, &window, &mut pixels);
        assert!(pixels.chunks(4).all(|pixel| pixel == [9, 9, 9, 255]));
    }

    #[test]
    fn colours_lie_over_one_another_by_their_opacity() {
        // Half of 200 over 100 is 150 (128 of 255: 100 + 100·128/255 = 150.2).
        let mut pixel = [100, 100, 100, 255];
        blend(&mut pixel, [200, 200, 200, 128], 255);
        assert_eq!(pixel, [150, 150, 150, 255]);
        // Over nothing it is itself.
        let mut pixel = [7, 7, 7, 0];
        blend(&mut pixel, [200, 10, 30, 128], 255);
        assert_eq!(pixel, [200, 10, 30, 128]);
    }

    #[test]
    fn a_picture_in_its_own_size_stays_and_a_smaller_one_is_the_mean() {
        let pixels: Vec<u8> = (0..16u8).flat_map(|k| [k * 10, 0, 0, 255]).collect();
        let picture = Picture::rgba([4, 4], pixels.clone()).unwrap();
        let mut page = Drawing::new(4.0, 4.0, &Arc::new(Letters::of(fontdb::Database::new())));
        page.picture(&picture, page.area());
        let mut same = vec![0; 64];
        paint(&page, 1.0, &Window::whole([4, 4]), &mut same);
        assert_eq!(same, pixels);
        let mut half = vec![0; 16];
        paint(&page, 0.5, &Window::whole([2, 2]), &mut half);
        // 0, 10, 40, 50: 25.
        assert_eq!(half[..4], [25, 0, 0, 255]);
    }

    #[test]
    fn letters_are_as_large_as_they_say() {
        let letters = Letters::of_system();
        if !letters.has_chinese() {
            eprintln!("no Chinese font on this system: not tested");
            return;
        }
        let mut page = Drawing::new(20.0, 20.0, &letters);
        page.text(&Text::new("国", [4.0, 4.0], 10.0));
        let size = [200, 200];
        let mut pixels = vec![255; 200 * 200 * 4];
        paint(&page, 10.0, &Window::whole(size), &mut pixels);
        let dark: Vec<usize> = (0..200 * 200).filter(|k| pixels[k * 4] < 128).collect();
        let (top, bottom) = (dark[0] / 200, dark[dark.len() - 1] / 200);
        // A full letter fills most of its square of 100 pixels, which stands in a line of 140.
        assert!((80..=100).contains(&(bottom - top)) && top >= 40 && bottom <= 180, "{top} {bottom}");
    }
}
