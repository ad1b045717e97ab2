//! Over the scene: the ways of moving units until a moment, where each is then, and where nothing was heard of it.

use egui::{Align2, Color32, Painter, Pos2, Rect, Shape, Stroke, TextStyle, Ui, pos2, vec2};

use super::Feeds;
use super::describe::clock;
use super::state::FeedsModel;
use crate::index::Ground;
use crate::panels::{Palette, Words, widgets};
use crate::place::MapPoint;
use crate::scene::lens::Lens;
use crate::scene::view::Eye;
use crate::themes::management::tracks::{Fix, Track, runs};

/// So far back from the moment ways are drawn, milliseconds.
const BACK: i64 = 8 * 3_600_000;
/// A way is drawn in steps of at least so many points.
const STEP: f32 = 3.0;
/// Corners of all ways in a frame, about.
const CORNERS: usize = 40_000;
/// A gap is named where it is at least so long in the window.
const NAMED: f32 = 70.0;
/// Units that have names and marks in the window at most; ways are drawn of all.
const NAMES: usize = 60;
/// Colours of units: none of them a warning's.
const COLOURS: [[u8; 3]; 8] = [
    [0x1f, 0x77, 0xb4],
    [0x75, 0x4f, 0xa8],
    [0x00, 0x8b, 0x8b],
    [0xc5, 0x1b, 0x7d],
    [0x6b, 0x6e, 0x1d],
    [0x8c, 0x4b, 0x2f],
    [0x2c, 0x3e, 0x70],
    [0x4a, 0x52, 0x5c],
];

/// What of a way is drawn at a moment: the fixes of the last hours, and which of them belong together.
fn part(track: &Track, moment: i64) -> &[Fix] {
    track.between(moment.saturating_sub(BACK), moment)
}

/// Fixes of a run, about so many of more, the first and the last among them.
fn thin(run: &[Fix], most: usize) -> impl Iterator<Item = &Fix> {
    let step = run.len().div_ceil(most.max(1)).max(1);
    let last = run.last().filter(|_| run.len() % step != 1 && step > 1);
    run.iter().step_by(step).chain(last)
}

/// Draws the ways until a moment.
pub fn show(
    ui: &Ui,
    (viewport, eye, ground): (Rect, &Eye, &Ground),
    feeds: &Feeds,
    model: &FeedsModel,
    moment: i64,
    words: &Words,
) {
    let ways = &feeds.told.ways;
    if ways.is_empty() {
        return;
    }
    let (painter, lens) = (ui.painter_at(viewport), Lens::of(eye));
    let each = (CORNERS / ways.len()).max(50);
    let up = |[east, north]: [f64; 2]| [east, north, ground.elevation(MapPoint::new(east, north))];
    // Who is where comes before when and for how long: plates that find no room are left out.
    let mut texts: [Vec<(Pos2, String, Option<Color32>)>; 2] = Default::default();
    for (at, (gap_ms, track)) in ways.iter().enumerate() {
        let fixes = part(track, moment);
        // One that was last heard of before all that is drawn is not here any more.
        let (Some(first), Some(now)) = (fixes.first(), track.at(moment, *gap_ms)) else { continue };
        let colour = widgets::colour(COLOURS[at % COLOURS.len()]);
        let parts = runs(fixes, *gap_ms);
        for run in &parts {
            let mut line: Vec<[f64; 3]> = thin(&fixes[run.clone()], each).map(|fix| up(fix.xy)).collect();
            // The last run goes on to where the unit is.
            if run.end == fixes.len() {
                line.push(up(now.xy));
            }
            way(&painter, &lens, &line, colour);
        }
        for pair in parts.windows(2) {
            let (from, to) = (fixes[pair[0].end - 1], fixes[pair[1].start]);
            let Some([a, b]) = lens.see_line(up(from.xy), up(to.xy)) else { continue };
            let (a, b) = (pos2(a[0], a[1]), pos2(b[0], b[1]));
            painter.add(Shape::dashed_line(&[a, b], Stroke::new(4.0, Color32::from_white_alpha(140)), 6.0, 5.0));
            painter.add(Shape::dashed_line(&[a, b], Stroke::new(2.0, colour), 6.0, 5.0));
            if a.distance(b) > NAMED {
                let minutes = (to.at - from.at) / 60_000;
                texts[1].push((a + (b - a) / 2.0, Words::put(words.feeds.gap_minutes, &[&minutes]), None));
            }
        }
        if at >= NAMES {
            continue;
        }
        let see = |xy: [f64; 2]| lens.see(up(xy)).map(|[x, y]| pos2(x, y)).filter(|at| viewport.contains(*at));
        if let Some(at) = see(first.xy).filter(|_| fixes.len() > 1) {
            painter.circle(at, 3.0, Color32::WHITE, Stroke::new(1.6, colour));
            texts[1].push((at + vec2(0.0, 14.0), clock(first.at, model.now, model.offset), None));
        }
        let Some(at) = see(now.xy) else { continue };
        let fill = if now.lost { Color32::from_gray(130) } else { colour };
        painter.circle(at, 6.5, fill, Stroke::new(2.0, Color32::WHITE));
        let (name, time) = (line_of(&track.unit), clock(now.heard, model.now, model.offset));
        let text = match now.lost {
            true => format!("{name} · {}", Words::put(words.feeds.last_heard, &[&time])),
            false => format!("{name} · {time}"),
        };
        texts[0].push((at - vec2(0.0, 20.0), text, Some(fill)));
    }
    let mut taken = Vec::new();
    for (at, text, colour) in texts.into_iter().flatten() {
        plate(ui, &painter, at, &text, colour, &mut taken);
    }
}

/// A unit's name, inert and short.
fn line_of(unit: &str) -> String {
    let cut: String = unit.chars().take(24).collect();
    crate::cli::escape::one_line(&cut).into_owned()
}

/// A line on the ground with a light edge; where a view is far, its corners are joined.
fn way(painter: &Painter, lens: &Lens, line: &[[f64; 3]], colour: Color32) {
    let mut segments: Vec<[Pos2; 2]> = Vec::new();
    for pair in line.windows(2) {
        let Some([a, b]) = lens.see_line(pair[0], pair[1]) else { continue };
        let (a, b) = (pos2(a[0], a[1]), pos2(b[0], b[1]));
        match segments.last_mut() {
            Some(last) if last[1].distance(a) < 0.5 && last[0].distance(b) < STEP => last[1] = b,
            _ => segments.push([a, b]),
        }
    }
    for (width, ink) in [(5.0, Color32::from_white_alpha(170)), (2.6, colour)] {
        for segment in &segments {
            painter.line_segment(*segment, Stroke::new(width, ink));
        }
    }
}

/// A small text on a plate; none where it would cover another.
fn plate(ui: &Ui, painter: &Painter, at: Pos2, text: &str, colour: Option<Color32>, taken: &mut Vec<Rect>) {
    let p = Palette::of(ui);
    let galley = painter.layout_no_wrap(text.to_owned(), TextStyle::Small.resolve(ui.style()), p.strong);
    let rect = Align2::CENTER_CENTER.anchor_size(at, galley.size() + vec2(10.0, 4.0));
    if taken.iter().any(|other: &Rect| other.intersects(rect)) {
        return;
    }
    taken.push(rect);
    let line = Stroke::new(1.0, colour.unwrap_or(p.line));
    painter.rect(rect, 4.0, p.panel, line, egui::StrokeKind::Outside);
    painter.galley(rect.min + vec2(5.0, 2.0), galley, p.strong);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_are_drawn_of_the_last_hours_before_the_moment() {
        let hour = 3_600_000;
        let fix = |at: i64| Fix { at: at * hour, xy: [0.0, 0.0] };
        let track = Track { unit: "a".into(), fixes: (0..24).map(fix).collect() };
        let hours = |moment: i64| -> Vec<i64> { part(&track, moment).iter().map(|fix| fix.at / hour).collect() };
        assert_eq!(hours(10 * hour), [2, 3, 4, 5, 6, 7, 8, 9, 10]);
        assert_eq!(hours(2 * hour + 1), [0, 1, 2]);
        assert!(hours(-1).is_empty() && hours(i64::MAX).is_empty());
        let thinned = |count: usize, most: usize| -> Vec<i64> {
            thin(&track.fixes[..count], most).map(|fix| fix.at / hour).collect()
        };
        assert_eq!(thinned(24, 5), [0, 5, 10, 15, 20, 23]);
        assert_eq!((thinned(3, 5), thinned(1, 1), thinned(7, 3)), (vec![0, 1, 2], vec![0], vec![0, 3, 6]));
        assert_eq!(line_of("P\u{202e}1\n"), "P\\u{202e}1\\n");
    }
}
