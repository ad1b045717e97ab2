//! Drawing without a window: the scene into an image.

use std::sync::{Arc, Mutex};

use bevy::app::AppExit;
use bevy::asset::RenderAssetUsages;
use bevy::camera::{ImageRenderTarget, RenderTarget};
use bevy::prelude::*;
use bevy::render::render_resource::{Extent3d, TextureDimension, TextureFormat, TextureUsages};
use bevy::render::view::screenshot::{Screenshot, ScreenshotCaptured};

/// An image that cameras can draw into: `size` times `scale` × `scale` pixels, letters `letters` times as large.
pub fn target(images: &mut Assets<Image>, size: [u32; 2], scale: u32, letters: f32) -> RenderTarget {
    let extent = Extent3d { width: size[0] * scale, height: size[1] * scale, depth_or_array_layers: 1 };
    let mut image = Image::new_fill(
        extent,
        TextureDimension::D2,
        &[0, 0, 0, 255],
        TextureFormat::Rgba8UnormSrgb,
        RenderAssetUsages::RENDER_WORLD | RenderAssetUsages::MAIN_WORLD,
    );
    image.texture_descriptor.usage |= TextureUsages::RENDER_ATTACHMENT | TextureUsages::COPY_SRC;
    RenderTarget::Image(ImageRenderTarget { handle: images.add(image), scale_factor: scale as f32 * letters })
}

/// Frames drawn before the picture is taken: new meshes and pipelines, and labels that follow the
/// camera, need a few.
const WARM_UP: usize = 3;
/// Frames after which a picture that does not come is given up.
const PATIENCE: usize = 400;

/// Runs the app until the target has been drawn and read back: width, height, RGBA.
///
/// # Errors
/// A sentence when the renderer gives nothing.
pub fn take(app: &mut App, target: RenderTarget) -> Result<(u32, u32, Vec<u8>), String> {
    let taken: Arc<Mutex<Option<Image>>> = Arc::default();
    for _ in 0..WARM_UP {
        step(app)?;
    }
    let slot = Arc::clone(&taken);
    // The very target of the cameras: one of the same image with another scale would stay empty.
    app.world_mut().spawn(Screenshot(target)).observe(move |captured: On<ScreenshotCaptured>| {
        if let Ok(mut slot) = slot.lock() {
            *slot = Some(captured.image.clone());
        }
    });
    for _ in 0..PATIENCE {
        step(app)?;
        let image = taken.lock().ok().and_then(|mut slot| slot.take());
        if let Some(image) = image {
            let size = image.size();
            let data = image.data.ok_or("the renderer returned an empty picture")?;
            return Ok((size.x, size.y, data));
        }
    }
    Err(format!("the renderer gave no picture within {PATIENCE} frames"))
}

fn step(app: &mut App) -> Result<(), String> {
    app.update();
    match app.should_exit() {
        Some(AppExit::Error(code)) => Err(format!("the renderer stopped with code {code}")),
        _ => Ok(()),
    }
}

/// Averages `scale` × `scale` pixels into one: smooth edges without multisampling.
pub fn shrink(width: u32, height: u32, rgba: &[u8], scale: u32) -> Option<image::RgbaImage> {
    let (w, h) = (width / scale, height / scale);
    let mut out = image::RgbaImage::new(w, h);
    let stride = width as usize * 4;
    if rgba.len() < stride * height as usize {
        return None;
    }
    for (x, y, pixel) in out.enumerate_pixels_mut() {
        let mut sum = [0u32; 3];
        for dy in 0..scale {
            for dx in 0..scale {
                let at = (y * scale + dy) as usize * stride + (x * scale + dx) as usize * 4;
                for (channel, total) in sum.iter_mut().enumerate() {
                    *total += u32::from(rgba[at + channel]);
                }
            }
        }
        let [r, g, b] = sum.map(|total| (total / (scale * scale)) as u8);
        *pixel = image::Rgba([r, g, b, 255]);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    #[test]
    fn four_pixels_become_their_mean() {
        let rgba = [0, 0, 0, 255, 100, 0, 0, 255, 0, 40, 0, 255, 0, 0, 200, 255];
        let image = super::shrink(2, 2, &rgba, 2).unwrap();
        assert_eq!(image.get_pixel(0, 0).0, [25, 10, 50, 255]);
    }
}
