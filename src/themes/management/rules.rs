//! How cases are timed and judged: a table that a city replaces with its own (`assets/case_rules.toml`).

use std::collections::BTreeMap;
use std::path::Path;

use super::calendar::{Calendar, CalendarTable, TimeLimit};
use super::categories::{self, Categories};

/// Time for each step before and after handling.
#[derive(Clone, Copy, Debug, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stages {
    /// From sending to the answer of a verification.
    pub verify: TimeLimit,
    /// From report, registration or verification to acceptance or refusal.
    pub accept: TimeLimit,
    /// From registration to sending it to be verified.
    pub send_verification: TimeLimit,
    /// From acceptance to filing.
    pub file: TimeLimit,
    /// From filing to dispatch.
    pub dispatch: TimeLimit,
    /// From finished handling to sending it to be checked.
    pub send_check: TimeLimit,
    /// From sending to the answer of a check.
    pub check: TimeLimit,
    /// From finished handling to closing.
    pub close: TimeLimit,
}

/// A score: indicators and weights.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Score {
    /// The role's word.
    pub of: String,
    /// Indicator or points, and weight in percent.
    pub terms: Vec<(String, f64)>,
}

/// Points for a count.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Points {
    /// What terms of scores call it.
    pub id: String,
    /// The counter.
    pub counter: String,
    /// From so many on, so many points; the greatest first.
    pub steps: Vec<(u64, f64)>,
}

/// A grade of a score.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grade {
    /// `A`.
    pub id: String,
    /// From so many points on.
    pub least: f64,
    /// `#2e9e4f`.
    pub colour: String,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitRow {
    category: String,
    amount: f64,
    unit: super::calendar::TimeUnit,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    calendar: CalendarTable,
    stages: Stages,
    handling: TimeLimit,
    #[serde(default)]
    limit: Vec<LimitRow>,
    #[serde(default)]
    score: Vec<Score>,
    #[serde(default)]
    points: Vec<Points>,
    #[serde(default)]
    grade: Vec<Grade>,
}

/// The rules of a place.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Working time.
    pub calendar: Calendar,
    /// Time for each step.
    pub stages: Stages,
    /// Categories.
    pub categories: Categories,
    /// Scores.
    pub scores: Vec<Score>,
    /// Points for counts.
    pub points: Vec<Points>,
    /// Grades, the best first.
    pub grades: Vec<Grade>,
    handling: TimeLimit,
    limits: BTreeMap<String, TimeLimit>,
}

/// The rules that come with the program.
pub const TABLE: &str = include_str!("../../../assets/case_rules.toml");
/// The name of a project's own rules, in its folder.
pub const FILE: &str = "case_rules.toml";
/// The name of a project's own categories, in its folder.
pub const CATEGORIES: &str = "case_categories.toml";

impl Rules {
    /// Reads rules and categories.
    ///
    /// # Errors
    /// What is wrong with them, for people.
    pub fn of(rules: &str, categories: &str) -> Result<Self, String> {
        let file: File = toml::from_str(rules).map_err(|error| error.to_string())?;
        let sum = |score: &Score| score.terms.iter().map(|(_, weight)| weight).sum::<f64>();
        if let Some(score) = file.score.iter().find(|score| (sum(score) - 100.0).abs() > 1e-9) {
            return Err(format!("the weights of the score of {} add up to {}, not 100", score.of, sum(score)));
        }
        let calendar = Calendar::of(&file.calendar).map_err(|error| error.to_string())?;
        let limits = file
            .limit
            .into_iter()
            .map(|row| (row.category, TimeLimit { amount: row.amount, unit: row.unit }))
            .collect();
        let mut grades = file.grade;
        grades.sort_by(|a, b| b.least.total_cmp(&a.least));
        Ok(Self {
            calendar,
            stages: file.stages,
            categories: Categories::of(categories)?,
            scores: file.score,
            points: file.points,
            grades,
            handling: file.handling,
            limits,
        })
    }

    /// The rules that come with the program.
    pub fn usual() -> Self {
        // Both tables are part of the program and read by a test: they cannot fail for a user.
        Self::of(TABLE, categories::TABLE).expect("assets/case_rules.toml and case_categories.toml are valid")
    }

    /// The rules of a project: its own files where its folder has them.
    ///
    /// # Errors
    /// Which file cannot be read, and why.
    pub fn of_folder(folder: &Path) -> Result<Self, String> {
        let text = |name: &str, usual: &str| {
            let path = folder.join(name);
            match std::fs::read_to_string(&path) {
                Ok(text) => Ok(text),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(usual.to_owned()),
                Err(error) => Err(format!("{}: {error}", path.display())),
            }
        };
        let (rules, categories) = (text(FILE, TABLE)?, text(CATEGORIES, categories::TABLE)?);
        Self::of(&rules, &categories)
            .map_err(|error| format!("{FILE} or {CATEGORIES} in {}: {error}", folder.display()))
    }

    /// Time for handling a category: that of its id, else of its major class (`event:01`), else the usual.
    pub fn limit_of(&self, category: &str) -> TimeLimit {
        let major = || self.categories.find(category).map(|found| format!("{}:{}", found.kind.word(), found.major));
        let own = self.limits.get(category).copied();
        own.or_else(|| self.limits.get(&major()?).copied()).unwrap_or(self.handling)
    }

    /// The grade of a score of 0 to 100.
    pub fn grade_of(&self, score: f64) -> Option<&Grade> {
        self.grades.iter().find(|grade| score >= grade.least)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::themes::management::calendar::TimeUnit;

    #[test]
    fn a_category_has_its_limit_or_that_of_its_class() {
        let rules = Rules::usual();
        assert_eq!(rules.limit_of("event:0102"), TimeLimit::of(4.0, TimeUnit::WorkHour));
        assert_eq!(rules.limit_of("part:0402"), TimeLimit::of(5.0, TimeUnit::WorkDay), "of its major class");
        assert_eq!(rules.limit_of("part:0101"), TimeLimit::of(1.0, TimeUnit::WorkDay));
        assert_eq!(rules.limit_of("whatever"), TimeLimit::of(1.0, TimeUnit::WorkDay));
        let grade = |score| rules.grade_of(score).map(|grade| grade.id.as_str());
        assert_eq!([grade(90.0), grade(89.99), grade(60.0), grade(0.0)], [Some("A"), Some("B"), Some("C"), Some("E")]);
    }

    #[test]
    fn a_project_has_rules_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Rules::of_folder(folder.path()).is_ok());
        std::fs::write(folder.path().join(FILE), TABLE.replace("[handling]\namount = 1", "[handling]\namount = 9"))
            .unwrap();
        assert_eq!(Rules::of_folder(folder.path()).unwrap().limit_of("x"), TimeLimit::of(9.0, TimeUnit::WorkDay));
        std::fs::write(folder.path().join(FILE), TABLE.replace("\"close_rate\", 30", "\"close_rate\", 31")).unwrap();
        let error = Rules::of_folder(folder.path()).unwrap_err();
        assert!(error.contains("add up to 101") && error.contains(FILE), "{error}");
    }
}
