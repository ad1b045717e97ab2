//! What was found: squares and repeats with what is said of them, and where they are drawn. Pure.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use crate::themes::management::case::Case;
use crate::themes::management::hotspots::{Asked, Repeat, Square, gather};

/// Pieces of a square along its side: so finely it follows the ground.
pub const PIECES: usize = 4;
/// Corners of pieces along a side.
pub const CORNERS: usize = PIECES + 1;

/// A square that is hot or rising.
#[derive(Clone, Debug, PartialEq)]
pub struct Hot {
    /// What was reckoned.
    pub square: Square,
    /// The street that most of the cases in and around it are at; empty: none is known.
    pub street: String,
    /// The category that most of them have, and how many have it.
    pub mostly: (String, u32),
    /// When the first and the last of them were reported.
    pub dates: [i64; 2],
    /// Corners of its pieces, row by row from the south, east, north, up.
    pub corners: Vec<[f64; 3]>,
}

/// A place where cases come again.
#[derive(Clone, Debug, PartialEq)]
pub struct Again {
    /// What was found.
    pub repeat: Repeat,
    /// Its cases by place among all, by time.
    pub cases: Vec<u32>,
    /// An address of one of them, else the street; empty: none is known.
    pub address: String,
    /// When the first and the last were reported.
    pub dates: [i64; 2],
    /// Where it is: east, north, up.
    pub at: [f64; 3],
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// Side of a square, metres.
    pub side: f64,
    /// The time of the cases that were counted.
    pub period: Range<i64>,
    /// The time that it is compared with; empty: there are no cases of then.
    pub before: Range<i64>,
    /// How many squares were looked at.
    pub looked_at: usize,
    /// Those that are hot or rising, the hottest first.
    pub squares: Vec<Hot>,
    /// Places where cases come again, the most first.
    pub repeats: Vec<Again>,
}

/// What a square is said with: cases in it and around it.
#[derive(Default)]
struct Around<'a> {
    streets: HashMap<&'a str, u32>,
    categories: HashMap<&'a str, u32>,
    dates: Option<[i64; 2]>,
}

/// The most frequent, of as many the first by name.
fn most<'a>(counts: &HashMap<&'a str, u32>) -> Option<(&'a str, u32)> {
    let best = counts.iter().max_by(|(a, n), (b, m)| n.cmp(m).then(b.cmp(a)));
    best.map(|(name, count)| (*name, *count))
}

/// Looks for hot spots and repeats, and says what there is to say of them.
pub fn find(all: &[Arc<Case>], asked: &Asked, now: i64, ground: &dyn Fn([f64; 2]) -> f64) -> Found {
    let gathered = gather(all.iter().map(|case| &**case), asked, now);
    let side = asked.side;
    let cell_of = |xy: [f64; 2]| xy.map(|c| (c / side).floor() as i64);
    // Squares by cell: cases tell the nine that they lie in or beside.
    let squares: Vec<Square> = gathered.found().copied().collect();
    let mut around: HashMap<[i64; 2], Around<'_>> =
        squares.iter().map(|square| (cell_of(square.xy), Around::default())).collect();
    let wanted = |case: &&Arc<Case>| asked.category.as_ref().is_none_or(|category| case.facts.category == *category);
    for case in all.iter().filter(wanted).filter(|case| gathered.period.contains(&case.facts.reported)) {
        let Some(located) = &case.facts.located else { continue };
        let [x, y] = cell_of(located.xy);
        for cell in (-1..=1).flat_map(|dx| (-1..=1).map(move |dy| [x + dx, y + dy])) {
            let Some(around) = around.get_mut(&cell) else { continue };
            if !located.street.is_empty() {
                *around.streets.entry(&located.street).or_default() += 1;
            }
            *around.categories.entry(&case.facts.category).or_default() += 1;
            let at = case.facts.reported;
            around.dates = Some(around.dates.map_or([at, at], |[first, last]| [first.min(at), last.max(at)]));
        }
    }
    let hot = |square: Square| {
        let none = Around::default();
        let around = around.get(&cell_of(square.xy)).unwrap_or(&none);
        let (category, count) = most(&around.categories).unwrap_or_default();
        let step = side / PIECES as f64;
        let corner = |n: usize| {
            let xy = [n % CORNERS, n / CORNERS].map(|k| k as f64 * step - side / 2.0);
            let xy = [square.xy[0] + xy[0], square.xy[1] + xy[1]];
            [xy[0], xy[1], ground(xy)]
        };
        Hot {
            square,
            street: most(&around.streets).map_or_else(String::new, |(street, _)| street.to_owned()),
            mostly: (category.to_owned(), count),
            dates: around.dates.unwrap_or([gathered.period.start, gathered.period.end]),
            corners: (0..CORNERS * CORNERS).map(corner).collect(),
        }
    };
    let places: HashMap<&str, u32> = match gathered.repeats.is_empty() {
        true => HashMap::new(),
        false => all.iter().enumerate().map(|(place, case)| (case.number.as_str(), place as u32)).collect(),
    };
    let again = |repeat: &Repeat| {
        let cases: Vec<u32> = repeat.numbers.iter().filter_map(|number| places.get(number.as_str()).copied()).collect();
        let facts = || cases.iter().filter_map(|place| Some(&all.get(*place as usize)?.facts));
        let street = || facts().find_map(|facts| Some(facts.located.as_ref()?.street.clone()));
        let address = facts().map(|facts| facts.address.trim()).find(|address| !address.is_empty());
        let [first, last] = [facts().next(), facts().next_back()].map(|facts| facts.map_or(0, |facts| facts.reported));
        Again {
            address: address.map_or_else(|| street().unwrap_or_default(), str::to_owned),
            dates: [first, last],
            at: [repeat.xy[0], repeat.xy[1], ground(repeat.xy)],
            cases,
            repeat: repeat.clone(),
        }
    };
    Found {
        side,
        repeats: gathered.repeats.iter().map(again).collect(),
        looked_at: gathered.squares.len(),
        squares: squares.into_iter().map(hot).collect(),
        period: gathered.period,
        before: gathered.before,
    }
}

#[cfg(test)]
pub(in crate::features::cases) mod tests {
    use super::*;
    use crate::features::cases::list::tests::{START, case};

    /// Strewn singly over a lattice of 400 m, and twenty in one square, an hour apart; no two of those at one place
    /// but the last five, within one metre. Lattice cases all stand in other squares of 200 m.
    pub(in crate::features::cases) fn heap() -> Vec<Arc<Case>> {
        let mut cases = Vec::new();
        for n in 0..100 {
            let xy = [f64::from(n % 10) * 400.0 + 10.0, f64::from(n / 10) * 400.0 + 10.0];
            cases.push(case(&format!("L{n}"), Some(xy), START, 2.0, 1));
        }
        for n in 0..20 {
            let spread = if n < 15 { f64::from(n) * 9.0 } else { 150.0 + f64::from(n - 15) * 0.1 };
            let at = START + i64::from(n) * 3_600_000;
            cases.push(case(&format!("H{n}"), Some([2_005.0 + spread, 2_041.0]), at, 2.0, 1));
        }
        for case in &mut cases {
            let street = if case.number.starts_with('H') { "解放路" } else { "和平路" };
            case.facts.located.as_mut().unwrap().street = street.into();
        }
        cases.into_iter().map(Arc::new).collect()
    }

    pub(in crate::features::cases) fn found() -> Found {
        find(&heap(), &Asked { least: 5, ..Asked::default() }, START, &|[east, _]| east / 1_000.0)
    }

    #[test]
    fn a_heap_is_hot_and_said_with_its_street_and_dates() {
        let found = found();
        let hot = &found.squares[0];
        assert!(hot.square.is_hot && hot.square.confidence == 99);
        let (middle, inside) = (hot.square.xy, |c: f64| (1_800.0..2_400.0).contains(&c));
        assert!(inside(middle[0]) && inside(middle[1]), "{middle:?}");
        // The heap and the lattice case beside it, which is of the first moment.
        assert_eq!((hot.street.as_str(), hot.mostly.0.as_str()), ("解放路", "event:0102"));
        assert_eq!(hot.dates, [START, START + 19 * 3_600_000]);
        assert!(found.squares.iter().all(|hot| hot.mostly.1 == hot.square.around), "all are of one category");
        assert!(found.before.is_empty() && found.looked_at > 100);
    }

    /// Corners reach from edge to edge and lie on the ground: here a thousandth of the easting high.
    #[test]
    fn corners_are_those_of_the_square_on_the_ground() {
        for hot in found().squares {
            assert_eq!(hot.corners.len(), CORNERS * CORNERS);
            let [x, y] = hot.square.xy;
            let close = |a: [f64; 3], b: [f64; 3]| (0..3).all(|k| (a[k] - b[k]).abs() < 1e-9);
            assert!(close(hot.corners[0], [x - 100.0, y - 100.0, (x - 100.0) / 1_000.0]));
            assert!(close(hot.corners[CORNERS * CORNERS - 1], [x + 100.0, y + 100.0, (x + 100.0) / 1_000.0]));
        }
    }

    /// Places are squares of 15 m. 2,155.0 to 2,155.4 is one of them (2,145 to 2,160) with the five, and none before
    /// them is in it but the one at 2,005 + 14 · 9 = 2,131: no. In all others are at most two.
    #[test]
    fn a_repeat_is_said_with_its_cases_by_time() {
        let found = found();
        assert_eq!(found.repeats.len(), 1);
        let again = &found.repeats[0];
        assert_eq!(again.repeat.numbers, ["H15", "H16", "H17", "H18", "H19"]);
        assert_eq!(again.cases, [115, 116, 117, 118, 119]);
        assert_eq!((again.address.as_str(), again.dates), ("解放路", [15, 19].map(|n| START + n * 3_600_000)));
    }
}
