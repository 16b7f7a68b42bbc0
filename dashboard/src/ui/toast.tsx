// Short notes about what was done, with a way back where there is one.
import { createContext, useCallback, useContext, useMemo, useRef, useState, type ReactNode } from 'react';
import { createPortal } from 'react-dom';
import { ApiError } from '../api/problem';
import { useT } from '../i18n/context';
import { Button, IconButton } from './button';
import { Icon } from './icon';
import { useErrorText } from './layout';
import { Ident } from './text';

export interface Toast {
  text: string;
  tone?: 'good' | 'bad';
  /** Takes back what was done. */
  undo?: () => void;
  /** The id under which the server's log has an error. */
  requestId?: string | null;
}

interface Shown extends Toast {
  id: number;
}

const SHOWN_MS = 7000;
const MOST = 4;

interface Toasts {
  show: (toast: Toast) => void;
  error: (error: unknown) => void;
}

const ToastContext = createContext<Toasts>({ show: () => {}, error: () => {} });

export function useToast(): Toasts {
  return useContext(ToastContext);
}

export function ToastProvider(props: { children: ReactNode }) {
  const t = useT();
  const errorText = useErrorText();
  const [toasts, setToasts] = useState<Shown[]>([]);
  const next = useRef(0);

  const close = useCallback((id: number) => setToasts((now) => now.filter((each) => each.id !== id)), []);
  const show = useCallback((toast: Toast) => {
    const id = next.current++;
    setToasts((now) => [...now.slice(1 - MOST), { ...toast, id }]);
    // What went wrong stays until it is closed.
    if (toast.tone !== 'bad') setTimeout(() => close(id), toast.undo ? SHOWN_MS * 1.5 : SHOWN_MS);
  }, [close]);
  const error = useCallback((failure: unknown) => {
    const requestId = failure instanceof ApiError ? failure.requestId : null;
    show({ text: errorText(failure), tone: 'bad', requestId });
  }, [show, errorText]);
  const value = useMemo(() => ({ show, error }), [show, error]);

  return (
    <ToastContext.Provider value={value}>
      {props.children}
      {createPortal(
        <div className="toasts" role="region" aria-label={t('ui.notes')} data-react-aria-top-layer="true">
          <div role="status" aria-live="polite">
            {toasts.map((toast) => (
              <div key={toast.id} className={`toast toast-${toast.tone ?? 'good'}`}>
                <Icon name={toast.tone === 'bad' ? 'warning' : 'checkCircle'} size={18} />
                <div className="toast-text">
                  <span>{toast.text}</span>
                  {toast.requestId && <small>{t('ui.request_id')} <Ident>{toast.requestId}</Ident></small>}
                </div>
                {toast.undo && (
                  <Button
                    small
                    variant="quiet"
                    icon="undo"
                    onPress={() => {
                      close(toast.id);
                      toast.undo?.();
                    }}
                  >
                    {t('ui.undo')}
                  </Button>
                )}
                <IconButton small icon="close" label={t('ui.close')} onPress={() => close(toast.id)} />
              </div>
            ))}
          </div>
        </div>,
        document.body,
      )}
    </ToastContext.Provider>
  );
}
