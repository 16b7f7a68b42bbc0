// Draws a picture's ThumbHash: the inverse of media/thumbhash.cpp. The format is Evan Wallace's
// (https://evanw.github.io/thumbhash/): the lowest terms of a cosine transform of lightness, two
// colour differences and alpha, four bits each. Pure; a hash that is cut short or not base64
// gives null.

export interface Pixels {
  width: number;
  height: number;
  rgba: Uint8ClampedArray;
}

class Bits {
  private at = 0;
  constructor(private readonly bytes: Uint8Array) {}

  take(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i += 1, this.at += 1) {
      const byte = this.bytes[this.at >> 3];
      if (byte === undefined) throw new RangeError('the hash is cut short');
      value |= ((byte >> (this.at & 7)) & 1) << i;
    }
    return value;
  }
}

interface Plane {
  mean: number;
  terms: { x: number; y: number; value: number }[];
}

function plane(bits: Bits, mean: number, scale: number, nx: number, ny: number): Plane {
  const terms: Plane['terms'] = [];
  for (let y = 0; y < ny; y += 1) {
    for (let x = y === 0 ? 1 : 0; x * ny < nx * (ny - y); x += 1) {
      terms.push({ x, y, value: ((bits.take(4) / 15) * 2 - 1) * scale });
    }
  }
  return { mean, terms };
}

function value(p: Plane, u: number, v: number): number {
  let sum = p.mean;
  for (const t of p.terms) {
    sum += 2 * t.value * Math.cos(Math.PI * t.x * u) * Math.cos(Math.PI * t.y * v);
  }
  return sum;
}

function bytesOf(base64: string): Uint8Array | null {
  try {
    const text = atob(base64);
    return Uint8Array.from(text, (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}

export function thumbhashPixels(base64: string, side = 32): Pixels | null {
  const bytes = bytesOf(base64);
  if (!bytes || bytes.length > 25) return null;
  try {
    return draw(new Bits(bytes), side);
  } catch {
    return null;
  }
}

function draw(bits: Bits, side: number): Pixels {
  const meanL = bits.take(6) / 63;
  const meanP = (bits.take(6) / 63) * 2 - 1;
  const meanQ = (bits.take(6) / 63) * 2 - 1;
  const scaleL = bits.take(5) / 31;
  const transparent = bits.take(1) === 1;
  const short = bits.take(3);
  const scaleP = bits.take(6) / 63;
  const scaleQ = bits.take(6) / 63;
  const landscape = bits.take(1) === 1;
  const long = transparent ? 5 : 7;
  const lx = landscape ? long : short;
  const ly = landscape ? short : long;
  const alphaMean = transparent ? bits.take(4) / 15 : 1;
  const alphaScale = transparent ? bits.take(4) / 15 : 0;
  const l = plane(bits, meanL, scaleL, Math.max(3, lx), Math.max(3, ly));
  // Colours are kept a little stronger than measured: four bits make them pale.
  const p = plane(bits, meanP, scaleP * 1.25, 3, 3);
  const q = plane(bits, meanQ, scaleQ * 1.25, 3, 3);
  const a = transparent ? plane(bits, alphaMean, alphaScale, 5, 5) : null;
  const ratio = lx / Math.max(1, ly);
  const width = Math.max(1, Math.round(ratio > 1 ? side : side * ratio));
  const height = Math.max(1, Math.round(ratio > 1 ? side / ratio : side));
  const rgba = new Uint8ClampedArray(width * height * 4);
  let at = 0;
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const u = (x + 0.5) / width;
      const v = (y + 0.5) / height;
      const light = value(l, u, v);
      const yellow = value(p, u, v);
      const red = value(q, u, v);
      const blue = light - (2 / 3) * yellow;
      const r = (3 * light - blue + red) / 2;
      rgba[at] = 255 * r;
      rgba[at + 1] = 255 * (r - red);
      rgba[at + 2] = 255 * blue;
      rgba[at + 3] = a ? 255 * value(a, u, v) : 255;
      at += 4;
    }
  }
  return { width, height, rgba };
}
