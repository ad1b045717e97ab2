//! One CAP message.

use roxmltree::Node;

use super::{Alert, Area, Circle, Reference, Severity, Warning};
use crate::feeds::fields::clean;
use crate::feeds::xml;
use crate::themes::management::times;

/// Most references, warnings, areas and shapes of each, so that one message fills nothing.
const MOST: usize = 1_000;

/// Most points of an outline.
const POINTS: usize = 100_000;

/// Most problems that are named.
const PROBLEMS: usize = 50;

/// Longest text.
const LONG: usize = 20_000;

/// The zone of dates that name none, against the standard: China's.
const ZONE_S: i64 = 8 * 3600;

/// Reads the messages of a document: one, or several in an element around them.
///
/// # Errors
/// Where it is no XML, has a document type, or holds no alert.
pub fn read(bytes: &[u8]) -> Result<Vec<Alert>, String> {
    let text = xml::text(bytes)?;
    let document = xml::read(&text)?;
    let root = document.root_element();
    let is_alert = |node: &Node<'_, '_>| node.is_element() && node.tag_name().name() == "alert";
    // Depth is bounded by the reader.
    let alerts: Vec<Alert> = root.descendants().filter(is_alert).take(MOST).map(alert).collect();
    if alerts.is_empty() { Err("it holds no CAP alert".to_owned()) } else { Ok(alerts) }
}

fn alert(node: Node<'_, '_>) -> Alert {
    let mut problems = Vec::new();
    let text = |name: &str| clean(xml::said(node, name), LONG);
    let sent = moment(node, "sent", &mut problems);
    if sent.is_none() && xml::said(node, "sent").is_empty() {
        problems.push("it does not say when it was sent".to_owned());
    }
    for name in ["identifier", "sender"] {
        if xml::said(node, name).is_empty() {
            problems.push(format!("it has no {name}"));
        }
    }
    let references = xml::said(node, "references").split_whitespace().take(MOST);
    let references = references.filter_map(|text| {
        let found = reference(text);
        if found.is_none() {
            problems.push(format!("a reference is no sender,identifier,time: {}", clean(text, 100)));
        }
        found
    });
    let references = references.collect();
    let warnings = xml::children(node, "info").take(MOST).map(|info| warning(info, &mut problems)).collect();
    problems.truncate(PROBLEMS);
    Alert {
        identifier: text("identifier"),
        sender: text("sender"),
        sent: sent.unwrap_or(0),
        status: text("status"),
        kind: text("msgType"),
        references,
        warnings,
        problems,
    }
}

/// `sender,identifier,sent`; a sender may have commas in it, the others have none.
fn reference(text: &str) -> Option<Reference> {
    let (front, sent) = text.rsplit_once(',')?;
    let (sender, identifier) = front.rsplit_once(',')?;
    let sent = times::moment(sent, ZONE_S)?;
    Some(Reference { sender: clean(sender, LONG), identifier: clean(identifier, LONG), sent })
}

/// A date; one without a zone is read, and named.
fn moment(node: Node<'_, '_>, name: &str, problems: &mut Vec<String>) -> Option<i64> {
    let text = xml::said(node, name);
    if text.is_empty() {
        return None;
    }
    let found = times::moment(text, ZONE_S);
    let shown = clean(text, 60);
    if found.is_none() {
        problems.push(format!("{name} is no date: {shown}"));
    } else if found != times::moment(text, 0) {
        problems.push(format!("{name} has no time zone, +08:00 is taken: {shown}"));
    }
    found
}

fn warning(info: Node<'_, '_>, problems: &mut Vec<String>) -> Warning {
    let text = |name: &str| clean(xml::said(info, name), LONG);
    let (event, headline) = (text("event"), text("headline"));
    let said = Severity::from_word(&text("severity"));
    if said.is_none() {
        problems.push(format!("the severity is none: \"{}\"", clean(xml::said(info, "severity"), 60)));
    }
    let severity = said
        .filter(|severity| *severity != Severity::Unknown)
        .or_else(|| Severity::from_colour(&headline))
        .or_else(|| Severity::from_colour(&event))
        .unwrap_or_default();
    let language = text("language");
    Warning {
        language: if language.is_empty() { "en-US".to_owned() } else { language },
        event,
        headline,
        description: text("description"),
        instruction: text("instruction"),
        urgency: text("urgency"),
        severity,
        certainty: text("certainty"),
        sender_name: text("senderName"),
        effective: moment(info, "effective", problems),
        onset: moment(info, "onset", problems),
        expires: moment(info, "expires", problems),
        areas: xml::children(info, "area").take(MOST).map(|node| area(node, problems)).collect(),
    }
}

fn area(node: Node<'_, '_>, problems: &mut Vec<String>) -> Area {
    let name = clean(xml::said(node, "areaDesc"), 500);
    let mut found = Area { name: name.clone(), ..Area::default() };
    let mut problem = |what: String| problems.push(format!("area \"{name}\": {what}"));
    for text in xml::children(node, "polygon").filter_map(|polygon| polygon.text()).take(MOST) {
        match polygon(text) {
            Ok(outline) => found.polygons.push(outline),
            Err(reason) => problem(reason),
        }
    }
    for text in xml::children(node, "circle").filter_map(|circle| circle.text()).take(MOST) {
        match circle(text) {
            Ok(circle) => found.circles.push(circle),
            Err(reason) => problem(reason),
        }
    }
    let codes = xml::children(node, "geocode").take(MOST);
    found.geocodes =
        codes.map(|code| (clean(xml::said(code, "valueName"), 100), clean(xml::said(code, "value"), 100))).collect();
    found
}

/// `lat,lon`, as longitude and latitude.
fn point(text: &str) -> Result<[f64; 2], String> {
    let wrong = || format!("\"{}\" is no latitude,longitude", clean(text, 60));
    let (lat, lon) = text.split_once(',').ok_or_else(wrong)?;
    let (lat, lon): (f64, f64) = (lat.parse().map_err(|_| wrong())?, lon.parse().map_err(|_| wrong())?);
    if lat.abs() <= 90.0 && lon.abs() <= 180.0 {
        Ok([lon, lat])
    } else {
        Err(format!("latitude {lat}, longitude {lon} cannot be"))
    }
}

fn polygon(text: &str) -> Result<Vec<[f64; 2]>, String> {
    let mut outline: Vec<[f64; 2]> = text.split_whitespace().take(POINTS + 1).map(point).collect::<Result<_, _>>()?;
    if outline.len() > POINTS {
        return Err(format!("an outline has more than {POINTS} points"));
    }
    if outline.len() < 4 {
        return Err(format!("an outline has {} points, and needs 4", outline.len()));
    }
    if outline.first() != outline.last() {
        return Err("an outline does not end where it begins".to_owned());
    }
    outline.pop();
    Ok(outline)
}

fn circle(text: &str) -> Result<Circle, String> {
    let mut words = text.split_whitespace();
    let (Some(centre), Some(km), None) = (words.next(), words.next(), words.next()) else {
        return Err(format!("a circle is no centre and radius: {}", clean(text, 60)));
    };
    let km: f64 = km.parse().map_err(|_| format!("a circle's radius is no number: {}", clean(km, 60)))?;
    // Half of the way around the earth.
    if !(0.0..=20_038.0).contains(&km) {
        return Err(format!("a circle's radius cannot be {km} km"));
    }
    Ok(Circle { centre: point(centre)?, km })
}
