//! Numbers of people that are too small to be shown, and what they could be computed from. Each table is made safe
//! for itself: who compares answers of many groupings may still find a difference.

use super::stock::{Stock, Total};

/// A number of people, or of units joined to people, unless it is so small that it tells of single persons: 0 says
/// nothing of anybody and stays.
pub fn suppress(count: u64, least: u64) -> Option<u64> {
    (count == 0 || count >= least).then_some(count)
}

/// The people of a cell.
fn people(cell: &Total) -> u64 {
    cell.sum.map_or(0, |sum| sum.round() as u64)
}

/// Hides small sums of a table whose cells add up to a total that is shown, and the next smallest with them until
/// what is hidden tells of enough people: the total less the other cells must not tell a single small one.
fn suppress_cells(mut cells: Vec<&mut Total>, least: u64) {
    let mut hidden = 0;
    let mut sum = 0;
    // Smallest first, and nobody is nothing to hide.
    cells.retain(|cell| people(cell) > 0);
    cells.sort_by_key(|cell| people(cell));
    for cell in cells {
        let count = people(cell);
        let open = hidden == 1 || (hidden > 0 && sum < least);
        if suppress(count, least).is_none() || open {
            cell.hide();
            (hidden, sum) = (hidden + 1, sum + count);
        }
    }
}

/// The range of as many numbers as `least` that a number of people lies in: of one building no more is shown, so
/// that neither few people nor what is left of a sum without it can be told.
pub fn people_range(count: u64, least: u64) -> [u64; 2] {
    let low = count / least * least;
    if count == 0 { [0, 0] } else { [low.max(1), low + least - 1] }
}

impl Stock {
    /// Hides sums of people that tell of too few: the whole, and classes and groups with what they could be
    /// computed from.
    pub fn suppress_small(&mut self, least: u64) {
        let all = &mut self.all.residents;
        if suppress(people(all), least).is_none() {
            all.hide();
        }
        for classes in [&mut self.by_year, &mut self.by_structure, &mut self.by_grade, &mut self.by_use] {
            suppress_cells(classes.iter_mut().map(|class| &mut class.tally.residents).collect(), least);
        }
        suppress_cells(self.groups.iter_mut().map(|group| &mut group.tally.residents).collect(), least);
        for group in &mut self.groups {
            if group.tally.residents.suppressed {
                group.residents_per_ha = None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::stock::tests::stock;
    use super::super::stock::{Grouping, Tally};
    use super::*;

    /// b has three people: alone in its class of years, they are not shown; in its street they are 25. All are 65:
    /// 22 before 1981, 3 after, 40 since 2016. With 22 and 40 shown, 65 - 62 would be the three: the next smallest,
    /// 22, is hidden as well, and 65 - 40 = 25 is all that can be told. Streets are 25 and 40: nothing is hidden.
    #[test]
    fn a_cell_of_fewer_than_five_people_can_be_suppressed() {
        assert_eq!([0, 1, 4, 5, 6].map(|count| suppress(count, 5)), [Some(0), None, None, Some(5), Some(6)]);
        let mut stock = stock(Some(Grouping::Field("street")));
        stock.suppress_small(5);
        let year = |code: &str| &stock.by_year.iter().find(|class| class.code == code).unwrap().tally.residents;
        assert_eq!((year("1981-1990").sum, year("1981-1990").suppressed), (None, true));
        assert_eq!((year("-1980").sum, year("-1980").suppressed), (None, true));
        assert_eq!((stock.all.residents.sum, year("2016-").sum), (Some(65.0), Some(40.0)));
        assert_eq!(stock.groups[1].tally.residents.sum, Some(25.0));
        for classes in [&stock.by_year, &stock.by_structure, &stock.by_grade, &stock.by_use] {
            let shown: f64 = classes.iter().filter_map(|class| class.tally.residents.sum).sum();
            let hidden = classes.iter().filter(|class| class.tally.residents.suppressed).count();
            let rest = 65.0 - shown;
            assert!((hidden == 0 && rest == 0.0) || (hidden > 1 && rest >= 5.0), "{hidden} cells of {rest}");
        }
    }

    /// Cells of 1, 2, 9 and 30 people: 1 and 2 are three together, so that 9 goes as well; a table of 3 alone has the
    /// total 3, which is hidden itself.
    #[test]
    fn what_is_hidden_is_never_few_together() {
        let cell = |sum: f64| Total { sum: Some(sum), known: 1, ..Total::default() };
        let mut cells = [30.0, 1.0, 0.0, 9.0, 2.0].map(cell);
        suppress_cells(cells.iter_mut().collect(), 5);
        assert_eq!(cells.each_ref().map(|cell| cell.sum), [Some(30.0), None, Some(0.0), None, None]);
        let mut whole = Stock { all: Tally { residents: cell(3.0), ..Tally::default() }, ..Stock::default() };
        whole.suppress_small(5);
        assert_eq!((whole.all.residents.sum, whole.all.residents.suppressed), (None, true));
        assert_eq!([0, 1, 4, 5, 22].map(|count| people_range(count, 5)), [[0, 0], [1, 4], [1, 4], [5, 9], [20, 24]]);
    }
}
