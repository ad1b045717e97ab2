//! Cases over time (回放): what was there at a moment, and what happened between two.

use std::ops::Range;

use super::case::Case;
use super::machine::Verb;

/// Whether a case was there and not at its end at a moment: reported by then, and not ended.
pub fn is_open_at(case: &Case, at: i64) -> bool {
    case.facts.reported <= at && case.ended.is_none_or(|ended| ended > at)
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// When, milliseconds since 1970 UTC.
    pub at: i64,
    /// To which case.
    pub number: String,
    /// What; `None`: it came to its end in another system.
    pub verb: Option<Verb>,
}

/// How many there were at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Frame {
    /// The moment, milliseconds since 1970 UTC.
    pub at: i64,
    /// Cases that were open.
    pub open: u64,
    /// Reported since the frame before.
    pub reported: u64,
    /// Ended since the frame before.
    pub ended: u64,
}

/// Frames of a period, one at the end of each step: open cases, and those that came and went in it.
pub fn frames(cases: &[Case], period: &Range<i64>, step: i64) -> Vec<Frame> {
    let step = step.max(1);
    let length = (period.end - period.start).max(0);
    // A million frames are more than anybody looks at.
    let count = (length / step + i64::from(length % step != 0)).min(1_000_000);
    let mut frames: Vec<Frame> =
        (1..=count).map(|n| Frame { at: (period.start + n * step).min(period.end), ..Frame::default() }).collect();
    let place = |at: i64| usize::try_from((at - period.start).max(0) / step).unwrap_or(usize::MAX);
    let mut open = 0_u64;
    for case in cases {
        let (came, went) = (case.facts.reported, case.ended);
        if came < period.start && went.is_none_or(|at| at >= period.start) {
            open += 1;
        }
        if let Some(frame) = period.contains(&came).then(|| frames.get_mut(place(came))).flatten() {
            frame.reported += 1;
        }
        // What ended before it came, by a slip of the data, ends when it comes.
        if let Some(at) = went.map(|at| at.max(came)).filter(|at| period.contains(at))
            && let Some(frame) = frames.get_mut(place(at))
        {
            frame.ended += 1;
        }
    }
    for frame in &mut frames {
        open = (open + frame.reported).saturating_sub(frame.ended);
        frame.open = open;
    }
    frames
}

/// Everything that happened in a period, in order.
pub fn events(cases: &[Case], period: &Range<i64>) -> Vec<Event> {
    let mut events = Vec::new();
    for case in cases {
        let mut happened = |at: i64, verb| {
            if period.contains(&at) {
                events.push(Event { at, number: case.number.clone(), verb });
            }
        };
        for step in &case.steps {
            match step.action.verb() {
                // It was reported when the other system says so, and not when it was brought in.
                Verb::Import => happened(case.facts.reported, Some(Verb::Import)),
                verb => happened(step.at, Some(verb)),
            }
        }
        let elsewhere = case.steps.first().is_some_and(|first| first.action.verb() == Verb::Import);
        if let Some(closed) = case.facts.closed.filter(|_| elsewhere) {
            happened(closed, None);
        }
    }
    events.sort_by(|a, b| (a.at, &a.number).cmp(&(b.at, &b.number)));
    events
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::themes::management::case::tests::START;
    use crate::themes::management::case::tests::random_history;

    const HOUR: i64 = 3_600_000;

    /// Every frame of random histories is what a count of all cases at its moment gives.
    #[test]
    fn frames_are_what_a_count_at_each_moment_gives() {
        let cases: Vec<Case> = (0..400).map(random_history).collect();
        let period = START + 3 * 24 * HOUR..START + 40 * 24 * HOUR + 17;
        let frames = frames(&cases, &period, 7 * HOUR);
        let mut before = period.start;
        for frame in &frames {
            // At its last moment: what happens at the very end of a step belongs to the next one.
            let open = cases.iter().filter(|case| is_open_at(case, frame.at - 1)).count() as u64;
            assert_eq!(frame.open, open, "{}", frame.at);
            let since = before..frame.at;
            assert_eq!(frame.reported, cases.iter().filter(|case| since.contains(&case.facts.reported)).count() as u64);
            before = frame.at;
        }
        assert_eq!(before, period.end);
        assert!(frames.iter().any(|frame| frame.ended > 0));
        let events = events(&cases, &period);
        assert!(events.is_sorted_by_key(|event| event.at));
        let steps = cases.iter().flat_map(|case| &case.steps).filter(|step| period.contains(&step.at)).count();
        assert_eq!(events.len(), steps);
    }
}
