//! The rows of the figures and their order. Pure.

use std::ops::Range;
use std::sync::Arc;

use super::areas::{Areas, areas};
use super::column::{Column, score_of};
use crate::city::City;
use crate::themes::management::case::Case;
use crate::themes::management::figures::{Asked, By, groups, roles};
use crate::themes::management::indicators::{Counts, score};
use crate::themes::management::machine::Role;
use crate::themes::management::rules::Rules;

/// A row: one group, or the sum of all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// What the group is called in the cases; empty: those that have none.
    pub key: String,
    /// Its counters.
    pub counts: Counts,
    /// Of a person: as what he acted.
    pub role: Option<Role>,
    /// Its score, 0 to 100.
    pub score: Option<f64>,
    /// The grade of that, with its colour.
    pub grade: Option<(String, [u8; 3])>,
}

/// Figures of a period.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// What was asked for.
    pub asked: Asked,
    /// The period.
    pub period: Range<i64>,
    /// One for each group, by key.
    pub rows: Vec<Row>,
    /// All groups together.
    pub total: Row,
    /// The areas that groups are; `None` where they are none, or the city has no such layer.
    pub areas: Option<Arc<Areas>>,
}

impl Table {
    /// What cases are grouped by.
    pub fn by(&self) -> By {
        self.asked.by.unwrap_or_default()
    }

    /// The row of a group.
    pub fn row(&self, key: &str) -> Option<&Row> {
        let place = self.rows.binary_search_by(|row| row.key.as_str().cmp(key)).ok()?;
        self.rows.get(place)
    }
}

/// A colour as tables write it: `#2e9e4f`.
pub(super) fn hex(text: &str) -> Option<[u8; 3]> {
    let digits = text.trim().strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
    let part = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    Some([part(0)?, part(2)?, part(4)?])
}

/// Reckons the figures of cases.
pub fn reckon(all: &[Arc<Case>], rules: &Rules, asked: Asked, city: Option<&City>, now: i64) -> Table {
    let all: Vec<&Case> = all.iter().map(|case| &**case).collect();
    let by = asked.by.unwrap_or_default();
    let roles = if by == By::Person { roles(&all, &asked, now) } else { Default::default() };
    let row = |key: String, counts: Counts| {
        let role = roles.get(&key).copied();
        let points = score_of(rules, by, role).and_then(|of| score(of, rules, &counts));
        let grade = points.and_then(|points| rules.grade_of(points));
        let grade = grade.map(|grade| (grade.id.clone(), hex(&grade.colour).unwrap_or([0x80; 3])));
        Row { key, counts, role, score: points, grade }
    };
    let mut total = Counts::default();
    let rows: Vec<Row> = groups(&all, rules, &asked, now)
        .into_iter()
        .map(|(key, counts)| {
            total.join(&counts);
            row(key, counts)
        })
        .collect();
    let total = row(String::new(), total);
    let areas = city.zip(by.level()).and_then(|(city, level)| areas(city, level)).map(Arc::new);
    Table { period: asked.period(now), asked, rows, total, areas }
}

/// Rows in order: by a column, the most first, of the same rate that of more cases, those without a value last; or by
/// name. `turned`: the other way round, and those without a value are last all the same.
pub fn order(table: &Table, column: Column, by_name: bool, turned: bool) -> Vec<u32> {
    // By key already.
    let mut rows: Vec<(u32, Option<f64>)> =
        table.rows.iter().enumerate().map(|(place, row)| (place as u32, column.of(row))).collect();
    if by_name {
        if turned {
            rows.reverse();
        }
        // What has no name is no group: last.
        rows.sort_by_key(|(place, _)| table.rows.get(*place as usize).is_none_or(|row| row.key.is_empty()));
    } else {
        let weight = |place: &u32| table.rows.get(*place as usize).map_or(0, |row| column.weight(row));
        rows.sort_by(|(m, a), (n, b)| {
            let by_value = match (a, b) {
                (Some(a), Some(b)) if turned => a.total_cmp(b),
                (Some(a), Some(b)) => b.total_cmp(a),
                (a, b) => a.is_none().cmp(&b.is_none()),
            };
            by_value.then_with(|| weight(n).cmp(&weight(m)))
        });
    }
    rows.into_iter().map(|(place, _)| place).collect()
}

#[cfg(test)]
pub(in crate::features::cases) mod tests {
    use super::*;
    use crate::features::cases::list::tests::{HOUR, START, case};
    use crate::themes::management::indicators::Counter;

    /// Nine cases of one category, dispatched to 环卫 with two urgent hours, each a step further than the one before;
    /// the first was only registered, the last is closed. A minute for each step, so that who finished is in time.
    pub(in crate::features::cases) fn nine() -> Vec<Arc<Case>> {
        let at = Some([5_000.0, 5_000.0]);
        (0..=8).map(|far| Arc::new(case(&format!("{far}"), at, START, 2.0, far))).collect()
    }

    pub(in crate::features::cases) fn figures(by: By) -> Table {
        reckon(&nine(), &Rules::usual(), Asked { by: Some(by), ..Asked::default() }, None, START + 10 * HOUR)
    }

    /// By hand, ten hours later: cases 3 to 8 are dispatched (six); 4 to 8 are finished (five), so that 3 is overdue;
    /// to be handled are those six. Closed is 8 alone, and with 3, overdue, two are to be closed: 1 ÷ 2.
    #[test]
    fn a_department_has_the_figures_that_a_count_by_hand_gives() {
        let table = figures(By::Unit);
        let row = table.row("环卫").unwrap();
        let count = |counter| row.counts.get(counter);
        use Counter::*;
        assert_eq!([Dispatch, Handled, InTimeHandled, Overdue, NeedHandle].map(count), [6, 5, 5, 1, 6]);
        assert_eq!([NeedClose, Closed, InTimeClosed, Rework].map(count), [2, 1, 1, 0]);
        assert_eq!(Column::usual().of(row), Some(0.5));
        assert_eq!(Column::usual().text(Column::usual().of(row)), "50.00 %");
        assert_eq!(Column::usual().parts(row).unwrap(), "1 ÷ 2");
        // 10 % of 100 points (nothing was filed by it), 30 % of 1/2, of 5/6 and of 1: 10 + 15 + 25 + 30.
        assert!((row.score.unwrap() - 80.0).abs() < 1e-9, "{:?}", row.score);
        assert_eq!(row.grade.as_ref().map(|(id, _)| id.as_str()), Some("B"));
        assert_eq!(table.total.counts.get(Report), 9, "those that no department has are counted in the sum");
    }

    /// A rate of nothing is none: it is "—" and stands last, whichever way round.
    #[test]
    fn a_rate_of_nothing_is_none_and_stands_last() {
        let table = figures(By::Unit);
        let none = table.row("").unwrap();
        assert_eq!((none.counts.get(Counter::NeedClose), Column::usual().of(none)), (0, None));
        assert_eq!(Column::usual().text(None), "—");
        for turned in [false, true] {
            let rows = order(&table, Column::usual(), false, turned);
            assert_eq!(rows.iter().map(|row| table.rows[*row as usize].key.as_str()).collect::<Vec<_>>(), ["环卫", ""]);
            assert_eq!(table.rows[order(&table, Column::usual(), true, turned)[1] as usize].key, "");
        }
    }

    /// All of one is less to be proud of than all of a hundred.
    #[test]
    fn of_the_same_rate_that_of_more_cases_stands_first() {
        let row = |(key, due): (&str, u64)| {
            let mut counts = Counts::default();
            for _ in 0..due {
                counts.add(Counter::NeedClose);
                counts.add(Counter::InTimeClosed);
            }
            Row { key: key.into(), counts, ..Row::default() }
        };
        let rows = [("a", 1), ("b", 100), ("c", 0), ("d", 7)].map(row).to_vec();
        let table = Table { rows, ..Table::default() };
        for turned in [false, true] {
            assert_eq!(order(&table, Column::usual(), false, turned), [1, 3, 0, 2]);
        }
    }

    /// Rows as the command groups them: the same function, and their counters add up to the sum.
    #[test]
    fn every_grouping_adds_up_to_the_same_sum() {
        let whole = figures(By::Category).total;
        for by in [By::Unit, By::District, By::Street, By::Grid, By::Person] {
            let table = figures(by);
            assert_eq!(table.total.counts, whole.counts, "{by:?}");
            assert!(table.rows.is_sorted_by(|a, b| a.key < b.key));
        }
        let person = figures(By::Person);
        assert!(person.row("甲").unwrap().role.is_some());
        assert_eq!(person.total.score, None, "a sum of people has no role");
    }

    #[test]
    fn colours_of_grades_are_read() {
        assert_eq!(
            (hex("#2e9e4f"), hex("2e9e4f"), hex("#2e9e4"), hex("#红红")),
            (Some([0x2e, 0x9e, 0x4f]), None, None, None)
        );
    }
}
