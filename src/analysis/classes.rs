//! Classes of numbers: equal widths, equal counts, natural breaks.

use crate::units::grouped;

/// Bounds of classes, ascending: class `i` holds `bounds[i] <= v < bounds[i + 1]`, the last its upper
/// bound as well. One class when all values are equal.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Classes {
    /// One more than classes; empty when there is no value.
    pub bounds: Vec<f64>,
}

/// Natural breaks are exact for up to so many different values; more are first put into so many
/// groups of equal counts.
const EXACT: usize = 1500;

impl Classes {
    /// Classes of equal width. Values that are not finite are left out everywhere here.
    pub fn equal(values: &[f64], count: usize) -> Self {
        let sorted = sorted(values);
        let (Some(&low), Some(&high)) = (sorted.first(), sorted.last()) else { return Self::default() };
        let width = (high - low) / count.max(1) as f64;
        let mut bounds: Vec<f64> = (0..count.max(1)).map(|i| low + width * i as f64).collect();
        bounds.push(high);
        Self::of(bounds)
    }

    /// Classes with as many values each; equal values stay together, so that there may be fewer
    /// classes.
    pub fn quantile(values: &[f64], count: usize) -> Self {
        let sorted = sorted(values);
        let Some(&high) = sorted.last() else { return Self::default() };
        let count = count.max(1);
        let mut bounds: Vec<f64> = (0..count).filter_map(|i| sorted.get(i * sorted.len() / count).copied()).collect();
        bounds.push(high);
        Self::of(bounds)
    }

    /// Natural breaks: the classes with the least sum of squared deviations from their means
    /// (G. F. Jenks 1967; W. D. Fisher 1958, exact dynamic programming). Exact for up to 1,500
    /// different values; with more, breaks fall between 1,500 groups of equal counts.
    pub fn jenks(values: &[f64], count: usize) -> Self {
        let sorted = sorted(values);
        let Some(&high) = sorted.last() else { return Self::default() };
        let groups = groups(&sorted);
        let starts = best_starts(&groups, count.clamp(1, groups.len()));
        let mut bounds: Vec<f64> = starts.iter().filter_map(|start| groups.get(*start)).map(|g| g.low).collect();
        bounds.push(high);
        Self::of(bounds)
    }

    /// From lower bounds and the greatest value. The last class may hold one value only.
    fn of(mut bounds: Vec<f64>) -> Self {
        let high = bounds.pop();
        bounds.dedup();
        bounds.extend(high);
        Self { bounds }
    }

    /// Number of classes.
    pub fn len(&self) -> usize {
        self.bounds.len().saturating_sub(1)
    }

    /// Whether there is no class.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The class of a value; `None` outside and for what is no number.
    pub fn class_of(&self, value: f64) -> Option<usize> {
        let (low, high) = (self.bounds.first()?, self.bounds.last()?);
        if !(*low <= value && value <= *high) {
            return None;
        }
        let above = self.bounds.partition_point(|bound| *bound <= value);
        Some(above.saturating_sub(1).min(self.len() - 1))
    }

    /// `10–20` for each class, with as few decimals as tell the bounds apart. Years are not grouped.
    pub fn labels(&self, years: bool) -> Vec<String> {
        let digits = digits_for(&self.bounds);
        let print = |v: f64| if years { format!("{v:.0}") } else { grouped(v, digits) };
        let label = |pair: &[f64]| match pair {
            [low, high] if print(*low) != print(*high) => format!("{}–{}", print(*low), print(*high)),
            [low, ..] => print(*low),
            [] => String::new(),
        };
        self.bounds.windows(2).map(label).collect()
    }
}

/// As few decimals as tell numbers apart, at most 6.
pub fn digits_for(numbers: &[f64]) -> usize {
    let apart = |digits: &usize| {
        let mut texts = numbers.windows(2).filter(|pair| pair[0] != pair[1]);
        let span = numbers.last().zip(numbers.first()).map_or(0.0, |(high, low)| high - low);
        let exact_enough = |v: &f64| (v - format!("{v:.digits$}").parse::<f64>().unwrap_or(*v)).abs() <= 0.005 * span;
        texts.all(|pair| format!("{:.digits$}", pair[0]) != format!("{:.digits$}", pair[1]))
            && numbers.iter().all(exact_enough)
    };
    (0..6).find(apart).unwrap_or(6)
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
}

/// Equal or neighbouring values taken as one.
struct Group {
    low: f64,
    count: f64,
    sum: f64,
}

fn groups(sorted: &[f64]) -> Vec<Group> {
    let different = 1 + sorted.windows(2).filter(|pair| pair[0] != pair[1]).count();
    let least = if different <= EXACT { 1 } else { sorted.len().div_ceil(EXACT) };
    let mut groups: Vec<Group> = Vec::new();
    let mut last = f64::NAN;
    for &value in sorted {
        match groups.last_mut() {
            // Equal values are never parted.
            Some(group) if value == last || group.count < least as f64 => {
                group.count += 1.0;
                group.sum += value;
            }
            _ => groups.push(Group { low: value, count: 1.0, sum: value }),
        }
        last = value;
    }
    groups
}

/// Where the classes begin, by group. `cost[j]` is the least sum for the first `j` groups in the
/// number of classes reached so far.
fn best_starts(groups: &[Group], count: usize) -> Vec<usize> {
    let n = groups.len();
    // Sums relative to the first value, for precision. The squares' sum is the same for all ways.
    let origin = groups.first().map_or(0.0, |g| g.low);
    let mut counts = vec![0.0];
    let mut sums = vec![0.0];
    for (i, group) in groups.iter().enumerate() {
        counts.push(counts[i] + group.count);
        sums.push(sums[i] + group.sum - group.count * origin);
    }
    // Minus the squared sum over the count: the part of the squared deviation that classes change.
    let gain = |from: usize, to: usize| {
        let (count, sum) = (counts[to] - counts[from], sums[to] - sums[from]);
        -sum * sum / count
    };
    let mut cost: Vec<f64> = (0..=n).map(|j| if j == 0 { f64::INFINITY } else { gain(0, j) }).collect();
    let mut starts: Vec<Vec<usize>> = vec![vec![0; n + 1]];
    for class in 1..count {
        let mut next = vec![f64::INFINITY; n + 1];
        let mut start = vec![0; n + 1];
        for j in class + 1..=n {
            for from in class..j {
                let sum = cost[from] + gain(from, j);
                if sum < next[j] {
                    (next[j], start[j]) = (sum, from);
                }
            }
        }
        cost = next;
        starts.push(start);
    }
    let mut end = n;
    let mut found: Vec<usize> = starts
        .iter()
        .rev()
        .map(|start| {
            end = start[end];
            end
        })
        .collect();
    found.reverse();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: {1, 2, 3}, {10, 11}, {50}: sums of squares 2 + 0.5 + 0; any other way is worse.
    #[test]
    fn natural_breaks_fall_into_the_gaps() {
        let classes = Classes::jenks(&[50.0, 1.0, 11.0, 2.0, 10.0, 3.0, f64::NAN], 3);
        let class = |v| classes.class_of(v);
        assert_eq!([1.0, 3.0, 10.0, 11.0, 50.0].map(class), [Some(0), Some(0), Some(1), Some(1), Some(2)]);
        assert_eq!(classes.labels(false), ["1–10", "10–50", "50"]);
    }

    #[test]
    fn natural_breaks_are_as_good_as_trying_every_way() {
        // A fixed linear congruential sequence.
        let mut seed = 7_u64;
        let mut next = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 40) as f64 / 1000.0
        };
        let mut values: Vec<f64> = (0..14).map(|_| next()).collect();
        values.sort_by(f64::total_cmp);
        let deviation = |part: &[f64]| {
            let mean = part.iter().sum::<f64>() / part.len() as f64;
            part.iter().map(|v| (v - mean).powi(2)).sum::<f64>()
        };
        let mut best = f64::INFINITY;
        for a in 1..12 {
            for b in a + 1..13 {
                for c in b + 1..14 {
                    let parts = [&values[..a], &values[a..b], &values[b..c], &values[c..]];
                    best = best.min(parts.iter().map(|p| deviation(p)).sum());
                }
            }
        }
        let classes = Classes::jenks(&values, 4);
        let ours: f64 = (0..4)
            .map(|class| {
                let part: Vec<f64> = values.iter().copied().filter(|v| classes.class_of(*v) == Some(class)).collect();
                deviation(&part)
            })
            .sum();
        assert!((ours - best).abs() < 1e-6 * best, "{ours} for {best}");
    }

    #[test]
    fn a_million_values_have_breaks_soon() {
        let values: Vec<f64> =
            (0..1_000_000).map(|i| f64::from(i % 977) + if i % 2 == 0 { 0.0 } else { 5000.0 }).collect();
        let classes = Classes::jenks(&values, 2);
        assert_eq!(classes.bounds, [0.0, 5000.0, 5976.0]);
        let many: Vec<f64> = (0..100_000).map(f64::from).collect();
        assert_eq!(Classes::jenks(&many, 5).len(), 5);
    }

    #[test]
    fn every_value_has_exactly_one_class() {
        let values = [3.0, 3.0, 3.0, 4.0, 9.0, 12.0, 100.0];
        for classes in [Classes::equal(&values, 4), Classes::quantile(&values, 4), Classes::jenks(&values, 4)] {
            assert!(classes.len() <= 4 && classes.bounds.windows(2).all(|pair| pair[0] < pair[1]), "{classes:?}");
            assert!(values.iter().all(|v| classes.class_of(*v).is_some()));
            assert_eq!(classes.class_of(2.9), None);
            assert_eq!(classes.class_of(100.1), None);
            assert_eq!(classes.class_of(f64::NAN), None);
        }
        // 97 wide, four classes of 24.25; quantiles of seven values begin at ranks 0, 1, 3, 5.
        assert_eq!(Classes::equal(&values, 4).bounds, [3.0, 27.25, 51.5, 75.75, 100.0]);
        assert_eq!(Classes::quantile(&values, 4).bounds, [3.0, 4.0, 12.0, 100.0]);
    }

    #[test]
    fn equal_or_no_values_make_one_class_or_none() {
        assert_eq!(Classes::jenks(&[5.0, 5.0], 3).len(), 1);
        assert_eq!(Classes::equal(&[5.0], 3).class_of(5.0), Some(0));
        assert!(Classes::quantile(&[f64::NAN], 3).is_empty());
        assert_eq!(Classes::jenks(&[5.0, 5.0], 3).labels(false), ["5"]);
    }

    #[test]
    fn labels_have_as_many_digits_as_they_need() {
        let labels = |bounds: &[f64], years| Classes { bounds: bounds.to_vec() }.labels(years);
        assert_eq!(labels(&[0.0, 1000.0, 25_000.0], false), ["0–1,000", "1,000–25,000"]);
        assert_eq!(labels(&[0.1, 0.15, 0.2], false), ["0.10–0.15", "0.15–0.20"]);
        assert_eq!(labels(&[1900.0, 1950.0, 2020.0], true), ["1900–1950", "1950–2020"]);
    }
}
