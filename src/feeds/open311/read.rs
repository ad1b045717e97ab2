//! What an Open311 server says: requests and services, in JSON or XML.

use serde_json::Value as Json;

use crate::feeds::feed::{End, Work};
use crate::feeds::fields::{Record, clean, words};
use crate::feeds::http::{Answer, Client, Version, escaped};
use crate::feeds::{Garbage, json, xml};
use crate::themes::management::incoming::Incoming;

/// Most services whose names are kept.
const SERVICES: usize = 5_000;

/// In what a server answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Json,
    Xml,
}

/// An Open311 server.
pub(super) struct Server {
    client: Client,
    /// The endpoint, without a slash at its end.
    base: String,
    jurisdiction: String,
    /// In what it answers; `None` where it has not answered yet.
    form: Option<Form>,
}

/// One item of a list of requests.
pub(super) struct Item {
    value: Json,
    raw: String,
    url: String,
}

impl Item {
    fn of(value: Json, url: &str) -> Self {
        let raw = value.to_string();
        Self { value, raw, url: url.to_owned() }
    }

    /// The item as text.
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// Its number.
    pub fn id(&self) -> Option<String> {
        self.value.get("service_request_id").map(words).map(|id| id.trim().to_owned()).filter(|id| !id.is_empty())
    }

    /// The report that it is.
    ///
    /// # Errors
    /// Why it is none.
    pub fn report(&self, work: &Work<'_>) -> Result<Incoming, String> {
        let Json::Object(record) = &self.value else { return Err("it is no object".to_owned()) };
        let report = work.fields.report(record, None)?;
        if report.source_id.is_empty() {
            return Err("it has no service_request_id".to_owned());
        }
        Ok(report)
    }

    /// The item as garbage.
    pub fn garbage(&self, reason: &str) -> Garbage {
        let named = self.id().map_or_else(String::new, |id| format!(", request {id}"));
        Garbage::new(format!("{}{named}", self.url), reason, self.raw.as_bytes())
    }
}

impl Server {
    pub fn of(work: &Work<'_>) -> Self {
        let address = work.config.address.trim().trim_end_matches('/');
        let base = ["/requests.json", "/requests.xml", "/services.json", "/services.xml"]
            .iter()
            .find_map(|end| address.strip_suffix(end))
            .unwrap_or(address);
        Self {
            client: Client::new(),
            base: base.to_owned(),
            jurisdiction: work.config.jurisdiction.clone(),
            form: None,
        }
    }

    /// Asks for a list, in the form in which the server answers.
    fn ask(&mut self, work: &Work<'_>, what: &str, query: &str) -> Result<(Form, Answer), End> {
        let jurisdiction = if self.jurisdiction.is_empty() {
            String::new()
        } else {
            format!("&jurisdiction_id={}", escaped(&self.jurisdiction))
        };
        let tail = format!("{query}{jurisdiction}");
        let tail = tail.trim_start_matches('&');
        let mark = if tail.is_empty() { "" } else { "?" };
        let get = |form: Form| {
            let (ending, accept) = match form {
                Form::Json => ("json", "application/json"),
                Form::Xml => ("xml", "text/xml, application/xml"),
            };
            let url = format!("{}/{what}.{ending}{mark}{tail}", self.base);
            self.client.get(work, &url, accept, &Version::default())
        };
        let form = self.form.unwrap_or(Form::Json);
        let answer = get(form)?;
        // XML is what every server must have, JSON what it may have.
        let page = answer.status == 200 && is_page(&answer.body);
        if self.form.is_none() && (page || matches!(answer.status, 400 | 404 | 405 | 406 | 415 | 501)) {
            let second = get(Form::Xml)?;
            if second.status == 200 {
                return Ok((Form::Xml, second));
            }
        }
        Ok((form, answer))
    }

    /// The requests of a page.
    pub fn requests(&mut self, work: &Work<'_>, query: &str, page: u32) -> Result<Vec<Item>, End> {
        let (form, answer) = self.ask(work, "requests", query)?;
        match answer.status {
            200 => {}
            // Behind the last page some servers have nothing.
            400 | 404 | 416 | 422 if page > 1 => return Ok(Vec::new()),
            _ => return Err(answer.refusal(&said(&answer.body))),
        }
        let (form, items) = list(&answer, form, &["service_requests", "requests"], "request")?;
        self.form = Some(form);
        Ok(items)
    }

    /// Codes and names of services; none where the server does not say them.
    pub fn services(&mut self, work: &Work<'_>) -> Result<Vec<(String, String)>, End> {
        let (form, answer) = self.ask(work, "services", "")?;
        if answer.status != 200 {
            return match answer.refusal("") {
                // A server without a list of services may still have requests.
                End::Refused(reason) => {
                    work.note(&reason);
                    Ok(Vec::new())
                }
                later => Err(later),
            };
        }
        let (form, items) = match list(&answer, form, &["services"], "service") {
            Ok(found) => found,
            Err(End::Refused(reason) | End::Later(reason)) => {
                work.note(&reason);
                return Ok(Vec::new());
            }
            Err(end) => return Err(end),
        };
        self.form = Some(form);
        let name = |item: &Item| {
            let text = |key: &str| item.value.get(key).map_or_else(String::new, |value| clean(&words(value), 200));
            let code = text("service_code");
            (!code.is_empty()).then(|| (code, text("service_name")))
        };
        Ok(items.iter().filter_map(name).take(SERVICES).collect())
    }
}

/// Whether an answer is a page for people.
fn is_page(body: &[u8]) -> bool {
    let head = String::from_utf8_lossy(body.trim_ascii_start().get(..15).unwrap_or_default()).to_ascii_lowercase();
    head.starts_with("<!doctype html") || head.starts_with("<html")
}

/// The items of an answer. A form other than the one that was asked for is read as well.
fn list(answer: &Answer, form: Form, keys: &[&str], element: &str) -> Result<(Form, Vec<Item>), End> {
    let url = &answer.url;
    let marked = answer.body.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'<');
    let mut items = Vec::new();
    if !marked {
        return match json::items(&answer.body, keys, &mut |item| items.push(Item::of(item, url))) {
            Ok(_) => Ok((Form::Json, items)),
            // It may have been cut off on its way.
            Err(error) => Err(End::Later(format!("{url}: the answer cannot be read: {error}"))),
        };
    }
    let wrong = |what: &str| End::Later(format!("{url}: the answer cannot be read: {what}"));
    let text = xml::text(&answer.body).map_err(|reason| wrong(&reason))?;
    let document = xml::read(&text).map_err(|reason| wrong(&reason))?;
    let root = document.root_element();
    if !keys.contains(&root.tag_name().name()) {
        return Err(wrong("it is a page for people, or no list"));
    }
    items.extend(xml::children(root, element).map(|node| Item::of(Json::Object(xml::record(node)), url)));
    let form = if form == Form::Json { Form::Json } else { Form::Xml };
    Ok((form, items))
}

/// What an error says: the description of the first.
fn said(body: &[u8]) -> String {
    let first = |list: Json| -> Option<Record> {
        match list {
            Json::Array(list) => list.into_iter().next()?.as_object().cloned(),
            Json::Object(map) => {
                map.get("errors").map_or(Some(map.clone()), |errors| errors.get(0)?.as_object().cloned())
            }
            _ => None,
        }
    };
    let record = serde_json::from_slice(body).ok().and_then(first).unwrap_or_default();
    record.get("description").map_or_else(String::new, |text| clean(&words(text), 200))
}
