// Bodies and draped layers. One u32 per vertex (feature, facing); colour, visibility, selection and
// hover are looked up in the layer's style buffer by the vertex stage, so that a filter or a new
// colour is one buffer upload and no new mesh.
//
// No branch asks a uniform: software adapters compile such a shader again for every value that they see,
// in every frame, and keep what they compiled.

#import bevy_pbr::mesh_functions::{get_world_from_local, get_tag}
#import bevy_pbr::view_transformations::position_world_to_clip
#import bevy_pbr::mesh_view_bindings::view
#ifdef CITY_SHADOWS
#import bevy_pbr::shadows::fetch_directional_shadow
#endif

struct Params {
    // Direction to the sun (scene axes) and its strength, 0 at night to 1.
    sun: vec4<f32>,
    // Colour of the haze, linear, and how many times the eye's height it takes over at.
    haze: vec4<f32>,
    // Opacity, depth bias toward the eye, metres of ground shade, height of flat ground.
    tuning: vec4<f32>,
    // 1: a body with walls; 0: lies on the ground and takes no shading by facing.
    body: u32,
    // Features in the style buffer.
    features: u32,
    // Multiplies the colour: outlines are darker than what they enclose.
    shade: f32,
    spare: u32,
}

@group(#{MATERIAL_BIND_GROUP}) @binding(0) var<storage, read> styles: array<u32>;
@group(#{MATERIAL_BIND_GROUP}) @binding(1) var<uniform> params: Params;

const VISIBLE: u32 = 0x01000000u;
const SELECTED: u32 = 0x02000000u;
const HOVERED: u32 = 0x04000000u;
const GUESSED: u32 = 0x08000000u;

struct VertexIn {
    @builtin(instance_index) instance: u32,
    @location(0) position: vec3<f32>,
    @location(1) tag: u32,
}

struct VertexOut {
    @builtin(position) clip: vec4<f32>,
    @location(0) colour: vec3<f32>,
    @location(1) world: vec3<f32>,
    @location(2) @interpolate(flat) marks: u32,
    // Light from the sun alone: what a shadow takes away.
    @location(3) @interpolate(flat) lit: vec3<f32>,
    @location(4) @interpolate(flat) normal: vec3<f32>,
    @location(5) haze: f32,
}

fn linear(srgb: vec3<f32>) -> vec3<f32> {
    return pow(srgb, vec3<f32>(2.2));
}

fn normal_of(facing: u32) -> vec3<f32> {
    if facing == 0u { return vec3<f32>(0.0, 1.0, 0.0); }
    if facing == 1u { return vec3<f32>(0.0, -1.0, 0.0); }
    let azimuth = f32(facing - 2u) * (6.2831853 / 254.0);
    return vec3<f32>(sin(azimuth), 0.0, -cos(azimuth));
}

@vertex
fn vertex(in: VertexIn) -> VertexOut {
    var out: VertexOut;
    // A tile's items begin at its own place in the buffer.
    let feature = (in.tag & 0x00ffffffu) + get_tag(in.instance);
    let style = styles[min(feature, params.features - 1u)];
    if (style & VISIBLE) == 0u {
        // Outside the clip volume: the triangle is dropped.
        out.clip = vec4<f32>(2.0, 2.0, 2.0, 1.0);
        return out;
    }
    let world = (get_world_from_local(in.instance) * vec4<f32>(in.position, 1.0)).xyz;
    var clip = position_world_to_clip(world);
    // Reverse depth: a greater z is nearer. The bias is a share of the distance.
    clip.z = clip.z * (1.0 + params.tuning.y);
    out.clip = clip;
    out.world = world;
    out.marks = style;

    let eye = distance(view.world_position, world);
    let reach = params.haze.w * max(view.world_position.y - params.tuning.w, 400.0);
    out.haze = 1.0 - exp(-pow(eye / reach, 1.5));
    var colour = linear(unpack4x8unorm(style).rgb) * params.shade;
    if (style & SELECTED) != 0u {
        colour = mix(colour, vec3<f32>(1.0, 0.30, 0.02), 0.85);
    } else if (style & HOVERED) != 0u {
        colour = mix(colour, vec3<f32>(1.0, 0.75, 0.25), 0.45);
    }
    let normal = normal_of(in.tag >> 24u);
    out.normal = normal;
#ifdef CITY_BODY
        // Sky light from above, a little from the ground and the north, plus the sun.
        let sky = 0.53 + 0.16 * normal.y + 0.05 * normal.z * -1.0 + 0.03 * normal.x;
        let sun = max(dot(normal, params.sun.xyz), 0.0) * params.sun.w;
        out.lit = colour * vec3<f32>(1.0, 0.96, 0.88) * sun * 0.62;
        colour = colour * (sky * vec3<f32>(0.93, 0.97, 1.04));
#else
        out.lit = colour * 0.34 * params.sun.w;
        colour = colour * (1.0 - 0.34 * params.sun.w);
#endif
    out.colour = colour;
    return out;
}

@fragment
fn fragment(in: VertexOut) -> @location(0) vec4<f32> {
    var colour = in.colour;
    var lit = in.lit;
#ifdef CITY_SHADOWS
    let view_z = dot(vec4<f32>(
        view.view_from_world[0].z, view.view_from_world[1].z,
        view.view_from_world[2].z, view.view_from_world[3].z), vec4<f32>(in.world, 1.0));
    lit = lit * fetch_directional_shadow(0u, vec4<f32>(in.world, 1.0), in.normal, view_z, in.clip.xy);
#endif
    colour = colour + lit;
#ifdef CITY_BODY
        let above = in.world.y - params.tuning.w;
        // Streets and yards lie in their own shade: the foot of a wall is darker.
        let wall = step(abs(in.normal.y), 0.5) * clamp(params.tuning.z * 1000.0, 0.0, 1.0);
        colour = colour * mix(1.0, mix(0.72, 1.0, smoothstep(0.0, max(params.tuning.z, 0.001), above)), wall);
        let eye = distance(view.world_position, in.world);
        // A guessed height is told apart: pale bands on the walls, seen near enough to read them.
        if (in.marks & GUESSED) != 0u && abs(in.normal.y) < 0.5 {
            let band = step(0.5, fract(above / 3.0));
            colour = mix(colour, mix(colour, vec3<f32>(0.9), 0.22), band * clamp(900.0 / max(eye, 1.0), 0.25, 1.0));
        }
#endif
    return vec4<f32>(mix(colour, params.haze.rgb, in.haze), params.tuning.x);
}
