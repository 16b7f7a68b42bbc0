// Compares a picture of a page with a reference, coarsely: what somebody who squints would see. Both
// are averaged over blocks of some pixels, so that another rasteriser of letters makes no difference,
// and a panel, a direction, a colour or a line of text that is gone makes one.

/** Pixels of the page for one of a reference. */
export const BLOCK = 4;
/** How far a block may be off, of 255; each may also be one block away. */
const TOLERANCE = 26;
/** How many blocks may be off: those of two or three letters. */
const SOME = 24;
/** How much longer or shorter a page may be, in blocks: less than a line of text. */
const LINE = 3;

/** Runs in the browser, which reads and writes PNG: `picture` reduced to its blocks. */
async function reduce([picture, block]) {
  const decode = async (base64) => createImageBitmap(await (await fetch(`data:image/png;base64,${base64}`)).blob());
  const image = await decode(picture);
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height);
  const width = Math.ceil(image.width / block);
  const height = Math.ceil(image.height / block);
  const small = new ImageData(width, height);
  for (let y = 0; y < height; ++y) {
    for (let x = 0; x < width; ++x) {
      const right = Math.min((x + 1) * block, image.width);
      const bottom = Math.min((y + 1) * block, image.height);
      const sum = [0, 0, 0];
      for (let v = y * block; v < bottom; ++v) {
        for (let u = x * block; u < right; ++u) {
          for (let c = 0; c < 3; ++c) sum[c] += data[(v * image.width + u) * 4 + c];
        }
      }
      const pixels = (right - x * block) * (bottom - y * block);
      // Steps of four make the file smaller, and nobody sees them.
      for (let c = 0; c < 3; ++c) small.data[(y * width + x) * 4 + c] = Math.round(sum[c] / pixels / 4) * 4;
      small.data[(y * width + x) * 4 + 3] = 255;
    }
  }
  const out = new OffscreenCanvas(width, height);
  out.getContext('2d').putImageData(small, 0, 0);
  const bytes = new Uint8Array(await (await out.convertToBlob({ type: 'image/png' })).arrayBuffer());
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

/** Runs in the browser: which blocks of two reduced pictures differ. */
async function differ([actual, reference, tolerance]) {
  const pixels = async (base64) => {
    const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${base64}`)).blob());
    const context = new OffscreenCanvas(image.width, image.height).getContext('2d');
    context.drawImage(image, 0, 0);
    return { width: image.width, height: image.height, data: context.getImageData(0, 0, image.width, image.height).data };
  };
  const [a, r] = [await pixels(actual), await pixels(reference)];
  const [width, height] = [Math.min(a.width, r.width), Math.min(a.height, r.height)];
  /** Averages of three by three blocks. */
  const soft = (image) => {
    const out = new Float32Array(width * height * 3);
    for (let y = 0; y < height; ++y) {
      for (let x = 0; x < width; ++x) {
        const sum = [0, 0, 0];
        let count = 0;
        for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); ++v) {
          for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); ++u) {
            for (let c = 0; c < 3; ++c) sum[c] += image.data[(v * image.width + u) * 4 + c];
            ++count;
          }
        }
        for (let c = 0; c < 3; ++c) out[(y * width + x) * 3 + c] = sum[c] / count;
      }
    }
    return out;
  };
  const [softA, softR] = [soft(a), soft(r)];
  /** How far block x, y of `one` is from the nearest of `other` around it. */
  const nearest = (one, other, x, y) => {
    let least = 255;
    for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); ++v) {
      for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); ++u) {
        let off = 0;
        for (let c = 0; c < 3; ++c) {
          off = Math.max(off, Math.abs(one[(y * width + x) * 3 + c] - other[(v * width + u) * 3 + c]));
        }
        least = Math.min(least, off);
      }
    }
    return least;
  };
  const found = { off: 0, of: width * height, worst: 0, at: null, size: [a.width, a.height], reference: [r.width, r.height] };
  for (let y = 0; y < height; ++y) {
    for (let x = 0; x < width; ++x) {
      const off = Math.max(nearest(softA, softR, x, y), nearest(softR, softA, x, y));
      if (off > tolerance) ++found.off;
      if (off > found.worst) Object.assign(found, { worst: Math.round(off), at: [x, y] });
    }
  }
  return found;
}

/** `page`: any page without a policy of its own. Answers the reduced picture, a PNG. */
export async function reduced(page, picture) {
  return Buffer.from(await page.evaluate(reduce, [picture.toString('base64'), BLOCK]), 'base64');
}

/** What is wrong with a reduced picture, or null. */
export async function difference(page, actual, reference) {
  const found = await page.evaluate(differ, [actual.toString('base64'), reference.toString('base64'), TOLERANCE]);
  if (process.env['BARID_REFERENCES'] === 'tell') console.log(JSON.stringify(found));
  const [width, height] = found.size;
  const [asWide, asHigh] = found.reference;
  const size = `${width * BLOCK}×${height * BLOCK} px instead of ${asWide * BLOCK}×${asHigh * BLOCK}`;
  if (width !== asWide || Math.abs(height - asHigh) > LINE) return `the page is ${size}`;
  if (found.off <= SOME) return null;
  return `${found.off} of ${found.of} blocks are off, the worst by ${found.worst} of 255 at `
    + `${found.at[0] * BLOCK}, ${found.at[1] * BLOCK} (${SOME} may be off by more than ${TOLERANCE})`;
}
