//! Letters: finds a Chinese font on the system.
//!
//! The Chinese font comes first, for its Latin letters were drawn to go with it: egui centres
//! fallback fonts in the line instead of setting them on one baseline, so that a Latin font of
//! another make would dance among the characters.

use std::sync::Arc;

use egui::{FontData, FontDefinitions, FontFamily};
use fontdb::{Database, FaceInfo, ID, Style, Weight};

use super::theme::strong_family;
use crate::snapshot::page::letters::CHINESE;

/// Latin families in order of preference, for systems without a Chinese font; egui's own after them.
const LATIN: &[&str] = &["Inter", "Segoe UI", "SF Pro Text", "Noto Sans", "Source Sans 3", "Open Sans", "Roboto"];

/// Which fonts the interface uses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundFonts {
    /// The Chinese family; `None` when the system has none that we know: say so to the user
    /// (`words.notices.no_chinese_font`).
    pub chinese: Option<String>,
    /// The Latin family where there is no Chinese one; `None` for egui's own.
    pub latin: Option<String>,
}

/// Looks for fonts on the system and installs them. Takes a part of a second: call it once.
pub fn install(ctx: &egui::Context) -> FoundFonts {
    let mut database = Database::new();
    database.load_system_fonts();
    let (definitions, found) = define(&mut database);
    ctx.set_fonts(definitions);
    found
}

/// The definitions for egui from the fonts of a database.
pub fn define(database: &mut Database) -> (FontDefinitions, FoundFonts) {
    let mut fonts = FontDefinitions::default();
    let mut found = FoundFonts::default();
    let mut regular: Vec<String> = Vec::new();
    let mut strong: Vec<String> = Vec::new();

    for (families, slot, name) in [(CHINESE, &mut found.chinese, "chinese"), (LATIN, &mut found.latin, "latin")] {
        if !regular.is_empty() {
            break;
        }
        let Some((face, family)) = best(database, families, Weight::NORMAL) else { continue };
        let Some(data) = load(database, face) else { continue };
        fonts.font_data.insert(name.to_owned(), data);
        regular.push(name.to_owned());
        *slot = Some(family.clone());
        let bold = best(database, &[family.as_str()], Weight::MEDIUM).filter(|(bold, _)| *bold != face);
        if let Some(data) = bold.and_then(|(bold, _)| load(database, bold)) {
            let name = format!("{name} strong");
            fonts.font_data.insert(name.clone(), data);
            strong.push(name);
        }
    }
    // egui's own fonts carry symbols: last.
    let own = fonts.families.get(&FontFamily::Proportional).cloned().unwrap_or_default();
    let mut proportional = regular.clone();
    proportional.extend(own);
    strong.extend(proportional.iter().cloned());
    if let Some(mono) = fonts.families.get_mut(&FontFamily::Monospace) {
        mono.extend(regular);
    }
    fonts.families.insert(FontFamily::Proportional, proportional);
    fonts.families.insert(strong_family(), strong);
    (fonts, found)
}

/// The upright face of the first family that is there, nearest to a weight; ties go to the smaller
/// weight, then to the name, so that the answer does not hang on the order of files.
fn best(database: &Database, families: &[&str], weight: Weight) -> Option<(ID, String)> {
    families.iter().find_map(|family| {
        let distance = |face: &FaceInfo| {
            // A bolder wish never takes a face lighter than the regular one.
            let lighter = face.weight < Weight::NORMAL;
            (lighter, face.weight.0.abs_diff(weight.0), face.weight.0)
        };
        database
            .faces()
            .filter(|face| face.style == Style::Normal && face.families.iter().any(|(name, _)| name == family))
            .filter(|face| weight == Weight::NORMAL || face.weight >= weight)
            .min_by(|a, b| distance(a).cmp(&distance(b)).then_with(|| a.post_script_name.cmp(&b.post_script_name)))
            .map(|face| (face.id, (*family).to_owned()))
    })
}

/// The bytes of a face with its index inside a collection.
fn load(database: &mut Database, face: ID) -> Option<Arc<FontData>> {
    // SAFETY: the file is mapped, so that of its 20 MB only the glyphs in use are in memory. Package
    // managers replace a font file by a new one under its name and never write into the old one,
    // which stays as it is while it is mapped.
    let (bytes, index) = unsafe { database.make_shared_face_data(face) }?;
    // Fonts are loaded once and used to the end.
    let bytes: &'static Arc<dyn AsRef<[u8]> + Send + Sync> = Box::leak(Box::new(bytes));
    let mut data = FontData::from_static((**bytes).as_ref());
    data.index = index;
    Some(Arc::new(data))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collection_gives_its_simplified_chinese_face() {
        let mut database = Database::new();
        database.load_system_fonts();
        let Some((id, family)) = best(&database, CHINESE, Weight::NORMAL) else {
            eprintln!("no Chinese font on this system: not tested");
            return;
        };
        let face = database.face(id).expect("just found").clone();
        assert!(face.families.iter().any(|(name, _)| *name == family));
        assert!(!face.families.iter().any(|(name, _)| name.ends_with(" JP") || name.ends_with(" KR")));
        let (fonts, found) = define(&mut database);
        assert_eq!(fonts.font_data["chinese"].index, face.index);
        assert_eq!(found.chinese, Some(family));
    }

    #[test]
    fn without_fonts_the_interface_still_has_letters_and_says_what_is_missing() {
        let (fonts, found) = define(&mut Database::new());
        assert_eq!(found, FoundFonts::default());
        assert!(!fonts.families[&FontFamily::Proportional].is_empty());
        assert!(!fonts.families[&strong_family()].is_empty());
    }
}
