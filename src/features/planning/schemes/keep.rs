//! Schemes into the project's own file, step by step, on a thread: no frame waits for a disk.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::JoinHandle;

use bevy::prelude::*;
use bevy::window::RequestRedraw;

use super::Schemes;
use super::edit::SIZE;
use super::state::Kept;
use crate::features::published::{Notice, OpenProject};
use crate::place::Crs;
use crate::report::{Issue, Severity};
use crate::scene::stage::Shown;
use crate::store::{Store, place};
use crate::themes::planning::scheme::{Book, History};

const ON_DISK: u8 = 0;
const WRITING: u8 = 1;
const FAILED: u8 = 2;

/// The thread that writes. What waits while it writes is written together: the last state counts.
pub(super) struct Keeper {
    /// States to keep; gone when the thread is to end.
    states: Option<mpsc::Sender<Book>>,
    thread: Option<JoinHandle<()>>,
    /// Whether all that was sent is on the disk: [`ON_DISK`], [`WRITING`], [`FAILED`].
    kept: Arc<AtomicU8>,
    error: Arc<Mutex<Option<String>>>,
}

impl Keeper {
    /// Begins after a state that is on the disk.
    fn start(path: PathBuf, crs: Crs, before: Book) -> Self {
        let (states, incoming) = mpsc::channel::<Book>();
        let (kept, error) = (Arc::new(AtomicU8::new(ON_DISK)), Arc::new(Mutex::new(None)));
        let (done, failed) = (kept.clone(), error.clone());
        let thread = std::thread::spawn(move || {
            let mut before = before;
            let mut store = None;
            while let Ok(first) = incoming.recv() {
                let last = incoming.try_iter().last().unwrap_or(first);
                let written = (|| {
                    let store = match &mut store {
                        Some(store) => store,
                        None => store.insert(Store::open(&path, &crs)?),
                    };
                    store.keep_schemes(&before, &last)
                })();
                match written {
                    Ok(()) => {
                        before = last;
                        done.store(ON_DISK, Ordering::Release);
                    }
                    // What is still to be kept is tried again with the next step.
                    Err(reason) => {
                        if let Ok(mut failed) = failed.lock() {
                            *failed = Some(reason.to_string());
                        }
                        done.store(FAILED, Ordering::Release);
                    }
                }
            }
        });
        Self { states: Some(states), thread: Some(thread), kept, error }
    }

    fn send(&self, book: Book) {
        self.kept.store(WRITING, Ordering::Release);
        // The thread ends only when this end is closed.
        let _ = self.states.as_ref().map(|states| states.send(book));
    }

    /// Whether the last state is on the disk.
    pub(super) fn kept(&self) -> Kept {
        match self.kept.load(Ordering::Acquire) {
            ON_DISK => Kept::OnDisk,
            WRITING => Kept::Writing,
            _ => Kept::No,
        }
    }
}

impl Drop for Keeper {
    /// Waits until everything is on the disk.
    fn drop(&mut self) {
        self.states = None;
        if let Some(thread) = self.thread.take() {
            // It does not panic; and if it did, there is nobody to tell any more.
            let _ = thread.join();
        }
    }
}

impl Schemes {
    /// Sends the state to the disk.
    pub(super) fn keep(&self) {
        if let Some(keeper) = &self.keeper {
            keeper.send(self.history.now().clone());
        }
    }
}

/// Reads the schemes of a project that was opened; those of the same project stay as they are.
pub(super) fn follow_project(
    mut schemes: ResMut<Schemes>,
    project: Res<OpenProject>,
    shown: Res<Shown>,
    mut notices: MessageWriter<Notice>,
    mut redraw: MessageWriter<RequestRedraw>,
) {
    if let Some(keeper) = &schemes.keeper {
        let failed = keeper.error.lock().ok().and_then(|mut error| error.take());
        if keeper.kept() == Kept::Writing {
            redraw.write(RequestRedraw);
        }
        if let Some(message) = failed {
            notices.write(Notice(issue(Severity::Error, message.clone())));
            (schemes.unkept, schemes.changed) = (message, true);
        }
    }
    if schemes.generation == shown.generation {
        return;
    }
    schemes.generation = shown.generation;
    schemes.answers.clear();
    schemes.asking = None;
    schemes.parcel = None;
    schemes.changed = true;
    if schemes.size == [0.0; 2] {
        schemes.size = SIZE;
    }
    let Some(city) = &shown.city else { return };
    let file = match place::file_of(&project.0) {
        Ok(file) => file,
        Err(reason) => {
            notices.write(Notice(issue(Severity::Error, reason.to_string())));
            schemes.unkept = reason.to_string();
            return;
        }
    };
    if schemes.file.as_ref() == Some(&file) && schemes.keeper.is_some() {
        return;
    }
    // What the last project still has to write is written first.
    *schemes = Schemes { generation: schemes.generation, size: schemes.size, changed: true, ..Schemes::default() };
    let read = Store::open_existing(&file, &city.crs).and_then(|store| store.map(|store| store.schemes()).transpose());
    match read {
        Ok(found) => {
            let (book, issues) = found.unwrap_or_default();
            notices.write_batch(issues.into_iter().map(Notice));
            schemes.history = History::new(book.clone());
            schemes.keeper = Some(Keeper::start(file.clone(), city.crs.clone(), book));
        }
        // Without a keeper nothing is written over what could not be read.
        Err(reason) => {
            notices.write(Notice(issue(Severity::Error, reason.to_string())));
            schemes.unkept = reason.to_string();
        }
    }
    schemes.file = Some(file);
}

fn issue(severity: Severity, message: String) -> Issue {
    Issue { severity, layer: "schemes".to_owned(), feature: None, message }
}

/// Waits for the disk when the program ends.
pub(super) fn finish(mut schemes: ResMut<Schemes>, mut exits: MessageReader<AppExit>) {
    if exits.read().count() > 0 {
        schemes.keeper = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::height::UseClass;
    use crate::themes::planning::scheme::{Block, Change};

    /// Over a hundred steps and as many back, as fast as they come: what is on the disk at the end is the last state.
    #[test]
    fn the_last_of_many_steps_is_on_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let (path, crs) = (folder.path().join("work.gpkg"), Crs::parse("EPSG:4548").unwrap());
        let begin = Change::Begin { parcel: "P".into(), name: "A".into(), at: 1 };
        let mut history = History::new(Book::default());
        let keeper = Keeper::start(path.clone(), crs.clone(), history.now().clone());
        history.step(history.now().with(begin).unwrap());
        for step in 0..130 {
            let outline = Block::rectangle([516_000.0 + 30.0 * f64::from(step), 4_330_000.0], 20.0, 10.0, 0.0);
            let block = Block { number: 0, outline, storeys: 3, storey_height: 3.0, class: UseClass::housing() };
            history.step(history.now().with(Change::Add(1, block)).unwrap());
            keeper.send(history.now().clone());
        }
        for _ in 0..110 {
            assert!(history.undo());
            keeper.send(history.now().clone());
        }
        drop(keeper);
        let read = Store::open(&path, &crs).unwrap().schemes().unwrap().0;
        assert_eq!(read.schemes[0].blocks.len(), 20);
        assert_eq!(&read, history.now());
    }

    #[test]
    fn what_cannot_be_kept_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("work.gpkg");
        std::fs::write(&path, "no database, but a text that is long enough to be looked at").unwrap();
        let keeper = Keeper::start(path.clone(), Crs::parse("EPSG:4548").unwrap(), Book::default());
        keeper.send(Book::default());
        let (error, state) = (keeper.error.clone(), keeper.kept.clone());
        drop(keeper);
        let said = error.lock().unwrap().take().unwrap();
        assert!(said.contains("work.gpkg"), "{said}");
        assert_eq!(state.load(Ordering::Acquire), FAILED, "it is not said to be saved");
        assert!(std::fs::read_to_string(&path).unwrap().starts_with("no database"));
    }
}
