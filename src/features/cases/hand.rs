//! Clicks on pins, and the tools that take a place from the map.

use bevy::prelude::*;

use super::pins::{self, Lens, radius};
use super::state::{How, Tool};
use super::systems::actor;
use super::{CasePins, Cases, CasesPanel, overlay};
use crate::features::published::{Fly, Hand, Pointer, Preferences, SceneInput, SceneKey, Select};
use crate::index::pick::{Ray, ground_hit};
use crate::place::MapPoint;
use crate::scene::stage::Shown;
use crate::scene::view::Eye;
use crate::themes::management::case::{Action, Located};
use crate::themes::management::machine::Verb;

/// Cases nearer to each other than this, metres, are not parted by a nearer view.
const ONE_PLACE: f64 = 4.0;

/// The selected case's pin, dragged to where the case really is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Drag {
    case: u32,
    /// From where it was taken to its foot, points.
    grip: [f32; 2],
    /// Where its foot is now, project CRS.
    pub(super) xy: [f64; 2],
}

/// Takes for itself what is meant for pins or for a tool of the desk.
#[allow(clippy::too_many_arguments)] // a Bevy system: one argument for each thing it touches
pub(super) fn input(
    mut input: MessageReader<SceneInput>,
    mut cases: ResMut<Cases>,
    mut panel: ResMut<CasesPanel>,
    pins: Res<CasePins>,
    preferences: Res<Preferences>,
    (eye, buttons): (Res<Eye>, Res<ButtonInput<MouseButton>>),
    shown: Res<Shown>,
    mut pointer: ResMut<Pointer>,
    mut flights: MessageWriter<Fly>,
    mut selects: MessageWriter<Select>,
) {
    // Another tool was taken into the hand.
    if cases.tool.is_some() && pointer.hand != Hand::Case {
        (cases.tool, cases.changed) = (None, true);
    }
    let mut held = cases.drag.is_some();
    for wish in input.read() {
        held |= cases.tool.is_some() && matches!(wish, SceneInput::Clicked(_) | SceneInput::DoubleClicked(_));
        match (*wish, cases.tool) {
            (SceneInput::Clicked(at), Some(tool)) => {
                let Some(xy) = ground_at(&eye, &shown, at) else { continue };
                match tool {
                    Tool::Register => cases.draft = Some(xy),
                    Tool::Move(case) => put(&mut cases, &mut panel, case, xy, &preferences),
                }
                (cases.tool, cases.changed) = (None, true);
                pointer.hand = Hand::Select;
            }
            (SceneInput::Key(SceneKey::Escape), Some(_)) => {
                (cases.tool, cases.changed) = (None, true);
                pointer.hand = Hand::Select;
                held = true;
            }
            (SceneInput::Key(SceneKey::Escape), None) if cases.current.is_some() || !cases.spread.is_empty() => {
                cases.unselect();
                held = true;
            }
            (SceneInput::Clicked(at), None) if pointer.hand == Hand::Select && pins.shown => {
                match overlay::pin_at(&pins, at) {
                    Some(pin) => {
                        held = true;
                        let members: Vec<u32> = pins.pins.members(pin).collect();
                        clicked(&mut cases, &pins, &members, &eye, &mut flights);
                        selects.write(Select { target: None, fly: false });
                    }
                    None => cases.unselect(),
                }
            }
            (SceneInput::Pan(from, to), None) if pointer.hand == Hand::Select => {
                if cases.drag.is_none() {
                    cases.drag = grip(&cases, &eye, &shown, &preferences, from);
                }
                if let Some(drag) = cases.drag.as_mut() {
                    held = true;
                    if let Some(xy) = ground_at(&eye, &shown, [to[0] + drag.grip[0], to[1] + drag.grip[1]]) {
                        drag.xy = xy;
                    }
                }
            }
            (SceneInput::DoubleClicked(at), None) if pins.shown && overlay::pin_at(&pins, at).is_some() => held = true,
            _ => {}
        }
    }
    if !buttons.pressed(MouseButton::Left)
        && let Some(Drag { case, xy, .. }) = cases.drag.take()
    {
        put(&mut cases, &mut panel, case, xy, &preferences);
    }
    if held {
        pointer.held = true;
    }
}

/// Says that a case is really here.
fn put(cases: &mut Cases, panel: &mut CasesPanel, case: u32, xy: [f64; 2], preferences: &Preferences) {
    let within = cases.all.get(case as usize).and_then(|case| case.facts.located.as_ref());
    let within = within.map(|located| located.within.clone()).unwrap_or_default();
    let located = Box::new(Located { xy, within, ..Located::default() });
    let note = std::mem::take(&mut panel.state.form.note);
    cases.act(&[case], &Action::Move { located }, &note, &actor(preferences));
}

/// The selected case's pin under the pointer, where whoever sits at the desk may move it.
fn grip(cases: &Cases, eye: &Eye, shown: &Shown, preferences: &Preferences, at: [f32; 2]) -> Option<Drag> {
    let case = cases.shown()?;
    let xy = case.facts.located.as_ref()?.xy;
    let ground = &shown.mesh.as_ref()?.ground;
    let up = ground.elevation(MapPoint::new(xy[0], xy[1]));
    let foot = Lens::of(eye).see([xy[0], xy[1], up])?;
    let may = case.next(actor(preferences).role).contains(&Verb::Move);
    let grip = [foot[0] - at[0], foot[1] - at[1]];
    (may && overlay::holds_selected(grip)).then_some(Drag { case: cases.current?, grip, xy })
}

/// A pin of one case selects it; of several at one place shows them as a list; of several places goes there.
fn clicked(cases: &mut Cases, pins: &CasePins, members: &[u32], eye: &Eye, flights: &mut MessageWriter<Fly>) {
    let case = |spot: &u32| pins.listed.spots.get(*spot as usize).map(|spot| spot.case);
    cases.spread.clear();
    cases.changed = true;
    if let [one] = members {
        if let Some(case) = case(one) {
            cases.select(case, How::Only);
        }
        return;
    }
    let extent = pins::extent(&pins.listed.spots, members.iter().copied());
    let near = eye.camera.metres_per_pixel(f64::from(eye.viewport[3])) * f64::from(radius(1)) < ONE_PLACE / 8.0;
    if extent.width().max(extent.height()) < ONE_PLACE || near {
        cases.spread = members.iter().filter_map(case).collect();
    } else {
        let margin = (extent.width().max(extent.height()) * 0.15).max(15.0);
        flights.write(Fly::To(extent.grown(margin)));
    }
}

/// Something else was selected: the card makes room.
pub(super) fn let_go(mut selects: MessageReader<Select>, mut cases: ResMut<Cases>) {
    if selects.read().any(|select| select.target.is_some()) && cases.current.is_some() {
        cases.unselect();
    }
}

/// Where the line of sight meets the drawn ground.
fn ground_at(eye: &Eye, shown: &Shown, at: [f32; 2]) -> Option<[f64; 2]> {
    let sight = eye.sight(at);
    let hit = ground_hit(&shown.mesh.as_ref()?.ground, &Ray { origin: sight.origin, direction: sight.direction })?;
    Some([hit.point.east, hit.point.north])
}
