//! Keeping a question in a project file that people write in: everything else stays as it is, comments included.

use super::super::question::Question;
use super::{Project, check, write};

/// The text of a project file with a question added, or put in the place of the one with its id.
///
/// # Errors
/// When the text is no project, or is written so that only a person can change it.
pub fn put(text: &str, question: &Question) -> Result<String, String> {
    changed(text, &question.id, Some(question))
}

/// The same with a question taken out, by its id.
///
/// # Errors
/// As [`put`].
pub fn remove(text: &str, id: &str) -> Result<String, String> {
    changed(text, id, None)
}

fn changed(text: &str, id: &str, question: Option<&Question>) -> Result<String, String> {
    let mut project = Project::parse(text)?;
    let place = project.questions.iter().position(|known| known.id == id);
    let block = question.map(write::question).unwrap_or_default();
    let new = match place {
        Some(place) => {
            let [from, to] = block_of(text, place).ok_or_else(|| by_hand(id))?;
            let rest = text[to..].trim_start_matches(['\r', '\n']);
            let gap = if block.is_empty() || rest.is_empty() { "" } else { "\n" };
            format!("{}{block}{gap}{rest}", &text[..from])
        }
        None if block.is_empty() => return Ok(text.to_owned()),
        None => {
            let gap = if text.is_empty() { "" } else { "\n" };
            format!("{}{gap}{}{block}", text, if text.ends_with('\n') || text.is_empty() { "" } else { "\n" })
        }
    };
    match (place, question) {
        (Some(place), Some(question)) => project.questions[place] = question.clone(),
        (Some(place), None) => _ = project.questions.remove(place),
        (None, Some(question)) => project.questions.push(question.clone()),
        (None, None) => {}
    }
    // What is written must be what is read: questions in another form would clash here.
    match Project::parse(&new) {
        Ok(read) if read == project => Ok(new),
        _ => Err(by_hand(id)),
    }
}

fn by_hand(id: &str) -> String {
    format!("the project file is written so that the question \"{id}\" can only be changed by hand")
}

/// From where to where the n-th `[[question]]` goes: up to the comments before the next table.
fn block_of(text: &str, n: usize) -> Option<[usize; 2]> {
    let mut starts = text.split_inclusive('\n').scan(0, |at, line| {
        let start = *at;
        *at += line.len();
        Some((start, line))
    });
    let (from, first) = starts.by_ref().filter(|(_, line)| check::is_header(line, "[[question]]")).nth(n)?;
    let mut to = from + first.len();
    for (start, line) in starts {
        let plain = line.trim();
        if plain.starts_with('[') && !check::is_header(line, "[[question.relation]]") {
            break;
        }
        if !plain.is_empty() && !plain.starts_with('#') {
            to = start + line.len();
        }
    }
    Some([from, to])
}

#[cfg(test)]
mod tests {
    use super::super::super::layer::Title;
    use super::super::super::question::{Count, Relation, RelationKind, Since};
    use super::*;

    const TEXT: &str = "# Ours since 2019.\ntitle = \"a\"\n\n[[question]] # the first\nid = \"one\"\nlayer = \"x\"\n\n\
                        [[question.relation]]\nkind = \"within\"\nlayer = \"y\"\n\n# Do not touch.\n[[layer]]\nid = \"x\"\n\
                        source = \"x.shp\" # from the north\n\n[[question]]\nid = \"two\"\nlayer = \"x\"";

    fn question(id: &str) -> Question {
        Question {
            id: id.into(),
            title: Title::same("Danger \"and\" cases"),
            layer: "parcels".into(),
            condition: "name LIKE 'it''s%'".into(),
            since: Some(Since { days: 7, field: Some("date".into()) }),
            as_of: Some("2026-03-31".into()),
            relations: vec![
                Relation { layer: "b".into(), count: Count { least: 0, most: None }, ..Relation::default() },
                Relation {
                    kind: RelationKind::Near { metres: 300.0 },
                    layer: "c".into(),
                    condition: "a = 1".into(),
                    since: Some(Since { days: 30, field: None }),
                    count: Count { least: 1, most: Some(4) },
                },
                Relation { layer: "d".into(), count: Count::NONE, ..Relation::default() },
                Relation { layer: "e".into(), count: Count::at_least(3), ..Relation::default() },
            ],
        }
    }

    #[test]
    fn a_question_is_added_and_put_in_place_and_the_rest_stays_to_the_letter() {
        let added = put(TEXT, &question("three")).unwrap();
        assert!(added.starts_with(TEXT), "{added}");
        assert_eq!(Project::parse(&added).unwrap().questions[2], question("three"));
        let replaced = put(TEXT, &question("one")).unwrap();
        let ids: Vec<String> = Project::parse(&replaced).unwrap().questions.into_iter().map(|q| q.id).collect();
        assert_eq!(ids, ["one", "two"]);
        for kept in ["# Ours since 2019.", "# Do not touch.\n[[layer]]", "# from the north", "id = \"two\""] {
            assert!(replaced.contains(kept), "{kept} in {replaced}");
        }
        assert!(!replaced.contains("kind = \"within\""), "the old relation is gone: {replaced}");
        assert_eq!(put("", &question("x")).map(|text| Project::parse(&text).unwrap().questions.len()), Ok(1));
    }

    #[test]
    fn a_question_is_taken_out_alone() {
        let less = remove(TEXT, "one").unwrap();
        let project = Project::parse(&less).unwrap();
        assert_eq!((project.questions.len(), project.layers.len()), (1, 1));
        assert!(less.contains("# Do not touch.") && !less.contains("within"), "{less}");
        assert_eq!(remove(&less, "two").map(|text| Project::parse(&text).unwrap().questions.len()), Ok(0));
        assert_eq!(remove(TEXT, "nothing").as_deref(), Ok(TEXT));
    }

    #[test]
    fn ids_are_made_of_titles_short_and_free() {
        let mut project = Project::default();
        let title = |en: &str| Title { zh: "危房".into(), en: en.into() };
        assert_eq!(project.question_id(&Title::same("危房")), "question");
        // 40 letters end within "building".
        let long = title("Housing land with a grade C or D building and 3 open cases");
        assert_eq!(project.question_id(&long), "housing-land-with-a-grade-c-or-d");
        project.questions.push(Question { id: "danger".into(), ..Question::default() });
        assert_eq!(project.question_id(&title("Danger")), "danger-2");
    }

    /// Inline tables are TOML as well; the program leaves them to people.
    #[test]
    fn questions_in_another_form_are_left_alone() {
        let inline = "question = [{ id = \"a\", layer = \"x\" }]\n";
        assert!(put(inline, &question("a")).unwrap_err().contains("by hand"));
        assert!(put(inline, &question("b")).unwrap_err().contains("by hand"));
    }
}
