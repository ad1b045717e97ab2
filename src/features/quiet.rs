//! Mends habits of bevy_egui 0.42.
//!
//! It reports the modifier keys with every frame, and egui takes any event as a wish for another frame: an untouched
//! window would draw for ever. And it gives all keys of a frame the modifiers that are down at its end: where frames
//! take long, a quick Ctrl+Z would be a "z". And it forgets that egui wishes a frame after some time: over a pointer at
//! rest no tooltip would ever come.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use bevy::input::ButtonState;
use bevy::input::keyboard::{KeyCode, KeyboardFocusLost, KeyboardInput};
use bevy::prelude::*;
use bevy::window::RequestRedraw;
use bevy::winit::{EventLoopProxyWrapper, WinitUserEvent};
use bevy_egui::{EguiContexts, EguiInput, EguiPostUpdateSet, EguiPreUpdateSet, EguiRenderOutput};

/// Mends what reaches egui.
pub fn plugin(app: &mut App) {
    app.add_systems(
        PreUpdate,
        (hold_modifiers, drop_repeats)
            .chain()
            .after(EguiPreUpdateSet::ProcessInput)
            .before(EguiPreUpdateSet::BeginPass),
    )
    .add_systems(Update, keep_wishes)
    .add_systems(
        PostUpdate,
        show_new_letters.after(EguiPostUpdateSet::ProcessOutput).before(EguiPostUpdateSet::PostProcessOutput),
    );
}

/// Letters that were drawn for the first time reach the screen with the next frame.
fn show_new_letters(outputs: Query<&EguiRenderOutput>, mut redraw: MessageWriter<RequestRedraw>) {
    if outputs.iter().any(|output| !output.textures_delta.set.is_empty()) {
        redraw.write(RequestRedraw);
    }
}

/// Nobody waits longer for a frame.
const LONGEST: Duration = Duration::from_secs(60);

/// Has egui's wishes kept as soon as there is a context.
fn keep_wishes(mut contexts: EguiContexts, proxy: Option<Res<EventLoopProxyWrapper>>, mut kept: Local<bool>) {
    if *kept {
        return;
    }
    let (Ok(ctx), Some(proxy)) = (contexts.ctx_mut(), proxy) else { return };
    *kept = true;
    let proxy = (**proxy).clone();
    let alarm = alarm(move || _ = proxy.send_event(WinitUserEvent::WakeUp));
    ctx.set_request_repaint_callback(move |wish| {
        if wish.delay <= LONGEST {
            // The thread ends with the program alone.
            _ = alarm.send(Instant::now() + wish.delay);
        }
    });
}

/// A thread that rings at the moments that it is sent; of several that are still to come, at the first.
fn alarm(ring: impl Fn() + Send + 'static) -> Sender<Instant> {
    let (sender, moments) = channel::<Instant>();
    std::thread::spawn(move || {
        let mut next: Option<Instant> = None;
        loop {
            let said = match next {
                None => moments.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(next) => moments.recv_timeout(next.saturating_duration_since(Instant::now())),
            };
            match said {
                // A later one is asked for again by the frame that comes before it.
                Ok(moment) => next = Some(next.map_or(moment, |next| next.min(moment))),
                Err(RecvTimeoutError::Timeout) => {
                    next = None;
                    ring();
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    });
    sender
}

fn drop_repeats(mut inputs: Query<&mut EguiInput>, mut last: Local<Option<egui::Modifiers>>) {
    for mut input in &mut inputs {
        input.0.events.retain(|event| match event {
            egui::Event::ModifiersChanged(modifiers) => last.replace(*modifiers) != Some(*modifiers),
            _ => true,
        });
    }
}

/// Gives each key the modifiers that were down when it was.
fn hold_modifiers(
    mut keys: MessageReader<KeyboardInput>,
    mut lost: MessageReader<KeyboardFocusLost>,
    mut inputs: Query<&mut EguiInput>,
    mut held: Local<egui::Modifiers>,
) {
    if lost.read().count() > 0 {
        *held = egui::Modifiers::NONE;
    }
    let mut down = Vec::new();
    for key in keys.read() {
        let pressed = key.state == ButtonState::Pressed;
        match key.key_code {
            KeyCode::ControlLeft | KeyCode::ControlRight => (held.ctrl, held.command) = (pressed, pressed),
            KeyCode::ShiftLeft | KeyCode::ShiftRight => held.shift = pressed,
            KeyCode::AltLeft | KeyCode::AltRight => held.alt = pressed,
            _ => down.push(*held),
        }
    }
    if down.iter().any(|modifiers| modifiers.any()) {
        inputs.iter_mut().for_each(|mut input| give(&mut input.0.events, &down));
    }
}

/// Adds modifiers to the keys, in their order; what a key would have typed without Ctrl is not typed.
fn give(events: &mut Vec<egui::Event>, down: &[egui::Modifiers]) {
    let keys = events.iter().filter(|event| matches!(event, egui::Event::Key { .. })).count();
    // A key that egui does not know has no event: then nothing says which is which.
    if keys != down.len() {
        return;
    }
    let mut down = down.iter();
    let mut typed = Vec::new();
    for (at, event) in events.iter_mut().enumerate() {
        if let egui::Event::Key { modifiers, pressed, .. } = event
            && let Some(held) = down.next()
        {
            let news = held.command && !modifiers.command;
            *modifiers |= *held;
            if news && *pressed && at > 0 {
                typed.push(at - 1);
            }
        }
    }
    for at in typed.into_iter().rev() {
        if matches!(events[at], egui::Event::Text(_)) {
            events.remove(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use egui::{Event, Key, Modifiers};

    use super::*;

    fn key(key: Key, pressed: bool) -> Event {
        Event::Key { key, physical_key: None, pressed, repeat: false, modifiers: Modifiers::NONE }
    }

    #[test]
    fn an_alarm_rings_once_at_the_first_of_its_moments() {
        let (heard, ears) = channel();
        let alarm = alarm(move || _ = heard.send(Instant::now()));
        let now = Instant::now();
        for wait in [900, 60, 300] {
            alarm.send(now + Duration::from_millis(wait)).unwrap();
        }
        let rung = ears.recv_timeout(Duration::from_secs(20)).unwrap();
        assert!(rung >= now + Duration::from_millis(60));
        assert!(ears.recv_timeout(Duration::from_millis(100)).is_err(), "once");
    }

    #[test]
    fn a_quick_ctrl_z_is_no_z() {
        // Ctrl down, Z down, Z up, Ctrl up within one frame: bevy_egui reports a typed "z".
        let mut events = vec![Event::Text("z".into()), key(Key::Z, true), key(Key::Z, false)];
        give(&mut events, &[Modifiers::COMMAND, Modifiers::COMMAND]);
        let Event::Key { modifiers, pressed: true, .. } = &events[0] else { panic!("{events:?}") };
        assert!(modifiers.command);
        assert_eq!(events.len(), 2, "nothing was typed");
        // Where an event is missing, nothing is guessed.
        let mut events = vec![Event::Text("z".into()), key(Key::Z, true)];
        give(&mut events, &[Modifiers::COMMAND, Modifiers::COMMAND]);
        assert_eq!(events.len(), 2);
    }
}
