//! What is new at the desk: cases that came in, and those whose time has run out since. Each is said once, quietly.

use std::collections::HashSet;
use std::sync::Arc;

use egui::{Align2, RichText, Ui, vec2};

use super::list::Mark;
use super::state::CasesEdit;
use crate::panels::icons::Icon;
use crate::panels::{Palette, Words, widgets};
use crate::themes::management::case::Case;
use crate::units::grouped;

/// What is new, and what is known.
#[derive(Clone, Debug, Default)]
pub struct News {
    /// Whether it was looked before: what was there then is not new.
    begun: bool,
    known: HashSet<String>,
    late: HashSet<String>,
    /// Numbers of cases that came in and were not looked at.
    new: Vec<String>,
    /// Numbers of known cases whose time has run out since, not looked at.
    overdue: Vec<String>,
}

impl News {
    /// A case that was registered here is no news.
    pub fn own(&mut self, number: &str) {
        if self.begun {
            self.known.insert(number.to_owned());
        }
    }

    /// Looks at all cases and how each stands.
    pub fn look(&mut self, all: &[Arc<Case>], marks: &[Mark]) {
        let first = !std::mem::replace(&mut self.begun, true);
        for (case, mark) in all.iter().zip(marks) {
            let number = &case.number;
            let came = !self.known.contains(number);
            if came {
                self.known.insert(number.clone());
            }
            let late = *mark == Mark::Red && !self.late.contains(number);
            if late {
                self.late.insert(number.clone());
            }
            if first || *mark == Mark::Ended {
                continue;
            }
            // What comes in late is new, and said once.
            match (came, late) {
                (true, _) => self.new.push(number.clone()),
                (false, true) if !self.new.contains(number) => self.overdue.push(number.clone()),
                _ => {}
            }
        }
        if !(self.new.is_empty() && self.overdue.is_empty()) {
            let zipped = all.iter().zip(marks).filter(|(_, mark)| **mark == Mark::Ended);
            let ended: HashSet<&str> = zipped.map(|(case, _)| case.number.as_str()).collect();
            self.new.retain(|number| !ended.contains(number.as_str()));
            self.overdue.retain(|number| !ended.contains(number.as_str()));
        }
    }

    /// How many are new, and how many newly overdue.
    pub fn counts(&self) -> [usize; 2] {
        [self.new.len(), self.overdue.len()]
    }

    /// Takes what is new: it was looked at then. Ascending numbers.
    pub fn take(&mut self) -> Vec<String> {
        let mut all = std::mem::take(&mut self.new);
        all.append(&mut self.overdue);
        all.sort();
        all
    }
}

/// What is new in words: `3 new cases, 1 overdue`.
pub fn text([new, overdue]: [usize; 2], words: &Words) -> String {
    let w = &words.feeds;
    let came = match new {
        0 => None,
        1 => Some(w.one_new_case.to_owned()),
        _ => Some(Words::put(w.new_cases, &[&grouped(new as f64, 0)])),
    };
    let late = (overdue > 0).then(|| Words::put(w.newly_overdue, &[&grouped(overdue as f64, 0)]));
    came.into_iter().chain(late).collect::<Vec<_>>().join(w.and)
}

/// A quiet line at the foot of the scene; what was clicked on it.
pub fn line(ui: &mut Ui, viewport: egui::Rect, news: [usize; 2], words: &Words) -> Option<CasesEdit> {
    if news == [0, 0] {
        return None;
    }
    let mut edit = None;
    let at = viewport.center_bottom() - vec2(0.0, 44.0);
    let area = egui::Area::new("what is new".into()).order(egui::Order::Middle).pivot(Align2::CENTER_BOTTOM);
    area.fixed_pos(at).show(ui.ctx(), |ui| {
        egui::Frame::popup(ui.style()).inner_margin(egui::Margin::symmetric(10, 4)).show(ui, |ui| {
            ui.horizontal(|ui| {
                let p = Palette::of(ui);
                let ink = if news[1] > 0 { p.error } else { p.note };
                let (rect, _) = ui.allocate_exact_size(vec2(10.0, 18.0), egui::Sense::hover());
                ui.painter().circle_filled(rect.center(), 4.0, ink);
                ui.label(RichText::new(text(news, words)).color(p.strong));
                if ui.button(words.feeds.show_news).clicked() {
                    edit = Some(CasesEdit::News(true));
                }
                if widgets::icon_button(ui, Icon::Close, words.feeds.dismiss_news).clicked() {
                    edit = Some(CasesEdit::News(false));
                }
            });
        });
    });
    edit
}

#[cfg(test)]
mod tests {
    use super::super::list::tests::{START, case};
    use super::*;
    use crate::panels::Language;

    fn cases(numbers: &[&str]) -> Vec<Arc<Case>> {
        numbers.iter().map(|number| Arc::new(case(number, None, START, 2.0, 3))).collect()
    }

    #[test]
    fn each_case_is_said_once() {
        let mut news = News::default();
        let (green, red) = (Mark::Green, Mark::Red);
        // What is there at first is known, late or not.
        news.look(&cases(&["1", "2"]), &[green, red]);
        assert_eq!(news.counts(), [0, 0]);
        // Two come in, one of them late already; one runs late.
        news.look(&cases(&["1", "2", "3", "4"]), &[red, red, green, red]);
        assert_eq!(news.counts(), [2, 1]);
        assert_eq!(text(news.counts(), Language::English.words()), "2 new cases, 1 overdue");
        assert_eq!(text(news.counts(), Language::Chinese.words()), "新增 2 件案件，1 件超期");
        news.look(&cases(&["1", "2", "3", "4"]), &[red, red, green, red]);
        assert_eq!(news.counts(), [2, 1], "the same again");
        assert_eq!(news.take(), ["1", "3", "4"]);
        assert_eq!(news.counts(), [0, 0]);
        // In time again, and late again: it was said.
        news.look(&cases(&["1", "2", "3", "4"]), &[green, red, green, red]);
        news.look(&cases(&["1", "2", "3", "4"]), &[red, red, green, red]);
        assert_eq!(news.counts(), [0, 0]);
        // One that was new and looked at runs late later: that is news.
        news.look(&cases(&["1", "2", "3", "4"]), &[red, red, red, red]);
        assert_eq!(news.counts(), [0, 1]);
        // It ends before anybody has looked.
        news.look(&cases(&["1", "2", "3", "4"]), &[red, red, Mark::Ended, red]);
        assert_eq!(news.counts(), [0, 0]);
    }

    #[test]
    fn what_was_registered_here_and_what_came_closed_is_no_news() {
        let mut news = News::default();
        news.look(&cases(&["1"]), &[Mark::Green]);
        news.own("2");
        news.look(&cases(&["1", "2", "3"]), &[Mark::Green, Mark::Green, Mark::Ended]);
        assert_eq!(news.counts(), [0, 0]);
        assert_eq!(text([1, 0], Language::English.words()), "1 new case");
        assert_eq!(text([0, 3], Language::Chinese.words()), "3 件超期");
    }
}
