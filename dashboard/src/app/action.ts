// Doing something: the request, then what is old because of it, then a note about it.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useToast } from '../ui/toast';
import { concerns } from './invalidate';

interface Action<In, Out> {
  run: (input: In) => Promise<Out>;
  /** What to fetch again. */
  topics: readonly string[];
  /** The note's text; none: no note. */
  done?: (out: Out, input: In) => string | null;
  /** How to take it back; nothing: it can't be. */
  undo?: (out: Out, input: In) => (() => Promise<unknown>) | undefined;
  then?: (out: Out, input: In) => void;
  /** The form shows the error itself. */
  quietErrors?: boolean;
}

/** `const pause = useAction({...}); <Button onPress={() => pause.mutate(name)} busy={pause.isPending}>` */
export function useAction<In = void, Out = unknown>(action: Action<In, Out>) {
  const client = useQueryClient();
  const toast = useToast();
  const refresh = () =>
    client.invalidateQueries({ predicate: (query) => concerns(query, new Set(action.topics)) });
  return useMutation<Out, Error, In>({
    mutationFn: action.run,
    onSuccess: (out, input) => {
      void refresh();
      const text = action.done?.(out, input);
      const back = action.undo?.(out, input);
      if (text) {
        toast.show({
          text,
          ...(back ? { undo: () => void back().then(refresh, toast.error) } : {}),
        });
      }
      action.then?.(out, input);
    },
    onError: (error) => {
      if (!action.quietErrors) toast.error(error);
      // Perhaps somebody else was quicker: show what is.
      void refresh();
    },
  });
}
