//! Counters and rates of cases (评价指标), with their formulas, by whatever they are grouped.
//!
//! Everything is reckoned from histories: what happened in a period, and how things stood at its end. A rate of nothing
//! is no rate, and not 0.

use std::ops::Range;

use super::calendar::{Calendar, TimeLimit};
use super::case::{Action, Case, Handling, Step};
use super::machine::{Finding, Role, State, Verb};
use super::rules::{Rules, Score, Stages};

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident $word:literal $zh:literal $en:literal,)*) => {
        /// What is counted.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Counter { $($(#[$doc])* $name,)* }

        impl Counter {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The word of tables and commands.
            pub fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// Its name in Chinese and English.
            pub fn names(self) -> [&'static str; 2] {
                match self { $(Self::$name => [$zh, $en],)* }
            }
        }
    };
}

counters! {
    /// Cases that were reported.
    Report "report" "上报数" "reported",
    /// By grid members.
    PatrolReport "patrol_report" "监督员上报数" "reported by grid members",
    /// By anybody else: what grid members missed.
    PublicReport "public_report" "公众等上报数" "reported by others",
    /// Reports of grid members that were filed, or settled on the spot.
    ValidPatrolReport "valid_patrol_report" "监督员有效上报数" "valid reports of grid members",
    /// Sent to be verified.
    NeedVerify "need_verify" "应核实数" "to be verified",
    /// Verified.
    Verify "verify" "核实数" "verified",
    /// Verified in time.
    InTimeVerify "in_time_verify" "按时核实数" "verified in time",
    /// Sent to be verified in time.
    InTimeSendVerify "in_time_send_verify" "按时发核实数" "sent to be verified in time",
    /// Accepted or refused by an operator.
    Operate "operate" "受理数" "taken up",
    /// The same in time.
    InTimeOperate "in_time_operate" "按时受理数" "taken up in time",
    /// Refused.
    NotOperate "not_operate" "不予受理数" "refused",
    /// Filed.
    Filed "filed" "立案数" "filed",
    /// Filed in time.
    InTimeFiled "in_time_filed" "按时立案数" "filed in time",
    /// Filed, and not reported by a grid member.
    MissedFiled "missed_filed" "漏报数" "filed and missed by grid members",
    /// Void.
    Void "void" "作废数" "void",
    /// Dispatched, and waiting for it at the end of the period.
    NeedDispatch "need_dispatch" "应派遣数" "to be dispatched",
    /// Dispatched.
    Dispatch "dispatch" "派遣数" "dispatched",
    /// Dispatched in time.
    InTimeDispatch "in_time_dispatch" "按时派遣数" "dispatched in time",
    /// Given back by the department: dispatched to the wrong one.
    WrongDispatch "wrong_dispatch" "错误派遣数" "dispatched wrongly",
    /// Handled, or overdue at the end of the period.
    NeedHandle "need_handle" "应处置数" "to be handled",
    /// Handled.
    Handled "handled" "处置数" "handled",
    /// Handled in time.
    InTimeHandled "in_time_handled" "按期处置数" "handled in time",
    /// Being handled, and overdue at the end of the period.
    Overdue "overdue" "超期未处置数" "overdue",
    /// Handled, to be sent to a check.
    NeedSendCheck "need_send_check" "应发核查数" "to be sent to a check",
    /// Sent to a check in time.
    InTimeSendCheck "in_time_send_check" "按时发核查数" "sent to a check in time",
    /// Sent to be checked.
    NeedCheck "need_check" "应核查数" "to be checked",
    /// Checked in time.
    InTimeCheck "in_time_check" "按时核查数" "checked in time",
    /// Closed, or overdue at the end of the period.
    NeedClose "need_close" "应结案数" "to be closed",
    /// Closed.
    Closed "closed" "结案数" "closed",
    /// Closed in time.
    InTimeClosed "in_time_closed" "按期结案数" "closed in time",
    /// Closed after the same department handled it twice.
    Rework "rework" "返工数" "reworked",
    /// Settled on the spot.
    ClosedSelf "closed_self" "自处理结案数" "settled on the spot",
    /// Suspended.
    Suspended "suspended" "挂账数" "suspended",
    /// Delays that were granted.
    Delayed "delayed" "延时数" "delayed",
    /// Urged.
    Urged "urged" "督办数" "urged",
}

/// Counts by [`Counter`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counts([u64; Counter::ALL.len()]);

impl Default for Counts {
    fn default() -> Self {
        Self([0; Counter::ALL.len()])
    }
}

impl Counts {
    /// How many.
    pub fn get(&self, counter: Counter) -> u64 {
        self.0.get(counter as usize).copied().unwrap_or(0)
    }

    /// One more.
    pub fn add(&mut self, counter: Counter) {
        if let Some(count) = self.0.get_mut(counter as usize) {
            *count += 1;
        }
    }

    /// Those of another as well.
    pub fn join(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(count, more)| *count += more);
    }
}

/// Something that counts: what, and to whose credit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mark<'a> {
    /// What.
    pub counter: Counter,
    /// Who did it; empty: nobody did.
    pub person: &'a str,
    /// The department that handles it; empty: none yet.
    pub unit: &'a str,
}

/// A rate: one counter of another, or what is left of it to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Indicator {
    /// The word of tables and commands.
    pub word: &'static str,
    /// Its name in Chinese and English.
    pub names: [&'static str; 2],
    /// What is counted.
    pub over: Counter,
    /// Taken off that.
    pub less: Option<Counter>,
    /// Of what.
    pub under: Counter,
    /// Whether it is 1 less the rate: of what should not happen.
    pub inverted: bool,
}

const fn rate(word: &'static str, zh: &'static str, en: &'static str, over: Counter, under: Counter) -> Indicator {
    Indicator { word, names: [zh, en], over, less: None, under, inverted: false }
}

const fn without(word: &'static str, zh: &'static str, en: &'static str, over: Counter, under: Counter) -> Indicator {
    Indicator { word, names: [zh, en], over, less: None, under, inverted: true }
}

/// All rates.
pub const INDICATORS: &[Indicator] = &[
    rate("filing_rate", "立案率", "filing rate", Counter::Filed, Counter::Report),
    rate("handle_rate", "处置率", "handling rate", Counter::Handled, Counter::NeedHandle),
    rate("handle_in_time_rate", "按期处置率", "on-time handling", Counter::InTimeHandled, Counter::NeedHandle),
    rate("close_rate", "结案率", "closing rate", Counter::Closed, Counter::NeedClose),
    rate("close_in_time_rate", "按期结案率", "on-time closing", Counter::InTimeClosed, Counter::NeedClose),
    rate("rework_rate", "返工率", "rework rate", Counter::Rework, Counter::Closed),
    without("not_rework_rate", "未返工率", "closed without rework", Counter::Rework, Counter::Closed),
    rate("missed_rate", "漏报率", "missed by grid members", Counter::MissedFiled, Counter::Filed),
    without("not_missed_rate", "未漏报率", "not missed by grid members", Counter::MissedFiled, Counter::Filed),
    rate("valid_report_rate", "有效上报率", "valid reports", Counter::ValidPatrolReport, Counter::PatrolReport),
    rate("verify_in_time_rate", "按时核实率", "on-time verification", Counter::InTimeVerify, Counter::NeedVerify),
    rate("check_in_time_rate", "按时核查率", "on-time checks", Counter::InTimeCheck, Counter::NeedCheck),
    rate("operate_in_time_rate", "按时受理率", "on-time intake", Counter::InTimeOperate, Counter::Operate),
    rate(
        "send_verify_in_time_rate",
        "核实按时派发率",
        "verification sent in time",
        Counter::InTimeSendVerify,
        Counter::NeedVerify,
    ),
    rate(
        "send_check_in_time_rate",
        "核查按时派发率",
        "checks sent in time",
        Counter::InTimeSendCheck,
        Counter::NeedSendCheck,
    ),
    rate("file_in_time_rate", "按时立案率", "on-time filing", Counter::InTimeFiled, Counter::Filed),
    Indicator {
        word: "file_right_rate",
        names: ["准确立案率", "right filing"],
        over: Counter::Filed,
        less: Some(Counter::Void),
        under: Counter::Filed,
        inverted: false,
    },
    rate("dispatch_in_time_rate", "按时派遣率", "on-time dispatch", Counter::InTimeDispatch, Counter::NeedDispatch),
    Indicator {
        word: "dispatch_right_rate",
        names: ["准确派遣率", "right dispatch"],
        over: Counter::Dispatch,
        less: Some(Counter::WrongDispatch),
        under: Counter::Dispatch,
        inverted: false,
    },
];

impl Indicator {
    /// The one with a word.
    pub fn named(word: &str) -> Option<&'static Self> {
        INDICATORS.iter().find(|indicator| indicator.word == word)
    }

    /// The rate, 0 to 1; `None` of nothing.
    pub fn of(&self, counts: &Counts) -> Option<f64> {
        let under = counts.get(self.under);
        if under == 0 {
            return None;
        }
        let over = counts.get(self.over).saturating_sub(self.less.map_or(0, |less| counts.get(less)));
        let rate = (over as f64 / under as f64).min(1.0);
        Some(if self.inverted { 1.0 - rate } else { rate })
    }

    /// How it is reckoned, in Chinese or English: `按期处置数 ÷ 应处置数`.
    pub fn formula(&self, chinese: bool) -> String {
        let name = |counter: Counter| counter.names()[usize::from(!chinese)];
        let over = match self.less {
            Some(less) => format!("({} − {})", name(self.over), name(less)),
            None => name(self.over).to_owned(),
        };
        let rate = format!("{over} ÷ {}", name(self.under));
        if self.inverted { format!("1 − {rate}") } else { rate }
    }
}

/// A score of 0 to 100 by the weights of a table; a term of nothing is left out and the others weigh more. `None`
/// where nothing counts at all.
pub fn score(score: &Score, rules: &Rules, counts: &Counts) -> Option<f64> {
    let (mut sum, mut weights) = (0.0, 0.0);
    for (term, weight) in &score.terms {
        let points = rules.points.iter().find(|points| points.id == *term);
        let value = match points {
            Some(points) => {
                let counter = Counter::ALL.iter().find(|counter| counter.word() == points.counter);
                let count = counter.map_or(0, |counter| counts.get(*counter));
                points.steps.iter().find(|(least, _)| count >= *least).map(|(_, points)| *points)
            }
            None => Indicator::named(term).and_then(|indicator| indicator.of(counts)).map(|rate| 100.0 * rate),
        };
        if let Some(value) = value {
            sum += value * weight;
            weights += weight;
        }
    }
    // Points for a count of nothing are no merit.
    let counted =
        score.terms.iter().any(|(term, _)| Indicator::named(term).is_some_and(|one| one.of(counts).is_some()));
    (weights > 0.0 && counted).then(|| sum / weights)
}

/// What of a case counts in a period: what was done in it, and how the case stood at its end.
pub fn marks<'a>(case: &'a Case, rules: &Rules, period: &Range<i64>) -> Vec<Mark<'a>> {
    let until = case.steps.partition_point(|step| step.at < period.end);
    let steps = case.steps.get(..until).unwrap_or_default();
    let mut tally = Tally { calendar: &rules.calendar, stages: &rules.stages, period, marks: Vec::new() };
    tally.all(case, steps);
    tally.marks
}

struct Tally<'a, 'r> {
    calendar: &'r Calendar,
    stages: &'r Stages,
    period: &'r Range<i64>,
    marks: Vec<Mark<'a>>,
}

impl<'a> Tally<'a, '_> {
    fn mark(&mut self, counter: Counter, person: &'a str, unit: &'a str) {
        self.marks.push(Mark { counter, person, unit });
    }

    /// A mark is to the credit of whoever did in the end what was to be done.
    fn credit(&mut self, mark: Option<usize>, person: &'a str) {
        if let Some(mark) = mark.and_then(|place| self.marks.get_mut(place)) {
            mark.person = person;
        }
    }

    fn in_time(&self, limit: TimeLimit, from: i64, to: i64) -> bool {
        self.calendar.passed(limit.unit, from, to) <= self.calendar.budget(limit)
    }

    fn all(&mut self, case: &'a Case, steps: &'a [Step]) {
        // What was elsewhere is told of times before it was brought in.
        if case.steps.first().is_some_and(|first| first.action.verb() == Verb::Import) {
            self.imported(case);
        }
        let Some(first) = steps.first() else { return };
        let by_patrol = first.actor.role == Role::GridMember;
        // When each stage began.
        let (mut taken_up, mut accepted, mut filed, mut finished) = (first.at, None, None, None);
        let (mut sent, mut to_check, mut waits) = (first.at, None, None);
        // Departments that finished it, with how often.
        let mut units: Vec<&str> = Vec::new();
        let mut rounds = case.rounds.iter();
        let mut round: Option<&Handling> = None;
        // What is to be done and by nobody yet: sending to a check, checking.
        let (mut to_send, mut to_be_checked) = (None, None);
        for step in steps {
            let (verb, at, person) = (step.action.verb(), step.at, step.actor.name.as_str());
            let unit = round.map_or("", |round| round.unit.as_str());
            let counts = self.period.contains(&at);
            let count = |tally: &mut Self, counter| {
                if counts {
                    tally.mark(counter, person, unit);
                }
            };
            match verb {
                Verb::Report if by_patrol => {
                    (taken_up, sent) = (at, at);
                    count(self, Counter::Report);
                    count(self, Counter::PatrolReport);
                }
                Verb::Register => {
                    count(self, Counter::Report);
                    count(self, Counter::PublicReport);
                }
                Verb::SendVerification => {
                    count(self, Counter::NeedVerify);
                    if self.in_time(self.stages.send_verification, taken_up, at) {
                        count(self, Counter::InTimeSendVerify);
                    }
                    sent = at;
                }
                Verb::Verify => {
                    count(self, Counter::Verify);
                    if self.in_time(self.stages.verify, sent, at) {
                        count(self, Counter::InTimeVerify);
                    }
                    taken_up = at;
                }
                Verb::Accept | Verb::Refuse => {
                    count(self, Counter::Operate);
                    if self.in_time(self.stages.accept, taken_up, at) {
                        count(self, Counter::InTimeOperate);
                    }
                    if verb == Verb::Refuse {
                        count(self, Counter::NotOperate);
                    }
                    accepted = Some(at);
                }
                Verb::SendBack => taken_up = at,
                Verb::File => {
                    count(self, Counter::Filed);
                    if accepted.is_some_and(|from| self.in_time(self.stages.file, from, at)) {
                        count(self, Counter::InTimeFiled);
                    }
                    match by_patrol {
                        // Whoever reported it, and not who filed it.
                        true if counts => self.mark(Counter::ValidPatrolReport, &first.actor.name, unit),
                        true => {}
                        false => count(self, Counter::MissedFiled),
                    }
                    (filed, waits) = (Some(at), Some(at));
                }
                Verb::SettleSelf => {
                    count(self, Counter::ClosedSelf);
                    if counts {
                        self.mark(Counter::ValidPatrolReport, &first.actor.name, unit);
                    }
                }
                Verb::ApproveVoid => {
                    count(self, Counter::Void);
                    waits = None;
                }
                Verb::Dispatch => {
                    round = rounds.next();
                    let unit = round.map_or("", |round| round.unit.as_str());
                    if counts {
                        self.mark(Counter::NeedDispatch, person, unit);
                        self.mark(Counter::Dispatch, person, unit);
                        if waits.is_some_and(|from| self.in_time(self.stages.dispatch, from, at)) {
                            self.mark(Counter::InTimeDispatch, person, unit);
                        }
                    }
                    waits = None;
                }
                Verb::Redispatch => {
                    waits = Some(at);
                    finished = None;
                }
                Verb::ApproveReturn => {
                    count(self, Counter::WrongDispatch);
                    (waits, round) = (Some(at), None);
                }
                Verb::ApproveDelay => count(self, Counter::Delayed),
                Verb::ApproveSuspension => count(self, Counter::Suspended),
                Verb::Finish => {
                    count(self, Counter::NeedHandle);
                    count(self, Counter::Handled);
                    to_send = counts.then_some(self.marks.len());
                    if counts {
                        self.mark(Counter::NeedSendCheck, "", unit);
                    }
                    if round.is_some_and(|round| round.used(self.calendar, at) <= round.budget(self.calendar)) {
                        count(self, Counter::InTimeHandled);
                    }
                    units.push(unit);
                    (finished, to_check) = (Some(at), Some(at));
                }
                Verb::SendCheck => {
                    self.credit(to_send.take(), person);
                    to_be_checked = counts.then_some(self.marks.len());
                    if counts {
                        self.mark(Counter::NeedCheck, "", unit);
                    }
                    if to_check.is_some_and(|from| self.in_time(self.stages.send_check, from, at)) {
                        count(self, Counter::InTimeSendCheck);
                    }
                    (sent, to_check) = (at, None);
                }
                Verb::Check => {
                    self.credit(to_be_checked.take(), person);
                    if self.in_time(self.stages.check, sent, at) {
                        count(self, Counter::InTimeCheck);
                    }
                    if step.action == (Action::Found { verb: Verb::Check, finding: Finding::Unable }) {
                        to_check = None;
                    }
                }
                Verb::Close => {
                    count(self, Counter::NeedClose);
                    count(self, Counter::Closed);
                    let in_time = round.is_some_and(|round| {
                        let end = round.ended.unwrap_or(at);
                        round.used(self.calendar, end) <= round.budget(self.calendar)
                    });
                    if in_time && finished.is_some_and(|from| self.in_time(self.stages.close, from, at)) {
                        count(self, Counter::InTimeClosed);
                    }
                    if (1..units.len()).any(|n| units[..n].contains(&units[n])) {
                        count(self, Counter::Rework);
                    }
                }
                // The other system's word is taken: in time where it set no time.
                Verb::CloseElsewhere => {
                    count(self, Counter::NeedClose);
                    count(self, Counter::Closed);
                    if case.facts.due.is_none_or(|due| at <= due) {
                        count(self, Counter::InTimeClosed);
                    }
                    waits = None;
                }
                Verb::Urge => count(self, Counter::Urged),
                _ => {}
            }
        }
        self.standing(case, steps, round, waits, filed);
    }

    /// How the case stood at the end of the period.
    fn standing(
        &mut self,
        case: &'a Case,
        steps: &'a [Step],
        round: Option<&'a Handling>,
        waits: Option<i64>,
        filed: Option<i64>,
    ) {
        let end = self.period.end;
        if waits.is_some() {
            self.mark(Counter::NeedDispatch, "", "");
        }
        let ended = case.ended.is_some_and(|at| at < end);
        let Some(round) = round.filter(|_| !ended && filed.is_some()) else { return };
        // The last round as it was then: what came later is left out.
        let then = || Case::of_history(&case.number, steps.to_vec()).ok();
        let later = steps.len() < case.steps.len();
        let (used, open) = match if later { then() } else { None } {
            Some(then) => {
                let of = then.rounds.last();
                (of.map(|of| (of.used(self.calendar, end), of.budget(self.calendar))), then.handling().is_some())
            }
            None => (Some((round.used(self.calendar, end), round.budget(self.calendar))), round.ended.is_none()),
        };
        if used.is_some_and(|(used, budget)| used > budget) {
            self.mark(Counter::NeedClose, "", &round.unit);
            if open {
                self.mark(Counter::NeedHandle, "", &round.unit);
                self.mark(Counter::Overdue, "", &round.unit);
            }
        }
    }

    /// What another system says of a case: when it was reported and closed, and whether in time.
    fn imported(&mut self, case: &'a Case) {
        let (facts, unit) = (&case.facts, case.facts.unit.as_str());
        let Some(Action::Begin { state: Some(state), .. }) = case.steps.first().map(|step| &step.action) else {
            return;
        };
        let mut count = |at: i64, counter| {
            if self.period.contains(&at) {
                self.marks.push(Mark { counter, person: "", unit });
            }
        };
        count(facts.reported, Counter::Report);
        count(facts.reported, Counter::PublicReport);
        let is_filed = !matches!(
            state,
            State::Draft | State::Reported | State::Registered | State::Verifying | State::ToFile | State::Rejected
        ) && !matches!(state, State::ClosedSelf | State::Invalid);
        if is_filed {
            count(facts.reported, Counter::Filed);
        }
        match (state, facts.closed) {
            (State::Closed, Some(closed)) => {
                let in_time = facts.due.is_none_or(|due| closed <= due);
                for counter in [Counter::NeedHandle, Counter::Handled, Counter::NeedClose, Counter::Closed] {
                    count(closed, counter);
                }
                if in_time {
                    count(closed, Counter::InTimeHandled);
                    count(closed, Counter::InTimeClosed);
                }
            }
            (State::ClosedSelf, closed) => count(closed.unwrap_or(facts.reported), Counter::ClosedSelf),
            (State::Void, closed) => count(closed.unwrap_or(facts.reported), Counter::Void),
            (state, _)
                if !state.is_end() && facts.due.is_some_and(|due| due < self.period.end) && case.rounds.is_empty() =>
            {
                let overdue = [Counter::NeedHandle, Counter::Overdue, Counter::NeedClose];
                self.marks.extend(overdue.map(|counter| Mark { counter, person: "", unit }));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
