//! The `bench` command: a fixed flight over a project and fixed questions to it, without a display.

use std::io::Write;

use serde_json::json;

use super::exit::{Exit, Failure};
use super::output::{print, print_json};
use super::{Viewer, source};
use crate::units::grouped;

/// `cimbase bench`.
#[derive(Debug, clap::Args)]
pub struct BenchArgs {
    /// A project.toml, its folder, or data files
    #[arg(required = true, value_name = "PROJECT")]
    pub project: Vec<std::path::PathBuf>,
    /// Fly for so long; once around when absent
    #[arg(long, value_name = "SECONDS")]
    pub seconds: Option<u64>,
    /// Triangles in a frame at most; what suits the graphics adapter when absent
    #[arg(long, value_name = "N")]
    pub triangles: Option<u64>,
    /// For machines: one object
    #[arg(long)]
    pub json: bool,
}

/// How the flight goes.
#[derive(Clone, Copy, Debug, Default)]
pub struct BenchOptions {
    /// Seconds at least; one round when `None`.
    pub seconds: Option<u64>,
    /// Triangles in a frame at most.
    pub triangles: Option<u64>,
}

/// Middle, 95th percentile and greatest of some numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct Spread {
    /// Half are smaller.
    pub median: f64,
    /// One in twenty is greater.
    pub p95: f64,
    /// The greatest.
    pub max: f64,
}

impl Spread {
    /// Of some numbers; zeros of none.
    pub fn of(mut values: Vec<f64>) -> Self {
        values.sort_unstable_by(f64::total_cmp);
        let at = |share: f64| values.get(((values.len().max(1) - 1) as f64 * share).round() as usize).copied();
        Self {
            median: at(0.5).unwrap_or_default(),
            p95: at(0.95).unwrap_or_default(),
            max: at(1.0).unwrap_or_default(),
        }
    }
}

/// What was measured.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct BenchReport {
    /// The graphics adapter.
    pub adapter: String,
    /// Features of all layers.
    pub features: u64,
    /// Rows of the layer that was asked: the greatest one of buildings.
    pub buildings: u64,
    /// Milliseconds until the program drew its empty window: its own start and the renderer's.
    pub start_ms: f64,
    /// Milliseconds of opening the project.
    pub open_ms: f64,
    /// Milliseconds from the open project until all that the first view wants is there, without drawing it.
    pub first_frame_ms: f64,
    /// Milliseconds of drawing that first frame, on this adapter.
    pub draw_ms: f64,
    /// Frames flown.
    pub frames: usize,
    /// Milliseconds of the main world's systems in a frame, by the clock: on a software adapter the
    /// renderer's threads take their share of the cores meanwhile.
    pub main_ms: Spread,
    /// CPU milliseconds of the main thread for them.
    pub main_cpu_ms: Spread,
    /// Of these: choosing tiles.
    pub choose_ms: Spread,
    /// Of these: taking in what was loaded.
    pub take_in_ms: Spread,
    /// Of these: styles.
    pub style_ms: Spread,
    /// Milliseconds of a whole frame with the renderer, on this adapter.
    pub frame_ms: Spread,
    /// Triangles of tiles in a frame.
    pub triangles: Spread,
    /// Tiles drawn in a frame: draw calls of the scene.
    pub draw_calls: Spread,
    /// Milliseconds from asking for a tile to having it.
    pub tile_latency_ms: Spread,
    /// Microseconds of a pick, exact and sorted.
    pub pick_us: Spread,
    /// Picks in a second.
    pub picks_per_second: f64,
    /// Microseconds of a box of 300 m, exact.
    pub box_us: Spread,
    /// Microseconds of the ten nearest, exact.
    pub nearest_us: Spread,
    /// Milliseconds of a condition over all buildings: the first time, and again.
    pub filter_ms: [f64; 2],
    /// Milliseconds of giving all buildings other colours: choosing classes and painting what is held.
    pub recolour_ms: f64,
    /// The same until the last tile on the screen has its new colours.
    pub recolour_all_ms: f64,
    /// Bytes of tiles held at the end.
    pub tile_bytes: usize,
    /// Resident bytes of the program without a project.
    pub rss_empty_bytes: u64,
    /// Resident bytes after the first frame and after each round.
    pub rss_bytes: Vec<u64>,
    /// Resident bytes after the project was closed, and after it was opened and closed again.
    pub rss_closed_bytes: Vec<u64>,
    /// The most that was resident.
    pub peak_rss_bytes: u64,
    /// `peak_rss_bytes` by features.
    pub bytes_per_building: f64,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`]: what cannot be read (3), no usable graphics (5).
pub fn run(args: &BenchArgs, viewer: Option<&Viewer>) -> Result<Exit, Failure> {
    let Some(viewer) = viewer else {
        return Err(Failure::graphics("this program was built without the viewer, whose frames bench measures"));
    };
    let project = source::project(&args.project)?;
    let options = BenchOptions { seconds: args.seconds, triangles: args.triangles };
    let report = (viewer.bench)(project, options)?;
    if args.json {
        print_json(&json!(report))?;
    } else {
        print(|out| table(out, &report))?;
    }
    Ok(Exit::Done)
}

fn table(out: &mut dyn Write, report: &BenchReport) -> std::io::Result<()> {
    let spread = |s: &Spread, digits: usize| {
        format!("{:>12} {:>12} {:>12}", grouped(s.median, digits), grouped(s.p95, digits), grouped(s.max, digits))
    };
    let count = |n: u64| grouped(n as f64, 0);
    writeln!(out, "{} buildings of {} features; {}", count(report.buildings), count(report.features), report.adapter)?;
    writeln!(
        out,
        "open {:.0} ms, all of the first view {:.0} ms later, drawn in {:.0} ms; the program itself starts in {:.0} ms",
        report.open_ms, report.first_frame_ms, report.draw_ms, report.start_ms
    )?;
    writeln!(out, "\n{} frames {:>18} {:>12} {:>12}", report.frames, "median", "95 %", "most")?;
    for (name, values, digits) in [
        ("main thread, CPU", &report.main_cpu_ms, 2),
        ("  by the clock  ", &report.main_ms, 2),
        ("  choosing      ", &report.choose_ms, 3),
        ("  taking in     ", &report.take_in_ms, 3),
        ("  styles        ", &report.style_ms, 3),
        ("whole frame, ms ", &report.frame_ms, 0),
        ("triangles       ", &report.triangles, 0),
        ("draw calls      ", &report.draw_calls, 0),
        ("tile latency, ms", &report.tile_latency_ms, 1),
        ("pick, µs        ", &report.pick_us, 1),
        ("box 300 m, µs   ", &report.box_us, 1),
        ("ten nearest, µs ", &report.nearest_us, 1),
    ] {
        writeln!(out, "{name} {}", spread(values, digits))?;
    }
    let [first, again] = report.filter_ms;
    writeln!(
        out,
        "\ncondition over all: {first:.0} ms, again {again:.0} ms; recolouring {:.0} ms, all shown after {:.0} ms",
        report.recolour_ms, report.recolour_all_ms
    )?;
    let megabytes =
        |bytes: &[u64]| bytes.iter().map(|bytes| grouped(*bytes as f64 / 1e6, 0)).collect::<Vec<_>>().join(" ");
    writeln!(out, "resident, MB, by round: {}", megabytes(&report.rss_bytes))?;
    writeln!(
        out,
        "without a project: {} MB; closed, and again: {} MB; most: {} MB, {:.0} bytes a building; tiles {} MB",
        grouped(report.rss_empty_bytes as f64 / 1e6, 0),
        megabytes(&report.rss_closed_bytes),
        grouped(report.peak_rss_bytes as f64 / 1e6, 0),
        report.bytes_per_building,
        grouped(report.tile_bytes as f64 / 1e6, 0)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_is_read_from_the_sorted_numbers() {
        let numbers = (0..=100).rev().map(f64::from).collect();
        assert_eq!(Spread::of(numbers), Spread { median: 50.0, p95: 95.0, max: 100.0 });
        assert_eq!(Spread::of(Vec::new()), Spread::default());
    }
}
