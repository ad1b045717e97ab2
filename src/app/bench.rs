//! A flight over a project, frame by frame, and questions to it: what the `bench` command measures.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bevy::ecs::system::NonSendMarker;
use bevy::prelude::*;
use bevy::render::renderer::RenderAdapterInfo;

use super::headless::{Headless, Picture};
use crate::city::{City, CityLayer};
use crate::cli::RenderError;
use crate::cli::bench::{BenchOptions, BenchReport, Spread};
use crate::cli::stats::{peak_rss_bytes, rss_bytes};
use crate::features;
use crate::index::Ground;
use crate::index::pick::{PickLayer, Ray, pick};
use crate::mesh::city::CityMesh;
use crate::model::project::Project;
use crate::model::{LayerStyle, Role, Values};
use crate::panels::settings::Settings;
use crate::place::{Bounds, MapPoint};
use crate::query::reach::Reached;
use crate::query::{Filter, Question, Where, ask};
use crate::report::Progress;
use crate::scene::camera::OrbitCamera;
use crate::scene::stage::{Looks, ShowCity, Shown};
use crate::scene::tiles::{Budget, Meter, PATIENCE, Tiles};
use crate::scene::view::Eye;

/// Points of the flight: metres east and north of the city's middle, distance, heading, pitch.
const FLIGHT: [[f64; 5]; 8] = [
    [0.0, 0.0, 12_000.0, 0.0, 42.0],
    [0.0, 0.0, 4_000.0, 20.0, 35.0],
    [400.0, 300.0, 1_200.0, 40.0, 30.0],
    [500.0, 600.0, 300.0, 60.0, 20.0],
    [1_300.0, 900.0, 400.0, 90.0, 15.0],
    [1_800.0, 200.0, 1_500.0, 150.0, 25.0],
    [600.0, -500.0, 5_000.0, 250.0, 40.0],
    [0.0, 0.0, 12_000.0, 360.0, 42.0],
];
/// Frames from point to point.
const STEPS: usize = 12;
/// Questions of each kind.
const QUESTIONS: usize = 200;

/// Flies and asks.
///
/// # Errors
/// What cannot be read; no graphics adapter.
pub fn bench(project: Project, options: BenchOptions) -> Result<BenchReport, RenderError> {
    let mut report = BenchReport::default();
    let run = std::panic::AssertUnwindSafe(|| fly(&project, options, &mut report));
    super::guarded(run).map_err(|reason| RenderError::Graphics(super::no_graphics(&reason)))??;
    report.peak_rss_bytes = peak_rss_bytes().unwrap_or_default();
    report.bytes_per_building = report.peak_rss_bytes as f64 / report.buildings.max(1) as f64;
    Ok(report)
}

fn ms(started: Instant) -> f64 {
    started.elapsed().as_secs_f64() * 1000.0
}

/// When the main world's systems began, and how long they took.
#[derive(Resource, Default)]
struct Clock {
    started: Option<(Instant, f64)>,
    main_ms: f64,
    cpu_ms: f64,
}

/// Milliseconds of CPU that this thread has used, where the system says so.
fn thread_cpu_ms() -> f64 {
    #[cfg(target_os = "linux")]
    {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: writes to the structure it is given (clock_gettime(2)).
        if unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) } == 0 {
            return time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6;
        }
    }
    0.0
}

fn fly(project: &Project, options: BenchOptions, report: &mut BenchReport) -> Result<(), RenderError> {
    // First the empty window: what opening costs and closing gives back is told from what the program itself needs.
    let started = Instant::now();
    let mut program = Headless::start(
        project,
        Picture { size: [1280, 720], parts: 1, scale: 1, letters: 1.0 },
        false,
        Settings::default(),
    );
    (0..4).for_each(|_| program.step());
    report.start_ms = ms(started);
    report.rss_empty_bytes = rss_bytes().unwrap_or_default();
    let started = Instant::now();
    let city = City::open(project, &Progress::default()).map_err(|e| RenderError::Input(e.to_string()))?;
    let city = Arc::new(city);
    report.open_ms = ms(started);
    report.features = city.layers.iter().map(|layer| u64::from(layer.rows())).sum();
    program
        .app
        .init_resource::<Clock>()
        .add_systems(First, |_: NonSendMarker, mut clock: ResMut<Clock>| {
            clock.started = Some((Instant::now(), thread_cpu_ms()));
        })
        .add_systems(Last, |_: NonSendMarker, mut clock: ResMut<Clock>| {
            if let Some((started, cpu)) = clock.started {
                (clock.main_ms, clock.cpu_ms) = (ms(started), thread_cpu_ms() - cpu);
            }
        });
    if let Some(triangles) = options.triangles {
        program.app.world_mut().resource_mut::<Budget>().triangles = triangles;
    }
    report.adapter = program.app.world().resource::<RenderAdapterInfo>().0.name.clone();
    let started = Instant::now();
    program.show(city.clone())?;
    let shown = program.settle()?;
    report.first_frame_ms = ms(started) - shown;
    let drawing = Instant::now();
    // The renderer works one frame behind.
    program.step();
    report.draw_ms = shown + ms(drawing);
    report.rss_bytes.extend(rss_bytes());
    let middle = city.extent.centre();
    let ground = |point: [f64; 2]| {
        city.terrain.as_ref().and_then(|terrain| terrain.height_at(MapPoint::from(point))).unwrap_or(0.0)
    };
    let views: Vec<OrbitCamera> = FLIGHT
        .iter()
        .map(|[east, north, distance, heading, pitch]| {
            let target = [middle[0] + east, middle[1] + north];
            OrbitCamera {
                target: MapPoint::from(target),
                up: ground(target),
                distance: *distance,
                heading: *heading,
                pitch: *pitch,
            }
        })
        .collect();
    let mut series: [Vec<f64>; 9] = Default::default();
    let begun = Instant::now();
    loop {
        for pair in views.windows(2) {
            for step in 0..STEPS {
                program.app.world_mut().resource_mut::<Eye>().camera =
                    pair[0].toward(&pair[1], step as f64 / STEPS as f64);
                let frame = Instant::now();
                program.step();
                let whole = ms(frame);
                let world = program.app.world();
                let (meter, clock) = (world.resource::<Meter>(), world.resource::<Clock>());
                let [choose, take_in, style] = meter.stages_ms;
                let values = [
                    clock.main_ms,
                    choose,
                    take_in,
                    style,
                    whole,
                    meter.triangles as f64,
                    meter.drawn as f64,
                    meter.latency_ms,
                    clock.cpu_ms,
                ];
                series.iter_mut().zip(values).for_each(|(series, value)| series.push(value));
            }
            // Arrived: what the view wants is waited for, as a person would.
            let arrived = Instant::now();
            while !program.app.world().resource::<Tiles>().is_settled() && arrived.elapsed() < PATIENCE {
                program.step();
            }
        }
        report.rss_bytes.extend(rss_bytes());
        if begun.elapsed() >= Duration::from_secs(options.seconds.unwrap_or(0)) {
            break;
        }
    }
    report.frames = series[0].len();
    let [main, choose, take_in, style, whole, triangles, drawn, latency, cpu] = series.map(Spread::of);
    report.main_cpu_ms = cpu;
    (report.main_ms, report.choose_ms, report.take_in_ms, report.style_ms) = (main, choose, take_in, style);
    (report.frame_ms, report.triangles, report.draw_calls, report.tile_latency_ms) = (whole, triangles, drawn, latency);
    report.tile_bytes = program.app.world().resource::<Meter>().bytes;
    recolour(&mut program, &city, report);
    let mesh = program.app.world().resource::<Shown>().mesh.clone();
    if let Some(mesh) = &mesh {
        question(&city, mesh, report);
    }
    drop(mesh);
    let empty = Arc::new(shell(&city));
    drop(city);
    report.rss_closed_bytes.extend(close(&mut program, &empty));
    // Opened and closed once more: what stays does not add up.
    let city = City::open(project, &Progress::default()).map_err(|e| RenderError::Input(e.to_string()))?;
    program.show(Arc::new(city))?;
    program.settle()?;
    report.rss_closed_bytes.extend(close(&mut program, &empty));
    Ok(())
}

/// Puts an empty city in the place of the one shown; gives the bytes that stay resident.
fn close(program: &mut Headless, empty: &Arc<City>) -> Option<u64> {
    program.app.world_mut().write_message(ShowCity {
        city: empty.clone(),
        mesh: Arc::new(std::sync::Mutex::new(Some(CityMesh::default()))),
        looks: Vec::new(),
    });
    (0..8).for_each(|_| program.step());
    rss_bytes()
}

/// A city's name and place without what it holds.
fn shell(city: &City) -> City {
    City {
        title: city.title.clone(),
        crs: city.crs.clone(),
        crs_basis: city.crs_basis.clone(),
        layers: Vec::new(),
        terrain: None,
        terrain_id: String::new(),
        imagery: Vec::new(),
        view: None,
        extent: city.extent,
        report: Default::default(),
        times: Default::default(),
    }
}

/// The greatest layer of buildings, and its number.
fn buildings(city: &City) -> Option<(usize, &CityLayer)> {
    let layers = city.layers.iter().enumerate().map(|(number, layer)| (number, &**layer));
    layers.filter(|(_, layer)| layer.layer.role == Role::Building).max_by_key(|(_, layer)| layer.rows())
}

fn recolour(program: &mut Headless, city: &City, report: &mut BenchReport) {
    let Some((number, layer)) = buildings(city) else { return };
    let style = LayerStyle { colour_by: Some(crate::analysis::colour::HEIGHT.to_owned()), ..LayerStyle::default() };
    let started = Instant::now();
    let world = program.app.world_mut();
    let mut looks = world.resource_mut::<Looks>();
    features::paint(layer, &style, &mut looks.layers[number]);
    let painted = ms(started);
    program.step();
    report.recolour_ms = painted + program.app.world().resource::<Meter>().stages_ms[2];
    // Tiles whose attributes are others are read on workers, the frames go on.
    while !program.app.world().resource::<Tiles>().is_settled() && started.elapsed() < PATIENCE {
        program.step();
    }
    report.recolour_all_ms = ms(started);
}

fn question(city: &City, mesh: &CityMesh, report: &mut BenchReport) {
    let Some((number, layer)) = buildings(city) else { return };
    report.buildings = u64::from(layer.rows());
    let extent = layer.extent();
    // A lattice of places, the same in every run; near the middle, where there are buildings.
    let places: Vec<[f64; 2]> = (0..QUESTIONS)
        .map(|i| {
            let (x, y) = ((i * 7919 % 97) as f64 / 97.0 - 0.5, (i * 104_729 % 89) as f64 / 89.0 - 0.5);
            let centre = extent.centre();
            [centre[0] + x * 0.5 * extent.width(), centre[1] + y * 0.5 * extent.height()]
        })
        .collect();
    let time = |ask: &mut dyn FnMut([f64; 2])| -> Vec<f64> {
        places
            .iter()
            .map(|place| {
                let started = Instant::now();
                ask(*place);
                ms(started) * 1000.0
            })
            .collect()
    };
    let picks = time(&mut |place| {
        std::hint::black_box(pick_at(layer, mesh, number, place));
    });
    report.picks_per_second = picks.len() as f64 / (picks.iter().sum::<f64>() / 1e6).max(1e-9);
    report.pick_us = Spread::of(picks);
    let asked = |place: Where| {
        // Without a condition nothing can be wrong with the question.
        let _ = std::hint::black_box(ask(layer, &Question { place, filter: None, to_project: None }));
    };
    report.box_us = Spread::of(time(&mut |p| asked(Where::In(Bounds { min: p, max: p }.grown(150.0)))));
    report.nearest_us = Spread::of(time(&mut |p| asked(Where::Near { point: MapPoint::from(p), count: 10 })));
    let fields = &layer.layer.table.fields;
    let number_field = fields.iter().find(|f| matches!(f.values, Values::Integer(_) | Values::Real(_)));
    let condition = number_field.and_then(|field| Filter::parse(&format!("\"{}\" > 10", field.name)).ok());
    if let Some(condition) = condition {
        report.filter_ms = [0, 1].map(|_| {
            let started = Instant::now();
            let _ = std::hint::black_box(condition.select(layer, None));
            ms(started)
        });
    }
}

/// All bodies under a ray that comes down at 30° to a place.
fn pick_at(layer: &CityLayer, mesh: &CityMesh, number: usize, [east, north]: [f64; 2]) -> usize {
    let ground: &Ground = &mesh.ground;
    let up = ground.elevation(MapPoint::new(east, north));
    let ray = Ray { origin: [east - 866.0, north, up + 500.0], direction: [0.866, 0.0, -0.5] };
    let piece = Reached::read(layer, ground, &ray, 0.0);
    let asked = match &piece {
        Some(piece) => piece.layer(),
        None => PickLayer {
            geometry: &layer.layer.table.geometry,
            index: &layer.index,
            bodies: mesh.layers[number].bodies.as_ref(),
        },
    };
    pick(&[asked], ground, &ray, 0.0).hits.len()
}
