//! A `[[layer]]` as text.

use crate::model::project::ProjectLayer;

/// One `[[layer]]`.
pub(super) fn block(entry: &ProjectLayer) -> String {
    let mut text = String::from("\n[[layer]]\n");
    let mut line = |key: &str, value: &str| text.push_str(&format!("{key} = {}\n", text_value(value)));
    line("id", &entry.id);
    line("source", &entry.source);
    for (key, value) in [
        ("layer_name", &entry.layer_name),
        ("crs", &entry.crs),
        ("offset", &entry.offset),
        ("encoding", &entry.encoding),
    ] {
        if let Some(value) = value {
            line(key, value);
        }
    }
    if let Some(role) = entry.role {
        line("role", role.word());
    }
    if !entry.title.zh.is_empty() || !entry.title.en.is_empty() {
        let (zh, en) = (text_value(&entry.title.zh), text_value(&entry.title.en));
        text.push_str(&format!("title = {{ zh = {zh}, en = {en} }}\n"));
    }
    if !entry.fields.is_empty() {
        let fields = entry.fields.iter().map(|(meaning, field)| {
            let meaning = serde_json::to_value(meaning).unwrap_or_default();
            format!("{} = {}", meaning.as_str().unwrap_or_default(), text_value(field))
        });
        text.push_str(&format!("fields = {{ {} }}\n", fields.collect::<Vec<_>>().join(", ")));
    }
    text
}

/// A text as TOML writes it.
pub(super) fn text_value(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::project::Project;
    use crate::model::{Meaning, Role};

    #[test]
    fn what_is_written_is_what_is_read() {
        let entry = ProjectLayer {
            id: "建筑".into(),
            source: "a \"quoted\" \\ name.shp".into(),
            role: Some(Role::Building),
            crs: Some("EPSG:4490".into()),
            fields: [(Meaning::Height, "GD".to_owned()), (Meaning::BaseHeight, "x.y".to_owned())].into(),
            ..ProjectLayer::default()
        };
        let project: Project = toml::from_str(&block(&entry)).unwrap();
        let read = &project.layers[0];
        assert_eq!((&read.id, &read.source, read.role), (&entry.id, &entry.source, entry.role));
        assert_eq!((&read.crs, &read.fields), (&entry.crs, &entry.fields));
        assert!(read.visible);
    }
}
