//! Land-use balance table (用地平衡表): areas by land use, with what of the whole each is.

use std::collections::BTreeMap;

use super::dossier::Dossier;
use crate::model::land_use::{LandUse, land_use};

/// A row of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The class; `None` for what has no known land use.
    pub class: Option<&'static LandUse>,
    /// Number of parcels.
    pub parcels: u32,
    /// Their area, m².
    pub area: f64,
    /// Share of all parcels' area, percent.
    pub percent: f64,
    /// What the parcels of no known land use say, with how many say it, the most frequent first; those that say
    /// nothing are not among them.
    pub unknown: Vec<(String, u32)>,
}

/// What a parcel adds to the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Plot {
    /// Its land use as the data says it.
    pub land_use: Option<String>,
    /// Its area, m².
    pub area: f64,
}

impl Plot {
    /// Of a dossier.
    pub fn of(dossier: &Dossier) -> Self {
        Self { land_use: dossier.land_use.clone(), area: dossier.area }
    }
}

/// The table over some parcels: known classes by code, what is not known last.
pub fn balance<'a>(plots: impl IntoIterator<Item = &'a Plot>) -> Vec<Row> {
    let mut sums: BTreeMap<&'static str, (u32, f64)> = BTreeMap::new();
    let mut unknown = (0, 0.0);
    let mut codes: BTreeMap<&str, u32> = BTreeMap::new();
    for plot in plots {
        let class = plot.land_use.as_deref().and_then(land_use);
        let sum = class.map_or(&mut unknown, |class| sums.entry(class.code.as_str()).or_default());
        if let (None, Some(code)) = (class, plot.land_use.as_deref()) {
            *codes.entry(code).or_default() += 1;
        }
        sum.0 += 1;
        sum.1 += plot.area;
    }
    let whole: f64 = sums.values().map(|(_, area)| area).sum::<f64>() + unknown.1;
    let percent = |area: f64| if whole > 0.0 { 100.0 * area / whole } else { 0.0 };
    let mut codes: Vec<(String, u32)> = codes.into_iter().map(|(code, count)| (code.to_owned(), count)).collect();
    codes.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let row = |class, (parcels, area)| Row { class, parcels, area, percent: percent(area), unknown: Vec::new() };
    let known = sums.into_iter().map(|(code, sum)| row(land_use(code), sum));
    let rest = (unknown.0 > 0).then(|| Row { unknown: codes, ..row(None, unknown) });
    known.chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_add_up_by_class_and_the_unknown_is_a_row_of_its_own() {
        let plot = |land_use: Option<&str>, area| Plot { land_use: land_use.map(str::to_owned), area };
        let plots = [
            plot(Some("070102"), 600.0),
            plot(Some("070101"), 200.0),
            plot(Some("1401"), 150.0),
            plot(Some("C-3"), 30.0),
            plot(Some("AB"), 4.0),
            plot(Some("C-3"), 6.0),
            plot(None, 10.0),
        ];
        let rows = balance(&plots);
        let said: Vec<_> =
            rows.iter().map(|r| (r.class.map(|c| c.code.as_str()), r.parcels, r.area, r.percent)).collect();
        // 600 + 200 of 1,000 m² are 80 %; both sub-classes are 0701 in the table of colours.
        assert_eq!(said, [(Some("0701"), 2, 800.0, 80.0), (Some("1401"), 1, 150.0, 15.0), (None, 4, 50.0, 5.0)]);
        // What they say is named, with those that say it.
        assert_eq!(rows[2].unknown, [("C-3".to_owned(), 2), ("AB".to_owned(), 1)]);
        assert!(balance(&[]).is_empty());
    }
}
