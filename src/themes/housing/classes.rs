//! Which buildings a class of the stock counts: what a click on a bar shows on the map.

use std::io;

use super::columns::Columns;
use super::families::{Families, Member};
use super::stock::{ClassTally, Stock};
use super::tables::{YearClass, grade, structure, tables};
use crate::city::CityLayer;
use crate::model::Meaning;

/// What the stock is divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Division {
    /// Year built.
    Year,
    /// Structure.
    Structure,
    /// Grade of danger.
    Grade,
    /// Use as the data writes it.
    Use,
}

impl Division {
    /// All divisions, in the order in which they are shown.
    pub const ALL: [Self; 4] = [Self::Year, Self::Structure, Self::Grade, Self::Use];

    /// The classes of a stock; the last is that of unknown ones.
    pub fn classes(self, stock: &Stock) -> &[ClassTally] {
        match self {
            Self::Year => &stock.by_year,
            Self::Structure => &stock.by_structure,
            Self::Grade => &stock.by_grade,
            Self::Use => &stock.by_use,
        }
    }

    fn meaning(self) -> Meaning {
        match self {
            Self::Year => Meaning::Year,
            Self::Structure => Meaning::Structure,
            Self::Grade => Meaning::SafetyGrade,
            Self::Use => Meaning::Use,
        }
    }

    /// The code of the class that counts a row; `None` is unknown.
    fn class_of(self, columns: &Columns, row: u32) -> Option<String> {
        let meaning = self.meaning();
        if self == Self::Year {
            let year = columns.number(meaning, row)? as i32;
            let classes = YearClass::all(&tables().year_breaks);
            return Some(classes.iter().find(|class| class.holds(year))?.code());
        }
        let text = columns.text(meaning, row)?;
        match self {
            Self::Structure => structure(&text).map(|class| class.code.clone()),
            Self::Grade => grade(&text).map(|grade| grade.class.code.clone()),
            Self::Year | Self::Use => Some(text),
        }
    }
}

/// The rows of the buildings that a class counts, with those of their parts, ascending; `None` is the class of
/// unknown ones.
///
/// # Errors
/// When a streamed layer cannot be read.
pub fn rows_of_class(
    buildings: &CityLayer,
    families: &Families,
    division: Division,
    class: Option<&str>,
) -> io::Result<Vec<u32>> {
    let columns = Columns::read(buildings, &[division.meaning()])?;
    let mut rows = Vec::new();
    for row in (0..columns.rows).filter(|row| families.member(*row) == Member::Building) {
        if division.class_of(&columns, row).as_deref() == class {
            rows.push(row);
            // What is drawn of a building with parts is its parts.
            rows.extend(families.parts(row));
        }
    }
    rows.sort_unstable();
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Shape, layer};
    use super::*;
    use crate::model::Role;
    use serde_json::json;

    #[test]
    fn the_rows_of_a_class_are_those_that_the_stock_counts() {
        let square = |x: f64| Shape::Square(x, 0.0, x + 10.0, 10.0);
        let rows = [
            (json!({"id": "a", "year_built": 1979, "structure": "砖混", "safety": "D", "use": "住宅"}), square(0.0)),
            (json!({"id": "b", "year_built": 1980, "structure": "4", "safety": "C级", "use": "住宅"}), square(20.0)),
            (json!({"id": "c", "year_built": 1981, "structure": "3", "safety": "A", "use": "unknown"}), square(40.0)),
            (json!({"id": "d", "year_built": 0, "structure": "heavy", "safety": "Csu", "use": null}), square(60.0)),
            (json!({"id": "b1", "part": true, "parent_id": "b", "year_built": 2020, "use": "商业"}), square(21.0)),
        ];
        let buildings = layer("buildings", Role::Building, &rows, &[]);
        let families = Families::find(&buildings).unwrap();
        let stock = Stock::of(&buildings, &families, None).unwrap();
        for division in Division::ALL {
            let classes = division.classes(&stock);
            for (at, class) in classes.iter().enumerate() {
                let code = (at + 1 < classes.len()).then_some(class.code.as_str());
                let rows = rows_of_class(&buildings, &families, division, code).unwrap();
                let counted = rows.iter().filter(|row| families.member(**row) == Member::Building).count();
                assert_eq!(counted as u64, class.tally.buildings, "{division:?} {code:?}");
            }
        }
        let rows = |division, class| rows_of_class(&buildings, &families, division, class).unwrap();
        // 1979 and 1980, and the part that is drawn for the second; its own year is not asked.
        assert_eq!(rows(Division::Year, Some("-1980")), [0, 1, 4]);
        // A use that is called so is not the class of those without any.
        assert_eq!((rows(Division::Use, Some("unknown")), rows(Division::Use, None)), (vec![2], vec![3]));
        assert_eq!(rows(Division::Structure, Some("4")), [0, 1, 4]);
    }
}
