//! A case (案件): what was reported, where, and its history, from which everything else follows.
//!
//! A history only grows. [`Case::take`] is the one way forward: what the workflow does not allow is refused with the
//! reason, and the case stays as it was.

use super::calendar::{Calendar, TimeLimit, TimeUnit};
pub use super::facts::{Facts, Located, PlaceBasis, Subject};
use super::machine::{Arc, Finding, Guard, Role, State, Verb, arcs};

/// Who does something, with what he is there for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Actor {
    /// Name or number.
    pub name: String,
    /// Role.
    pub role: Role,
    /// The department he belongs to; empty: none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// The area he acts in, as the beginning of codes: `12` a city, `120103` a district, nine digits a street, twelve a
    /// community; empty: everywhere.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub area: String,
}

impl Actor {
    /// Somebody who acts everywhere and for every department.
    pub fn of(name: &str, role: Role) -> Self {
        Self { name: name.to_owned(), role, unit: String::new(), area: String::new() }
    }
}

/// What is done, with its particulars.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Begins a case, by one of the verbs that do.
    Begin {
        /// Which.
        verb: Verb,
        /// What it is about.
        facts: Box<Facts>,
        /// The state in which it is brought in by [`Verb::Import`]; else none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        state: Option<State>,
    },
    /// What was found where the case is said to be: [`Verb::Verify`] or [`Verb::Check`].
    Found {
        /// Which.
        verb: Verb,
        /// What.
        finding: Finding,
    },
    /// Gives it to a department, with a limit.
    Dispatch {
        /// The department.
        unit: String,
        /// Time for handling.
        limit: TimeLimit,
    },
    /// Asks for more time.
    ApplyDelay {
        /// Hours, of the time that the limit is counted in.
        hours: f64,
    },
    /// Corrects the place.
    Move {
        /// The new one.
        located: Box<Located>,
    },
    /// Adds pictures, or nothing but a note.
    Note {
        /// Addresses or paths of files.
        #[serde(default)]
        media: Vec<String>,
    },
    /// Everything that has no particulars.
    Do {
        /// What.
        verb: Verb,
    },
}

impl Action {
    /// What is done.
    pub fn verb(&self) -> Verb {
        match self {
            Self::Begin { verb, .. } | Self::Found { verb, .. } | Self::Do { verb } => *verb,
            Self::Dispatch { .. } => Verb::Dispatch,
            Self::ApplyDelay { .. } => Verb::ApplyDelay,
            Self::Move { .. } => Verb::Move,
            Self::Note { .. } => Verb::Note,
        }
    }
}

/// One entry of a history.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Step {
    /// When, milliseconds since 1970 UTC.
    pub at: i64,
    /// Who.
    pub actor: Actor,
    /// What.
    pub action: Action,
    /// Why, in his words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// Why something is refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Refused {
    /// Not in this state.
    #[error("{} is not done with a case that is {}", .verb.word(), .state.map_or("not there", |state| state.names()[1]))]
    State {
        /// What was to be done.
        verb: Verb,
        /// The case's state; `None`: there is none yet.
        state: Option<State>,
    },
    /// Not by this role.
    #[error("{} is done by {}, not by {}", .verb.word(), words(.wanted), .role.word())]
    Role {
        /// What was to be done.
        verb: Verb,
        /// By whom.
        role: Role,
        /// Who may.
        wanted: Vec<Role>,
    },
    /// What must hold beside the state does not.
    #[error("{} is not done here: {reason}", .verb.word())]
    Guard {
        /// What was to be done.
        verb: Verb,
        /// What does not hold.
        reason: &'static str,
    },
    /// It lies outside of his area.
    #[error("the case lies in {case}, outside of {area}")]
    Area {
        /// The code of the case's area.
        case: String,
        /// The actor's area.
        area: String,
    },
    /// Another department handles it.
    #[error("the case is handled by {case}, not by {unit}")]
    Unit {
        /// Who handles it.
        case: String,
        /// The actor's department.
        unit: String,
    },
    /// It would be earlier than what was done last.
    #[error("it would be done before what was done last")]
    Time,
    /// Something is missing or cannot be.
    #[error("{0}")]
    Wrong(String),
}

fn words(roles: &[Role]) -> String {
    roles.iter().map(|role| role.word()).collect::<Vec<_>>().join(" or ")
}

/// How a step of work stands to its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Light {
    /// At most 80 % of the time is used.
    Green,
    /// More.
    Yellow,
    /// More than all of it.
    Red,
}

impl Light {
    /// Of a share of the time: at most 0.8 green, at most 1 yellow, above red.
    pub fn of(used: i64, budget: i64) -> Self {
        // Without a division: five times the used time against four times the budget.
        match (used as i128 * 5 <= budget as i128 * 4, used <= budget) {
            (true, _) => Self::Green,
            (false, true) => Self::Yellow,
            (false, false) => Self::Red,
        }
    }
}

/// The handling of a case by one department: from dispatch to finish or return.
#[derive(Clone, Debug, PartialEq)]
pub struct Handling {
    /// The department.
    pub unit: String,
    /// When it was dispatched.
    pub started: i64,
    /// Time for it.
    pub limit: TimeLimit,
    /// Approved delays, hours of the time that the limit is counted in.
    pub delay_hours: f64,
    /// When it stood still, from and to; the last may be open.
    pub suspended: Vec<(i64, Option<i64>)>,
    /// When it was finished; or given back, see [`Handling::returned`].
    pub ended: Option<i64>,
    /// Whether it was given back and not finished.
    pub returned: bool,
}

impl Handling {
    /// The time there is, milliseconds of the time that the limit is counted in.
    pub fn budget(&self, calendar: &Calendar) -> i64 {
        calendar.budget(self.limit) + calendar.budget(TimeLimit::of(self.delay_hours, TimeUnit::UrgentHour))
    }

    fn stood(&self, calendar: &Calendar, until: i64) -> i64 {
        let stood = self
            .suspended
            .iter()
            .map(|(from, to)| calendar.passed(self.limit.unit, *from, to.unwrap_or(until).min(until)));
        stood.sum()
    }

    /// The time used at a moment, suspensions left out.
    pub fn used(&self, calendar: &Calendar, now: i64) -> i64 {
        let until = self.ended.unwrap_or(now);
        calendar.passed(self.limit.unit, self.started, until) - self.stood(calendar, until)
    }

    /// When it must be finished; `None` while the clock stands.
    pub fn due(&self, calendar: &Calendar) -> Option<i64> {
        if self.suspended.last().is_some_and(|(_, to)| to.is_none()) {
            return None;
        }
        let stood = self.stood(calendar, i64::MAX);
        Some(calendar.end(self.limit.unit, self.started, self.budget(calendar) + stood))
    }

    /// How it stands.
    pub fn light(&self, calendar: &Calendar, now: i64) -> Light {
        Light::of(self.used(calendar, now), self.budget(calendar))
    }
}

/// A case.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// Its number.
    pub number: String,
    /// What it is about; the place as it was corrected last.
    pub facts: Facts,
    /// How far it has got.
    pub state: State,
    /// What was done, in order.
    pub steps: Vec<Step>,
    /// How it was handled, a round for each dispatch.
    pub rounds: Vec<Handling>,
    /// What a verification found last.
    pub verified: Option<Finding>,
    /// What a check found last.
    pub checked: Option<Finding>,
    /// Whether a return was passed to the shift leader.
    pub passed_up: bool,
    /// Delay that is applied for, hours.
    pub wanted_hours: f64,
    /// How often it was urged.
    pub urged: u32,
    /// When it came to its end, milliseconds since 1970 UTC.
    pub ended: Option<i64>,
}

impl Case {
    /// The case as it was at a moment, by the steps that were done until then; `None` before its first step, as for
    /// what another system did before the case was brought in.
    pub fn as_of(&self, at: i64) -> Option<Self> {
        let mut steps = self.steps.iter().take_while(|step| step.at <= at).cloned();
        let mut case = Self::begin(&self.number, steps.next()?).ok()?;
        steps.try_for_each(|step| case.take(step)).ok()?;
        Some(case)
    }

    /// Begins a case.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn begin(number: &str, step: Step) -> Result<Self, Refused> {
        let arc = check_arc(None, &step, |guard| guard == Guard::None)?;
        let Action::Begin { facts, state, .. } = &step.action else {
            return Err(Refused::Wrong("it does not say what the case is about".to_owned()));
        };
        let state = match (arc.to, state) {
            (Some(to), None) => to,
            (None, Some(state)) => *state,
            _ => return Err(Refused::Wrong("only an import says the state a case begins with".to_owned())),
        };
        let facts = (**facts).clone();
        let mut case = Self {
            number: number.to_owned(),
            facts,
            state,
            steps: Vec::new(),
            rounds: Vec::new(),
            verified: None,
            checked: None,
            passed_up: false,
            wanted_hours: 0.0,
            urged: 0,
            ended: None,
        };
        // What another system closed was closed there, and not when it was brought in.
        case.ended = state.is_end().then(|| case.facts.closed.unwrap_or(step.at));
        case.steps.push(step);
        Ok(case)
    }

    /// A case from its history.
    ///
    /// # Errors
    /// The number of the step that is not legal, and why.
    pub fn of_history(number: &str, steps: Vec<Step>) -> Result<Self, (usize, Refused)> {
        let mut steps = steps.into_iter();
        let first = steps.next().ok_or_else(|| (0, Refused::Wrong("its history is empty".to_owned())))?;
        let mut case = Self::begin(number, first).map_err(|reason| (0, reason))?;
        for (at, step) in steps.enumerate() {
            case.take(step).map_err(|reason| (at + 1, reason))?;
        }
        Ok(case)
    }

    /// The code of the area it belongs to; empty where it is not known.
    pub fn area(&self) -> &str {
        self.facts.located.as_ref().map_or("", Located::area)
    }

    /// The department that handles it, or did last.
    pub fn unit(&self) -> &str {
        self.rounds.last().map_or(&self.facts.unit, |round| &round.unit)
    }

    /// The handling that goes on.
    pub fn handling(&self) -> Option<&Handling> {
        self.rounds.last().filter(|round| round.ended.is_none())
    }

    /// When it is to be done; `None` where nothing says so, or while the clock stands.
    pub fn due(&self, calendar: &Calendar) -> Option<i64> {
        match self.rounds.last() {
            Some(round) => round.due(calendar),
            // Suspended elsewhere: since when its clock stands was not said.
            None if self.state == State::Suspended => None,
            None => self.facts.due,
        }
    }

    /// How it stands to its time; `None` where nothing says how much there is, where it came suspended from another
    /// system (since when its clock stands was not said), and after its end.
    pub fn light(&self, calendar: &Calendar, now: i64) -> Option<Light> {
        if self.state.is_end() {
            return None;
        }
        match self.rounds.last() {
            Some(round) => Some(round.light(calendar, now)),
            None if self.state == State::Suspended => None,
            None => self.facts.due.map(|due| Light::of(now - self.facts.reported, (due - self.facts.reported).max(0))),
        }
    }

    fn holds(&self, guard: Guard) -> bool {
        match guard {
            Guard::None => true,
            Guard::SelfHandled => self.facts.self_handled,
            Guard::NotSelfHandled => !self.facts.self_handled,
            Guard::Checked(finding) => self.checked == Some(finding),
            Guard::PassedUp => self.passed_up,
            Guard::NotPassedUp => !self.passed_up,
        }
    }

    /// Whether a step may be taken.
    ///
    /// # Errors
    /// [`Refused`]: why not.
    pub fn check(&self, step: &Step) -> Result<&'static Arc, Refused> {
        let arc = check_arc(Some(self.state), step, |guard| self.holds(guard))?;
        let actor = &step.actor;
        if !self.area().starts_with(actor.area.as_str()) {
            return Err(Refused::Area { case: self.area().to_owned(), area: actor.area.clone() });
        }
        if actor.role == Role::Department && !actor.unit.is_empty() && actor.unit != self.unit() {
            return Err(Refused::Unit { case: self.unit().to_owned(), unit: actor.unit.clone() });
        }
        if self.steps.last().is_some_and(|last| last.at > step.at) {
            return Err(Refused::Time);
        }
        let wrong = |text: &str| Err(Refused::Wrong(text.to_owned()));
        match &step.action {
            Action::Dispatch { unit, .. } if unit.trim().is_empty() => wrong("it is dispatched to no department"),
            Action::Dispatch { limit, .. } if !(limit.amount > 0.0 && limit.amount <= 100_000.0) => {
                wrong("the time limit must lie above 0 and be at most 100,000")
            }
            Action::ApplyDelay { hours } if !(*hours > 0.0 && *hours <= 100_000.0) => {
                wrong("a delay must be longer than 0 hours and at most 100,000")
            }
            Action::Move { located } if !located.xy.iter().all(|c| c.is_finite()) => wrong("the place is none"),
            _ => Ok(arc),
        }
    }

    /// Takes a step.
    ///
    /// # Errors
    /// [`Refused`]: why not; the case is as it was.
    pub fn take(&mut self, step: Step) -> Result<(), Refused> {
        let arc = self.check(&step)?;
        let at = step.at;
        match &step.action {
            // A draft that is reported says its facts anew.
            Action::Begin { facts, .. } => self.facts = (**facts).clone(),
            Action::Found { verb: Verb::Verify, finding } => self.verified = Some(*finding),
            Action::Found { finding, .. } => self.checked = Some(*finding),
            Action::Dispatch { unit, limit } => self.rounds.push(Handling {
                unit: unit.clone(),
                started: at,
                limit: *limit,
                delay_hours: 0.0,
                suspended: Vec::new(),
                ended: None,
                returned: false,
            }),
            Action::ApplyDelay { hours } => self.wanted_hours = *hours,
            Action::Move { located } => self.facts.located = Some((**located).clone()),
            Action::Note { media } => self.facts.media.extend(media.iter().cloned()),
            Action::Do { verb } => self.act(*verb, at),
        }
        if let Some(to) = arc.to {
            self.state = to;
            self.ended = to.is_end().then_some(at);
        }
        self.steps.push(step);
        Ok(())
    }

    fn act(&mut self, verb: Verb, at: i64) {
        let wanted = self.wanted_hours;
        let round = self.rounds.last_mut().filter(|round| round.ended.is_none());
        match (verb, round) {
            (Verb::ApproveDelay, Some(round)) => round.delay_hours += wanted,
            (Verb::ApproveSuspension, Some(round)) => round.suspended.push((at, None)),
            (Verb::Resume, Some(round)) => {
                if let Some((_, to)) = round.suspended.last_mut() {
                    *to = Some(at);
                }
            }
            (Verb::ApproveReturn, Some(round)) => (round.ended, round.returned) = (Some(at), true),
            (Verb::Finish | Verb::CloseElsewhere, Some(round)) => {
                round.ended = Some(at);
                if let Some((_, to @ None)) = round.suspended.last_mut() {
                    *to = Some(at);
                }
            }
            (Verb::PassReturn, _) => self.passed_up = true,
            (Verb::ApplyReturn, _) => self.passed_up = false,
            (Verb::Urge, _) => self.urged += 1,
            _ => {}
        }
    }

    /// What a role may do now, in the order of the table.
    pub fn next(&self, role: Role) -> Vec<Verb> {
        let mut verbs: Vec<Verb> = Vec::new();
        for verb in Verb::ALL {
            if arcs(Some(self.state), verb).any(|arc| arc.roles.contains(&role) && self.holds(arc.guard)) {
                verbs.push(verb);
            }
        }
        verbs
    }
}

/// The line of the table that a step is taken by.
fn check_arc(state: Option<State>, step: &Step, holds: impl Fn(Guard) -> bool) -> Result<&'static Arc, Refused> {
    let verb = step.action.verb();
    if !fits(&step.action) {
        return Err(Refused::Wrong(format!("{} is not said like this", verb.word())));
    }
    let here: Vec<&Arc> = arcs(state, verb).collect();
    if here.is_empty() {
        return Err(Refused::State { verb, state });
    }
    let role = step.actor.role;
    let his: Vec<&&Arc> = here.iter().filter(|arc| arc.roles.contains(&role)).collect();
    if his.is_empty() {
        let mut wanted: Vec<Role> = here.iter().flat_map(|arc| arc.roles.iter().copied()).collect();
        wanted.sort();
        wanted.dedup();
        return Err(Refused::Role { verb, role, wanted });
    }
    if let Some(arc) = his.iter().find(|arc| holds(arc.guard)) {
        return Ok(arc);
    }
    let reason = match his.first().map_or(Guard::None, |arc| arc.guard) {
        Guard::None => "",
        Guard::SelfHandled => "it was not settled on the spot",
        Guard::NotSelfHandled => "it is said to be settled on the spot, which is decided first",
        Guard::Checked(Finding::Yes) => "the check did not find it done",
        Guard::Checked(Finding::No) => "the check did not find it undone",
        Guard::Checked(Finding::Unable) => "the check was made",
        Guard::PassedUp => "the dispatcher decides on this return",
        Guard::NotPassedUp => "the return was passed to the shift leader",
    };
    Err(Refused::Guard { verb, reason })
}

/// Whether an action is one of those that its verb is said by.
fn fits(action: &Action) -> bool {
    match action {
        Action::Begin { verb, state, .. } => verb.begins() && (*verb == Verb::Import) == state.is_some(),
        Action::Found { verb, .. } => matches!(verb, Verb::Verify | Verb::Check),
        Action::Do { verb } => !matches!(
            verb,
            Verb::SaveDraft
                | Verb::Report
                | Verb::Register
                | Verb::Import
                | Verb::Verify
                | Verb::Check
                | Verb::Dispatch
                | Verb::ApplyDelay
                | Verb::Move
                | Verb::Note
        ),
        _ => true,
    }
}

#[cfg(test)]
pub(super) mod tests;
