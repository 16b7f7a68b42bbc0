// What differs between two JSON values, member by member. Pure.
import type { Json } from '../../api/types';

export interface Difference {
  path: string;
  /** undefined: was not there. */
  before: Json | undefined;
  after: Json | undefined;
}

function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function differences(before: Json | undefined, after: Json | undefined, path = ''): Difference[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  if ((isObject(before) || before === null || before === undefined) &&
      (isObject(after) || after === null || after === undefined) && (isObject(before) || isObject(after))) {
    const left = isObject(before) ? before : {};
    const right = isObject(after) ? after : {};
    const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])];
    return keys.flatMap((key) => differences(left[key], right[key], path === '' ? key : `${path}.${key}`));
  }
  return [{ path, before, after }];
}
