//! What is remembered between runs: language, theme, panels. A file in the user's config folder.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::frame::FrameState;
use super::theme::Theme;
use super::words::Language;
use crate::scene::quality::Drawing;
use crate::themes::management::case::Actor;

/// How many sources the list of recent ones keeps.
const RECENT: usize = 10;

/// Everything remembered between runs.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Language of the interface; that of the system when nothing was chosen yet.
    pub language: Language,
    /// Dark or light.
    pub theme: Theme,
    /// How richly the scene is drawn.
    pub drawing: Drawing,
    /// Sources opened lately, latest first.
    pub recent: Vec<PathBuf>,
    /// Which panels are open and how large they are.
    pub frame: FrameState,
    /// Who sits at the desk of cases.
    pub actor: Option<Actor>,
}

/// The settings file of this user: `…/cimbase/settings.toml`; `None` without a config folder.
pub fn path() -> Option<PathBuf> {
    Some(dirs::config_dir()?.join("cimbase").join("settings.toml"))
}

impl Settings {
    /// Reads a settings file. A missing, unreadable or broken file gives the defaults: settings
    /// are comfort, they never stop the program.
    pub fn load(path: &Path) -> Self {
        let mut settings: Self =
            std::fs::read_to_string(path).ok().and_then(|text| toml::from_str(&text).ok()).unwrap_or_default();
        settings.frame.make_sane();
        settings.recent.truncate(RECENT);
        settings
    }

    /// Writes the settings file whole or not at all, and makes its folder.
    ///
    /// # Errors
    /// When the folder or file cannot be written.
    pub fn save(&self, path: &Path) -> std::io::Result<()> {
        let folder = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder)?;
        let text = toml::to_string_pretty(self).map_err(std::io::Error::other)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.persist(path).map_err(|e| e.error)?;
        Ok(())
    }

    /// Puts a source at the top of the recent ones.
    pub fn remember(&mut self, source: &Path) {
        self.recent.retain(|known| known != source);
        self.recent.insert(0, source.to_owned());
        self.recent.truncate(RECENT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_come_back_as_they_were() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("new folder").join("settings.toml");
        let mut settings = Settings { language: Language::Chinese, theme: Theme::Light, ..Settings::default() };
        settings.frame.left_width = 333.0;
        settings.frame.tab = "notices".into();
        settings.remember(Path::new("天津/建筑.geojson"));
        settings.save(&path).expect("saved");
        assert_eq!(Settings::load(&path), settings);
    }

    #[test]
    fn a_broken_file_gives_the_defaults_and_absurd_sizes_are_put_right() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("settings.toml");
        assert_eq!(Settings::load(&path), Settings::default());
        std::fs::write(&path, "theme = [[[").expect("written");
        assert_eq!(Settings::load(&path), Settings::default());
        std::fs::write(&path, "theme = \"light\"\n[frame]\nleft_width = nan\nright_width = 1e9\n").expect("written");
        let settings = Settings::load(&path);
        assert_eq!(settings.theme, Theme::Light);
        assert_eq!(settings.frame.left_width, FrameState::default().left_width);
        assert!(settings.frame.right_width <= 800.0);
    }

    #[test]
    fn the_latest_source_comes_first_and_once() {
        let mut settings = Settings::default();
        for n in 0..15 {
            settings.remember(&PathBuf::from(format!("{n}.geojson")));
        }
        settings.remember(Path::new("9.geojson"));
        assert_eq!(settings.recent.len(), RECENT);
        assert_eq!(settings.recent[0], Path::new("9.geojson"));
        assert_eq!(settings.recent.iter().filter(|p| **p == Path::new("9.geojson")).count(), 1);
    }
}
