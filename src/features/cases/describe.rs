//! Names, times and reasons in the words of the interface. Text from outside is shown inert.

use std::borrow::Cow;

use super::list::{Group, Mark, Sort};
use crate::cli::escape::Escape;
use crate::panels::{Language, Words};
use crate::themes::management::calendar::{TimeLimit, TimeUnit};
use crate::themes::management::case::{Action, Refused};
use crate::themes::management::machine::{Finding, Role, State, Verb};
use crate::themes::management::rules::Rules;
use crate::units::grouped;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// A text of somebody else as it may be shown: what would turn or hide other text is written out.
pub fn inert(text: &str) -> Cow<'_, str> {
    Escape::Text.apply(text)
}

/// The same in one line and cut with "…" after so many characters.
pub fn line(text: &str, most: usize) -> String {
    let cut: String = text.chars().take(most).map(|c| if c == '\n' || c == '\t' { ' ' } else { c }).collect();
    let more = if cut.len() < text.len() { "…" } else { "" };
    format!("{}{more}", inert(&cut))
}

/// The language that the words are in.
pub fn is_chinese(language: Option<Language>) -> bool {
    language == Some(Language::Chinese)
}

/// A category's name, or what stands in its place.
pub fn category_name(category: &str, rules: Option<&Rules>, chinese: bool, words: &Words) -> String {
    match rules.and_then(|rules| rules.categories.find(category)) {
        Some(found) => (if chinese { found.name.zh() } else { found.name.en() }).to_owned(),
        None if category.trim().is_empty() => words.cases.no_category.to_owned(),
        None => line(category, 60),
    }
}

/// A state's name.
pub fn state_name(state: State, chinese: bool) -> &'static str {
    let [zh, en] = state.names();
    if chinese { zh } else { en }
}

/// A role's name.
pub fn role_name(role: Role, words: &Words) -> &'static str {
    let w = &words.cases;
    match role {
        Role::GridMember => w.grid_member,
        Role::Operator => w.operator,
        Role::ShiftLeader => w.shift_leader,
        Role::Dispatcher => w.dispatcher,
        Role::Department => w.department,
        Role::Commander => w.commander,
        Role::System => w.system,
    }
}

/// What is done.
pub fn verb_name(verb: Verb, words: &Words) -> &'static str {
    let w = &words.cases;
    match verb {
        Verb::SaveDraft => w.save_draft,
        Verb::Report => w.report,
        Verb::Register => w.register,
        Verb::Import => w.import,
        Verb::SendVerification => w.send_verification,
        Verb::Verify => w.verify_place,
        Verb::Accept => w.accept,
        Verb::Refuse => w.refuse,
        Verb::File => w.file,
        Verb::SendBack => w.send_back,
        Verb::Dispatch => w.dispatch,
        Verb::ApplyVoid => w.apply_void,
        Verb::ApproveVoid => w.approve_void,
        Verb::RefuseVoid => w.refuse_void,
        Verb::ApplyDelay => w.apply_delay,
        Verb::ApproveDelay => w.approve_delay,
        Verb::RefuseDelay => w.refuse_delay,
        Verb::ApplyReturn => w.apply_return,
        Verb::ApproveReturn => w.approve_return,
        Verb::RefuseReturn => w.refuse_return,
        Verb::PassReturn => w.pass_return,
        Verb::ApplySuspension => w.apply_suspension,
        Verb::ApproveSuspension => w.approve_suspension,
        Verb::RefuseSuspension => w.refuse_suspension,
        Verb::Resume => w.resume,
        Verb::Finish => w.finish,
        Verb::SendCheck => w.send_check,
        Verb::Check => w.check,
        Verb::ProposeClose => w.propose_close,
        Verb::Close => w.close,
        Verb::Redispatch => w.redispatch,
        Verb::SettleSelf => w.settle_self,
        Verb::RejectSelf => w.reject_self,
        Verb::Urge => w.urge,
        Verb::Move => w.move_,
        Verb::Note => w.note,
        Verb::CloseElsewhere => w.close_elsewhere,
    }
}

/// What was found: of a verification, or of a check.
pub fn finding_name(verb: Verb, finding: Finding, words: &Words) -> &'static str {
    let w = &words.cases;
    match (verb == Verb::Check, finding) {
        (false, Finding::Yes) => w.is_so,
        (false, Finding::No) => w.is_not_so,
        (true, Finding::Yes) => w.is_done,
        (true, Finding::No) => w.is_not_done,
        (_, Finding::Unable) => w.unable,
    }
}

/// A group's name.
pub fn group_name(group: Group, words: &Words) -> &'static str {
    let w = &words.cases;
    match group {
        Group::Open => w.open,
        Group::Mine => w.mine,
        Group::Overdue => w.overdue,
        Group::Closed => w.closed,
        Group::All => w.all,
    }
}

/// An order's name.
pub fn sort_name(sort: Sort, words: &Words) -> &'static str {
    let w = &words.cases;
    match sort {
        Sort::Overdue => w.by_overdue,
        Sort::Due => w.by_due,
        Sort::Reported => w.by_reported,
        Sort::Category => w.by_category,
        Sort::Distance => w.by_distance,
    }
}

/// A mark in words.
pub fn mark_name(mark: Mark, words: &Words) -> &'static str {
    let w = &words.cases;
    match mark {
        Mark::Red => w.overdue,
        Mark::Yellow => w.nearly_due,
        Mark::Green => w.in_time,
        Mark::Open => w.no_limit,
        Mark::Ended => w.closed,
    }
}

/// How a limit is counted.
pub fn unit_name(unit: TimeUnit, words: &Words) -> &'static str {
    let w = &words.cases;
    match unit {
        TimeUnit::UrgentHour => w.urgent_hours,
        TimeUnit::WorkHour => w.work_hours,
        TimeUnit::WorkDay => w.work_days,
        TimeUnit::NaturalDay => w.natural_days,
    }
}

/// A limit: `4 working hours`.
pub fn limit_text(limit: TimeLimit, words: &Words) -> String {
    let digits = usize::from(limit.amount.fract() != 0.0);
    let unit = unit_name(limit.unit, words);
    // English has a singular; the words of the list are plurals.
    let unit = if limit.amount == 1.0 { unit.strip_suffix('s').unwrap_or(unit) } else { unit };
    format!("{} {unit}", grouped(limit.amount, digits))
}

/// A moment as the clocks of the place show it: `2026-11-23 14:05`.
pub fn moment(at: i64, offset: i64) -> String {
    let shifted = at.checked_add(offset).and_then(|at| jiff::Timestamp::from_millisecond(at).ok());
    shifted.map_or_else(|| "?".to_owned(), |at| at.strftime("%Y-%m-%d %H:%M").to_string())
}

/// The date alone.
pub fn date(at: i64, offset: i64) -> String {
    moment(at, offset).split(' ').next().unwrap_or_default().to_owned()
}

/// How long: the two greatest parts of it.
pub fn span(milliseconds: i64, words: &Words) -> String {
    let w = &words.cases;
    let (days, hours) = (milliseconds / DAY, milliseconds % DAY / HOUR);
    let minutes = milliseconds % HOUR / MINUTE;
    match (days, hours, minutes) {
        (0, 0, minutes) => Words::put(w.span_minutes, &[&minutes]),
        (0, hours, minutes) => Words::put(w.span_hours, &[&hours, &minutes]),
        (days, hours, _) if days < 100 => Words::put(w.span_days, &[&days, &hours]),
        (days, ..) => Words::put(w.span_long, &[&grouped(days as f64, 0)]),
    }
}

/// How much time is left until a moment, or was since.
pub fn left(due: i64, now: i64, words: &Words) -> String {
    match due.saturating_sub(now) {
        late if late < 0 => Words::put(words.cases.late_by, &[&span(late.saturating_neg(), words)]),
        left => Words::put(words.cases.left, &[&span(left, words)]),
    }
}

/// The particulars of what was done.
pub fn particulars(action: &Action, words: &Words) -> String {
    match action {
        Action::Dispatch { unit, limit } => format!("{} · {}", line(unit, 80), limit_text(*limit, words)),
        Action::Found { verb, finding } => finding_name(*verb, *finding, words).to_owned(),
        Action::ApplyDelay { hours } => Words::put(words.cases.hours_n, &[&grouped(*hours, 1)]),
        Action::Note { media } if !media.is_empty() => Words::put(words.cases.pictures_n, &[&media.len()]),
        _ => String::new(),
    }
}

/// Why something was refused.
pub fn refusal(reason: &Refused, chinese: bool, words: &Words) -> String {
    let w = &words.cases;
    let verb = |verb: &Verb| verb_name(*verb, words);
    match reason {
        Refused::State { verb: what, state } => {
            let state = state.map_or(w.not_there, |state| state_name(state, chinese));
            Words::put(w.refused_state, &[&verb(what), &state])
        }
        Refused::Role { verb: what, role, wanted } => {
            let wanted: Vec<&str> = wanted.iter().map(|role| role_name(*role, words)).collect();
            Words::put(w.refused_role, &[&verb(what), &wanted.join(w.or), &role_name(*role, words)])
        }
        Refused::Guard { verb: what, reason } => Words::put(w.refused_guard, &[&verb(what), &guard(reason, words)]),
        Refused::Area { case, area } => {
            let case = if case.is_empty() { w.nowhere.to_owned() } else { line(case, 40) };
            Words::put(w.refused_area, &[&case, &line(area, 40)])
        }
        Refused::Unit { case, unit } => {
            let case = if case.is_empty() { w.nobody.to_owned() } else { line(case, 40) };
            Words::put(w.refused_unit, &[&case, &line(unit, 40)])
        }
        Refused::Time => w.refused_time.to_owned(),
        Refused::Wrong(text) => wrong(text, words).to_owned(),
    }
}

/// What of the core's reasons stands in the interface's words; others are shown as they are.
fn guard<'a>(reason: &'a str, words: &Words) -> &'a str {
    let w = &words.cases;
    match reason {
        "it was not settled on the spot" => w.guard_not_settled,
        "it is said to be settled on the spot, which is decided first" => w.guard_settled,
        "the check did not find it done" => w.guard_not_done,
        "the check did not find it undone" => w.guard_not_undone,
        "the check was made" => w.guard_checked,
        "the dispatcher decides on this return" => w.guard_dispatcher,
        "the return was passed to the shift leader" => w.guard_leader,
        other => other,
    }
}

fn wrong<'a>(reason: &'a str, words: &Words) -> &'a str {
    let w = &words.cases;
    match reason {
        "it is dispatched to no department" => w.wrong_unit,
        "the time limit must lie above 0 and be at most 100,000" => w.wrong_limit,
        "a delay must be longer than 0 hours and at most 100,000" => w.wrong_delay,
        "the place is none" => w.wrong_place,
        other => other,
    }
}
