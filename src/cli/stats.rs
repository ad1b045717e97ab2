//! The `stats` command: counts, areas, volumes, triangles, bytes, milliseconds.

use std::io::Write;

use rayon::prelude::*;
use serde_json::{Map, Value as Json, json};

use super::args::StatsArgs;
use super::exit::{Exit, Failure};
use super::output::{print, print_json};
use super::source;
use crate::city::{City, CityLayer};
use crate::formats::flatgeobuf::Wanted;
use crate::index::{Ground, LayerIndex};
use crate::mesh::MeshStats;
use crate::mesh::city::{CityMesh, LayerMesh, Sizes, Whole};
use crate::model::HeightSource;
use crate::report::Progress;
use crate::tiles::Stream;
use crate::units::{CubicMetres, SquareMetres, grouped};

/// The numbers of one layer.
#[derive(Clone, Debug, serde::Serialize)]
struct LayerStats {
    id: String,
    role: &'static str,
    features: usize,
    skipped: usize,
    footprint_area_m2: f64,
    roof_area_m2: f64,
    wall_area_m2: f64,
    volume_m3: f64,
    height_provenance: Map<String, Json>,
    tiles: usize,
    triangles: usize,
    gpu_bytes: usize,
    table_bytes: usize,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] with [`Exit::Input`] when nothing can be opened or there is no such layer.
pub fn run(args: &StatsArgs) -> Result<Exit, Failure> {
    let city = source::city(&args.project)?;
    if let Some(id) = &args.layer {
        source::layer(&city, id)?;
    }
    let meshes =
        CityMesh::build(&city, Whole::All, &Progress::default()).map_err(|error| Failure::input(error.to_string()))?;
    let wanted = |layer: &CityLayer| args.layer.as_ref().is_none_or(|id| *id == layer.layer.id);
    let layers = city.layers.iter().zip(&meshes.layers).filter(|(layer, _)| wanted(layer));
    let stats: Result<Vec<LayerStats>, Failure> = layers
        .map(|(layer, mesh)| match &layer.stream {
            Some(stream) => {
                measure_stream(layer, &stream.tiles, &meshes.ground).map_err(|error| Failure::input(error.to_string()))
            }
            None => Ok(measure(layer, mesh)),
        })
        .collect();
    let stats = stats?;
    let mesh_ms = meshes.ms;
    if args.json {
        let times = city.times;
        print_json(&json!({
            "layers": stats,
            "ms": { "read": times.read, "project": times.project, "index": times.index, "mesh": mesh_ms },
            "peak_rss_bytes": peak_rss_bytes(),
        }))?;
    } else {
        print(|out| table(out, &city, &stats, mesh_ms))?;
    }
    Ok(Exit::Done)
}

fn measure(layer: &CityLayer, mesh: &LayerMesh) -> LayerStats {
    let model = &layer.layer;
    let geometry = &model.table.geometry;
    // What is drawn: a parent covered by its parts is not counted twice.
    let drawn = |feature: &u32| mesh.bodies.as_ref().is_none_or(|bodies| bodies.is_body(*feature));
    let footprint_area_m2 = (0..geometry.len() as u32).filter(drawn).map(|feature| geometry.area(feature)).sum();
    let meshes = match &mesh.bodies {
        Some(bodies) => MeshStats::measure(&mesh.tiles, bodies),
        None => MeshStats::measure_flat(&mesh.tiles),
    };
    let outlines = MeshStats::measure_flat(&mesh.outlines);
    let counts = model.heights.as_ref().map(|heights| heights.counts()).unwrap_or_default();
    let provenance = HeightSource::ALL.iter().zip(counts);
    LayerStats {
        id: model.id.clone(),
        role: model.role.word(),
        features: model.table.len(),
        skipped: model.report.skipped.len(),
        footprint_area_m2,
        roof_area_m2: meshes.roof_area_m2,
        wall_area_m2: meshes.wall_area_m2,
        volume_m3: meshes.volume_m3,
        height_provenance: provenance.map(|(source, count)| (source.word().to_owned(), count.into())).collect(),
        tiles: meshes.tiles + outlines.tiles,
        triangles: meshes.triangles + outlines.triangles,
        gpu_bytes: meshes.gpu_bytes + outlines.gpu_bytes,
        table_bytes: model.table.bytes(),
    }
}

/// Measures a streamed layer run by run; every feature is meshed as it is, and dropped.
fn measure_stream(layer: &CityLayer, stream: &Stream, ground: &Ground) -> std::io::Result<LayerStats> {
    let sizes = Sizes::of(layer);
    let each = |run: u32| {
        let rows: Vec<u32> = stream.run(run).collect();
        let piece = layer.of_piece(stream.rows(&rows, Wanted::Named(&[]))?);
        let mesh = LayerMesh::of(&piece.table.geometry, piece.heights.as_ref(), &piece, &sizes, ground);
        let piece = CityLayer { layer: piece, index: LayerIndex::default(), stream: None };
        std::io::Result::Ok(measure(&piece, &mesh))
    };
    let empty = measure(
        &CityLayer { layer: layer.layer.clone(), index: LayerIndex::default(), stream: None },
        &LayerMesh::default(),
    );
    let runs = (0..stream.runs()).into_par_iter().map(each);
    let mut sum = runs.try_reduce(
        || empty.clone(),
        |a, b| {
            Ok(LayerStats {
                features: a.features + b.features,
                footprint_area_m2: a.footprint_area_m2 + b.footprint_area_m2,
                roof_area_m2: a.roof_area_m2 + b.roof_area_m2,
                wall_area_m2: a.wall_area_m2 + b.wall_area_m2,
                volume_m3: a.volume_m3 + b.volume_m3,
                tiles: a.tiles + b.tiles,
                triangles: a.triangles + b.triangles,
                gpu_bytes: a.gpu_bytes + b.gpu_bytes,
                ..a
            })
        },
    )?;
    let counts = HeightSource::ALL.iter().zip(stream.facts().sources);
    sum.height_provenance = counts.map(|(source, count)| (source.word().to_owned(), count.into())).collect();
    sum.table_bytes = stream.bytes();
    Ok(sum)
}

fn table(out: &mut dyn Write, city: &City, stats: &[LayerStats], mesh_ms: f64) -> std::io::Result<()> {
    writeln!(out, "project CRS  {} ({})", city.crs, city.crs_basis)?;
    for layer in stats {
        let skipped = match layer.skipped {
            0 => String::new(),
            n => format!(", {n} skipped"),
        };
        writeln!(out, "\n{} ({}): {} features{skipped}", layer.id, layer.role, grouped(layer.features as f64, 0))?;
        writeln!(out, "  footprints  {}", SquareMetres(layer.footprint_area_m2))?;
        if layer.volume_m3 > 0.0 {
            writeln!(out, "  roofs       {}", SquareMetres(layer.roof_area_m2))?;
            writeln!(out, "  walls       {}", SquareMetres(layer.wall_area_m2))?;
            writeln!(out, "  volume      {}", CubicMetres(layer.volume_m3))?;
            let known = layer.height_provenance.iter().map(|(word, count)| format!("{word} {count}"));
            writeln!(out, "  heights     {}", known.collect::<Vec<_>>().join(", "))?;
        }
        writeln!(
            out,
            "  drawn as    {} triangles in {} tiles, {} MB on the GPU, {} MB of table",
            grouped(layer.triangles as f64, 0),
            layer.tiles,
            grouped(layer.gpu_bytes as f64 / 1e6, 1),
            grouped(layer.table_bytes as f64 / 1e6, 1)
        )?;
    }
    let times = city.times;
    writeln!(
        out,
        "\nms: read {:.0}, project {:.0}, index {:.0}, mesh {mesh_ms:.0}",
        times.read, times.project, times.index
    )?;
    if let Some(bytes) = peak_rss_bytes() {
        writeln!(out, "most memory used: {} MB", grouped(bytes as f64 / 1e6, 0))?;
    }
    Ok(())
}

/// The most memory that the process has held, where the system says so (Linux).
pub fn peak_rss_bytes() -> Option<u64> {
    status_bytes("VmHWM:")
}

/// The memory that the process holds now, where the system says so (Linux).
pub fn rss_bytes() -> Option<u64> {
    status_bytes("VmRSS:")
}

fn status_bytes(name: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}
