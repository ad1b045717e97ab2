//! Tiles on the stage: chosen for the view, loaded by workers, drawn, and dropped when they are no
//! longer needed.
//!
//! 1. [`choose`] says which tiles the view wants; what is there and chosen is shown, the rest hidden;
//! 2. what is missing is loaded on workers, a few at a time, the most visible first;
//! 3. a tile that arrives becomes entities and takes a run of its layer's style buffer;
//! 4. when nothing is missing, what a look around would show next is loaded ahead, while there is room;
//! 5. when more bytes are held than the cap allows, tiles go that were not drawn for longest.

mod colour;
mod load;

use std::collections::{HashMap, HashSet};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bevy::mesh::MeshTag;
use bevy::prelude::*;
use bevy::winit::{EventLoopProxyWrapper, WinitUserEvent};

use self::colour::{lacks, read_lacking, restyle, style_tile};
use self::load::{Loaded, Made, Order, give_back, with_source};
use super::Frame;
use super::camera::FIELD_OF_VIEW;
use super::stage::{LayerLook, Looks, Shown, Stage, TileOrigin, to_mesh, vertex_box};
use super::style::Places;
use super::view::Eye;
use crate::mesh::city::{Sizes, is_tiled};
use crate::tiles::choose::{Choice, Known, LayerTile, LayerTiles, View, choose};
use crate::tiles::{TileContent, TileKey};

/// Tiles that are asked for at once: enough work for the workers until the next frame, which may be long in coming.
const AT_ONCE: usize = 16;

/// Tiles that are loaded ahead at once, after which a frame must come.
const AHEAD: usize = 2;
/// How much more than it shows the view is widened for them.
const WIDER: f64 = 1.6;
/// Tiles are loaded ahead into so much of the cap at most: the rest is for what is seen.
const ROOM_AHEAD: f64 = 0.6;

/// How much the tiles may take.
#[derive(Resource, Clone, Copy, Debug, PartialEq)]
pub struct Budget {
    /// Triangles drawn in a frame.
    pub triangles: u64,
    /// Bytes of tiles held, in graphics memory and beside it.
    pub bytes: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { triangles: 2_000_000, bytes: 512 << 20 }
    }
}

/// What the tiles take and cost now: for the meter and the overlay.
#[derive(Resource, Clone, Debug, Default, PartialEq)]
pub struct Meter {
    /// Tiles drawn.
    pub drawn: usize,
    /// Tiles held.
    pub held: usize,
    /// Triangles drawn of tiles.
    pub triangles: u64,
    /// Bytes of tiles held.
    pub bytes: usize,
    /// Tiles asked for and not there.
    pub missing: usize,
    /// Milliseconds from asking for a tile to having it: of the last one.
    pub latency_ms: f64,
    /// Milliseconds of choosing, of taking in what was loaded and of styling, in the last frame.
    pub stages_ms: [f64; 3],
}

/// A tile that is held.
struct Held {
    entities: Vec<Entity>,
    content: TileContent,
    /// Its run of the style buffer.
    styles: (u32, u32),
    bytes: usize,
    last_drawn: u64,
}

/// A layer's tiles.
struct Layers {
    number: usize,
    roots: Vec<TileKey>,
    range: [f64; 2],
    sizes: Sizes,
    known: HashMap<TileKey, Known>,
    held: HashMap<TileKey, Held>,
    places: Places,
    styles: Vec<u32>,
    /// What `styles` was made from.
    shown: Option<LayerLook>,
    /// Whether `styles` is not what the buffer holds.
    dirty: bool,
}

/// All tiles of the city that is shown.
#[derive(Resource)]
pub struct Tiles {
    generation: u64,
    layers: Vec<Layers>,
    in_flight: HashSet<LayerTile>,
    /// The tiles that are still wanted: a worker that comes to another one drops it.
    wanted: Arc<Mutex<HashSet<LayerTile>>>,
    sender: Sender<Loaded>,
    receiver: Mutex<Receiver<Loaded>>,
    choice: Choice,
    drawn: HashSet<LayerTile>,
    frame: u64,
    stale: bool,
    /// Frames until memory of the city before is given back.
    trim: u8,
    /// Tiles that are held without attributes that new colours need: they keep their old colours until these came.
    lacking: HashSet<LayerTile>,
    /// Tiles that could not be made, and when: they are asked for again after a while.
    failed: HashMap<LayerTile, Instant>,
    /// What could not be read, by the layer's number: to be taken and said.
    pub faults: Vec<(usize, String)>,
}

impl Default for Tiles {
    fn default() -> Self {
        let (sender, receiver) = channel();
        Self {
            generation: 0,
            layers: Vec::new(),
            in_flight: HashSet::new(),
            wanted: Arc::default(),
            sender,
            receiver: Mutex::new(receiver),
            choice: Choice::default(),
            drawn: HashSet::new(),
            frame: 0,
            stale: true,
            trim: 0,
            lacking: HashSet::new(),
            failed: HashMap::new(),
            faults: Vec::new(),
        }
    }
}

impl Tiles {
    /// Whether all that the view wants is drawn.
    pub fn is_settled(&self) -> bool {
        !self.stale && self.choice.settled && self.lacking.is_empty()
    }
}

/// Draws tiles.
pub fn plugin(app: &mut App) {
    app.init_resource::<Tiles>().init_resource::<Budget>().init_resource::<Meter>().add_systems(
        Update,
        (begin, take_in, follow_view, restyle, read_lacking)
            .chain()
            .in_set(Frame::Scene)
            .after(super::stage::follow_looks),
    );
}

/// A new city: its tiles are all to be loaded.
fn begin(shown: Res<Shown>, mut tiles: ResMut<Tiles>) {
    if tiles.generation == shown.generation {
        if tiles.trim > 0 {
            tiles.trim -= 1;
            if tiles.trim == 0 {
                give_back();
            }
        }
        return;
    }
    // The entities went with the old city.
    *tiles = Tiles { generation: shown.generation, trim: 4, ..Tiles::default() };
    let (Some(city), Some(mesh)) = (&shown.city, &shown.mesh) else { return };
    let (low, high) = mesh.ground.range();
    for (number, layer) in city.layers.iter().enumerate().filter(|(_, layer)| is_tiled(layer)) {
        let roots = with_source(city, number, |source| source.roots());
        let highest = match (&layer.stream, mesh.layers.get(number).and_then(|mesh| mesh.bodies.as_ref())) {
            (Some(stream), _) => f64::from(stream.tiles.facts().highest) + 20.0,
            (None, Some(bodies)) => bodies.range.map_or(0.0, |(_, top)| f64::from(top) - low),
            (None, None) => 100.0,
        };
        tiles.layers.push(Layers {
            number,
            roots,
            range: [low - 100.0, high + highest],
            sizes: Sizes::of(layer),
            known: HashMap::new(),
            held: HashMap::new(),
            places: Places::default(),
            styles: Vec::new(),
            shown: None,
            dirty: true,
        });
    }
}

/// Takes in what workers have made: entities, a run of styles.
#[allow(clippy::too_many_arguments)] // a Bevy system: one argument for each thing it touches
fn take_in(
    mut commands: Commands,
    shown: Res<Shown>,
    mut tiles: ResMut<Tiles>,
    mut meter: ResMut<Meter>,
    stage: Res<Stage>,
    mut meshes: ResMut<Assets<Mesh>>,
) {
    let started = Instant::now();
    let loaded: Vec<Loaded> = tiles.receiver.lock().map(|receiver| receiver.try_iter().collect()).unwrap_or_default();
    let Some(city) = &shown.city else { return };
    for Loaded { generation, tile: (at, key), asked, made } in loaded {
        if generation != tiles.generation {
            continue;
        }
        let tiles = &mut *tiles;
        tiles.in_flight.remove(&(at, key));
        tiles.stale = true;
        let Some(made) = made else { continue };
        meter.latency_ms = asked.elapsed().as_secs_f64() * 1000.0;
        let layer = &mut tiles.layers[at];
        let (content, look) = match made {
            Ok(Made::Tile(made)) => *made,
            Ok(Made::Attributes(table)) => {
                // Dropped meanwhile, or other colours were chosen: then it is read again.
                let Some(held) = layer.held.get_mut(&key) else {
                    tiles.lacking.remove(&(at, key));
                    continue;
                };
                held.content.attributes = table;
                if let Some(look) = layer.shown.clone()
                    && !held.lacks(&city.layers[layer.number], &look)
                {
                    tiles.lacking.remove(&(at, key));
                    let (start, length) = held.styles;
                    let out = &mut layer.styles[start as usize..(start + length) as usize];
                    style_tile(&look, &city.layers[layer.number].layer, held, out);
                    layer.dirty = true;
                }
                continue;
            }
            Err(reason) => {
                // The tile above, or the old colours, stay; asked for again, but not at once.
                tiles.faults.push((layer.number, reason));
                tiles.failed.insert((at, key), Instant::now());
                tiles.lacking.remove(&(at, key));
                continue;
            }
        };
        tiles.failed.remove(&(at, key));
        // Other colours were chosen while it was made: it is made again, with the attributes that these need.
        let attributes = content.attributes.as_ref();
        if layer.shown.as_ref().is_some_and(|look| lacks(&city.layers[layer.number], attributes, look)) {
            continue;
        }
        let known = Known {
            triangles: look.triangles,
            children: content.children,
            complete: content.complete,
            bounds: if look.bounds.is_empty() { key.bounds() } else { look.bounds },
            range: if look.bounds.is_empty() { layer.range } else { look.range },
            ready: true,
        };
        layer.known.insert(key, known);
        let length = content.len() as u32;
        let start = layer.places.take(length);
        let mut entities = Vec::new();
        let handles = &stage.layers[layer.number];
        for (meshes_of, outline) in [(look.mesh.tiles, false), (look.mesh.outlines, true)] {
            let Some(material) = handles.materials.get(usize::from(outline)) else { continue };
            for mesh in meshes_of {
                let mut entity = commands.spawn((
                    TileOrigin(mesh.origin),
                    vertex_box(&mesh.positions),
                    MeshTag(start),
                    Mesh3d(meshes.add(to_mesh(mesh))),
                    MeshMaterial3d(material.clone()),
                    Transform::default(),
                    Visibility::Hidden,
                ));
                if !look.mesh.solid || outline {
                    entity.insert(bevy::light::NotShadowCaster);
                }
                entities.push(entity.id());
            }
        }
        // Of the content, what styles need; the vertices are with the renderer now.
        let attributes = content.attributes.as_ref().map_or(0, |table| table.bytes());
        let content = TileContent { geometry: Default::default(), ..content };
        let bytes = look.gpu_bytes + attributes + 9 * content.len();
        let held = Held { entities, content, styles: (start, length), bytes, last_drawn: tiles.frame };
        layer.styles.resize(layer.places.len() as usize, 0);
        if let Some(look) = layer.shown.clone() {
            let (a, b) = (start as usize, (start + length) as usize);
            style_tile(&look, &city.layers[layer.number].layer, &held, &mut layer.styles[a..b]);
        }
        layer.held.insert(key, held);
        layer.dirty = true;
    }
    meter.stages_ms[1] = started.elapsed().as_secs_f64() * 1000.0;
}

/// A tile that could not be made is asked for again after so long.
const AGAIN: Duration = Duration::from_secs(5);

/// Chooses tiles when the view, the looks or the tiles have changed.
#[allow(clippy::too_many_arguments)] // a Bevy system: one argument for each thing it touches
fn follow_view(
    mut commands: Commands,
    eye: Res<Eye>,
    looks: Res<Looks>,
    shown: Res<Shown>,
    budget: Res<Budget>,
    mut tiles: ResMut<Tiles>,
    mut meter: ResMut<Meter>,
    proxy: Option<Res<EventLoopProxyWrapper>>,
    mut visibilities: Query<&mut Visibility>,
) {
    let changed = eye.is_changed() || looks.is_changed() || shown.is_changed() || budget.is_changed();
    if !(changed || tiles.stale) {
        meter.stages_ms[0] = 0.0;
        return;
    }
    let (Some(city), Some(mesh)) = (&shown.city, &shown.mesh) else { return };
    let started = Instant::now();
    let tiles = &mut *tiles;
    tiles.stale = false;
    tiles.frame += 1;
    let none: &[TileKey] = &[];
    let asked: Vec<LayerTiles<'_>> = tiles
        .layers
        .iter()
        .map(|layer| LayerTiles {
            roots: if looks.layers.get(layer.number).is_some_and(|look| look.visible) { &layer.roots } else { none },
            known: &layer.known,
            range: layer.range,
        })
        .collect();
    let mut choice = choose(&view_of(&eye, 1.0), &asked, budget.triangles);
    // What failed a moment ago is not waited for.
    choice.load.retain(|tile| tiles.failed.get(tile).is_none_or(|when| when.elapsed() > AGAIN));
    choice.settled |= choice.load.is_empty();
    let missing = |tile: &LayerTile| !tiles.in_flight.contains(tile);
    let ahead: Vec<LayerTile> = if choice.settled && tiles.in_flight.is_empty() {
        let around = choose(&view_of(&eye, WIDER), &asked, budget.triangles);
        around.load.into_iter().filter(missing).take(AHEAD).collect()
    } else {
        Vec::new()
    };
    drop(asked);
    // Shown and hidden: only what has changed.
    let drawn: HashSet<LayerTile> = choice.draw.iter().copied().collect();
    let show = |layers: &[Layers], (at, key): &LayerTile, visible: bool, query: &mut Query<&mut Visibility>| {
        for entity in layers[*at].held.get(key).iter().flat_map(|held| &held.entities) {
            if let Ok(mut visibility) = query.get_mut(*entity) {
                visibility.set_if_neq(if visible { Visibility::Inherited } else { Visibility::Hidden });
            }
        }
    };
    // An entity of this very frame is not there yet: it is shown in the next.
    let fresh = drawn.iter().any(|(at, key)| {
        tiles.layers[*at].held.get(key).is_some_and(|held| held.entities.iter().any(|e| !visibilities.contains(*e)))
    });
    tiles.stale |= fresh;
    if !fresh {
        for tile in tiles.drawn.difference(&drawn) {
            show(&tiles.layers, tile, false, &mut visibilities);
        }
        for tile in drawn.difference(&tiles.drawn) {
            show(&tiles.layers, tile, true, &mut visibilities);
        }
        tiles.drawn = drawn;
    }
    for (at, key) in &choice.draw {
        // Those above stay as well: they are what is drawn when the eye goes back.
        let mut key = *key;
        while let Some(held) = tiles.layers[*at].held.get_mut(&key) {
            held.last_drawn = tiles.frame;
            key = key.parent();
        }
    }
    // When what is drawn and what leads to it fills the cap, nothing more is asked for: loading and
    // dropping the same tiles in turn would never end.
    let bytes = evict(&mut commands, tiles, budget.bytes);
    let full = bytes > budget.bytes / 10 * 9;
    if full {
        choice.load.clear();
        choice.settled = true;
    }
    // Those loaded ahead stay wanted until something is missing.
    if !(choice.load.is_empty() && ahead.is_empty())
        && let Ok(mut wanted) = tiles.wanted.lock()
    {
        wanted.clear();
        wanted.extend(choice.load.iter().chain(&ahead));
    }
    let order = |tile: LayerTile| {
        let layer = &tiles.layers[tile.0];
        let painter = looks.layers.get(layer.number).and_then(|look| look.painter.as_ref());
        Order {
            generation: tiles.generation,
            tile,
            number: layer.number,
            sizes: layer.sizes,
            fields: painter.map(|painter| painter.fields()).unwrap_or_default(),
            attributes_only: false,
            city: city.clone(),
            mesh: mesh.clone(),
            wanted: tiles.wanted.clone(),
            sender: tiles.sender.clone(),
            wake: waker(proxy.as_deref()),
        }
    };
    let room = AT_ONCE.saturating_sub(tiles.in_flight.len());
    let missing = choice.load.iter().filter(|tile| !tiles.in_flight.contains(*tile)).take(room);
    let mut orders: Vec<Order> = missing.map(|tile| order(*tile)).collect();
    if (bytes as f64) < budget.bytes as f64 * ROOM_AHEAD {
        orders.extend(ahead.iter().map(|tile| order(*tile)));
    }
    for order in orders {
        tiles.in_flight.insert(order.tile);
        order.give();
    }
    *meter = Meter {
        drawn: choice.draw.len(),
        held: tiles.layers.iter().map(|layer| layer.held.len()).sum(),
        triangles: choice.triangles,
        bytes: tiles.layers.iter().flat_map(|layer| layer.held.values()).map(|held| held.bytes).sum(),
        missing: choice.load.len(),
        stages_ms: [started.elapsed().as_secs_f64() * 1000.0, meter.stages_ms[1], meter.stages_ms[2]],
        ..*meter
    };
    tiles.choice = choice;
}

/// Where the eye is and what it sees, in map metres; `wider` than it really does, for what comes next.
fn view_of(eye: &Eye, wider: f64) -> View {
    let camera = &eye.camera;
    let position = camera.eye();
    let [forward, right, up] = camera.axes();
    let seen = (FIELD_OF_VIEW / 2.0).to_radians().tan();
    let half = seen * wider;
    let plane = |normal: [f64; 3]| {
        let d = -(normal[0] * position[0] + normal[1] * position[1] + normal[2] * position[2]);
        [normal[0], normal[1], normal[2], d]
    };
    let side = |axis: [f64; 3], sign: f64, reach: f64| plane([0, 1, 2].map(|i| forward[i] * reach + sign * axis[i]));
    let across = half * eye.aspect();
    if eye.flat {
        // Sides are parallel: a plane through the target, moved out by half of what is seen.
        let target = [camera.target.east, camera.target.north, camera.up];
        let beside = |axis: [f64; 3], sign: f64, reach: f64| {
            let normal = axis.map(|v| v * sign);
            let through = normal[0] * target[0] + normal[1] * target[1] + normal[2] * target[2];
            [normal[0], normal[1], normal[2], reach * camera.distance - through]
        };
        return View {
            eye: position,
            planes: vec![
                beside(right, 1.0, across),
                beside(right, -1.0, across),
                beside(up, 1.0, half),
                beside(up, -1.0, half),
            ],
            pixels: f64::from(eye.viewport[3]) / (2.0 * seen),
        };
    }
    View {
        eye: position,
        planes: vec![
            plane(forward),
            side(right, 1.0, across),
            side(right, -1.0, across),
            side(up, 1.0, half),
            side(up, -1.0, half),
        ],
        pixels: f64::from(eye.viewport[3]) / (2.0 * seen),
    }
}

/// Drops tiles that were not drawn for longest until a tenth of the cap is free. Gives the bytes of what
/// is left.
fn evict(commands: &mut Commands, tiles: &mut Tiles, most: usize) -> usize {
    let mut bytes: usize = tiles.layers.iter().flat_map(|layer| layer.held.values()).map(|held| held.bytes).sum();
    let most = most / 10 * 9;
    if bytes <= most {
        return bytes;
    }
    let now = tiles.frame;
    let mut old: Vec<(u64, LayerTile)> = tiles
        .layers
        .iter()
        .enumerate()
        .flat_map(|(at, layer)| layer.held.iter().map(move |(key, held)| (held.last_drawn, (at, *key))))
        // The uppermost tiles stay: from them everything can be reached again.
        .filter(|(last, (at, key))| *last < now && !tiles.layers[*at].roots.contains(key))
        .collect();
    old.sort_unstable();
    for (_, (at, key)) in old {
        if bytes <= most {
            break;
        }
        let layer = &mut tiles.layers[at];
        let Some(held) = layer.held.remove(&key) else { continue };
        bytes -= held.bytes;
        held.entities.iter().for_each(|entity| commands.entity(*entity).despawn());
        layer.places.give(held.styles.0, held.styles.1);
        if let Some(known) = layer.known.get_mut(&key) {
            known.ready = false;
        }
        tiles.drawn.remove(&(at, key));
    }
    bytes
}

/// Wakes the window from a worker.
fn waker(proxy: Option<&EventLoopProxyWrapper>) -> Option<Box<dyn Fn() + Send>> {
    let proxy = (**proxy?).clone();
    Some(Box::new(move || _ = proxy.send_event(WinitUserEvent::WakeUp)))
}

/// How long a picture waits for its tiles.
pub const PATIENCE: Duration = Duration::from_secs(120);
