//! Small drawings for buttons: lines on a 16 × 16 grid, so that no font has to have them.

use egui::{Color32, Painter, Pos2, Rect, Shape, Stroke, epaint::PathShape, pos2};

/// A drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the names say what is drawn
pub enum Icon {
    Eye,
    EyeOff,
    Open,
    Closed,
    Up,
    Down,
    Left,
    Right,
    Close,
    Plus,
    Search,
    Layers,
    Target,
    Table,
    Bin,
    Copy,
    Sun,
    Ruler,
    Info,
    Warning,
    Error,
    Help,
    Grip,
    PanelLeft,
    PanelRight,
    PanelBottom,
    Folder,
    Path,
    Area,
    Height,
    Undo,
    Redo,
    Home,
    Compass,
    Theme,
    Filter,
    Check,
    Person,
    Pin,
    Play,
    Pause,
    Case,
    Feed,
    Export,
}

/// Draws an icon into the middle of a rect, 16 points wide.
pub fn paint(painter: &Painter, icon: Icon, rect: Rect, colour: Color32) {
    let origin = rect.center() - egui::vec2(8.0, 8.0);
    let at = |x: f32, y: f32| -> Pos2 { origin + egui::vec2(x, y) };
    let stroke = Stroke::new(1.3, colour);
    let line = |points: &[(f32, f32)]| {
        painter.add(Shape::Path(PathShape::line(points.iter().map(|(x, y)| at(*x, *y)).collect(), stroke)));
    };
    let closed = |points: &[(f32, f32)]| {
        painter.add(Shape::Path(PathShape::closed_line(points.iter().map(|(x, y)| at(*x, *y)).collect(), stroke)));
    };
    let circle = |x: f32, y: f32, r: f32| {
        painter.circle_stroke(at(x, y), r, stroke);
    };
    let dot = |x: f32, y: f32, r: f32| {
        painter.circle_filled(at(x, y), r, colour);
    };
    let frame = |x0: f32, y0: f32, x1: f32, y1: f32| {
        let rect = Rect::from_min_max(at(x0, y0), at(x1, y1));
        painter.rect_stroke(rect, 1.5, stroke, egui::StrokeKind::Middle);
    };
    let fill = |x0: f32, y0: f32, x1: f32, y1: f32| {
        painter.rect_filled(Rect::from_min_max(at(x0, y0), at(x1, y1)), 0.5, colour.gamma_multiply(0.55));
    };
    let eye = || {
        let lid = |sign: f32| -> Vec<(f32, f32)> {
            (0..=10).map(|i| i as f32 / 10.0).map(|t| (1.5 + 13.0 * t, 8.0 + sign * 16.0 * t * (1.0 - t))).collect()
        };
        line(&lid(-1.0));
        line(&lid(1.0));
    };
    match icon {
        Icon::Eye => {
            eye();
            dot(8.0, 8.0, 2.2);
        }
        Icon::EyeOff => {
            eye();
            line(&[(3.0, 13.5), (13.0, 2.5)]);
        }
        Icon::Open => line(&[(4.5, 6.5), (8.0, 10.0), (11.5, 6.5)]),
        Icon::Closed => line(&[(6.5, 4.5), (10.0, 8.0), (6.5, 11.5)]),
        Icon::Up => {
            line(&[(8.0, 13.0), (8.0, 3.5)]);
            line(&[(4.5, 7.0), (8.0, 3.5), (11.5, 7.0)]);
        }
        Icon::Down => {
            line(&[(8.0, 3.0), (8.0, 12.5)]);
            line(&[(4.5, 9.0), (8.0, 12.5), (11.5, 9.0)]);
        }
        Icon::Left => line(&[(9.5, 4.0), (5.5, 8.0), (9.5, 12.0)]),
        Icon::Right => line(&[(6.5, 4.0), (10.5, 8.0), (6.5, 12.0)]),
        Icon::Close => {
            line(&[(4.0, 4.0), (12.0, 12.0)]);
            line(&[(12.0, 4.0), (4.0, 12.0)]);
        }
        Icon::Plus => {
            line(&[(8.0, 3.0), (8.0, 13.0)]);
            line(&[(3.0, 8.0), (13.0, 8.0)]);
        }
        Icon::Search => {
            circle(7.0, 7.0, 4.3);
            line(&[(10.2, 10.2), (14.0, 14.0)]);
        }
        Icon::Layers => {
            closed(&[(8.0, 2.0), (14.5, 5.5), (8.0, 9.0), (1.5, 5.5)]);
            line(&[(1.5, 8.5), (8.0, 12.0), (14.5, 8.5)]);
            line(&[(1.5, 11.3), (8.0, 14.8), (14.5, 11.3)]);
        }
        Icon::Target => {
            circle(8.0, 8.0, 4.6);
            dot(8.0, 8.0, 1.5);
            for (x, y) in [(0.0, -1.0), (0.0, 1.0), (-1.0, 0.0), (1.0, 0.0)] {
                line(&[(8.0 + x * 4.6, 8.0 + y * 4.6), (8.0 + x * 7.0, 8.0 + y * 7.0)]);
            }
        }
        Icon::Table => {
            frame(2.0, 3.0, 14.0, 13.0);
            line(&[(2.0, 6.3), (14.0, 6.3)]);
            line(&[(2.0, 9.7), (14.0, 9.7)]);
            line(&[(6.0, 3.0), (6.0, 13.0)]);
        }
        Icon::Bin => {
            line(&[(2.5, 4.0), (13.5, 4.0)]);
            line(&[(6.0, 4.0), (6.0, 2.3), (10.0, 2.3), (10.0, 4.0)]);
            line(&[(4.0, 4.0), (4.7, 14.0), (11.3, 14.0), (12.0, 4.0)]);
            line(&[(6.8, 6.5), (6.9, 11.5)]);
            line(&[(9.2, 6.5), (9.1, 11.5)]);
        }
        Icon::Copy => {
            frame(5.5, 5.5, 13.5, 14.0);
            line(&[(10.5, 3.0), (10.5, 2.0), (2.5, 2.0), (2.5, 10.5), (3.5, 10.5)]);
        }
        Icon::Sun => {
            circle(8.0, 8.0, 3.0);
            for i in 0..8 {
                let (s, c) = (i as f32 * std::f32::consts::FRAC_PI_4).sin_cos();
                line(&[(8.0 + 4.8 * c, 8.0 + 4.8 * s), (8.0 + 6.8 * c, 8.0 + 6.8 * s)]);
            }
        }
        Icon::Ruler => {
            closed(&[(1.8, 11.0), (11.0, 1.8), (14.2, 5.0), (5.0, 14.2)]);
            line(&[(4.6, 8.2), (6.2, 9.8)]);
            line(&[(7.0, 5.8), (8.6, 7.4)]);
            line(&[(9.3, 3.5), (10.9, 5.1)]);
        }
        Icon::Info => {
            circle(8.0, 8.0, 6.3);
            line(&[(8.0, 7.2), (8.0, 11.5)]);
            dot(8.0, 4.9, 0.9);
        }
        Icon::Warning => {
            closed(&[(8.0, 2.0), (14.6, 13.6), (1.4, 13.6)]);
            line(&[(8.0, 6.2), (8.0, 9.8)]);
            dot(8.0, 11.7, 0.9);
        }
        Icon::Error => {
            circle(8.0, 8.0, 6.3);
            line(&[(5.6, 5.6), (10.4, 10.4)]);
            line(&[(10.4, 5.6), (5.6, 10.4)]);
        }
        Icon::Help => {
            circle(8.0, 8.0, 6.5);
            line(&[
                (6.0, 6.4),
                (6.3, 5.2),
                (7.3, 4.5),
                (8.6, 4.5),
                (9.7, 5.2),
                (10.0, 6.3),
                (9.5, 7.3),
                (8.0, 8.3),
                (8.0, 9.4),
            ]);
            dot(8.0, 11.5, 0.9);
        }
        Icon::Grip => {
            for (x, y) in [(6.0, 4.0), (6.0, 8.0), (6.0, 12.0), (10.0, 4.0), (10.0, 8.0), (10.0, 12.0)] {
                dot(x, y, 1.0);
            }
        }
        Icon::PanelLeft => {
            fill(2.0, 3.0, 6.0, 13.0);
            frame(2.0, 3.0, 14.0, 13.0);
            line(&[(6.0, 3.0), (6.0, 13.0)]);
        }
        Icon::PanelRight => {
            fill(10.0, 3.0, 14.0, 13.0);
            frame(2.0, 3.0, 14.0, 13.0);
            line(&[(10.0, 3.0), (10.0, 13.0)]);
        }
        Icon::PanelBottom => {
            fill(2.0, 9.0, 14.0, 13.0);
            frame(2.0, 3.0, 14.0, 13.0);
            line(&[(2.0, 9.0), (14.0, 9.0)]);
        }
        Icon::Folder => closed(&[(1.8, 13.0), (1.8, 3.5), (6.3, 3.5), (7.8, 5.3), (14.2, 5.3), (14.2, 13.0)]),
        Icon::Path => {
            line(&[(3.0, 12.5), (6.0, 5.0), (10.0, 10.0), (13.0, 3.5)]);
            for (x, y) in [(3.0, 12.5), (6.0, 5.0), (10.0, 10.0), (13.0, 3.5)] {
                dot(x, y, 1.6);
            }
        }
        Icon::Area => {
            closed(&[(3.0, 12.0), (4.5, 3.5), (12.5, 4.5), (13.0, 12.5)]);
            for (x, y) in [(3.0, 12.0), (4.5, 3.5), (12.5, 4.5), (13.0, 12.5)] {
                dot(x, y, 1.6);
            }
        }
        Icon::Height => {
            line(&[(4.0, 2.5), (12.0, 2.5)]);
            line(&[(4.0, 13.5), (12.0, 13.5)]);
            line(&[(8.0, 4.5), (8.0, 11.5)]);
            line(&[(6.0, 6.5), (8.0, 4.5), (10.0, 6.5)]);
            line(&[(6.0, 9.5), (8.0, 11.5), (10.0, 9.5)]);
        }
        Icon::Undo => {
            line(&[(5.5, 2.8), (2.5, 5.8), (5.5, 8.8)]);
            line(&[(2.5, 5.8), (10.0, 5.8), (12.6, 7.0), (13.4, 9.3), (12.6, 11.6), (10.0, 12.8), (6.0, 12.8)]);
        }
        Icon::Redo => {
            line(&[(10.5, 2.8), (13.5, 5.8), (10.5, 8.8)]);
            line(&[(13.5, 5.8), (6.0, 5.8), (3.4, 7.0), (2.6, 9.3), (3.4, 11.6), (6.0, 12.8), (10.0, 12.8)]);
        }
        Icon::Home => {
            line(&[(1.8, 8.3), (8.0, 2.5), (14.2, 8.3)]);
            line(&[(3.6, 7.0), (3.6, 13.5), (12.4, 13.5), (12.4, 7.0)]);
        }
        Icon::Compass => {
            circle(8.0, 8.0, 6.5);
            closed(&[(8.0, 3.5), (9.7, 8.0), (8.0, 12.5), (6.3, 8.0)]);
        }
        Icon::Theme => {
            circle(8.0, 8.0, 6.0);
            let half: Vec<Pos2> = (0..=12)
                .map(|i| (-90.0 + 15.0 * i as f32).to_radians())
                .map(|a| at(8.0 + 6.0 * a.cos(), 8.0 + 6.0 * a.sin()))
                .collect();
            painter.add(Shape::convex_polygon(half, colour, Stroke::NONE));
        }
        Icon::Filter => closed(&[(2.0, 3.0), (14.0, 3.0), (9.5, 8.5), (9.5, 13.5), (6.5, 12.0), (6.5, 8.5)]),
        Icon::Check => line(&[(3.0, 8.5), (6.5, 12.0), (13.0, 4.5)]),
        Icon::Person => {
            circle(8.0, 5.2, 2.8);
            line(&[(2.8, 14.0), (3.4, 11.6), (5.2, 10.2), (8.0, 9.8), (10.8, 10.2), (12.6, 11.6), (13.2, 14.0)]);
        }
        Icon::Pin => {
            circle(8.0, 5.4, 3.6);
            dot(8.0, 5.4, 1.2);
            line(&[(8.0, 9.0), (8.0, 14.5)]);
        }
        Icon::Play => closed(&[(4.5, 3.0), (12.5, 8.0), (4.5, 13.0)]),
        Icon::Pause => {
            line(&[(5.5, 3.5), (5.5, 12.5)]);
            line(&[(10.5, 3.5), (10.5, 12.5)]);
        }
        Icon::Case => {
            frame(2.5, 3.5, 13.5, 14.0);
            line(&[(6.0, 3.5), (6.0, 1.8), (10.0, 1.8), (10.0, 3.5)]);
            line(&[(5.2, 9.0), (7.2, 11.0), (10.8, 7.0)]);
        }
        Icon::Export => {
            line(&[(2.5, 9.5), (2.5, 13.5), (13.5, 13.5), (13.5, 9.5)]);
            line(&[(8.0, 10.5), (8.0, 2.5)]);
            line(&[(4.8, 5.7), (8.0, 2.5), (11.2, 5.7)]);
        }
        Icon::Feed => {
            dot(3.9, 12.1, 1.5);
            for radius in [4.8, 9.0] {
                let arc = |step: i32| (step as f32 / 8.0 * std::f32::consts::FRAC_PI_2).sin_cos();
                let points: Vec<(f32, f32)> =
                    (0..=8).map(arc).map(|(sin, cos)| (3.4 + radius * sin, 12.6 - radius * cos)).collect();
                line(&points);
            }
        }
    }
}

/// The mark of the program: three storeys on a plot.
pub fn paint_mark(painter: &Painter, rect: Rect, colour: Color32) {
    let side = rect.height().min(rect.width());
    let at = |x: f32, y: f32| rect.center() + egui::vec2((x - 0.5) * side, (y - 0.5) * side);
    for (x, top, width, strength) in [(0.08, 0.45, 0.24, 0.65), (0.38, 0.10, 0.26, 1.0), (0.70, 0.32, 0.22, 0.8)] {
        let body = Rect::from_min_max(at(x, top), at(x + width, 0.84));
        painter.rect_filled(body, 1.0, colour.gamma_multiply(strength));
    }
    let ground = Rect::from_min_max(at(0.0, 0.90), at(1.0, 0.98));
    painter.rect_filled(Rect::from_min_max(ground.min, pos2(ground.max.x, ground.max.y)), 0.5, colour);
}
