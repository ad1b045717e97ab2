//! Clicks and drags in the scene: corners of an outline, a building placed, chosen, moved.

use bevy::prelude::*;

use super::edit::{class_of, take};
use super::state::Tool;
use super::{Drag, Schemes};
use crate::features::planning::systems::Planning;
use crate::features::published::{Hand, Pointer, Preferences, SceneInput};
use crate::index::pick::{HitKind, PickLayer, Ray, ground_hit, pick};
use crate::index::{Ground, LayerIndex};
use crate::model::Title;
use crate::place::MapPoint;
use crate::scene::marks::Group;
use crate::scene::stage::Shown;
use crate::scene::view::Eye;
use crate::themes::planning::scheme::Block;
use crate::themes::planning::what_if::volumes_of;

/// A click this near to the first corner closes the outline, points of the interface.
const CLOSE: f32 = 12.0;

/// Takes for itself what is meant for proposed buildings.
#[allow(clippy::too_many_arguments)] // a Bevy system: one argument for each thing it touches
pub(super) fn input(
    mut input: MessageReader<SceneInput>,
    mut schemes: ResMut<Schemes>,
    planning: Res<Planning>,
    preferences: Res<Preferences>,
    buttons: Res<ButtonInput<MouseButton>>,
    eye: Res<Eye>,
    shown: Res<Shown>,
    mut pointer: ResMut<Pointer>,
) {
    let words = preferences.words();
    let mut held = schemes.drag.is_some();
    // Another tool was taken into the hand.
    if schemes.tool.is_some() && pointer.hand != Hand::Scheme {
        (schemes.tool, schemes.changed) = (None, true);
        schemes.corners.clear();
    }
    for wish in input.read() {
        let Some(mesh) = &shown.mesh else { continue };
        // A click of a tool is nobody else's, even where it puts the tool away.
        held |= schemes.tool.is_some() && matches!(wish, SceneInput::Clicked(_) | SceneInput::DoubleClicked(_));
        match (*wish, schemes.tool) {
            (SceneInput::Clicked(at), Some(Tool::Draw)) => {
                if closes(&schemes, &eye, &mesh.ground, at) {
                    finish_outline(&mut schemes, &planning, &mut pointer, words);
                } else if let Some([east, north, _]) = ground_at(&eye, &mesh.ground, at) {
                    schemes.corners.push([east, north]);
                    schemes.changed = true;
                }
            }
            (SceneInput::DoubleClicked(_), Some(Tool::Draw)) => {
                finish_outline(&mut schemes, &planning, &mut pointer, words);
            }
            (SceneInput::Clicked(at), Some(Tool::Place)) => {
                if let Some([east, north, _]) = ground_at(&eye, &mesh.ground, at) {
                    let [length, width] = schemes.size;
                    let outline = Block::rectangle([east, north], length, width, along(&planning));
                    schemes.add(outline, class_of(&planning), words);
                    take(&mut schemes, None, &mut pointer);
                }
            }
            (SceneInput::Clicked(at), None) => {
                if let Some((block, _)) = block_at(&schemes, &eye, &mesh.ground, &pointer, at) {
                    (schemes.chosen, schemes.changed) = (Some(block.number), true);
                    held = true;
                }
            }
            (SceneInput::Pan(from, to), None) => {
                if schemes.drag.is_none()
                    && let Some((block, grip)) = block_at(&schemes, &eye, &mesh.ground, &pointer, from)
                {
                    schemes.chosen = Some(block.number);
                    schemes.drag = Some(Drag { now: block.clone(), from: block, grip, in_scene: true });
                }
                if let Some(drag) = schemes.drag.as_mut().filter(|drag| drag.in_scene) {
                    held = true;
                    // The gripped point stays under the pointer, at its own height.
                    if let Some([east, north, _]) = eye.sight(to).meets_plane(drag.grip[2]) {
                        drag.now = drag.from.moved([east - drag.grip[0], north - drag.grip[1]]);
                        schemes.changed = true;
                    }
                }
            }
            _ => {}
        }
    }
    if schemes.drag.as_ref().is_some_and(|drag| drag.in_scene) && !buttons.pressed(MouseButton::Left) {
        schemes.let_go(words);
    }
    if held {
        pointer.held = true;
    }
}

fn finish_outline(schemes: &mut Schemes, planning: &Planning, pointer: &mut Pointer, words: &crate::panels::Words) {
    let mut outline = std::mem::take(&mut schemes.corners);
    // The two clicks of a double click set the same corner twice.
    outline.dedup();
    schemes.add(outline, class_of(planning), words);
    take(schemes, None, pointer);
}

/// Whether a click is on the first corner of an outline that can be closed.
fn closes(schemes: &Schemes, eye: &Eye, ground: &Ground, [x, y]: [f32; 2]) -> bool {
    let Some([east, north]) = schemes.corners.first().filter(|_| schemes.corners.len() > 2) else { return false };
    let foot = ground.elevation(MapPoint::new(*east, *north));
    eye.to_window([*east, *north, foot]).is_some_and(|([fx, fy], _)| (fx - x).hypot(fy - y) < CLOSE)
}

/// Where the line of sight meets the drawn ground.
fn ground_at(eye: &Eye, ground: &Ground, at: [f32; 2]) -> Option<[f64; 3]> {
    let sight = eye.sight(at);
    let hit = ground_hit(ground, &Ray { origin: sight.origin, direction: sight.direction })?;
    Some([hit.point.east, hit.point.north, hit.elevation])
}

/// Along the longest side of the parcel, degrees clockwise from north.
fn along(planning: &Planning) -> f64 {
    let sides = planning.dossier.iter().flat_map(|dossier| &dossier.sides);
    sides.max_by(|a, b| a.1.total_cmp(&b.1)).map_or(90.0, |(faces, ..)| faces + 90.0)
}

/// The proposed building under a position of the window, and where the line of sight meets it; none behind something
/// that stands nearer.
fn block_at(
    schemes: &Schemes,
    eye: &Eye,
    ground: &Ground,
    pointer: &Pointer,
    at: [f32; 2],
) -> Option<(Block, [f64; 3])> {
    let scheme = schemes.shown().filter(|scheme| !scheme.blocks.is_empty())?;
    let drawn = Group::of(&volumes_of(&scheme), Title::default(), [0; 3], 1.0);
    let (index, bodies) = (LayerIndex::build_over(&drawn.outlines), drawn.bodies(ground));
    let sight = eye.sight(at);
    let ray = Ray { origin: sight.origin, direction: sight.direction };
    let layer = PickLayer { geometry: &drawn.outlines, index: &index, bodies: Some(&bodies) };
    let hit = *pick(&[layer], ground, &ray, 0.0).hits.first()?;
    let before = pointer.hovered.and_then(|target| target.hit).filter(|(_, kind)| *kind != HitKind::Flat);
    if before.is_some_and(|(distance, _)| distance < hit.distance) {
        return None;
    }
    Some((scheme.blocks.get(hit.feature as usize)?.clone(), sight.at(hit.distance)))
}
