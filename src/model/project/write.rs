//! A project as text, for people to read and change.

use std::fmt::Write;

use super::super::layer::{Title, Vertical};
use super::super::question::{Count, Question, Relation, Since};
use super::super::style::LayerStyle;
use super::{Project, ProjectLayer};

pub(super) fn project(project: &Project) -> String {
    let mut out = String::new();
    if !project.title.is_empty() {
        line(&mut out, "title", &title(&project.title));
    }
    if let Some(crs) = &project.crs {
        line(&mut out, "crs", &text(crs));
    }
    if let Some(view) = &project.view {
        out.push_str(if out.is_empty() { "[view]\n" } else { "\n[view]\n" });
        line(&mut out, "target", &format!("[{:?}, {:?}]", view.target[0], view.target[1]));
        let numbers = [("up", view.up), ("distance", view.distance), ("heading", view.heading), ("pitch", view.pitch)];
        numbers.iter().for_each(|(key, number)| line(&mut out, key, &format!("{number:?}")));
        if let Some(date) = &view.date {
            line(&mut out, "date", &text(date));
        }
    }
    for one in &project.layers {
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str("[[layer]]\n");
        layer(&mut out, one);
    }
    for one in &project.questions {
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&question(one));
    }
    out
}

/// The `[[question]]` of a question with its relations.
pub(super) fn question(question: &Question) -> String {
    let mut out = "[[question]]\n".to_owned();
    if !question.id.is_empty() {
        line(&mut out, "id", &text(&question.id));
    }
    if !question.title.is_empty() {
        line(&mut out, "title", &title(&question.title));
    }
    asked(&mut out, &question.layer, &question.condition, question.since.as_ref());
    if let Some(as_of) = &question.as_of {
        line(&mut out, "as_of", &text(as_of));
    }
    question.relations.iter().for_each(|one| relation(&mut out, one));
    out
}

fn relation(out: &mut String, relation: &Relation) {
    out.push_str("\n[[question.relation]]\n");
    line(out, "kind", &text(relation.kind.word()));
    asked(out, &relation.layer, &relation.condition, relation.since.as_ref());
    if let Some(metres) = relation.kind.metres() {
        line(out, "metres", &format!("{metres:?}"));
    }
    let Count { least, most } = relation.count;
    if relation.count != Count::default() && (least > 0 || most.is_none()) {
        line(out, "at_least", &least.to_string());
    }
    if let Some(most) = most {
        line(out, "at_most", &most.to_string());
    }
}

/// Which things of a layer are meant.
fn asked(out: &mut String, layer: &str, condition: &str, since: Option<&Since>) {
    line(out, "layer", &text(layer));
    if !condition.is_empty() {
        line(out, "where", &text(condition));
    }
    if let Some(since) = since {
        line(out, "since_days", &since.days.to_string());
        if let Some(field) = &since.field {
            line(out, "since_field", &text(field));
        }
    }
}

fn layer(out: &mut String, layer: &ProjectLayer) {
    if !layer.id.is_empty() {
        line(out, "id", &text(&layer.id));
    }
    if !layer.title.is_empty() {
        line(out, "title", &title(&layer.title));
    }
    line(out, "source", &text(&layer.source));
    let texts = [
        ("layer_name", layer.layer_name.as_deref()),
        ("role", layer.role.map(|role| role.word())),
        ("crs", layer.crs.as_deref()),
        ("offset", layer.offset.as_deref()),
        ("vertical", layer.vertical.map(vertical)),
    ];
    for (key, value) in texts {
        if let Some(value) = value {
            line(out, key, &text(value));
        }
    }
    if layer.z_offset != 0.0 {
        line(out, "z_offset", &format!("{:?}", layer.z_offset));
    }
    if let Some(encoding) = &layer.encoding {
        line(out, "encoding", &text(encoding));
    }
    let fields: Vec<_> = layer.fields.iter().map(|(meaning, field)| (meaning.word(), text(field))).collect();
    inline(out, "fields", &fields);
    inline(out, "style", &style(&layer.style));
    if !layer.visible {
        line(out, "visible", "false");
    }
    if let Some(exaggeration) = layer.exaggeration {
        line(out, "exaggeration", &format!("{exaggeration:?}"));
    }
    let about = [
        ("owner", &layer.about.owner),
        ("updated", &layer.about.updated),
        ("licence", &layer.about.licence),
        ("source", &layer.about.source),
    ];
    let about: Vec<_> = about.iter().filter(|(_, v)| !v.is_empty()).map(|(k, v)| (*k, text(v))).collect();
    inline(out, "about", &about);
}

fn style(style: &LayerStyle) -> Vec<(&'static str, String)> {
    let mut pairs = Vec::new();
    pairs.extend(style.colour.as_deref().map(|c| ("colour", text(c))));
    pairs.extend(style.colour_by.as_deref().map(|f| ("colour_by", text(f))));
    pairs.extend(style.classing.map(|c| ("classing", text(c.word()))));
    pairs.extend(style.classes.map(|n| ("classes", n.to_string())));
    if style.opacity != 1.0 {
        pairs.push(("opacity", format!("{:?}", style.opacity)));
    }
    pairs.extend(style.label_by.as_deref().map(|f| ("label_by", text(f))));
    if !style.values.is_empty() {
        let values = style.values.iter().map(|(value, colour)| format!("[{}, {}]", text(value), text(colour)));
        pairs.push(("values", format!("[{}]", values.collect::<Vec<_>>().join(", "))));
    }
    pairs.extend(style.pin_m.map(|metres| ("pin_m", format!("{metres:?}"))));
    if style.in_front {
        pairs.push(("in_front", "true".to_owned()));
    }
    pairs
}

fn vertical(vertical: Vertical) -> &'static str {
    match vertical {
        Vertical::OnTerrain => "on-terrain",
        Vertical::Absolute => "absolute",
        Vertical::Drape => "drape",
    }
}

fn title(title: &Title) -> String {
    if title.zh == title.en {
        return text(&title.zh);
    }
    let pairs = [("zh", &title.zh), ("en", &title.en)];
    let pairs: Vec<_> =
        pairs.iter().filter(|(_, v)| !v.is_empty()).map(|(k, v)| format!("{k} = {}", text(v))).collect();
    format!("{{ {} }}", pairs.join(", "))
}

fn text(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn line(out: &mut String, key: &str, value: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{key} = {value}");
}

fn inline(out: &mut String, key: &str, pairs: &[(&str, String)]) {
    if !pairs.is_empty() {
        let pairs: Vec<String> = pairs.iter().map(|(key, value)| format!("{key} = {value}")).collect();
        line(out, key, &format!("{{ {} }}", pairs.join(", ")));
    }
}
