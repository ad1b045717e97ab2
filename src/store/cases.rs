//! Cases in the file: a row each for readers like QGIS, and their histories, from which the rows follow.
//!
//! Whatever is added in one call is one transaction: the caller is answered when it is on the disk.

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::geopackage::encode_point;
use super::schemes::srs_of_table;
use super::{Store, StoreError};
use crate::place::transform::Transform;
use crate::report::{Issue, Severity};
use crate::themes::management::calendar::Calendar;
use crate::themes::management::case::{Action, Case, Refused, Step};

/// Why a step was not taken.
#[derive(Debug, thiserror::Error)]
pub enum TakeError {
    /// The file.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no such case.
    #[error("there is no case {0}")]
    NoCase(String),
    /// The workflow does not allow it.
    #[error("case {number}: {reason}")]
    Refused {
        /// The case.
        number: String,
        /// Why.
        reason: Refused,
    },
    /// What is kept of the case cannot be read.
    #[error("case {number} cannot be read: {reason}")]
    Unread {
        /// The case.
        number: String,
        /// Why.
        reason: String,
    },
}

impl TakeError {
    fn of(path: &std::path::Path) -> impl Fn(rusqlite::Error) -> Self {
        let path = path.to_owned();
        move |reason| Self::Store(StoreError::Sqlite { path: path.clone(), reason })
    }
}

/// What is done in one transaction.
#[derive(Clone, Debug)]
pub enum Change {
    /// Begins a case; its number is given by the store.
    Begin(Box<Step>),
    /// Adds a step to a case.
    Take(String, Box<Step>),
}

/// A feed's share of a transaction.
#[derive(Clone, Copy, Debug)]
pub struct FeedState<'a> {
    /// The feed.
    pub feed: &'a str,
    /// Where it goes on.
    pub position: &'a str,
    /// What was no report: place, reason, first characters.
    pub garbage: &'a [[String; 3]],
}

/// Coordinates of steps on their way into the file or out of it.
struct Shift(Option<Transform>);

impl Shift {
    fn apply(&self, step: &mut Step) {
        let located = match &mut step.action {
            Action::Begin { facts, .. } => facts.located.as_mut(),
            Action::Move { located } => Some(&mut **located),
            _ => None,
        };
        if let (Some(transform), Some(located)) = (&self.0, located) {
            let mut points = [located.xy];
            transform.apply(&mut points);
            [located.xy] = points;
        }
    }
}

/// A moment as a GeoPackage writes it.
fn datetime(at: i64) -> Option<String> {
    let at = jiff::Timestamp::from_millisecond(at).ok()?;
    Some(at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string())
}

impl Store {
    /// All cases in the order in which they came, and those that cannot be read: they are left as they are.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read at all.
    pub fn cases(&self) -> Result<(Vec<Case>, Vec<Issue>), StoreError> {
        let shift = Shift(self.transform()?);
        let (mut cases, mut issues) = (Vec::new(), Vec::new());
        let mut read = || -> rusqlite::Result<()> {
            let mut rows = self.db.prepare(
                "SELECT c.number, s.step FROM case_steps s JOIN cases c ON c.fid = s.case_fid
                 ORDER BY s.case_fid, s.number",
            )?;
            let mut rows = rows.query([])?;
            let mut at: Option<(String, Vec<Result<Step, String>>)> = None;
            let mut finish = |one: Option<(String, Vec<Result<Step, String>>)>| {
                let Some((number, steps)) = one else { return };
                match folded(&number, steps) {
                    Ok(case) => cases.push(case),
                    Err(message) => issues.push(Issue {
                        severity: Severity::Warning,
                        layer: "cases".to_owned(),
                        feature: None,
                        message: format!("case {number}: {message}"),
                    }),
                }
            };
            while let Some(row) = rows.next()? {
                let number = row.get_ref(0)?.as_str().unwrap_or_default();
                let step = parsed(row.get_ref(1)?.as_str().unwrap_or_default(), &shift);
                match &mut at {
                    Some((of, steps)) if of == number => steps.push(step),
                    _ => finish(at.replace((number.to_owned(), vec![step]))),
                }
            }
            finish(at);
            Ok(())
        };
        read().map_err(|reason| self.fail(reason))?;
        Ok((cases, issues))
    }

    /// A number that is another one after some other program, or another connection, has changed the file.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn data_version(&self) -> Result<i64, StoreError> {
        let asked = self.db.query_row("PRAGMA data_version", [], |row| row.get(0));
        asked.map_err(|reason| self.fail(reason))
    }

    /// One case; `None` where there is none of that number.
    ///
    /// # Errors
    /// [`TakeError::Store`], [`TakeError::Unread`].
    pub fn case(&self, number: &str) -> Result<Option<Case>, TakeError> {
        let shift = Shift(self.transform()?);
        match history(&self.db, number).map_err(TakeError::of(&self.path))? {
            Some((_, texts)) => self.fold(number, &texts, &shift).map(Some),
            None => Ok(None),
        }
    }

    fn fold(&self, number: &str, texts: &[String], shift: &Shift) -> Result<Case, TakeError> {
        let steps = texts.iter().map(|text| parsed(text, shift)).collect();
        folded(number, steps).map_err(|reason| TakeError::Unread { number: number.to_owned(), reason })
    }

    /// The number of the case that a source's number is of.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn case_of_source(&self, source: &str, id: &str) -> Result<Option<String>, StoreError> {
        let question = "SELECT number FROM cases WHERE source = ?1 AND source_id = ?2 AND source_id <> ''";
        let mut asked = self.db.prepare_cached(question).map_err(|reason| self.fail(reason))?;
        asked.query_row([source, id], |row| row.get(0)).optional().map_err(|reason| self.fail(reason))
    }

    /// Where a feed goes on.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn feed_position(&self, feed: &str) -> Result<Option<String>, StoreError> {
        let asked = self.db.query_row("SELECT position FROM feeds WHERE feed = ?1", [feed], |row| row.get(0));
        asked.optional().map_err(|reason| self.fail(reason))
    }

    /// What feeds brought that was no report: feed, place, reason, first characters; the newest first, at most so many.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn garbage(&self, most: u32) -> Result<Vec<[String; 4]>, StoreError> {
        let read = || -> rusqlite::Result<Vec<[String; 4]>> {
            let mut rows =
                self.db.prepare("SELECT feed, place, reason, raw FROM feed_garbage ORDER BY fid DESC LIMIT ?1")?;
            let rows = rows.query_map([most], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?]))?;
            rows.collect()
        };
        read().map_err(|reason| self.fail(reason))
    }

    /// Does all of some changes, or none of them. Gives the cases as they are afterwards, in the order of the changes.
    ///
    /// # Errors
    /// [`TakeError`]; nothing is changed then.
    pub fn change_cases(
        &mut self,
        changes: Vec<Change>,
        calendar: &Calendar,
        feed: Option<FeedState<'_>>,
    ) -> Result<Vec<Case>, TakeError> {
        let (shift, back) = (Shift(self.transform()?), Shift(self.transform_back()?));
        let fail = TakeError::of(&self.path);
        let srs = srs_of_table(&self.db).map_err(&fail)?;
        let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(&fail)?;
        let mut done = Vec::with_capacity(changes.len());
        for change in changes {
            let writer = Writer { tx: &tx, shift: &shift, back: &back, srs, calendar };
            done.push(match change {
                Change::Begin(step) => writer.begin(*step, &fail)?,
                Change::Take(number, step) => writer.take(&number, *step, &fail)?,
            });
        }
        if let Some(state) = feed {
            keep_feed(&tx, state).map_err(&fail)?;
        }
        tx.commit().map_err(&fail)?;
        Ok(done)
    }
}

fn keep_feed(tx: &Transaction<'_>, state: FeedState<'_>) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "INSERT INTO feeds (feed, position) VALUES (?1, ?2)
         ON CONFLICT (feed) DO UPDATE SET position = ?2, changed = strftime('%Y-%m-%dT%H:%M:%fZ','now')",
    )?
    .execute([state.feed, state.position])?;
    let mut garbage =
        tx.prepare_cached("INSERT INTO feed_garbage (feed, place, reason, raw) VALUES (?1, ?2, ?3, ?4)")?;
    for [place, reason, raw] in state.garbage {
        garbage.execute([state.feed, place, reason, raw])?;
    }
    Ok(())
}

/// The row and the steps of a case.
fn history(db: &Connection, number: &str) -> rusqlite::Result<Option<(i64, Vec<String>)>> {
    let mut row = db.prepare_cached("SELECT fid FROM cases WHERE number = ?1")?;
    let Some(fid) = row.query_row([number], |row| row.get::<_, i64>(0)).optional()? else { return Ok(None) };
    let mut steps = db.prepare_cached("SELECT step FROM case_steps WHERE case_fid = ?1 ORDER BY number")?;
    let steps = steps.query_map([fid], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    Ok(Some((fid, steps)))
}

fn parsed(text: &str, shift: &Shift) -> Result<Step, String> {
    let mut step: Step = serde_json::from_str(text).map_err(|error| error.to_string())?;
    shift.apply(&mut step);
    Ok(step)
}

fn folded(number: &str, steps: Vec<Result<Step, String>>) -> Result<Case, String> {
    let steps = steps.into_iter().collect::<Result<Vec<_>, _>>()?;
    Case::of_history(number, steps).map_err(|(at, reason)| format!("step {}: {reason}", at + 1))
}

/// Writes cases within a transaction.
struct Writer<'a> {
    tx: &'a Transaction<'a>,
    shift: &'a Shift,
    back: &'a Shift,
    srs: i32,
    calendar: &'a Calendar,
}

impl Writer<'_> {
    /// A number of the day on which the case begins: eight digits of the date, six that count.
    fn number(&self, at: i64) -> rusqlite::Result<String> {
        let day =
            self.calendar.date(at).map_or_else(|| "00000000".to_owned(), |date| date.strftime("%Y%m%d").to_string());
        let mut next = self.tx.prepare_cached(
            "INSERT INTO case_numbers (day, last) VALUES (?1, 1) ON CONFLICT (day) DO UPDATE SET last = last + 1
             RETURNING last",
        )?;
        let last: i64 = next.query_row([&day], |row| row.get(0))?;
        Ok(format!("{day}{last:06}"))
    }

    fn begin(&self, step: Step, fail: &impl Fn(rusqlite::Error) -> TakeError) -> Result<Case, TakeError> {
        let number = self.number(step.at).map_err(fail)?;
        let case =
            Case::begin(&number, step).map_err(|reason| TakeError::Refused { number: "(new)".to_owned(), reason })?;
        self.row(&case, None).map_err(fail)?;
        self.step(self.tx.last_insert_rowid(), &case).map_err(fail)?;
        Ok(case)
    }

    fn take(&self, number: &str, step: Step, fail: &impl Fn(rusqlite::Error) -> TakeError) -> Result<Case, TakeError> {
        let found = history(self.tx, number).map_err(fail)?;
        let (fid, texts) = found.ok_or_else(|| TakeError::NoCase(number.to_owned()))?;
        let steps = texts.iter().map(|text| parsed(text, self.shift)).collect();
        let unread = |reason| TakeError::Unread { number: number.to_owned(), reason };
        let mut case = folded(number, steps).map_err(unread)?;
        case.take(step).map_err(|reason| TakeError::Refused { number: number.to_owned(), reason })?;
        self.row(&case, Some(fid)).map_err(fail)?;
        self.step(fid, &case).map_err(fail)?;
        Ok(case)
    }

    /// The last step of a case.
    fn step(&self, fid: i64, case: &Case) -> rusqlite::Result<()> {
        let Some(last) = case.steps.last() else { return Ok(()) };
        let mut kept = last.clone();
        self.back.apply(&mut kept);
        let text =
            serde_json::to_string(&kept).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        let mut insert = self.tx.prepare_cached(
            "INSERT INTO case_steps (case_fid, number, at, actor, role, verb, note, step)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?;
        insert.execute(params![
            fid,
            case.steps.len() as i64,
            datetime(last.at).unwrap_or_default(),
            last.actor.name,
            last.actor.role.word(),
            last.action.verb().word(),
            last.note,
            text
        ])?;
        Ok(())
    }

    /// The row that readers of the file see.
    fn row(&self, case: &Case, fid: Option<i64>) -> rusqlite::Result<()> {
        let facts = &case.facts;
        let located = facts.located.as_ref();
        let geometry = located
            .map(|located| {
                let mut points = [located.xy];
                if let Some(transform) = &self.back.0 {
                    transform.apply(&mut points);
                }
                encode_point(points[0], self.srs)
            })
            .transpose()
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        let changed = case.steps.last().and_then(|step| datetime(step.at)).unwrap_or_default();
        let text = |of: fn(&crate::themes::management::case::Located) -> &String| located.map(of);
        const COLUMNS: &str = "geom, number, state, state_zh, category, channel, text, address, reported, due, ended,
            changed, unit, accuracy_m, grid, division, building, parcel, street, within, source, source_id, steps, fid";
        let values = params![
            geometry,
            case.number,
            case.state.word(),
            case.state.names()[0],
            facts.category,
            facts.channel,
            facts.text,
            facts.address,
            datetime(facts.reported).unwrap_or_default(),
            case.due(self.calendar).and_then(datetime),
            case.ended.and_then(datetime),
            changed,
            case.unit(),
            located.and_then(|located| located.accuracy_m),
            text(|located| &located.grid),
            text(|located| &located.division),
            text(|located| &located.building),
            text(|located| &located.parcel),
            text(|located| &located.street),
            text(|located| &located.within),
            facts.source,
            facts.source_id,
            case.steps.len() as i64,
            fid,
        ];
        let sql = match fid {
            None => format!(
                "INSERT INTO cases ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15,
                 ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24)"
            ),
            Some(_) => format!(
                "UPDATE cases SET ({COLUMNS}) = (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,
                 ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24) WHERE fid = ?24"
            ),
        };
        self.tx.prepare_cached(&sql)?.execute(values)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
