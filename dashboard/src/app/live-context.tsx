import { useQueryClient } from '@tanstack/react-query';
import { createContext, useContext, useEffect, useState, type ReactNode } from 'react';
import { Invalidator } from './invalidate';
import { follow, type LiveState } from './live';
import { useMe } from './session';

const LiveContext = createContext<LiveState>('connecting');

export function LiveProvider(props: { children: ReactNode }) {
  const client = useQueryClient();
  const person = String(useMe().id);
  const [state, setState] = useState<LiveState>('connecting');
  useEffect(() => {
    const invalidator = new Invalidator(client);
    const stop = follow(person, {
      changed: (topics) => invalidator.changed(topics),
      state: setState,
    });
    const shown = () => invalidator.flush();
    document.addEventListener('visibilitychange', shown);
    return () => {
      document.removeEventListener('visibilitychange', shown);
      invalidator.stop();
      stop();
    };
  }, [client, person]);
  return <LiveContext.Provider value={state}>{props.children}</LiveContext.Provider>;
}

export function useLiveState(): LiveState {
  return useContext(LiveContext);
}
