//! What is near the case whose card is shown, looked for on a thread.

use std::sync::Arc;

use bevy::prelude::*;
use bevy::window::RequestRedraw;

use super::Cases;
use crate::features::work::Work;
use crate::scene::stage::Shown;
use crate::themes::management::near::{Near, REACH, near};

/// What is near which case.
#[derive(Resource, Default)]
pub struct Nearby {
    /// The city, the case and where it is.
    of: Option<(u64, String, [f64; 2])>,
    /// Cases when it was looked for.
    among: usize,
    work: Option<Work<Near>>,
    pub(super) found: Option<Arc<Near>>,
    pub(super) error: String,
}

/// Looks again where another case is shown, the shown one was moved, or there are more.
pub(super) fn look(
    mut cases: ResMut<Cases>,
    mut nearby: ResMut<Nearby>,
    shown: Res<Shown>,
    mut redraw: MessageWriter<RequestRedraw>,
) {
    let wanted = cases.shown().and_then(|case| {
        let xy = case.facts.located.as_ref()?.xy;
        Some((shown.generation, case.number.clone(), xy))
    });
    if nearby.of != wanted || (wanted.is_some() && nearby.among != cases.all.len()) {
        let same = nearby.of == wanted;
        *nearby = Nearby {
            among: cases.all.len(),
            // Until the new answer is there the old one of the same place is still good.
            found: nearby.found.take().filter(|_| same),
            of: wanted,
            ..Nearby::default()
        };
        if let Some((_, number, xy)) = nearby.of.clone() {
            let (city, all) = (shown.city.clone(), cases.all.clone());
            nearby.work = Some(Work::start(move |_| {
                near(city.as_deref(), all.iter().map(|case| &**case), Some(&number), xy, REACH)
                    .map_err(|error| error.to_string())
            }));
        }
        cases.changed = true;
    }
    let Some(work) = &nearby.work else { return };
    // Nothing else wakes a window that waits for events.
    redraw.write(RequestRedraw);
    let Some(done) = work.take() else { return };
    nearby.work = None;
    match done {
        Ok(found) => nearby.found = Some(Arc::new(found)),
        Err(reason) => nearby.error = reason,
    }
    cases.changed = true;
}
