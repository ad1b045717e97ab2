//! What-if: buildings drawn on the selected parcel, checked as they move, in schemes that are kept apart from the
//! data.
//!
//! 1. [`edit`]: what the panel and the scene ask for becomes a step in the book of schemes;
//! 2. [`hand`]: clicks and drags in the scene: drawing, placing, moving;
//! 3. [`answer`]: dossiers of the schemes on a thread, the panel's contents, bodies in the scene;
//! 4. [`keep`]: every step into the project's own file, on a thread;
//! 5. [`overlay`]: the outline being drawn and the grip that pulls a building up.

mod answer;
mod edit;
mod hand;
mod keep;
pub mod overlay;
pub mod state;
pub mod ui;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use bevy::prelude::*;

use self::answer::Answered;
use self::keep::Keeper;
use self::state::{SchemesEdit, SchemesModel, SchemesState, Tool};
use crate::features::published::{Input, Panel};
use crate::features::work::Work;
use crate::panels::Language;
use crate::scene::Frame;
use crate::themes::planning::scheme::{Block, Book, History, Scheme};

/// The schemes' panels.
pub type SchemesPanel = Panel<SchemesModel, SchemesState, SchemesEdit>;

/// The schemes of the project, and what the user does with them.
#[derive(Resource, Default)]
pub struct Schemes {
    generation: u64,
    /// The file that they are kept in.
    file: Option<PathBuf>,
    keeper: Option<Keeper>,
    history: History<Book>,
    /// The selected parcel: its row and id.
    parcel: Option<(u32, String)>,
    /// The scheme that is shown; the data alone without one.
    active: Option<i64>,
    /// The building of it that is chosen.
    chosen: Option<u32>,
    tool: Option<Tool>,
    corners: Vec<[f64; 2]>,
    /// Length and width of the next building that is placed, metres.
    size: [f64; 2],
    drag: Option<Drag>,
    /// Dossiers by scheme, each with the state that it was made for; the data alone under `None`.
    answers: HashMap<Option<i64>, Answered>,
    asking: Option<Work<Vec<Answered>>>,
    saving: Option<Work<PathBuf>>,
    error: String,
    /// Why schemes are not kept.
    unkept: String,
    language: Option<Language>,
    changed: bool,
}

/// A building under the hand: as it was, and as it is now. One step when it is let go.
struct Drag {
    from: Block,
    now: Block,
    /// Where it was gripped: east, north, up.
    grip: [f64; 3],
    /// Whether the button has gone down for it in the scene; otherwise the overlay's grip says when it is let go.
    in_scene: bool,
}

impl Schemes {
    /// The scheme that is shown, with the building under the hand where it is now.
    fn shown(&self) -> Option<Arc<Scheme>> {
        let scheme = self.history.now().scheme(self.active?)?;
        let Some(drag) = &self.drag else { return Some(scheme.clone()) };
        let mut scheme = Scheme::clone(scheme);
        if let Some(block) = scheme.blocks.iter_mut().find(|block| block.number == drag.now.number) {
            *block = drag.now.clone();
        }
        Some(Arc::new(scheme))
    }

    /// The chosen building as it is now.
    fn chosen_block(&self) -> Option<Block> {
        self.shown()?.block(self.chosen?).cloned()
    }

    /// Whether a scheme is shown: then its red bodies stand in the place of those of the data alone.
    pub(in crate::features::planning) fn is_active(&self) -> bool {
        self.active.is_some()
    }
}

/// Adds schemes.
pub fn plugin(app: &mut App) {
    app.init_resource::<SchemesPanel>()
        .init_resource::<Schemes>()
        .add_systems(Update, (edit::apply, hand::input).chain().in_set(Input::Claim))
        .add_systems(
            Update,
            (keep::follow_project, answer::ask, answer::fill, answer::mark, answer::hide)
                .chain()
                .after(super::systems::ask)
                .in_set(Frame::Rebuild),
        )
        .add_systems(Last, keep::finish);
}
