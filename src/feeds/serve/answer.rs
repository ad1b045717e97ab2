//! What the server says: lists and errors of GeoReport v2 in JSON and XML.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::request::{Request, unescaped};
use super::{Desk, Filter, Service};
use crate::feeds::fields::clean;
use crate::themes::management::incoming::{Coordinates, Incoming, Reporter, Status};
use crate::themes::management::times::{self, DAY, iso};

/// Most requests of an answer.
const MOST: usize = 1_000;

/// The longest span that can be asked for: the standard's 90 days, and a day for zones.
const SPAN: i64 = 91 * DAY;

/// Most characters of a description, as the standard has it.
const DESCRIPTION: usize = 4_000;

const BAD: &str = "400 Bad Request";
const NOT_FOUND: &str = "404 Not Found";
const WHAT_IS: &str = "there are /services and /requests, as .json and .xml";

/// In what an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Json,
    Xml,
}

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    /// Code and words: `200 OK`.
    pub status: &'static str,
    pub kind: &'static str,
    pub body: String,
}

/// A status and what is wrong.
type Refusal = (&'static str, String);

impl Answer {
    /// A list of objects with texts and numbers; `names` are those of the list and of its items in XML.
    fn list(form: Form, status: &'static str, names: [&str; 2], items: Vec<Json>) -> Self {
        match form {
            Form::Json => {
                Self { status, kind: "application/json; charset=utf-8", body: Json::Array(items).to_string() }
            }
            Form::Xml => {
                let [list, name] = names;
                let mut body = format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<{list}>");
                items.iter().for_each(|item| element(&mut body, name, item));
                // Writing to a text does not fail.
                let _ = writeln!(body, "</{list}>");
                Self { status, kind: "text/xml; charset=utf-8", body }
            }
        }
    }

    /// An error, as the standard writes it.
    pub fn error(form: Form, status: &'static str, what: &str) -> Self {
        let code = status.get(..3).and_then(|code| code.parse::<u16>().ok()).unwrap_or(500);
        Self::list(form, status, ["errors", "error"], vec![json!({ "code": code, "description": what })])
    }
}

/// An element with those below it; names are those of this file.
fn element(body: &mut String, name: &str, value: &Json) {
    // Writing to a text does not fail.
    let _ = write!(body, "<{name}>");
    match value {
        Json::Null => {}
        Json::Object(map) => map.iter().for_each(|(key, inner)| element(body, key, inner)),
        Json::String(text) => {
            for letter in text.chars() {
                match letter {
                    '<' => body.push_str("&lt;"),
                    '>' => body.push_str("&gt;"),
                    '&' => body.push_str("&amp;"),
                    '"' => body.push_str("&quot;"),
                    // XML has no other control characters, and not these two.
                    c if c.is_control() && !matches!(c, '\n' | '\t') => body.push(' '),
                    '\u{fffe}' | '\u{ffff}' => body.push(' '),
                    c => body.push(c),
                }
            }
        }
        other => {
            let _ = write!(body, "{other}");
        }
    }
    let _ = write!(body, "</{name}>");
}

/// Answers a request.
pub(super) fn answer(request: &Request, desk: &dyn Desk, keys: &[blake3::Hash]) -> Answer {
    let (path, form) = match request.path.rsplit_once('.') {
        Some((path, "json")) => (path, Form::Json),
        Some((path, "xml")) => (path, Form::Xml),
        _ => return Answer::error(Form::Json, NOT_FOUND, WHAT_IS),
    };
    let result = match (request.method.as_str(), path) {
        ("GET", "/services") => Ok(services(form, desk)),
        ("GET", "/requests") => list(request, form, desk),
        ("POST", "/requests") => file(request, form, desk, keys),
        ("GET", path) => match path.strip_prefix("/requests/") {
            // A plus is one in a path.
            Some(id) => one(&unescaped(&id.replace('+', "%2B")), form, desk),
            None => Err((NOT_FOUND, WHAT_IS.to_owned())),
        },
        _ => Err(("405 Method Not Allowed", "this cannot be done here".to_owned())),
    };
    result.unwrap_or_else(|(status, what)| Answer::error(form, status, &what))
}

fn services(form: Form, desk: &dyn Desk) -> Answer {
    let item = |service: &Service| {
        json!({
            "service_code": service.code, "service_name": service.name, "description": service.description,
            "metadata": false, "type": "realtime", "keywords": "", "group": service.group,
        })
    };
    Answer::list(form, "200 OK", ["services", "service"], desk.services().iter().map(item).collect())
}

/// Requests as items; who reported them is not among what is said.
fn requests(form: Form, desk: &dyn Desk, found: &[Incoming]) -> Answer {
    let services = desk.services();
    let text = |text: &str| if text.is_empty() { Json::Null } else { Json::from(text) };
    let time = |ms: Option<i64>| ms.map_or(Json::Null, |ms| iso(ms).into());
    let item = |request: &Incoming| {
        let service = services.iter().find(|service| service.code == request.category);
        let place = request.place.as_ref().filter(|place| place.crs == "EPSG:4326" && place.offset.is_empty());
        let (lat, long) = place.map_or((Json::Null, Json::Null), |place| (place.xy[1].into(), place.xy[0].into()));
        json!({
            "service_request_id": request.source_id,
            "status": if request.status == Status::Closed { "closed" } else { "open" },
            "status_notes": text(&request.status_notes),
            "service_name": text(service.map_or("", |service| &service.name)),
            "service_code": text(&request.category),
            "description": text(&request.text),
            "agency_responsible": text(&request.agency),
            "service_notice": null,
            "requested_datetime": time(request.reported),
            "updated_datetime": time(request.updated),
            "expected_datetime": time(request.due),
            "address": text(&request.address),
            "address_id": null,
            "zipcode": null,
            "lat": lat,
            "long": long,
            "media_url": text(request.media.first().map_or("", String::as_str)),
        })
    };
    Answer::list(form, "200 OK", ["service_requests", "request"], found.iter().map(item).collect())
}

fn one(id: &str, form: Form, desk: &dyn Desk) -> Result<Answer, Refusal> {
    let filter = Filter { ids: vec![id.to_owned()], most: 1, ..Filter::default() };
    let found = desk.requests(&filter);
    if found.is_empty() {
        return Err((NOT_FOUND, "there is no request of this number".to_owned()));
    }
    Ok(requests(form, desk, &found))
}

fn list(request: &Request, form: Form, desk: &dyn Desk) -> Result<Answer, Refusal> {
    let bad = |what: &str| (BAD, what.to_owned());
    let field = |name: &str| request.fields.get(name).map(|text| text.trim()).filter(|text| !text.is_empty());
    let several = |name: &str| -> Vec<String> {
        field(name).into_iter().flat_map(|text| text.split(',')).take(MOST).map(|one| one.trim().to_owned()).collect()
    };
    let moment = |name: &str| {
        field(name).map(|text| times::moment(text, 0).ok_or_else(|| bad(&format!("{name} is no date")))).transpose()
    };
    let number = |name: &str, usual: usize| {
        field(name).map_or(Ok(usual), |text| text.parse().map_err(|_| bad(&format!("{name} is no number"))))
    };
    let updated = moment("updated_after")?;
    let (from, to) = match (moment("start_date")?, moment("end_date")?) {
        (Some(from), Some(to)) if from > to => return Err(bad("start_date is after end_date")),
        (Some(from), Some(to)) if to - from > SPAN => return Err(bad("more than 90 days are asked for")),
        (Some(from), None) => (Some(from), Some(from + SPAN)),
        (None, Some(to)) => (Some(to - SPAN), Some(to)),
        // What was changed may be older.
        (None, None) if updated.is_none() => (Some(times::now() - SPAN), None),
        both => both,
    };
    let words = several("status");
    let status = match (words.iter().any(|word| word == "open"), words.iter().any(|word| word == "closed")) {
        _ if words.iter().any(|word| !matches!(word.as_str(), "open" | "closed")) => {
            return Err(bad("status is open or closed"));
        }
        (true, false) => Some(Status::Open),
        (false, true) => Some(Status::Closed),
        _ => None,
    };
    let most = number("page_size", MOST)?.clamp(1, MOST);
    let skip = number("page", 1)?.saturating_sub(1).saturating_mul(most);
    let (ids, services) = (several("service_request_id"), several("service_code"));
    let mut found = desk.requests(&Filter { ids, services, from, to, updated, status, skip, most });
    found.truncate(most);
    Ok(requests(form, desk, &found))
}

fn file(request: &Request, form: Form, desk: &dyn Desk, keys: &[blake3::Hash]) -> Result<Answer, Refusal> {
    let text = |name: &str, most: usize| request.fields.get(name).map_or_else(String::new, |text| clean(text, most));
    let bad = |what: &str| Err((BAD, what.to_owned()));
    let key = request.fields.get("api_key").map(|key| blake3::hash(key.as_bytes()));
    if !key.is_some_and(|key| keys.contains(&key)) {
        return Err(("403 Forbidden", "api_key is missing or not known".to_owned()));
    }
    if request.other_body {
        return bad("the body must be a form (application/x-www-form-urlencoded)");
    }
    let category = text("service_code", 200);
    if category.is_empty() {
        return bad("service_code is missing");
    }
    if !desk.services().iter().any(|service| service.code == category) {
        return bad("there is no service of this code");
    }
    if request.fields.get("description").is_some_and(|text| text.chars().count() > DESCRIPTION) {
        return bad("description has more than 4,000 characters");
    }
    let angle = |name: &str, most: f64| match text(name, 60) {
        said if said.is_empty() => Ok(None),
        said => match said.parse::<f64>() {
            Ok(angle) if angle.abs() <= most => Ok(Some(angle)),
            _ => Err((BAD, format!("{name} cannot be: {said}"))),
        },
    };
    let place = match (angle("lat", 90.0)?, angle("long", 180.0)?) {
        (Some(lat), Some(lon)) => Some(Coordinates::lonlat(lon, lat)),
        (None, None) => None,
        _ => return bad("lat and long go together"),
    };
    let (address, number) = (text("address_string", 500), text("address_id", 200));
    let address = if address.is_empty() { number } else { address };
    if place.is_none() && address.is_empty() {
        return bad("a place is missing: lat and long, address_string or address_id");
    }
    let name = [text("first_name", 200), text("last_name", 200)].join(" ").trim().to_owned();
    let media = Some(text("media_url", 2_000)).filter(|media| !media.is_empty());
    let report = Incoming {
        reported: Some(times::now()),
        category,
        channel: "open311".to_owned(),
        text: text("description", DESCRIPTION),
        address,
        place,
        reporter: Reporter { name, phone: text("phone", 100), email: text("email", 200) },
        media: media.into_iter().collect(),
        ..Incoming::default()
    };
    let id = desk.file(report).map_err(|reason| ("500 Internal Server Error", clean(&reason, 300)))?;
    let item = json!({ "service_request_id": id, "service_notice": null, "account_id": null });
    Ok(Answer::list(form, "200 OK", ["service_requests", "request"], vec![item]))
}
