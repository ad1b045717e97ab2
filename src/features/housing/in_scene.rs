//! The house in the scene: the slab of the selected unit, the building cut open, and which unit a click hits.

use std::sync::Arc;

use bevy::prelude::*;
use bevy::window::RequestRedraw;

use super::state::House;
use super::systems::Housing;
use crate::features::published::{Hand, Pointer, SceneInput, Select, Styles};
use crate::features::under::{targets, under};
use crate::index::pick::{HitKind, PickLayer, Ray, pick};
use crate::index::{Bodies, Ground, LayerIndex};
use crate::model::Title;
use crate::panels::Words;
use crate::panels::words::both;
use crate::scene::camera::Sight;
use crate::scene::marks::{Group, Marks};
use crate::scene::stage::{Looks, Shown};
use crate::scene::view::Eye;
use crate::themes::housing::standing::Standing;
use crate::themes::volumes::{Volume, outlines};

/// Under whose name bodies are shown and rows are hidden.
const WHO: &str = "housing";
/// The colour of the selected unit, unlike those of states and of a selected building; and of what is left of a building
/// that is cut open.
const CHOSEN: [u8; 3] = [0x00, 0xe5, 0xff];
const BUILDING: [u8; 3] = [0xc9, 0xcd, 0xd2];

/// A building cut open, between elevations as drawn.
struct Cut {
    below: Vec<Volume>,
    units: Vec<(u32, Volume)>,
}

impl Cut {
    fn of(house: &House, storey: i32) -> Option<Self> {
        let (standing, opened) = (house.standing.as_ref()?, house.floors()?.open(storey));
        let foot = opened.below.iter().map(|body| body.base).fold(f64::INFINITY, f64::min);
        let below = opened.below.into_iter().map(|mut body| {
            // Walls go down to the lowest ground at their feet.
            body.base -= if body.base <= foot { standing.sunk } else { 0.0 };
            raised(body, standing)
        });
        let units = opened.units.into_iter().map(|(unit, body)| (unit, raised(body, standing)));
        Some(Self { below: below.collect(), units: units.collect() })
    }

    /// Its groups in the scene: what stands below, units by the colour of their state, the chosen one.
    fn groups(&self, house: &House, chosen: Option<u32>) -> Vec<Group> {
        let mut groups = vec![group(&self.below, both(|words| words.housing.card.to_owned()), BUILDING)];
        let mut colours: Vec<[u8; 3]> = Vec::new();
        let colour = |unit: u32| if Some(unit) == chosen { CHOSEN } else { house.colour(unit) };
        for (unit, _) in &self.units {
            if !colours.contains(&colour(*unit)) {
                colours.push(colour(*unit));
            }
        }
        for each in colours {
            let of_colour = self.units.iter().filter(|(unit, _)| colour(*unit) == each);
            let state = of_colour.clone().next().and_then(|(unit, _)| house.state(*unit)).filter(|_| each != CHOSEN);
            // A text that the tables do not know may be anything, names too.
            let class = state.and_then(|state| state.class.as_ref());
            let label = match class {
                Some(class) => class.title.clone(),
                None if each == CHOSEN => both(selected),
                None => both(|words| words.housing.unit.to_owned()),
            };
            let bodies: Vec<Volume> = of_colour.map(|(_, body)| body.clone()).collect();
            groups.push(group(&bodies, label, each));
        }
        groups
    }
}

fn raised(body: Volume, standing: &Standing) -> Volume {
    Volume { base: body.base + standing.ground, top: body.top + standing.ground, ..body }
}

fn selected(words: &'static Words) -> String {
    words.housing.selected_unit.to_owned()
}

fn group(bodies: &[Volume], label: Title, colour: [u8; 3]) -> Group {
    Group { elevations: true, ..Group::of(bodies, label, colour, 1.0) }
}

fn groups(house: &House, cut: Option<i32>, chosen: Option<u32>) -> Vec<Group> {
    let mut groups = Vec::new();
    let opened = cut.and_then(|storey| Cut::of(house, storey));
    if let Some(opened) = &opened {
        groups = opened.groups(house, chosen);
    }
    let slab = chosen.and_then(|unit| Some(raised(house.floors()?.slab(unit)?, house.standing.as_ref()?)));
    // What lies above the cut is not there, and on the open floor it is among the others.
    let seen = |slab: &Volume| {
        opened.as_ref().is_none_or(|cut| {
            let floor = cut.below.iter().map(|body| body.top).fold(f64::NEG_INFINITY, f64::max);
            slab.base < floor && !cut.units.iter().any(|(unit, _)| Some(*unit) == chosen)
        })
    };
    groups.extend(slab.filter(seen).map(|slab| group(&[slab], both(selected), CHOSEN)));
    groups
}

/// What was marked last: the house, the storey that it was cut open above, the selected unit.
type Marked = (Option<Arc<House>>, Option<i32>, Option<u32>);

/// Lights up the selected unit in its building, and shows the building cut open.
pub(super) fn mark(housing: Res<Housing>, mut marks: ResMut<Marks>, mut shown: Local<Option<Marked>>) {
    let (house, cut, chosen) = (housing.house(), housing.cut(), housing.selected_unit());
    let same =
        |old: &Marked| old.0.as_ref().map(Arc::as_ptr) == house.map(Arc::as_ptr) && (old.1, old.2) == (cut, chosen);
    if shown.as_ref().is_some_and(same) {
        return;
    }
    *shown = Some((house.cloned(), cut, chosen));
    let groups = house.map(|house| groups(house, cut, chosen)).unwrap_or_default();
    if !marks.are(WHO, &groups) {
        marks.show(WHO, groups);
    }
}

/// Hides the building that is shown cut open.
pub(super) fn hide(housing: Res<Housing>, mut looks: ResMut<Looks>) {
    let house = housing.house().filter(|_| housing.cut().is_some());
    let hidden = house.and_then(|house| Some((house.layer, house.standing.as_ref()?.rows.as_slice())));
    for number in 0..looks.layers.len() {
        let rows = hidden.filter(|(layer, _)| *layer == number).map_or(&[][..], |(_, rows)| rows);
        if !looks.layers[number].hidden.are(WHO, rows) {
            looks.layers[number].hidden.set(WHO, rows.to_vec());
        }
    }
}

/// A click on the house is one on the unit there.
#[allow(clippy::too_many_arguments)] // a Bevy system: one argument for each thing it touches
pub(super) fn click(
    mut input: MessageReader<SceneInput>,
    mut housing: ResMut<Housing>,
    shown: Res<Shown>,
    looks: Res<Looks>,
    styles: Res<Styles>,
    eye: Res<Eye>,
    mut pointer: ResMut<Pointer>,
    mut selects: MessageWriter<Select>,
    mut redraw: MessageWriter<RequestRedraw>,
) {
    for wish in input.read() {
        let (SceneInput::Clicked(at), Hand::Select, false) = (*wish, pointer.hand, pointer.held) else { continue };
        let (Some(house), Some(mesh)) = (housing.house().cloned(), &shown.mesh) else { continue };
        let (picked, numbers) = under(at, &eye, &shown, &looks, &styles);
        let nearest = targets(&picked, &numbers).into_iter().find_map(|target| {
            let (distance, kind) = target.hit?;
            (kind != HitKind::Flat).then_some((target.layer, target.feature, distance))
        });
        let sight = eye.sight(at);
        let unit = match housing.cut().and_then(|storey| Cut::of(&house, storey)) {
            Some(cut) => on_opened(&cut, &house, &sight, &mesh.ground, nearest.map(|(.., distance)| distance)),
            None => nearest.and_then(|(layer, row, distance)| {
                let rows = &house.standing.as_ref()?.rows;
                (layer == house.layer && rows.contains(&row)).then(|| unit_at(&house, sight.at(distance)))
            }),
        };
        let Some(unit) = unit else { continue };
        pointer.held = true;
        if let Some(target) = housing.point_at(unit) {
            selects.write(Select { target: Some(target), fly: false });
        }
        redraw.write(RequestRedraw);
    }
}

/// What lies behind an opened building is not under the pointer.
pub(super) fn hover(
    mut input: MessageReader<SceneInput>,
    housing: Res<Housing>,
    shown: Res<Shown>,
    eye: Res<Eye>,
    mut pointer: ResMut<Pointer>,
) {
    let Some(SceneInput::Moved(Some(at))) = input.read().last().copied() else { return };
    let (Some(house), Some(storey), Some(mesh)) = (housing.house(), housing.cut(), &shown.mesh) else { return };
    let before = pointer.hovered.and_then(|target| target.hit).filter(|(_, kind)| *kind != HitKind::Flat);
    let nearer = before.map(|(distance, _)| distance);
    let hit = |cut: Cut| on_opened(&cut, house, &eye.sight(at), &mesh.ground, nearer);
    if pointer.hovered.is_some() && Cut::of(house, storey).and_then(hit).is_some() {
        pointer.hovered = None;
    }
}

fn unit_at(house: &House, [east, north, up]: [f64; 3]) -> Option<u32> {
    house.floors()?.unit_at([east, north], up - house.standing.as_ref()?.ground)
}

/// The unit of the opened building in a line of sight, `Some(None)` where there is none of its units; `None` beside it,
/// and behind something nearer.
fn on_opened(cut: &Cut, house: &House, sight: &Sight, ground: &Ground, nearer: Option<f64>) -> Option<Option<u32>> {
    let bodies: Vec<Volume> = cut.units.iter().map(|(_, body)| body).chain(&cut.below).cloned().collect();
    let geometry = outlines(&bodies);
    let elevation = |of: fn(&Volume) -> f64| bodies.iter().map(|body| of(body) as f32).collect::<Vec<_>>();
    let stand = Bodies::between(&elevation(|body| body.base), &elevation(|body| body.top));
    let index = LayerIndex::build_over(&geometry);
    let layer = PickLayer { geometry: &geometry, index: &index, bodies: Some(&stand) };
    let ray = Ray { origin: sight.origin, direction: sight.direction };
    let hit = *pick(&[layer], ground, &ray, 0.0).hits.first()?;
    if nearer.is_some_and(|distance| distance < hit.distance) {
        return None;
    }
    let unit = cut.units.get(hit.feature as usize).map(|(unit, _)| *unit);
    Some(unit.or_else(|| unit_at(house, sight.at(hit.distance))))
}
