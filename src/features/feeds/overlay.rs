//! Over the scene: outlines of warnings, and in each what it warns of, how bad it is and until when.

use egui::{Color32, Pos2, Rect, Stroke, TextStyle, Ui, pos2, vec2};

use super::Feeds;
use super::describe::{clock, severity_name};
use super::state::FeedsModel;
use crate::panels::{Palette, Words, widgets};
use crate::scene::lens::Lens;
use crate::scene::view::Eye;

/// Names that find no room in their areas are written below each other; so many at most.
const LISTED: usize = 4;
/// An area that is less high than this in the window, points, has its name above it.
const SMALL: f32 = 150.0;

/// What is written on the plate of a warning: its middle, its colour, name and particulars.
pub type Name = (Pos2, Color32, (String, String));

/// Draws the outlines of warnings; gives their names, for [`show_names`].
pub fn show(ui: &Ui, viewport: Rect, eye: &Eye, feeds: &Feeds, model: &FeedsModel, words: &Words) -> Vec<Name> {
    let mut names = Vec::new();
    if feeds.draped.outlines.is_empty() {
        return names;
    }
    let painter = ui.painter_at(viewport);
    let lens = Lens::of(eye);
    let mut homeless = Vec::new();
    for outline in &feeds.draped.outlines {
        let colour = widgets::colour(outline.colour);
        let lines = || outline.edges.iter().flat_map(|edge| edge.windows(2));
        let seen = || lines().filter_map(|pair| lens.see_line(pair[0], pair[1]));
        for (width, ink) in [(4.5, Color32::from_white_alpha(150)), (2.4, colour)] {
            for [a, b] in seen() {
                painter.line_segment([pos2(a[0], a[1]), pos2(b[0], b[1])], Stroke::new(width, ink));
            }
        }
        let Some(warning) = model.warnings.get(outline.warning) else { continue };
        let until = Words::put(words.feeds.until, &[&clock(warning.until, model.now, model.offset)]);
        let text = (warning.event.clone(), format!("{} · {until}", severity_name(warning.severity, words)));
        let mut around = Rect::NOTHING;
        seen().flatten().for_each(|[x, y]| around.extend_with(pos2(x, y)));
        let at = outline.anchor.and_then(|anchor| lens.see(anchor)).map(|[x, y]| pos2(x, y));
        // A small area would lie below its own name.
        let small = around.is_positive() && around.height() < SMALL && viewport.contains_rect(around);
        let room = viewport.shrink2(vec2(70.0, 28.0));
        let beside = [around.center_top() - vec2(0.0, 28.0), around.center_bottom() + vec2(0.0, 28.0)];
        let at = beside.into_iter().find(|at| small && room.contains(*at)).or(at);
        match at.filter(|at| room.contains(*at)) {
            Some(at) => names.push((at, colour, text)),
            // What is seen of it has no place for its name.
            None if seen().next().is_some() || outline.anchor.is_some() => homeless.push((colour, text)),
            None => {}
        }
    }
    for (at, (colour, text)) in homeless.into_iter().take(LISTED).enumerate() {
        names.push((viewport.left_top() + vec2(150.0, 40.0 + 44.0 * at as f32), colour, text));
    }
    names
}

/// Draws the names of warnings, above what else is drawn over the scene but for a legend.
pub fn show_names(ui: &Ui, viewport: Rect, names: &[Name], legend: Option<Rect>) {
    let painter = ui.painter_at(viewport);
    let mut taken: Vec<Rect> = legend.into_iter().collect();
    for (at, colour, text) in names {
        taken.push(plate(ui, &painter, *at, &taken, *colour, text));
    }
}

/// Two lines on a plate with the level's colour at its side; moved where another is. Its place.
fn plate(
    ui: &Ui,
    painter: &egui::Painter,
    at: Pos2,
    taken: &[Rect],
    colour: Color32,
    (name, more): &(String, String),
) -> Rect {
    let p = Palette::of(ui);
    let line = |text: &str, style: TextStyle, ink: Color32| {
        let mut job = egui::text::LayoutJob::single_section(
            text.to_owned(),
            egui::TextFormat::simple(style.resolve(ui.style()), ink),
        );
        job.wrap = egui::text::TextWrapping::truncate_at_width(220.0);
        ui.fonts_mut(|fonts| fonts.layout_job(job))
    };
    let (name, more) = (line(name, TextStyle::Body, p.strong), line(more, TextStyle::Small, p.text));
    let size = vec2(name.size().x.max(more.size().x) + 24.0, name.size().y + more.size().y + 10.0);
    let mut rect = Rect::from_center_size(at, size);
    // Away from the areas, which names stand above; down where there is no room.
    let mut up = true;
    for _ in 0..2 * taken.len() {
        let Some(other) = taken.iter().find(|other| other.intersects(rect)) else { break };
        let above = rect.translate(vec2(0.0, other.min.y - rect.max.y - 4.0));
        up &= above.min.y > painter.clip_rect().min.y;
        rect = if up { above } else { rect.translate(vec2(0.0, other.max.y - rect.min.y + 4.0)) };
    }
    painter.rect(rect, 5.0, p.panel, Stroke::new(1.0, p.line), egui::StrokeKind::Outside);
    painter.rect_filled(rect.with_max_x(rect.min.x + 6.0), egui::CornerRadius { nw: 5, sw: 5, ne: 0, se: 0 }, colour);
    let below = rect.min + vec2(15.0, 5.0 + name.size().y);
    painter.galley(rect.min + vec2(15.0, 4.0), name, p.strong);
    painter.galley(below, more, p.text);
    rect
}
