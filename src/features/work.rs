//! Work on a thread of its own: the frame starts it, looks in, and takes the answer.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};

use crate::report::Progress;

/// Work under way, stopped when nobody waits for it any more.
pub struct Work<T> {
    /// How far it is.
    pub progress: Arc<Progress>,
    slot: Arc<Mutex<Option<Result<T, String>>>>,
}

impl<T> Drop for Work<T> {
    fn drop(&mut self) {
        self.progress.cancel();
    }
}

impl<T: Send + 'static> Work<T> {
    /// Starts it. Whatever happens to it, an answer comes.
    pub fn start(work: impl FnOnce(&Progress) -> Result<T, String> + Send + 'static) -> Self {
        let (progress, slot) = (Arc::new(Progress::default()), Arc::new(Mutex::new(None)));
        let (ours, answer) = (progress.clone(), slot.clone());
        std::thread::spawn(move || {
            // Not among the threads that the frame waits for.
            let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build();
            let working = AssertUnwindSafe(|| match pool {
                Ok(pool) => pool.install(|| work(&ours)),
                Err(error) => Err(error.to_string()),
            });
            let done = std::panic::catch_unwind(working)
                .unwrap_or_else(|_| Err("an error of the program itself; please report it".to_owned()));
            if let Ok(mut slot) = answer.lock() {
                *slot = Some(done);
            }
        });
        Self { progress, slot }
    }

    /// The answer, once, when it is there.
    pub fn take(&self) -> Option<Result<T, String>> {
        self.slot.lock().ok()?.take()
    }
}
