//! An answer that is reckoned off the frame's thread and made anew when what was asked for has changed.

use std::sync::Arc;

use crate::features::work::Work;

/// What became of an answer in a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Followed {
    /// Nothing changed.
    Same,
    /// It is being reckoned: look again in the next frame.
    Busy,
    /// A new one is there, or none could be.
    New,
}

/// An answer with what it was asked for.
pub struct Reckoned<W, T> {
    /// The last answer; it stays while its successor is reckoned.
    pub answer: Option<Arc<T>>,
    /// Why there is none.
    pub error: String,
    asked: Option<W>,
    work: Option<(W, Work<T>)>,
}

impl<W, T> Default for Reckoned<W, T> {
    fn default() -> Self {
        Self { answer: None, error: String::new(), asked: None, work: None }
    }
}

impl<W: Clone + PartialEq, T: Send + 'static> Reckoned<W, T> {
    /// Whether one is being reckoned.
    pub fn is_busy(&self) -> bool {
        self.work.is_some()
    }

    /// Takes in what is done, and begins with what is asked for now. What is under way is ended first: an answer to
    /// what was asked a moment ago is better than none while time is played.
    pub fn follow(&mut self, wish: W, reckon: impl FnOnce() -> Result<T, String> + Send + 'static) -> Followed {
        let mut followed = Followed::Same;
        if let Some((asked, work)) = &self.work {
            let Some(done) = work.take() else { return Followed::Busy };
            self.asked = Some(asked.clone());
            self.work = None;
            followed = Followed::New;
            match done {
                Ok(answer) => (self.answer, self.error) = (Some(Arc::new(answer)), String::new()),
                Err(reason) => (self.answer, self.error) = (None, reason),
            }
        }
        if self.asked.as_ref() != Some(&wish) {
            self.work = Some((wish, Work::start(move |_| reckon())));
            // Nothing else wakes a window that waits for events.
            followed = if followed == Followed::New { Followed::New } else { Followed::Busy };
        }
        followed
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn an_answer_is_made_once_and_anew_when_the_question_changes() {
        let mut reckoned: Reckoned<u32, u32> = Reckoned::default();
        let until = |reckoned: &mut Reckoned<u32, u32>, wish: u32| {
            let began = Instant::now();
            while reckoned.follow(wish, move || if wish == 13 { Err("no".into()) } else { Ok(wish * 2) })
                != Followed::New
            {
                assert!(began.elapsed() < Duration::from_secs(20));
                std::thread::sleep(Duration::from_millis(1));
            }
        };
        until(&mut reckoned, 2);
        assert_eq!(reckoned.answer.as_deref(), Some(&4));
        assert_eq!(reckoned.follow(2, || panic!("is not asked again")), Followed::Same);
        until(&mut reckoned, 3);
        assert_eq!((reckoned.answer.as_deref(), reckoned.is_busy()), (Some(&6), false));
        until(&mut reckoned, 13);
        assert_eq!((reckoned.answer.as_deref(), reckoned.error.as_str()), (None, "no"));
    }
}
