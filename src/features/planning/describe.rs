//! Dossiers in the words of the interface.

use super::state::{BalanceRow, CheckRow, ControlChip, ControlRow, DossierModel, ParcelRow};
use crate::model::Title;
use crate::model::control_line::{ControlLine, Relation};
use crate::model::land_use::land_use;
use crate::panels::{Language, Words};
use crate::themes::planning::balance;
use crate::themes::planning::control::{ControlLink, Extent, worth_a_look};
use crate::themes::planning::dossier::{Check, Dossier, Verdict, Why};
use crate::themes::planning::ground::compass;
use crate::themes::planning::limits::{LimitSource, NoLimit, Rule};
use crate::themes::planning::neighbourhood::{Neighbour, Neighbourhood};
use crate::themes::planning::parking::Needs;
use crate::themes::planning::span::Span;
use crate::themes::records::Summary;
use crate::units::{Metres, SquareMetres, grouped};

/// A rule's name.
pub fn rule_name(rule: Rule, words: &Words) -> &'static str {
    let w = &words.planning;
    match rule {
        Rule::Far => w.far,
        Rule::Density => w.density,
        Rule::Height => w.height,
        Rule::Green => w.green,
        Rule::Setback => w.setback,
        Rule::Parking => w.parking,
        Rule::Use => w.foreign_use,
    }
}

/// A verdict's name.
pub fn verdict_name(verdict: Verdict, words: &Words) -> &'static str {
    let w = &words.planning;
    match verdict {
        Verdict::NoLimit => w.no_limit,
        Verdict::Pass => w.pass,
        Verdict::Unknown => w.unknown,
        Verdict::Breach => w.breach,
    }
}

fn digits(rule: Rule) -> usize {
    match rule {
        Rule::Far => 2,
        Rule::Use | Rule::Parking => 0,
        _ => 1,
    }
}

/// A number in a rule's unit.
pub(super) fn number(rule: Rule, value: f64, words: &Words) -> String {
    match rule {
        Rule::Far => grouped(value, 2),
        Rule::Density | Rule::Green => format!("{} %", grouped(value, 1)),
        Rule::Height | Rule::Setback => format!("{} m", grouped(value, 1)),
        Rule::Parking => Words::put(words.planning.spaces, &[&grouped(value, 0)]),
        // A share, said in percent.
        Rule::Use => format!("{} %", grouped(100.0 * value, digits(rule))),
    }
}

/// A measured value: a number, or the bounds between which it lies.
pub(super) fn measured(rule: Rule, span: Option<Span>, words: &Words) -> String {
    let w = &words.planning;
    match span {
        None => w.not_measured.to_owned(),
        Some(span) if span.low.is_infinite() => w.nothing_stands.to_owned(),
        Some(span) if span.is_exact() => number(rule, span.low, words),
        Some(span) if span.high.is_infinite() => Words::put(w.at_least, &[&number(rule, span.low, words)]),
        Some(span) => Words::put(w.between, &[&number(rule, span.low, words), &number(rule, span.high, words)]),
    }
}

pub(super) fn limit(check: &Check, words: &Words) -> (String, String) {
    let w = &words.planning;
    match &check.limit {
        Ok(limit) => {
            let value = match (limit.low < limit.value, limit.value.is_finite()) {
                (false, _) => number(check.rule, limit.value, words),
                (true, true) => Words::put(
                    w.between,
                    &[&number(check.rule, limit.low, words), &number(check.rule, limit.value, words)],
                ),
                (true, false) => Words::put(w.or_more, &[&number(check.rule, limit.low, words)]),
            };
            let text = Words::put(if check.rule.is_least() { w.at_least } else { w.at_most }, &[&value]);
            let source = match &limit.source {
                LimitSource::Parcel { field } => Words::put(w.from_field, &[field]),
                LimitSource::Zone { name, field, share, .. } => {
                    Words::put(w.from_zone, &[name, field, &grouped(100.0 * share, 0)])
                }
                LimitSource::Table => w.from_table.to_owned(),
            };
            let source = if limit.as_share { format!("{source}, {}", w.as_share) } else { source };
            (text, limit.parking.map_or(source.clone(), |needs| format!("{} · {source}", need(&needs, words))))
        }
        Err(reason) => {
            let why = match reason {
                NoLimit::NoField => w.no_field,
                NoLimit::Empty => w.empty_field,
                NoLimit::Unread => w.unread_field,
                NoLimit::Negative => w.negative_field,
                NoLimit::Zero => w.zero_field,
                NoLimit::NoMajority => w.no_majority,
                NoLimit::NotJudged => w.not_judged,
                NoLimit::NoUses => w.no_uses,
                NoLimit::NothingServed => w.nothing_served,
            };
            (w.no_limit.to_owned(), why.to_owned())
        }
    }
}

/// The sum of a need for parking spaces: `1.2 × 100 dwellings + 0.8 × 2,000 m² ÷ 100`.
fn need(needs: &Needs, words: &Words) -> String {
    let w = &words.planning;
    let of = |span: Span| match (span.is_exact(), span.high.is_finite()) {
        (true, _) => grouped(span.low, 0),
        (false, true) => Words::put(w.between, &[&grouped(span.low, 0), &grouped(span.high, 0)]),
        (false, false) => Words::put(w.or_more, &[&grouped(span.low, 0)]),
    };
    let dwellings = Words::put(w.per_dwelling, &[&grouped(needs.per_dwelling, 2), &of(needs.dwellings)]);
    let area = Words::put(w.per_100_m2, &[&grouped(needs.per_100_m2, 2), &of(needs.floor_area)]);
    let terms = [(needs.per_dwelling, dwellings), (needs.per_100_m2, area)];
    terms.into_iter().filter(|(rate, _)| *rate > 0.0).map(|(_, term)| term).collect::<Vec<_>>().join(" + ")
}

fn reason(why: Why, words: &Words) -> String {
    let w = &words.planning;
    match why {
        Why::NoBuildings => w.why_no_buildings.to_owned(),
        Why::NoGreen => w.why_no_green.to_owned(),
        Why::GreenNotSurveyed => w.why_green.to_owned(),
        Why::StoreysFromHeight(n) => Words::put(w.why_storeys_from_height, &[&n]),
        Why::StoreyHeightNearStep(n) => Words::put(w.why_near_step, &[&n]),
        Why::StoreysUnknown(n) => Words::put(w.why_storeys_unknown, &[&n]),
        Why::HeightFromStoreys(n) => Words::put(w.why_height_from_storeys, &[&n]),
        Why::HeightGuessed(n) => Words::put(w.why_height_guessed, &[&n]),
        Why::CutByLine(n) => Words::put(w.why_cut, &[&n]),
        Why::UseUnjudged(n) => Words::put(w.why_use, &[&n]),
        Why::NoArea => w.why_no_area.to_owned(),
        Why::BuildingsElsewhere => w.why_elsewhere.to_owned(),
        Why::NoSpaces => w.why_no_spaces.to_owned(),
        Why::SpacesUnknown(n) => Words::put(w.why_spaces, &[&n]),
        Why::DwellingsUnknown(n) => Words::put(w.why_dwellings, &[&n]),
        Why::FootprintsOverlap(m2) => Words::put(w.why_overlap, &[&m2]),
    }
}

fn check_row(check: &Check, words: &Words) -> CheckRow {
    let (limit_text, source) = limit(check, words);
    CheckRow {
        rule: check.rule,
        measured: measured(check.rule, check.measured, words),
        limit: limit_text,
        source,
        verdict: check.verdict,
        why: check.why.iter().map(|why| reason(*why, words)).collect(),
        share: share_of(check),
    }
}

/// Measured over limit, where both are numbers; of a span its middle.
fn share_of(check: &Check) -> Option<f32> {
    let span = check.measured?;
    let value = if span.high.is_finite() { (span.low + span.high) / 2.0 } else { span.low };
    let limit =
        check.limit.as_ref().ok().filter(|limit| limit.value > 0.0 && limit.value.is_finite() && value.is_finite())?;
    Some((value / limit.value) as f32)
}

/// The records of a table: what it is called, and what they say together.
fn record(summary: &Summary, words: &Words) -> (String, Vec<(&'static str, String)>) {
    let w = &words.planning;
    let range = |least: String, most: String| if least == most { least } else { format!("{least} – {most}") };
    let mut facts = vec![(w.key, summary.key.clone())];
    if summary.shared_by > 1 {
        facts.push((w.shared_by, summary.shared_by.to_string()));
    }
    if let Some(area) = summary.floor_area_m2 {
        facts.push((w.registered_area, SquareMetres(area).to_string()));
    }
    if let Some([least, most]) = summary.storeys {
        facts.push((w.storeys, range(least.to_string(), most.to_string())));
    }
    if let Some([first, last]) = summary.years {
        facts.push((w.built, range(first.to_string(), last.to_string())));
    }
    if !summary.uses.is_empty() {
        facts.push((w.uses, summary.uses.join(", ")));
    }
    (Words::put(w.records, &[&summary.layer, &summary.records]), facts)
}

/// The counted floor area, or the bounds between which it lies.
pub(super) fn floor_area(dossier: &Dossier, words: &Words) -> String {
    let w = &words.planning;
    match dossier.floor_area {
        span if span.is_exact() => SquareMetres(span.low).to_string(),
        span if span.high.is_infinite() => Words::put(w.at_least, &[&SquareMetres(span.low)]),
        span => Words::put(w.between, &[&SquareMetres(span.low), &SquareMetres(span.high)]),
    }
}

/// A neighbour: its row, its id with its land use, how far it is.
fn neighbour(one: &Neighbour, words: &Words, language: Language) -> (u32, String, String) {
    let class = one.land_use.as_deref().and_then(land_use);
    let name = class.map(|class| in_language(&class.name, language));
    let name = name.or(one.land_use.as_deref()).unwrap_or_default();
    let far = if one.adjoins { words.planning.adjoins.to_owned() } else { Metres(one.distance_m.round()).to_string() };
    (one.row, one.id.clone(), format!("{name} · {far}"))
}

fn in_language(title: &Title, language: Language) -> &str {
    if language == Language::Chinese { title.zh() } else { title.en() }
}

/// What a kind of control line is called.
fn control_name(kind: &ControlLine, language: Language) -> &str {
    in_language(&kind.name, language)
}

/// How many of all parcels each kind of control line is about.
pub fn control_chips(parcels: &[ParcelRow], language: Language) -> Vec<ControlChip> {
    let chip = |kind: &'static ControlLine| {
        let count = parcels.iter().filter(|parcel| parcel.controls.contains(&kind)).count();
        ControlChip { kind, name: control_name(kind, language).to_owned(), count }
    };
    ControlLine::all().iter().map(chip).filter(|chip| chip.count > 0).collect()
}

/// A control line: its kind and name, how the parcel lies to it.
fn control(link: &ControlLink, words: &Words, language: Language) -> ControlRow {
    let w = &words.planning;
    let kind = control_name(link.kind, language);
    let name = [in_language(&link.name, language), &link.id].into_iter().find(|text| !text.is_empty());
    let relation = match link.relation {
        Relation::Crossing => w.crossing,
        Relation::Inside => w.inside,
        Relation::Outside => w.outside,
    };
    let text = match link.extent {
        Extent::None => relation.to_owned(),
        Extent::Area(area, share) => {
            Words::put(w.control_area, &[&relation, &grouped(100.0 * share, 1), &SquareMetres(area)])
        }
        Extent::Length(metres) => Words::put(w.control_length, &[&relation, &grouped(metres, 1)]),
    };
    ControlRow {
        colour: link.kind.colour,
        // Many a boundary is called by its kind.
        name: name.filter(|name| *name != kind).map_or_else(|| kind.to_owned(), |name| format!("{kind} · {name}")),
        text,
        matters: link.matters(),
    }
}

/// A dossier in words.
pub fn describe(
    dossier: &Dossier,
    records: &[Summary],
    around: &Neighbourhood,
    words: &Words,
    language: Language,
) -> DossierModel {
    let w = &words.planning;
    let class = dossier.land_use.as_deref().and_then(land_use);
    let said = dossier.land_use.clone().unwrap_or_default();
    let land_use = match class {
        Some(class) => {
            let name = in_language(&class.name, language);
            (format!("{said} {name}"), Some(class.colour))
        }
        None if said.is_empty() => (w.no_land_use.to_owned(), None),
        None => (said, None),
    };
    let bodies = dossier.standing.iter().filter(|one| !one.covered);
    let own = bodies.clone().filter(|one| one.is_own()).count();
    let faces = [w.north, w.northeast, w.east, w.southeast, w.south, w.southwest, w.west, w.northwest];
    DossierModel {
        id: dossier.id.clone(),
        land_use,
        verdict: dossier.verdict(),
        area: SquareMetres(dossier.area).to_string(),
        floor_area: floor_area(dossier, words),
        zone: dossier
            .zone
            .as_ref()
            .map_or_else(String::new, |zone| Words::put(w.in_zone, &[&zone.name, &grouped(100.0 * zone.share, 0)])),
        records: records.iter().map(|summary| record(summary, words)).collect(),
        standing: Words::put(w.standing, &[&own, &(bodies.count() - own)]),
        units: around.registered_units.map(|units| grouped(f64::from(units), 0)).unwrap_or_default(),
        cases: around.cases.map(|cases| Words::put(w.cases_open, &[&cases.open, &cases.all])).unwrap_or_default(),
        neighbours: around.neighbours.iter().map(|one| neighbour(one, words, language)).collect(),
        checks: dossier.checks.iter().map(|check| check_row(check, words)).collect(),
        controls: dossier.control_lines.iter().map(|link| control(link, words, language)).collect(),
        sides: dossier
            .sides
            .iter()
            .map(|(facing, length, setback)| {
                let side = Words::put(w.side, &[&faces[compass(*facing)], &Metres(length.round())]);
                (side, setback.map_or_else(|| w.nothing_stands.to_owned(), |m| format!("{} m", grouped(m, 1))))
            })
            .collect(),
    }
}

/// The land-use balance in the words of the interface.
pub fn balance_rows(rows: &[balance::Row], language: Language) -> Vec<BalanceRow> {
    let row = |row: &balance::Row| {
        let name = row.class.map(|class| in_language(&class.name, language));
        BalanceRow {
            code: row.class.map(|class| class.code.clone()).unwrap_or_default(),
            name: name.unwrap_or(language.words().planning.no_land_use).to_owned(),
            colour: row.class.map(|class| class.colour),
            parcels: row.parcels,
            // Ten thousand square metres.
            hectares: row.area / 1e4,
            percent: row.percent,
        }
    };
    rows.iter().map(row).collect()
}

/// A parcel of the list of all. Numbers need no words.
pub fn parcel_row(dossier: Dossier) -> ParcelRow {
    let cell = |check: &Check| {
        let value = match check.measured {
            None => "?".to_owned(),
            Some(span) if span.low.is_infinite() => "–".to_owned(),
            Some(span) if span.is_exact() => plain(check.rule, span.low),
            Some(span) if span.high.is_infinite() => format!("≥ {}", plain(check.rule, span.low)),
            Some(span) => format!("{}–{}", plain(check.rule, span.low), plain(check.rule, span.high)),
        };
        let text = match &check.limit {
            Ok(limit) if limit.value.is_infinite() => format!("{value} / ≥ {}", plain(check.rule, limit.low)),
            Ok(limit) => format!("{value} / {}", plain(check.rule, limit.value)),
            Err(_) => value,
        };
        (check.verdict, text)
    };
    let excess = |check: &Check| match (&check.limit, check.measured) {
        (Ok(limit), Some(span)) if check.verdict == Verdict::Breach && limit.value > 0.0 => {
            let best = if check.rule.is_least() { limit.low - span.high } else { span.low - limit.value };
            best / limit.low
        }
        _ => 0.0,
    };
    let none = || (Verdict::NoLimit, String::new());
    let mut rules = Rule::ALL.map(|_| none());
    rules.iter_mut().zip(&dossier.checks).for_each(|(rule, check)| *rule = cell(check));
    let mut shares = Rule::ALL.map(|_| None);
    shares.iter_mut().zip(&dossier.checks).for_each(|(share, check)| *share = share_of(check));
    ParcelRow {
        row: dossier.row,
        shares,
        verdict: dossier.verdict(),
        controls: worth_a_look(&dossier.control_lines),
        excess: dossier.checks.iter().map(excess).fold(0.0, f64::max),
        rules,
        land_use: dossier.land_use.unwrap_or_default(),
        id: dossier.id,
    }
}

fn plain(rule: Rule, value: f64) -> String {
    match rule {
        Rule::Use => grouped(100.0 * value, 0),
        _ => grouped(value, digits(rule)),
    }
}
