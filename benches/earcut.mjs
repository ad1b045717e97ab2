// The plain way in node: earcut for each roof and a loop for its walls, on the footprints of
// benches/mesh.rs (the same counts, shapes and sizes).
//
//     npm i --prefix /tmp/earcut earcut
//     NODE_PATH=/tmp/earcut/node_modules node benches/earcut.mjs
//
// Prints the median of seven runs. Other counts than 100,000 and 1,000,000 can be given.

import { createRequire } from 'node:module';

const loaded = createRequire(import.meta.url)('earcut');
const earcut = loaded.default ?? loaded;

let state = 20240101;
// mulberry32
const random = () => {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};
const between = (low, high) => low + random() * (high - low);

const ORIGIN = [500000, 4300000];

/** Rings of each footprint: half are L-shaped, every tenth has a courtyard. */
function footprints(count) {
  const side = Math.sqrt(count) * 30;
  const all = [];
  for (let i = 0; i < count; i++) {
    const x = ORIGIN[0] + between(0, side), y = ORIGIN[1] + between(0, side);
    const w = between(12, 30), h = between(12, 30);
    const at = (corners) => corners.map(([a, b]) => [x + a, y + b]);
    const rings = [at(i % 2 === 0
      ? [[0, 0], [w, 0], [w, h], [0, h]]
      : [[0, 0], [w, 0], [w, h / 2], [w / 2, h / 2], [w / 2, h], [0, h]])];
    if (i % 10 === 0) rings.push(at([[4, 4], [4, h - 4], [w - 4, h - 4], [w - 4, 4]]));
    all.push({ rings, height: 6 + ((i * 37) % 90) });
  }
  return all;
}

/** Growing typed arrays: what a program that must hand buffers to a GPU would use. */
class Floats {
  constructor(type) { this.array = new type(1 << 20); this.length = 0; }
  room(n) {
    if (this.length + n <= this.array.length) return;
    const larger = new this.array.constructor(2 * this.array.length);
    larger.set(this.array);
    this.array = larger;
  }
}

function mesh(city) {
  const positions = new Floats(Float32Array), ids = new Floats(Uint32Array), indices = new Floats(Uint32Array);
  city.forEach(({ rings, height }, feature) => {
    const flat = [], holes = [];
    for (const ring of rings) {
      if (flat.length) holes.push(flat.length / 2);
      for (const [x, y] of ring) flat.push(x - ORIGIN[0], y - ORIGIN[1]);
    }
    const corners = flat.length / 2;
    const roof = earcut(flat, holes);
    positions.room(15 * corners);
    ids.room(5 * corners);
    indices.room(roof.length + 6 * corners);
    let p = positions.length, n = ids.length, k = indices.length;
    const [P, N, I] = [positions.array, ids.array, indices.array];
    for (const i of roof) I[k++] = n + i;
    for (let i = 0; i < corners; i++) {
      P[p++] = flat[2 * i]; P[p++] = height; P[p++] = -flat[2 * i + 1]; N[n++] = feature;
    }
    let start = 0;
    for (const end of [...holes, corners]) {
      for (let i = start; i < end; i++) {
        const j = i + 1 < end ? i + 1 : start;
        I[k++] = n; I[k++] = n + 1; I[k++] = n + 2; I[k++] = n; I[k++] = n + 2; I[k++] = n + 3;
        for (const [at, up] of [[i, 0], [j, 0], [j, height], [i, height]]) {
          P[p++] = flat[2 * at]; P[p++] = up; P[p++] = -flat[2 * at + 1]; N[n++] = feature;
        }
      }
      start = end;
    }
    positions.length = p; ids.length = n; indices.length = k;
  });
  return indices.length / 3;
}

const counts = process.argv.slice(2).map(Number);
for (const count of counts.length ? counts : [100_000, 1_000_000]) {
  const city = footprints(count);
  const times = [];
  let triangles = 0;
  for (let run = 0; run < 7; run++) {
    const started = performance.now();
    triangles = mesh(city);
    times.push(performance.now() - started);
  }
  times.sort((a, b) => a - b);
  console.log(`${count} footprints, ${triangles} triangles: median ${times[3].toFixed(0)} ms, least ${times[0].toFixed(0)} ms`);
}
