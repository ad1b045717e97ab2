// The ground: terrain or a plane, with a picture or a plain colour and an optional grid of metres.

#import bevy_pbr::mesh_functions::get_world_from_local
#import bevy_pbr::view_transformations::position_world_to_clip
#import bevy_pbr::mesh_view_bindings::view
#ifdef CITY_SHADOWS
#import bevy_pbr::shadows::fetch_directional_shadow
#endif

struct Params {
    // Direction to the sun and its strength.
    sun: vec4<f32>,
    // Colour of the haze, linear, and how many times the eye's height it takes over at.
    haze: vec4<f32>,
    // Plain colour, linear, and opacity.
    colour: vec4<f32>,
    // Grid spacing (m, 0 for none), share of the picture, depth bias, relief shading share.
    tuning: vec4<f32>,
    // Offset of the grid's zero from the scene's zero (m): x, z; elevation of the ground.
    grid_zero: vec4<f32>,
}

@group(#{MATERIAL_BIND_GROUP}) @binding(0) var<uniform> params: Params;
@group(#{MATERIAL_BIND_GROUP}) @binding(1) var picture: texture_2d<f32>;
@group(#{MATERIAL_BIND_GROUP}) @binding(2) var picture_sampler: sampler;

struct VertexIn {
    @builtin(instance_index) instance: u32,
    @location(0) position: vec3<f32>,
    @location(1) normal: vec3<f32>,
    @location(2) uv: vec2<f32>,
}

struct VertexOut {
    @builtin(position) clip: vec4<f32>,
    @location(0) world: vec3<f32>,
    @location(1) normal: vec3<f32>,
    @location(2) uv: vec2<f32>,
}

@vertex
fn vertex(in: VertexIn) -> VertexOut {
    var out: VertexOut;
    let world = (get_world_from_local(in.instance) * vec4<f32>(in.position, 1.0)).xyz;
    var clip = position_world_to_clip(world);
    clip.z = clip.z * (1.0 + params.tuning.z);
    out.clip = clip;
    out.world = world;
    out.normal = in.normal;
    out.uv = in.uv;
    return out;
}

// A line every `step` metres, about a pixel wide, fading where lines come too close.
fn grid_line(at: vec2<f32>, step: f32) -> f32 {
    let cell = at / step;
    let width = fwidth(cell);
    let near = abs(fract(cell - 0.5) - 0.5) / max(width, vec2<f32>(1e-6));
    let line = 1.0 - min(min(near.x, near.y), 1.0);
    return line * (1.0 - smoothstep(0.15, 0.4, max(width.x, width.y)));
}

@fragment
fn fragment(in: VertexOut) -> @location(0) vec4<f32> {
    var colour = params.colour.rgb;
    var alpha = params.colour.a;
#ifdef GROUND_PICTURE
    let pixel = textureSample(picture, picture_sampler, in.uv);
    alpha = alpha * pixel.a;
    colour = mix(colour, pixel.rgb, params.tuning.y);
#endif
    let normal = normalize(in.normal);
    // Relief: as a map's hill shading, from the sun's side, never black.
    let toward = normalize(params.sun.xyz + vec3<f32>(0.0, 0.3, 0.0));
    let relief = mix(1.0, clamp(1.0 + 1.2 * (dot(normal, toward) - toward.y), 0.35, 1.2), params.tuning.w);
    var lit = 0.34 * params.sun.w;
#ifdef CITY_SHADOWS
    let view_z = dot(vec4<f32>(
        view.view_from_world[0].z, view.view_from_world[1].z,
        view.view_from_world[2].z, view.view_from_world[3].z), vec4<f32>(in.world, 1.0));
    lit = lit * fetch_directional_shadow(0u, vec4<f32>(in.world, 1.0), normal, view_z, in.clip.xy);
#endif
    colour = colour * relief * (1.0 - 0.34 * params.sun.w + lit);
#ifdef GROUND_GRID
    // Asked without a branch, see city.wgsl: a spacing of 0 draws no line.
    let at = in.world.xz - params.grid_zero.xy;
    let spacing = max(params.tuning.x, 0.001);
    let line = max(grid_line(at, spacing) * 0.35, grid_line(at, spacing * 10.0) * 0.6);
    colour = mix(colour, colour * 0.55, line * clamp(params.tuning.x * 1000.0, 0.0, 1.0));
#endif
    let eye = distance(view.world_position, in.world);
    let reach = params.haze.w * max(view.world_position.y - params.grid_zero.z, 400.0);
    let haze = 1.0 - exp(-pow(eye / reach, 1.5));
    return vec4<f32>(mix(colour, params.haze.rgb, haze), alpha);
}
