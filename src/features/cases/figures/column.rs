//! What may stand in a column of the figures: a counter, a rate, the score.

use super::table::Row;
use crate::panels::Words;
use crate::themes::management::figures::By;
use crate::themes::management::indicators::{Counter, INDICATORS, Indicator};
use crate::themes::management::machine::Role;
use crate::themes::management::rules::Rules;
use crate::units::grouped;

/// What stands in a column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Column {
    /// How many.
    Count(Counter),
    /// A rate.
    Rate(&'static Indicator),
    /// The score of 0 to 100.
    Score,
}

/// Whether more of something is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sense {
    /// More is better.
    Good,
    /// Less is better.
    Bad,
    /// It says how much there is to do, and not how well it is done.
    Neither,
}

fn rate(word: &str) -> Column {
    // Words of the table are held by a test.
    Indicator::named(word).map_or(Column::Score, Column::Rate)
}

/// A name that begins a label: its first letter large.
fn headed(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

impl Column {
    /// The one that is shown first: what a city is judged by.
    pub fn usual() -> Self {
        rate("close_in_time_rate")
    }

    /// All that may be chosen: score and rates, then counters.
    pub fn all() -> Vec<Self> {
        let rates = INDICATORS.iter().map(Self::Rate);
        std::iter::once(Self::Score).chain(rates).chain(Counter::ALL.iter().copied().map(Self::Count)).collect()
    }

    /// Those that stand in the table: what is judged first, what it is reckoned from last.
    pub fn standing(by: By) -> Vec<Self> {
        use Counter::*;
        let (counts, rates): (&[Counter], &[&str]) = match by {
            By::Unit => (
                &[Dispatch, NeedHandle, Handled, InTimeHandled, Overdue, NeedClose, Closed, Rework],
                &["close_rate", "close_in_time_rate", "handle_rate", "handle_in_time_rate", "rework_rate"],
            ),
            By::Person => (
                &[Report, Verify, Operate, Filed, Dispatch, Handled, Closed],
                &[
                    "valid_report_rate",
                    "verify_in_time_rate",
                    "operate_in_time_rate",
                    "file_in_time_rate",
                    "dispatch_in_time_rate",
                    "dispatch_right_rate",
                ],
            ),
            _ => (
                &[Report, Filed, Dispatch, Handled, Closed, Overdue],
                &[
                    "filing_rate",
                    "close_rate",
                    "close_in_time_rate",
                    "handle_rate",
                    "handle_in_time_rate",
                    "rework_rate",
                ],
            ),
        };
        let rates = rates.iter().map(|word| rate(word));
        std::iter::once(Self::Score).chain(rates).chain(counts.iter().copied().map(Self::Count)).collect()
    }

    /// Its name as a label.
    pub fn name(self, chinese: bool, words: &Words) -> String {
        let of = |names: [&str; 2]| if chinese { names[0].to_owned() } else { headed(names[1]) };
        match self {
            Self::Count(counter) => of(counter.names()),
            Self::Rate(indicator) => of(indicator.names),
            Self::Score => words.figures.score.to_owned(),
        }
    }

    /// How it is reckoned.
    pub fn formula(self, by: By, rules: Option<&Rules>, chinese: bool, words: &Words) -> String {
        let w = &words.figures;
        match self {
            Self::Rate(indicator) => format!("= {}", indicator.formula(chinese)),
            Self::Count(Counter::Overdue) => w.overdue_help.to_owned(),
            Self::Count(Counter::NeedHandle | Counter::NeedClose | Counter::NeedDispatch) => w.need_help.to_owned(),
            Self::Count(_) => w.count_help.to_owned(),
            Self::Score if by == By::Person => format!("{}\n{}", w.score_person_help, w.score_help),
            Self::Score => {
                let of = rules.and_then(|rules| score_of(rules, by, None));
                let term = |(term, weight): &(String, f64)| {
                    let name = Indicator::named(term).map(|one| Self::Rate(one).name(chinese, words));
                    let points = || {
                        let known = rules?.points.iter().find(|points| points.id == *term)?;
                        let counter = Counter::ALL.iter().find(|counter| counter.word() == known.counter)?;
                        Some(Words::put(w.points_for, &[&Self::Count(*counter).name(chinese, words)]))
                    };
                    format!("{} % {}", grouped(*weight, 0), name.or_else(points).unwrap_or_else(|| term.clone()))
                };
                let terms: Vec<String> = of.map(|of| of.terms.iter().map(term).collect()).unwrap_or_default();
                let grade = |grade: &crate::themes::management::rules::Grade| format!("{} ≥ {}", grade.id, grade.least);
                let grades: Vec<String> =
                    rules.map(|rules| rules.grades.iter().map(grade).collect()).unwrap_or_default();
                format!("= {}\n{}\n{}", terms.join(" + "), grades.join(", "), w.score_help)
            }
        }
    }

    /// Its value in a row; `None` of nothing, which is not 0.
    pub fn of(self, row: &Row) -> Option<f64> {
        match self {
            Self::Count(counter) => Some(row.counts.get(counter) as f64),
            Self::Rate(indicator) => indicator.of(&row.counts),
            Self::Score => row.score,
        }
    }

    /// Of how many a value is: a rate's lower part; of a score what was to be closed.
    pub fn weight(self, row: &Row) -> u64 {
        match self {
            Self::Count(_) => 0,
            Self::Rate(indicator) => row.counts.get(indicator.under),
            Self::Score => row.counts.get(Counter::NeedClose),
        }
    }

    /// A value as it is shown.
    pub fn text(self, value: Option<f64>) -> String {
        match (self, value) {
            (_, None) => "—".to_owned(),
            (Self::Count(_), Some(count)) => grouped(count, 0),
            (Self::Rate(_), Some(rate)) => format!("{:.2} %", 100.0 * rate),
            (Self::Score, Some(points)) => format!("{points:.1}"),
        }
    }

    /// What a rate is made of, in numbers: `12 ÷ 103`.
    pub fn parts(self, row: &Row) -> Option<String> {
        let Self::Rate(indicator) = self else { return None };
        let count = |counter| grouped(row.counts.get(counter) as f64, 0);
        let over = match indicator.less {
            Some(less) => format!("({} − {})", count(indicator.over), count(less)),
            None => count(indicator.over),
        };
        let rate = format!("{over} ÷ {}", count(indicator.under));
        Some(if indicator.inverted { format!("1 − {rate}") } else { rate })
    }

    /// Whether more of it is better.
    pub fn sense(self) -> Sense {
        match self {
            Self::Count(_) => Sense::Neither,
            Self::Rate(one) if matches!(one.over, Counter::Rework | Counter::MissedFiled) && !one.inverted => {
                Sense::Bad
            }
            Self::Rate(_) | Self::Score => Sense::Good,
        }
    }
}

/// The score that a group has: of a person that of its role, else that of departments.
pub(super) fn score_of(rules: &Rules, by: By, role: Option<Role>) -> Option<&crate::themes::management::rules::Score> {
    let role = if by == By::Person { role? } else { Role::Department };
    rules.scores.iter().find(|score| score.of == role.word())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panels::Language;

    #[test]
    fn every_column_of_a_table_is_there_and_named_in_both_languages() {
        for by in [By::Unit, By::District, By::Street, By::Community, By::Grid, By::Category, By::Person] {
            let columns = Column::standing(by);
            // A word that no indicator has would stand as a second score.
            assert_eq!(columns.iter().filter(|column| **column == Column::Score).count(), 1, "{by:?}");
            assert!(columns.iter().all(|column| Column::all().contains(column)));
            for language in Language::ALL {
                let (chinese, words) = (language == Language::Chinese, language.words());
                for column in &columns {
                    let name = column.name(chinese, words);
                    assert!(name.chars().next().is_some_and(|c| !c.is_lowercase()), "{name}");
                    assert!(!column.formula(by, Some(&Rules::usual()), chinese, words).contains("{}"));
                }
            }
        }
        assert_eq!(Column::usual().name(true, Language::Chinese.words()), "按期结案率");
    }

    /// The department's score in the table of the program: 10 % points for what was filed, 30 % each of closing,
    /// handling in time and not reworking.
    #[test]
    fn the_score_says_its_terms_and_grades() {
        let rules = Rules::usual();
        let said = Column::Score.formula(By::Unit, Some(&rules), true, Language::Chinese.words());
        assert!(said.contains("30 % 结案率 + 30 % 按期处置率 + 30 % 未返工率"), "{said}");
        assert!(said.contains("A ≥ 90, B ≥ 75, C ≥ 60, D ≥ 40, E ≥ 0"), "{said}");
        let closing = Column::usual().formula(By::Unit, Some(&rules), true, Language::Chinese.words());
        assert_eq!(closing, "= 按期结案数 ÷ 应结案数");
    }

    #[test]
    fn what_should_not_happen_is_better_when_less() {
        let sense = |word: &str| rate(word).sense();
        assert_eq!(["rework_rate", "missed_rate"].map(sense), [Sense::Bad; 2]);
        assert_eq!(["not_rework_rate", "not_missed_rate", "close_rate"].map(sense), [Sense::Good; 3]);
        assert_eq!(Column::Count(Counter::Overdue).sense(), Sense::Neither);
    }
}
