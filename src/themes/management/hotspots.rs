//! Where cases gather (热点), with how sure that is, and places where they come again.
//!
//! Cases are counted in squares. A square is hot when it and its neighbours hold more than chance would give
//! (Getis-Ord Gi*), and rising when a recent time holds more than the time before lets expect (the exact binomial test
//! of two Poisson rates). Many squares are looked at, so that some would seem hot by chance: of those that are called so,
//! at most a given share is wrong on average (Benjamini and Hochberg 1995).

use std::collections::HashMap;
use std::ops::Range;

use super::case::Case;

/// How hot spots are looked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Search {
    /// Side of a square, metres.
    pub side: f64,
    /// The share of false ones among those found, at most, on average.
    pub false_share: f64,
}

impl Default for Search {
    fn default() -> Self {
        Self { side: 200.0, false_share: 0.05 }
    }
}

/// A square.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Square {
    /// Its middle, project CRS.
    pub xy: [f64; 2],
    /// Cases in it in the period.
    pub count: u32,
    /// Cases in it and its eight neighbours in the period.
    pub around: u32,
    /// Gi* of the counts: how many standard deviations above what chance gives; 0 where nothing can be said.
    pub z: f64,
    /// How often chance gives as much or more.
    pub p: f64,
    /// Whether it is hot, all squares looked at.
    pub is_hot: bool,
    /// How sure that is, percent: 99, 95, or 0; all squares looked at.
    pub confidence: u8,
    /// Cases in it and its neighbours that the time before the period lets expect; `None` without a time before.
    pub expected: Option<f64>,
    /// How often chance gives as many more; 1 without a time before.
    pub p_rising: f64,
    /// Whether it is rising, all squares looked at.
    pub is_rising: bool,
}

type Cell = (i64, i64);

fn neighbours((x, y): Cell) -> impl Iterator<Item = Cell> {
    (-1..=1).flat_map(move |dx| (-1..=1).map(move |dy| (x + dx, y + dy)))
}

/// Squares in which a case was ever reported, and their neighbours, the hottest first. `before`: the time that the
/// period is compared with; empty: none.
pub fn hotspots<'a>(
    cases: impl IntoIterator<Item = &'a Case>,
    period: &Range<i64>,
    before: &Range<i64>,
    search: &Search,
) -> Vec<Square> {
    // Counts in the period and in the time before.
    let mut counts: HashMap<Cell, [u32; 2]> = HashMap::new();
    for case in cases {
        let Some(located) = &case.facts.located else { continue };
        let [x, y] = located.xy.map(|c| (c / search.side).floor() as i64);
        let count = counts.entry((x, y)).or_default();
        count[0] += u32::from(period.contains(&case.facts.reported));
        count[1] += u32::from(before.contains(&case.facts.reported));
    }
    // Squares beside those with cases hold none, and might.
    let known: Vec<Cell> = counts.keys().copied().collect();
    for cell in known.into_iter().flat_map(neighbours) {
        counts.entry(cell).or_default();
    }
    let n = counts.len() as f64;
    let sum: f64 = counts.values().map(|[now, _]| f64::from(*now)).sum();
    let squares: f64 = counts.values().map(|[now, _]| f64::from(*now).powi(2)).sum();
    let mean = sum / n;
    let deviation = (squares / n - mean * mean).max(0.0).sqrt();
    let length = |of: &Range<i64>| (of.end - of.start).max(0) as f64;
    let ratio = length(period) / length(before);
    let mut found: Vec<Square> = counts
        .iter()
        .map(|(cell, [count, _])| {
            let mut around = [0_u32; 2];
            // A square at the edge has fewer neighbours of which anything is known.
            let mut weights = 0.0;
            for [now, then] in neighbours(*cell).filter_map(|cell| counts.get(&cell)) {
                around[0] += now;
                around[1] += then;
                weights += 1.0;
            }
            let spread = ((n * weights - weights * weights) / (n - 1.0)).max(0.0).sqrt() * deviation;
            let z = if spread > 0.0 { (f64::from(around[0]) - mean * weights) / spread } else { 0.0 };
            let has_before = ratio.is_finite() && ratio > 0.0;
            Square {
                xy: [cell.0, cell.1].map(|c| (c as f64 + 0.5) * search.side),
                count: *count,
                around: around[0],
                z,
                p: if spread > 0.0 { above(z).max(at_random(around[0], sum as u32, weights / n)) } else { 1.0 },
                is_hot: false,
                confidence: 0,
                expected: has_before.then(|| f64::from(around[1]) * ratio),
                p_rising: if has_before {
                    binomial_above(around[0], around[0] + around[1], ratio / (1.0 + ratio))
                } else {
                    1.0
                },
                is_rising: false,
            }
        })
        .collect();
    let p: Vec<f64> = found.iter().map(|one| one.p).collect();
    let hot = discoveries(&p, search.false_share);
    for (share, confidence) in [(0.05, 95), (0.01, 99)] {
        for (one, sure) in found.iter_mut().zip(discoveries(&p, share)) {
            one.confidence = if sure && one.z > 0.0 { confidence } else { one.confidence };
        }
    }
    let rising = discoveries(&found.iter().map(|one| one.p_rising).collect::<Vec<_>>(), search.false_share);
    for (one, (hot, rising)) in found.iter_mut().zip(hot.into_iter().zip(rising)) {
        (one.is_hot, one.is_rising) = (hot && one.z > 0.0, rising);
    }
    found.sort_by(|a, b| b.z.total_cmp(&a.z).then(a.xy[0].total_cmp(&b.xy[0])).then(a.xy[1].total_cmp(&b.xy[1])));
    found
}

/// The chance that a standard normal number is at least `z`.
///
/// Half of erfc(z / √2) by the Chebyshev fit of Press et al., wrong by at most 1.2e-7 of itself.
fn above(z: f64) -> f64 {
    const FIT: [f64; 10] = [
        -1.265_512_23,
        1.000_023_68,
        0.374_091_96,
        0.096_784_18,
        -0.186_288_06,
        0.278_868_07,
        -1.135_203_98,
        1.488_515_87,
        -0.822_152_23,
        0.170_872_77,
    ];
    let x = z.abs() / std::f64::consts::SQRT_2;
    let t = 1.0 / (1.0 + 0.5 * x);
    let sum = FIT.iter().rev().fold(0.0, |sum, term| sum * t + term);
    let erfc = t * (sum - x * x).exp();
    if z >= 0.0 { erfc / 2.0 } else { 1.0 - erfc / 2.0 }
}

/// The chance that at least `k` of `n` cases, thrown at random, fall into a share of all squares.
///
/// The normal distribution of Gi* holds for many: of few it calls a single case sure. Below [`FEW`] this exact chance
/// is asked as well, and the larger of both counts.
fn at_random(k: u32, n: u32, share: f64) -> f64 {
    if k >= FEW || !(0.0..1.0).contains(&share) {
        return 0.0;
    }
    let (mut less, mut log) = (0.0, f64::from(n) * (1.0 - share).ln());
    for i in 0..k {
        less += log.exp();
        log += (f64::from(n.saturating_sub(i)) / f64::from(i + 1)).ln() + (share / (1.0 - share)).ln();
    }
    (1.0 - less).clamp(0.0, 1.0)
}

/// From so many cases on the normal distribution is near enough.
const FEW: u32 = 30;

/// The chance of at least `k` of `n` where each comes with probability `p`.
fn binomial_above(k: u32, n: u32, p: f64) -> f64 {
    if k == 0 {
        return 1.0;
    }
    let (mut sum, mut log) = (0.0, f64::from(n) * (1.0 - p).ln());
    // Term by term in logarithms: of a million cases the first would be 0.
    for i in 0..=n {
        if i >= k {
            sum += log.exp();
        }
        log += (f64::from(n - i) / f64::from(i + 1)).ln() + (p / (1.0 - p)).ln();
    }
    sum.min(1.0)
}

/// Which of many tests are discoveries where at most a share of them may be false on average: Benjamini and Hochberg.
fn discoveries(p: &[f64], false_share: f64) -> Vec<bool> {
    let mut sorted: Vec<f64> = p.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len() as f64;
    let last = sorted.iter().enumerate().rev().find(|(rank, p)| **p <= false_share * (*rank + 1) as f64 / n);
    let bound = last.map_or(-1.0, |(_, p)| *p);
    p.iter().map(|p| *p <= bound).collect()
}

/// A place where cases of a category came again.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Repeat {
    /// The category.
    pub category: String,
    /// Id of the building; empty where none is near.
    pub building: String,
    /// The middle of the cases, project CRS.
    pub xy: [f64; 2],
    /// Their numbers, in the order in which they were reported.
    pub numbers: Vec<String>,
}

/// Cases nearer than this to the same spot, without a building, are at one place, metres.
const SPOT: f64 = 15.0;

/// Places with at least so many cases of one category in a period: at one building, else in one square of 15 m. The
/// most first.
pub fn repeats<'a>(cases: impl IntoIterator<Item = &'a Case>, period: &Range<i64>, least: usize) -> Vec<Repeat> {
    let mut places: HashMap<(&str, &str, Cell), Vec<&Case>> = HashMap::new();
    for case in cases.into_iter().filter(|case| period.contains(&case.facts.reported)) {
        let Some(located) = &case.facts.located else { continue };
        let [x, y] = located.xy.map(|c| (c / SPOT).floor() as i64);
        // Of a building: nearer than a pavement is wide.
        let building = located.building_m.filter(|metres| *metres <= SPOT).map_or("", |_| located.building.as_str());
        let spot = if building.is_empty() { (x, y) } else { (0, 0) };
        places.entry((&case.facts.category, building, spot)).or_default().push(case);
    }
    let mut repeats: Vec<Repeat> = places
        .into_iter()
        .filter(|(_, cases)| cases.len() >= least.max(2))
        .map(|((category, building, _), mut cases)| {
            cases.sort_by_key(|case| case.facts.reported);
            let xy = cases.iter().filter_map(|case| Some(case.facts.located.as_ref()?.xy));
            let sum = xy.fold([0.0; 2], |sum, xy| [sum[0] + xy[0], sum[1] + xy[1]]);
            Repeat {
                category: category.to_owned(),
                building: building.to_owned(),
                xy: sum.map(|c| c / cases.len() as f64),
                numbers: cases.iter().map(|case| case.number.clone()).collect(),
            }
        })
        .collect();
    repeats.sort_by(|a, b| b.numbers.len().cmp(&a.numbers.len()).then(a.numbers.cmp(&b.numbers)));
    repeats
}

/// A day, milliseconds.
const DAY: i64 = 86_400_000;

/// What hot spots and repeats are looked for in.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// Cases reported from then on; `None`: so many days before the end.
    pub since: Option<i64>,
    /// And before; `None`: until the last case.
    pub until: Option<i64>,
    /// Days of the period where nothing says when it begins.
    pub days: u32,
    /// Only this category's id.
    pub category: Option<String>,
    /// Side of a square, metres.
    pub side: f64,
    /// Cases at one place that are a repeat.
    pub least: usize,
}

impl Default for Asked {
    fn default() -> Self {
        Self { since: None, until: None, days: 30, category: None, side: Search::default().side, least: 3 }
    }
}

/// Where cases gather, and where they come again.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gathered {
    /// The time of the cases that were counted.
    pub period: Range<i64>,
    /// The time that it is compared with; empty where no case is of then.
    pub before: Range<i64>,
    /// Squares looked at, the hottest first.
    pub squares: Vec<Square>,
    /// Places where cases come again, the most first.
    pub repeats: Vec<Repeat>,
}

impl Gathered {
    /// Squares that are hot or rising, the hottest first.
    pub fn found(&self) -> impl Iterator<Item = &Square> {
        self.squares.iter().filter(|one| one.is_hot || one.is_rising)
    }
}

/// Looks for hot spots and repeats: the period against as long a time before it.
pub fn gather<'a>(cases: impl IntoIterator<Item = &'a Case>, asked: &Asked, now: i64) -> Gathered {
    let wanted = |case: &&Case| asked.category.as_ref().is_none_or(|id| case.facts.category == *id);
    let chosen: Vec<&Case> = cases.into_iter().filter(wanted).collect();
    let last = chosen.iter().map(|case| case.facts.reported).max().unwrap_or(now);
    let until = asked.until.unwrap_or(last.saturating_add(1));
    let since = asked.since.unwrap_or_else(|| until.saturating_sub(i64::from(asked.days) * DAY));
    let period = since..until.max(since);
    let before = since.saturating_sub(period.end.saturating_sub(since))..since;
    let has_before = chosen.iter().any(|case| before.contains(&case.facts.reported));
    let before = if has_before { before } else { since..since };
    let search = Search { side: asked.side, ..Search::default() };
    Gathered {
        squares: hotspots(chosen.iter().copied(), &period, &before, &search),
        repeats: repeats(chosen.iter().copied(), &period, asked.least),
        period,
        before,
    }
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};
    use rand_pcg::Pcg64;

    use super::*;
    use crate::themes::management::case::tests::{action, facts, step};
    use crate::themes::management::case::{Action, Located};
    use crate::themes::management::machine::{Role, Verb};

    fn case(number: usize, at: i64, xy: [f64; 2]) -> Case {
        let mut facts = facts();
        (facts.reported, facts.located) = (at, Some(Located { xy, ..Located::default() }));
        let action = match action(Verb::Register) {
            Action::Begin { verb, .. } => Action::Begin { verb, facts: Box::new(facts), state: None },
            other => other,
        };
        Case::begin(&number.to_string(), step(at, Role::Operator, action)).unwrap()
    }

    /// Values of the normal distribution from printed tables; the fit promises 1.2e-7 of itself.
    #[test]
    fn tails_are_those_of_tables() {
        for (z, p) in
            [(0.0, 0.5), (1.0, 0.158_655_254), (1.96, 0.024_997_895), (3.0, 0.001_349_898), (-1.0, 0.841_344_746)]
        {
            assert!((above(z) - p).abs() < 2e-7, "{z}: {}", above(z));
        }
        // Five heads or more of ten: 638 of 1024. All of ten at a third: 1 / 59,049.
        assert!((binomial_above(5, 10, 0.5) - 638.0 / 1024.0).abs() < 1e-12);
        assert!((binomial_above(10, 10, 1.0 / 3.0) - 1.0 / 59_049.0).abs() < 1e-12);
        assert_eq!(binomial_above(0, 0, 0.3), 1.0);
        // At least one of two in a tenth: 1 - 0.81; three of three in a half: an eighth.
        assert!((at_random(1, 2, 0.1) - 0.19).abs() < 1e-12 && (at_random(3, 3, 0.5) - 0.125).abs() < 1e-12);
        assert!(binomial_above(600_000, 1_000_000, 0.5) < 1e-12, "does not overflow");
    }

    /// Benjamini and Hochberg by hand: of 0.01, 0.02, 0.03, 0.9 at 0.05 the bounds are 0.0125, 0.025, 0.0375, 0.05:
    /// the first three.
    #[test]
    fn discoveries_are_those_of_the_step_up_rule() {
        assert_eq!(discoveries(&[0.03, 0.9, 0.01, 0.02], 0.05), [true, false, true, true]);
        assert_eq!(discoveries(&[0.03, 0.04, 0.9], 0.05), [false, false, false]);
        assert!(discoveries(&[], 0.05).is_empty());
    }

    /// Gi* by hand: nine squares in a row of 100 m squares, cases 0 0 0 0 9 0 0 0 0 (with the rows beside them that
    /// hold none: 27 known squares plus the ends' neighbours). One square with 9 cases: known are its 9 neighbours and
    /// itself, n = 9; mean 1, S = √(81/9 - 1) = √8. Around the middle: weights 9 = n, so that nothing is left to compare
    /// with. With a second square of 1 case 500 m away n = 18: mean 10/18, S² = 82/18 - (10/18)². Around the middle 9:
    /// z = (9 - 9·10/18) / (S·√((18·9 - 81)/17)).
    #[test]
    fn gi_star_is_what_the_formula_gives() {
        let mut cases: Vec<Case> = (0..9).map(|n| case(n, 10, [50.0, 50.0])).collect();
        cases.push(case(9, 10, [550.0, 50.0]));
        let search = Search { side: 100.0, false_share: 0.05 };
        let found = hotspots(&cases, &(0..100), &(0..0), &search);
        assert_eq!(found.len(), 18);
        let middle = found.iter().find(|one| one.xy == [50.0, 50.0]).unwrap();
        let mean: f64 = 10.0 / 18.0;
        let deviation = (82.0 / 18.0 - mean * mean).sqrt();
        let expected = (9.0 - 9.0 * mean) / (deviation * (81.0_f64 / 17.0).sqrt());
        assert!((middle.z - expected).abs() < 1e-12, "{} {expected}", middle.z);
        assert_eq!((middle.count, middle.around, middle.expected), (9, 9, None));
    }

    /// Cases strewn at random make no hot spot; the same with a heap in one corner make one there, and nowhere else. A
    /// corner that is as full as before does not rise, one that was empty does.
    #[test]
    fn chance_is_not_hot_and_a_heap_is() {
        let mut dice = Pcg64::seed_from_u64(5);
        let mut strewn = |count: usize, at: Range<i64>, west: f64, side: f64| -> Vec<Case> {
            let one = |n| {
                let xy = [west + dice.random_range(0.0..side), dice.random_range(0.0..side)];
                case(n, dice.random_range(at.clone()), xy)
            };
            (0..count).map(one).collect()
        };
        let (now, before) = (1_000..2_000, 0..1_000);
        let mut cases = strewn(2_000, 0..2_000, 0.0, 4_000.0);
        let search = Search::default();
        let quiet = hotspots(&cases, &now, &before, &search);
        let called = quiet.iter().filter(|one| one.is_hot || one.is_rising).count();
        assert!(called <= 2, "{called} of {}", quiet.len());
        cases.extend(strewn(150, now.clone(), 1_000.0, 200.0));
        let found = hotspots(&cases, &now, &before, &search);
        let near = |one: &Square| (one.xy[0] - 1_100.0).abs() <= 400.0 && one.xy[1] <= 500.0;
        assert!(found.iter().any(|one| one.is_hot && one.is_rising && near(one)));
        assert!(found.iter().filter(|one| one.is_rising).all(near));
        // Half of them in the time before: as full, and not rising there.
        let mut even = strewn(2_000, 0..2_000, 0.0, 4_000.0);
        even.extend(strewn(300, 0..2_000, 1_000.0, 200.0));
        let found = hotspots(&even, &now, &before, &search);
        assert!(found.iter().any(|one| one.is_hot && near(one)));
        assert!(!found.iter().any(|one| one.is_rising && near(one)));
    }

    #[test]
    fn places_where_it_comes_again_are_found() {
        let mut cases: Vec<Case> = (0..3).map(|n| case(n, 10 - n as i64, [50.0 + n as f64, 50.0])).collect();
        cases.push(case(3, 10, [500.0, 50.0]));
        cases.push(case(4, 200, [51.0, 50.0]));
        let found = repeats(&cases, &(0..100), 3);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].numbers, ["2", "1", "0"], "by time; the fourth lies elsewhere, the fifth came later");
        assert!((found[0].xy[0] - 51.0).abs() < 1e-9);
        assert!(repeats(&cases, &(0..100), 4).is_empty());
    }

    /// 99 % is the step-up rule at 0.01, 95 % at 0.05; of 0.004, 0.03, 0.6 the bounds at 0.01 are 0.0033, 0.0067, 0.01
    /// (none) and at 0.05 0.0167, 0.033, 0.05 (two). Here by a recount of the p that squares have.
    #[test]
    fn confidence_is_the_step_up_rule_at_one_and_at_five_percent() {
        let mut dice = Pcg64::seed_from_u64(7);
        let mut cases: Vec<Case> = Vec::new();
        for (heap, count) in [(40, 12), (9, 30), (25, 20), (0, 900)] {
            for _ in 0..count {
                let west = if heap == 0 { dice.random_range(0.0..8_000.0) } else { f64::from(heap) * 200.0 + 10.0 };
                let south = if heap == 0 { dice.random_range(0.0..4_000.0) } else { 1_010.0 };
                cases.push(case(cases.len(), 10, [west, south]));
            }
        }
        let found = hotspots(&cases, &(0..100), &(0..0), &Search::default());
        let sure = |share: f64| -> Vec<bool> {
            let mut p: Vec<f64> = found.iter().map(|one| one.p).collect();
            p.sort_by(f64::total_cmp);
            let n = p.len() as f64;
            let rank = (1..=p.len()).rev().find(|rank| p[rank - 1] <= share * *rank as f64 / n);
            let bound = rank.map_or(-1.0, |rank| p[rank - 1]);
            found.iter().map(|one| one.p <= bound && one.z > 0.0).collect()
        };
        let (five, one) = (sure(0.05), sure(0.01));
        assert!(one.iter().any(|sure| *sure) && five != one, "both levels are found");
        for (square, (five, one)) in found.iter().zip(five.into_iter().zip(one)) {
            let expected = if one {
                99
            } else if five {
                95
            } else {
                0
            };
            assert_eq!((square.confidence, square.is_hot), (expected, five));
        }
    }

    /// Days 0 to 59: the last thirty end with the last case, and are compared with the thirty before.
    #[test]
    fn the_period_ends_with_the_last_case_and_is_compared_with_as_long_a_time() {
        let cases: Vec<Case> = (0..60).map(|day| case(day, day as i64 * DAY, [50.0, 50.0])).collect();
        let gathered = gather(&cases, &Asked::default(), 0);
        let end = 59 * DAY + 1;
        assert_eq!(
            (gathered.period.clone(), gathered.before.clone()),
            (end - 30 * DAY..end, end - 60 * DAY..end - 30 * DAY)
        );
        // After midnight of day 29: days 30 to 59.
        assert_eq!(gathered.repeats[0].numbers.len(), 30);
        let none = gather(&cases, &Asked { category: Some("event:0101".into()), ..Asked::default() }, 7 * DAY);
        assert_eq!((none.squares.len(), none.repeats.len(), none.period.end), (0, 0, 7 * DAY + 1));
        let first = gather(&cases, &Asked { until: Some(30 * DAY), ..Asked::default() }, 0);
        assert!(first.before.is_empty(), "no case is of a time before the first");
    }

    /// A quiet month of a busy city: two reports far from each other are no hot spots, whatever the many empty squares
    /// make of the deviation.
    #[test]
    fn two_reports_are_no_hot_spot() {
        let mut cases: Vec<Case> = (0..400)
            .map(|n| {
                case(n, 1_000, [f64::from((n % 20) as u32) * 200.0 + 100.0, f64::from((n / 20) as u32) * 200.0 + 100.0])
            })
            .collect();
        cases.push(case(400, 5_000, [1_100.0, 1_100.0]));
        cases.push(case(401, 5_000, [3_100.0, 2_900.0]));
        let squares = hotspots(&cases, &(4_000..6_000), &(4_000..4_000), &Search::default());
        assert!(squares.iter().all(|square| !square.is_hot && square.confidence == 0));
    }
}
