// Both languages say the same things, completely, and no text stands in the source.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createIntl } from 'react-intl';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { intlLocale } from '../../src/i18n/language';

const root = join(__dirname, '../..');

function load(language: string): Record<string, Record<string, string>> {
  const directory = join(root, 'src/messages', language);
  return Object.fromEntries(readdirSync(directory).map((file) =>
    [file, JSON.parse(readFileSync(join(directory, file), 'utf8')) as Record<string, string>]));
}

function sources(directory = join(root, 'src')): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return sources(path);
    return /\.tsx?$/.test(entry.name) && !entry.name.endsWith('.d.ts') ? [path] : [];
  });
}

const en = load('en');
const ar = load('ar');
const all = { en: Object.assign({}, ...Object.values(en)), ar: Object.assign({}, ...Object.values(ar)) } as
  Record<'en' | 'ar', Record<string, string>>;

/** The names in braces: {count}, {name}. */
function variables(message: string): string[] {
  return [...new Set([...message.matchAll(/\{(\w+)/g)].map((match) => match[1] ?? ''))]
    .filter((name) => new RegExp(`\\{${name}\\s*[,}]`).test(message)).sort();
}

describe('messages', () => {
  it('have the same files and keys in both languages', () => {
    expect(Object.keys(ar)).toEqual(Object.keys(en));
    for (const file of Object.keys(en)) {
      expect(Object.keys(ar[file] ?? {}).sort(), file).toEqual(Object.keys(en[file] ?? {}).sort());
    }
  });

  it('belong to one file each', () => {
    const keys = Object.values(en).flatMap((file) => Object.keys(file));
    expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
  });

  it('are never empty', () => {
    for (const messages of Object.values(all)) {
      expect(Object.entries(messages).filter(([, text]) => text.trim() === '')).toEqual([]);
    }
  });

  it('name all six Arabic plurals', () => {
    const wrong = Object.entries(all.ar).filter(([, text]) => /,\s*plural\s*,/.test(text) &&
      !['zero', 'one', 'two', 'few', 'many', 'other'].every((form) => new RegExp(`\\b${form}\\s*\\{`).test(text)));
    expect(wrong.map(([key]) => key)).toEqual([]);
  });

  it('use the same variables in both languages', () => {
    const wrong = Object.keys(all.en).filter((key) => {
      // A plural form may say "two jobs" without the number; nothing may ask for more.
      const given = new Set(variables(all.en[key] ?? ''));
      return variables(all.ar[key] ?? '').some((name) => !given.has(name));
    });
    expect(wrong).toEqual([]);
  });

  it.each(['en', 'ar'] as const)('can all be formatted in %s', (language) => {
    const problems: string[] = [];
    const intl = createIntl({
      locale: intlLocale(language),
      messages: all[language],
      onError: (error) => problems.push(error.message),
    });
    for (const [id, text] of Object.entries(all[language])) {
      const values = Object.fromEntries(variables(text).map((name) => [name, /count|seconds/.test(name) ? 3 : 'x']));
      for (const count of [0, 1, 2, 3, 11, 100]) intl.formatMessage({ id }, { ...values, count });
    }
    expect(problems).toEqual([]);
  });
});

describe('the source', () => {
  const files = sources().map((path) => ({ path, text: readFileSync(path, 'utf8') }));

  it('asks only for messages that there are', () => {
    const missing = files.flatMap(({ path, text }) => [...text.matchAll(/\bt\('([\w.-]+)'/g)]
      .map((match) => match[1] ?? '')
      .filter((key) => !(key in all.en) && !path.endsWith('context.tsx'))
      .map((key) => `${path}: ${key}`));
    expect(missing).toEqual([]);
  });

  it('has messages for every name that it builds', () => {
    const missing = files.flatMap(({ path, text }) => [...text.matchAll(/\bt\(`([\w.]+\.)\$\{/g)]
      .filter((match) => !Object.keys(all.en).some((key) => key.startsWith(match[1] ?? '')))
      .map((match) => `${path}: ${match[1]}`));
    expect(missing).toEqual([]);
  });

  it('says nothing to people itself', () => {
    const spoken = /^(aria-label|label|title|placeholder|alt|caption|help|confirm|lead)$/;
    // Names that are the same in every language: keys of the keyboard, protocols, examples of ids.
    const name = /^(HTTP|Ctrl|Enter|Esc|[a-z]+[:.][\w:.]*)$/;
    const words = (spokenText: string) => /\p{L}{2,}/u.test(spokenText) && !name.test(spokenText.trim());
    const found: string[] = [];
    for (const { path, text } of files.filter((file) => file.path.endsWith('.tsx'))) {
      const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX);
      const visit = (node: ts.Node): void => {
        if (ts.isJsxText(node) && words(node.text)) found.push(`${path}: ${node.text.trim()}`);
        if (ts.isJsxAttribute(node) && spoken.test(node.name.getText(file)) && node.initializer &&
            ts.isStringLiteral(node.initializer) && words(node.initializer.text)) {
          found.push(`${path}: ${node.initializer.text}`);
        }
        ts.forEachChild(node, visit);
      };
      visit(file);
    }
    expect(found).toEqual([]);
  });

  it('uses logical CSS only, so that Arabic mirrors by itself', () => {
    const styles = readdirSync(join(root, 'src/styles')).map((file) => join(root, 'src/styles', file));
    const pages = readdirSync(join(root, 'src/pages'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.css')).map((file) => join(root, 'src/pages', file));
    const physical = /(?:^|[\s;{])((?:margin|padding|border)-(?:left|right)[\w-]*|left|right|float|text-align:\s*(?:left|right))\s*:?/;
    const found = [...styles, ...pages].flatMap((path) => readFileSync(path, 'utf8').split('\n')
      // Where a rule is for one direction it may say which side; the JSON tree is code, and left to
      // right in both languages.
      .filter((line) => physical.test(line.replace(/\/\*.*?\*\/|transform-origin: \w+/g, '')) &&
        !/\[dir=|\.json-|\/\* ltr \*\//.test(line))
      .map((line) => `${path}: ${line.trim()}`));
    expect(found).toEqual([]);
  });
});
