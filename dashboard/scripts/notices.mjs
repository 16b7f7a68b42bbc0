// The licences of what the page is made of, as they ask to be passed on.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const LICENCE = /^(licen[cs]e|copying|notice)([.-].*)?$/i;

/** Packages that are needed at run time, through all levels, by the lock file. */
function shipped(root) {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  return Object.entries(lock.packages)
    .filter(([path, entry]) => path !== '' && !entry.dev && !entry.optional && !entry.peer)
    .map(([path, entry]) => ({ path, version: entry.version }))
    .filter(({ path }) => !path.includes('/@types/') && existsSync(join(root, path)));
}

export function thirdPartyNotices(root) {
  const parts = shipped(root).map(({ path, version }) => {
    const directory = join(root, path);
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const about = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
    const texts = readdirSync(directory)
      .filter((file) => LICENCE.test(file))
      .sort()
      .map((file) => readFileSync(join(directory, file), 'utf8').trim());
    const licence = typeof about.license === 'string' ? about.license : 'see its repository';
    return [`${name} ${version} (${licence})`, ...texts].join('\n\n');
  });
  return `${parts.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}
