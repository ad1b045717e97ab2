//! Values as colours: the classes of a map, and its legend.

use super::column::{Column, Sense};
use super::table::{Table, hex};
use crate::themes::management::rules::Rules;

/// Colours of counts, few first.
pub const COUNTS: [[u8; 3]; 5] =
    [[0xff, 0xf3, 0xb0], [0xfe, 0xcc, 0x5c], [0xfd, 0x8d, 0x3c], [0xf0, 0x3b, 0x20], [0xb1, 0x00, 0x26]];
/// Of areas without any case.
pub const NOTHING: [u8; 3] = [0xe9, 0xec, 0xef];
/// Of areas whose rate is one of nothing.
pub const NO_VALUE: [u8; 3] = [0xb4, 0xba, 0xc2];
/// Colours of rates, the bad first; red and blue, which those see apart who do not see red and green apart.
const RATES: [[u8; 3]; 5] =
    [[0xd7, 0x19, 0x1c], [0xfd, 0xae, 0x61], [0xff, 0xff, 0xbf], [0xab, 0xd9, 0xe9], [0x2c, 0x7b, 0xb6]];

/// Rates that differ by less are not told apart by colour: a hundredth.
const NEAR: f64 = 0.01;

/// A class: what lies above the class before it, up to this.
#[derive(Clone, Debug, PartialEq)]
pub struct Class {
    /// Its greatest value.
    pub to: f64,
    /// Its colour.
    pub colour: [u8; 3],
    /// What it is called, where it has a name.
    pub name: String,
}

/// Classes of about as many values each, the least first; the last reaches to the greatest value.
fn quantiles(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.filter(|value| value.is_finite()).collect();
    values.sort_unstable_by(f64::total_cmp);
    let last = values.len().saturating_sub(1);
    let mut ends: Vec<f64> = (1..=5).filter_map(|n| values.get(last * n / 5).copied()).collect();
    ends.dedup();
    ends
}

/// Classes of counts: the greatest has the strongest colour, however few classes there are.
pub fn of_counts(counts: impl Iterator<Item = u32>) -> Vec<Class> {
    let ends = quantiles(counts.filter(|count| *count > 0).map(f64::from));
    let from = COUNTS.len() - ends.len();
    let class = |(to, colour): (f64, &[u8; 3])| Class { to, colour: *colour, name: String::new() };
    ends.into_iter().zip(COUNTS.iter().skip(from)).map(class).collect()
}

/// Classes of a column's values over the groups of a table; of scores its grades.
pub fn of_column(table: &Table, column: Column, rules: &Rules) -> Vec<Class> {
    let groups = || table.rows.iter().filter(|row| !row.key.is_empty());
    let values = groups().filter_map(|row| column.of(row));
    if column == Column::Score {
        // From the best to the worst; each reaches to just below the one before.
        let mut to = f64::INFINITY;
        let mut classes: Vec<Class> = Vec::new();
        for grade in &rules.grades {
            let colour = hex(&grade.colour).unwrap_or(NO_VALUE);
            classes.push(Class { to, colour, name: format!("{} ≥ {}", grade.id, grade.least) });
            to = grade.least.next_down();
        }
        classes.reverse();
        return classes;
    }
    let sense = column.sense();
    if sense == Sense::Neither {
        return of_counts(values.map(|count| count as u32));
    }
    let mut ends: Vec<f64> = Vec::new();
    for end in quantiles(values) {
        match ends.last_mut() {
            Some(last) if end - *last < NEAR => *last = end,
            _ => ends.push(end),
        }
    }
    // Few classes keep both ends of the colours.
    let places: &[usize] = match ends.len() {
        0 => &[],
        1 => &[2],
        2 => &[0, 4],
        3 => &[0, 2, 4],
        4 => &[0, 1, 3, 4],
        _ => &[0, 1, 2, 3, 4],
    };
    let colour = |place: usize| RATES[if sense == Sense::Bad { RATES.len() - 1 - place } else { place }];
    let class = |(to, place): (f64, &usize)| Class { to, colour: colour(*place), name: String::new() };
    ends.into_iter().zip(places).map(class).collect()
}

/// The colour of a value: of the first class that reaches to it.
pub fn colour(classes: &[Class], value: f64) -> Option<[u8; 3]> {
    let class = classes.iter().find(|class| value <= class.to).or(classes.last());
    class.map(|class| class.colour)
}

/// The text of each class, in order: `12–20`, `≤ 11.65 %`.
pub fn texts(classes: &[Class], column: Column) -> Vec<String> {
    let mut from: Option<f64> = None;
    let text = |class: &Class| {
        let before = from.replace(class.to);
        if !class.name.is_empty() {
            return class.name.clone();
        }
        let to = column.text(Some(class.to));
        match (column, before) {
            (Column::Count(_), before) => {
                let from = before.map_or(1.0, |before| before + 1.0);
                if from >= class.to { to } else { format!("{}–{to}", column.text(Some(from))) }
            }
            (_, None) => format!("≤ {to}"),
            // What ends in full stands without its sign twice.
            (_, Some(before)) => format!("{}–{to}", column.text(Some(before)).trim_end_matches(" %")),
        }
    };
    classes.iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::cases::figures::table::tests::figures;
    use crate::features::cases::figures::table::{Row, Table};
    use crate::themes::management::figures::By;
    use crate::themes::management::indicators::{Counter, Counts};

    #[test]
    fn every_count_has_a_class_and_more_is_never_weaker() {
        for counts in [vec![], vec![3], vec![1, 1, 1, 2], (1..200).collect(), vec![1, 1, 1, 1, 1, 1, 1, 900]] {
            let classes = of_counts(counts.iter().copied());
            let rank = |count: u32| COUNTS.iter().position(|known| Some(*known) == colour(&classes, f64::from(count)));
            let mut sorted: Vec<u32> = counts.clone();
            sorted.sort_unstable();
            assert!(sorted.windows(2).all(|pair| rank(pair[0]) <= rank(pair[1])));
            if let Some(most) = sorted.last() {
                assert_eq!(rank(*most), Some(COUNTS.len() - 1));
            }
        }
        assert_eq!(colour(&[], 3.0), None);
    }

    fn table(closed: &[(u64, u64)]) -> Table {
        let row = |(n, (in_time, due)): (usize, &(u64, u64))| {
            let mut counts = Counts::default();
            (0..*due).for_each(|_| counts.add(Counter::NeedClose));
            (0..*in_time).for_each(|_| counts.add(Counter::InTimeClosed));
            Row { key: format!("{n:03}"), counts, ..Row::default() }
        };
        Table { rows: closed.iter().enumerate().map(row).collect(), ..figures(By::Street) }
    }

    /// Ten groups of 0 %, 10 %, … 90 %: ends at the ranks 9·n/5 = 1, 3, 5, 7, 9.
    #[test]
    fn rates_are_red_where_they_are_bad_and_nothing_has_no_class() {
        let rules = Rules::usual();
        let mut rates: Vec<(u64, u64)> = (0..10).map(|n| (n, 10)).collect();
        rates.push((0, 0));
        let ten = table(&rates);
        let classes = of_column(&ten, Column::usual(), &rules);
        assert_eq!(texts(&classes, Column::usual())[..2], ["≤ 10.00 %", "10.00–30.00 %"]);
        assert_eq!(classes.iter().map(|class| class.to).collect::<Vec<_>>(), [0.1, 0.3, 0.5, 0.7, 0.9]);
        assert_eq!((classes[0].colour, classes[4].colour), (RATES[0], RATES[4]));
        // All the same: neither good nor bad.
        let same = of_column(&table(&[(3, 3), (4, 4)]), Column::usual(), &rules);
        assert_eq!(same.iter().map(|class| class.colour).collect::<Vec<_>>(), [RATES[2]]);
        // 54.27 %, 76.42 %, 76.43 % and 97.09 %: the two in the middle are the same to the eye.
        let near = of_column(
            &table(&[(5_427, 10_000), (7_642, 10_000), (7_643, 10_000), (9_709, 10_000)]),
            Column::usual(),
            &rules,
        );
        assert_eq!(near.iter().map(|class| class.to).collect::<Vec<_>>(), [0.5427, 0.7643, 0.9709]);
        assert_eq!(colour(&near, 0.7642), colour(&near, 0.7643));
        // Of what should not happen the least is the best.
        let rework = crate::themes::management::indicators::Indicator::named("missed_rate").map(Column::Rate).unwrap();
        let mut two = table(&[(0, 0), (0, 0)]);
        for (row, missed) in two.rows.iter_mut().zip([0, 2]) {
            (0..2).for_each(|_| row.counts.add(Counter::Filed));
            (0..missed).for_each(|_| row.counts.add(Counter::MissedFiled));
        }
        let classes = of_column(&two, rework, &rules);
        assert_eq!((colour(&classes, 0.0), colour(&classes, 1.0)), (Some(RATES[4]), Some(RATES[0])));
    }

    /// Grades are half open: 90 is an A, 89.99 a B, and no score is without one.
    #[test]
    fn scores_have_the_colours_of_their_grades() {
        let rules = Rules::usual();
        let classes = of_column(&figures(By::Street), Column::Score, &rules);
        for points in [0.0, 39.9, 40.0, 74.999, 75.0, 89.99, 90.0, 100.0] {
            let grade = rules.grade_of(points).and_then(|grade| hex(&grade.colour));
            assert_eq!(colour(&classes, points), grade, "{points}");
        }
        assert_eq!(texts(&classes, Column::Score).last().map(String::as_str), Some("A ≥ 90"));
    }

    #[test]
    fn counts_are_said_from_to() {
        let classes = of_counts([1, 1, 2, 5, 9, 9, 30].into_iter());
        let texts = texts(&classes, Column::Count(Counter::Report));
        // Ranks 6·n/5 = 1, 2, 3, 4, 6 of the sorted counts: 1, 2, 5, 9, 30.
        assert_eq!(texts, ["1", "2", "3–5", "6–9", "10–30"]);
    }
}
