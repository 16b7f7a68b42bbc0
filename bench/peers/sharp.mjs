// sharp as a peer: `node sharp.mjs MODE OUT ROUNDS FILE…`.
//
// MODE says how a shop would write it:
//   clone  one pipeline a picture, `clone()` for each variant, all at once: as its manual shows it
//   best   decoded once to raw pixels, each width made from the next larger one, two pictures and
//          two encoders at a time
//   avif   AVIF at 640 and 1080, sharp's default effort, `clone()` for each
// The variants are Barid's: the same widths, never wider than the picture, each once. With OUT
// other than "-", the first round's files are kept there. Prints `RESULT seconds cpu_s rss_kb
// images variants bytes`.
import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import sharp from "sharp";

const [mode, out, roundsText, ...files] = process.argv.slice(2);
const rounds = Number(roundsText);
const settings = JSON.parse(process.env.BARID_BENCH_RECIPE ?? "{}");
const widths = settings.widths ?? (mode === "avif" ? [640, 1080] : [160, 320, 640, 1080, 1600]);
const encoders = {
  webp: (image) => image.webp({ quality: 80 }),
  jpg: (image) => image.jpeg({ quality: 80, progressive: true }),
  avif: (image) => image.avif({ quality: 50 }),
};
const formats = mode === "avif" ? ["avif"] : ["webp", "jpg"];

sharp.cache(false);
if (mode === "best") sharp.concurrency(2);

/// The widths that this picture gets, as displayed.
const plan = (meta) => {
  const turned = (meta.orientation ?? 1) >= 5;
  const width = turned ? meta.height : meta.width;
  return [...new Set(widths.map((w) => Math.min(w, width)))];
};
const inputs = files.map((file) => ({ name: basename(file), bytes: readFileSync(file) }));
let variants = 0;
let bytes = 0;
let keep = out !== "-";
const done = (name, width, format, buffer) => {
  variants += 1;
  bytes += buffer.length;
  if (keep) writeFileSync(join(out, `${name}.${width}.${format}`), buffer);
};

const clone = async ({ name, bytes: input }) => {
  const source = sharp(input).autoOrient();
  const wanted = plan(await sharp(input).metadata());
  await Promise.all(
    wanted.flatMap((width) =>
      formats.map(async (format) => {
        const image = encoders[format](source.clone().resize({ width }));
        done(name, width, format, await image.toBuffer());
      }),
    ),
  );
};

const best = async ({ name, bytes: input }) => {
  const wanted = plan(await sharp(input).metadata()).sort((a, b) => b - a);
  let from = sharp(input).autoOrient();
  for (const width of wanted) {
    const { data, info } = await from.resize({ width }).raw().toBuffer({ resolveWithObject: true });
    const raw = { raw: { width: info.width, height: info.height, channels: info.channels } };
    await Promise.all(
      formats.map(async (format) => {
        done(name, width, format, await encoders[format](sharp(data, raw)).toBuffer());
      }),
    );
    from = sharp(data, raw);
  }
};

const each = mode === "best" ? best : clone;
const atOnce = mode === "best" ? 2 : 1;
const run = async (list) => {
  const queue = list.slice();
  const lane = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) await each(next);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
};

await run(inputs.slice(0, 1)); // libraries are loaded
variants = 0;
bytes = 0;
const cpuBefore = process.cpuUsage();
const began = process.hrtime.bigint();
for (let round = 0; round < rounds; ++round) {
  await run(inputs);
  keep = false;
}
const seconds = Number(process.hrtime.bigint() - began) / 1e9;
const cpu = process.cpuUsage(cpuBefore);
const peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]);
const images = rounds * inputs.length;
console.log(
  `RESULT ${seconds} ${(cpu.user + cpu.system) / 1e6} ${peak} ${images} ${variants} ${bytes}`,
);
