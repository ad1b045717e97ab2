//! One long work at a time, on a thread of its own: pure calls on owned data, cancelled when stale.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use bevy::prelude::*;

use super::preview;
use super::state::Preview;
use crate::city::{City, CityError};
use crate::mesh::city::{CityMesh, Whole};
use crate::model::project::Project;
use crate::report::Progress;
use crate::snapshot::package::{is_package, open_package};

/// A city with its meshes, or why there is none.
pub type Loaded = Result<(Arc<City>, CityMesh), CityError>;

/// What a work gives back.
pub enum Done {
    /// What is in a source.
    Looked(PathBuf, Result<Preview, String>),
    /// A project with its city and meshes; boxed because it is large.
    Loaded(Box<(Project, Loaded)>),
    /// Another project than the one that was open, the same way; or why it cannot be read.
    Opened(PathBuf, Box<Result<(Project, Loaded), String>>),
}

/// The work under way.
#[derive(Resource, Default)]
pub struct Job {
    running: Option<Running>,
}

struct Running {
    progress: Arc<Progress>,
    slot: Arc<Mutex<Option<Done>>>,
    path: Option<PathBuf>,
}

impl Job {
    /// Asks the work to stop.
    pub fn cancel(&self) {
        if let Some(running) = &self.running {
            running.progress.cancel();
        }
    }

    /// Whether a work is under way.
    pub fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// What is being done and how far it is.
    pub fn progress(&self) -> Option<(String, Option<f32>)> {
        self.running.as_ref().map(|running| running.progress.read())
    }

    /// The source being looked at or loaded.
    pub fn path(&self) -> Option<&PathBuf> {
        self.running.as_ref()?.path.as_ref()
    }

    /// Takes the result when the work is done.
    pub fn take(&mut self) -> Option<Done> {
        let done = self.running.as_ref()?.slot.lock().ok()?.take()?;
        self.running = None;
        Some(done)
    }

    /// Looks into a source; a work under way is cancelled and its result dropped.
    pub fn look(&mut self, path: PathBuf, encoding: Option<String>) {
        let source = path.clone();
        self.start(Some(path), move |progress| {
            let looked = guarded(|| preview::look(&source, encoding.as_deref(), progress));
            Done::Looked(source.clone(), looked.and_then(|looked| looked))
        });
    }

    /// Loads a project.
    pub fn load(&mut self, project: Project, path: Option<PathBuf>) {
        self.start(path, move |progress| {
            let loaded = loaded(&project, progress);
            Done::Loaded(Box::new((project, loaded)))
        });
    }

    /// Opens a project file, or a package, instead of what is open.
    pub fn open(&mut self, path: PathBuf) {
        self.start(Some(path.clone()), move |progress| {
            let read = guarded(|| match is_package(&path) {
                true => open_package(&path, progress),
                false => Project::read(&path).map_err(|error| error.to_string()),
            });
            let opened = read.and_then(|project| project).map(|project| {
                let loaded = loaded(&project, progress);
                (project, loaded)
            });
            Done::Opened(path, Box::new(opened))
        });
    }

    fn start(&mut self, path: Option<PathBuf>, work: impl FnOnce(&Progress) -> Done + Send + 'static) {
        self.cancel();
        let (progress, slot) = (Arc::new(Progress::default()), Arc::new(Mutex::new(None)));
        self.running = Some(Running { progress: progress.clone(), slot: slot.clone(), path });
        std::thread::spawn(move || {
            let done = work(&progress);
            if let Ok(mut slot) = slot.lock() {
                *slot = Some(done);
            }
        });
    }
}

fn loaded(project: &Project, progress: &Progress) -> Loaded {
    let loaded = guarded(|| {
        let city = Arc::new(City::open(project, progress)?);
        let mesh = CityMesh::build(&city, Whole::Untiled, progress).map_err(|_| CityError::Cancelled)?;
        Ok((city, mesh))
    });
    loaded.unwrap_or_else(|reason| Err(CityError::Nothing { reasons: vec![reason] }))
}

/// Whether a path is a project, or a package with one, and no data to be added.
pub fn is_project(path: &Path) -> bool {
    is_package(path)
        || path.file_name().is_some_and(|name| name == "project.toml")
        || path.join("project.toml").is_file()
}

/// A reader's panic is our fault, and must cost the user a message at most.
fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).map_err(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
        format!("an error of the program itself: {}; please report it with the file", text.unwrap_or("no details"))
    })
}
