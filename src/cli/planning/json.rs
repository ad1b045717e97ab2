//! Answers of planning as JSON.

use serde_json::{Value as Json, json};

use super::rule_basis;
use crate::city::City;
use crate::themes::planning::balance;
use crate::themes::planning::control::{self, ControlLink, Extent};
use crate::themes::planning::dossier::{Check, Dossier, Standing, Verdict};
use crate::themes::planning::limits::Rule;
use crate::themes::planning::plan::Plan;
use crate::themes::planning::span::Span;
use crate::themes::records::Records;

/// How tables without a place were joined to the parcels.
pub(super) fn joins_json(city: &City, records: &[Records]) -> Json {
    let join = |records: &Records| {
        json!({
            "layer": city.layers.get(records.layer).map(|layer| &layer.layer.id),
            "parcel_field": records.key.0,
            "record_field": records.key.1,
            "joined": records.joined,
        })
    };
    records.iter().map(join).collect()
}

pub(super) fn rule_json(plan: &Plan<'_>) -> Json {
    json!({ "id": plan.rule.id, "name": plan.rule.name().en(), "source": plan.rule.source, "basis": rule_basis(plan) })
}

pub(super) fn summary_json(found: &[Dossier]) -> Json {
    let count = |of: &dyn Fn(&Dossier) -> bool| found.iter().filter(|dossier| of(dossier)).count();
    let rules = Rule::ALL.map(|rule| {
        let counts = Verdict::ALL.map(|verdict| {
            let of = |dossier: &Dossier| dossier.check(rule).is_some_and(|check| check.verdict == verdict);
            (verdict.word().to_owned(), json!(count(&of)))
        });
        (rule.word().to_owned(), Json::Object(counts.into_iter().collect()))
    });
    let mut summary = json!({ "parcels": found.len() });
    for verdict in Verdict::ALL {
        summary[verdict.word()] = json!(count(&|dossier| dossier.verdict() == verdict));
    }
    summary["control_lines"] = controls_json(found);
    summary["rules"] = Json::Object(rules.into_iter().collect());
    summary
}

/// A bound as JSON: `null` where there is none.
pub(super) fn bound(value: f64) -> Json {
    if value.is_finite() { json!(value) } else { Json::Null }
}

pub(super) fn span_json(span: Span) -> Json {
    json!({ "low": bound(span.low), "high": bound(span.high) })
}

pub(super) fn check_json(check: &Check) -> Json {
    let (limit, source, none) = match &check.limit {
        Ok(limit) => (bound(limit.value), json!(limit.source), Json::Null),
        Err(reason) => (Json::Null, Json::Null, json!(reason)),
    };
    let low = check.limit.as_ref().map_or(Json::Null, |limit| bound(limit.low));
    let needs = check.limit.as_ref().ok().and_then(|limit| limit.parking).map(|needs| {
        json!({
            "per_dwelling": needs.per_dwelling,
            "dwellings": span_json(needs.dwellings),
            "per_100_m2": needs.per_100_m2,
            "floor_area_m2": span_json(needs.floor_area),
        })
    });
    let as_share = check.limit.as_ref().is_ok_and(|limit| limit.as_share);
    json!({
        "rule": check.rule.word(),
        "measured": check.measured.map(span_json),
        "limit": limit,
        "limit_low": low,
        "limit_from": needs,
        "limit_source": source,
        "limit_as_share": as_share,
        "no_limit": none,
        "verdict": check.verdict.word(),
        "why": check.why,
    })
}

pub(super) fn standing_json(city: &City, one: &Standing) -> Json {
    json!({
        "layer": city.layers.get(one.layer).map(|layer| &layer.layer.id),
        "id": one.id,
        "footprint_m2": one.footprint,
        "share": one.share,
        "floor_area_m2": span_json(one.floor_area),
        "storeys_from": one.storeys,
        "height_m": span_json(one.top),
        "use": one.class.map(|class| class.word()),
        "dwellings": one.counts.dwellings,
        "parking_spaces": one.counts.spaces,
        "replaced_by_parts": one.covered,
        "setback_m": one.setback,
    })
}

fn control_json(link: &ControlLink) -> Json {
    let (area, share) =
        if let Extent::Area(area, share) = link.extent { (Some(area), Some(share)) } else { (None, None) };
    let said = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    json!({
        "kind": link.kind.code,
        "kind_zh": link.kind.name.zh(),
        "kind_en": link.kind.name.en(),
        "relation": link.relation.word(),
        "matters": link.matters(),
        "layer": link.layer,
        "id": said(&link.id),
        "name": said(link.name.zh()),
        "area_m2": area,
        "share": share,
        "length_m": if let Extent::Length(metres) = link.extent { Some(metres) } else { None },
    })
}

/// How many parcels lie how to which kind of control line.
fn controls_json(found: &[Dossier]) -> Json {
    let counts = control::count(found.iter().map(|dossier| dossier.control_lines.as_slice()));
    let counts = counts.into_iter().map(|(kind, [crossing, inside, outside])| {
        (kind.code.clone(), json!({ "crossing": crossing, "inside": inside, "outside": outside }))
    });
    Json::Object(counts.collect())
}

pub(super) fn dossier_json(city: &City, dossier: &Dossier) -> Json {
    let mut answer = json!({
        "id": dossier.id,
        "row": dossier.row,
        "land_use": dossier.land_use,
        "zone": dossier.zone,
        "area_m2": dossier.area,
        "floor_area_m2": span_json(dossier.floor_area),
        "footprint_m2": dossier.footprint,
        "green_m2": dossier.green,
        "control_lines": dossier.control_lines.iter().map(control_json).collect::<Vec<_>>(),
        "verdict": dossier.verdict().word(),
        "checks": dossier.checks.iter().map(check_json).collect::<Vec<_>>(),
    });
    if !dossier.standing.is_empty() {
        answer["buildings"] = dossier.standing.iter().map(|one| standing_json(city, one)).collect();
    }
    if !dossier.sides.is_empty() {
        let side = |(faces, length, setback): &(f64, f64, Option<f64>)| json!({ "faces_deg": faces, "length_m": length, "setback_m": setback });
        answer["sides"] = dossier.sides.iter().map(side).collect();
    }
    answer
}

pub(super) fn balance_json(rows: &[balance::Row]) -> Json {
    let row = |row: &balance::Row| {
        json!({
            "code": row.class.map(|class| &class.code),
            "name_zh": row.class.map(|class| class.name.zh()),
            "name_en": row.class.map(|class| class.name.en()),
            "parcels": row.parcels,
            "area_m2": row.area,
            "percent": row.percent,
            "unknown_codes": row.unknown.iter().map(|(code, count)| json!({ "code": code, "parcels": count })).collect::<Vec<_>>(),
        })
    };
    rows.iter().map(row).collect()
}
