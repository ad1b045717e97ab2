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
/// How many projects are remembered whose feeds were started.
const STARTED: usize = 100;

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
    /// Projects whose feeds the user has started, latest first: they start again with the project.
    pub feeds: Vec<StartedFeeds>,
}

/// A project whose feeds the user has started.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct StartedFeeds {
    /// Its folder.
    pub folder: PathBuf,
    /// Its feeds as they were then: others are asked about again.
    pub fingerprint: String,
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

    /// Whether the user has started these feeds of a project.
    pub fn has_started(&self, folder: &Path, fingerprint: &str) -> bool {
        self.feeds.iter().any(|known| known.folder == folder && known.fingerprint == fingerprint)
    }

    /// Remembers that feeds of a project were started, or stopped.
    pub fn start_feeds(&mut self, folder: &Path, fingerprint: &str, on: bool) {
        self.feeds.retain(|known| known.folder != folder);
        if on {
            let started = StartedFeeds { folder: folder.to_owned(), fingerprint: fingerprint.to_owned() };
            self.feeds.insert(0, started);
            self.feeds.truncate(STARTED);
        }
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
        settings.actor = Some(Actor::of("甲", crate::themes::management::machine::Role::Operator));
        settings.start_feeds(Path::new("天津"), "abc", true);
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
    fn feeds_start_again_only_as_they_were_and_until_they_are_stopped() {
        let (mut settings, folder) = (Settings::default(), Path::new("a"));
        assert!(!settings.has_started(folder, "1"));
        settings.start_feeds(folder, "1", true);
        assert!(settings.has_started(folder, "1"));
        assert!(!settings.has_started(folder, "2") && !settings.has_started(Path::new("b"), "1"));
        settings.start_feeds(folder, "2", true);
        assert!(settings.has_started(folder, "2") && settings.feeds.len() == 1);
        settings.start_feeds(folder, "2", false);
        assert!(settings.feeds.is_empty());
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
