//! Sun, sky and haze, given to every material when they change.

use bevy::light::{CascadeShadowConfigBuilder, DirectionalLightShadowMap};
use bevy::prelude::*;

use super::Frame;
use super::material::{CityMaterial, GroundMaterial};
use super::view::Eye;

/// The sky: where the sun is and how things are lit.
#[derive(Resource, Clone, Copy, Debug, PartialEq)]
pub struct Sky {
    /// Degrees clockwise from north.
    pub sun_azimuth: f64,
    /// Degrees above the horizon; below 0 at night.
    pub sun_altitude: f64,
    /// Whether shadows are drawn.
    pub shadows: bool,
    /// Whether the interface is dark: the empty sky follows it.
    pub dark: bool,
}

impl Default for Sky {
    fn default() -> Self {
        // A spring morning: the sun in the south-east, so that fronts and roofs differ.
        Self { sun_azimuth: 140.0, sun_altitude: 45.0, shadows: false, dark: false }
    }
}

impl Sky {
    /// Direction to the sun in scene axes, and its strength: 0 at night, 1 above 12°.
    pub fn sun(&self) -> Vec4 {
        let (sa, ca) = self.sun_azimuth.to_radians().sin_cos();
        let (sh, ch) = self.sun_altitude.to_radians().sin_cos();
        let strength = ((self.sun_altitude + 1.0) / 13.0).clamp(0.0, 1.0);
        Vec4::new((sa * ch) as f32, sh as f32, (-ca * ch) as f32, strength as f32)
    }

    /// The colour of the empty sky and of the haze, sRGB.
    pub fn colour(&self) -> Color {
        if self.dark { Color::srgb_u8(0x25, 0x2b, 0x33) } else { Color::srgb_u8(0xd3, 0xe0, 0xec) }
    }

    /// Haze for the shaders: linear colour and how many times the eye's height it reaches.
    pub fn haze(&self) -> Vec4 {
        let c = self.colour().to_linear();
        Vec4::new(c.red, c.green, c.blue, 22.0)
    }
}

/// The light that casts shadows.
#[derive(Component)]
struct Sun;

/// Keeps light and materials in step with [`Sky`].
pub fn plugin(app: &mut App) {
    app.init_resource::<Sky>()
        .insert_resource(DirectionalLightShadowMap { size: 4096 })
        .add_systems(Startup, spawn)
        .add_systems(Update, (turn_sun, stretch_shadows).in_set(Frame::Scene));
}

fn spawn(mut commands: Commands) {
    commands.spawn((Sun, DirectionalLight { shadow_maps_enabled: false, ..default() }, Transform::default()));
}

fn turn_sun(
    sky: Res<Sky>,
    mut sun: Query<(&mut Transform, &mut DirectionalLight), With<Sun>>,
    mut clear: ResMut<ClearColor>,
    mut bodies: ResMut<Assets<CityMaterial>>,
    mut grounds: ResMut<Assets<GroundMaterial>>,
) {
    if !sky.is_changed() {
        return;
    }
    clear.0 = sky.colour();
    let direction = sky.sun().truncate();
    let shadows = sky.shadows && sky.sun_altitude > 1.0;
    for (mut transform, mut light) in &mut sun {
        *transform = Transform::default().looking_to(-direction, Vec3::Y);
        light.shadow_maps_enabled = shadows;
    }
    for (_, material) in bodies.iter_mut() {
        material.follow(&sky, shadows);
    }
    for (_, material) in grounds.iter_mut() {
        material.follow(&sky, shadows);
    }
}

impl CityMaterial {
    /// Takes over sun and haze.
    pub fn follow(&mut self, sky: &Sky, shadows: bool) {
        self.params.sun = sky.sun();
        self.params.haze = sky.haze();
        self.shadows = shadows && !self.answer;
    }
}

impl GroundMaterial {
    /// Takes over sun and haze.
    pub fn follow(&mut self, sky: &Sky, shadows: bool) {
        self.params.sun = sky.sun();
        self.params.haze = sky.haze();
        self.shadows = shadows;
    }
}

/// Shadows reach as far as the eye's subject: near views get fine shadows, far views coarse ones.
fn stretch_shadows(
    eye: Res<Eye>,
    sky: Res<Sky>,
    mut at: Local<f64>,
    mut commands: Commands,
    sun: Query<Entity, With<Sun>>,
) {
    if !sky.shadows || (eye.camera.distance / at.max(1.0) - 1.0).abs() < 0.15 {
        return;
    }
    *at = eye.camera.distance;
    let reach = (eye.camera.distance * 3.0) as f32;
    let cascades = CascadeShadowConfigBuilder {
        num_cascades: 2,
        minimum_distance: (eye.camera.distance * 0.05) as f32,
        maximum_distance: reach,
        first_cascade_far_bound: reach * 0.45,
        overlap_proportion: 0.2,
    };
    for sun in &sun {
        commands.entity(sun).insert(cascades.build());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sun_in_the_south_shines_from_plus_z_and_a_set_sun_does_not_shine() {
        let noon = Sky { sun_azimuth: 180.0, sun_altitude: 45.0, ..Sky::default() }.sun();
        let half = std::f32::consts::FRAC_1_SQRT_2;
        assert!((noon - Vec4::new(0.0, half, half, 1.0)).length() < 1e-6, "{noon}");
        assert_eq!(Sky { sun_altitude: -5.0, ..Sky::default() }.sun().w, 0.0);
    }
}
