// The page's own texts, so that a flow finds a button by its name in either language.
import { readdirSync, readFileSync } from 'node:fs';
import { IntlMessageFormat } from 'intl-messageformat';

const ROOT = new URL('../../../src/messages/', import.meta.url);

export function words(language) {
  const all = {};
  for (const file of readdirSync(new URL(`${language}/`, ROOT))) {
    Object.assign(all, JSON.parse(readFileSync(new URL(`${language}/${file}`, ROOT), 'utf8')));
  }
  return (id, values = {}) => {
    if (!(id in all)) throw new Error(`there is no text ${id} in ${language}`);
    return String(new IntlMessageFormat(all[id], language === 'ar' ? 'ar-u-nu-latn' : 'en').format(values));
  };
}
