// Who is signed in and what they may do. The server decides; the page only mirrors it.
import { useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query';
import { createContext, useCallback, useContext, useEffect, type ReactNode } from 'react';
import { api, onSignedOut, setBearerToken } from '../api/client';
import { ApiError } from '../api/problem';
import type { Me } from '../api/types';

const SessionContext = createContext<Me | null>(null);

export function can(me: Me, permission: string): boolean {
  return Object.hasOwn(me.permissions, permission) || Object.hasOwn(me.permissions, 'admin');
}

export const ME = ['me'] as const;

/** Nobody is signed in any more; the next one must not see what this one saw. */
function forget(client: QueryClient): void {
  client.setQueryData(ME, null);
  client.removeQueries({ predicate: (query) => query.queryKey[0] !== ME[0] });
}

/** null: nobody is signed in. */
export function useMeQuery() {
  const client = useQueryClient();
  useEffect(() => onSignedOut(() => client.getQueryData(ME) && forget(client)), [client]);
  return useQuery<Me | null>({
    queryKey: ME,
    queryFn: async ({ signal }) => {
      try {
        return await api.get<Me>('/me', undefined, signal);
      } catch (error) {
        if (error instanceof ApiError && error.status === 401) return null;
        throw error;
      }
    },
    staleTime: 5 * 60_000,
  });
}

export function SessionProvider(props: { me: Me; children: ReactNode }) {
  return <SessionContext.Provider value={props.me}>{props.children}</SessionContext.Provider>;
}

export function useMe(): Me {
  const me = useContext(SessionContext);
  if (me === null) throw new Error('useMe outside of a session');
  return me;
}

export function useCan(): (permission: string) => boolean {
  const me = useMe();
  return useCallback((permission) => can(me, permission), [me]);
}

export function useSignOut(): () => Promise<void> {
  const client = useQueryClient();
  return useCallback(async () => {
    try {
      await api.delete('/session');
    } catch {
      // A token has no session; an expired one is gone already.
    }
    setBearerToken(null);
    forget(client);
  }, [client]);
}
