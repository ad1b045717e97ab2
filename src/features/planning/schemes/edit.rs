//! What the user asks for becomes a step in the book.

use bevy::prelude::*;
use bevy::window::RequestRedraw;

use super::state::{SchemesEdit, Tool};
use super::{Drag, Schemes, SchemesPanel};
use crate::features::planning::systems::Planning;
use crate::features::published::{Hand, Pointer, Preferences, Select};
use crate::model::height::UseClass;
use crate::query::identity::feature_of;
use crate::scene::stage::Shown;
use crate::themes::planning::scheme::{Block, Change, Refused};

/// Storeys of a new building.
const STOREYS: u32 = 6;
/// Length and width of a new building, metres: a block of flats.
pub(super) const SIZE: [f64; 2] = [40.0, 14.0];
/// A copy stands so many metres beside.
const BESIDE: f64 = 4.0;

impl Schemes {
    /// Takes a step, or says why not.
    fn step(&mut self, change: Change, language: &crate::panels::Words) {
        self.error.clear();
        match self.history.now().with(change) {
            Ok(book) => {
                self.history.step(book);
                self.keep();
            }
            Err(reason) => self.error = refused(reason, language).to_owned(),
        }
        self.changed = true;
    }

    /// Begins a scheme where none is shown, so that a tool has something to work on.
    fn begin(&mut self, words: &crate::panels::Words) {
        let Some((_, parcel)) = self.parcel.clone() else { return };
        let name = self.history.now().free_name(&parcel, words.schemes.scheme);
        self.step(Change::Begin { parcel, name, at: now() }, words);
        self.active = self.history.now().schemes.last().map(|scheme| scheme.number);
        self.chosen = None;
    }

    /// Adds a building with an outline to the scheme that is shown and chooses it.
    pub(super) fn add(&mut self, outline: Vec<[f64; 2]>, class: UseClass, words: &crate::panels::Words) {
        let Some(active) = self.active else { return };
        let block = Block { number: 0, outline, storeys: STOREYS, storey_height: class.storey_height(), class };
        self.step(Change::Add(active, block), words);
        if self.error.is_empty() {
            let scheme = self.history.now().scheme(active);
            self.chosen = scheme.and_then(|scheme| scheme.blocks.last()).map(|block| block.number);
        }
    }

    /// The building under the hand is let go: one step, however far it went.
    pub(super) fn let_go(&mut self, words: &crate::panels::Words) {
        if let (Some(drag), Some(active)) = (self.drag.take(), self.active)
            && drag.now != drag.from
        {
            self.step(Change::Replace(active, drag.now), words);
        }
        self.changed = true;
    }

    /// What is chosen may be gone after a step back.
    fn settle(&mut self) {
        let book = self.history.now();
        if self.active.is_some_and(|number| book.scheme(number).is_none()) {
            self.active = None;
        }
        let scheme = self.active.and_then(|number| book.scheme(number));
        if self.chosen.is_none_or(|block| scheme.is_none_or(|scheme| scheme.block(block).is_none())) {
            self.chosen = None;
        }
        self.keep();
        self.changed = true;
    }
}

/// Milliseconds since 1970.
fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

pub(super) fn refused(reason: Refused, words: &crate::panels::Words) -> &'static str {
    let w = &words.schemes;
    match reason {
        Refused::NoArea => w.refused_area,
        Refused::TooManyCorners => w.refused_corners,
        Refused::Crossing => w.refused_crossing,
        Refused::Storeys => w.refused_storeys,
        Refused::StoreyHeight => w.refused_storey_height,
        Refused::NoBlock | Refused::NoScheme => w.refused_gone,
        Refused::Name => w.refused_name,
    }
}

#[allow(clippy::too_many_arguments)] // a Bevy system: one argument for each thing it touches
pub(super) fn apply(
    mut panel: ResMut<SchemesPanel>,
    mut schemes: ResMut<Schemes>,
    planning: Res<Planning>,
    preferences: Res<Preferences>,
    shown: Res<Shown>,
    mut pointer: ResMut<Pointer>,
    mut selects: MessageWriter<Select>,
    mut redraw: MessageWriter<RequestRedraw>,
) {
    if panel.edits.is_empty() {
        return;
    }
    let words = preferences.words();
    let schemes = &mut *schemes;
    for edit in std::mem::take(&mut panel.edits) {
        schemes.changed = true;
        redraw.write(RequestRedraw);
        let active = schemes.active;
        let scheme = active.and_then(|number| schemes.history.now().scheme(number)).cloned();
        let block = |number: u32| scheme.as_ref().and_then(|scheme| scheme.block(number)).cloned();
        match edit {
            SchemesEdit::Begin => schemes.begin(words),
            SchemesEdit::Show(number) => {
                (schemes.active, schemes.chosen) = (number, None);
                take(schemes, None, &mut pointer);
            }
            SchemesEdit::Duplicate => {
                if let Some(scheme) = &scheme {
                    let name = schemes.history.now().free_name(&scheme.parcel, words.schemes.scheme);
                    schemes.step(Change::Duplicate { number: scheme.number, name, at: now() }, words);
                    schemes.active = schemes.history.now().schemes.last().map(|scheme| scheme.number);
                }
            }
            SchemesEdit::Rename(number, name) => schemes.step(Change::Rename(number, name), words),
            SchemesEdit::Discard => {
                if let Some(number) = active {
                    schemes.step(Change::Discard(number), words);
                    schemes.settle();
                    take(schemes, None, &mut pointer);
                }
            }
            SchemesEdit::Take(tool) => {
                if tool.is_some() && schemes.active.is_none() {
                    schemes.begin(words);
                }
                take(schemes, tool, &mut pointer);
            }
            SchemesEdit::Size(size) => schemes.size = size,
            SchemesEdit::FinishOutline => {
                let outline = std::mem::take(&mut schemes.corners);
                let class = class_of(&planning);
                schemes.add(outline, class, words);
                take(schemes, None, &mut pointer);
            }
            SchemesEdit::TakeBackCorner => _ = schemes.corners.pop(),
            SchemesEdit::Choose(block) => schemes.chosen = block,
            SchemesEdit::Storeys(number, storeys, storey_height) => {
                if let (Some(active), Some(block)) = (active, block(number)) {
                    schemes.step(Change::Replace(active, Block { storeys, storey_height, ..block }), words);
                }
            }
            SchemesEdit::Use(number, class) => {
                if let (Some(active), Some(block)) = (active, block(number)) {
                    schemes.step(Change::Replace(active, Block { class, ..block }), words);
                }
            }
            SchemesEdit::Turn(degrees) => {
                if let (Some(active), Some(block)) = (active, schemes.chosen.and_then(block)) {
                    schemes.step(Change::Replace(active, block.turned(degrees)), words);
                }
            }
            SchemesEdit::CopyBlock(number) => {
                if let (Some(active), Some(block)) = (active, block(number)) {
                    let width = crate::place::Bounds::around(&block.outline).width();
                    schemes.step(Change::Add(active, block.moved([width + BESIDE, 0.0])), words);
                    let scheme = schemes.history.now().scheme(active);
                    schemes.chosen = scheme.and_then(|scheme| scheme.blocks.last()).map(|block| block.number);
                }
            }
            SchemesEdit::RemoveBlock(number) => {
                if let Some(active) = active {
                    schemes.step(Change::Remove(active, number), words);
                    schemes.settle();
                }
            }
            SchemesEdit::Clear(key, down) => {
                if let (Some(active), Some(scheme)) = (active, &scheme) {
                    let mut cleared = scheme.cleared.clone();
                    cleared.retain(|one| *one != key);
                    if down {
                        cleared.push(key);
                    }
                    schemes.step(Change::Clear(active, cleared), words);
                }
            }
            SchemesEdit::ClearAll(down) => {
                if let Some(active) = active {
                    let all = panel.model.existing.iter().filter(|_| down).map(|one| one.key.clone()).collect();
                    schemes.step(Change::Clear(active, all), words);
                }
            }
            SchemesEdit::Pull(metres) => {
                if schemes.drag.is_none()
                    && let Some(from) = schemes.chosen_block()
                {
                    schemes.drag = Some(Drag { now: from.clone(), from, grip: [0.0; 3], in_scene: false });
                }
                if let Some(drag) = &mut schemes.drag {
                    drag.now = drag.from.pulled_to(metres);
                }
            }
            SchemesEdit::LetGo => schemes.let_go(words),
            SchemesEdit::Undo | SchemesEdit::Redo => {
                schemes.drag = None;
                let done = if edit == SchemesEdit::Undo { schemes.history.undo() } else { schemes.history.redo() };
                if done {
                    schemes.settle();
                }
            }
            SchemesEdit::GoTo(number) => {
                let parcel = schemes.history.now().scheme(number).map(|scheme| scheme.parcel.clone());
                let layer = shown.city.as_ref().zip(planning.parcels);
                if let (Some(parcel), Some((city, layer))) = (parcel, layer) {
                    match feature_of(&city.layers[layer], &parcel) {
                        Some(row) => {
                            selects.write(Select { target: Some((layer, row)), fly: true });
                            schemes.parcel = Some((row, parcel));
                            (schemes.active, schemes.chosen) = (Some(number), None);
                        }
                        None => schemes.error = words.schemes.no_such_parcel.to_owned(),
                    }
                }
            }
            SchemesEdit::SaveLayer => schemes.save(&shown),
        }
    }
}

/// Takes a tool into the hand, or puts it away.
pub(super) fn take(schemes: &mut Schemes, tool: Option<Tool>, pointer: &mut Pointer) {
    schemes.tool = tool;
    schemes.corners.clear();
    if tool.is_some() {
        pointer.hand = Hand::Scheme;
    } else if pointer.hand == Hand::Scheme {
        pointer.hand = Hand::Select;
    }
}

/// The use of a new building: that of the parcel, else housing.
pub(super) fn class_of(planning: &Planning) -> UseClass {
    let land_use = planning.dossier.as_ref().and_then(|dossier| dossier.land_use.as_deref());
    land_use.and_then(UseClass::of).unwrap_or_else(UseClass::housing)
}
