// A bare reason code (a column, not a whole explanation) in words.
import { useHasMessage, useT } from '../../i18n/context';

export function useReasonWord(): (reason: string) => string {
  const t = useT();
  const has = useHasMessage();
  return (reason) => {
    const key = reason.replace('+', '_').replace(':', '.');
    for (const id of [`why.${key}`, `why.detail.${key}`]) if (has(id)) return t(id);
    return reason;
  };
}
