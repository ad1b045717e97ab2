//! Clicks on pins, and the tools that take a place from the map.

use bevy::prelude::*;

use super::pins::{self, radius};
use super::state::{How, Tool};
use super::systems::actor;
use super::{CasePins, Cases, CasesPanel, overlay};
use crate::features::published::{Fly, Hand, Pointer, Preferences, SceneInput, SceneKey, Select};
use crate::index::pick::{Ray, ground_hit};
use crate::scene::stage::Shown;
use crate::scene::view::Eye;
use crate::themes::management::case::{Action, Located};

/// Cases nearer to each other than this, metres, are not parted by a nearer view.
const ONE_PLACE: f64 = 4.0;

/// Takes for itself what is meant for pins or for a tool of the desk.
#[allow(clippy::too_many_arguments)] // a Bevy system: one argument for each thing it touches
pub(super) fn input(
    mut input: MessageReader<SceneInput>,
    mut cases: ResMut<Cases>,
    mut panel: ResMut<CasesPanel>,
    pins: Res<CasePins>,
    preferences: Res<Preferences>,
    eye: Res<Eye>,
    shown: Res<Shown>,
    mut pointer: ResMut<Pointer>,
    mut flights: MessageWriter<Fly>,
    mut selects: MessageWriter<Select>,
) {
    // Another tool was taken into the hand.
    if cases.tool.is_some() && pointer.hand != Hand::Case {
        (cases.tool, cases.changed) = (None, true);
    }
    let mut held = false;
    for wish in input.read() {
        held |= cases.tool.is_some() && matches!(wish, SceneInput::Clicked(_) | SceneInput::DoubleClicked(_));
        match (*wish, cases.tool) {
            (SceneInput::Clicked(at), Some(tool)) => {
                let Some(xy) = ground_at(&eye, &shown, at) else { continue };
                match tool {
                    Tool::Register => cases.draft = Some(xy),
                    Tool::Move(case) => {
                        let within = cases.all.get(case as usize).and_then(|case| case.facts.located.as_ref());
                        let within = within.map(|located| located.within.clone()).unwrap_or_default();
                        let located = Box::new(Located { xy, within, ..Located::default() });
                        let note = std::mem::take(&mut panel.state.form.note);
                        cases.act(&[case], &Action::Move { located }, &note, &actor(&preferences));
                    }
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
            (SceneInput::DoubleClicked(at), None) if pins.shown && overlay::pin_at(&pins, at).is_some() => held = true,
            _ => {}
        }
    }
    if held {
        pointer.held = true;
    }
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
