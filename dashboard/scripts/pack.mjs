// Makes a Vite build ready to be embedded: compresses what is worth it and writes `manifest.txt`,
// one line per file with its hashes. CMake checks the hashes and embeds (embed/embed.cmake), so a
// packed directory from elsewhere can be embedded without Node (DASHBOARD=PREBUILT).
//
//     node scripts/pack.mjs DIRECTORY
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { thirdPartyNotices } from './notices.mjs';

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};
const PACKED = new Set(['.html', '.js', '.css', '.svg', '.txt']);
const MANIFEST = 'manifest.txt';

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

function files(directory) {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    return entry.isDirectory() ? files(path) : [path];
  });
}

/** Only what saves a tenth is sent compressed. */
function written(path, original, packed) {
  if (packed.length > original.length * 0.9) return '-';
  writeFileSync(path, packed);
  return sha256(packed);
}

function pack(directory, path) {
  const name = relative(directory, path).split('\\').join('/');
  const extension = extname(name);
  const type = TYPES[extension];
  if (!type) throw new Error(`${name}: no content type for ${extension}`);
  const bytes = readFileSync(path);
  let gzip = '-';
  let brotli = '-';
  if (PACKED.has(extension)) {
    gzip = written(`${path}.gz`, bytes, gzipSync(bytes, { level: 9 }));
    brotli = written(`${path}.br`, bytes, brotliCompressSync(bytes, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: 11,
        [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
      },
    }));
  }
  const immutable = /^assets\/.+-[A-Za-z0-9_-]{8}\.[a-z0-9]+$/.test(name) ? '1' : '0';
  return [name, type, sha256(bytes), gzip, brotli, immutable].join('|');
}

const directory = process.argv[2];
if (!directory) throw new Error('usage: pack.mjs DIRECTORY');
rmSync(join(directory, MANIFEST), { force: true });
writeFileSync(join(directory, 'licenses.txt'),
  thirdPartyNotices(fileURLToPath(new URL('..', import.meta.url))));
const originals = files(directory).filter((path) => !/\.(gz|br)$/.test(path)).sort();
const lines = originals.map((path) => pack(directory, path));
writeFileSync(join(directory, MANIFEST), `${lines.join('\n')}\n`);
