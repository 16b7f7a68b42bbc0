/** The members of `after` that differ, of those that a form knows. Arrays and objects by value. */
export function changesOf<T extends object>(before: T, after: T, keys: readonly (keyof T)[]): Partial<T> {
  const changes: Partial<T> = {};
  for (const key of keys) {
    if (JSON.stringify(before[key]) !== JSON.stringify(after[key])) changes[key] = after[key];
  }
  return changes;
}
